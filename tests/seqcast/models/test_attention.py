"""Relative attention against the original's layers and against the plain relative shift."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from seqcast.models import attention
from seqcast.models.attention import RelativeAttention, position_bands


def plain_attention(layer: RelativeAttention, x: torch.Tensor) -> torch.Tensor:
    """The original's computation: one key for each of 2 n - 1 distances, then a gather."""
    n = x.shape[1]
    q, k, v = (layer._split(m(x)) for m in (layer.query, layer.key, layer.value))
    q = q * layer.key_size**-0.5
    features, band = position_bands(n, layer.position_features, n)
    keys = layer.position(features[band].to(x)).unflatten(1, (layer.heads, -1)).transpose(0, 1)
    relative = (q + layer.position_bias) @ keys.transpose(1, 2)
    at = torch.arange(n)[None, :] - torch.arange(n)[:, None] + n - 1
    relative = relative.gather(3, at.expand(*relative.shape[:2], n, n))
    logits = (q + layer.content_bias) @ k.transpose(2, 3) + relative
    return layer.output((logits.softmax(-1) @ v).transpose(1, 2).flatten(2))


@pytest.mark.parametrize("n", [1, 2, 17, 128, 129, 300])
@pytest.mark.parametrize("attend", ["_attend_by_rows", "_attend_fused"])
def test_fast_forms_equal_the_plain_one(n, attend, monkeypatch):
    torch.manual_seed(n)
    layer = RelativeAttention(24, 3, 16, 8).double()
    for parameter in layer.parameters():
        torch.nn.init.normal_(parameter)
    x = torch.randn(2, n, 24, dtype=torch.float64)
    monkeypatch.setattr(attention, "_attend_by_rows", getattr(attention, attend))
    with torch.inference_mode():
        assert torch.allclose(layer(x), plain_attention(layer, x), rtol=0, atol=1e-12)


@pytest.mark.parametrize("i", [0, 1, 2])
def test_layer_equals_the_original(shared, i):
    ops = np.load(shared / "reference/borzuki/metrics/ops.npz")
    weights = {
        k.removeprefix(f"mha{i}/w/"): torch.from_numpy(ops[k])
        for k in ops
        if k.startswith(f"mha{i}/w/")
    }
    x = torch.from_numpy(ops[f"mha{i}/x"]).float()
    heads, key_size = weights["r_w_bias"].shape[1], weights["r_w_bias"].shape[3]
    layer = RelativeAttention(x.shape[2], heads, key_size, weights["r_k_layer/kernel"].shape[0])
    layer.load_state_dict({
        "content_bias": weights["r_w_bias"], "position_bias": weights["r_r_bias"],
        "query.weight": weights["q_layer/kernel"].T, "key.weight": weights["k_layer/kernel"].T,
        "value.weight": weights["v_layer/kernel"].T, "position.weight": weights["r_k_layer/kernel"].T,
        "output.weight": weights["embedding_layer/kernel"].T, "output.bias": weights["embedding_layer/bias"],
    })  # fmt: skip
    with torch.inference_mode():
        assert np.allclose(layer(x), ops[f"mha{i}/y"], rtol=0, atol=1e-5)


@pytest.mark.parametrize(("n", "features"), [(3072, 32), (1024, 32), (97, 16), (384, 8)])
def test_position_features_equal_the_original(shared, n, features):
    ops = np.load(shared / "reference/borzuki/metrics/ops.npz")
    of_band, band = position_bands(n, features, n)
    table = of_band[band].numpy()
    golden = ops[f"posfeat/{n}_{features}/center"]
    assert np.array_equal(table[n - 1 - 40 : n + 40], golden)
    assert np.array_equal(
        (table != 0).sum(0), ops[f"posfeat/{n}_{features}/count_nonzero_per_feature"]
    )


def test_published_length_has_31_bands():
    # counted in the hyperparameters of hl_clip: 3,072 tokens, 32 features
    assert len(position_bands(3072, 32, 3072)[0]) == 31


def test_gelu_and_softplus_equal_the_original(shared):
    ops = np.load(shared / "reference/borzuki/metrics/ops.npz")
    x = torch.from_numpy(ops["gelu/x"])
    assert np.allclose(F.gelu(x, approximate="tanh"), ops["gelu/y"], atol=1e-6)
    assert np.allclose(
        F.softplus(torch.from_numpy(ops["softplus/x"])), ops["softplus/y"], atol=1e-6
    )
