"""Tables of published numbers: what a hand writes wrong is named by its row."""

import polars as pl
import pytest

from seqcast.core.errors import InputError
from seqcast.evaluation.metrics.published import (
    PUBLISHED,
    RANGES,
    as_results,
    ours,
    read_published,
    unmatched,
    warned,
)
from seqcast.evaluation.metrics.table import RESULTS
from seqcast.evaluation.properties.property_metrics import ESTIMATES

HEADER = "benchmark\tmethod\tpart\tmetric\tvalue\tsource\tsame_rows\n"


def write(tmp_path, metric="accuracy", value="0.55", same_rows="yes"):
    path = tmp_path / "p.tsv"
    row = f"CodonBERT\ttest\t{metric}\t{value}\tTable 2\t{same_rows}\n"
    path.write_text(f"{HEADER}toy\t{row}other\t{row}")
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
        ("roc_auc_of_draws", "67.8", "expected -1 to 1"),
    ],
)
def test_values_that_cannot_be(tmp_path, metric, value, message):
    with pytest.raises(InputError, match=rf"p\.tsv: {metric} of toy, CodonBERT, test, .*{message}"):
        read_published(write(tmp_path, metric, value), "toy")


@pytest.mark.parametrize(
    ("metric", "value"),
    [("accuracy", "0"), ("accuracy", " 1 "), ("r2", "-4"), ("rmse", "70"), ("mcc", "-0.2")],
)
def test_values_that_can_be(tmp_path, metric, value):
    table = read_published(write(tmp_path, metric, value), "toy")
    assert dict(table.schema) == PUBLISHED
    assert table["value"].to_list() == [float(value)]


def test_every_estimate_has_a_range():
    assert set(RANGES) == {name for names in ESTIMATES.values() for name in names}


def test_a_missing_column_and_no_file(tmp_path):
    (tmp_path / "p.tsv").write_text(HEADER.replace("\tsource", ""))
    with pytest.raises(InputError, match="no column 'source'"):
        read_published(tmp_path / "p.tsv", "toy")
    assert read_published(None, "toy").is_empty()


@pytest.mark.parametrize(
    ("cell", "origin", "note"),
    [("yes", "published", "Table 2"), ("no", "published, other rows", "Table 2"),
     ("no: other reads", "published, other rows", "Table 2; other reads")],
)  # fmt: skip
def test_numbers_of_other_rows_say_what_differs(tmp_path, cell, origin, note):
    rows = as_results(read_published(write(tmp_path, same_rows=cell), "toy"))
    assert dict(rows.schema) == RESULTS
    assert rows.row(0, named=True) == {
        "benchmark": "toy", "method": "CodonBERT", "origin": origin, "part": "test",
        "metric": "accuracy", "value": 0.55, "ci_low": None, "ci_high": None, "n": None,
        "note": note,
    }  # fmt: skip
    assert ours(rows).is_empty()


@pytest.mark.parametrize("column", ["method", "metric", "source"])
def test_whose_number_it_is_and_from_where_is_said(tmp_path, column):
    path = tmp_path / "p.tsv"
    cells = {"benchmark": "toy", "method": "x", "part": "", "metric": "mcc", "value": "0.5",
             "source": "Table 2", "same_rows": "yes", column: ""}  # fmt: skip
    path.write_text(HEADER + "\t".join(cells.values()) + "\n")
    with pytest.raises(InputError, match=f"has an empty cell in the column {column}"):
        read_published(path, "toy")


def test_a_number_comes_once(tmp_path):
    path = write(tmp_path)
    path.write_text(f"{path.read_text()}toy\tCodonBERT\ttest\taccuracy\t0.6\tTable 2\tyes\n")
    with pytest.raises(InputError, match="toy, CodonBERT, test, accuracy is given more than once"):
        read_published(path, "toy")
    path.write_text(path.read_text().replace("0.6\tTable 2", "0.6\tTable 3"))
    assert len(read_published(path, "toy")) == 2


@pytest.mark.parametrize("cell", ["", "No", "nothing", "true", "no:"])
def test_whether_rows_are_the_same_is_said(tmp_path, cell):
    with pytest.raises(InputError, match="expected yes, where the number is the same metric"):
        read_published(write(tmp_path, same_rows=cell), "toy")


def test_a_benchmark_of_which_the_table_has_nothing(tmp_path):
    with pytest.raises(InputError, match="no row of benchmark tony; it has toy, other"):
        read_published(write(tmp_path), "tony")
    (tmp_path / "empty.tsv").write_text(HEADER)  # a simulation without test rows has no ceiling
    assert read_published(tmp_path / "empty.tsv", "tony").is_empty()


def test_a_number_of_the_same_rows_without_one_of_ours_is_warned_of(caplog):
    kinds = {"method": "m", "metric": "spearman", "value": 0.5}
    rows = [{**kinds, "origin": "given weights", "part": "test"},
            {**kinds, "origin": "published", "part": "test"},
            {**kinds, "origin": "published", "part": "validation"},
            {**kinds, "origin": "published, other rows", "part": "all"}]  # fmt: skip
    results = pl.DataFrame(rows, schema={n: RESULTS[n] for n in rows[0]})
    assert warned(results) is results
    assert unmatched(results)["part"].to_list() == ["validation"]
    assert [r.getMessage().split(",")[1] for r in caplog.records] == [" part validation"]
