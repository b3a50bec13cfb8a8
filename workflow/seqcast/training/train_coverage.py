"""Train a coverage model."""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl
import torch
from torch import Tensor

from seqcast.core.errors import InputError
from seqcast.core.store import atomic, write_tsv
from seqcast.datasets.coverage.fold_names import fold_numbers
from seqcast.datasets.coverage.target_store import CoverageStore
from seqcast.datasets.coverage.target_windows import parts_of_fold
from seqcast.genome.tracks import Tracks
from seqcast.models.architectures import architecture_of, coverage_shape
from seqcast.models.devices import choose_device, device_type
from seqcast.models.interface import read_hyperparameters
from seqcast.training import parallel
from seqcast.training.adapters import write_adapter
from seqcast.training.coverage import CoverageSet, CoverageTask
from seqcast.training.coverage_network import CoverageNetwork, starting_network
from seqcast.training.launch import run_together
from seqcast.training.loop import train_heads
from seqcast.training.outputs import ADAPTER, TrainingOutputs, made_with, write_weights
from seqcast.training.recipe import Recipe, read_recipe
from seqcast.training.task_options import (
    CoverageOptions,
    check_track_weights,
    weights_of_tracks,
)


class CoverageTrainingFiles(NamedTuple):
    """What a coverage model is trained from.

    Attributes
    ----------
    stores, targets : tuple of path
        Of the same order: a store and its targets table.
    recipe, hyperparameters : path
    initial : path, optional
        Weights to start from; without it they are drawn.
    """

    stores: tuple[str | Path, ...]
    targets: tuple[str | Path, ...]
    recipe: str | Path
    hyperparameters: str | Path
    initial: str | Path | None = None


def train_coverage(
    files: CoverageTrainingFiles, outputs: TrainingOutputs, facts: Mapping[str, str],
    device: str, threads: int, processes: int = 1,
) -> None:  # fmt: skip
    """Train on the windows of a fold; write the best weights, and the course of the training.

    Parameters
    ----------
    files : CoverageTrainingFiles
    outputs : TrainingOutputs
        In the metadata of the weights, ``tracks`` are the identifiers of the outputs in their
        order, a list in JSON. Of several stores the weights are a folder: for each head
        ``<head>.safetensors``, with the backbone it was best with, and ``<head>.history.tsv``. The
        history is of all heads; see `training.loop.train_heads`. A fine-tuning of less than all
        weights also writes `adapters.write_adapter`, next to the weights.
    facts : mapping
        Provenance; ``architecture`` names the class of networks, ``fold`` the windows' parts (see
        `parts_of_fold`), ``head`` the heads of the stores, in their order and separated by commas;
        a single store may leave it out and has the first of the hyperparameters. The number of the
        training (c1 in f3c1) is added to the recipe's seed, and so is the fold.
    device : str
        See `choose_device`. Of several processes each takes a GPU.
    threads : int
        CPU threads of all processes together.
    processes : int
        How many share the training; they are started here. A script that torch's launcher starts
        (``torchrun``) leaves it at 1.

    Raises
    ------
    InputError
        If the recipe, the stores or the weights to start from are unfit or do not belong to each
        other, the architecture does not predict coverage, or the checkpoint is of another training.
    """
    if processes > 1:
        given = {"facts": dict(facts), "device": device, "threads": threads}
        _train_together(files, outputs, processes, given)
        return
    torch.set_num_threads(threads)
    recipe, options = _recipe_of_fold(files.recipe, facts["fold"])
    params = _hyperparameters(files.hyperparameters, facts["architecture"])
    heads = heads_of_stores(facts, params, files.stores)
    tables = [Tracks.read(path) for path in files.targets]
    tracks = {head: table.identifier.tolist() for head, table in zip(heads, tables, strict=True)}
    check_track_weights(options.track_weights, [s for t in tables for s in t.description])
    model = starting_network(facts["architecture"], params, heads, recipe.seed, files.initial,
                             options.checkpoint_activations, options.transfer, tracks)  # fmt: skip
    stores = zip(files.stores, files.targets, heads, strict=True)
    sets = [coverage_set(*one, facts["fold"], model, options) for one in stores]
    task = CoverageTask(sets, options)
    with parallel.session(choose_device(device)) as target:
        table, best = train_heads(model.to(target), task, recipe, outputs.checkpoint, params,
                                  facts.get("code", ""))  # fmt: skip
        if parallel.rank() > 0:
            return
        made = {
            **made_with(facts, files.recipe, files.initial),
            "hyperparameters": Path(files.hyperparameters).read_text(), "seed": recipe.seed,
            "data_sha256": task.digest, "processes": parallel.processes(), **learned_from(sets),
        }  # fmt: skip
    write_tsv(table, outputs.history)
    with atomic(outputs.weights) as target:
        for head, (name, state) in zip(heads, best.items(), strict=True):
            own = made | {"head": head, "tracks": json.dumps(tracks[head])}
            _write_head(target, name, model.weights_of(head, state), table, own)
            if options.transfer and options.transfer.mode != "full":
                place = target / f"{name}{ADAPTER}" if name else outputs.adapter
                parts, of_head = model.parts_of(head, state), history_of_head(table, name)
                write_adapter(place, parts, model.trained, of_head, own)
    Path(outputs.checkpoint).unlink(missing_ok=True)


