"""Two runs on the same variants."""

import numpy as np
import polars as pl
import pytest

from seqcast.core.errors import InputError
from seqcast.core.store import array_column, write_table
from seqcast.evaluation.variants.compared_runs import (
    agreement,
    changed_ranks,
    changed_statuses,
    different_facts,
    read_run,
    shared_scores,
)


def table(effects, status=None):
    """A gene table: an ALT per effect, two tracks whose mean it is."""
    n = len(effects)
    rows = pl.DataFrame({
        "row": range(n), "variant": [f"v{i}" for i in range(n)], "chrom": "chr1", "pos": range(1, n + 1), "ref": "A",
        "alt": "C", "gene_id": [f"g{i}" for i in range(n)], "status": status or ["scored"] * n,
    })  # fmt: skip
    values = np.array([[x - 0.5, x + 0.5] for x in effects], np.float32)
    known = np.array([one == "scored" for one in rows["status"]])
    return rows.with_columns(
        array_column("logSED", values, known), array_column("REF", values, known)
    )


@pytest.fixture
def runs(tmp_path):
    """Two runs: the second has opposite signs in one row, and one that is not scored."""
    folder = tmp_path / "a/results/variant_effects/tiny"
    folder.mkdir(parents=True)
    one, two = [3.0, 2.0, -1.0, 0.5, 0.1], [2.0, 3.0, 1.0, 0.5, 0.1]
    tracks = [
        {"track": i, "identifier": f"t{i}", "description": f"RNA {i}", "units": ""}
        for i in range(2)
    ]
    write_table(
        table(one),
        folder / "d.ensemble.parquet",
        {"model": "tiny", "options": {"window": "variant", "n": 1}},
    )
    write_table(pl.DataFrame(tracks), folder / "tracks.parquet", {})
    write_table(table(two, ["scored"] * 4 + ["ref_mismatch"]), tmp_path / "b.parquet",
                {"model": "tiny", "options": {"window": "shared", "n": 1}, "track_table": tracks})  # fmt: skip
    return read_run(tmp_path / "a"), read_run(tmp_path / "b.parquet")


def test_numbers_are_those_of_pairs_that_both_have(runs):
    assert shared_scores(*runs) == ["logSED"]
    found = agreement(*runs, "logSED")
    x, y = np.array([3, 2, -1, 0.5]), np.array([2, 3, 1, 0.5])
    assert found.pairs["a"].to_list() == x.tolist()
    assert found.pearson == pytest.approx(np.corrcoef(x, y)[0, 1])
    assert found.rmse == pytest.approx(np.sqrt(((x - y) ** 2).mean()))
    assert (found.largest, found.opposite) == (2.0, 1)
    of_one = agreement(*runs, "logSED", "RNA 0")
    assert of_one.pairs["a"].to_list() == (x - 0.5).tolist()


def test_ranks_statuses_and_facts_that_differ(runs):
    moved = changed_ranks(agreement(*runs, "logSED").pairs, top=1)
    assert moved.select("variant", "rank_a", "rank_b").rows() == [("v0", 1, 2), ("v1", 2, 1)]
    assert changed_statuses(*runs).rows() == [("scored", "ref_mismatch", 1)]
    told = list(different_facts(runs[0].facts, runs[1].facts))
    assert ("options.window", "variant", "shared") in told
    assert not [name for name, *_ in told if name in ("model", "options.n")]


def test_what_is_no_run_is_named(runs, tmp_path):
    with pytest.raises(InputError, match="it is no folder of a run"):
        read_run(tmp_path)
    (tmp_path / "results").mkdir()
    with pytest.raises(
        InputError, match=r"its run is not finished\. Finish the run with snakemake"
    ):
        read_run(tmp_path)
    other = runs[0].path.with_name("e.ensemble.parquet")
    write_table(runs[0].table, other, {})
    with pytest.raises(InputError, match=r"has 2 tables of scores .* name one of them"):
        read_run(tmp_path / "a")
    assert read_run(tmp_path / "a", other).path == other


def test_runs_on_other_variants_are_refused(runs, tmp_path):
    moved = runs[0]._replace(table=runs[0].table.with_columns(pos=pl.col("pos") + 1000))
    with pytest.raises(InputError, match="no variant in common"):
        shared_scores(moved, runs[1])
    bare = runs[0]._replace(table=runs[0].table.drop("logSED"))
    with pytest.raises(InputError, match="no score in common"):
        shared_scores(bare, runs[1])
