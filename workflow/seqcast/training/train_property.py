"""Fine-tune a model of mRNA to predict a property."""

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from seqcast.core.store import file_sha256, write_tsv
from seqcast.datasets.properties.labelled_table import read_property_data
from seqcast.models.convert import write_safetensors
from seqcast.models.interface import choose_device
from seqcast.predict.properties.fine_tuned import (
    fold_number,
    model_texts,
    pooled_features,
    property_hyperparameters,
)
from seqcast.training.initial import starting_model
from seqcast.training.loop import train
from seqcast.training.properties import PropertyTask
from seqcast.training.properties_recipe import read_property_recipe


def train_property(
    files: Any, weights: str, history: str, checkpoint: str | Path,
    definition: tuple[str, Mapping[str, Any]], seed: int, facts: Mapping[str, str], device: str,
    threads: int,
) -> None:  # fmt: skip
    """Train on the training rows of a property; write the best weights, and the course of it.

    Parameters
    ----------
    files : namespace
        Paths ``transcripts``, ``clusters`` where the property's groups are clusters, ``recipe``,
        ``hyperparameters``, and ``initial``, weights of the body or of a whole model to start
        from; without it all are drawn.
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
    recipe, options = read_property_recipe(files.recipe, definition[1]["kind"])
    clusters = getattr(files, "clusters", None)
    data, transcripts = read_property_data(files.transcripts, clusters, definition, seed)
    number = fold_number(facts["fold"])
    recipe = replace(recipe, seed=recipe.seed + number)
    params = property_hyperparameters(facts["architecture"], files.hyperparameters, data)
    initial = getattr(files, "initial", None)
    model = starting_model(facts["architecture"], params, recipe.seed, initial)
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
    table = train(model, task, recipe, checkpoint, params, facts.get("code", ""))
    best = table.filter("best")[-1]
    made = {
        **facts, "origin": "train", "recipe": Path(files.recipe).read_text(), "seed": recipe.seed,
        "property": definition[0], "labels": json.dumps(data.definition.labels),
        "classes": json.dumps(data.classes), "round": one.name, "split_seed": seed,
        "train_rows": len(one.train), "validation_rows": len(one.validation),
        "train_rows_with_cds": transcripts["cds_start"][one.train.tolist()].count(),
        "initial_sha256": file_sha256(initial) if initial else "none: drawn",
        "transcripts_sha256": file_sha256(files.transcripts),
        **{name: repr(best[name].item()) for name in best.columns if name != "best"},
    }  # fmt: skip
    write_tsv(table, history)
    write_safetensors(model.cpu().state_dict(), Path(weights), {k: str(v) for k, v in made.items()})
    Path(checkpoint).unlink(missing_ok=True)
