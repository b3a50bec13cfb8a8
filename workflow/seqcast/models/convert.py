"""Published Keras weights to PyTorch: read with h5py alone, kept as safetensors.

Keras 2 full-model HDF5 files: ``model_weights`` has the attribute ``layer_names`` in topological
order, each layer group ``weight_names``. The counters in the names drift between files, so layers
are matched by kind and by the order of their counters, weights inside a layer by name.
"""

import hashlib
import pickle
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from seqcast.core import seals
from seqcast.core.errors import InputError
from seqcast.core.expansion import check_expansion, check_zip
from seqcast.core.store import atomic, scratch_folder

if TYPE_CHECKING:
    import h5py

PICKLES = {".bin", ".pt", ".pth"}
LFS_POINTER = b"version https://git-lfs"

# Keras' name of a weight, by kind of layer -> our name and how to lay it out
_TRANSPOSE_DENSE = (1, 0)  # (in, out) -> (out, in)
_LAYOUTS: dict[str, dict[str, tuple[str, tuple[int, ...] | None]]] = {
    "conv1d": {"kernel": ("weight", (2, 1, 0)), "bias": ("bias", None)},
    "separable_conv1d": {
        "depthwise_kernel": ("depthwise.weight", (1, 2, 0)),
        "pointwise_kernel": ("pointwise.weight", (2, 1, 0)),
        "bias": ("pointwise.bias", None),
    },
    "dense": {"kernel": ("weight", _TRANSPOSE_DENSE), "bias": ("bias", None)},
    "batch_normalization": {
        "gamma": ("weight", None), "beta": ("bias", None),
        "moving_mean": ("running_mean", None), "moving_variance": ("running_var", None),
    },
    "layer_normalization": {"gamma": ("weight", None), "beta": ("bias", None)},
    "multihead_attention": {
        "r_w_bias": ("content_bias", None), "r_r_bias": ("position_bias", None),
        "q_layer/kernel": ("query.weight", _TRANSPOSE_DENSE),
        "k_layer/kernel": ("key.weight", _TRANSPOSE_DENSE),
        "v_layer/kernel": ("value.weight", _TRANSPOSE_DENSE),
        "r_k_layer/kernel": ("position.weight", _TRANSPOSE_DENSE),
        "embedding_layer/kernel": ("output.weight", _TRANSPOSE_DENSE),
        "embedding_layer/bias": ("output.bias", None),
    },
}  # fmt: skip


def read_keras_layers(path: Path) -> dict[str, list[dict[str, np.ndarray]]]:
    """Read the weights of a Keras full-model .h5 file.

    Returns
    -------
    dict
        Kind of layer (``conv1d``, ``dense`` ...) -> its layers in order of their counters, each a
        mapping from the weight's name inside the layer (``kernel``, ``q_layer/kernel``) to values.

    Raises
    ------
    InputError
        If the file is not HDF5, or holds no Keras model; as `check_expansion`.
    """
    import h5py  # here, as few jobs read such files

    kinds: dict[str, list[tuple[int, dict[str, np.ndarray]]]] = defaultdict(list)
    try:
        with h5py.File(path, "r") as file:
            group = file.get("model_weights", file)
            names = _chunked_attribute(group, "layer_names")
            held: list[int] = []
            group.visititems(lambda _, item: held.append(getattr(item, "nbytes", 0)))
            check_expansion(path, path.stat().st_size, sum(held))
            for name in names:
                if weights := _chunked_attribute(group[name], "weight_names"):
                    kind, counter = _kind_and_counter(name)
                    inside = {_inside_layer(w): group[name][w][()] for w in weights}
                    kinds[kind].append((counter, inside))
    except InputError:
        raise
    except (OSError, KeyError, RuntimeError, ValueError, TypeError, AttributeError) as error:
        # what libhdf5 meets in a damaged file, and h5py where an object is of another kind
        raise InputError(
            f"{path}: not readable as HDF5 ({error}); expected a Keras .h5 file. Download it again"
        ) from error
    if not names:
        raise InputError(f"{path}: no attribute 'layer_names'; expected a full Keras 2 model")
    return {
        kind: [w for _, w in sorted(layers, key=lambda x: x[0])] for kind, layers in kinds.items()
    }


