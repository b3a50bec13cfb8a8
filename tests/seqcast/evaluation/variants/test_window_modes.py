"""How close scores of two modes of windows are, by loops and with a network of random weights."""

import numpy as np
import polars as pl
import pytest
from scipy.stats import pearsonr, spearmanr

from seqcast.core.store import array_column, read_tsv
from seqcast.evaluation.variants.window_modes import compare_window_modes, measure_window_modes
from tests.seqcast.predict.variants.test_score_shard import job as job  # fixture
from tests.seqcast.predict.variants.test_score_shard import outputs, run

N = 12


@pytest.fixture(scope="module")
def scored() -> tuple[pl.DataFrame, pl.DataFrame]:
    """Tables of the same pairs, of a row that was not scored, and of one that one of them lacks."""
    rng = np.random.default_rng(0)
    rows = pl.DataFrame({"row": [*range(N), N, N + 1], "gene_id": ["g"] * N + [None, "h"]})
    values = rng.normal(size=(2, N + 2, 3))
    values[1] = values[0] + 0.3 * rng.normal(size=(N + 2, 3))
    valid = rows["gene_id"].is_not_null().to_numpy()
    tables = [rows.with_columns(array_column("logSED", found, valid)) for found in values]
    return tables[0], tables[1].head(N + 1).sample(fraction=1, shuffle=True, seed=1)


def test_measures_are_those_of_loops(scored) -> None:
    tracks = np.array([0, 2])
    (found,) = compare_window_modes(*scored, tracks).to_dicts()
    x, y = (
        np.array(table.filter(pl.col("row") < N).sort("row")["logSED"].to_list())[:, tracks].mean(1)
        for table in scored
    )
    assert (found["score"], found["n"]) == ("logSED", N)
    assert found["pearson"] == pytest.approx(pearsonr(x, y).statistic)
    assert found["spearman"] == pytest.approx(spearmanr(x, y).statistic)
    squares = [(a - b) ** 2 for a, b in zip(x, y, strict=True)]
    assert found["rmse"] == pytest.approx(np.sqrt(np.mean(squares)))
    assert found["sd"] == pytest.approx(np.std(x))


def test_what_cannot_be_measured_is_null(scored) -> None:
    few = compare_window_modes(scored[0].head(2), scored[1])
    assert few.row(0) == ("logSED", 2, None, None, None, None)
    ones = array_column("logSED", np.ones((N + 2, 3)), np.ones(N + 2, dtype=bool))
    equal = scored[0].drop_nulls().head(N).with_columns(ones.head(N))
    (found,) = compare_window_modes(equal, equal).to_dicts()
    assert (found["pearson"], found["rmse"]) == (None, 0.0)


@pytest.mark.parametrize(("own", "other"), [("variant", "shared"), ("shared", "variant")])
def test_the_other_mode_is_scored(job, tmp_path, own: str, other: str) -> None:
    tables = {}
    for window in (own, other):
        options = job["options"] | {"window": window}
        (tmp_path / window).mkdir()
        tables[window] = run(job | {"options": options}, tmp_path / window)[0]
    how = {name: job[name] for name in ("files", "head", "inference", "threads")}
    measure_window_modes(
        **how, scores=outputs(tmp_path / own).gene, output=tmp_path / "out.tsv",
        options=job["options"] | {"window": own}, architecture="borzuki", variants=100,
        tracks_like="RNA", model="m", dataset="d",
    )  # fmt: skip
    found = read_tsv(tmp_path / "out.tsv")
    assert found.select("model", "dataset", "window", "other_window").unique().rows() == [
        ("m", "d", own, other)
    ]
    expected = compare_window_modes(tables[own], tables[other])
    assert found["score"].to_list() == ["SED", "logSED"]
    assert found["n"].cast(int).to_list() == expected["n"].to_list()
    # wanted bins and batches differ: rounding, as large as 1e-5 of effects of random weights
    assert found["rmse"].cast(float).to_numpy() == pytest.approx(expected["rmse"], rel=1e-3)
