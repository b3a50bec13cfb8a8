"""Ridge and logistic regression on fixed features: probes of embeddings, and baselines.

Features are standardised with mean and standard deviation of the training rows. The penalty is the
one that does best on the validation rows. The model that predicts has seen the training rows alone;
it is not fitted again with the validation rows, so that what it says of them is a prediction too.
"""

import logging
import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np

from seqcast.core.errors import InputError
from seqcast.datasets.properties.labelled import PropertyData
from seqcast.datasets.properties.splits import Round

logger = logging.getLogger(__name__)

# Of the mean squared error or log loss of a training row, on standardised features.
RIDGE_PENALTIES = tuple(10.0 ** (0.5 * i) for i in range(-8, 9))  # 1e-4 to 1e4
LOGISTIC_PENALTIES = tuple(10.0**i for i in range(-4, 3))
MOST_ITERATIONS, TOLERANCE = 2000, 1e-6  # of LBFGS


@dataclass(frozen=True)
class Predicted:
    """What a method says of each row.

    Parameters
    ----------
    data : PropertyData
        Without the rows that the method could not use, whose status says why.
    values : ndarray of float64, shape=(rows, labels or classes)
        Of a regression the labels; else the probability of each class. NaN if there is none:
        rows that are not valid, and those that the model learned from.
    choices : tuple of dict
        What was chosen in each round, for the provenance.
    """

    data: PropertyData
    values: np.ndarray
    choices: tuple[dict[str, Any], ...] = ()


def linear_predictions(features: np.ndarray, data: PropertyData) -> Predicted:
    """Predict labels from features: ridge for numbers, logistic regression for classes.

    Parameters
    ----------
    features : ndarray, shape=(rows, p)
        Of the rows of `data`; rows that are not valid may hold anything. With more features than
        training rows, time grows in proportion to their number, not faster.
    data : PropertyData

    Returns
    -------
    Predicted
        Rows with a feature that is NaN or infinite have the status ``no_features``.

    Raises
    ------
    InputError
        If the rows differ in number, there is no feature, or too few rows are left in a part.

    Notes
    -----
    With penalty a and n training rows, ridge minimises ``||y - Xw||^2 / n + a ||w||^2`` and
    logistic regression ``mean log loss + a/2 ||w||^2``; the intercept is free. Each label of a
    regression has a penalty of its own, that of the largest R2; that of classes has the smallest
    log loss.
    """
    features = np.asarray(features, dtype=float)
    if features.ndim != 2 or len(features) != len(data.ids) or not features.shape[1]:
        raise InputError(
            f"features of shape {features.shape} for {len(data.ids)} rows; expected a row of "
            "one or more features for each"
        )
    finite = np.isfinite(features).all(axis=1)
    data = data.restricted(["valid" if fine else "no_features" for fine in finite])
    width = len(data.classes) or data.labels.shape[1]
    values, choices = np.full((len(features), width), np.nan), []
    for one in data.rounds():
        rows = one.predicted
        fit = _logistic if data.classes else _ridge
        values[rows], choice = fit(_rotated(features, one), data, one)
        choices.append({"round": one.name, **choice})
        logger.info("%s: %s", one.name, ", ".join(f"{k} {v}" for k, v in choice.items()))
    return Predicted(data, values, tuple(choices))


@dataclass(frozen=True)
class _Parts:
    """Features of a round; no model with a penalty on the length of w tells them from the given."""

    train: np.ndarray
    validation: np.ndarray
    predicted: np.ndarray


def _rotated(features: np.ndarray, one: Round) -> _Parts:
    """Standardise; turn the axes so that there are no more features than training rows.

    With a penalty on its length, w is a sum of training rows. Their span has an orthonormal basis
    Q of at most n vectors, and X Q instead of X changes no prediction.
    """
    train = features[one.train]
    mean, deviation = train.mean(axis=0), train.std(axis=0)
    # rounding leaves a constant column a deviation of about 1e-16 of its size
    varying = deviation > 1e-12 * np.maximum(1.0, np.abs(mean))
    if not varying.any():
        raise InputError(
            f"{one.name}: each of {features.shape[1]} features is the same in all "
            f"{len(one.train)} training rows; nothing can be learned from them"
        )
    mean, deviation = mean[varying], deviation[varying]

    def scaled(rows: np.ndarray) -> np.ndarray:
        return (features[rows][:, varying] - mean) / deviation

    own = scaled(one.train)
    if own.shape[1] <= own.shape[0]:
        return _Parts(own, scaled(one.validation), scaled(one.predicted))
    basis, corner = np.linalg.qr(own.T)
    return _Parts(corner.T, scaled(one.validation) @ basis, scaled(one.predicted) @ basis)


def _ridge(x: _Parts, data: PropertyData, one: Round) -> tuple[np.ndarray, dict[str, Any]]:
    """Predictions (rows, labels), and the penalty and validation R2 of each label."""
    y, truth = data.labels[one.train], data.labels[one.validation]
    intercept = y.mean(axis=0)
    strength, axes = np.linalg.eigh(x.train.T @ x.train / len(y))  # of the features' covariance
    onto = axes.T @ (x.train.T @ (y - intercept)) / len(y)  # (features, labels)
    chooser, predictor = x.validation @ axes, x.predicted @ axes
    weights = np.stack([onto / (strength + a)[:, None] for a in RIDGE_PENALTIES])
    spread = ((truth - truth.mean(axis=0)) ** 2).mean(axis=0)
    errors = ((chooser @ weights + intercept - truth) ** 2).mean(axis=1)  # (penalties, labels)
    r2 = 1 - errors / spread
    best = r2.argmax(axis=0)
    chosen = weights[best, :, np.arange(len(best))].T  # (features, labels)
    return predictor @ chosen + intercept, {
        "penalty": [RIDGE_PENALTIES[i] for i in best],
        "validation_r2": [float(value) for value in r2.max(axis=0)],
    }


def _logistic(x: _Parts, data: PropertyData, one: Round) -> tuple[np.ndarray, dict[str, Any]]:
    """Probabilities (rows, classes), and the penalty and validation log loss."""
    # here, as they take a second: ridge needs none
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import log_loss

    y, truth = (data.labels[rows, 0].astype(int) for rows in (one.train, one.validation))
    known, tried = range(len(data.classes)), []
    with warnings.catch_warnings():
        # small penalties may leave the optimum far away; what the validation rows say decides
        warnings.simplefilter("ignore", ConvergenceWarning)
        for penalty in LOGISTIC_PENALTIES:
            model = LogisticRegression(
                C=1 / (penalty * len(y)), tol=TOLERANCE, max_iter=MOST_ITERATIONS
            )
            model.fit(x.train, y)
            loss = log_loss(truth, model.predict_proba(x.validation), labels=known)
            tried.append((float(loss), penalty, model))
    loss, penalty, model = min(tried, key=lambda found: found[0])
    choice = {"penalty": penalty, "validation_log_loss": loss}
    return model.predict_proba(x.predicted), choice