def keras_state_dict(path: Path, order: Iterable[tuple[str, str]]) -> dict[str, Tensor]:
    """Tensors of a Keras file under the names of a PyTorch module.

    Parameters
    ----------
    order : iterable of (kind, prefix)
        The module's layers in the order Keras made them (``Borzuki.tensor_order``).

    Raises
    ------
    InputError
        If the file has more or fewer layers of a kind, or other weights inside one.
    """
    layers = read_keras_layers(path)
    prefixes: dict[str, list[str]] = defaultdict(list)
    for kind, prefix in order:
        prefixes[kind].append(prefix)
    found = {kind: len(group) for kind, group in layers.items()}
    expected = {kind: len(group) for kind, group in prefixes.items()}
    if found != expected:
        raise InputError(
            f"{path}: layers with weights {found}; the hyperparameters describe {expected}. "
            "Use the params.json that belongs to these weights"
        )
    state = {}
    for kind, group in prefixes.items():
        layout = _LAYOUTS[kind]
        for prefix, weights in zip(group, layers[kind], strict=True):
            if unknown := set(weights) - set(layout):
                raise InputError(f"{path}: {kind} holds {sorted(unknown)}; known: {sorted(layout)}")
            for name, values in weights.items():
                ours, axes = layout[name]
                tensor = torch.from_numpy(np.asarray(values, dtype=np.float32))
                tensor = tensor if axes is None else tensor.permute(axes).contiguous()
                state[f"{prefix}.{ours}"] = _as_image(kind, ours, tensor)
    return state


def keras_arrays(
    state: Mapping[str, Tensor], order: Iterable[tuple[str, str]]
) -> dict[str, np.ndarray]:
    """Inverse of `keras_state_dict`: arrays as Keras has them, under ``conv1d/0/kernel``.

    The number counts the layers of a kind in the order of `order`.
    """
    counts: dict[str, int] = defaultdict(int)
    arrays = {}
    for kind, prefix in order:
        for theirs, (ours, axes) in _LAYOUTS[kind].items():
            if (tensor := state.get(f"{prefix}.{ours}")) is None:
                continue  # of a layer without bias
            tensor = _from_image(kind, ours, tensor.detach().cpu())
            tensor = tensor if axes is None else tensor.permute(np.argsort(axes).tolist())
            arrays[f"{kind}/{counts[kind]}/{theirs}"] = tensor.numpy()
        counts[kind] += 1
    return arrays


def write_safetensors(state: dict[str, Tensor], path: Path, metadata: dict[str, str]) -> None:
    """Write tensors and their provenance to `path`: atomically, sealed (`seqcast.core.seals`)."""
    # the library writes to a name of its own next to the one that it is given
    with atomic(path) as temporary, scratch_folder(path) as folder:
        save_file(
            {k: v.contiguous() for k, v in state.items()}, folder / path.name,
            {**metadata, seals.KEY: seals.blank_seal()},
        )  # fmt: skip
        seals.seal(folder / path.name)
        (folder / path.name).replace(temporary)


def tensors_sha256(state: Mapping[str, Tensor]) -> str:
    """SHA-256 of weights whatever file holds them: of names, types, shapes and values."""
    digest = hashlib.sha256()
    for name in sorted(state):
        tensor = state[name].detach().cpu().contiguous()
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}\n".encode())
        digest.update(tensor.reshape(-1).view(torch.uint8).numpy().data)
    return digest.hexdigest()


