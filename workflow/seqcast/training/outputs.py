"""What a training leaves: weights that say how they came about, its course, a head of several."""

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl
import torch
from torch import Tensor

from seqcast.core.store import atomic, file_sha256, write_tsv
from seqcast.genome.tracks import Tracks
from seqcast.models.convert import read_safetensors, write_safetensors
from seqcast.training.loop import Task, train
from seqcast.training.recipe import Recipe

ADAPTER = ".adapter.safetensors"  # instead of the suffix of weights that were fine-tuned


class TrainingOutputs(NamedTuple):
    """What a training writes.

    Attributes
    ----------
    weights : path
        Safetensors whose metadata say how they came about; see `train_coverage` for several heads.
    history : path
        TSV of `training.loop.train`.
    checkpoint : path
        From which an interrupted training resumes; removed at the end.
    """

    weights: str | Path
    history: str | Path
    checkpoint: str | Path

    @property
    def adapter(self) -> Path:
        """Where `adapters.write_adapter` writes, next to a file of weights."""
        return Path(self.weights).with_suffix(ADAPTER)


def made_with(
    facts: Mapping[str, Any], recipe: str | Path, initial: str | Path | None
) -> dict[str, Any]:
    """`facts`, and what the provenance of all trained weights says: recipe and first weights."""
    return {
        **facts, "origin": "train", "recipe": Path(recipe).read_text(),
        "initial_sha256": file_sha256(initial) if initial else "none: drawn",
    }  # fmt: skip


def train_and_write(
    model: torch.nn.Module, task: Task, recipe: Recipe, params: Mapping[str, Any],
    made: Mapping[str, Any], outputs: TrainingOutputs,
) -> None:  # fmt: skip
    """Train a model with one head; write its best weights, and the course of the training.

    Parameters
    ----------
    model : Module
        This and the next three as of `train`.
    task : Task
    recipe : Recipe
    params : mapping
    made : mapping
        For the metadata of the weights: `made_with`, and what is known of the data. ``code`` is the
        digest of the code.
    outputs : TrainingOutputs
    """
    table = train(model, task, recipe, outputs.checkpoint, params, made.get("code", ""))
    write_tsv(table, outputs.history)
    write_weights(outputs.weights, model.cpu().state_dict(), table, made)
    Path(outputs.checkpoint).unlink(missing_ok=True)


def write_weights(
    path: str | Path, state: dict[str, Tensor], history: pl.DataFrame, made: Mapping[str, Any]
) -> None:
    """Write weights with how they were made, and with what the history says of them."""
    chosen = history.filter("best").drop("best").row(-1, named=True)
    metadata = {**made, **{name: repr(value) for name, value in chosen.items()}}
    write_safetensors(state, Path(path), {key: str(value) for key, value in metadata.items()})


class HeadFiles(NamedTuple):
    """Weights (safetensors) and history (TSV) of a head."""

    weights: str | Path
    history: str | Path


def take_head(
    folder: str | Path, head: str, model: str, tracks: str | Path, outputs: HeadFiles
) -> None:
    """Copy the weights and the history of one head.

    Parameters
    ----------
    folder : path
        Of all heads, as `train_coverage` writes it.
    head : str
        Which to take.
    model : str
        Whose it is, for the metadata of the weights.
    tracks : path
        The model's targets table.
    outputs : HeadFiles

    Raises
    ------
    InputError
        If the folder has no such head, or the head learned other tracks.
    """
    state, facts = read_safetensors(Path(folder) / f"{head}.safetensors")
    if "tracks" in facts:
        Tracks.read(tracks).check_outputs(json.loads(facts["tracks"]), tracks)
    with atomic(outputs.history) as temporary:
        shutil.copyfile(Path(folder) / f"{head}.history.tsv", temporary)
    write_safetensors(state, Path(outputs.weights), {**facts, "model": model})
