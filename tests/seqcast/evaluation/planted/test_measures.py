"""Numbers with intervals, against other programs and by hand."""

import numpy as np
import polars as pl
import pytest
from scipy.stats import pearsonr, spearmanr
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
