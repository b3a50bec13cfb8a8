"""What all jobs begin with: the model of a fold, its tracks, and what results say of them."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import torch

from seqcast.core.provenance import provenance, versions
from seqcast.genome.tracks import Tracks
from seqcast.models.convert import read_safetensors, tensors_sha256
from seqcast.models.interface import CoverageModel, load_model
from seqcast.predict.inference import check_fit


class FoldFiles(NamedTuple):
    """Files of one fold of a model.

    Attributes
    ----------
    weights : path
        Safetensors.
    hyperparameters : path or mapping
    tracks : path, optional
        Table of the tracks of a coverage model.
    """

    weights: str | Path
    hyperparameters: str | Path | Mapping[str, Any]
    tracks: str | Path = ""


def open_network(
    files: FoldFiles, architecture: str, head: str | None, inference: Mapping[str, Any],
    threads: int, compat: str | None = None,
) -> tuple[Any, dict[str, Any]]:  # fmt: skip
    """A fold's model, and the facts that results say of it.

    Parameters
    ----------
    files : FoldFiles
    inference : mapping
        The section of the config: device, precision.
    threads : int
        CPU threads of the job.
    """
    torch.set_num_threads(threads)
    model = load_model(
        architecture, files.weights, files.hyperparameters, head, compat,
        inference["device"], inference["precision"],
    )  # fmt: skip
    tensors, source = read_safetensors(Path(files.weights))
    facts = provenance(
        weights_sha256=source.get("source_sha256"),
        tensors_sha256=tensors_sha256(tensors),
        device=str(next(model.parameters()).device),
        precision=inference["precision"],
        versions=versions(),
    )
    return model, facts


def open_model(
    files: FoldFiles, architecture: str, head: str | None, inference: Mapping[str, Any],
    threads: int,
) -> tuple[CoverageModel, Tracks, dict[str, Any]]:  # fmt: skip
    """`open_network` of a coverage model, with the tracks of ``files.tracks`` in the middle."""
    model, facts = open_network(files, architecture, head, inference, threads)
    return model, Tracks.read(files.tracks), facts


def open_folds(
    weights: Sequence[str | Path], hyperparameters: str | Path, tracks: str | Path,
    architecture: str, head: str | None, inference: Mapping[str, Any], threads: int,
) -> tuple[list[CoverageModel], Tracks]:  # fmt: skip
    """All folds of a coverage model, one for each file of weights, and the tracks that fit them."""
    models, table = [], Tracks.read(tracks)
    for path in weights:
        files = FoldFiles(path, hyperparameters, tracks)
        models.append(open_model(files, architecture, head, inference, threads)[0])
        check_fit(models[-1], table)
    return models, table
