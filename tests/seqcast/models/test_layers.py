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
        tiled = conv(x, before=torch.sigmoid, after=layers.max_pool)
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
def test_dense_is_the_same_as_a_convolution(shape, precision, monkeypatch):
    torch.manual_seed(2)
    dense, x = layers.Dense(64, 9).to(precision), torch.randn(shape).to(precision)
    made = []
    for form in (False, True):
        monkeypatch.setattr(layers, "DENSE_AS_CONVOLUTION", form)
        ours = x.clone().requires_grad_()
        dense.zero_grad()
        y = dense(ours)
        y.sum().backward()
        made.append([y, ours.grad, dense.weight.grad, dense.bias.grad])
    # sums of as many terms as x has channels, or positions where weights get their gradient
    terms = max(64, x.numel() // 64)
    for plain, convolved in zip(*made, strict=True):
        scale = plain.abs().max().item() if plain.numel() else 0
        tolerance = torch.finfo(precision).eps * terms**0.5 * scale
        torch.testing.assert_close(convolved, plain, rtol=0, atol=tolerance)


def test_dense_convolves_where_it_is_told_to(monkeypatch):
    def stop(*_):
        raise AssertionError("convolved")

    dense = layers.Dense(6, 9)
    monkeypatch.setattr(layers, "_convolve", stop)
    monkeypatch.setattr(layers, "DENSE_AS_CONVOLUTION", False)
    dense(torch.ones(2, 3, 6))
    monkeypatch.setattr(layers, "DENSE_AS_CONVOLUTION", True)
    with pytest.raises(AssertionError, match="convolved"):
        dense(torch.ones(2, 3, 6))


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
