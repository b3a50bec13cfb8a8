"""Building blocks against torch's own layers."""

import pytest
import torch
import torch.nn.functional as F

from seqcast.models import layers


@pytest.mark.parametrize("length", [8, 510, 514, 2048])
@pytest.mark.parametrize("kernel", [1, 3, 11])
def test_tiled_convolution_equals_the_whole(length, kernel, monkeypatch):
    monkeypatch.setattr(layers, "TILE_VALUES", 256 * 6)
    torch.manual_seed(length)
    conv = layers.Conv(4, 6, kernel).double()
    x = torch.randn(2, length, 4, dtype=torch.float64)
    plain = F.conv1d(torch.sigmoid(x).mT, conv.weight[:, :, 0], conv.bias, padding=kernel // 2).mT
    with torch.inference_mode():
        tiled = conv(x, before=torch.sigmoid, pool=True)
    # sigmoid(0) is not 0: zero padding must come after `before`
    assert torch.allclose(tiled, F.max_pool1d(plain.mT, 2).mT, rtol=0, atol=1e-12)


def test_batch_norm_equals_torch_in_evaluation_mode():
    torch.manual_seed(1)
    norm = layers.BatchNorm(5).double().eval()
    for values in (norm.running_mean, norm.running_var, norm.weight.data, norm.bias.data):
        values.uniform_(0.5, 2)
    x = torch.randn(3, 7, 5, dtype=torch.float64)
    golden = F.batch_norm(
        x.mT, norm.running_mean, norm.running_var, norm.weight, norm.bias, eps=1e-3
    ).mT
    assert torch.allclose(norm(x), golden, rtol=0, atol=1e-12)


def test_batch_norm_in_training_is_that_of_keras():
    torch.manual_seed(4)
    norm = layers.BatchNorm(5, momentum=0.1).double()
    torch.nn.init.uniform_(norm.weight)
    x = torch.randn(3, 7, 5, dtype=torch.float64) * 2 + 1
    y = norm(x)
    flat = x.reshape(21, 5)
    mean, variance = flat.mean(0), ((flat - flat.mean(0)) ** 2).sum(0) / 21  # biased
    expected = (x - mean) / (variance + 1e-3).sqrt() * norm.weight + norm.bias
    assert torch.allclose(y, expected, rtol=0, atol=1e-12)
    # moving = 0.9 moving + 0.1 batch, from 0 and 1
    assert torch.allclose(norm.running_mean, 0.1 * mean, rtol=1e-12)
    assert torch.allclose(norm.running_var, 0.9 + 0.1 * variance, rtol=1e-12)


def test_two_batches_before_a_backward_pass():
    torch.manual_seed(5)
    norm = layers.BatchNorm(5)
    first, second = norm(torch.randn(2, 9, 5)), norm(torch.randn(2, 9, 5))
    (first.square().sum() + second.exp().sum()).backward()
    assert norm.weight.grad.abs().sum() > 0


def test_frozen_statistics_stay():
    norm = torch.nn.Sequential(layers.BatchNorm(5))
    before = {name: tensor.clone() for name, tensor in norm.state_dict().items()}
    with layers.FrozenStatistics(norm):
        norm(torch.randn(2, 9, 5))
    assert all(torch.equal(norm.state_dict()[name], tensor) for name, tensor in before.items())
    norm(torch.randn(2, 9, 5))
    assert not torch.equal(norm[0].running_mean, before["0.running_mean"])


@pytest.mark.parametrize("precision", [torch.float32, torch.float64, torch.bfloat16])
@pytest.mark.parametrize(
    "shape", [(2, 11, 64), (1, 1, 64), (64, 36, 64), (0, 5, 64), (1, 0, 64), (7, 64), (2, 3, 5, 64)]
)
@pytest.mark.parametrize("has_bias", [False, True])
def test_affine_map_and_its_gradients_are_those_of_torch(shape, precision, has_bias, monkeypatch):
    monkeypatch.setattr(layers, "ONEDNN_VALUES", 0)
    torch.manual_seed(2)
    tensors = [torch.randn(shape), torch.randn(9, 64), torch.randn(9)][: 2 + has_bias]
    tensors = [tensor.to(precision).requires_grad_() for tensor in tensors]
    made = []
    for form in (F.linear, layers.affine):
        y = form(*tensors)
        steps = torch.autograd.grad(y.square().sum(), tensors, create_graph=True)
        made.append([y, *steps, torch.autograd.grad(steps[0].square().sum(), tensors[1])[0]])
    # sums of as many terms as x has channels, or positions where weights get their gradient
    terms = max(64, shape[0] * tensors[0].numel() // 64)
    for plain, ours in zip(*made, strict=True):
        scale = plain.abs().max().item() if plain.numel() else 0
        tolerance = torch.finfo(precision).eps * terms**0.5 * scale
        torch.testing.assert_close(ours, plain, rtol=0, atol=tolerance)


def test_affine_map_of_views(monkeypatch):
    monkeypatch.setattr(layers, "ONEDNN_VALUES", 0)
    torch.manual_seed(6)
    wide, tall = torch.randn(40, 3, 16), torch.randn(16, 30)
    inputs = [
        wide[:, 1],
        tall.T,
        wide[::2, 2],
        torch.randn(1, 16).expand(5, 16),
        wide.transpose(0, 1),
    ]
    for weight in (wide[:, 0], tall.T, torch.randn(16).expand(8, 16)):
        for x in inputs:
            assert torch.allclose(layers.affine(x, weight), x @ weight.T, rtol=0, atol=1e-5)


def test_single_precision_is_multiplied_by_onednn_where_it_is_right(monkeypatch, caplog):
    x, dense = torch.ones(2, 3, 128), layers.Dense(128, 128)
    with torch.inference_mode():
        expected = F.linear(x, dense.weight, dense.bias)
        if not layers.onednn_products():
            pytest.skip("this torch has no oneDNN")
        right = layers._onednn_product
        monkeypatch.setattr(layers, "_onednn_product", lambda *given: right(*given) + 1)
        assert torch.allclose(dense(x), expected + 1, atol=1e-5)
        layers.onednn_products.cache_clear()
        try:
            with caplog.at_level("INFO"):
                assert torch.allclose(dense(x), expected, atol=1e-5)  # found wrong, and left out
        finally:
            layers.onednn_products.cache_clear()
    assert "dense layers take torch's own" in caplog.text


def test_gelu_is_that_of_torch():
    x = torch.cat([torch.linspace(-12, 12, 2001), torch.tensor([-1e4, 1e4])])
    expected = F.gelu(x.double(), approximate="tanh")
    assert torch.allclose(layers.gelu(x.double()), expected, rtol=1e-12, atol=1e-12)
    assert torch.allclose(layers.gelu(x).double(), expected, rtol=1e-6, atol=1e-6)
    ours, theirs = (x.clone().requires_grad_() for _ in range(2))
    layers.gelu(ours).sum().backward()
    F.gelu(theirs, approximate="tanh").sum().backward()
    assert torch.equal(ours.grad, theirs.grad)


def test_even_kernels_are_refused():
    with pytest.raises(ValueError, match="kernel 4 is even"):
        layers.Conv(4, 4, 4)


def test_the_gradient_of_a_maximum_goes_to_the_first_of_equals() -> None:
    x = torch.randint(0, 3, (2, 40, 5), generator=torch.Generator().manual_seed(1)).double()
    assert (x[:, 0::2] == x[:, 1::2]).any()
    weights = torch.linspace(-1, 1, 200, dtype=torch.float64).reshape(2, 20, 5)
    ours, theirs = (x.clone().requires_grad_() for _ in range(2))
    pooled = layers.max_pool(ours)
    expected = F.max_pool1d(theirs.mT, 2).mT  # takes the first, too
    assert torch.equal(pooled, expected)
    assert torch.equal(pooled, layers.max_pool(x))
    (pooled * weights).sum().backward()
    (expected * weights).sum().backward()
    assert torch.equal(ours.grad, theirs.grad)
