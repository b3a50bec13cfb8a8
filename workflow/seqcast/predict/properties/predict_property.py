"""Predict a property of mRNAs by the folds of a fine-tuned model."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from seqcast.core.provenance import merge_folds
from seqcast.core.store import write_table
from seqcast.datasets.properties.labelled import read_property_data
from seqcast.predict.fold_model import FoldFiles, open_network
from seqcast.predict.properties.fine_tuned import (
    fold_number,
    model_texts,
    predict_labels,
    property_hyperparameters,
)
from seqcast.predict.properties.predictions import merged, predictions_table


class FineTunedFiles(NamedTuple):
    """Files that a property is predicted from: its data, and the folds of a fine-tuned model."""

    transcripts: str | Path
    weights: tuple[str | Path, ...]
    hyperparameters: str | Path
    clusters: str | Path | None = None


def predict_property(
    files: FineTunedFiles, output: str | Path, definition: tuple[str, Mapping[str, Any]], seed: int,
    facts: Mapping[str, Any], inference: Mapping[str, Any], threads: int,
) -> None:  # fmt: skip
    """Write the predictions of all folds of a model, for rows that none of them learned from.

    Parameters
    ----------
    files : FineTunedFiles
        Weights one a fold; clusters where the property's groups are clusters.
    output : path
        Parquet of `predictions_table`: the mean over the folds, of which each predicts its own
        rows where the property has a k-fold.
    definition : (str, mapping)
        Name of the property and its row of properties.tsv.
    seed : int
        Of the folds of a k-fold, as in the training.
    facts : mapping
        Provenance; ``architecture``, and ``fold``, names in the order of the weights.
    inference : mapping
        The section of the config: device, precision.
    threads : int
        CPU threads.

    Raises
    ------
    InputError
        If weights do not fit the property, or a fold is none of its rounds.
    """
    data, table = read_property_data(files.transcripts, files.clusters, definition, seed)
    params = property_hyperparameters(facts["architecture"], files.hyperparameters, data)
    found, made = [], []
    for fold, path in zip(facts["fold"], files.weights, strict=True):
        one = FoldFiles(path, params)
        model, about = open_network(one, facts["architecture"], None, inference, threads)
        texts, status = model_texts(table, model)
        usable = data.restricted(status)
        rows = usable.round_of(fold_number(fold)).predicted
        found.append((rows, predict_labels(model, texts, rows)))
        made.append({**facts, **about, "fold": fold})
    about = merge_folds(made)
    write_table(
        predictions_table(merged(usable, found)), output,
        {**about, "property": definition[0], "split_seed": seed},
    )  # fmt: skip
