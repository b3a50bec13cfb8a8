"""Weights of a fold as the workflow keeps them: one safetensors file that names its origin."""

from pathlib import Path

import torch

from seqcast.core.store import file_sha256
from seqcast.models.convert import write_safetensors
from seqcast.models.interface import build_model, load_model, read_hyperparameters


def convert_weights(
    weights: str | Path, path: str | Path, architecture: str, hyperparameters: str | Path,
    head: str | None, origin: str,
) -> None:  # fmt: skip
    """Convert weights that exist, checking that they fit the hyperparameters.

    The metadata of `path` holds ``origin`` ("source", "train") and ``source_sha256``, the digest
    of `weights`; and what the network keeps of the file's own (``about``), such as names of labels.
    """
    model = load_model(architecture, weights, hyperparameters, head, device="cpu")
    facts = {"origin": origin, "source_sha256": file_sha256(weights)}
    facts |= {"architecture": architecture, **model.about}
    write_safetensors(model.state_dict(), Path(path), facts)


def random_weights(
    seed: int, path: str | Path, architecture: str, hyperparameters: str | Path, head: str | None
) -> None:
    """Write untrained weights drawn from `seed`: they show that the workflow runs, no more."""
    params = read_hyperparameters(hyperparameters, architecture)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = build_model(architecture, params, head)
        model.draw_alive()
    facts = {"origin": "random", "source_sha256": f"none: random weights of seed {seed}"}
    write_safetensors(model.state_dict(), Path(path), {"architecture": architecture, **facts})
