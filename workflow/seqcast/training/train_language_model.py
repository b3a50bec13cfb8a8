"""Train a language model of mRNA."""

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl
import torch

from seqcast.core.errors import InputError
from seqcast.core.store import read_table
from seqcast.models.architectures import architecture_of
from seqcast.models.interface import choose_device, read_hyperparameters
from seqcast.training.initial import starting_model
from seqcast.training.next_token import NextTokenTask, TextSet
from seqcast.training.outputs import made_with, train_and_write
from seqcast.training.recipe import read_recipe
from seqcast.training.task_options import TextOptions
from seqcast.transcripts.marks import text_of

logger = logging.getLogger(__name__)


class TextTrainingFiles(NamedTuple):
    """What a language model is trained from.

    Attributes
    ----------
    train, validation : tuple of path
        Tables of transcripts.
    recipe, hyperparameters : path
    initial : path, optional
        Weights to start from; without it they are drawn.
    """

    train: tuple[str | Path, ...]
    validation: tuple[str | Path, ...]
    recipe: str | Path
    hyperparameters: str | Path
    initial: str | Path | None = None


def train_language_model(
    files: TextTrainingFiles, weights: str, history: str, checkpoint: str | Path,
    facts: Mapping[str, str], device: str, threads: int,
) -> None:  # fmt: skip
    """Train on transcripts; write the best weights, and the course of the training.

    Parameters
    ----------
    files : TextTrainingFiles
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
        If the recipe, the sequences or the weights to start from are unfit, the architecture has
        no language-model head, or the checkpoint is of another training.
    """
    torch.set_num_threads(threads)
    recipe, options = read_recipe(files.recipe, TextOptions)
    if architecture_of(facts["architecture"]).task != "embedding":
        raise InputError(
            f"architecture {facts['architecture']!r} predicts no tokens, so it cannot be trained "
            "on texts; give the model an architecture of task embedding"
        )
    model = starting_model(facts["architecture"], files.hyperparameters, recipe.seed, files.initial)
    if not model.has_lm_head:
        raise InputError(
            f"{files.initial}: no language-model head (lm_head.weight) to go on with; take weights "
            "that have it, or leave `initial` empty"
        )
    _check_apart(files)
    task = NextTokenTask(
        read_texts(files.train, model, options), read_texts(files.validation, model, options),
        options, model.max_tokens - 1,
    )  # fmt: skip
    params = read_hyperparameters(files.hyperparameters)
    made = {
        **made_with(facts, files.recipe, files.initial),
        "hyperparameters": Path(files.hyperparameters).read_text(), "data_sha256": task.digest,
    }  # fmt: skip
    train_and_write(
        model.to(choose_device(device)), task, recipe, params, made, weights, history, checkpoint
    )


def read_texts(paths: Sequence[str | Path], model: Any, options: TextOptions) -> TextSet:
    """Usable sequences of tables of transcripts, as a model is to read them.

    Parameters
    ----------
    paths : sequence of path
        Tables ``results/transcripts/{dataset}.parquet``; rows that are not valid are left out, and
        the log says how many.
    model : EmbeddingModel
    options : TextOptions

    Raises
    ------
    InputError
        If no row is usable.
    """
    name = ", ".join(map(str, paths))
    table = pl.concat(
        read_table(path, columns=["sequence", "cds_start", "cds_end", "status"]) for path in paths
    )
    usable = table.filter(pl.col("status") == "valid", pl.col("sequence").is_not_null())
    if left_out := len(table) - len(usable):
        logger.warning("%s: %d of %d sequences are not usable", name, left_out, len(table))
    marks = options.codon_marks and model.codon_mark is not None
    rows = usable.select("sequence", "cds_start", "cds_end").iter_rows()
    return TextSet((text_of(text, start, end, marks) for text, start, end in rows), name)


def _check_apart(files: TextTrainingFiles) -> None:
    """Refuse a table to train on that is validated on too."""
    if both := set(map(str, files.train)) & set(map(str, files.validation)):
        raise InputError(
            f"{min(both)} is in both train and validation; expected none in common. Give "
            "validation data that share no gene with the training data"
        )
