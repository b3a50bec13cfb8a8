"""The corrected first layer keeps its digits, and the U-net at some positions those of all."""

import pytest
import torch

from seqcast.models.borzuki import reuse
from seqcast.models.borzuki.reuse import levels_of, remember, transform, upsample_at
from seqcast.models.coverage import ChangedCells
from tests.seqcast.models.test_convolution_patches import alive, small

N, WIDTH = 24, 3


@pytest.fixture
def model():
    return alive(small(), 7)


def tokens(model, batch: int) -> torch.Tensor:
    return torch.randn(batch, N, model.tower.config.widths[-1], dtype=torch.float64)


def edited(model, first: list[int]) -> tuple[torch.Tensor, torch.Tensor, ChangedCells]:
    """Tokens of a window, and of alleles that differ in `WIDTH` of them."""
    window = tokens(model, 1)
    alleles = window.repeat(len(first), 1, 1)
    for allele, at in zip(alleles, first, strict=True):
        allele[at : at + WIDTH] = tokens(model, 1)[0, :WIDTH]
    return window, alleles, ChangedCells(tuple(first), WIDTH)


def plainly(model, x):
    for block in model.transformer:
        x = block(x)
    return x


def largest_error(model, window, alleles, changed) -> float:
    found = transform(
        model.transformer, alleles, None, remember(model.transformer, window), changed
    )
    return (found - plainly(model, alleles)).abs().max().item()


def test_changed_keys_correct_what_is_known(model):
    window, alleles, changed = edited(model, [0, 9, N - WIDTH])
    assert (plainly(model, alleles) - plainly(model, window)).abs().amax((1, 2)).min() > 1e-3
    assert largest_error(model, window, alleles, changed) <= 1e-12
    assert largest_error(model, window, window, ChangedCells((0,), 0)) <= 1e-12
    assert largest_error(model, window, alleles, None) <= 1e-12


@pytest.mark.parametrize("sharpness", [30, 1000])
def test_keys_that_have_all_of_the_weight_are_not_subtracted(model, monkeypatch, sharpness):
    attention = model.transformer[0].attention
    attention.query.weight.mul_(sharpness)
    window, alleles, changed = edited(model, list(range(N - WIDTH + 1)))
    assert largest_error(model, window, alleles, changed) <= 1e-10
    # without the guard digits are lost, or all of the number
    monkeypatch.setattr(reuse, "MOST_REMOVED", 2.0)
    monkeypatch.setattr(reuse, "MOST_ADDED", float("inf"))
    assert not largest_error(model, window, alleles, changed) <= 1e-10


def test_any_rows_of_the_last_layer(model):
    window, alleles, changed = edited(model, [4])
    known = remember(model.transformer, window)
    for rows in ([0], [N - 1], [0, 11, N - 1], list(range(5, 12)), list(range(N))):
        rows = torch.tensor(rows)
        found = transform(model.transformer, alleles, rows, known, changed)
        expected = plainly(model, alleles)[:, rows]
        assert torch.allclose(found, expected, rtol=0, atol=1e-12)


def test_a_single_layer_is_the_last_one():
    model = alive(small(transformer_tower={"repeat": 1}), 7)
    x = tokens(model, 2)
    assert remember(model.transformer, x[:1]) is None
    rows = torch.tensor([3, 9])
    found = transform(model.transformer, x, rows, None, None)
    assert torch.allclose(found, plainly(model, x)[:, rows], rtol=0, atol=1e-12)


@pytest.mark.parametrize("kernel", [3, 5])
def test_any_bins_of_the_unet(kernel):
    model = alive(small(unet_conv={"kernel_size": kernel, "upsample_conv": True}), 7)
    x = tokens(model, 2)
    widths = model.tower.config.widths[::-1]
    skips = [
        torch.randn(2, N << (i + 1), width, dtype=x.dtype) for i, width in enumerate(widths[:2])
    ]
    whole = x
    for step, skip in zip(model.unet, skips, strict=True):
        whole = step(whole, skip)
    for bins in ([0], [4 * N - 1], [0, 1, 2, 50, 51, 4 * N - 2], list(range(4 * N))):
        places = torch.tensor(bins)
        levels, rows = levels_of(model.unet, places, 4 * N)
        found = upsample_at(model.unet, x[:, rows], skips, levels)
        assert torch.allclose(found, whole[:, places], rtol=0, atol=1e-12)
    assert rows.tolist() == list(range(N))
    _, rows = levels_of(model.unet, torch.tensor([40]), 4 * N)
    assert len(rows) <= 2 + kernel // 2  # little is computed
