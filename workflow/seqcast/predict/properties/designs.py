"""Predictions of new sequences, which have no label, by a fine-tuned model."""

import json
import logging
from typing import Any

import numpy as np
import polars as pl

from seqcast.core.errors import InputError
from seqcast.models.interface import PropertyModel
from seqcast.predict.properties.fine_tuned import model_texts, predict_labels
from seqcast.predict.properties.predictions import PREDICTION, PROBABILITY
from seqcast.transcripts.records import COLUMNS

logger = logging.getLogger(__name__)

PREDICTED, NOT_FINITE = "predicted", "prediction_not_finite"
VALID = "valid"  # of `transcripts.records.STATUSES`
KEPT = ("row", "id", "gene_id", "length_nt", "status", "flags", "problem")


def check_predicts(model: Any) -> None:
    """Refuse a model of another task.

    Raises
    ------
    InputError
        If it is no fine-tuned model of a property.
    """
    if model.task != "property":
        raise InputError(
            f"a {type(model).__name__} predicts no property; expected a model of task property: "
            "load weights that a training on labels wrote as mrna_property"
        )


def output_names(model: PropertyModel) -> tuple[str, ...]:
    """Labels of a regression, or classes, in the order of what the model says.

    The training wrote them next to its weights. Weights without such names, those of another
    program, have label0, label1 ... or class0, class1 ...
    """
    regression = model.kind == "regression"
    count = 2 if model.kind == "binary" else model.outputs
    told = model.about.get("labels" if regression else "classes")
    try:
        names = json.loads(told or "[]")
    except ValueError:
        names = []
    if isinstance(names, list) and len(names) == count:
        return tuple(map(str, names))
    return tuple(f"{'label' if regression else 'class'}{i}" for i in range(count))


def predict_designs(model: PropertyModel, table: pl.DataFrame) -> pl.DataFrame:
    """Predict the property that a model was trained on, for sequences without labels.

    Parameters
    ----------
    model : PropertyModel
        In evaluation mode.
    table : DataFrame
        Of transcripts, as `transcripts.given.read_sequences` returns it; it may have no rows.

    Returns
    -------
    DataFrame
        One row per row: ``row``, ``id``, ``gene_id``, ``length_nt``, ``status``, ``flags``,
        ``problem``, then ``prediction_<label>`` of a regression, in the label's unit; of classes
        ``prediction`` (the likeliest one) and ``probability_<class>``. Null where the status is
        not "predicted": the sequence cannot be used (`transcripts.records.STATUSES`), has more
        tokens than the model takes (``too_long``), or the model says NaN or infinite
        (``prediction_not_finite``).
    """
    texts, status = model_texts(table, model)
    rows = np.flatnonzero(np.array(status, dtype=object) == VALID)
    values = np.full((len(table), len(output_names(model))), np.nan)
    values[rows] = predict_labels(model, texts, rows)
    _warn_of_lacking_marks(model, table[rows.tolist()])
    finite = np.isfinite(values).all(axis=1)
    values[~finite] = np.nan
    for row in rows.tolist():
        status[row] = PREDICTED if finite[row] else NOT_FINITE
    told = pl.Series("status", status, dtype=COLUMNS["status"])
    return table.select(KEPT).with_columns(told).with_columns(_columns(model, values))


def _columns(model: PropertyModel, values: np.ndarray) -> list[pl.Series]:
    """Columns of predictions, null if there are none."""
    names = output_names(model)
    numbers = [pl.Series(column, dtype=pl.Float64).fill_nan(None) for column in values.T]
    if model.kind == "regression":
        return [one.alias(f"{PREDICTION}_{name}") for name, one in zip(names, numbers, strict=True)]
    likeliest = [None if np.isnan(row).any() else names[int(row.argmax())] for row in values]
    shares = [one.alias(f"{PROBABILITY}_{n}") for n, one in zip(names, numbers, strict=True)]
    return [pl.Series(PREDICTION, likeliest, dtype=pl.String), *shares]


def _warn_of_lacking_marks(model: PropertyModel, table: pl.DataFrame) -> None:
    """Say where a model that learned from marked codons is given sequences without."""
    lacking, learned = table["cds_start"].null_count(), model.about.get("train_rows_with_cds")
    if model.codon_mark is None or not lacking or not learned:
        return
    if learned == model.about.get("train_rows"):
        logger.warning(
            "%d of %d sequences have no CDS, but all that the model learned from had one, and its "
            "codons were marked: say where it is (cds whole, or columns cds_start and cds_end), or "
            "do not trust these predictions", lacking, len(table),
        )  # fmt: skip
