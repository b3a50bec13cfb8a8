"""Labels from columns of a table: numbers, or classes by their names."""

import math
from collections.abc import Sequence

import numpy as np
import polars as pl

from seqcast.core.errors import InputError
from seqcast.transcripts.records import MISSING

VALID = "valid"  # status of rows that can be used, of `transcripts.records.STATUSES`


def read_labels(
    table: pl.DataFrame, names: Sequence[str], kind: str, property_name: str
) -> tuple[np.ndarray, tuple[str, ...], np.ndarray]:
    """Labels of all rows.

    Parameters
    ----------
    table : DataFrame
        Of transcripts, with the columns `names`.
    names : sequence of str
        Of classes, one.
    kind : {"regression", "binary", "multiclass"}
    property_name : str
        For messages.

    Returns
    -------
    labels : ndarray of float64, shape=(rows, labels)
        Values, or the index of the class; NaN where a row has none.
    classes : tuple of str
        Those of the usable rows in ascending order, of numbers if all are; empty for a regression.
        Any name is one ("none" and "NA" too); a null or an empty cell is not.
    reasons : ndarray of str, shape=(rows,)
        Why a row has no label: ``no_label`` (of numbers, a word of `MISSING` too),
        ``label_not_finite``; empty where it has.

    Raises
    ------
    InputError
        If a label of a regression is text.
    """
    if kind == "regression":
        pairs = [_numbers(table, name, property_name) for name in names]
        values = np.stack([numbers for numbers, _ in pairs], axis=1)
        absent = np.any([missing for _, missing in pairs], axis=0)
        classes: tuple[str, ...] = ()
    else:
        column = table[names[0]]
        found = _class_names(column)
        absent = (column.is_null() | pl.Series([name == "" for name in found])).to_numpy()
        usable = (table["status"] == VALID).fill_null(False).to_numpy()
        known = {name for name, use in zip(found, usable, strict=True) if use and name}
        classes = _ordered(list(known))
        index = {name: float(i) for i, name in enumerate(classes)}
        values = np.array([index.get(name or "", math.nan) for name in found])[:, None]
    bad = ~np.isfinite(values).all(axis=1)
    reasons = np.where(absent, "no_label", np.where(bad, "label_not_finite", "")).astype(object)
    return values, classes, reasons


def check_classes(labels: np.ndarray, classes: Sequence[str], kind: str, named: str) -> None:
    """Stop where classes are too few, too many, or have one member.

    Parameters
    ----------
    labels : ndarray, shape=(rows,)
        Index of the class of each usable row.
    classes : sequence of str
    kind : {"binary", "multiclass"}
    named : str
        The property and its label, for messages.

    Raises
    ------
    InputError
        If they are.
    """
    counts = np.bincount(labels.astype(int), minlength=len(classes))
    if len(classes) < 2 or (kind == "binary" and len(classes) > 2):
        expected = "2 classes" if kind == "binary" else "2 classes or more"
        raise InputError(
            f"{named} has {len(classes)} classes ({', '.join(classes[:8])}); kind {kind} expects "
            f"{expected}"
        )
    if (single := np.flatnonzero(counts < 2)).size:
        raise InputError(
            f"{named}: class {classes[single[0]]!r} has {counts[single[0]]} usable member(s); it "
            "cannot be both learned and tested, so leave it out or join it with another"
        )


def _numbers(table: pl.DataFrame, name: str, property_name: str) -> tuple[np.ndarray, np.ndarray]:
    """A column of numbers, NaN where missing, and where it is missing."""
    column = table[name]
    if column.dtype == pl.String:
        column = column.str.strip_chars()
        column = column.set(column.is_in(MISSING), None)
    values = column.cast(pl.Float64, strict=False) if _castable(column) else None
    if values is None or (wrong := (values.is_null() & column.is_not_null()).arg_true()).len():
        row = 0 if values is None else int(wrong[0])
        raise InputError(
            f"{property_name}: label {name} of {table['id'][row]!r} is {column[row]!r}; a "
            "regression expects numbers, so fix the column or make its kind multiclass"
        )
    return values.fill_null(math.nan).to_numpy().astype(float), values.is_null().to_numpy()


def _castable(column: pl.Series) -> bool:
    return column.dtype.is_numeric() or column.dtype in (pl.String, pl.Null, pl.Boolean)


def _class_names(column: pl.Series) -> list[str | None]:
    """Names of the classes of a column, whole numbers as such; None where null or not finite."""
    if column.dtype.is_float():
        return [
            None if v is None or not math.isfinite(v) else f"{v:.0f}" if v == v // 1 else str(v)
            for v in column
        ]
    return [None if v is None else str(v).strip() for v in column.to_list()]


def _ordered(names: Sequence[str]) -> tuple[str, ...]:
    """Classes in ascending order, of numbers if all are."""
    try:
        return tuple(sorted(names, key=float))
    except ValueError:
        return tuple(sorted(names))
