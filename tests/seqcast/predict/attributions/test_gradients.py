"""Gradients of levels against differences of the plain forward, whatever is averaged."""

import copy

import numpy as np
import pytest
import torch

from seqcast.genome.tracks import Tracks
from seqcast.models.borzuki.network import Borzuki
from seqcast.predict.attributions.gradients import (
    Target,
    first_order_effects,
    gene_levels,
    integrate,
    level_gradients,
)
from seqcast.predict.inference import predict
from seqcast.predict.variants.score_options import ScoreOptions
from tests.seqcast.models.borzuki.test_network import TINY
from tests.seqcast.models.dilated_cnn import DilatedCnn
from tests.seqcast.models.test_convolution_patches import alive
from tests.seqcast.plain_borzuki import plain_forward
from tests.seqcast.toy_models import BaseCounter

LENGTH, STEP = 1024, 1e-5
ENSEMBLES = [ScoreOptions(reverse_complement=False), ScoreOptions(shifts_bp=(0, 2, -1))]
PLACES = [(0, 5), (1, 500), (2, 511), (3, 700), (0, 1018)]  # channel and column


def tracks_of(clip_soft=(0.3, 0.3, np.nan, 0.2, np.nan)) -> Tracks:
    """Five tracks, two of them a strand pair, some with a limit that predictions exceed."""
    return Tracks(
        np.arange(5), np.array(["a+", "a-", "b", "c", "d"]), np.full(5, "RNA"),
        np.array(["sum_sqrt", "sum_sqrt", "mean", "sum_sqrt", "sum"]),
        np.array(["+", "-", ".", ".", "."]), np.array([1, 0, 2, 3, 4]), np.array(clip_soft),
        np.full(5, 0.5),
    )  # fmt: skip


TARGETS = [
    Target(np.arange(10, 20), np.array([0, 2])),
    Target(np.array([3, 9, 31]), np.array([1, 3, 4])),
]


@pytest.fixture(scope="module")
def model() -> Borzuki:
    params = copy.deepcopy(TINY)
    params["model"]["seq_length"] = LENGTH
    return alive(params, 3)


@pytest.fixture(scope="module")
def sequence() -> torch.Tensor:
    codes = torch.randint(0, 4, (LENGTH,), generator=torch.Generator().manual_seed(5))
    return torch.nn.functional.one_hot(codes, 4).double().T.contiguous()


class Plain:
    """A network as its oracle computes it."""

    def __init__(self, model: Borzuki) -> None:
        self.model, self.tracks = model, model.tracks

    def __call__(self, one_hot: torch.Tensor) -> torch.Tensor:
        return plain_forward(self.model, one_hot)


def plain_levels(model, one_hot, options: ScoreOptions) -> torch.Tensor:
    """The oracle: the plain forward, and no memory saved."""
    tracks = tracks_of()
    with torch.no_grad():
        mean = predict(Plain(model), one_hot[None], tracks, options.reverse_complement,
                       options.averaged_shifts_bp)[0]  # fmt: skip
        return gene_levels(options.untransform(tracks, mean), TARGETS)


@pytest.mark.parametrize("options", ENSEMBLES, ids=["one", "ensemble"])
def test_gradients_are_differences_of_the_plain_forward(model, sequence, options) -> None:
    found = level_gradients(model, sequence, tracks_of(), TARGETS, options)
    assert torch.allclose(found.level, plain_levels(model, sequence, options), rtol=1e-12)
    assert found.gradient.dtype == torch.float64
    scale = found.gradient.abs().max()
    for place in PLACES:
        ends = []
        for step in (STEP, -STEP):
            moved = sequence.clone()
            moved[place] += step
            ends.append(plain_levels(model, moved, options))
        difference = (ends[0] - ends[1]) / (2 * STEP)
        assert (found.gradient[:, *place] - difference).abs().max() < 1e-6 * scale


def test_first_order_effects_are_the_limit_of_small_edits(model, sequence) -> None:
    options = ENSEMBLES[1]
    found = level_gradients(model, sequence, tracks_of(), TARGETS, options)
    effects = first_order_effects(found.gradient, sequence)
    for alt, column in PLACES:
        edit = -sequence[:, column]
        edit[alt] += 1
        errors = []
        for size in (1e-2, 1e-3, 1e-4):
            moved = sequence.clone()
            moved[:, column] += size * edit
            change = plain_levels(model, moved, options) - found.level
            errors.append((change / size - effects[:, alt, column]).abs().max().item())
        # the error of a derivative falls as the edit; a whole base is not small
        assert errors[2] < 0.02 * errors[0] + 1e-9


@pytest.mark.parametrize("old", [False, True])
def test_what_is_not_clipped_has_a_gradient(model, sequence, old) -> None:
    options = ScoreOptions(reverse_complement=False, old_transform=old)
    for limit in (np.nan, 1e9, 1e-9):
        tracks = tracks_of([limit] * 5)
        found = level_gradients(model, sequence, tracks, TARGETS, options)
        assert torch.isfinite(found.gradient).all()
        assert found.gradient.abs().max() > 0