def learned_from(sets: Sequence[CoverageSet]) -> dict[str, str]:
    """``training_contigs``: assembly to the contigs whose windows were trained on, in JSON."""
    found: dict[str, list[str]] = {}
    for one in sets:
        chroms = one.store.windows["chrom"].gather(one.training)
        known = found.setdefault(one.store.assembly, [])
        known.extend(chrom for chrom in chroms.unique(maintain_order=True) if chrom not in known)
    return {"training_contigs": json.dumps(found)}


def history_of_head(table: pl.DataFrame, head: str) -> pl.DataFrame:
    """The history of one head, laid out as if it had been trained alone.

    Parameters
    ----------
    table : DataFrame
        Of `training.loop.train_heads`: ``validation_loss`` is a mean over heads, in addition to
        which ``validation_loss_<head>`` stands, and so on.
    head : str
        "" for a training that names none.
    """
    shared = [c for c in table.columns if not any(c.startswith(f"{b}_") for b in table.columns)]
    own = {name: f"{name}_{head}" for name in shared if f"{name}_{head}" in table.columns}
    return table.select(pl.col(own.get(name, name)).alias(name) for name in shared)


def train_share(files: Mapping[str, Any], outputs: Mapping[str, str], **arguments: Any) -> None:
    """`train_coverage` in one of several processes; `files` and `outputs` by their names."""
    train_coverage(CoverageTrainingFiles(**files), TrainingOutputs(**outputs), **arguments)


def coverage_set(
    store: str | Path, targets: str | Path, head: str, fold: str, model: CoverageNetwork,
    options: CoverageOptions,
) -> CoverageSet:  # fmt: skip
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
                "hyperparameters has it; make the store again or take the hyperparameters it is for"
            )
    if list(opened.identifiers) != tracks.identifier.tolist():
        raise InputError(
            f"{store}: its tracks are not those of {targets}, in their order; give the targets "
            "table that the store was made from, or make the store again"
        )
    parts = parts_of_fold(opened.windows["part"].unique().to_list(), fold)
    training, validation = (opened.rows_of(parts[role]) for role in ("train", "valid"))
    weights = weights_of_tracks(options.track_weights, tracks.description.tolist())
    return CoverageSet(head, opened, training, validation, tracks.pair, weights)


def _recipe_of_fold(path: str | Path, fold: str) -> tuple[Recipe, CoverageOptions]:
    recipe, options = read_recipe(path, CoverageOptions)
    return replace(recipe, seed=recipe.seed + seed_of_fold(fold)), options


def _hyperparameters(path: str | Path, architecture: str) -> dict[str, Any]:
    if architecture_of(architecture).task != "coverage":
        raise InputError(
            f"architecture {architecture!r} does not predict coverage, so it cannot be trained on "
            "it; give the model an architecture of task coverage"
        )
    return read_hyperparameters(path, architecture)


def heads_of_stores(
    facts: Mapping[str, str], params: Mapping[str, Any], stores: Sequence[str | Path]
) -> list[str]:
    """The head that learns each store.

    Raises
    ------
    InputError
        If heads and stores differ in number.
    """
    known = list(coverage_shape(facts["architecture"], params).heads)
    named = [name.strip() for name in (facts.get("head") or "").split(",") if name.strip()]
    heads = named or known[:1]
    if len(heads) != len(stores):
        raise InputError(
            f"{len(stores)} stores for heads {', '.join(heads)}; expected one store a head, in "
            "their order; name the heads that are trained, separated by commas"
        )
    return heads


def seed_of_fold(fold: str) -> int:
    """What a fold adds to a recipe's seed: ``3`` and ``f3`` 3, ``f3c1`` 1003."""
    number, training = fold_numbers(fold)
    return number + 1000 * training


def _write_head(
    target: Path, name: str, tensors: dict[str, Tensor], table: pl.DataFrame,
    made: Mapping[str, Any],
) -> None:  # fmt: skip
    """Write the weights of a head; named heads share a folder, in which each has its history."""
    history = history_of_head(table, name)
    if name:
        write_tsv(history, target / f"{name}.history.tsv")
    write_weights(target / f"{name}.safetensors" if name else target, tensors, history, made)


def _train_together(
    files: CoverageTrainingFiles, outputs: TrainingOutputs, processes: int, given: dict[str, Any]
) -> None:
    """Start the processes that share a training, and wait for them."""
    _check_processes(processes, given["device"], files.recipe)
    threads = max(1, given["threads"] // processes)
    paths = {name: str(path) for name, path in outputs._asdict().items()}
    asked = {**given, "files": files._asdict(), "outputs": paths, "threads": threads}
    run_together(train_share, asked, processes)


def _check_processes(processes: int, device: str, recipe: str | Path) -> None:
    """Refuse more processes than there is work or a GPU for."""
    asked = f"training.processes is {processes}"
    batch = read_recipe(recipe, CoverageOptions)[0].batch_size
    if "WORLD_SIZE" in os.environ:
        raise InputError(f"{asked}, and torch's launcher started this one; expected one of the two")
    if batch < processes:
        raise InputError(
            f"{asked}, but a batch of {recipe} has {batch} windows; expected a window or more for "
            "each process: lower training.processes, or raise batch_size"
        )
    if device.startswith("cuda:"):
        raise InputError(
            f"{asked}, but inference.device is {device}, one GPU; expected auto, cuda or cpu"
        )
    if device_type(device) == "cuda" and torch.cuda.device_count() < processes:
        raise InputError(
            f"{asked}, but this job sees {torch.cuda.device_count()} GPUs; expected one for each "
            "process: lower training.processes, or give the job more (CUDA_VISIBLE_DEVICES)"
        )
