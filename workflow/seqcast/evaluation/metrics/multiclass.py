"""How well probabilities tell several classes apart, with bootstrap intervals.

Areas are means over the classes, each against the rest; the class of the greatest probability is
the prediction. Two classes: `metrics.classification_metrics`.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import polars as pl

from seqcast.core.errors import InputError
from seqcast.evaluation.metrics import bootstrap
from seqcast.evaluation.metrics.binary import LEAST_OF_A_CLASS, SCHEMA, metrics_of_counts

ESTIMATES = ("accuracy", "mcc", "macro_roc_auc", "macro_average_precision")
METRICS = (*ESTIMATES, "not_scored")
ONE_VS_REST = {"macro_roc_auc": "roc_auc", "macro_average_precision": "average_precision"}


def class_metrics(
    labels: Sequence[int] | np.ndarray,
    probabilities: Sequence | np.ndarray,
    classes: Sequence[str],
    resamples: int = 1000,
    seed: int = 0,
    groups: Sequence | np.ndarray | None = None,
) -> pl.DataFrame:
    """Metrics of a task of several classes with 95 % bootstrap intervals.

    A row without probabilities (null or NaN) is left out of every metric and counted in the row
    ``not_scored``. Intervals are percentiles over resamples drawn with replacement within each
    class, whose sizes are those of the design; they treat the rows as independent. With `groups`
    whole groups are drawn instead, of all classes together; a metric leaves out the resamples that
    lack a class it needs.

    Parameters
    ----------
    labels : sequence of int, shape=(rows,)
        Index into `classes`.
    probabilities : array of float, shape=(rows, classes)
        The greatest one is the prediction, the first of equal ones.
    classes : sequence of str
        Names, for the notes.
    resamples : int
        0 gives no intervals.
    seed : int
        Of the resamples.
    groups : sequence, length=rows, optional
        Of rows that are not independent, such as those of a gene.

    Returns
    -------
    DataFrame
        As of `metrics.classification_metrics`, rows in the order of `METRICS`: ``accuracy``,
        ``mcc`` (of the whole confusion matrix, Gorodkin 2004), ``macro_roc_auc`` and
        ``macro_average_precision`` (means over classes against the rest). Areas are not defined
        where a class has fewer than 2 scored members, mcc where all rows are of one class.

    Raises
    ------
    InputError
        If the shapes do not fit, a label is no class, a probability is infinite, or no row is
        scored.
    """
    truth, guess, scored = _checked(labels, probabilities, len(classes))
    missing = int((~scored).sum())
    sizes = np.bincount(truth, minlength=len(classes))
    notes = _undefined(sizes, classes)
    point = _estimates(truth, guess, np.ones((1, len(truth)), dtype=np.int64))
    if "mcc" not in notes and len(np.unique(guess.argmax(axis=1))) == 1:
        notes["mcc"] = "one class alone is predicted: 0 by convention"
    if groups is None:
        resampled = _resampled(truth, resamples, seed)
    else:
        together = bootstrap.group_numbers(groups, scored)
        resampled = bootstrap.resampled_groups(together, resamples, seed)
    drawn = [_estimates(truth, guess, counts) for counts in resampled]
    rows: list[tuple] = []
    for name in ESTIMATES:
        if name not in point or np.isnan(point[name][0]):
            rows.append((name, None, None, None, len(truth), notes.get(name, "")))
            continue
        values = np.concatenate([part[name] for part in drawn]) if drawn else np.empty(0)
        ends = bootstrap.interval(values)
        rows.append((name, float(point[name][0]), *ends, len(truth), notes.get(name, "")))
    rows.append(("not_scored", missing, None, None, len(truth) + missing, ""))
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def _checked(
    labels: Any, probabilities: Any, classes: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Labels and probabilities of the scored rows, and which rows those are."""
    truth = np.asarray(labels)
    try:
        guess = np.array(probabilities, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise InputError(
            f"a probability is no number ({error}); expected numbers or null, one a class in "
            "every row"
        ) from error
    if guess.shape != (len(truth), classes):
        raise InputError(
            f"probabilities have the shape {guess.shape}; expected {(len(truth), classes)}: a row "
            "a label, a column a class. Check that both are of the same property."
        )
    wrong = [label for label in truth.tolist() if label not in range(classes)]
    if wrong:
        raise InputError(f"a label is {wrong[0]!r}; expected 0 to {classes - 1} in every row")
    if np.isinf(guess).any():
        raise InputError("a probability is infinite; expected numbers from 0 to 1, or null")
    scored = ~np.asarray(np.isnan(guess).any(axis=1))
    if not scored.any():
        raise InputError(
            f"none of {len(truth)} rows has probabilities; expected one scored row or more. Look "
            "at the column status of the predictions for the reason."
        )
    return truth[scored].astype(np.int64), guess[scored], scored


def _undefined(sizes: np.ndarray, classes: Sequence[str]) -> dict[str, str]:
    """Metrics that these members of each class leave undefined, each with the reason."""
    notes = {}
    rarest = int(sizes.argmin())
    if sizes[rarest] < LEAST_OF_A_CLASS:
        notes = dict.fromkeys(
            ONE_VS_REST,
            f"class {classes[rarest]} has {sizes[rarest]} scored member(s); at least "
            f"{LEAST_OF_A_CLASS} are needed",
        )
    if (sizes > 0).sum() < 2:
        notes["mcc"] = "all scored rows are of one class"
    return notes


def _resampled(truth: np.ndarray, resamples: int, seed: int) -> Iterator[np.ndarray]:
    """How often each row is drawn: (resamples at once, rows)."""
    members = [np.flatnonzero(truth == kind) for kind in np.unique(truth)]
    # a stream each, so that the draws do not depend on how many are held at once
    streams = np.random.default_rng(seed).spawn(len(members))
    size = max(1, bootstrap.CELLS_AT_ONCE // len(truth))
    for done in range(0, resamples, size):
        count = min(size, resamples - done)
        drawn = np.concatenate(
            [part[rng.integers(len(part), size=(count, len(part)))]
             for rng, part in zip(streams, members, strict=True)], axis=1,
        )  # fmt: skip
        drawn += np.arange(count)[:, None] * len(truth)
        yield np.bincount(drawn.ravel(), minlength=drawn.size).reshape(count, -1)


def _estimates(truth: np.ndarray, guess: np.ndarray, counts: np.ndarray) -> dict[str, np.ndarray]:
    """Estimates of resamples, (resamples,) each; counts (resamples, rows)."""
    width, picked = guess.shape[1], guess.argmax(axis=1)
    cells = np.zeros((len(truth), width * width))
    cells[np.arange(len(truth)), truth * width + picked] = 1
    confusion = (counts @ cells).reshape(len(counts), width, width)
    total, right = confusion.sum(axis=(1, 2)), np.trace(confusion, axis1=1, axis2=2)
    of_truth, of_guess = confusion.sum(axis=2), confusion.sum(axis=1)
    spread = (total**2 - (of_truth**2).sum(axis=1)) * (total**2 - (of_guess**2).sum(axis=1))
    shared = right * total - (of_truth * of_guess).sum(axis=1)
    one_class = (of_truth > 0).sum(axis=1) < 2
    with np.errstate(invalid="ignore", divide="ignore"):
        mcc = np.where(spread > 0, shared / np.sqrt(spread), np.where(one_class, np.nan, 0))
    found = {"accuracy": right / total, "mcc": mcc}
    if np.bincount(truth, minlength=width).min() < LEAST_OF_A_CLASS:
        return found
    areas = [_areas(truth == kind, guess[:, kind], counts) for kind in range(width)]
    for name, area in ONE_VS_REST.items():
        found[name] = np.mean([of_class[area] for of_class in areas], axis=0)
    return found


def _areas(members: np.ndarray, scores: np.ndarray, counts: np.ndarray) -> dict[str, np.ndarray]:
    """Metrics of one class against the rest in each resample."""
    levels = bootstrap.Levels.of(scores)
    positive, negative = (levels.members(counts * kind) for kind in (members, ~members))
    return metrics_of_counts(negative, positive, 0)
