"""Half-lives from predicted coverage, with a constructed truth."""

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from scipy.stats import pearsonr

from seqcast.core.errors import InputError
from seqcast.core.store import write_table, write_tsv
from seqcast.core.text_files import read_cells
from seqcast.evaluation.coverage.gene_matrices import GeneMatrix
from seqcast.evaluation.coverage.saluki import (
    NO_HALF_LIFE,
    NO_NUMBER,
    VALID,
    HalfLifeFiles,
    SalukiFiles,
    feature_means,
    half_life_metrics,
    neighbour_groups,
    predict_half_lives,
    predict_saluki,
    read_features,
    read_half_lives,
)
from seqcast.evaluation.metrics.table import row_of
from seqcast.genome.annotation import gene_key
from tests.seqcast.evaluation.coverage.courses import RATES

ROOT = Path(__file__).parents[4]
GENES, FEATURES, CONTIGS = 120, 36, 12


def plain_ridge(x, y, new, penalty):
    """The normal equations of a ridge with an intercept that is not penalised."""
    mean = x.mean(axis=0)
    apart = x - mean
    weights = np.linalg.solve(
        apart.T @ apart + penalty * np.eye(x.shape[1]), apart.T @ (y - y.mean())
    )
    return (new - mean) @ weights + y.mean()


def constructed(seed, signal=1.0, genes=GENES):
    """Features of genes, half-lives that depend on three of them, and the contig of each gene."""
    rng = np.random.default_rng(seed)
    names = np.array([f"ENSG{seed}{i:04d}.{i % 7}" for i in range(genes)])
    values = rng.normal(3, 1, (genes, FEATURES))
    half_life = signal * values[:, :3] @ [1.0, -2.0, 0.5] + rng.normal(0, 0.3, genes)
    matrix = GeneMatrix(names, np.array([f"f{i}" for i in range(FEATURES)]), values)
    labels = {gene_key(name): value for name, value in zip(names.tolist(), half_life, strict=True)}
    return matrix, labels, {name: f"chr{i % CONTIGS}" for i, name in enumerate(names.tolist())}


def correlation(table):
    scored = table.filter(status=VALID)
    return pearsonr(scored["label"], scored["prediction"])[0]


@pytest.mark.parametrize("fold", ["f0", "f1"])
def test_compat_equals_the_notebook(shared, fold):
    """The notebook solves in float32, hence the tolerances, which are those of the golden set."""
    folder = shared / "reference/borzuki/notebooks/fit_hl_saluki_pc1"
    models = folder / "inputs/borzuki/hl_clip/models"
    acc = read_cells(models / "f0c0/testg-0/acc.txt.gz", "acc")
    described = dict(acc.select("identifier", "description").iter_rows())
    groups = read_cells(folder / "expected/features.tsv", "features")
    patterns = read_features(ROOT / "resources/panels/borzuki_features.tsv")
    assert patterns == dict(groups.select("feature", "description_regex").iter_rows())
    matrix = GeneMatrix.read(models / f"{fold}c0/testg-0/gene_preds.tsv.gz")
    features = feature_means(matrix, described, patterns)
    labels = read_half_lives(folder / "inputs/half-life/all_HLs_human_PC1.txt.gz", compat=True)
    found = predict_half_lives({fold: features}, labels, compat=True)

    golden = read_cells(folder / f"expected/genes_{fold}.tsv", "genes")
    place = {name: i for i, name in enumerate(features.genes.tolist())}
    rows = [place[name] for name in golden["gene_id"]]
    columns = golden.select(pl.col([f"borzoi_{name}" for name in patterns]).cast(pl.Float64))
    np.testing.assert_allclose(features.values[rows], columns.to_numpy(), rtol=1e-6)
    assert found.filter(status=VALID)["gene_id"].to_list() == golden["gene_id"].to_list()
    predicted = found.filter(status=VALID)["prediction"].to_numpy()
    np.testing.assert_allclose(predicted, golden["ridge_pred"].cast(pl.Float64), atol=5e-3)
    expected = json.loads((folder / "expected/metrics.json").read_text())[fold]
    metrics = half_life_metrics(found, resamples=0)
    for metric, golden_of, tolerance in (
        ("spearman", "spearman", 1e-3), ("pearson", "pearson", 1e-5),
        ("pearson", "float64_pearson", 1e-7),
    ):  # fmt: skip
        row = row_of(metrics, metric)
        assert row["value"] == pytest.approx(expected[golden_of], abs=tolerance)
        assert row["n"] == expected["n"]


def test_compat_fits_and_predicts_the_same_genes():
    matrix, labels, _ = constructed(1)
    table = predict_half_lives({"fold0": matrix}, labels, compat=True)
    y = np.array(list(labels.values()))
    expected = plain_ridge(matrix.values, y, matrix.values, 0.1)
    assert table["prediction"].to_numpy() == pytest.approx(expected, rel=1e-9)
    assert table["label"].to_list() == list(labels.values())


