"""Relative attention against the original's layers and against the plain relative shift."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from seqcast.models.borzuki.attention import RelativeAttention, position_bands


def plain_attention(layer: RelativeAttention, x: torch.Tensor, dropout=0.0) -> torch.Tensor:
    """The original's computation: one key for each of 2 n - 1 distances, then a gather.

    `dropout` acts on the features of the distances.
    """
    n = x.shape[1]
    q, k, v = (layer._split(m(x)) for m in (layer.query, layer.key, layer.value))
    q = q * layer.key_size**-0.5
    features, band = position_bands(n, layer.position_features, n)
    table = F.dropout(features[band].to(x), dropout)
    keys = layer.position(table).unflatten(1, (layer.heads, -1)).transpose(0, 1)
    relative = (q + layer.position_bias) @ keys.transpose(1, 2)
    at = torch.arange(n)[None, :] - torch.arange(n)[:, None] + n - 1
    relative = relative.gather(3, at.expand(*relative.shape[:2], n, n))
    logits = (q + layer.content_bias) @ k.transpose(2, 3) + relative
    return layer.output((logits.softmax(-1) @ v).transpose(1, 2).flatten(2))


@pytest.mark.parametrize("n", [1, 2, 17, 256, 257, 600])
@pytest.mark.parametrize("form", ["plain", "rows", "fused"])
def test_fast_forms_equal_the_plain_one(n, form, monkeypatch):
    torch.manual_seed(n)
    layer = drawn_layer().eval()
    x = torch.randn(2, n, 24, dtype=torch.float64)
    monkeypatch.setenv("SEQCAST_ATTENTION", form)
    with torch.inference_mode():
        assert torch.allclose(layer(x), plain_attention(layer, x), rtol=0, atol=1e-12)


@pytest.mark.parametrize("rows", [(0, 300), (0, 1), (299, 300), (100, 161), (90, 297)])
@pytest.mark.parametrize("form", ["training", "plain", "rows", "fused"])
def test_some_rows_equal_those_of_all(rows, form, monkeypatch):
    torch.manual_seed(11)
    layer = drawn_layer().train(form == "training")
    if form != "training":
        monkeypatch.setenv("SEQCAST_ATTENTION", form)
    x = torch.randn(2, 300, 24, dtype=torch.float64, requires_grad=True)
    found, expected = layer(x, rows), plain_attention(layer, x)[:, slice(*rows)]
    assert torch.allclose(found, expected, rtol=0, atol=1e-12)
    for ours, plain in zip(gradients(layer, x, found), gradients(layer, x, expected), strict=True):
        assert torch.allclose(ours, plain, rtol=1e-9, atol=1e-10)


def drawn_layer(**dropouts) -> RelativeAttention:
    layer = RelativeAttention(24, 3, 16, 8, **dropouts).double()
    for parameter in layer.parameters():
        torch.nn.init.normal_(parameter)
    return layer


def gradients(layer, x, y) -> list[torch.Tensor]:
    weights = torch.linspace(-1, 1, y.numel(), dtype=y.dtype).reshape(y.shape)
    return list(torch.autograd.grad((y * weights).sum(), [x, *layer.parameters()]))


@pytest.mark.parametrize("n", [1, 2, 17, 129])
@pytest.mark.parametrize("form", ["training", "plain", "rows", "fused"])
def test_gradients_equal_those_of_the_plain_form(n, form, monkeypatch):
    torch.manual_seed(n)
    layer = drawn_layer().train(form == "training")
    if form != "training":
        monkeypatch.setenv("SEQCAST_ATTENTION", form)
    x = torch.randn(2, n, 24, dtype=torch.float64, requires_grad=True)
    y, expected = layer(x), plain_attention(layer, x)
    assert torch.allclose(y, expected, rtol=0, atol=1e-12)
    for ours, plain in zip(gradients(layer, x, y), gradients(layer, x, expected), strict=True):
        assert torch.allclose(ours, plain, rtol=1e-9, atol=1e-10)


def test_position_dropout_acts_on_the_features_of_each_distance():
    torch.manual_seed(7)
    layer = drawn_layer(position_dropout=0.3)
    x = torch.randn(2, 17, 24, dtype=torch.float64)
    torch.manual_seed(8)
    found = layer(x)
    torch.manual_seed(8)
    assert torch.allclose(found, plain_attention(layer, x, dropout=0.3), rtol=0, atol=1e-12)
    layer.eval()
    assert torch.allclose(layer(x), plain_attention(layer, x), rtol=0, atol=1e-12)


def test_attention_dropout_acts_on_the_weights():
    torch.manual_seed(9)
    layer = RelativeAttention(4, 1, 4, 8, attention_dropout=0.25).double()
    for part in (layer.value, layer.output):  # the output is the weights themselves
        torch.nn.init.eye_(part.weight)
    torch.nn.init.zeros_(layer.output.bias)
    x = torch.eye(4, dtype=torch.float64)[None]
    with torch.no_grad():
        weights = layer.eval()(x)
        draws = torch.cat([layer.train()(x) for _ in range(2000)])
    kept = draws != 0
    assert torch.allclose(draws[kept], (weights / 0.75).expand_as(draws)[kept])
    # 32,000 draws: standard error 0.0024
    assert kept.double().mean().item() == pytest.approx(0.75, abs=0.01)


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
        for training in (False, True):  # dropouts are 0
            found = layer.train(training)(x)
            assert np.allclose(found, ops[f"mha{i}/y"], rtol=0, atol=1e-5)


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
