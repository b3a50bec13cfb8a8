"""Train a classifier of reads."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import torch

from seqcast.core.errors import InputError
from seqcast.core.store import file_sha256
from seqcast.models.architectures import architecture_of
from seqcast.models.interface import choose_device, read_hyperparameters
from seqcast.models.settings import require
from seqcast.reads.dnabert import read_dnabert
from seqcast.training.initial import starting_model
from seqcast.training.outputs import made_with, train_and_write
from seqcast.training.reads import ReadSet, ReadTask
from seqcast.training.recipe import read_recipe
from seqcast.training.task_options import ReadAugmentation


class ReadTrainingFiles(NamedTuple):
    """What a classifier of reads is trained from.

    Attributes
    ----------
    train, validation : path
        DNABERT's TSV.
    recipe, hyperparameters : path
    initial : path, optional
        Weights to start from; without it they are drawn.
    """

    train: str | Path
    validation: str | Path
    recipe: str | Path
    hyperparameters: str | Path
    initial: str | Path | None = None


def train_reads(
    files: ReadTrainingFiles, weights: str, history: str, checkpoint: str | Path,
    facts: Mapping[str, str], device: str, threads: int,
) -> None:  # fmt: skip
    """Train on labelled reads; write the best weights, and the course of the training.

    Parameters
    ----------
    files : ReadTrainingFiles
    weights : path
        Safetensors whose metadata say how they came about.
    history : path
        TSV of `training.loop.train`.
    checkpoint : path
        File from which an interrupted training goes on; removed at the end.
    facts : mapping
        Provenance for the metadata; ``architecture`` names the class of networks.
    device : str
        See `choose_device`.
    threads : int
        CPU threads.

    Raises
    ------
    InputError
        If the recipe, the reads or the weights to start from are unfit, the architecture is not
        of reads, or the checkpoint is of another training.
    """
    torch.set_num_threads(threads)
    recipe, options = read_recipe(files.recipe, ReadAugmentation)
    if architecture_of(facts["architecture"]).task != "reads":
        raise InputError(
            f"architecture {facts['architecture']!r} does not classify reads, so it cannot be "
            "trained on them; give the model an architecture of task reads"
        )
    model = starting_model(facts["architecture"], files.hyperparameters, recipe.seed, files.initial)
    check_crops(options, model, files.recipe)
    task = ReadTask(read_set(files.train, model), read_set(files.validation, model), options)
    params = read_hyperparameters(files.hyperparameters)
    made = {
        **made_with(facts, files.recipe, files.initial), "train_sha256": file_sha256(files.train),
        "validation_sha256": file_sha256(files.validation),
    }  # fmt: skip
    train_and_write(
        model.to(choose_device(device)), task, recipe, params, made, weights, history, checkpoint
    )


def check_crops(options: ReadAugmentation, model: Any, recipe: str | Path) -> None:
    """Refuse crops that are too short for the model, before any read is read."""
    shortest = options.shortest_crop_nt
    try:
        require(shortest is None or shortest >= model.min_length_nt, "reads.shortest_crop_nt",
                shortest, f"{model.min_length_nt} or more, as the model takes")  # fmt: skip
    except InputError as error:
        raise InputError(f"{recipe}: {error}") from error


def read_set(path: str | Path, model: Any) -> ReadSet:
    """Labelled reads of a DNABERT TSV, fit for a model."""
    rows = ((read.sequence, read.label) for chunk in read_dnabert(path) for read in chunk)
    return ReadSet(rows, str(path), model.min_length_nt, model.max_length_nt)
