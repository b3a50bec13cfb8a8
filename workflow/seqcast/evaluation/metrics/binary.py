"""How well scores tell two classes apart: points by scikit-learn, intervals by the bootstrap.

The classes are 0 and 1; a score at or above the threshold says 1. Of reads, 1 is coding.
"""

from collections.abc import Container, Iterator, Sequence

import numpy as np
import polars as pl

from seqcast.core.errors import InputError
from seqcast.evaluation.metrics import bootstrap

RATES = ("accuracy", "roc_auc", "average_precision", "f1", "mcc", "recall", "specificity")
COUNTS = ("tn", "fp", "fn", "tp", "not_scored")
METRICS = RATES + COUNTS
SCHEMA = {
    "metric": pl.String,
    "value": pl.Float64,
    "ci_low": pl.Float64,
    "ci_high": pl.Float64,
    "n": pl.Int64,
    "note": pl.String,
}
BOTH_CLASSES = frozenset({"roc_auc", "average_precision", "mcc"})
LEAST_OF_A_CLASS = 2  # members; below it the metrics of BOTH_CLASSES are not defined


def classification_metrics(
    labels: Sequence[int] | np.ndarray | pl.Series,
    scores: Sequence[float | None] | np.ndarray | pl.Series,
    threshold: float = 0.5,
    resamples: int = 1000,
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
        Of class 1. The higher, the more likely; any finite number, null where there is none.
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
    predicted = values >= threshold
    tn, fp, fn, tp = (int((predicted[truth == c] == p).sum()) for c in (0, 1) for p in (0, 1))
    notes = _undefined(tn, fp, fn, tp, least_of_a_class)
    counts = {"tn": tn, "fp": fp, "fn": fn, "tp": tp, "not_scored": len(scored) - len(truth)}
    points = counts | _areas_and_averages(truth, values, predicted, notes)
    for name, right, wrong in (("recall", tp, fn), ("specificity", tn, fp)):
        if name not in notes:
            points[name] = right / (right + wrong)
    if "mcc" not in notes and not 0 < tp + fp < len(truth):
        notes["mcc"] = "one class is never predicted: 0 by convention"
    together = None if groups is None else bootstrap.group_numbers(groups, scored)
    intervals = _intervals(truth, values, threshold, resamples, seed, together)
    n = {"recall": tp + fn, "specificity": tn + fp, "not_scored": len(scored)}
    rows = [
        (name, points.get(name), *intervals.get(name if name in points else "", (None, None)),
         n.get(name, len(truth)), notes.get(name, ""))
        for name in METRICS
    ]  # fmt: skip
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def _checked(
    labels: Sequence[int] | np.ndarray | pl.Series,
    scores: Sequence[float | None] | np.ndarray | pl.Series,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Labels and scores of the scored rows, and which rows those are."""
    truth = np.asarray(pl.Series("label", labels, strict=False).to_numpy())
    try:
        values = pl.Series("score", scores).cast(pl.Float64).to_numpy()
    except (TypeError, pl.exceptions.PolarsError) as error:
        raise InputError(f"scores are not all numbers ({error}); expected numbers or null") from (
            error
        )
    if len(truth) != len(values):
        raise InputError(
            f"{len(truth)} labels but {len(values)} scores; expected one score a label. Check that "
            "predictions and labels are of the same reads."
        )
    if not np.isin(truth, (0, 1)).all():
        wrong = next(label for label in truth.tolist() if label not in (0, 1))
        raise InputError(f"a label is {wrong!r}; expected 0 or 1 in every row")
    if np.isinf(values).any():
        raise InputError(
            "a score is infinite; expected finite numbers, and null where a row was not scored"
        )
    scored = ~np.isnan(values)
    if not scored.any():
        raise InputError(
            f"none of {len(values)} rows has a score; expected one scored row or more. Look at the "
            "column status of the predictions for the reason."
        )
    return truth[scored].astype(np.int8), values[scored], scored


def _areas_and_averages(
    truth: np.ndarray, values: np.ndarray, predicted: np.ndarray, left_out: Container[str]
) -> dict[str, float]:
    """Metrics as scikit-learn computes them, but those that are left out."""
    from sklearn import metrics  # here, as it takes a second: pages read stored numbers

    functions = {
        "accuracy": (metrics.accuracy_score, predicted),
        "roc_auc": (metrics.roc_auc_score, values),
        "average_precision": (metrics.average_precision_score, values),
        "mcc": (metrics.matthews_corrcoef, predicted),
        "f1": (metrics.f1_score, predicted),
    }
    return {
        name: float(function(truth, given))
        for name, (function, given) in functions.items()
        if name not in left_out
    }


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


def _intervals(
    truth: np.ndarray, values: np.ndarray, threshold: float, resamples: int, seed: int,
    groups: np.ndarray | None,
) -> dict[str, tuple[float | None, float | None]]:  # fmt: skip
    """95 % percentile interval of each metric that has one."""
    if not resamples:
        return {}
    levels = bootstrap.Levels.of(values)
    if groups is None:
        resampled = _resampled(levels, truth, resamples, seed)
    else:
        resampled = (
            (levels.members(counts * (truth == 0)), levels.members(counts * (truth == 1)))
            for counts in bootstrap.resampled_groups(groups, resamples, seed)
        )
    first_positive = int(np.searchsorted(levels.values, threshold))
    parts = [
        metrics_of_counts(negative, positive, first_positive) for negative, positive in resampled
    ]
    drawn = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    return {name: bootstrap.interval(found) for name, found in drawn.items()}


def _resampled(
    levels: bootstrap.Levels, truth: np.ndarray, resamples: int, seed: int
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Members of class 0 and 1 at each level: (resamples at once, levels) each."""
    # A stream each, so that the draws do not depend on how many are held at once.
    first, second = np.random.default_rng(seed).spawn(2)
    of_class = levels.level[truth == 0], levels.level[truth == 1]
    width = len(levels.values)
    size = max(1, bootstrap.CELLS_AT_ONCE // max(width, *map(len, of_class)))
    for done in range(0, resamples, size):
        count = min(size, resamples - done)
        yield _drawn(first, of_class[0], count, width), _drawn(second, of_class[1], count, width)


def _drawn(rng: np.random.Generator, members: np.ndarray, count: int, levels: int) -> np.ndarray:
    """How often each level is drawn in `count` resamples of one class: (count, levels)."""
    if not len(members):
        return np.zeros((count, levels), dtype=np.int64)
    drawn = members[rng.integers(len(members), size=(count, len(members)))]
    drawn += np.arange(count)[:, None] * levels
    return np.bincount(drawn.ravel(), minlength=count * levels).reshape(count, levels)


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
