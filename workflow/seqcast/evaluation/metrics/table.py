"""The one schema of all tables of metrics, and the rows that they are measured on.

A table that needs more puts keys in front (`with_keys`).
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import polars as pl

from seqcast.core.errors import InputError
from seqcast.evaluation.metrics.bootstrap import Estimate

VALUES = {"value": pl.Float64, "ci_low": pl.Float64, "ci_high": pl.Float64, "n": pl.Int64}
SCHEMA = {"metric": pl.String, **VALUES, "note": pl.String}
# Of a table of results/benchmarks: whose numbers, of what part of the data (such as a reference).
KEYS = dict.fromkeys(("benchmark", "method", "origin", "part"), pl.String)
RESULTS = {**KEYS, **SCHEMA}
BASELINE, COMPARED = "baseline", "difference"  # origins of methods that are no model
MINUS = " minus "  # between two methods that are compared: the first less the second
NOT_SCORED = "not_scored"  # the metric that counts the rows left out of every other


def metrics_table(
    found: Mapping[Any, Estimate], scored: np.ndarray, undefined: Mapping[str, str],
    notes: Mapping[str, str] | None = None, counts: Mapping[str, int] | None = None,
    n: Mapping[str, int] | None = None,
) -> pl.DataFrame:  # fmt: skip
    """A table of metrics: estimates, counts, and how many rows were not scored.

    Parameters
    ----------
    found : mapping
        Metric to its estimate, in order.
    scored : ndarray of bool, shape=(rows,)
    undefined : mapping
        Metrics that have no value, each with the reason.
    notes : mapping, optional
        What is said of other metrics.
    counts : mapping, optional
        Metrics that are counts and have no interval.
    n : mapping, optional
        Rows that an estimate rests on, where it is not on all scored ones.

    Returns
    -------
    DataFrame
        `SCHEMA`.
    """
    number, told = int(scored.sum()), {**(notes or {}), **undefined}
    rows: list[tuple] = [
        (name, *(Estimate() if name in undefined else one), (n or {}).get(name, number),
         told.get(name, ""))
        for name, one in found.items()
    ]  # fmt: skip
    rows += [(name, count, None, None, number, "") for name, count in (counts or {}).items()]
    rows.append((NOT_SCORED, len(scored) - number, None, None, len(scored), ""))
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def with_keys(table: pl.DataFrame, **keys: str) -> pl.DataFrame:
    """A table with columns in front that say what it is about, the same in each row."""
    return table.select(*(pl.lit(value).alias(name) for name, value in keys.items()), pl.all())


def with_origins(table: pl.DataFrame, origins: Mapping[str, str]) -> pl.DataFrame:
    """A table with a column ``origin``: of a model's weights, of a baseline, or of a difference.

    Parameters
    ----------
    table : DataFrame
        With a column ``method``.
    origins : mapping
        Model to the origin of its weights, in words (`core.provenance.origins_in_words`).
    """
    method = pl.col("method")
    is_difference = method.str.contains(MINUS, literal=True)
    other = pl.when(is_difference).then(pl.lit(COMPARED)).otherwise(pl.lit(BASELINE))
    return table.with_columns(
        origin=method.replace_strict(origins, default=other, return_dtype=pl.String)
    )


def row_of(table: pl.DataFrame, metric: str) -> dict[str, Any]:
    """The row of one metric, by column."""
    return table.row(by_predicate=pl.col("metric") == metric, named=True)


def numbers(name: str, values: Any) -> np.ndarray:
    """Values as float64, null as NaN.

    Raises
    ------
    InputError
        If one is infinite or no number.
    """
    try:
        found = np.array(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise InputError(f"a {name} is no number ({error}); expected numbers or null") from error
    if np.isinf(found).any():
        raise InputError(f"a {name} is infinite; expected finite numbers, and null where none is")
    return found


def class_numbers(labels: Any, classes: int) -> np.ndarray:
    """Labels as integers.

    Raises
    ------
    InputError
        If one is not 0 to `classes` - 1.
    """
    given = pl.Series("label", labels, strict=False).to_list()
    for label in given:
        if label not in range(classes):
            wanted = "0 or 1" if classes == 2 else f"0 to {classes - 1}"
            raise InputError(f"a label is {label!r}; expected {wanted} in every row")
    return np.array(given, dtype=np.int64)


def check_scored(scored: np.ndarray, what: str) -> None:
    """Stop unless one row or more is scored.

    Raises
    ------
    InputError
        If none has `what`.
    """
    if not scored.any():
        raise InputError(
            f"none of {len(scored)} rows has {what}; expected one scored row or more. Look at the "
            "column status of the predictions for the reason."
        )