def test_default_predicts_genes_of_contigs_that_the_fit_did_not_see():
    matrix, labels, groups = constructed(1)
    table = predict_half_lives({"fold0": matrix}, labels, groups)
    y = np.array(list(labels.values()))
    assert table["part"].n_unique() == 5
    assert (table.group_by("group").agg(pl.col("part").n_unique())["part"] == 1).all()
    for part in range(5):
        test = (table["part"] == part).to_numpy()
        expected = plain_ridge(matrix.values[~test], y[~test], matrix.values[test], 0.1)
        assert table["prediction"].to_numpy()[test] == pytest.approx(expected, rel=1e-9)
    assert correlation(table) > 0.95


def test_noise_scores_only_where_fit_and_test_are_the_same_genes():
    matrix, labels, groups = constructed(2, signal=0)
    published = correlation(predict_half_lives({"f": matrix}, labels, compat=True))
    ours = correlation(predict_half_lives({"f": matrix}, labels, groups))
    assert published > 0.4  # 36 features of 120 genes
    assert ours < 0.2


def test_folds_have_regressions_of_their_own():
    one, two = constructed(1), constructed(3)
    labels, groups = one[1] | two[1], one[2] | two[2]
    both = predict_half_lives({"fold0": one[0], "fold1": two[0]}, labels, groups)
    alone = predict_half_lives({"fold1": two[0]}, labels, groups)
    assert both.filter(fold="fold1").equals(alone)
    metrics = half_life_metrics(both, resamples=50)
    assert metrics["fold"].unique(maintain_order=True).to_list() == ["fold0", "fold1", "all"]
    pearson = metrics.filter(fold="fold1", metric="pearson")
    assert pearson["value"][0] == pytest.approx(correlation(alone))
    assert pearson["ci_low"][0] < pearson["value"][0] < pearson["ci_high"][0]
    assert half_life_metrics(alone, resamples=0)["fold"].unique().to_list() == ["fold1"]


def test_each_gene_has_a_row_and_a_status():
    matrix, labels, groups = constructed(1)
    keys = list(labels)
    labels[keys[0]] = np.nan
    del labels[keys[1]]
    table = predict_half_lives({"f": matrix}, labels, groups)
    assert table["gene_id"].to_list() == matrix.genes.tolist()
    assert table["status"].to_list()[:3] == [NO_NUMBER, NO_HALF_LIFE, VALID]
    assert table["prediction"].null_count() == table["label"].null_count() == 2
    not_scored = half_life_metrics(table, resamples=0).filter(metric="not_scored")
    assert not_scored["value"].to_list() == [2]


def test_features_are_means_over_matching_tracks():
    matrix = GeneMatrix(np.array(["g"]), np.array(list("abc")), np.array([[1.0, 2.0, 6.0]]))
    said = {"a": "RNA:ActD:K562__8h__rep0", "b": "RNA:ActD:K562__8h__rep1", "c": "RNA:K562 total"}
    found = feature_means(matrix, said, {"late": "K562__8h", "all": "K562"})
    assert found.identifiers.tolist() == ["late", "all"]
    assert found.values.tolist() == [[1.5, 3.0]]
    with pytest.raises(
        InputError, match="'HeLa' of feature 'none' matches the description of none"
    ):
        feature_means(matrix, said, {"none": "HeLa"})
    with pytest.raises(InputError, match="not a regular expression"):
        feature_means(matrix, said, {"broken": "HeLa("})
    with pytest.raises(InputError, match=r"tracks \['c'\] have no description"):
        feature_means(matrix, {"a": "", "b": ""}, {"all": ""})


def test_tables_are_read(tmp_path):
    path = tmp_path / "hl.txt"
    path.write_text("ensembl_gene_id\tother\thuman_PC1\nENSG1.2\tx\t1.5\nENSG2\tx\tNA\n")
    found = read_half_lives(path)
    assert found["ENSG1"] == 1.5
    assert np.isnan(found["ENSG2"])
    path.write_text("ensembl_gene_id\thuman_PC1\nENSG1.2\t1.5\nENSG1.3\t2\n")
    with pytest.raises(InputError, match="'ENSG1' more than once"):
        read_half_lives(path)
    with pytest.raises(InputError, match="no column 'mouse_PC1'"):
        read_half_lives(path, value_column="mouse_PC1")
    with pytest.raises(InputError, match="does not exist"):
        read_half_lives(tmp_path / "none.txt")
    path.write_text("name\tpattern\nlate\tK562__8h\n")
    assert read_features(path) == {"late": "K562__8h"}
    for rows in ("late\ta\nlate\tb\n", "late\t\n", "\ta\n"):
        path.write_text(f"name\tpattern\n{rows}")
        with pytest.raises(InputError, match="each once, with a pattern"):
            read_features(path)


