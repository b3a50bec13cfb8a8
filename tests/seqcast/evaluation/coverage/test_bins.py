"""Accuracy over bins against the original program and numpy."""

import numpy as np
import pytest
import torch

from seqcast.core.errors import InputError
from seqcast.evaluation.coverage.bins import BinAccuracy, Moments


def test_accuracy_equals_the_original(shared):
    golden = np.load(shared / "reference/borzuki/metrics/loss_metrics.npz")
    for i in range(4):
        accuracy = BinAccuracy()
        for predicted, measured in zip(golden[f"{i}/y_pred"], golden[f"{i}/y_true"], strict=True):
            accuracy.update(torch.from_numpy(predicted.T[None]), torch.from_numpy(measured.T[None]))
        r2 = golden[f"{i}/r2"]
        # the original sums in single precision
        assert np.allclose(accuracy.pearsonr(), golden[f"{i}/pearsonr"], atol=1e-5, equal_nan=True)
        # its R2 of a track without variation is -inf, which would take a mean with it; ours NaN
        r2 = np.where(np.isneginf(r2), np.nan, r2)
        assert np.allclose(accuracy.r2(), r2, atol=1e-5, equal_nan=True)


@pytest.mark.parametrize("offset", [0, 1e4])
def test_streams_equal_numpy_on_the_whole(offset, device):
    generator = np.random.default_rng(5)
    measured = generator.gamma(0.5, 3, (6, 4, 100)) + offset
    predicted = measured + generator.normal(0, 2, measured.shape)
    accuracy = BinAccuracy()
    for start, end in ((0, 1), (1, 1), (1, 4), (4, 6)):  # an empty batch changes nothing
        accuracy.update(
            torch.from_numpy(predicted[start:end]).to(device),
            torch.from_numpy(measured[start:end]).to(device),
        )
    assert accuracy.bins == 600
    for i in range(4):
        p, t = predicted[:, i].ravel(), measured[:, i].ravel()
        assert accuracy.pearsonr()[i] == pytest.approx(np.corrcoef(p, t)[0, 1], rel=1e-10)
        r2 = 1 - ((p - t) ** 2).sum() / ((t - t.mean()) ** 2).sum()
        assert accuracy.r2()[i] == pytest.approx(r2, rel=1e-9)


def test_constant_tracks_have_no_accuracy():
    varied = torch.arange(6.0).reshape(1, 1, 6)
    flat = torch.full((1, 1, 6), 0.1)
    accuracy = BinAccuracy()
    for _ in range(3):
        accuracy.update(torch.cat([flat, varied], 1), torch.cat([varied, flat], 1))
    assert np.isnan(accuracy.pearsonr()).all()
    # by hand: SSE sum (0.1 - k)^2 = 52.06, SST 17.5, of k = 0 .. 5
    assert accuracy.r2()[0] == pytest.approx(1 - 52.06 / 17.5, rel=1e-6)
    assert np.isnan(accuracy.r2()[1])


def test_float16_targets_are_summed_in_double():
    measured = torch.linspace(0, 60_000, 5_000).half().reshape(1, 1, -1)
    accuracy = BinAccuracy()
    accuracy.update(measured.float() * 2 + 1, measured)
    assert accuracy.pearsonr() == pytest.approx([1], abs=1e-12)


def test_what_cannot_be_compared_is_refused():
    accuracy = BinAccuracy()
    with pytest.raises(InputError, match="no bin was compared"):
        accuracy.r2()
    with pytest.raises(InputError, match=r"\(1, 2, 4\) and targets of shape \(1, 3, 4\)"):
        accuracy.update(torch.ones(1, 2, 4), torch.ones(1, 3, 4))
    accuracy.update(torch.ones(1, 2, 4), torch.ones(1, 2, 4))
    with pytest.raises(InputError, match="with 2 tracks, as before"):
        accuracy.update(torch.ones(1, 3, 4), torch.ones(1, 3, 4))


@pytest.mark.parametrize("cuts", [[], [1], [7, 8, 30]])
def test_parts_equal_the_whole(cuts):
    rng = np.random.default_rng(4)
    guess, truth = rng.lognormal(5, 2, (2, 3, 50))
    guess[1], truth[2] = guess[1] * 1e-4, 7.0
    guess_parts, truth_parts = (np.split(values, cuts, axis=1) for values in (guess, truth))
    first, *others = [Moments.of(*pair) for pair in zip(guess_parts, truth_parts, strict=True)]
    found = sum(others, start=first)
    logs = np.log2(1 + guess), np.log2(1 + truth)
    assert found.bins == 50
    for row, values in enumerate((guess, truth, *logs)):
        assert found.mean[row] == pytest.approx(values.mean(axis=1), rel=1e-12)
        assert found.variance[row] == pytest.approx(values.var(axis=1), rel=1e-10, abs=1e-20)
    for track in (0, 1):
        r = np.corrcoef(logs[0][track], logs[1][track])[0, 1]
        assert found.log_correlation[track] == pytest.approx(r, rel=1e-10)
