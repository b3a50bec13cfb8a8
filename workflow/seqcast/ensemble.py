"""Mean and spread of scores over the folds of a model."""

from collections.abc import Sequence

import numpy as np
import polars as pl

from seqcast.errors import InputError
from seqcast.store import array_column


def average_scores(folds: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """Combine the score tables of the folds of one model.

    Parameters
    ----------
    folds : sequence of DataFrame
        Tables with the same rows: identity columns, then scores as fixed-size lists.

    Returns
    -------
    DataFrame
        The identity columns; each score as the mean over folds, in float64 before it is stored as
        float32; then ``<score>_sd``, the sample standard deviation (n - 1), null for one fold.

    Raises
    ------
    InputError
        If the folds' rows or statuses differ.
    """
    first = folds[0]
    scores = score_columns(first)
    identity = first.drop(scores)
    for i, fold in enumerate(folds[1:], start=1):
        if not fold.drop(scores).equals(identity):
            raise InputError(
                f"fold number {i} has other rows than the first; all folds of a model must be "
                "scored on the same variants. Delete the older table and run again"
            )
    means, spreads = [], []
    for name in scores:
        valid = first[name].is_not_null().to_numpy()
        stack = np.stack([_values(fold[name], valid) for fold in folds])  # (folds, rows, tracks)
        means.append(array_column(name, stack.mean(0), valid))
        known = valid & (len(folds) > 1)
        spread = stack.std(0, ddof=1) if len(folds) > 1 else np.zeros_like(stack[0])
        spreads.append(array_column(f"{name}_sd", spread, known))
    return identity.with_columns(means).with_columns(spreads)


def score_columns(table: pl.DataFrame) -> list[str]:
    """Names of the columns that hold one number a track."""
    return [name for name, dtype in table.schema.items() if isinstance(dtype, pl.Array)]


def _values(column: pl.Series, valid: np.ndarray) -> np.ndarray:
    """Scores as float64, (rows, tracks); rows without a score are 0."""
    values = np.zeros((len(column), column.dtype.size))  # type: ignore[attr-defined]
    if valid.any():
        values[valid] = column.drop_nulls().to_numpy()
    return values
