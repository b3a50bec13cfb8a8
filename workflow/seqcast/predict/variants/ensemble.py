"""Tables of scores put together: the shards of a fold, and the folds of a model."""

import logging
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import polars as pl

from seqcast.core.errors import InputError
from seqcast.core.provenance import merge_folds
from seqcast.core.store import (
    array_column,
    array_columns,
    array_values,
    column_names,
    count_rows,
    empty_table,
    read_frames,
    read_provenance,
    read_table,
    write_chunks,
    write_table,
)

logger = logging.getLogger(__name__)

ROWS = 1 << 14  # of a table that are held at once


def gather_shards(shards: Sequence[str | Path], output: str | Path, by: str | None = None) -> None:
    """Write the rows of all shards of a table, with the first one's provenance.

    They stay in their order, or are sorted by a column; rows that are alike in it stay in order.
    Tables that need no sorting, as those of regions, are never held as a whole.
    """
    facts = read_provenance(shards[0])
    if by is None or pl.concat([read_table(shard, [by]) for shard in shards])[by].is_sorted():
        frames = (frame for shard in shards for frame in _frames(shard))
        write_chunks(frames, empty_table(shards[0]).schema, output, facts)
        return
    table = pl.concat([read_table(shard) for shard in shards])
    write_table(table.sort(by, maintain_order=True), output, facts)


def average_folds(folds: Sequence[str | Path], output: str | Path) -> None:
    """Write `average_scores` of tables, never held as a whole, with the provenance of all."""
    facts = merge_folds([read_provenance(fold) for fold in folds])
    if same_weights := facts.get("same_weights", ()):
        logger.warning("%s have the same weights: no spread is given", "; ".join(same_weights))
    empty = average_scores([empty_table(fold) for fold in folds], same_weights)
    rows = [count_rows(fold) for fold in folds]
    if differing := [i for i, n in enumerate(rows) if n != rows[0]]:
        raise _other_rows(differing[0])
    parts = zip(*map(_frames, folds), strict=True)
    averages = (average_scores(frames, same_weights) for frames in parts)
    write_chunks(averages, empty.schema, output, facts)


def _frames(path: str | Path) -> Iterator[pl.DataFrame]:
    return read_frames(path, column_names(path), ROWS)


def _other_rows(fold: int) -> InputError:
    return InputError(
        f"fold number {fold} has other rows than the first; all folds of a model must be scored on "
        "the same variants. Delete the older table and run again"
    )


def average_scores(folds: Sequence[pl.DataFrame], same_weights: Sequence[str] = ()) -> pl.DataFrame:
    """Combine the score tables of the folds of one model.

    Parameters
    ----------
    folds : sequence of DataFrame
        Tables with the same rows: identity columns, then scores as fixed-size lists.
    same_weights : sequence of str
        Folds that have the same weights (`provenance.same_weights`).

    Returns
    -------
    DataFrame
        The identity columns; each score as the mean over folds, in float64 before it is stored as
        float32; then ``<score>_sd``, the sample standard deviation (n - 1), null for one fold
        and where folds have the same weights: their agreement tells nothing. A score that is null
        in some fold is null.

    Raises
    ------
    InputError
        If the folds' rows differ, or their statuses for another reason than predictions that are
        no numbers in some fold (`prediction_not_finite`, which the ensemble then has).
    """
    first = folds[0]
    scores = array_columns(first)
    identity = first.drop(scores, "status")
    for i, fold in enumerate(folds[1:], start=1):
        if array_columns(fold) != scores or not fold.drop(scores, "status").equals(identity):
            raise _other_rows(i)
    status = _common_status([fold["status"] for fold in folds])
    scored = (status == "scored").to_numpy()
    has_spread = len(folds) > 1 and not same_weights
    means, spreads = [], []
    for name in scores:
        values, known = zip(*(array_values(fold[name]) for fold in folds), strict=True)
        stack = np.stack(values)  # (folds, rows, tracks)
        valid = scored & np.all(known, axis=0)
        means.append(array_column(name, stack.mean(0), valid))
        spread = stack.std(0, ddof=1) if has_spread else np.zeros_like(stack[0])
        spreads.append(array_column(f"{name}_sd", spread, valid & has_spread))
    return first.with_columns(status).drop(scores).with_columns(means).with_columns(spreads)


def _common_status(statuses: Sequence[pl.Series]) -> pl.Series:
    """The status of each row in all folds; one fold without numbers leaves the row without."""
    common = statuses[0]
    for status in statuses[1:]:
        differs = status != common
        either = (status == "prediction_not_finite") | (common == "prediction_not_finite")
        if (differs & ~either).any():
            row = (differs & ~either).arg_true()[0]
            raise InputError(
                f"row {row} is {common[row]!r} in one fold and {status[row]!r} in another; all "
                "folds must be scored on the same variants. Delete the older table and run again"
            )
        common = pl.select(
            pl.when(either).then(pl.lit("prediction_not_finite")).otherwise(common).alias("status")
        )["status"]
    return common
