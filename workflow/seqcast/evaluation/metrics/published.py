"""Published numbers, shown next to ours: a table that users write by hand, and so checked."""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl

from seqcast.core.errors import InputError
from seqcast.core.text_files import read_cells

SHARE, CORRELATION = (0.0, 1.0), (-1.0, 1.0)
# What a metric can be; one that is not here may be any number.
RANGES = {
    "accuracy": SHARE, "roc_auc": SHARE, "average_precision": SHARE, "f1": SHARE, "recall": SHARE,
    "specificity": SHARE, "macro_roc_auc": SHARE, "macro_average_precision": SHARE,
    "spearman": CORRELATION, "pearson": CORRELATION, "mcc": CORRELATION, "r2": (-math.inf, 1.0),
    "rmse": (0.0, math.inf),
}  # fmt: skip


def read_published(path: str | Path | None, columns: Mapping[str, Any]) -> pl.DataFrame:
    """Published numbers; no rows if there is no file.

    Parameters
    ----------
    path : path, optional
        TSV.
    columns : mapping
        Names and types of its columns: keys, ``metric``, ``value``, ``source``.

    Raises
    ------
    InputError
        If a column is missing, or a value is empty, no finite number, or out of its metric's
        `RANGES`.
    """
    if not path:
        return pl.DataFrame(schema=dict(columns))
    table = read_cells(path, "a table of published numbers").fill_null("")
    if missing := [name for name in columns if name not in table.columns]:
        raise InputError(
            f"{path} has no column {missing[0]}; expected {', '.join(columns)} between tabs"
        )
    table = table.select(pl.col(list(columns)).str.strip_chars())
    numbers = table["value"].cast(pl.Float64, strict=False)
    for row, number in zip(table.iter_rows(named=True), numbers, strict=True):
        _check(row, number, path)
    return table.with_columns(value=numbers)


def _check(row: dict[str, str], number: float | None, path: str | Path) -> None:
    """Stop where a value cannot be."""
    about = [row[name] for name in row if name not in ("metric", "value", "source") and row[name]]
    where = f"{path}: {row['metric']} of {', '.join(about)}"
    if not row["value"]:
        raise InputError(f"{where}, is empty; give the number, or leave the row out")
    if number is None or not math.isfinite(number):
        raise InputError(
            f"{where}, is {row['value']!r}, which is no number; expected one such as 0.83"
        )
    low, high = RANGES.get(row["metric"], (-math.inf, math.inf))
    if not low <= number <= high:
        span = f"{low:g} to {high:g}" if math.isfinite(high - low) else (
            f"{high:g} or less" if math.isfinite(high) else f"{low:g} or more"
        )  # fmt: skip
        raise InputError(
            f"{where}, is {row['value']}; expected {span}: write a percentage as a share, and "
            "look whether the metric is the right one"
        )
