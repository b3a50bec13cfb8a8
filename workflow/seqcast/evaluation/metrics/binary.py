"""How well scores tell two classes apart, with bootstrap intervals.

The classes are 0 and 1; a score at or above the threshold says 1. Of reads, 1 is coding.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import polars as pl

from seqcast.core.errors import InputError
from seqcast.evaluation.metrics.bootstrap import RESAMPLES, Levels, Resampling, estimate
from seqcast.evaluation.metrics.table import (
    NOT_SCORED,
    check_scored,
    class_numbers,
    metrics_table,
    numbers,
)

RATES = ("accuracy", "roc_auc", "average_precision", "f1", "mcc", "recall", "specificity")
COUNTS = ("tn", "fp", "fn", "tp", NOT_SCORED)
METRICS = RATES + COUNTS
BOTH_CLASSES = frozenset({"roc_auc", "average_precision", "mcc"})
LEAST_OF_A_CLASS = 2  # members; below it the metrics of BOTH_CLASSES are not defined


def classification_metrics(
    labels: Sequence[int] | np.ndarray | pl.Series,
    scores: Sequence[float | None] | np.ndarray | pl.Series,
    threshold: float = 0.5,
    resamples: int = RESAMPLES,
    seed: int = 0,
    least_of_a_class: int = LEAST_OF_A_CLASS,
    groups: Sequence | np.ndarray | None = None,
) -> pl.DataFrame:
    """Metrics of a two-class task with 95 % bootstrap intervals.

    What was not scored (a null or NaN score) is left out of every metric and counted in the row
    ``not_scored``. Intervals are percentiles over resamples drawn with replacement within each
    class, whose sizes are those of the design. They treat the rows as independent; mates of a
    pair and reads of one place are not, so they are on the narrow side. With `groups` whole groups
    are drawn instead, of both classes together; a metric leaves out the resamples that lack a
    class it needs.

    Parameters
    ----------
    labels : sequence of int, shape=(rows,)
        0 or 1.
    scores : sequence of float, shape=(rows,)
        Of class 1. The higher, the more likely; any finite number, null if there is none.
    threshold : float
        The least score that is taken as class 1, inclusive.
    resamples : int
        0 gives no intervals.
    seed : int
        Of the resamples.
    least_of_a_class : int
        Scored members that each class needs for ``roc_auc``, ``average_precision`` and ``mcc``.
    groups : sequence, length=rows, optional
        Of rows that are not independent, such as those of a gene.

    Returns
    -------
    DataFrame
        metric, value, ci_low, ci_high, n (rows that the value rests on), note. Rows in the order
        of `METRICS`; counts have no interval. A metric that is not defined has a null value, and
        the note says why: ``roc_auc``, ``average_precision`` and ``mcc`` where a class has fewer
        than `least_of_a_class` scored members; ``recall`` (of class 1) or ``specificity`` (of
        class 0) where that class has none; ``f1`` where class 1 has none and none is predicted.

    Raises
    ------
    InputError
        If the lengths differ, a label is neither 0 nor 1, a score is infinite or no number, or
        no row is scored.
    """
    truth, values, scored = _checked(labels, scores)
    classes = TwoClasses.of(truth, values)
    first_positive = int(np.searchsorted(classes.levels, threshold))
    resampled = Resampling(resamples, seed).draws(scored, groups, strata=truth)

    def estimator(counts: np.ndarray) -> dict[str, np.ndarray]:
        return metrics_of_counts(*classes.members(counts), first_positive)

    predicted = values >= threshold
    tn, fp, fn, tp = (int((predicted[truth == c] == p).sum()) for c in (0, 1) for p in (0, 1))
    one_sided = {"mcc": "one class is never predicted: 0 by convention"}
    return metrics_table(
        estimate(estimator, len(truth), resampled),
        scored,
        undefined=_undefined(tn, fp, fn, tp, least_of_a_class),
        notes={} if 0 < tp + fp < len(truth) else one_sided,
        counts={"tn": tn, "fp": fp, "fn": fn, "tp": tp},
        n={"recall": tp + fn, "specificity": tn + fp},
    )


def _checked(
    labels: Sequence[int] | np.ndarray | pl.Series,
    scores: Sequence[float | None] | np.ndarray | pl.Series,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Labels and scores of the scored rows, and which rows those are."""
    truth, values = class_numbers(labels, 2), numbers("score", scores)
    if len(truth) != len(values):
        raise InputError(
            f"{len(truth)} labels but {len(values)} scores; expected one score a label. Check that "
            "predictions and labels are of the same reads."
        )
    scored = ~np.isnan(values)
    check_scored(scored, "a score")
    return truth[scored], values[scored], scored