def test_one_window_asks_no_gradient_of_weights(model, sequence) -> None:
    trained = copy.deepcopy(model).requires_grad_(True).float().train()
    with torch.inference_mode():
        made = sequence.float()  # as callers in inference mode have it
        found = level_gradients(trained, made, tracks_of(), TARGETS, ENSEMBLES[0])
    assert trained.training
    assert not trained.checkpoint_activations
    assert all(weight.grad is None for weight in trained.parameters())
    exact = level_gradients(model, sequence, tracks_of(), TARGETS, ENSEMBLES[0])
    scale = exact.gradient.abs().max()
    assert (found.gradient - exact.gradient).abs().max() < 1e-3 * scale


def test_no_strided_view_is_carried_back(model) -> None:
    """Its backward takes 50 times as long as all others of attention together, at 3,072 tokens."""
    x = torch.randn(1, 8, 16, dtype=torch.float64, requires_grad=True)
    nodes, names = [model.transformer[0](x).grad_fn], set()
    while nodes:
        node = nodes.pop()
        names.add(node.name())
        nodes += [after for after, _ in node.next_functions if after]
    assert "AddBackward0" in names
    assert not [name for name in names if name.startswith("AsStrided")]


def test_another_architecture_has_gradients_too() -> None:
    torch.manual_seed(5)
    params = {"window_length_bp": LENGTH, "bin_size_bp": 32, "channels": 8, "blocks": 3,
              "heads": {"human": 5}}  # fmt: skip
    other = DilatedCnn.from_params(params).eval()
    x = torch.nn.functional.one_hot(torch.randint(0, 4, (LENGTH,)), 4).float().T
    found = level_gradients(other, x, tracks_of(), TARGETS, ENSEMBLES[0])
    assert found.gradient.abs().amax((1, 2)).min() > 0


def counted() -> tuple[BaseCounter, Tracks, torch.Tensor]:
    """A model whose level is known by hand: log2(1 + a count of C)."""
    tracks = Tracks(np.array([1]), np.array(["c"]), np.array([""]), np.array(["sum"]),
                    np.array(["."]), np.array([0]), np.array([np.nan]), np.ones(1))  # fmt: skip
    one_hot = torch.nn.functional.one_hot(torch.arange(LENGTH) % 4, 4).float().T.contiguous()
    return BaseCounter(LENGTH), tracks, one_hot


def test_effects_and_attributions_of_a_count_by_hand() -> None:
    counter, tracks, one_hot = counted()
    target = [Target(np.array([2, 3]), np.array([0]))]  # 64 bases, of which 16 are C
    found = level_gradients(counter, one_hot, tracks, target, ENSEMBLES[0])
    slope = 1 / (17 * np.log(2))
    assert found.level.item() == pytest.approx(np.log2(17))
    assert torch.count_nonzero(found.gradient) == 64
    effects = first_order_effects(found.gradient, one_hot)[0]
    assert effects[:, 64].tolist() == pytest.approx([0, slope, 0, 0])
    assert effects[:, 65].tolist() == pytest.approx([-slope, 0, -slope, -slope])
    # gradient x input, less the mean over the four bases, is minus a quarter of their sum
    product = (found.gradient[0] * one_hot).sum(0) - found.gradient[0].mean(0)
    assert product[64:66].tolist() == pytest.approx([-slope / 4, slope * 3 / 4])
    assert torch.allclose(product, -effects.sum(0) / 4)


def test_an_unknown_base_has_no_effect_and_no_attribution() -> None:
    counter, tracks, one_hot = counted()
    one_hot[:, 70] = 0
    target = [Target(np.array([2, 3]), np.array([0]))]
    found = level_gradients(counter, one_hot, tracks, target, ENSEMBLES[0])
    effects = first_order_effects(found.gradient, one_hot)[0]
    assert effects.isnan().nonzero().tolist() == [[base, 70] for base in range(4)]
    whole = integrate(counter, one_hot, tracks, target, ENSEMBLES[0], np.arange(64, 128))
    assert whole.attributed.item() == pytest.approx(whole.change.item(), abs=1e-3)


def test_integrated_gradients_add_up_to_the_change(model, sequence) -> None:
    positions = np.arange(480, 520)
    missing = []
    for steps in (2, 16):
        found = integrate(
            model, sequence, tracks_of(), TARGETS, ENSEMBLES[0], positions, steps=steps
        )
        effects = first_order_effects(found.gradient, sequence)[:, :, positions]
        assert torch.allclose(-effects.sum((1, 2)) / 4, found.attributed)
        missing.append((found.attributed - found.change).abs().max().item())
    largest = found.change.abs().max()
    assert largest > 1e-3
    assert missing[1] < min(missing[0], 0.1 * largest)  # kinks of ReLU and of maxima remain
