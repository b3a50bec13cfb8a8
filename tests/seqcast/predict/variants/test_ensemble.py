"""Mean and spread over folds."""

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from seqcast.core import store
from seqcast.core.errors import InputError
from seqcast.core.store import read_provenance, read_table, write_table
from seqcast.predict.variants.ensemble import average_folds, average_scores, gather_shards


def fold(values, status="scored"):
    return pl.DataFrame({
        "variant": ["a", "b"], "status": [status, "alt_star"],
        "SED": pl.Series([values, None], dtype=pl.Array(pl.Float32, 2)),
    })  # fmt: skip


def test_mean_and_sample_sd():
    table = average_scores([fold([1, 5]), fold([3, 5])])
    assert table.columns == ["variant", "status", "SED", "SED_sd"]
    assert table["SED"].to_list() == [[2, 5], None]
    # sample standard deviation of 1 and 3
    assert np.allclose(table["SED_sd"].to_list()[0], [np.sqrt(2), 0])
    assert table["SED_sd"].to_list()[1] is None
    assert table["SED"].dtype == pl.Array(pl.Float32, 2)


def test_spread_of_one_fold_is_unknown():
    table = average_scores([fold([1, 5])])
    assert table["SED"].to_list()[0] == [1, 5]
    assert table["SED_sd"].to_list() == [None, None]


def test_folds_with_other_rows_are_refused():
    with pytest.raises(
        InputError, match="row 0 is 'scored' in one fold and 'ref_mismatch' in another"
    ):
        average_scores([fold([1, 5]), fold([1, 5], status="ref_mismatch")])
    with pytest.raises(InputError, match="fold number 1 has other rows"):
        average_scores([fold([1, 5]), fold([1, 5]).head(1)])


def test_tables_without_a_scored_row():
    empty = fold([1, 2], status="alt_dot").with_columns(
        pl.Series("SED", [None, None], dtype=pl.Array(pl.Float32, 2))
    )
    assert average_scores([empty, empty])["SED"].to_list() == [None, None]


def test_a_fold_without_numbers_leaves_the_row_without():
    broken = fold([1, 5]).with_columns(
        pl.Series("status", ["prediction_not_finite", "alt_star"]),
        pl.Series("SED", [None, None], dtype=pl.Array(pl.Float32, 2)),
    )
    for pair in ([fold([1, 5]), broken], [broken, fold([1, 5])]):
        table = average_scores(pair)
        assert table["status"].to_list() == ["prediction_not_finite", "alt_star"]
        assert table["SED"].to_list() == table["SED_sd"].to_list() == [None, None]


def test_folds_of_the_same_weights_have_no_spread(tmp_path, caplog):
    table = average_scores([fold([1, 5]), fold([1, 5])], ["tiny, folds 0 and 1"])
    assert table["SED"].to_list() == [[1, 5], None]
    assert table["SED_sd"].to_list() == [None, None]
    facts = {"model": "tiny", "weights_sha256": "ab"}
    for i in "01":
        write_table(fold([1, 5]), tmp_path / i, {**facts, "fold": i})
    average_folds([tmp_path / i for i in "01"], tmp_path / "both")
    assert read_table(tmp_path / "both").equals(table)
    assert "tiny, folds 0 and 1 have the same weights: no spread is given" in caplog.text


@pytest.mark.parametrize("rows", [1, 3, 100])
def test_tables_in_parts_are_as_a_whole(tmp_path, monkeypatch, rows):
    monkeypatch.setattr(store, "MOST_ROWS", rows)
    rng = np.random.default_rng(1)
    tables = [
        pl.DataFrame({"row": range(7), "status": "scored"}).with_columns(
            pl.Series("SED", rng.normal(size=(7, 2)), dtype=pl.Array(pl.Float32, 2))
        )
        for _ in range(2)
    ]
    for i, table in enumerate(tables):
        for part, (first, last) in enumerate([(0, 4), (4, 4), (4, 7)]):
            write_table(table[first:last], tmp_path / f"{i}.{part}", {"model": "m", "fold": i})
    for i in range(2):
        parts = [tmp_path / f"{i}.{part}" for part in range(3)]
        gather_shards(parts, tmp_path / f"{i}", by="row")
        assert read_table(tmp_path / f"{i}").equals(tables[i])
        gather_shards(parts[::-1], tmp_path / "sorted", by="row")
        assert read_table(tmp_path / "sorted").equals(tables[i])
        gather_shards(parts[::-1], tmp_path / "unsorted")
        assert read_table(tmp_path / "unsorted")["row"].to_list() == [4, 5, 6, 0, 1, 2, 3]
    average_folds([tmp_path / "0", tmp_path / "1"], tmp_path / "mean")
    assert read_table(tmp_path / "mean").equals(average_scores(tables))
    assert read_provenance(tmp_path / "mean")["fold"] == [0, 1]
    with pytest.raises(InputError, match="fold number 1 has other rows"):
        average_folds([tmp_path / "0", tmp_path / "1.0"], tmp_path / "mean")


@pytest.mark.parametrize("seed", range(12))
def test_shards_whose_rows_are_mixed_are_merged_as_if_sorted(tmp_path, monkeypatch, seed):
    rng = np.random.default_rng(seed)
    monkeypatch.setattr(store, "MOST_ROWS", int(rng.integers(1, 12)))
    of_row = rng.integers(0, 5, size=40)  # several genes of a variant, none of another
    rows = np.repeat(np.arange(40), of_row)
    table = pl.DataFrame({"row": rows, "gene_id": np.arange(len(rows)).astype(str)})
    mixed = np.sort(np.arange(40) + rng.normal(0, rng.choice([0.1, 3, 99]), size=40).round())
    shard_of = (rng.permutation(40) if seed % 2 else mixed.argsort()) * 5 // 40
    parts = []
    for shard in range(5):
        parts.append(tmp_path / f"{shard}")
        write_table(table.filter(shard_of[rows] == shard), parts[-1], {"model": "m"})
    gather_shards(parts, tmp_path / "all", by="row")
    assert_frame_equal(read_table(tmp_path / "all"), table)


def test_the_work_of_shards_adds_up(tmp_path):
    works = [{"window": "shared", "variants": 3, "scored": 2, "windows": 1, "alleles": 2, "members": 2},
             {"window": "shared", "variants": 4, "scored": 4, "windows": 3, "alleles": 5, "members": 2}]  # fmt: skip
    for i, work in enumerate(works):
        write_table(fold([1, 5]), tmp_path / f"{i}", {"model": "m", "work": work})
    gather_shards([tmp_path / "0", tmp_path / "1"], tmp_path / "all")
    assert read_provenance(tmp_path / "all") == {"model": "m", "work": {
        "window": "shared", "variants": 7, "scored": 6, "windows": 4, "alleles": 7, "members": 2}}  # fmt: skip