def test_bad_input_is_told():
    matrix, labels, groups = constructed(1)
    with pytest.raises(InputError, match="no groups of genes"):
        predict_half_lives({"f": matrix}, labels)
    with pytest.raises(InputError, match="of f have no group"):
        predict_half_lives({"f": matrix}, labels, {})
    with pytest.raises(InputError, match="0 of 120 genes of f have a half-life"):
        predict_half_lives({"f": matrix}, {"other": 1.0}, groups)
    with pytest.raises(InputError, match="13 parts for 12 groups"):
        predict_half_lives({"f": matrix}, labels, groups, parts=13)


def test_half_lives_are_predicted_from_features(files, tmp_path: Path) -> None:
    """Two trainings of fold f0 are one, and the features say the half-life of gene G."""
    (tmp_path / "features.tsv").write_text("name\tpattern\nearly\t 1h\nlate\t 8h\nlast\t 24h\n")
    rows = "".join(f"G{i:02}.1\t{-np.log2(rate)}\n" for i, rate in enumerate(RATES) if i != 7)
    (tmp_path / "half_lives.tsv").write_text("gene\tvalue\n" + rows)
    matrix = GeneMatrix.read(files.gene_targets)
    other = str(tmp_path / "other.parquet")
    write_table(
        GeneMatrix(matrix.genes, matrix.identifiers, matrix.values + 0.5).table(), other, {}
    )
    wanted = SalukiFiles(
        gene_preds=[files.gene_targets, other, files.gene_preds], genes=[files.genes] * 3,
        tracks=[files.tracks] * 3, half_lives=str(tmp_path / "half_lives.tsv"),
        features=str(tmp_path / "features.tsv"),
    )  # fmt: skip
    made = HalfLifeFiles(predictions=str(tmp_path / "p.tsv"), metrics=str(tmp_path / "m.tsv"))
    options = {"compat": None, "half_life_columns": ["gene", "value"]}
    predict_saluki(wanted, made, ["f0c0", "f0c1", "f1c0"], options)
    found = pl.read_csv(made.predictions, separator="\t")
    assert found["fold"].unique(maintain_order=True).to_list() == ["f0", "f1"]
    assert found.filter(gene_id="G07")["status"].to_list() == ["no_half_life"] * 2
    metrics = pl.read_csv(made.metrics, separator="\t")
    assert metrics.filter(fold="all", metric="pearson")["value"][0] > 0.8
    predict_saluki(wanted, made, ["f0c0", "f0c1", "f1c0"], options | {"compat": "borzuki"})
    published = pl.read_csv(made.predictions, separator="\t")
    assert published["part"].drop_nulls().unique().to_list() == [0]
    wanted.gene_preds[1] = wanted.gene_preds[0]
    with pytest.raises(InputError, match="replicates 1 and 2 predict the same"):
        predict_saluki(wanted, made, ["f0c0", "f0c1", "f1c0"], options)


def test_neighbours_stay_together(files, tmp_path: Path) -> None:
    names = [f"G{i:02}" for i in range(40)]
    groups = neighbour_groups(files.genes, [names])
    assert set(groups) == set(names)
    assert groups["G00"] == groups["G03"] == groups["G09"] == "chr0:0"  # runs of 40 / 10 genes
    assert groups["G12"] == "chr0:1"
    assert groups["G01"] == "chr1:0"
    table = pl.read_csv(files.genes, separator="\t")
    contigs = pl.Series("chrom", [f"chr{i % 6}" for i in range(41)])
    write_tsv(table.with_columns(contigs), files.genes)
    assert neighbour_groups(files.genes, [names])["G07"] == "chr1"


def test_a_run_is_the_same_genes_in_all_folds(files) -> None:
    """Folds test other genes of one contig: chr0 has G00, G03, ... G39."""
    names = [f"G{i:02}" for i in range(40)]
    groups = neighbour_groups(files.genes, [names[:20], names[20:]])  # runs of 20 / 10 genes
    assert [groups[f"G{i:02}"] for i in range(0, 40, 3)] == [f"chr0:{i // 2}" for i in range(14)]
    for fold in (names[:20], names[20:]):
        assert len({groups[gene] for gene in fold}) >= 5  # parts of the cross-validation
    both = neighbour_groups(files.genes, [names, names[20:]])  # a gene of two folds has one group
    assert both == groups


def test_contigs_are_groups_only_if_each_fold_has_enough(files) -> None:
    names = [f"G{i:02}" for i in range(40)]
    table = pl.read_csv(files.genes, separator="\t")
    contigs = pl.Series("chrom", [f"chr{i // 5}" for i in range(41)])
    write_tsv(table.with_columns(contigs), files.genes)
    assert set(neighbour_groups(files.genes, [names]).values()) == {f"chr{i}" for i in range(8)}
    mixed = neighbour_groups(files.genes, [names[:30], names[30:]])
    assert mixed["G00"] == "chr0:0"
    assert mixed["G34"] == "chr6:4"  # runs of 10 / 10 genes
