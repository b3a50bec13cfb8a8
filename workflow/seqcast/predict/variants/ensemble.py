"""Tables of scores put together: the shards of a fold, and the folds of a model."""

import logging
from collections import deque
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path

import numpy as np
import polars as pl

from seqcast.core.errors import InputError
from seqcast.core.provenance import merge_folds, merge_shards
from seqcast.core.store import (
    array_column,
    array_columns,
    array_values,
    count_rows,
    empty_table,
    read_frames,
    read_provenance,
    read_table,
    rows_at_once,
    write_chunks,
)

logger = logging.getLogger(__name__)


def gather_shards(shards: Sequence[str | Path], output: str | Path, by: str | None = None) -> None:
    """Write the rows of all shards of a table, with their provenance; never held as a whole.

    Parameters
    ----------
    shards : sequence of path
        Tables of the same columns.
    output : path
    by : str, optional
        A column by which each shard is sorted, and by which all rows will be; each value of it is
        in one shard. Default: the shards stay one behind the other.
    """
    facts = merge_shards([read_provenance(shard) for shard in shards])
    frames = chain.from_iterable(map(read_frames, shards)) if by is None else _merged(shards, by)
    write_chunks(frames, empty_table(shards[0]).schema, output, facts)


def _merged(shards: Sequence[str | Path], by: str) -> Iterator[pl.DataFrame]:
    """Rows of shards by a column: of each shard whose turn it is, a few are held."""
    columns = ((read_table(shard, [by])[by], i) for i, shard in enumerate(shards))
    ranges = sorted((one[0], one[-1], i) for one, i in columns if len(one))
    at_once = max((sum(begin <= first <= end for begin, end, _ in ranges)
                   for first, _, _ in ranges), default=1)  # fmt: skip
    rows, waiting = max(1, rows_at_once(empty_table(shards[0])) // at_once), deque(ranges)
    held: list[tuple[pl.DataFrame, Iterator[pl.DataFrame]]] = []
    while held or waiting:
        last = min((frame[by][-1] for frame, _ in held), default=None)
        if waiting and (last is None or waiting[0][0] <= last):
            frames = read_frames(shards[waiting.popleft()[2]], None, rows)
            held.append((next(frames), frames))
            continue
        yield pl.concat([frame.filter(pl.col(by) <= last) for frame, _ in held]).sort(
            by, maintain_order=True
        )
        rest = [(frame.filter(pl.col(by) > last), frames) for frame, frames in held]
        held = [
            (frame, frames)
            for left, frames in rest
            if (frame := left if left.height else next(frames, left)).height
        ]


def average_folds(folds: Sequence[str | Path], output: str | Path) -> None:
    """Write `average_scores` of tables, never held as a whole, with the provenance of all."""
    facts = merge_folds([read_provenance(fold) for fold in folds])
    if same_weights := facts.get("same_weights", ()):
        logger.warning("%s have the same weights: no spread is given", "; ".join(same_weights))
    empty = average_scores([empty_table(fold) for fold in folds], same_weights)
    rows = [count_rows(fold) for fold in folds]
    if differing := [i for i, n in enumerate(rows) if n != rows[0]]:
        raise _other_rows(differing[0])
    parts = zip(*map(read_frames, folds), strict=True)
    averages = (average_scores(frames, same_weights) for frames in parts)
    write_chunks(averages, empty.schema, output, facts)


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