def _undefined(tn: int, fp: int, fn: int, tp: int, least: int) -> dict[str, str]:
    """Metrics that these counts leave undefined, each with the reason."""
    negatives, positives = tn + fp, fn + tp
    notes = {}
    if min(negatives, positives) < least:
        few, size = ("1", positives) if positives < negatives else ("0", negatives)
        notes = dict.fromkeys(
            BOTH_CLASSES,
            f"class {few} has {size} scored member(s); at least {least} are needed",
        )
    if not positives:
        notes["recall"] = "class 1 has no scored member"
    if not negatives:
        notes["specificity"] = "class 0 has no scored member"
    if not positives + fp:
        notes["f1"] = "class 1 has no scored member and none is predicted"
    return notes


@dataclass(frozen=True)
class TwoClasses:
    """How many members of each class have each score, in resamples.

    Attributes
    ----------
    levels : ndarray, shape=(levels,)
        The distinct scores, ascending.
    cells : Levels
        Of the rows: class * levels + level.
    """

    levels: np.ndarray
    cells: Levels

    @classmethod
    def of(cls, truth: np.ndarray, scores: np.ndarray) -> Self:
        """Classes, 0 and 1, and scores of rows, (rows,) each."""
        levels, level = np.unique(scores, return_inverse=True)
        return cls(levels, Levels.of(truth * len(levels) + level))

    def members(self, counts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Members of class 0 and 1, (resamples, levels) each, of counts (resamples, rows).

        Counts may be weighted, and so no whole numbers.
        """
        kind = np.result_type(counts, np.int64)
        both = np.zeros((len(counts), 2 * len(self.levels)), dtype=kind)
        both[:, self.cells.values] = self.cells.members(counts)
        return both[:, : len(self.levels)], both[:, len(self.levels) :]

    def curve(self) -> tuple[np.ndarray, np.ndarray]:
        """ROC: false and true positive rate from the highest threshold down, (levels + 1,) each."""
        classes = self.members(np.ones((1, len(self.cells.level)), dtype=np.int64))
        false, true = (np.cumsum([0, *members[0, ::-1]]) for members in classes)
        return false / false[-1], true / true[-1]


def metrics_of_counts(
    negative: np.ndarray, positive: np.ndarray, first_positive: int
) -> dict[str, np.ndarray]:
    """Metrics from the members of each class at each level, scores ascending.

    Parameters
    ----------
    negative, positive : ndarray of int, shape=(resamples, levels)
        Members of class 0 and 1.
    first_positive : int
        The first level that is predicted as class 1.

    Returns
    -------
    dict of ndarray, shape=(resamples,)
        NaN where a metric is not defined.
    """
    fp, tp = (x[:, first_positive:].sum(axis=1).astype(float) for x in (negative, positive))
    negatives, positives = (x.sum(axis=1).astype(float) for x in (negative, positive))
    tn, fn = negatives - fp, positives - tp
    # Members at this level and above: what a threshold at the level predicts as class 1.
    fp_at, tp_at = (np.cumsum(x[:, ::-1], axis=1)[:, ::-1] for x in (negative, positive))
    with np.errstate(invalid="ignore", divide="ignore"):
        # A pair of equal scores counts one half (Mann-Whitney).
        below = negatives[:, None] - fp_at + negative / 2
        precision = np.where(positive > 0, tp_at / (tp_at + fp_at), 0)
        product = (tp + fp) * (tp + fn) * (tn + fp) * (tn + fn)
        return {
            "accuracy": (tp + tn) / (positives + negatives),
            "roc_auc": (positive * below).sum(axis=1) / (positives * negatives),
            "average_precision": (positive * precision).sum(axis=1) / positives,
            "f1": 2 * tp / (2 * tp + fp + fn),
            "mcc": np.where(product > 0, (tp * tn - fp * fn) / np.sqrt(product), 0),
            "recall": tp / positives,
            "specificity": tn / negatives,
        }
