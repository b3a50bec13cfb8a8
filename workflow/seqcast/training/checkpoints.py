"""Checkpoints of a training: one file that appears whole, from which it resumes exactly.

The file holds no code: it is read with ``weights_only=True``, which builds tensors, numbers, text
and lists of them, and nothing else.
"""

import hashlib
import pickle
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from seqcast.core.errors import InputError
from seqcast.core.seals import check_seal, seal_zip
from seqcast.core.store import atomic

FORMAT = 2  # 1 had one set of best weights a training, and no mean of weights
_UNSAID = {"number of processes": 1}  # what checkpoints do not say that were written before it was
# what torch raises for files that are cut, of another kind, or hold more than tensors
_UNREADABLE = (
    pickle.UnpicklingError, RuntimeError, EOFError, OSError, LookupError, ValueError, TypeError,
    struct.error,
)  # fmt: skip


def save_checkpoint(
    path: str | Path, state: Mapping[str, Any], identity: Mapping[str, Any]
) -> None:
    """Write a checkpoint over an older one, which stays until the new one is whole.

    Parameters
    ----------
    path : path
    state : mapping
        Tensors, numbers, text, and lists and mappings of them.
    identity : mapping of str
        What the training is: a checkpoint is loaded only by a training of the same identity.
        Numbers, text, and lists and mappings of them; ``hyperparameters`` that an older checkpoint
        does not tell may be any.
    """
    with atomic(path) as temporary:
        torch.save({"format": FORMAT, "identity": dict(identity), **state}, temporary)
        seal_zip(temporary)


def load_checkpoint(path: str | Path, identity: Mapping[str, Any]) -> dict[str, Any] | None:
    """The state of a checkpoint, tensors on the CPU; None if there is no file.

    Raises
    ------
    InputError
        If the file is not a checkpoint of this program, or is one of another training.
    """
    if not Path(path).exists():
        return None
    remedy = f"remove {path} to start again"
    check_seal(path)
    try:
        found = torch.load(path, map_location="cpu", weights_only=True)
    except _UNREADABLE as error:
        reason = str(error).split("\n")[0] or type(error).__name__
        raise InputError(f"{path}: not readable as a checkpoint ({reason}); {remedy}") from error
    if not isinstance(found, dict) or found.get("format") != FORMAT:
        raise InputError(f"{path}: not a checkpoint of format {FORMAT}; {remedy}")
    if differing := _differences(found.pop("identity", None), identity):
        raise InputError(
            f"{path}: the checkpoint is of another training: {'; '.join(differing)}. "
            f"Restore what it was made with, or {remedy}"
        )
    return found


def tensors_digest(tensors: Mapping[str, Tensor]) -> str:
    """SHA-256 of named tensors: names, kinds, shapes and values."""
    digest = hashlib.sha256()
    for name in sorted(tensors):
        values = tensors[name].detach().cpu().contiguous()
        digest.update(f"{name} {values.dtype} {tuple(values.shape)}\n".encode())
        digest.update(values.reshape(-1).view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()


def random_states(device: torch.device) -> dict[str, Tensor]:
    """States of torch's generators on the CPU and on `device`."""
    states = {"cpu": torch.get_rng_state()}
    if device.type == "cuda":
        states["cuda"] = torch.cuda.get_rng_state(device)
    return states


def set_random_states(states: Mapping[str, Tensor], device: torch.device) -> None:
    """Inverse of `random_states`; the state of a device that was not in use is left out."""
    torch.set_rng_state(states["cpu"])
    if device.type == "cuda" and "cuda" in states:
        torch.cuda.set_rng_state(states["cuda"], device)


def _flat(values: Any, name: str = "") -> dict[str, Any]:
    """Settings inside others by their path: ``hyperparameters.model.trunk.0.filters``."""
    pairs = values.items() if isinstance(values, Mapping) else enumerate(values)
    flat: dict[str, Any] = {}
    for key, value in pairs:
        nested = isinstance(value, Mapping | list)
        flat |= _flat(value, f"{name}{key}.") if nested else {f"{name}{key}": value}
    return flat


def _differences(found: Any, expected: Mapping[str, Any]) -> list[str]:
    if not isinstance(found, Mapping):
        return ["it does not say of which"]
    unsaid = {**_UNSAID, "hyperparameters": expected.get("hyperparameters")}
    found = _flat({key: unsaid[key] for key in unsaid if key in expected} | dict(found))
    expected = _flat(expected)
    return [
        f"{key} was {found.get(key)!r} and is {expected.get(key)!r}"
        for key in dict.fromkeys([*found, *expected])
        if found.get(key) != expected.get(key)
    ]
