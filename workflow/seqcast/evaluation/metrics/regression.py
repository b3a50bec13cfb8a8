"""How close predicted numbers are to measured ones: correlations and errors, with intervals.

Points and resamples come from one formula: a resample is how often it draws each row, and the
point is the resample that draws each row once.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import polars as pl

from seqcast.core.errors import InputError
from seqcast.evaluation.metrics.bootstrap import Levels, group_numbers, interval, resampled_groups

ESTIMATES = ("spearman", "pearson", "r2", "rmse")
METRICS = (*ESTIMATES, "not_scored")
SCHEMA = {
    "output": pl.String, "metric": pl.String, "value": pl.Float64, "ci_low": pl.Float64,
    "ci_high": pl.Float64, "n": pl.Int64, "note": pl.String,
}  # fmt: skip
MEAN = "mean"  # of the outputs, where there are several
NEARLY_CONSTANT = 1e-12  # spread over the largest magnitude; below it differences are rounding


def regression_metrics(
    labels: Sequence | np.ndarray,
    predictions: Sequence | np.ndarray,
    resamples: int = 1000,
    seed: int = 0,
    outputs: Sequence[str] = (),
    groups: Sequence | np.ndarray | None = None,
) -> pl.DataFrame:
    """Metrics of predicted numbers with 95 % bootstrap intervals.

    A row that lacks a label or a prediction (null or NaN) is left out of every metric and counted
    in the row ``not_scored``. Intervals are percentiles over resamples of whole rows, drawn with
    replacement. Without `groups` they treat the rows as independent; variants of one sequence are
    not, and leave them on the narrow side.

    Parameters
    ----------
    labels : array of float, shape=(rows,) or (rows, outputs)
        What was measured.
    predictions : array of float, shape as `labels`
    resamples : int
        0 gives no intervals.
    seed : int
        Of the resamples.
    outputs : sequence of str
        Names of the outputs; empty, output0, output1 ...
    groups : sequence, length=rows, optional
        Of rows that are not independent, such as those of a gene: resamples draw whole groups.

    Returns
    -------
    DataFrame
        output, metric, value, ci_low, ci_high, n (rows that the value rests on), note. For each
        output, in order of `METRICS`: ``spearman`` (equal values share their mean rank),
        ``pearson``, ``r2`` (coefficient of determination, 1 - SSE / SST: negative where the mean
        of the labels predicts better), ``rmse`` (in the unit of the label), ``not_scored``. With
        several outputs their mean follows, of the same resamples. A metric that is not defined
        has a null value and a note: correlations of constant labels or predictions, r2 of
        constant labels.

    Raises
    ------
    InputError
        If the shapes differ, a value is infinite or no number, or no row is scored.
    """
    truth, guess, scored = _checked(labels, predictions)
    missing = int((~scored).sum())
    together = np.arange(len(truth)) if groups is None else group_numbers(groups, scored)
    columns = [_column(*pair) for pair in zip(truth.T, guess.T, strict=True)]
    names = list(outputs) or [f"output{i}" for i in range(len(columns))]
    notes = [column.undefined for column in columns]
    if len(columns) > 1:
        names.append(MEAN)
        notes.append(_of_any(names, notes))
    points = _estimates(columns, np.ones((1, len(truth)), dtype=np.int64))[:, :, 0]
    low, high = _intervals(columns, together, resamples, seed)
    rows: list[tuple] = []
    for i, (name, undefined) in enumerate(zip(names, notes, strict=True)):
        for j, metric in enumerate(ESTIMATES):
            note = undefined.get(metric, "")
            told = [None if note else _or_none(part[i, j]) for part in (points, low, high)]
            rows.append((name, metric, *told, len(truth), note))
        rows.append((name, "not_scored", missing, None, None, len(truth) + missing, ""))
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


@dataclass(frozen=True)
class Ranked:
    """Values of one column, and where each stands among the distinct ones.

    Attributes
    ----------
    values : ndarray, shape=(rows,)
        Less their mean, which no metric sees and which would cost digits.
    levels : Levels
    """

    values: np.ndarray
    levels: Levels

    @classmethod
    def of(cls, values: np.ndarray) -> Self:
        """Values of one column as they are."""
        return cls(values - values.mean(), Levels.of(values))

    def ranks(self, counts: np.ndarray) -> np.ndarray:
        """Mean ranks of the rows in resamples: (resamples, rows), counted from 0.5."""
        members = self.levels.members(counts)
        return (np.cumsum(members, axis=1) - members / 2)[:, self.levels.level]


@dataclass(frozen=True)
class Column:
    """One output: its labels, its predictions, and which metrics it has not, with the reason."""

    labels: Ranked
    predictions: Ranked
    error: np.ndarray  # (rows,) prediction - label
    undefined: dict[str, str]


def _checked(labels: Any, predictions: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Labels and predictions of the scored rows, (rows, outputs) each, and which rows those are."""
    truth, guess = _numbers("label", labels), _numbers("prediction", predictions)
    if truth.shape != guess.shape:
        raise InputError(
            f"labels have the shape {truth.shape} but predictions {guess.shape} (rows, outputs); "
            "expected one prediction a label. Check that both are of the same property."
        )
    scored = ~(np.isnan(truth) | np.isnan(guess)).any(axis=1)
    if not scored.any():
        raise InputError(
            f"none of {len(truth)} rows has both a label and a prediction; expected one row or "
            "more. Look at the column status of the predictions for the reason."
        )
    return truth[scored], guess[scored], scored


