"""Predict a property of mRNAs from simple features of their sequences."""

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from seqcast.core.provenance import provenance
from seqcast.core.store import write_table
from seqcast.datasets.properties.labelled import VALID, PropertyFiles, read_property_data
from seqcast.predict.properties import BASELINES
from seqcast.predict.properties.baselines import NotApplicableError, baseline_features
from seqcast.predict.properties.linear import Predicted, linear_predictions
from seqcast.predict.properties.predictions import predictions_table

logger = logging.getLogger(__name__)

LEFT_OUT = "method_left_out"  # of `labelled.STATUSES`


def predict_baseline(
    files: PropertyFiles, output: str | Path, method: str,
    definition: tuple[str, Mapping[str, Any]], seed: int, facts: Mapping[str, Any],
) -> None:  # fmt: skip
    """Write what a baseline predicts, a row for each of the table of transcripts.

    A baseline that the sequences cannot have (codons without a CDS) predicts nothing: its usable
    rows have the status `LEFT_OUT`, and the provenance says why under ``left_out``.

    Parameters
    ----------
    files : PropertyFiles
    output : path
        Parquet of `predictions_table`.
    method : str
        A key of `BASELINES`.
    definition : (str, mapping)
        Name of the property and its row of benchmarks.tsv.
    seed : int
        Of the folds of a k-fold.
    facts : mapping
        Provenance.

    Raises
    ------
    InputError
        If the property or its data are unfit.
    """
    data, table = read_property_data(*files, definition, seed)
    left_out = ""
    try:
        features = baseline_features(method, table, data.valid)
        predicted = linear_predictions(features, data)
    except NotApplicableError as error:
        left_out = str(error)
        logger.warning("%s: %s", method, left_out)
        width = len(data.classes) or data.labels.shape[1]
        nothing = np.full((len(data.ids), width), np.nan)
        predicted = Predicted(
            data.restricted([LEFT_OUT if fine else VALID for fine in data.valid]), nothing
        )
    made = provenance(
        **facts, property=definition[0], seed=seed, method=method, origin="baseline",
        features=BASELINES[method], rounds=predicted.choices, left_out=left_out,
    )  # fmt: skip
    write_table(predictions_table(predicted), output, made)
