"""What a fine-tuning learned, without the weights that it started from: a small file to pass on.

Trained weights repeat the whole backbone, of which a mode such as LoRA changed little. An adapter
has the tensors that were trained, low-rank terms as such, and the head. With the weights that the
training started from, `merge_adapter` gives the trained ones again.
"""

import json
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import polars as pl
from torch import Tensor

from seqcast.core.errors import InputError
from seqcast.models.architectures import architecture_of
from seqcast.models.convert import read_safetensors, tensors_sha256, write_safetensors
from seqcast.models.coverage import HEAD
from seqcast.training.outputs import write_weights
from seqcast.training.transfer import ORIGINAL, TERM, merged

BACKBONE = "backbone_sha256"  # in the metadata: of the tensors that an adapter belongs to


def write_adapter(
    path: str | Path, state: Mapping[str, Tensor], trained: Collection[str], history: pl.DataFrame,
    made: Mapping[str, Any],
) -> None:  # fmt: skip
    """Write what a fine-tuning learned.

    Parameters
    ----------
    path : path
        Safetensors.
    state : mapping
        Of the network in training, with low-rank terms apart (`CoverageNetwork.parts_of`).
    trained : collection of str
        Its tensors that were trained, as `CoverageNetwork.trained` names them.
    history : DataFrame
    made : mapping
        Both as of `outputs.write_weights`, with ``architecture`` and ``hyperparameters``.
    """
    learned = {name: tensor for name, tensor in state.items() if name in trained or TERM in name}
    frozen = {
        name.replace(ORIGINAL, ".weight"): tensor
        for name, tensor in state.items()
        if name not in learned
    }
    facts = {**made, BACKBONE: tensors_sha256(_backbone(frozen, learned))}
    write_weights(path, learned, history, facts)


def merge_adapter(adapter: str | Path, base: str | Path, output: str | Path) -> None:
    """Write the weights that a fine-tuning ended with.

    Parameters
    ----------
    adapter : path
        Of `write_adapter`.
    base : path
        The weights that the training started from, as published or as converted.
    output : path
        Safetensors: the tensors are those of the trained weights, to the bit on machines that
        multiply alike, with the same metadata.

    Raises
    ------
    InputError
        If a file is none of these, or the backbone of `base` is not the one that was fine-tuned.
    """
    learned, facts = read_safetensors(Path(adapter))
    if not {BACKBONE, "architecture", "hyperparameters"} <= set(facts):
        raise InputError(
            f"{adapter} is no adapter; expected a file *.adapter.safetensors that a fine-tuning "
            "wrote next to its weights"
        )
    params = json.loads(facts["hyperparameters"])
    _, given = architecture_of(facts["architecture"]).from_weights(Path(base), params, None)
    found = tensors_sha256(_backbone(given, learned))
    if found != facts[BACKBONE]:
        raise InputError(
            f"{base}: its backbone is not the one that {adapter} was trained with (digest "
            f"{found[:12]}, expected {facts[BACKBONE][:12]}); give the weights that the training "
            "started from"
        )
    told = {name: text for name, text in facts.items() if name != BACKBONE}
    write_safetensors(with_adapter(given, learned), Path(output), told)


def with_adapter(base: Mapping[str, Tensor], learned: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Tensors of the plain network: those of the base, with what was learned in their stead."""
    layers = {name.partition(TERM)[0] for name in learned if TERM in name}
    kept = {name: tensor for name, tensor in base.items() if not name.startswith(f"{HEAD}.")}
    originals = {f"{layer}{ORIGINAL}": kept.pop(f"{layer}.weight") for layer in sorted(layers)}
    return merged({**kept, **originals, **learned})


def _backbone(state: Mapping[str, Tensor], learned: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Tensors of a plain network but the head, counters, and what was learned itself."""
    return {
        name: tensor
        for name, tensor in state.items()
        if name not in learned and not name.startswith(f"{HEAD}.") and "num_batches" not in name
    }