def read_safetensors(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """Tensors and metadata of a safetensors file.

    Raises
    ------
    InputError
        If it is none, or not as `write_safetensors` wrote it.
    """
    if path.is_file():
        seals.check_seal(path)
    try:
        with safe_open(path, framework="pt") as file:
            state = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
            told = file.metadata() or {}
            return state, {key: text for key, text in told.items() if key != seals.KEY}
    except (OSError, SafetensorError) as error:
        raise InputError(f"{path}: not readable as safetensors ({error})") from error


def read_pickle(path: Path) -> dict[str, Tensor]:
    """Tensors of a pytorch_model.bin, zip or the older pickle; nothing but tensors is unpickled.

    Raises
    ------
    InputError
        If the file is no such file, or asks to run code; as `check_zip`.
    """
    with path.open("rb") as file:
        if file.read(len(LFS_POINTER)) == LFS_POINTER:
            raise InputError(
                f"{path}: a pointer of Git LFS, not the weights; get them with 'git lfs pull'"
            )
    check_zip(path)
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise InputError(
            f"{path}: refused, for it asks for more than tensors, or is no checkpoint; a pickle "
            "can run code when it is read, so only tensors are. Ask for a .safetensors file"
        ) from error
    except Exception as error:  # damaged archives raise nearly anything
        raise InputError(
            f"{path}: not a whole checkpoint ({type(error).__name__}); download it again"
        ) from error
    if not isinstance(state, dict) or not all(
        isinstance(name, str) and isinstance(tensor, Tensor) and tensor.layout == torch.strided
        and tensor.device.type == "cpu" and not tensor.is_quantized
        for name, tensor in state.items()
    ):  # fmt: skip
        raise InputError(f"{path}: holds something else than named tensors; expected a state_dict")
    return dict(state)


def read_tensors(path: Path) -> dict[str, Tensor]:
    """Tensors of a PyTorch checkpoint: .bin, .pt or .pth, or else safetensors."""
    return read_pickle(path) if path.suffix in PICKLES else read_safetensors(path)[0]


def load_strictly(model: torch.nn.Module, state: Mapping[str, Tensor], path: Path) -> None:
    """Give a network the tensors of a file.

    Raises
    ------
    InputError
        If a tensor is missing, left over or of another shape (the first of each are named), or
        holds no finite floating-point numbers.
    """
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
    _check_values(state, path)
    model.load_state_dict(dict(state), strict=False)


def _check_values(state: Mapping[str, Tensor], path: Path) -> None:
    """Stop at weights that are no finite floating-point numbers."""
    for name, tensor in state.items():
        if not tensor.is_floating_point() and "num_batches" not in name:
            raise InputError(
                f"{path}: {name} holds {tensor.dtype}, expected floating-point weights; quantised "
                "checkpoints are not read"
            )
        if tensor.is_floating_point() and not torch.isfinite(tensor.float()).all():
            raise InputError(
                f"{path}: {name} holds NaN or infinity; the file is damaged, or its training went "
                "wrong: take another one"
            )


def _chunked_attribute(group: "h5py.Group", name: str) -> list[str]:
    """Attribute `name`, which Keras splits into name0, name1 ... above 64 kB."""
    if name in group.attrs:
        values = list(group.attrs[name])
    else:
        values, i = [], 0
        while f"{name}{i}" in group.attrs:
            values += list(group.attrs[f"{name}{i}"])
            i += 1
    return [v.decode() if isinstance(v, bytes) else str(v) for v in values]


def _kind_and_counter(layer: str) -> tuple[str, int]:
    match = re.fullmatch(r"(.*?)(?:_(\d+))?", layer)
    assert match is not None
    return match[1], int(match[2] or 0)


def _inside_layer(weight: str) -> str:
    """``multihead_attention_1/q_layer/kernel:0`` -> ``q_layer/kernel``."""
    return weight.split("/", 1)[1].removesuffix(":0")


def _as_image(kind: str, name: str, tensor: Tensor) -> Tensor:
    if kind == "conv1d" and name == "weight":
        return tensor.unsqueeze(2)  # (out, in, 1, kernel)
    if name == "depthwise.weight":
        return tensor[:, :, None, :]  # (channels, 1, 1, kernel)
    if name == "pointwise.weight":
        return tensor.squeeze(2)  # (out, in)
    return tensor


def _from_image(kind: str, name: str, tensor: Tensor) -> Tensor:
    """Inverse of `_as_image`."""
    if (kind == "conv1d" and name == "weight") or name == "depthwise.weight":
        return tensor.squeeze(2)
    return tensor.unsqueeze(2) if name == "pointwise.weight" else tensor
