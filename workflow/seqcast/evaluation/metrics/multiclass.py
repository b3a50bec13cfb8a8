"""How well probabilities tell several classes apart, with bootstrap intervals.

Areas are means over the classes, each against the rest; the class of the greatest probability is
the prediction. Two classes: `binary.classification_metrics`.
"""

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
import polars as pl

from seqcast.core.errors import InputError
from seqcast.evaluation.metrics.binary import LEAST_OF_A_CLASS, TwoClasses, metrics_of_counts
from seqcast.evaluation.metrics.bootstrap import RESAMPLES, Resampling, estimate
from seqcast.evaluation.metrics.table import (
    NOT_SCORED,
    check_scored,
    class_numbers,
    metrics_table,
    numbers,
)

ESTIMATES = ("accuracy", "mcc", "macro_roc_auc", "macro_average_precision")
METRICS = (*ESTIMATES, NOT_SCORED)
ONE_VS_REST = {"macro_roc_auc": "roc_auc", "macro_average_precision": "average_precision"}


def class_metrics(
    labels: Sequence[int] | np.ndarray,
    probabilities: Sequence | np.ndarray,
    classes: Sequence[str],
    resamples: int = RESAMPLES,
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
        As of `binary.classification_metrics`, rows in the order of `METRICS`: ``accuracy``,
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
    present = np.unique(truth, return_inverse=True)[1]
    resampled = Resampling(resamples, seed).draws(scored, groups, strata=present)
    against = [TwoClasses.of(truth == kind, guess[:, kind]) for kind in range(len(classes))]
    one_sided = {"mcc": "one class alone is predicted: 0 by convention"}
    return metrics_table(
        estimate(partial(_estimates, truth, guess.argmax(axis=1), against), len(truth), resampled),
        scored,
        undefined=_undefined(np.bincount(truth, minlength=len(classes)), classes),
        notes=one_sided if len(np.unique(guess.argmax(axis=1))) == 1 else {},
    )


def _checked(
    labels: Any, probabilities: Any, classes: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Labels and probabilities of the scored rows, and which rows those are."""
    truth, guess = class_numbers(labels, classes), numbers("probability", probabilities)
    if guess.shape != (len(truth), classes):
        raise InputError(
            f"probabilities have the shape {guess.shape}; expected {(len(truth), classes)}: one "
            "row per label, one column per class. Check that both are of the same property."
        )
    scored = ~np.asarray(np.isnan(guess).any(axis=1))
    check_scored(scored, "probabilities")
    return truth[scored], guess[scored], scored


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


def _estimates(
    truth: np.ndarray, picked: np.ndarray, against: list[TwoClasses], counts: np.ndarray
) -> dict[str, np.ndarray]:
    """Estimates of resamples, (resamples,) each.

    Parameters
    ----------
    truth, picked : ndarray of int, shape=(rows,)
        Labels and predictions.
    against : list of TwoClasses
        Of each class, 1, against the rest.
    counts : ndarray of int, shape=(resamples, rows)
    """
    width = len(against)
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
    areas = [metrics_of_counts(*one.members(counts), 0) for one in against]
    for name, area in ONE_VS_REST.items():
        found[name] = np.mean([of_class[area] for of_class in areas], axis=0)
    return found
