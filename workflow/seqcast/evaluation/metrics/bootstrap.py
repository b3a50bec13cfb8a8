"""Resamples of rows: how often each draws a row or its group, and the intervals that they give.

A resample is a vector of counts, one a row: metrics that take counts need no copy of the rows.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from seqcast.core.errors import InputError

INTERVAL = (0.025, 0.975)
CELLS_AT_ONCE = 1 << 21  # cells of counts, (resamples, rows or levels), that are held at once


@dataclass(frozen=True)
class Levels:
    """The distinct values of some rows, ascending, and where each row stands among them.

    Attributes
    ----------
    values : ndarray, shape=(levels,)
    level : ndarray of int, shape=(rows,)
    order : ndarray of int, shape=(rows,)
        Rows by ascending value.
    starts : ndarray of int, shape=(levels,)
        Where each level begins in `order`.
    """

    values: np.ndarray
    level: np.ndarray
    order: np.ndarray
    starts: np.ndarray

    @classmethod
    def of(cls, values: np.ndarray) -> Self:
        """Levels of one value a row."""
        distinct, level = np.unique(values, return_inverse=True)
        order = np.argsort(level, kind="stable")
        return cls(distinct, level, order, np.searchsorted(level[order], np.arange(len(distinct))))

    def members(self, counts: np.ndarray) -> np.ndarray:
        """Counts of rows ``(resamples, rows)`` added up by level, ``(resamples, levels)``."""
        return np.add.reduceat(counts[:, self.order], self.starts, axis=1)


def resampled_groups(groups: np.ndarray, resamples: int, seed: int) -> Iterator[np.ndarray]:
    """How often each row is drawn where whole groups are, as many as there are.

    Parameters
    ----------
    groups : ndarray of int, shape=(rows,)
        The group of each row, 0 to the number of groups less one. ``arange(rows)`` draws rows.
    resamples : int
    seed : int

    Yields
    ------
    ndarray of int, shape=(resamples at once, rows)
        The draws do not depend on how many are held at once.
    """
    rng, number = np.random.default_rng(seed), int(groups.max()) + 1
    size = max(1, CELLS_AT_ONCE // len(groups))
    for done in range(0, resamples, size):
        count = min(size, resamples - done)
        drawn = rng.integers(number, size=(count, number)) + np.arange(count)[:, None] * number
        counts = np.bincount(drawn.ravel(), minlength=count * number).reshape(count, number)
        # in C order, as sums over rows depend on the layout by their last bit
        yield np.take(counts, groups, axis=1)


def group_numbers(groups: Sequence | np.ndarray, scored: np.ndarray) -> np.ndarray:
    """Numbers of the groups of the scored rows, 0 and on.

    Parameters
    ----------
    groups : sequence, length=rows
        Names of one type.
    scored : ndarray of bool, shape=(rows,)

    Raises
    ------
    InputError
        If the lengths differ.
    """
    if len(groups) != len(scored):
        raise InputError(
            f"{len(groups)} groups of {len(scored)} rows; expected the group of each row"
        )
    return np.unique(np.asarray(groups)[scored], return_inverse=True)[1]


def interval(drawn: np.ndarray) -> tuple[float | None, float | None]:
    """Ends of the 95 % percentile interval of the resamples that have a value, those not NaN."""
    known = drawn[~np.isnan(drawn)]
    if not len(known):
        return None, None
    low, high = np.quantile(known, INTERVAL)
    return float(low), float(high)
