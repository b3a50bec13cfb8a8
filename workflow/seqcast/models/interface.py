"""What a model of each task offers, and the table of architectures."""

import importlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Protocol, cast

import torch
from torch import Tensor

from seqcast.errors import InputError
from seqcast.models.convert import keras_state_dict, read_safetensors

ARCHITECTURES = {"borzuki": ("seqcast.models.borzuki", "Borzuki")}
PRECISIONS = ("fp32", "tf32", "bf16")


class CoverageModel(Protocol):
    """Coverage of `tracks` in bins of `bin_size_bp` from one-hot DNA; a torch module."""

    training: bool

    @property
    def window_length_bp(self) -> int: ...
    @property
    def bin_size_bp(self) -> int: ...
    @property
    def crop_bins(self) -> int: ...
    @property
    def tracks(self) -> int: ...

    def train(self, mode: bool = True) -> Any: ...
    def parameters(self) -> Iterator[torch.nn.Parameter]: ...
    def state_dict(self) -> dict[str, Tensor]: ...

    def __call__(self, one_hot: Tensor) -> Tensor:
        """``(batch, 4, length)`` one-hot to ``(batch, tracks, bins)``."""
        ...


def choose_device(device: str = "auto") -> torch.device:
    """The device to compute on: "auto" is a GPU where there is one.

    Raises
    ------
    InputError
        If a GPU was asked for and none is usable.
    """
    if device == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    if device.startswith("cuda") and not torch.cuda.is_available():
        raise InputError(
            f"device {device!r} was asked for but torch {torch.__version__} sees no GPU; "
            "set device to 'auto' or 'cpu', or install a CUDA build of torch on a GPU node"
        )
    return torch.device(device)


def read_hyperparameters(hyperparameters: str | Path | Mapping[str, Any]) -> dict[str, Any]:
    """Content of a published params.json or config.json, or of a mapping that holds the same."""
    if isinstance(hyperparameters, Mapping):
        return dict(hyperparameters)
    path = Path(hyperparameters)
    try:
        return json.loads(path.read_text())
    except FileNotFoundError as error:
        raise InputError(f"{path}: no such file of hyperparameters") from error
    except json.JSONDecodeError as error:
        raise InputError(f"{path}: not valid JSON ({error})") from error


def build_model(
    architecture: str, hyperparameters: Mapping[str, Any], head: str
) -> torch.nn.Module:
    """An untrained network of `architecture`."""
    if architecture not in ARCHITECTURES:
        raise InputError(
            f"unknown architecture {architecture!r}; known: {', '.join(ARCHITECTURES)}"
        )
    module, name = ARCHITECTURES[architecture]
    return getattr(importlib.import_module(module), name).from_params(hyperparameters, head)


def load_model(
    architecture: str,
    weights: str | Path,
    hyperparameters: str | Path | Mapping[str, Any],
    head: str | None = None,
    compat: str | None = None,
    device: str = "auto",
    precision: str = "fp32",
) -> CoverageModel:
    """Read a trained model.

    Parameters
    ----------
    architecture : str
        A key of `ARCHITECTURES`.
    weights : path
        A published Keras .h5 file, or safetensors written by `convert.write_safetensors`.
    hyperparameters : path or mapping
        The published params.json, or its content.
    head : str, optional
        Which head the file holds ("human", "mouse"). Default: the first head whose number of
        outputs is that of the file.
    compat : str, optional
        Whose numbers to reproduce where the original program is wrong. Borzuki's network has no
        such case: its conventions belong to scoring (`ScoreOptions.compat`).
    device : str
        "auto", "cpu", "cuda", "cuda:1".
    precision : {"fp32", "tf32", "bf16"}
        Arithmetic of matrix products; weights and outputs are float32. tf32 changes GPUs only.

    Returns
    -------
    CoverageModel
        A torch module in evaluation mode, on `device`.

    Raises
    ------
    InputError
        If a tensor is missing, left over or of another shape (the first of each are named).
    """
    params = read_hyperparameters(hyperparameters)
    path = Path(weights)
    if not path.is_file():
        raise InputError(f"{path}: no such file of weights")
    if compat is not None:
        raise InputError(f"compat {compat!r}: architecture {architecture!r} has no such option")
    if precision not in PRECISIONS:
        raise InputError(f"precision {precision!r}; expected one of {', '.join(PRECISIONS)}")
    heads = [head] if head else heads_of(params)
    model = build_model(architecture, params, heads[0])
    state = _read_state(path, model)
    for name in heads[1:]:
        if _output_size(state) == model.tracks:
            break
        model = build_model(architecture, params, name)
    _load_strictly(model, state, path)
    target = choose_device(device)
    if target.type == "cuda":
        torch.backends.cuda.matmul.allow_tf32 = precision == "tf32"
        torch.backends.cudnn.allow_tf32 = precision == "tf32"
    if precision == "bf16":
        model.forward = torch.autocast(target.type, torch.bfloat16)(model.forward)
    return cast(CoverageModel, model.eval().requires_grad_(False).to(target))


def heads_of(params: Mapping[str, Any]) -> list[str]:
    """Names of the output heads that hyperparameters describe, in natural order."""
    keys = sorted(key for key in params.get("model", {}) if key.startswith("head"))
    return [key.removeprefix("head_") for key in keys] or ["human"]


def _read_state(path: Path, model: Any) -> dict[str, Tensor]:
    if path.suffix in {".h5", ".hdf5", ".keras"}:
        return keras_state_dict(path, model.tensor_order())
    return read_safetensors(path)[0]


def _output_size(state: Mapping[str, Tensor]) -> int:
    return state["head.bias"].shape[0] if "head.bias" in state else -1


def _load_strictly(model: torch.nn.Module, state: Mapping[str, Tensor], path: Path) -> None:
    # batch counters are bookkeeping of torch's training mode, absent from published files
    expected = {k: tuple(v.shape) for k, v in model.state_dict().items() if "num_batches" not in k}
    found = {k: tuple(v.shape) for k, v in state.items() if "num_batches" not in k}
    if expected != found:
        missing = [f"{k} {expected[k]}" for k in expected if k not in found]
        extra = [f"{k} {found[k]}" for k in found if k not in expected]
        shapes = [f"{k} is {found[k]}, expected {expected[k]}" for k in expected
                  if k in found and found[k] != expected[k]]  # fmt: skip
        raise InputError(
            f"{path}: tensors do not fit the hyperparameters: {len(missing)} missing "
            f"{missing[:3]}, {len(extra)} left over {extra[:3]}, {len(shapes)} of another shape "
            f"{shapes[:3]}; use the params.json that belongs to these weights"
        )
    model.load_state_dict(dict(state), strict=False)
