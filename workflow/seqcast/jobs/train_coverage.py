"""Train a coverage model."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import torch

from seqcast.errors import InputError
from seqcast.models.convert import write_safetensors
from seqcast.models.interface import architecture_of, choose_device, read_hyperparameters
from seqcast.store import file_sha256, write_tsv
from seqcast.targets.store import CoverageStore
from seqcast.targets.windows import parts_of_fold
from seqcast.tracks import Tracks
from seqcast.training import parallel
from seqcast.training.coverage import CoverageSet, CoverageTask
from seqcast.training.coverage_network import CoverageNetwork, starting_network
from seqcast.training.coverage_recipe import read_coverage_recipe
from seqcast.training.loop import train_heads


def train_coverage(
    files: Any, weights: str, history: str, checkpoint: str | Path, facts: Mapping[str, str],
    device: str, threads: int,
) -> None:  # fmt: skip
    """Train on the windows of a fold; write the best weights, and the course of the training.

    Parameters
    ----------
    files : namespace
        Paths ``stores`` and ``targets`` (one of each, or lists of the same order: a store and its
        targets table), ``recipe``, ``hyperparameters``, and ``initial``, weights to start from;
        without it they are drawn.
    weights : path
        Safetensors of the first store's head, whose metadata say how they came about. Of several
        stores, those of the other heads are written as ``<head>.safetensors`` to a folder beside
        it, `heads_folder`; each with the trunk it was best with.
    history : path
        TSV of `training.loop.train_heads`.
    checkpoint : path
        File from which an interrupted training goes on; removed at the end.
    facts : mapping
        Provenance; ``architecture`` names the class of networks, ``fold`` the windows' parts (see
        `parts_of_fold`), ``head`` the heads of the stores, in their order and separated by commas.
        Without it a single store has the first head, several have all of the hyperparameters'.
        The number of the training (c1 in f3c1) is added to the recipe's seed, and so is the fold.
    device : str
        See `choose_device`. With torch's launcher (``torchrun``), each process takes a GPU.
    threads : int
        CPU threads of a process.

    Raises
    ------
    InputError
        If the recipe, the stores or the weights to start from are unfit or do not belong to each
        other, the architecture does not predict coverage, or the checkpoint is of another training.
    """
    torch.set_num_threads(threads)
    recipe, options = read_coverage_recipe(files.recipe)
    recipe = replace(recipe, seed=recipe.seed + seed_of_fold(facts["fold"]))
    params, stores = read_hyperparameters(files.hyperparameters), _paths(files.stores)
    heads = heads_of_stores(facts, params, stores)
    initial = getattr(files, "initial", None)
    model = starting_network(facts["architecture"], params, heads, recipe.seed, initial,
                             options.checkpoint_activations, options.transfer)  # fmt: skip
    sets = [
        coverage_set(store, table, head, facts["fold"], model)
        for store, table, head in zip(stores, _paths(files.targets), heads, strict=True)
    ]
    task = CoverageTask(sets, options)
    with parallel.session(choose_device(device)) as target:
        table, best = train_heads(model.to(target), task, recipe, checkpoint)
        if parallel.rank() > 0:
            return
        made = {
            **facts, "origin": "train", "recipe": Path(files.recipe).read_text(),
            "hyperparameters": Path(files.hyperparameters).read_text(), "seed": recipe.seed,
            "initial_sha256": file_sha256(initial) if initial else "none: drawn",
            "data_sha256": task.digest, "processes": parallel.processes(),
        }  # fmt: skip
    write_tsv(table, history)
    for number, head in reversed(list(enumerate(heads))):  # what the workflow waits for comes last
        path = heads_folder(weights) / f"{head}.safetensors" if number else Path(weights)
        state = best[head if len(heads) > 1 else ""]
        chosen = _best_row(table, f"best_{head}" if number else "best")
        metadata = {k: str(v) for k, v in {**made, "head": head, **chosen}.items()}
        write_safetensors(model.weights_of(head, state), path, metadata)
    Path(checkpoint).unlink(missing_ok=True)


def coverage_set(
    store: str | Path, targets: str | Path, head: str, fold: str, model: CoverageNetwork
) -> CoverageSet:
    """A fold's windows in a store, for a head of a network.

    Raises
    ------
    InputError
        If the store was made for another network or from another targets table.
    """
    opened, tracks, network = CoverageStore.open(store), Tracks.read(targets), model.of(head)
    for name, found, expected in (
        ("window_length_bp", opened.window_length_bp, network.window_length_bp),
        ("bin_size_bp", opened.bin_size_bp, network.bin_size_bp),
        ("crop_bins", opened.crop_bins, network.crop_bins),
        ("number of tracks", len(opened.identifiers), network.tracks),
    ):
        if found != expected:
            raise InputError(
                f"{store}: {name} is {found}; expected {expected}, as head {head!r} of the "
                "hyperparameters has it; make the store anew or take the hyperparameters it is for"
            )
    if list(opened.identifiers) != tracks.identifier.tolist():
        raise InputError(
            f"{store}: its tracks are not those of {targets}, in their order; give the targets "
            "table that the store was made from, or make the store anew"
        )
    parts = parts_of_fold(opened.windows["part"].unique().to_list(), fold)
    training, validation = (opened.rows_of(parts[role]) for role in ("train", "valid"))
    return CoverageSet(head, opened, training, validation, tracks.pair)


def heads_of_stores(
    facts: Mapping[str, str], params: Mapping[str, Any], stores: Sequence[str]
) -> list[str]:
    """The head that learns each store.

    Raises
    ------
    InputError
        If the architecture does not predict coverage, or heads and stores differ in number.
    """
    kind = architecture_of(facts["architecture"])
    if not hasattr(kind, "trunk"):
        raise InputError(
            f"architecture {facts['architecture']!r} does not predict coverage, so it cannot be "
            "trained on it; give the model an architecture of task coverage"
        )
    known = list(kind.from_params(params, None).config.heads)
    named = [name.strip() for name in (facts.get("head") or "").split(",") if name.strip()]
    heads = named or (known[:1] if len(stores) == 1 else known)
    if len(heads) != len(stores):
        raise InputError(
            f"{len(stores)} stores for heads {', '.join(heads)}; expected one store a head, in "
            "their order; name the heads that are trained, separated by commas"
        )
    return heads


def heads_folder(weights: str | Path) -> Path:
    """Where the weights of further heads are: ``a.safetensors`` has the folder ``a.heads``."""
    return Path(weights).with_suffix(".heads")


def seed_of_fold(fold: str) -> int:
    """What a fold adds to a recipe's seed: ``3`` and ``f3`` 3, ``f3c1`` 1003."""
    match = re.fullmatch(r"f?(\d+)(?:c(\d+))?", str(fold))
    if match is None:
        raise InputError(f"fold {fold!r}; expected a number, or names such as f3 or f3c1")
    return int(match[1]) + 1000 * int(match[2] or 0)


def _best_row(table: pl.DataFrame, column: str) -> dict[str, str]:
    """What the history says of a head's best evaluation."""
    best = table.filter(column)[-1]
    return {name: repr(best[name].item()) for name in best.columns if not name.startswith("best")}


def _paths(files: Any) -> list[str]:
    """One path or several, as Snakemake hands them over."""
    return [str(files)] if isinstance(files, str | Path) else list(map(str, files))
