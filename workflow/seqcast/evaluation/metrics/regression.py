"""How close predicted numbers are to measured ones: correlations and errors, with intervals."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Self

import numpy as np
import polars as pl

from seqcast.core.errors import InputError
from seqcast.evaluation.metrics.bootstrap import RESAMPLES, Levels, Resampling, estimate
from seqcast.evaluation.metrics.correlations import correlation_of_sums, varying
from seqcast.evaluation.metrics.table import (
    NOT_SCORED,
    check_scored,
    metrics_table,
    numbers,
    with_keys,
)

ESTIMATES = ("spearman", "pearson", "r2", "rmse")
METRICS = (*ESTIMATES, NOT_SCORED)
MEAN = "mean"  # of the outputs, if there are several


def regression_metrics(
    labels: Sequence | np.ndarray,
    predictions: Sequence | np.ndarray,
    resamples: int = RESAMPLES,
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
    columns = [Column.of(*pair) for pair in zip(truth.T, guess.T, strict=True)]
    names = list(outputs) or [f"output{i}" for i in range(len(columns))]
    undefined = [column.undefined for column in columns]
    if len(columns) > 1:
        names.append(MEAN)
        undefined.append(_of_any(names, undefined))
    resampled = Resampling(resamples, seed).draws(scored, groups)
    found = estimate(partial(_estimates, columns, names), len(truth), resampled)
    tables = [
        with_keys(
            metrics_table({m: found[name, m] for m in ESTIMATES}, scored, lacking), output=name
        )
        for name, lacking in zip(names, undefined, strict=True)
    ]
    return pl.concat(tables)


@dataclass(frozen=True)
class Column:
    """One output.

    Attributes
    ----------
    labels, predictions : ndarray, shape=(rows,)
        Less their mean, which no metric sees and which would cost digits.
    levels : (Levels, Levels)
        Of labels and predictions.
    errors : ndarray, shape=(rows,)
        Prediction - label.
    undefined : dict of str to str
        Which metrics it has not, with the reason.
    """

    labels: np.ndarray
    predictions: np.ndarray
    levels: tuple[Levels, Levels]
    errors: np.ndarray
    undefined: dict[str, str]

    @classmethod
    def of(cls, labels: np.ndarray, predictions: np.ndarray) -> Self:
        """Values of one output as they are."""
        both = {"labels": labels, "predictions": predictions}
        undefined = {}
        if constant := [name for name, values in both.items() if not varying(values)]:
            what = " and ".join(constant)
            reason = f"the {what} of the {len(labels)} scored row(s) are constant"
            undefined = dict.fromkeys(("spearman", "pearson"), reason)
            if "labels" in constant:
                undefined["r2"] = reason
        return cls(
            labels - labels.mean(), predictions - predictions.mean(),
            (Levels.of(labels), Levels.of(predictions)), predictions - labels, undefined,
        )  # fmt: skip

    def estimates(self, counts: np.ndarray) -> dict[str, np.ndarray]:
        """`ESTIMATES` of resamples, (resamples,) each; counts (resamples, rows)."""
        total = counts.sum(axis=1)
        squares = counts @ self.errors**2
        spread = _covariance(self.labels, self.labels, counts, total)
        ranks = self.levels[0].ranks(counts), self.levels[1].ranks(counts)
        # Ranks are halves of whole numbers: their variance is exactly 0 where nothing varies.
        varies = [_covariance(rank, rank, counts, total) > 0 for rank in ranks]
        with np.errstate(invalid="ignore", divide="ignore"):
            correlations = [
                np.where(varies[0] & varies[1], _correlation(*pair, counts, total), np.nan)
                for pair in (ranks, (self.labels, self.predictions))
            ]
            r2 = np.where(varies[0], 1 - squares / spread, np.nan)
        values = (*correlations, r2, np.sqrt(squares / total))
        return dict(zip(ESTIMATES, values, strict=True))


def _checked(labels: Any, predictions: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Labels and predictions of the scored rows, (rows, outputs) each, and which rows those are."""
    truth, guess = numbers("label", labels), numbers("prediction", predictions)
    truth, guess = (x[:, None] if x.ndim == 1 else x for x in (truth, guess))
    if truth.shape != guess.shape:
        raise InputError(
            f"labels have the shape {truth.shape} but predictions {guess.shape} (rows, outputs); "
            "expected one prediction a label. Check that both are of the same property."
        )
    scored = ~(np.isnan(truth) | np.isnan(guess)).any(axis=1)
    check_scored(scored, "both a label and a prediction")
    return truth[scored], guess[scored], scored


def _of_any(names: list[str], undefined: list[dict[str, str]]) -> dict[str, str]:
    """Metrics that the mean lacks, because an output lacks them."""
    return {
        metric: f"not defined for {name}: {reason}"
        for name, lacking in zip(names[-2::-1], undefined[::-1], strict=True)
        for metric, reason in lacking.items()
    }


def _estimates(
    columns: list[Column], names: list[str], counts: np.ndarray
) -> dict[tuple[str, str], np.ndarray]:
    """Estimates of resamples by output and metric; the last of several outputs is the mean."""
    found = [column.estimates(counts) for column in columns]
    if len(found) > 1:
        found.append({m: np.mean([one[m] for one in found], axis=0) for m in ESTIMATES})
    return {
        (name, metric): values
        for name, one in zip(names, found, strict=True)
        for metric, values in one.items()
    }


def _covariance(x: np.ndarray, y: np.ndarray, counts: np.ndarray, total: np.ndarray) -> np.ndarray:
    """Sums of the products of deviations in each resample; x and y (rows,) or (resamples, rows)."""
    mean_x = ((counts * x).sum(axis=1) / total)[:, None]
    mean_y = ((counts * y).sum(axis=1) / total)[:, None]
    return (counts * (x - mean_x) * (y - mean_y)).sum(axis=1)


def _correlation(x: np.ndarray, y: np.ndarray, counts: np.ndarray, total: np.ndarray) -> np.ndarray:
    """Pearson's correlation in each resample."""
    return correlation_of_sums(
        *(_covariance(*pair, counts, total) for pair in ((x, y), (x, x), (y, y)))
    )
