"""Train a language model of mRNA."""

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl
import torch

from seqcast.core.errors import InputError
from seqcast.core.file_lists import paths_of
from seqcast.core.store import file_sha256, read_table, write_tsv
from seqcast.models.architectures import architecture_of
from seqcast.models.convert import write_safetensors
from seqcast.models.interface import choose_device, read_hyperparameters
from seqcast.training.initial import starting_model
from seqcast.training.loop import train
from seqcast.training.next_token import NextTokenTask, TextSet
from seqcast.training.next_token_recipe import TextOptions, read_next_token_recipe
from seqcast.transcripts.marks import text_of

logger = logging.getLogger(__name__)


def train_language_model(
    files: Any, weights: str, history: str, checkpoint: str | Path, facts: Mapping[str, str],
    device: str, threads: int,
) -> None:  # fmt: skip
    """Train on transcripts; write the best weights, and the course of the training.

    Parameters
    ----------
    files : namespace
        Paths ``train`` and ``validation`` (a table of transcripts, or a list of them), ``recipe``,
        ``hyperparameters``, and ``initial``, weights to start from; without it they are drawn.
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
    recipe, options = read_next_token_recipe(files.recipe)
    if architecture_of(facts["architecture"]).task != "embedding":
        raise InputError(
            f"architecture {facts['architecture']!r} predicts no tokens, so it cannot be trained "
            "on texts; give the model an architecture of task embedding"
        )
    initial = getattr(files, "initial", None)
    model = starting_model(facts["architecture"], files.hyperparameters, recipe.seed, initial)
    if not model.has_lm_head:
        raise InputError(
            f"{initial}: no language-model head (lm_head.weight) to go on with; take weights "
            "that have it, or leave `initial` empty"
        )
    train_files, validation_files = _paths_apart(files)
    task = NextTokenTask(
        read_texts(train_files, model, options), read_texts(validation_files, model, options),
        options, model.max_tokens - 1,
    )  # fmt: skip
    params = read_hyperparameters(files.hyperparameters)
    table = train(model.to(choose_device(device)), task, recipe, checkpoint, params,
                  facts.get("code", ""))  # fmt: skip
    best = table.filter("best")[-1]
    made = {
        **facts, "origin": "train", "recipe": Path(files.recipe).read_text(),
        "hyperparameters": Path(files.hyperparameters).read_text(),
        "initial_sha256": file_sha256(initial) if initial else "none: drawn",
        "data_sha256": task.digest,
        **{name: repr(best[name].item()) for name in best.columns if name != "best"},
    }  # fmt: skip
    write_tsv(table, history)
    write_safetensors(model.cpu().state_dict(), Path(weights), {k: str(v) for k, v in made.items()})
    Path(checkpoint).unlink(missing_ok=True)


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


def _paths_apart(files: Any) -> tuple[list[str], list[str]]:
    """Tables to train on and to validate on."""
    train_files, validation_files = paths_of(files.train), paths_of(files.validation)
    if both := set(train_files) & set(validation_files):
        raise InputError(
            f"{min(both)} is in both train and validation; expected none in common. Give "
            "validation data that share no gene with the training data"
        )
    return train_files, validation_files
