"""What all jobs begin with: the model of a fold, its tracks, and what results say of them."""

from collections.abc import Mapping
from typing import Any

import torch

from seqcast.models.convert import read_safetensors
from seqcast.models.interface import CoverageModel, load_model
from seqcast.provenance import provenance, versions
from seqcast.scoring.options import ScoreOptions
from seqcast.tracks import Tracks


def read_options(options: Mapping[str, Any]) -> ScoreOptions:
    """`ScoreOptions` from the section of a config file, whose lists are tuples here."""
    fields: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in options.items()}
    return ScoreOptions(**fields)


def open_model(
    files: Any, architecture: str, head: str | None, inference: Mapping[str, Any], threads: int
) -> tuple[CoverageModel, Tracks, dict[str, Any]]:
    """A fold's model, the tracks to predict, and the facts that results say of both.

    Parameters
    ----------
    files : namespace
        Paths ``weights`` (safetensors), ``hyperparameters`` and ``tracks``.
    inference : mapping
        The section of the config: device, precision.
    threads : int
        CPU threads of the job.
    """
    torch.set_num_threads(threads)
    model = load_model(
        architecture, files.weights, files.hyperparameters, head,
        device=inference["device"], precision=inference["precision"],
    )  # fmt: skip
    source = read_safetensors(files.weights)[1]
    facts = provenance(
        weights_sha256=source.get("source_sha256"),
        device=str(next(model.parameters()).device),
        precision=inference["precision"],
        versions=versions(),
    )
    return model, Tracks.read(files.tracks), facts