def _numbers(name: str, values: Any) -> np.ndarray:
    """Values as (rows, outputs) of float64, null as NaN; none is infinite."""
    try:
        found = np.array(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise InputError(f"a {name} is no number ({error}); expected numbers or null") from error
    if np.isinf(found).any():
        raise InputError(f"a {name} is infinite; expected finite numbers, and null where none is")
    return found[:, None] if found.ndim == 1 else found


def _column(labels: np.ndarray, predictions: np.ndarray) -> Column:
    constant = [
        name
        for name, values in (("labels", labels), ("predictions", predictions))
        if np.ptp(values) <= NEARLY_CONSTANT * np.abs(values).max()
    ]
    undefined = {}
    if constant:
        what = " and ".join(constant)
        reason = f"the {what} of the {len(labels)} scored row(s) are constant"
        undefined = dict.fromkeys(("spearman", "pearson"), reason)
        if "labels" in constant:
            undefined["r2"] = reason
    return Column(Ranked.of(labels), Ranked.of(predictions), predictions - labels, undefined)


def _of_any(names: list[str], notes: list[dict[str, str]]) -> dict[str, str]:
    """Metrics that the mean lacks, because an output lacks them."""
    return {
        metric: f"not defined for {name}: {note}"
        for name, undefined in zip(names[-2::-1], notes[::-1], strict=True)
        for metric, note in undefined.items()
    }


def _estimates(columns: list[Column], counts: np.ndarray) -> np.ndarray:
    """Estimates of resamples.

    Parameters
    ----------
    columns : list of Column
    counts : ndarray of int, shape=(resamples, rows)
        How often each row is drawn.

    Returns
    -------
    ndarray, shape=(outputs, or with several outputs + 1, len(ESTIMATES), resamples)
        NaN where a resample has none. The last of several is the mean.
    """
    total = counts.sum(axis=1)
    found = []
    for column in columns:
        truth, guess = column.labels, column.predictions
        squares = counts @ column.error**2
        spread = _covariance(truth.values, truth.values, counts, total)
        of_ranks = truth.ranks(counts), guess.ranks(counts)
        # Ranks are halves of whole numbers: their variance is exactly 0 where nothing varies.
        varies = [_covariance(rank, rank, counts, total) > 0 for rank in of_ranks]
        with np.errstate(invalid="ignore", divide="ignore"):
            estimates = [
                np.where(varies[0] & varies[1], value, np.nan)
                for value in (
                    _correlation(*of_ranks, counts, total),
                    _correlation(truth.values, guess.values, counts, total),
                )
            ]
            r2 = np.where(varies[0], 1 - squares / spread, np.nan)
        found.append(np.stack([*estimates, r2, np.sqrt(squares / total)]))
    if len(found) > 1:
        found.append(np.mean(found, axis=0))
    return np.stack(found)


def _covariance(x: np.ndarray, y: np.ndarray, counts: np.ndarray, total: np.ndarray) -> np.ndarray:
    """Sums of the products of deviations in each resample; x and y (rows,) or (resamples, rows)."""
    mean_x = ((counts * x).sum(axis=1) / total)[:, None]
    mean_y = ((counts * y).sum(axis=1) / total)[:, None]
    return (counts * (x - mean_x) * (y - mean_y)).sum(axis=1)


def _correlation(x: np.ndarray, y: np.ndarray, counts: np.ndarray, total: np.ndarray) -> np.ndarray:
    """Pearson's correlation in each resample."""
    xx, yy, xy = (_covariance(*pair, counts, total) for pair in ((x, x), (y, y), (x, y)))
    return np.clip(xy / np.sqrt(xx * yy), -1, 1)


def _intervals(
    columns: list[Column], groups: np.ndarray, resamples: int, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Ends of the 95 % percentile intervals, shaped as `_estimates` without the resamples."""
    parts = [np.empty((len(columns) + (len(columns) > 1), len(ESTIMATES), 0))]
    parts += [_estimates(columns, counts) for counts in resampled_groups(groups, resamples, seed)]
    drawn = np.concatenate(parts, axis=2)
    ends = np.full((2, *drawn.shape[:2]), np.nan)
    for place in np.ndindex(drawn.shape[:2]):
        ends[:, *place] = interval(drawn[place])  # None becomes NaN
    return ends[0], ends[1]


def _or_none(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
