"""Fine-tune a model of mRNA to predict a property."""

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch

from seqcast.core.store import file_sha256
from seqcast.datasets.properties.labelled import read_property_data
from seqcast.models.interface import choose_device
from seqcast.predict.properties.fine_tuned import (
    fold_number,
    model_texts,
    pooled_features,
    property_hyperparameters,
)
from seqcast.training.initial import starting_model
from seqcast.training.outputs import made_with, train_and_write
from seqcast.training.properties import PropertyTask
from seqcast.training.recipe import read_recipe
from seqcast.training.task_options import PropertyOptions


class PropertyTrainingFiles(NamedTuple):
    """What a model is fine-tuned from.

    Attributes
    ----------
    transcripts : path
        Table with the labels.
    recipe, hyperparameters : path
    clusters : path, optional
        Where the property's groups are clusters.
    initial : path, optional
        Weights of the body or of a whole model to start from; without it all are drawn.
    """

    transcripts: str | Path
    recipe: str | Path
    hyperparameters: str | Path
    clusters: str | Path | None = None
    initial: str | Path | None = None


def train_property(
    files: PropertyTrainingFiles, weights: str, history: str, checkpoint: str | Path,
    definition: tuple[str, Mapping[str, Any]], seed: int, facts: Mapping[str, str], device: str,
    threads: int,
) -> None:  # fmt: skip
    """Train on the training rows of a property; write the best weights, and the course of it.

    Parameters
    ----------
    files : PropertyTrainingFiles
    weights : path
        Safetensors whose metadata say how they came about; labels and classes are lists in JSON.
    history : path
        TSV of `training.loop.train`.
    checkpoint : path
        File from which an interrupted training goes on; removed at the end.
    definition : (str, mapping)
        Name of the property and its row of properties.tsv.
    seed : int
        Of the folds of a k-fold.
    facts : mapping
        Provenance; ``architecture`` names the class of networks. ``fold`` is the round of a
        k-fold; of a column of parts all folds learn from the same rows. The fold's number is added
        to the recipe's seed.
    device : str
        See `choose_device`.
    threads : int
        CPU threads.

    Raises
    ------
    InputError
        If the recipe, the property, its data or the weights to start from are unfit, the
        architecture is not of properties, there is no such fold, or the checkpoint is of another
        training.
    """
    torch.set_num_threads(threads)
    recipe, options = read_recipe(files.recipe, PropertyOptions, definition[1]["kind"])
    data, transcripts = read_property_data(files.transcripts, files.clusters, definition, seed)
    number = fold_number(facts["fold"])
    recipe = replace(recipe, seed=recipe.seed + number)
    params = property_hyperparameters(facts["architecture"], files.hyperparameters, data)
    model = starting_model(facts["architecture"], params, recipe.seed, files.initial)
    model.freeze(options.blocks, options.train_norm)
    texts, status = model_texts(transcripts, model)
    data = data.restricted(status)
    one = data.round_of(number)
    if not data.classes:
        model.scale_labels(torch.from_numpy(data.labels[one.train].astype(np.float32)))
    model = model.to(choose_device(device))
    if model.config.head.standardise:
        model.scale_features(pooled_features(model, texts, one.train))
    task = PropertyTask(data, texts, one, options)
    made = {
        **made_with(facts, files.recipe, files.initial), "seed": recipe.seed,
        "property": definition[0], "labels": json.dumps(data.definition.labels),
        "classes": json.dumps(data.classes), "round": one.name, "split_seed": seed,
        "train_rows": len(one.train), "validation_rows": len(one.validation),
        "train_rows_with_cds": transcripts["cds_start"][one.train.tolist()].count(),
        "transcripts_sha256": file_sha256(files.transcripts),
    }  # fmt: skip
    train_and_write(model, task, recipe, params, made, weights, history, checkpoint)
