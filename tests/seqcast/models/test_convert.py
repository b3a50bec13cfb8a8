"""Keras files: drifting counters, chunked attributes, wrong shapes; safetensors."""

import h5py
import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from seqcast.core.errors import InputError
from seqcast.models.convert import (
    keras_state_dict,
    read_keras_layers,
    read_safetensors,
    tensors_sha256,
    write_safetensors,
)
from seqcast.models.interface import build_model, load_model
from tests.seqcast.models.borzuki.test_network import TINY

PARTS = {  # our names -> Keras' names and axes, the inverse of the map in the package
    "conv1d": [("weight", "kernel:0", lambda t: t.squeeze(2).permute(2, 1, 0)), ("bias", "bias:0", None)],
    "dense": [("weight", "kernel:0", lambda t: t.T), ("bias", "bias:0", None)],
    "batch_normalization": [("weight", "gamma:0", None), ("bias", "beta:0", None),
                            ("running_mean", "moving_mean:0", None), ("running_var", "moving_variance:0", None)],
    "layer_normalization": [("weight", "gamma:0", None), ("bias", "beta:0", None)],
    "multihead_attention": [
        ("content_bias", "r_w_bias:0", None), ("position_bias", "r_r_bias:0", None),
        ("query.weight", "q_layer/kernel:0", lambda t: t.T), ("key.weight", "k_layer/kernel:0", lambda t: t.T),
        ("value.weight", "v_layer/kernel:0", lambda t: t.T),
        ("output.weight", "embedding_layer/kernel:0", lambda t: t.T), ("output.bias", "embedding_layer/bias:0", None),
        ("position.weight", "r_k_layer/kernel:0", lambda t: t.T)],
    "separable_conv1d": [("depthwise.weight", "depthwise_kernel:0", lambda t: t.squeeze((1, 2)).T[:, :, None]),
                         ("pointwise.weight", "pointwise_kernel:0", lambda t: t.T[None]),
                         ("pointwise.bias", "bias:0", None)],
}  # fmt: skip


def write_keras(path, model, first=0, chunked=False):
    """A Keras-like file of `model`, its layer counters beginning at `first`."""
    counters, names = {}, []
    state = model.state_dict()
    with h5py.File(path, "w") as file:
        group = file.create_group("model_weights")
        for kind, prefix in model.tensor_order():
            counter = counters.get(kind, first)
            counters[kind] = counter + 1
            layer = f"{kind}_{counter}" if counter else kind
            names.append(layer)
            inside = group.create_group(layer)
            weights = []
            for ours, theirs, axes in PARTS[kind]:
                tensor = state[f"{prefix}.{ours}"]
                inside[f"{layer}/{theirs}"] = (axes(tensor) if axes else tensor).numpy()
                weights.append(f"{layer}/{theirs}".encode())
            inside.attrs["weight_names"] = weights
            names.append(f"tf.nn.gelu_{len(names)}")
            group.create_group(names[-1]).attrs["weight_names"] = []
        encoded = [name.encode() for name in names]
        if chunked:
            for i, start in enumerate(range(0, len(encoded), 7)):
                group.attrs[f"layer_names{i}"] = encoded[start : start + 7]
        else:
            group.attrs["layer_names"] = encoded


@pytest.fixture
def model():
    torch.manual_seed(5)
    network = build_model("borzuki", TINY, "human").eval()
    for tensor in network.state_dict().values():
        if tensor.is_floating_point():
            tensor.copy_(torch.rand_like(tensor) + 0.1)
    return network


@pytest.mark.parametrize("first", [0, 8, 97])
@pytest.mark.parametrize("chunked", [False, True])
def test_counters_may_drift_and_attributes_be_chunked(tmp_path, model, first, chunked):
    # a first counter of 8 makes conv1d_10 sort before conv1d_8 as text
    write_keras(tmp_path / "model.h5", model, first, chunked)
    state = keras_state_dict(tmp_path / "model.h5", model.tensor_order())
    expected = {k: v for k, v in model.state_dict().items() if "num_batches" not in k}
    assert state.keys() == expected.keys()
    assert all(torch.equal(state[k], expected[k]) for k in expected)


def test_the_digest_of_tensors_is_of_the_weights_and_not_of_their_file(tmp_path, model):
    state = model.state_dict()
    write_safetensors(state, tmp_path / "a.safetensors", {"origin": "here"})
    write_safetensors(dict(reversed(state.items())), tmp_path / "b.safetensors", {})
    one, other = (read_safetensors(tmp_path / f"{name}.safetensors")[0] for name in "ab")
    assert tensors_sha256(one) == tensors_sha256(other) == tensors_sha256(state)
    name = next(key for key, tensor in state.items() if tensor.is_floating_point())
    for changed in (one[name] + 1e-3, one[name].bfloat16(), one[name].reshape(-1)):
        assert tensors_sha256({**one, name: changed}) != tensors_sha256(one)


def test_safetensors_give_the_same_model(tmp_path, model):
    write_keras(tmp_path / "model.h5", model)
    state = keras_state_dict(tmp_path / "model.h5", model.tensor_order())
    write_safetensors(state, tmp_path / "model.safetensors", {"source_sha256": "abc"})
    assert read_safetensors(tmp_path / "model.safetensors")[1] == {"source_sha256": "abc"}
    assert load_file(tmp_path / "model.safetensors").keys() == state.keys()
    x = torch.rand(1, 4, 2048)
    loaded = [
        load_model("borzuki", tmp_path / f, TINY, device="cpu")
        for f in ("model.h5", "model.safetensors")
    ]
    with torch.inference_mode():
        assert torch.equal(loaded[0](x), loaded[1](x))


def test_head_is_found_by_its_number_of_outputs(tmp_path):
    mouse = build_model("borzuki", TINY, "mouse")
    write_keras(tmp_path / "mouse.h5", mouse)
    assert load_model("borzuki", tmp_path / "mouse.h5", TINY, device="cpu").tracks == 3
    with pytest.raises(InputError, match=r"head\.bias is \(3,\), expected \(5,\)"):
        load_model("borzuki", tmp_path / "mouse.h5", TINY, head="human", device="cpu")


def test_layers_that_do_not_fit_are_counted(tmp_path, model):
    write_keras(tmp_path / "model.h5", model)
    with pytest.raises(InputError, match=r"'conv1d': 7.*'conv1d': 6"):
        keras_state_dict(
            tmp_path / "model.h5", [x for x in model.tensor_order() if x[1] != "stem.conv"]
        )


def test_other_files_are_refused(tmp_path):
    (tmp_path / "no.h5").write_text("not HDF5")
    with pytest.raises(InputError, match="not readable as HDF5"):
        read_keras_layers(tmp_path / "no.h5")
    with h5py.File(tmp_path / "empty.h5", "w") as file:
        file["x"] = np.zeros(1)
    with pytest.raises(InputError, match="no attribute 'layer_names'"):
        read_keras_layers(tmp_path / "empty.h5")
    (tmp_path / "no.safetensors").write_text("x")
    with pytest.raises(InputError, match="not readable as safetensors"):
        read_safetensors(tmp_path / "no.safetensors")
    with pytest.raises(InputError, match="no such file of weights"):
        load_model("borzuki", tmp_path / "missing.h5", TINY)
