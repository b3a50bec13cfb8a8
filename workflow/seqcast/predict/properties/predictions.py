"""Tables of predictions: one form for all methods, a row for each of the input."""

from collections.abc import Sequence

import numpy as np
import polars as pl

from seqcast.datasets.properties.labelled import VALID, PropertyData
from seqcast.predict.properties.linear import Predicted

LABEL, PREDICTION, PROBABILITY = "label", "prediction", "probability"


def predictions_table(predicted: Predicted) -> pl.DataFrame:
    """What a method predicts, next to the labels.

    Returns
    -------
    DataFrame
        ``row``, ``id``, ``part`` (null if there is none), ``status``; of a
        regression ``label_<name>`` and ``prediction_<name>`` for each label; of classes
        ``label``, ``prediction`` (names) and ``probability_<class>``. Null if there is none:
        no prediction for rows that the model learned from.
    """
    data, values = predicted.data, predicted.values
    columns: dict[str, pl.Series] = {
        "row": pl.Series(range(len(data.ids)), dtype=pl.Int64),
        "id": pl.Series(data.ids, dtype=pl.String),
        "part": pl.Series([part or None for part in data.parts], dtype=pl.String),
        "status": pl.Series(data.status, dtype=pl.String),
    }
    if data.classes:
        columns[LABEL] = _names(data.labels[:, 0], data)
        best = np.where(np.isnan(values).any(axis=1), np.nan, _largest(values))
        columns[PREDICTION] = _names(best, data)
        for i, name in enumerate(data.classes):
            columns[f"{PROBABILITY}_{name}"] = _numbers(values[:, i])
    else:
        for i, name in enumerate(data.definition.labels):
            columns[f"{LABEL}_{name}"] = _numbers(data.labels[:, i])
            columns[f"{PREDICTION}_{name}"] = _numbers(values[:, i])
    return pl.DataFrame(columns)


def merged(data: PropertyData, folds: Sequence[tuple[np.ndarray, np.ndarray]]) -> Predicted:
    """Predictions by several models: the mean over those that were asked for a row.

    Folds of a k-fold predict rows of their own; replicates of one split predict the same rows.

    Parameters
    ----------
    data : PropertyData
    folds : sequence of (ndarray of int, ndarray of float)
        Rows that a model was asked for, and what it says of each, (rows, labels or classes).

    Returns
    -------
    Predicted
        A row that should be predicted and that no model was asked for has the status ``no_model``;
        one of which a model says NaN or infinite has ``prediction_not_finite``, whatever the
        others say.
    """
    width = len(data.classes) or data.labels.shape[1]
    total, asked = np.zeros((len(data.ids), width)), np.zeros(len(data.ids), dtype=int)
    broken = np.zeros(len(data.ids), dtype=bool)
    for rows, values in folds:
        finite = np.isfinite(values).all(axis=1)
        total[rows] += np.where(finite[:, None], values, 0)
        asked[rows] += 1
        broken[rows] |= ~finite
    status = np.full(len(data.ids), VALID, dtype=object)
    for one in data.rounds():
        status[one.predicted] = np.where(asked[one.predicted] > 0, VALID, "no_model")
    status[broken] = "prediction_not_finite"
    there = (asked > 0) & ~broken
    values = np.where(there[:, None], total / np.maximum(asked, 1)[:, None], np.nan)
    return Predicted(data.restricted(status.tolist()), values)


def _largest(values: np.ndarray) -> np.ndarray:
    return np.where(np.isnan(values), -np.inf, values).argmax(axis=1)


def _names(indices: np.ndarray, data: PropertyData) -> pl.Series:
    found = [None if np.isnan(i) else data.classes[int(i)] for i in indices]
    return pl.Series(found, dtype=pl.String)


def _numbers(values: np.ndarray) -> pl.Series:
    return pl.Series(values, dtype=pl.Float64).fill_nan(None)
