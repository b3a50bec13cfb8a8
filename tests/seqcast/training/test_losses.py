"""The loss against the original program's values and gradients, and its edges."""

import numpy as np
import pytest
import torch

from seqcast.core.errors import InputError
from seqcast.training.losses import poisson_multinomial, position_weights


def golden_sets(shared):
    """(targets, predictions, options, golden arrays) of each set, bins last."""
    golden = np.load(shared / "reference/borzuki/metrics/loss_metrics.npz")
    for i in range(4):
        targets, predictions = (
            torch.from_numpy(golden[f"{i}/{name}"]).mT.contiguous() for name in ("y_true", "y_pred")
        )
        yield targets, predictions, golden[f"{i}/args"].tolist(), golden, i


def test_loss_equals_the_original(shared):
    for targets, predictions, options, golden, i in golden_sets(shared):
        predictions = predictions.requires_grad_()
        loss = poisson_multinomial(predictions, targets, *options)
        loss.mean().backward()
        # single precision in both, sums over up to 1,024 bins in another order; measured: 2e-6, gradient 2e-7
        assert np.allclose(loss.detach().numpy(), golden[f"{i}/loss_BxT"], rtol=5e-6, atol=0)
        assert loss.mean().item() == pytest.approx(golden[f"{i}/loss_reduced"], rel=1e-6)
        gradient = golden[f"{i}/grad"].transpose(0, 2, 1)
        assert np.abs(predictions.grad.numpy() - gradient).max() < 1e-6 * np.abs(gradient).max()


def test_loss_equals_its_formula_by_loops():
    torch.manual_seed(1)
    predictions = torch.rand(2, 3, 7, dtype=torch.float64) + 0.1
    targets = torch.poisson(torch.full((2, 3, 7), 2.0)).double()
    found = poisson_multinomial(predictions, targets, 0.3, 8, 6)
    weights = position_weights(7, 8, 6)
    for b in range(2):
        for t in range(3):
            y, p = weights * targets[b, t].numpy(), weights * predictions[b, t].numpy()
            expected = 0.3 * (p.sum() - y.sum() * np.log(p.sum() + 1e-7))
            for y_bin, p_bin in zip(y, p, strict=True):
                expected -= (y_bin + 1e-7) * np.log((p_bin + 1e-7) / p.sum())
            assert found[b, t].item() == pytest.approx(expected / weights.sum(), rel=1e-12)


def test_targets_themselves_are_the_best_prediction():
    torch.manual_seed(2)
    targets = torch.rand(1, 2, 50, dtype=torch.float64) + 0.5
    predictions = targets.clone().requires_grad_()
    poisson_multinomial(predictions, targets, 0.2, 8, 6).sum().backward()
    assert predictions.grad.abs().max() < 1e-6


def test_weights_fall_from_one_to_the_inverse_of_the_range():
    weights = position_weights(201, 8, 6)
    assert weights[100] == 1
    assert weights[[0, -1]] == pytest.approx([1 / 8, 1 / 8])
    assert np.array_equal(weights, weights[::-1])
    assert np.array_equal(position_weights(5, 1, 6), np.ones(5))
    assert np.array_equal(position_weights(1, 8, 6), np.ones(1))


def test_half_precision_is_computed_in_single():
    torch.manual_seed(3)
    targets = (torch.rand(1, 1, 4096) * 100).half()  # their sum is beyond half precision
    predictions = torch.rand(1, 1, 4096).bfloat16() + 1
    loss = poisson_multinomial(predictions, targets)
    assert loss.dtype == torch.float32
    assert torch.equal(loss, poisson_multinomial(predictions.float(), targets.float()))


@pytest.mark.parametrize(("options", "message"), [
    ({"weight_range": 0.5}, r"weight_range 0\.5"), ({"weight_range": 8, "weight_exp": 0}, "weight_exp 0"),
])  # fmt: skip
def test_options_out_of_range_are_refused(options, message):
    with pytest.raises(InputError, match=message):
        poisson_multinomial(torch.ones(1, 1, 4), torch.ones(1, 1, 4), **options)


def test_shapes_that_differ_are_refused():
    with pytest.raises(InputError, match=r"\(1, 2, 4\) and targets of shape \(1, 4, 2\)"):
        poisson_multinomial(torch.ones(1, 2, 4), torch.ones(1, 4, 2))
