"""Percentiles among nulls, next to counting them one by one."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from scipy.stats import binomtest

from seqcast.core.errors import InputError
from seqcast.core.store import read_provenance, read_table, write_table
from seqcast.genome.annotation import Annotation
from seqcast.predict.nulls.null_classes import CLASSES, LEVELS, class_name, classify
from seqcast.predict.nulls.percentiles import (
    NUMBERS,
    PercentileFiles,
    add_percentiles,
    in_words,
    interval,
    number_name,
    read_percentiles,
    reported,
    write_percentiles,
)
from tests.seqcast.predict.nulls.examples import CONTIGS, FACTS, GENES, MIXTURE, TRACKS, Drawn, made


@pytest.fixture
def drawn():
    return Drawn(np.random.default_rng(1))


def compared(scores, nulls):
    return add_percentiles(scores, FACTS, TRACKS, Annotation(GENES), CONTIGS, nulls)


def files_of(folder, nulls):
    """Those that `made` left in a folder, and scores that are still to be written there."""
    names = ("others.parquet", "tracks.parquet", "genes.parquet", "genome.fai")
    return PercentileFiles(*(folder / name for name in names), nulls.path)


def by_counting(scores, nulls, least=MIXTURE.min_variants):
    """Below, nulls and class of each row: the slow, plain way."""
    classes, ours = classify(scores, Annotation(GENES), [1000]), nulls.table.to_dicts()
    for value, row in zip(
        np.abs(scores["logSED"].to_numpy()).mean(1), classes.to_dicts(), strict=True
    ):
        for level in LEVELS:
            alike = [one for one in ours if all(one[name] == row[name] for name in level)]
            if len({one["row"] for one in alike}) >= least:
                below = sum(one["logSED"] < value for one in alike)
                yield below, len(alike), class_name(level, list(row.values()))
                break


def test_places_are_those_that_counting_gives(tmp_path, drawn):
    nulls = made(tmp_path, drawn.scores(120))
    scores = drawn.scores(60, scale=1.5)
    found = compared(scores, nulls)
    expected = list(by_counting(scores, nulls))
    shown = found.select("logSED_nulls_below", "logSED_nulls", "logSED_null_class").rows()
    assert shown == expected
    assert len({name for _, _, name in expected}) > 3  # narrow and wider classes
    below, n = np.array([row[:2] for row in expected]).T
    np.testing.assert_allclose(found["logSED_exceedance"], (n - below + 1) / (n + 1))
    np.testing.assert_allclose(found["logSED_percentile"], 100 * below / (n + 1))
    assert found["null_status"].unique().to_list() == ["compared"]
    assert found.columns == [*scores.columns, *CLASSES, "null_status",
                             *(number_name(part, "logSED") for part in NUMBERS)]  # fmt: skip


def test_beyond_the_largest_null_is_never_all(tmp_path, drawn):
    nulls = made(tmp_path, drawn.scores(120))
    found = compared(drawn.scores(5, scale=1e6), nulls)
    assert (found["logSED_nulls_below"] == found["logSED_nulls"]).all()
    assert found["logSED_percentile"].max() < 100
    assert found["logSED_exceedance"].min() > 0
    np.testing.assert_allclose(found["logSED_exceedance_low"], 0, atol=1e-12)
    assert (found["logSED_exceedance_high"] > found["logSED_exceedance"]).all()


def test_a_null_variant_itself_counts_as_large_as_itself(tmp_path, drawn):
    scores = drawn.scores(30)
    found = compared(scores, made(tmp_path, scores))
    assert (found["logSED_nulls_below"] < found["logSED_nulls"]).all()


def test_too_few_nulls_are_told(tmp_path, drawn):
    nulls = made(tmp_path, drawn.scores(19))
    scores = drawn.scores(3)
    status = pl.when(pl.col("row") == 1).then(pl.lit("ref_mismatch")).otherwise("status")
    scores = scores.with_columns(status=status, logSED=pl.when(pl.col("row") != 1).then("logSED"))
    found = compared(scores, nulls)
    assert found["null_status"].to_list() == [
        *["too_few_nulls"] * 2, *["ref_mismatch"] * 2, *["too_few_nulls"] * 2]  # fmt: skip
    numbers = found.select(number_name(part, "logSED") for part in NUMBERS)
    assert numbers.null_count().row(0) == (6,) * len(NUMBERS)


def test_rows_without_a_score_have_no_percentile(tmp_path, drawn):
    nulls = made(tmp_path, drawn.scores(60))
    scores = drawn.scores(3).with_columns(logSED=pl.when(pl.col("row") != 1).then("logSED"))
    found = compared(scores, nulls)
    assert found["logSED_percentile"].is_null().to_list() == [
        False,
        False,
        True,
        True,
        False,
        False,
    ]
    assert found["null_status"].unique().to_list() == ["compared"]


def test_groups_of_tracks_are_compared_apart(tmp_path, drawn):
    groups = {"rna": "^RNA", "cage": "^CAGE"}
    nulls = made(tmp_path, drawn.scores(60), MIXTURE._replace(groups=groups))
    found = compared(drawn.scores(10), nulls)
    assert {"logSED_percentile_rna", "logSED_nulls_cage"} <= set(found.columns)
    assert not found["logSED_percentile_rna"].equals(found["logSED_percentile_cage"])


def test_intervals_are_those_of_wilson():
    for n in (5, 40):
        low, high = interval(np.arange(n + 1), n)
        exact = [binomtest(k, n).proportion_ci(method="wilson") for k in range(n + 1)]
        np.testing.assert_allclose(low, [one.low for one in exact], atol=1e-12)
        np.testing.assert_allclose(high, [one.high for one in exact], atol=1e-12)


def test_several_genes_of_a_null_variant_narrow_no_interval(tmp_path, drawn):
    scores = drawn.scores(50)
    nulls = made(
        tmp_path, scores, MIXTURE._replace(min_variants=50)
    )  # only all together are enough
    found = compared(scores.head(10), nulls)
    hits = (100 - found["logSED_nulls_below"].to_numpy()) / 2
    low, high = interval(hits, 50)
    np.testing.assert_allclose(found["logSED_exceedance_low"], low)
    np.testing.assert_allclose(found["logSED_exceedance_high"], high)


def test_a_table_is_compared_in_parts(tmp_path, drawn, monkeypatch):
    nulls, scores = made(tmp_path, drawn.scores(60)), drawn.scores(40)
    files = files_of(tmp_path, nulls)
    write_table(scores, files.scores, FACTS)
    for rows in (1 << 14, 7):
        monkeypatch.setattr("seqcast.core.store.MOST_ROWS", rows)
        write_percentiles(files, tmp_path / "out.parquet", {"dataset": "others"})
        found, whole = read_table(tmp_path / "out.parquet"), compared(scores, nulls)
        assert found.equals(whole.select(found.columns))
    told = read_provenance(tmp_path / "out.parquet")
    assert (told["nulls"], told["dataset"]) == (nulls.name, "others")
    assert told["null_definition"] == nulls.definition


def test_a_table_without_rows_has_none(tmp_path, drawn):
    nulls, scores = made(tmp_path, drawn.scores(60)), drawn.scores(1)
    files = files_of(tmp_path, nulls)
    write_table(scores.clear(), files.scores, FACTS)
    write_percentiles(files, tmp_path / "out.parquet", {})
    found, one = read_table(tmp_path / "out.parquet"), compared(scores, nulls)
    assert found.is_empty()
    assert found.schema == one.select(found.columns).schema


def test_a_score_that_is_missing_is_told(tmp_path, drawn):
    nulls = made(tmp_path, drawn.scores(60))
    files = files_of(tmp_path, nulls)
    write_table(drawn.scores(5).rename({"logSED": "D2"}), files.scores, FACTS)
    with pytest.raises(InputError, match=r"others\.parquet has no score logSED"):
        write_percentiles(files, tmp_path / "out.parquet", {})


def test_a_table_is_read_next_to_its_scores(tmp_path, drawn):
    nulls, scores = made(tmp_path, drawn.scores(60)), drawn.scores(10)
    files = files_of(tmp_path, nulls)
    write_table(scores, files.scores, FACTS)
    write_percentiles(files, tmp_path / "out.parquet", {})
    found = read_percentiles(tmp_path / "out.parquet", scores)
    whole = compared(scores, nulls)
    assert found["nulls"].unique().to_list() == [nulls.name]
    assert found.drop("nulls").equals(whole.select(found.columns[:-1]))
    shown = reported(found, "logSED")
    assert shown.columns == ["consequence", "percentile", "exceedance", "nulls", "nulls_below",
                             "null_class"]  # fmt: skip
    assert shown["percentile"].equals(found["logSED_percentile"].rename("percentile"))
    assert reported(found, "D2").columns == []
    with pytest.raises(InputError, match=r"out\.parquet has other rows than the scores"):
        read_percentiles(tmp_path / "out.parquet", scores.reverse())


def test_words():
    assert in_words(412, 430, "coding, utr3") == "larger than 412 of 430 nulls (coding, utr3)"
    assert in_words(1430, 1430, "all") == "> 1,430 of 1,430 nulls (all)"


def test_scores_of_other_nulls_are_refused(tmp_path, drawn):
    nulls = made(tmp_path, drawn.scores(60))
    other = replace(nulls, definition={**nulls.definition, "contigs": {"chr9": 5}})
    with pytest.raises(InputError, match="chr9"):
        compared(drawn.scores(2), other)
