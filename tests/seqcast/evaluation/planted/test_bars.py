"""What is said of a number and its bar."""

import pytest

from seqcast.core.store import write_tsv
from seqcast.evaluation.planted.bars import BARS, Bar, measure_table, read_measures
from seqcast.evaluation.planted.measures import SCHEMA, Measured


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
