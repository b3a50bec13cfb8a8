"""The schema of tables of metrics, from estimates to a file and back."""

import numpy as np
import polars as pl
import pytest

from seqcast.core.errors import InputError
from seqcast.core.store import read_tsv, write_tsv
from seqcast.evaluation.metrics import table
from seqcast.evaluation.metrics.bootstrap import Estimate
from seqcast.evaluation.planted.measures import SCHEMA as MEASURES
from seqcast.evaluation.properties.property_metrics import COLUMNS as PROPERTIES
from seqcast.evaluation.variants.agreement import CORRELATIONS
from seqcast.evaluation.variants.known_effects import COLUMNS as KNOWN


def example() -> pl.DataFrame:
    found = {"a": Estimate(0.5, 0.4, 0.6), "b": Estimate(1.0, None, None)}
    scored = np.array([True, True, False])
    return table.metrics_table(found, scored, {"b": "no b"}, {"a": "so"}, {"tp": 2}, {"a": 1})


def test_rows_are_estimates_then_counts_then_what_was_not_scored():
    found = example()
    assert dict(found.schema) == table.SCHEMA
    assert found.rows() == [
        ("a", 0.5, 0.4, 0.6, 1, "so"),
        ("b", None, None, None, 2, "no b"),
        ("tp", 2, None, None, 2, ""),
        ("not_scored", 1, None, None, 3, ""),
    ]
    assert table.row_of(found, "tp")["value"] == 2


def test_a_table_with_keys_comes_back_from_its_file(tmp_path):
    keyed = table.with_keys(example(), fold="f0", part="test")
    assert keyed.columns == ["fold", "part", *table.SCHEMA]
    write_tsv(keyed, tmp_path / "metrics.tsv")
    schema = {"fold": pl.String, "part": pl.String, **table.SCHEMA}
    assert read_tsv(tmp_path / "metrics.tsv", schema).equals(keyed)


@pytest.mark.parametrize(
    "schema", [table.SCHEMA, table.RESULTS, MEASURES, PROPERTIES, CORRELATIONS, KNOWN]
)
def test_every_table_of_the_package_has_the_columns_of_one_schema(schema):
    assert set(schema.items()) >= {(name, schema[name]) for name in ("ci_low", "ci_high", "note")}
    shared = [name for name in table.SCHEMA if name in schema]
    assert {name: schema[name] for name in shared} == {name: table.SCHEMA[name] for name in shared}
    assert [name for name in schema if name in table.SCHEMA] == shared  # in its order


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: table.numbers("score", [1, float("inf")]), "a score is infinite"),
        (lambda: table.numbers("score", ["x"]), "a score is no number"),
        (lambda: table.class_numbers([0, 3], 3), "a label is 3; expected 0 to 2"),
        (lambda: table.class_numbers([0, None], 2), "a label is None; expected 0 or 1"),
        (lambda: table.check_scored(np.zeros(4, bool), "a score"), "none of 4 rows has a score"),
    ],
)
def test_what_the_user_can_mend(call, message):
    with pytest.raises(InputError, match=message):
        call()


def test_null_is_nan():
    assert table.numbers("score", pl.Series([1.5, None])).tolist() == [
        1.5, pytest.approx(np.nan, nan_ok=True),
    ]  # fmt: skip
