"""Numbers with intervals, against other programs and by hand."""

import numpy as np
import polars as pl
import pytest
from scipy.stats import linregress, pearsonr, spearmanr
from sklearn.metrics import average_precision_score, roc_auc_score

from seqcast.core.store import write_tsv
from seqcast.evaluation.metrics.bootstrap import Resampling
from seqcast.evaluation.planted.measures import (
    BARS,
    SCHEMA,
    Bar,
    Measured,
    agreement,
    average,
    calibration_lines,
    calibration_slope,
    measure_table,
    read_measures,
    separation,
)

HOW = Resampling(200, 1)


def table(n=60):
    rng = np.random.default_rng(4)
    kinds = ["causal", "matched"] * (n // 2)
    size = rng.normal(size=n) + np.where(np.arange(n) % 2, 0, 3.0)
    genes = [f"G{i // 3}" for i in range(n)]
    return pl.DataFrame({"kind": kinds, "size": np.abs(size), "gene_id": genes})


def test_separation_is_that_of_magnitudes():
    rows = table()
    rows = rows.with_columns(signed=rows["size"] * pl.Series([1, 1, -1] * 20))
    area, precision = separation(rows, "causal", "all", HOW, "signed", "a note")
    labels = (rows["kind"] == "causal").to_numpy()
    assert area.value == pytest.approx(roc_auc_score(labels, rows["size"]))
    assert precision.value == pytest.approx(average_precision_score(labels, rows["size"]))
    assert area.ci_low < area.value < area.ci_high
    assert (area.n, area.note, precision.note) == (60, "a note", "a note; 0.50 by chance")


def test_a_kind_of_one_gives_no_area():
    rows = pl.concat([table()[:1], table().filter(kind="matched")])
    area, _ = separation(rows, "causal", "all", HOW)
    assert (area.value, area.note) == (None, "1 and 30 rows of either kind")
    assert next(separation(table()[:0], "causal", "all", HOW)).n == 0


def test_agreement_leaves_out_what_lacks_a_number():
    rng = np.random.default_rng(5)
    true = rng.normal(size=30)
    predicted = true + rng.normal(size=30)
    predicted[:4] = np.nan
    genes = np.array([f"G{i // 2}" for i in range(30)])
    names = {"spearman": "s", "pearson": "p"}
    s, p = agreement(names, "all", (true, predicted, genes), HOW, "told")
    assert s.value == pytest.approx(spearmanr(true[4:], predicted[4:]).statistic)
    assert p.value == pytest.approx(pearsonr(true[4:], predicted[4:]).statistic)
    assert p.ci_low < p.value < p.ci_high
    assert (s.measure, s.group, s.n, s.note) == ("s", "all", 26, "told")
    few = next(agreement(names, "all", (true[:6], predicted[:6], genes[:6]), HOW))
    assert (few.value, few.n) == (None, 2)
    constant = next(agreement(names, "all", (true[4:], np.ones(26), genes[4:]), HOW))
    assert constant.value is None
    assert "constant" in constant.note


def test_average_and_its_interval_over_genes():
    values = np.array([1.0, 1, 0, 0, 1, 0])
    genes = np.array(["a", "a", "b", "b", "c", "c"])
    found = average("share", "all", values, genes, Resampling(4000, 0))
    assert (found.value, found.ci_low, found.ci_high) == (
        0.5,
        0.0,
        1.0,
    )  # 1/27 draw one gene thrice
    alone = average("share", "all", values, np.zeros(6, str), Resampling(10, 0))
    assert (alone.ci_low, alone.ci_high) == (0.5, 0.5)
    assert average("share", "all", np.zeros(0), np.zeros(0), HOW).value is None


def test_the_calibration_slope_is_that_of_least_squares():
    rng = np.random.default_rng(6)
    predicted = rng.normal(size=40)
    true = 0.3 + 2 * predicted + 0.5 * rng.normal(size=40)
    predicted[3] = np.nan
    genes = np.array([f"G{i // 2}" for i in range(40)])
    found = calibration_slope("all", (true, predicted, genes), HOW, "told")
    expected = linregress(np.delete(predicted, 3), np.delete(true, 3))
    assert found.value == pytest.approx(expected.slope)
    assert found.ci_low < found.value < found.ci_high
    assert (found.n, found.note) == (39, "told")
    counts = rng.integers(0, 3, (5, 39))
    slopes, intercepts = calibration_lines(np.delete(true, 3), np.delete(predicted, 3), counts)
    for row, slope, intercept in zip(counts, slopes, intercepts, strict=True):
        drawn = linregress(
            np.repeat(np.delete(predicted, 3), row), np.repeat(np.delete(true, 3), row)
        )
        assert (slope, intercept) == pytest.approx((drawn.slope, drawn.intercept))
    assert calibration_slope("all", (true, np.ones(40), genes), HOW).value is None
    assert calibration_slope("all", (true[:2], predicted[:2], genes[:2]), HOW).n == 2


def of(value, low=None, high=None):
    return Measured("auroc", "all", value, low, high, 10)


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (of(0.97, 0.96, 0.99), "met"),
        (of(0.95), "met"),
        (of(0.97, 0.94, 0.99), "met, but the interval reaches beyond it"),
        (of(0.94, 0.92, 0.96), "not met, but the interval reaches it"),
        (of(0.9, 0.88, 0.92), "not met"),
        (of(0.9), "not met"),
        (of(None), "not measured"),
    ],
)
def test_verdicts_of_a_least_value(found, expected):
    assert Bar(0.95).verdict(found) == expected


def test_verdicts_of_a_band():
    band = Bar(0.45, 0.55)
    assert band.text == "0.45 to 0.55"
    assert band.verdict(of(0.5, 0.46, 0.54)) == "met"
    assert band.verdict(of(0.5, 0.40, 0.54)) == "met, but the interval reaches beyond it"
    assert band.verdict(of(0.4, 0.35, 0.46)) == "not met, but the interval reaches it"
    assert band.verdict(of(0.6, 0.56, 0.7)) == "not met"


def test_verdicts_of_a_largest_value():
    bar = Bar(high=0.1)
    assert bar.text == "<= 0.10"
    assert bar.verdict(of(0.0, 0.0, 0.0)) == "met"
    assert bar.verdict(of(0.1, 0.05, 0.2)) == "met, but the interval reaches beyond it"
    assert bar.verdict(of(0.2, 0.1, 0.3)) == "not met, but the interval reaches it"
    assert bar.verdict(of(0.2, 0.15, 0.3)) == "not met"


def test_a_strict_bar_is_not_met_at_its_value():
    bar = Bar(0.5, strict=True)
    assert (bar.text, bar.holds(0.5), bar.holds(0.51)) == ("> 0.50", False, True)
    assert Bar(0.5).holds(0.5)


def test_a_table_of_measures_is_read_back(tmp_path):
    found = [of(0.97, 0.96, 0.99), Measured("auroc", "element ARE", None, None, None, 0, "why")]
    table = measure_table(found)
    assert dict(table.schema) == SCHEMA
    assert table["bar"].to_list() == [BARS["auroc", "all"].text, ""] == [">= 0.95", ""]
    assert table["verdict"].to_list() == ["met", ""]
    write_tsv(table, tmp_path / "m.tsv")
    assert read_measures(tmp_path / "m.tsv").equals(table)
