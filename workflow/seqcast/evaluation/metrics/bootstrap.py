"""One bootstrap for all metrics: resamples of rows, and the estimates and intervals they give.

A resample is a vector of counts, how often it draws each row; the rows as they are, each drawn
once, give the point. Estimators take counts, so that no resample needs a copy of the rows.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Self

import numpy as np

from seqcast.core.errors import InputError

RESAMPLES = 1000  # if nothing else is asked for
INTERVAL = (0.025, 0.975)
CELLS_AT_ONCE = 1 << 21  # cells of counts, (resamples, rows), that are held at once

# Counts (resamples, rows) to estimates by name, (resamples,) each; NaN where one is not defined.
Estimator = Callable[[np.ndarray], Mapping[Any, np.ndarray]]


class Estimate(NamedTuple):
    """A value and the ends of its 95 % interval; None where it is not defined."""

    value: float | None = None
    ci_low: float | None = None
    ci_high: float | None = None


@dataclass(frozen=True)
class Drawn:
    """A value of rows as they are, and of their resamples.

    Attributes
    ----------
    point : float
        NaN where it is not defined.
    values : ndarray, shape=(resamples,)
        NaN where it is not defined.
    """

    point: float
    values: np.ndarray

    @property
    def estimate(self) -> Estimate:
        """The point with the 95 % percentile interval."""
        return Estimate(None if np.isnan(self.point) else self.point, *interval(self.values))

    def __sub__(self, other: Self) -> "Drawn":
        """The difference, resample by resample; both of the same resamples."""
        return Drawn(self.point - other.point, self.values - other.values)


@dataclass(frozen=True)
class Resampling:
    """How many resamples an interval rests on; 0 give none."""

    resamples: int = RESAMPLES
    seed: int = 0

    def draws(
        self, scored: np.ndarray, groups: Sequence | np.ndarray | None = None,
        strata: np.ndarray | None = None,
    ) -> Iterator[np.ndarray]:  # fmt: skip
        """How often each scored row is drawn.

        Parameters
        ----------
        scored : ndarray of bool, shape=(rows,)
        groups : sequence, length=rows, optional
            Names, of one type, of rows that are not independent: whole groups are drawn.
        strata : ndarray of int, shape=(scored rows,), optional
            Without groups rows are drawn within each stratum; without either from all.

        Raises
        ------
        InputError
            If `groups` are not those of the rows.
        """
        if groups is not None:
            return self.of_groups(group_numbers(groups, scored))
        if strata is not None:
            return self.of_strata(strata)
        return self.of_groups(np.arange(scored.sum()))

    def of_groups(self, groups: np.ndarray) -> Iterator[np.ndarray]:
        """How often each row is drawn where whole groups are, as many as there are.

        Parameters
        ----------
        groups : ndarray of int, shape=(rows,)
            The group of each row, 0 to the number of groups less one. ``arange(rows)`` draws rows.

        Yields
        ------
        ndarray of int, shape=(resamples at once, rows)
            The draws do not depend on how many are held at once.
        """
        drawn = [np.arange(groups.max() + 1)]
        for counts in self._counts(drawn, [np.random.default_rng(self.seed)], len(groups)):
            # in C order, as sums over rows depend on the layout by their last bit
            yield np.take(counts, groups, axis=1)

    def of_strata(self, strata: np.ndarray) -> Iterator[np.ndarray]:
        """How often each row is drawn where the size of each stratum is that of the design.

        Parameters
        ----------
        strata : ndarray of int, shape=(rows,)
            The stratum of each row, such as its class, from 0.

        Yields
        ------
        ndarray of int, shape=(resamples at once, rows)
            See `of_groups`.
        """
        members = [np.flatnonzero(strata == one) for one in range(strata.max() + 1)]
        streams = np.random.default_rng(self.seed).spawn(len(members))
        return self._counts(members, streams, len(strata))

    def _counts(
        self, members: list[np.ndarray], streams: list[np.random.Generator], rows: int
    ) -> Iterator[np.ndarray]:
        """Counts of all members, each list of them drawn by a stream of its own."""
        number, size = sum(map(len, members)), max(1, CELLS_AT_ONCE // rows)
        for done in range(0, self.resamples, size):
            count = min(size, self.resamples - done)
            drawn = np.concatenate(
                [part[rng.integers(len(part), size=(count, len(part)))]
                 for rng, part in zip(streams, members, strict=True) if len(part)], axis=1,
            )  # fmt: skip
            drawn += np.arange(count)[:, None] * number
            yield np.bincount(drawn.ravel(), minlength=drawn.size).reshape(count, number)


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
        """Levels of one value per row."""
        distinct, level = np.unique(values, return_inverse=True)
        order = np.argsort(level, kind="stable")
        return cls(distinct, level, order, np.searchsorted(level[order], np.arange(len(distinct))))

    def members(self, counts: np.ndarray) -> np.ndarray:
        """Counts of rows ``(resamples, rows)`` added up by level, ``(resamples, levels)``."""
        return np.add.reduceat(counts[:, self.order], self.starts, axis=1)

    def ranks(self, counts: np.ndarray) -> np.ndarray:
        """Mean ranks of the rows in resamples: ``(resamples, rows)``, counted from 0.5.

        What ``scipy.stats.rankdata`` gives, less 0.5, of rows that are repeated by their counts.
        """
        members = self.members(counts)
        return (np.cumsum(members, axis=1) - members / 2)[:, self.level]


def estimate(
    estimator: Estimator, rows: int, resampled: Iterable[np.ndarray]
) -> dict[Any, Estimate]:
    """Points and intervals of all that an estimator estimates.

    Parameters
    ----------
    estimator : callable
        See `Estimator`.
    rows : int
    resampled : iterable of ndarray, shape=(resamples at once, rows)
        Of a `Resampling`.
    """
    found = draw(estimator, rows, resampled)
    return {name: drawn.estimate for name, drawn in found.items()}


def draw(estimator: Estimator, rows: int, resampled: Iterable[np.ndarray]) -> dict[Any, Drawn]:
    """As `estimate`, with the value of each resample."""
    points = estimator(np.ones((1, rows), dtype=np.int64))
    parts = [estimator(counts) for counts in resampled]
    return {
        name: Drawn(float(value[0]), np.concatenate([np.empty(0), *(part[name] for part in parts)]))
        for name, value in points.items()
    }


def interval(drawn: np.ndarray) -> tuple[float | None, float | None]:
    """Ends of the 95 % percentile interval of the resamples that have a value, those not NaN."""
    known = drawn[~np.isnan(drawn)]
    if not len(known):
        return None, None
    low, high = np.quantile(known, INTERVAL)
    return float(low), float(high)


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
