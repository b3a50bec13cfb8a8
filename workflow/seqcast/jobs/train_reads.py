"""Train a classifier of reads."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from seqcast.models.convert import write_safetensors
from seqcast.models.interface import choose_device
from seqcast.reads.dnabert import read_dnabert
from seqcast.store import file_sha256, write_tsv
from seqcast.training.initial import starting_model
from seqcast.training.loop import train
from seqcast.training.reads import ReadAugmentation, ReadSet, ReadTask
from seqcast.training.recipe import read_recipe


def train_reads(
    files: Any, weights: str, history: str, checkpoint: str | Path, facts: Mapping[str, str],
    device: str, threads: int,
) -> None:  # fmt: skip
    """Train on labelled reads; write the best weights, and the course of the training.

    Parameters
    ----------
    files : namespace
        Paths ``train`` and ``validation`` (DNABERT's TSV), ``recipe``, ``hyperparameters``, and
        ``initial``, weights to start from; without it they are drawn.
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
    """
    torch.set_num_threads(threads)
    recipe, options = read_recipe(files.recipe, "reads", ReadAugmentation)
    initial = getattr(files, "initial", None)
    model = starting_model(facts["architecture"], files.hyperparameters, recipe.seed, initial)
    task = ReadTask(read_set(files.train, model), read_set(files.validation, model), options)
    table = train(model.to(choose_device(device)), task, recipe, checkpoint)
    best = table.filter("best")[-1]
    made = {
        **facts, "origin": "train", "recipe": Path(files.recipe).read_text(),
        "initial_sha256": file_sha256(initial) if initial else "none: drawn",
        "train_sha256": file_sha256(files.train),
        "validation_sha256": file_sha256(files.validation),
        **{name: repr(best[name].item()) for name in best.columns if name != "best"},
    }  # fmt: skip
    write_tsv(table, history)
    write_safetensors(model.cpu().state_dict(), Path(weights), {k: str(v) for k, v in made.items()})
    Path(checkpoint).unlink(missing_ok=True)


def read_set(path: str | Path, model: Any) -> ReadSet:
    """Labelled reads of a DNABERT TSV, fit for a model."""
    rows = ((read.sequence, read.label) for chunk in read_dnabert(path) for read in chunk)
    return ReadSet(rows, str(path), model.min_length_nt, model.max_length_nt)
