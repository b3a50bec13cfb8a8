"""Matrices of genes and tracks: reading, quantile normalisation, agreement of columns."""

import numpy as np
import polars as pl
import pytest
from sklearn.metrics import explained_variance_score

from seqcast.core.errors import InputError
from seqcast.evaluation.coverage.gene_matrices import (
    GeneMatrix,
    check_same_axes,
    ensemble,
    explained_variance,
    quantile_normalise,
    track_deviations,
)


def plain_normalise(values: np.ndarray) -> np.ndarray:
    """Quantile normalisation, one value at a time."""
    target = [float(np.mean(row)) for row in np.sort(values, axis=0)]
    found = np.empty(values.shape)
    for (gene, track), value in np.ndenumerate(values):
        column = values[:, track].tolist()
        first = sum(other < value for other in column)
        found[gene, track] = np.mean(target[first : first + column.count(value)])
    return found


def tied(seed: int, genes: int = 40, tracks: int = 5) -> np.ndarray:
    """Values with many ties, zeros among them."""
    return np.random.default_rng(seed).poisson(2, (genes, tracks)) / 4


def test_quantile_normalisation_of_the_textbook():
    # the example of the Wikipedia article "Quantile normalization"
    values = np.array([[5, 4, 3], [2, 1, 4], [3, 4, 6], [4, 2, 8]])
    expected = [[17 / 3, 31 / 6, 2], [2, 2, 3], [3, 31 / 6, 14 / 3], [14 / 3, 3, 17 / 3]]
    assert quantile_normalise(values) == pytest.approx(np.array(expected), rel=1e-12)


@pytest.mark.parametrize("seed", range(3))
def test_quantile_normalisation_equals_the_plain_one(seed):
    values = tied(seed)
    assert quantile_normalise(values) == pytest.approx(plain_normalise(values), rel=1e-12)
    single = quantile_normalise(values, single=True)
    assert single.dtype == np.float32
    assert single == pytest.approx(plain_normalise(values), rel=1e-6)


def test_deviations_of_a_gene_add_up_to_nothing():
    assert track_deviations(tied(1)).sum(axis=1) == pytest.approx(0, abs=1e-8)


@pytest.mark.parametrize("seed", range(3))
def test_explained_variance_equals_that_of_sklearn(seed):
    x, y = tied(seed), tied(seed) + tied(seed + 9)
    for column in range(x.shape[1]):
        share = explained_variance_score(x[:, column], y[:, column])
        assert explained_variance(x, y)[column] == pytest.approx(share, rel=1e-12)


def test_a_constant_column_has_no_explained_variance():
    x, y = tied(0), np.full((40, 5), 0.3)
    assert np.isnan(explained_variance(y, x)).all()
    assert explained_variance(x, y) == pytest.approx(0)


def matrix() -> GeneMatrix:
    return GeneMatrix.of_table(pl.DataFrame({"": ["g1", "g2"], "a": [1.0, 2.0], "b": [0.0, 3.5]}))


@pytest.mark.parametrize("name", ["genes.tsv", "genes.parquet"])
def test_what_was_written_is_read(tmp_path, name):
    table = matrix().table()
    if name.endswith("tsv"):
        table.write_csv(tmp_path / name, separator="\t")
    else:
        table.write_parquet(tmp_path / name)
    found = GeneMatrix.read(tmp_path / name)
    check_same_axes(found, matrix())
    assert (found.values == matrix().values).all()
    assert found.columns(["b", "a"]).tolist() == [[0.0, 1.0], [3.5, 2.0]]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("gene\ta\n", "0 rows"),
        ("gene\ng1\n", "1 columns"),
        ("gene\ta\ng1\t1\ng1\t2\n", r"gene \['g1'\] more than once"),
        ("gene\ta\ng1\t1\ng2\tmany\n", "'many' of gene 'g2' in track 'a'"),
        ("gene\ta\ng1\tnan\n", "expected a finite number"),
        ("gene\ta\ng1\t\n", "expected a finite number"),
    ],
)
def test_bad_tables_are_told(tmp_path, text, told):
    path = tmp_path / "genes.tsv"
    path.write_text(text)
    with pytest.raises(InputError, match=told):
        GeneMatrix.read(path)


def test_a_missing_table_is_told(tmp_path):
    with pytest.raises(InputError, match="does not exist"):
        GeneMatrix.read(tmp_path / "none.tsv")


def test_other_genes_or_another_order_are_told():
    ours = matrix()
    other = GeneMatrix(np.array(["g1", "g3"]), ours.identifiers, ours.values)
    with pytest.raises(InputError, match=r"\['g2', 'g3'\] are in one only"):
        check_same_axes(ours, other)
    turned = GeneMatrix(ours.genes, ours.identifiers[::-1], ours.values)
    with pytest.raises(InputError, match="order differs"):
        check_same_axes(ours, turned)


def test_an_ensemble_is_of_different_models():
    names = np.array(["G1", "G2"]), np.array(["t1"])
    first, second = (GeneMatrix(*names, np.array(v)) for v in ([[1.0], [3.0]], [[3.0], [5.0]]))
    assert ensemble([first, second]).values.tolist() == [[2], [4]]
    # as coverage: (1 + 7) / 2 and (7 + 31) / 2
    mean = ensemble([first, second], coverage=True).values
    assert mean == pytest.approx(np.log2([[1 + 4], [1 + 19]]))
    assert (ensemble([first]).values == first.values).all()
    with pytest.raises(InputError, match="replicates 1 and 2 predict the same"):
        ensemble([first, first])
    with pytest.raises(InputError, match="in one only"):
        ensemble([first, GeneMatrix(np.array(["G1", "G3"]), names[1], second.values)])
    with pytest.raises(InputError, match="no replicate"):
        ensemble([])
