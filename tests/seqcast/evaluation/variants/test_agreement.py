"""Correlations of the sizes of effects in two kinds of models."""

import numpy as np
import polars as pl
import pytest
from scipy.stats import spearmanr

from seqcast.evaluation.variants.agreement import (
    ComparisonFiles,
    Measure,
    compare,
    correlate,
    measures,
    read_comparison,
    write_comparison,
)
from tests.seqcast.evaluation.variants.tables import coverage, mrna


def test_measures_are_those_of_coverage_then_of_mrnas():
    found = measures([coverage(), coverage("micro")], [mrna()])
    assert [(m.model, m.score, m.kind, m.is_main) for m in found] == [
        ("borzuki", "mean |logSED|", "coverage", True),
        ("micro", "mean |logSED|", "coverage", True),
        ("helix", "cosine_mean", "mrna", False),
        ("helix", "L2_mean", "mrna", True),
        ("helix", "cosine_last", "mrna", False),
        ("helix", "L2_last", "mrna", False),
        ("helix", "|LLR|", "mrna", True),
    ]


def test_comparison_of_models():
    found = compare([coverage()], [mrna()], tracks_like="^RNA", resamples=20)
    assert {measure.column for measure in found.measures} < set(found.table.columns)
    # models of one kind are not correlated with themselves; one pair alone has both numbers
    assert found.correlations.select("model_a", "model_b", "n").unique().rows() == [
        ("borzuki", "helix", 1)]  # fmt: skip
    assert found.statuses["borzuki"].sum() == 6
    nothing = compare([coverage(rows=[])], [mrna(rows=[])])
    assert set(nothing.correlations["n"]) == {0}


def test_a_comparison_is_read_as_it_was_written(tmp_path):
    found = compare([coverage()], [mrna()], resamples=20)
    files = {name: tmp_path / name for name in ("parquet", "table", "correlations")}
    write_comparison(found, {"borzuki": {"origin": ["source", "random"]}}, ComparisonFiles(**files))
    again, models = read_comparison(files["parquet"], files["correlations"])
    assert models == {"borzuki": {"origin": ["source", "random"]}}
    assert again.measures == found.measures
    assert again.table.equals(found.table)
    assert again.statuses.equals(found.statuses)
    assert again.correlations.equals(found.correlations)


def random_comparison(n=60):
    rng = np.random.default_rng(5)
    logsed, llr = rng.normal(size=n), rng.normal(size=n)
    table = pl.DataFrame({"a": np.abs(logsed), "b": llr + 2 * np.abs(logsed), "c": np.ones(n)})
    alleles = {
        "ref": pl.lit("A"),
        "alt": pl.when(pl.int_range(n) % 4 == 0).then(pl.lit("AC")).otherwise(pl.lit("C")),
    }
    alleles["gene_id"] = "G" + pl.int_range(n).cast(pl.String)
    table = table.with_columns(**alleles, b=pl.when(pl.int_range(n) < 5).then(None).otherwise("b"))
    return table, [
        Measure("borzuki", "mean |logSED|", "a", "coverage"),
        Measure("helix", "|LLR|", "b", "mrna"),
        Measure("helix", "L2_mean", "c", "mrna"),
    ]


def test_correlations_are_those_of_sizes():
    table, measured = random_comparison()
    found = correlate(table, measured, resamples=200)
    assert found.select("score_a", "score_b", "variants", "n").rows() == [
        ("mean |logSED|", "|LLR|", "all", 55), ("mean |logSED|", "|LLR|", "substitutions", 42),
        ("mean |logSED|", "L2_mean", "all", 60), ("mean |logSED|", "L2_mean", "substitutions", 45),
    ]  # fmt: skip
    kept = table.with_row_index().filter(pl.col("index") >= 5)
    for i, subset in enumerate([kept, kept.filter(pl.col("alt") == "C")]):
        expected = spearmanr(subset["a"], subset["b"].abs()).statistic
        assert found["spearman"][i] == pytest.approx(expected)
        assert found["ci_low"][i] < expected < found["ci_high"][i]
    assert found.row(2)[5:] == (None, None, None, 60, "one of them is constant")


def test_intervals_draw_whole_genes():
    table, measured = random_comparison(240)
    a, b = (np.repeat(table[name].to_numpy()[120:], 2) for name in "ab")
    twice = table.with_columns(a=a, b=b, gene_id="G" + (pl.int_range(240) // 2).cast(pl.String))
    once = twice.gather_every(2)
    pair = measured[:2]
    found, expected = (
        correlate(x, pair, resamples=300).filter(variants="all").row(0, named=True)
        for x in (twice, once)
    )
    assert (found["n"], expected["n"]) == (240, 120)
    for end in ("spearman", "ci_low", "ci_high"):  # a copy of each variant tells nothing new
        assert found[end] == pytest.approx(expected[end], abs=1e-12)


def test_two_genes_have_no_interval():
    table, measured = random_comparison()
    two = table.with_columns(gene_id=pl.when(pl.int_range(60) < 30).then(pl.lit("G")))
    found = correlate(two, measured[:2], resamples=50).row(0, named=True)
    assert found["spearman"] is not None
    assert (found["ci_low"], found["ci_high"]) == (None, None)
    assert found["note"] == "fewer than 3 genes: no interval"


def test_few_rows_have_no_correlation():
    table, measured = random_comparison()
    found = correlate(table.head(7), measured, resamples=10)
    assert found.row(0)[5:] == (None, None, None, 2, "fewer than 3 rows have both")
