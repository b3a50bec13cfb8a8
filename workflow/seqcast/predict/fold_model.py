"""What all jobs begin with: the model of a fold, its tracks, and what results say of them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from seqcast.core.provenance import provenance, versions
from seqcast.genome.tracks import Tracks
from seqcast.models.convert import read_safetensors, tensors_sha256
from seqcast.models.interface import CoverageModel, load_model
from seqcast.predict.variants.score_options import ScoreOptions


def read_options(options: Mapping[str, Any]) -> ScoreOptions:
    """`ScoreOptions` from the section of a config file, whose lists are tuples here."""
    fields: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in options.items()}
    return ScoreOptions(**fields)


def open_network(
    files: Any, architecture: str, head: str | None, inference: Mapping[str, Any], threads: int,
    compat: str | None = None,
) -> tuple[Any, dict[str, Any]]:  # fmt: skip
    """A fold's model, and the facts that results say of it.

    Parameters
    ----------
    files : namespace
        Paths ``weights`` (safetensors) and ``hyperparameters``.
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
    files: Any, architecture: str, head: str | None, inference: Mapping[str, Any], threads: int
) -> tuple[CoverageModel, Tracks, dict[str, Any]]:
    """`open_network` of a coverage model, with the tracks of ``files.tracks`` in the middle."""
    model, facts = open_network(files, architecture, head, inference, threads)
    return model, Tracks.read(files.tracks), facts
