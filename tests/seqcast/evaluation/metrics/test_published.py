"""Tables of published numbers: what a hand writes wrong is named by its row."""

import pytest

from seqcast.core.errors import InputError
from seqcast.evaluation.metrics.published import RANGES, read_published
from seqcast.evaluation.properties.property_metrics import ESTIMATES, PUBLISHED

HEADER = "property\tmethod\tmetric\tpart\tvalue\tsource\n"


def write(tmp_path, metric="accuracy", value="0.55"):
    path = tmp_path / "p.tsv"
    path.write_text(f"{HEADER}toy\tCodonBERT\t{metric}\ttest\t{value}\tTable 2\n")
    return path


@pytest.mark.parametrize(
    ("metric", "value", "message"),
    [
        ("accuracy", "high", "is 'high', which is no number"),
        ("accuracy", "nan", "is 'nan', which is no number; expected one such as 0.83"),
        ("accuracy", "0,55", "is '0,55', which is no number"),
        ("accuracy", "", "is empty; give the number, or leave the row out"),
        ("accuracy", "  ", "is empty"),
        ("accuracy", "1.7", "is 1.7; expected 0 to 1: write a percentage as a share"),
        ("accuracy", "-0.1", "expected 0 to 1"),
        ("spearman", "85", "expected -1 to 1"),
        ("r2", "1.01", "expected 1 or less"),
        ("rmse", "-3", "expected 0 or more"),
    ],
)
def test_values_that_cannot_be(tmp_path, metric, value, message):
    with pytest.raises(InputError, match=rf"p\.tsv: {metric} of toy, CodonBERT, test, .*{message}"):
        read_published(write(tmp_path, metric, value), PUBLISHED)


@pytest.mark.parametrize(
    ("metric", "value"),
    [("accuracy", "0"), ("accuracy", " 1 "), ("r2", "-4"), ("rmse", "70"), ("mcc", "-0.2")],
)
def test_values_that_can_be(tmp_path, metric, value):
    table = read_published(write(tmp_path, metric, value), PUBLISHED)
    assert dict(table.schema) == PUBLISHED
    assert table["value"].to_list() == [float(value)]


def test_every_estimate_has_a_range():
    assert set(RANGES) == {name for names in ESTIMATES.values() for name in names}


def test_a_missing_column_and_no_file(tmp_path):
    (tmp_path / "p.tsv").write_text("property\tmethod\tmetric\tpart\tvalue\n")
    with pytest.raises(InputError, match="no column source"):
        read_published(tmp_path / "p.tsv", PUBLISHED)
    assert read_published(None, PUBLISHED).is_empty()
