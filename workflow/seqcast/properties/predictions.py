"""Tables of predictions: one form for all methods, a row for each of the input."""

import numpy as np
import polars as pl

from seqcast.properties.data import VALID, PropertyData
from seqcast.properties.linear import Predicted

LABEL, PREDICTION, PROBABILITY = "label", "prediction", "probability"


def predictions_table(predicted: Predicted) -> pl.DataFrame:
    """What a method predicts, beside the labels.

    Returns
    -------
    DataFrame
        ``row``, ``id``, ``part`` (null where there is none), ``status``; of a
        regression ``label_<name>`` and ``prediction_<name>`` for each label; of classes
        ``label``, ``prediction`` (names) and ``probability_<class>``. Null where there is none:
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


def merged(rounds: list[Predicted]) -> Predicted:
    """Predictions of the same rows by several models: their mean, over those that predict a row.

    Folds of a k-fold predict rows of their own; replicates of one split predict the same rows. A
    row that should be predicted and is by none has the status ``no_model``.
    """
    data = rounds[0].data
    stack = np.stack([one.values for one in rounds])  # (models, rows, columns)
    there = ~np.isnan(stack)
    count = there.sum(axis=0)
    values = np.where(
        count > 0, np.where(there, stack, 0).sum(axis=0) / np.maximum(count, 1), np.nan
    )
    rows = np.zeros(len(data.ids), dtype=bool)
    for one in data.rounds():
        rows[one.predicted] = True
    lacking = rows & (count == 0).any(axis=1)
    return Predicted(
        data.restricted(["no_model" if lacks else VALID for lacks in lacking]),
        values,
        tuple(choice for one in rounds for choice in one.choices),
    )


def _largest(values: np.ndarray) -> np.ndarray:
    return np.where(np.isnan(values), -np.inf, values).argmax(axis=1)


def _names(indices: np.ndarray, data: PropertyData) -> pl.Series:
    found = [None if np.isnan(i) else data.classes[int(i)] for i in indices]
    return pl.Series(found, dtype=pl.String)


def _numbers(values: np.ndarray) -> pl.Series:
    return pl.Series(values, dtype=pl.Float64).fill_nan(None)
