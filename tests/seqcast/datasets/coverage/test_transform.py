"""Targets are summed, compressed and cut as the targets table says."""

import numpy as np
import pytest
import torch

from seqcast.core.errors import InputError
from seqcast.datasets.coverage.transform import TargetTransform
from seqcast.genome.tracks import Tracks

TWO_BINS = np.array([1, 2, 3, 2, 4, 4, 4, 3], dtype=np.float32)  # sums 8 and 15


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"sum_stat": "sum"}, [8, 15]),
        ({"sum_stat": "mean"}, [2, 3.75]),
        ({"sum_stat": "max"}, [3, 4]),
        ({"sum_stat": "sum_sqrt"}, [2, 3]),  # sqrt(9) - 1, sqrt(16) - 1
        ({"sum_stat": "sum_sqrt", "scale": 3}, [4, 46**0.5 - 1]),  # sqrt(25) - 1
        ({"sum_stat": "mean_sqrt", "scale": 4}, [2, 3]),
        ({"sum_stat": "sum_exp75"}, [9**0.75 - 1, 7]),  # 16 ** 0.75 = 8
        ({"sum_stat": "sum", "clip_soft": 12}, [8, 13]),  # 12 - 1 + sqrt(15 - 12 + 1)
        ({"sum_stat": "sum", "clip_soft": 12, "clip": 12.5}, [8, 12.5]),
        ({"sum_stat": "sum", "clip_soft": 12, "clip": 12}, [8, 12]),
        ({"sum_stat": "sum_sqrt", "old": True, "scale": 2}, [2 * 8**0.75, 2 * 15**0.75]),
        ({"sum_stat": "sum", "old": True, "clip_soft": 11}, [8, 13]),  # 11 + sqrt(15 - 11)
        ({"sum_stat": "sum", "old": True, "clip": 10, "scale": 2}, [16, 20]),  # scaled last
    ],
)
def test_values_by_hand(options, expected):
    targets = TargetTransform(**options).apply(TWO_BINS, 4)
    assert targets.dtype == np.float16
    assert np.array_equal(targets, np.array(expected, dtype=np.float16))


def test_what_float16_cannot_hold_becomes_its_largest_number():
    assert TargetTransform("sum").apply(np.array([3e38, 3e38]), 2) == 65504


def test_input_stays_as_it_is():
    values = TWO_BINS.copy()
    TargetTransform("max", clip_soft=1, clip=2).apply(values, 1)
    assert np.array_equal(values, TWO_BINS)


@pytest.mark.parametrize("old", [False, True])
@pytest.mark.parametrize("sum_stat", ["sum", "sum_sqrt", "mean_sqrt"])
def test_the_inverse_goes_back(sum_stat, old):
    """What `Tracks.untransform` undoes is what was done, up to float16's three digits."""
    pooled = np.array([0, 0.5, 30, 400, 4000])
    values = np.repeat(pooled / (2 if sum_stat == "sum" else 1), 2)  # two bases a bin
    expected = pooled * (2 if sum_stat == "sum_sqrt" else 1)
    transform = TargetTransform(sum_stat, scale=0.5, clip_soft=20, old=old)
    one, name = np.zeros(1, dtype=int), np.array(["a"])
    track = Tracks(
        channel=one, identifier=name, description=name, sum_stat=np.array([sum_stat]),
        strand=np.array(["."]), pair=one, clip_soft=np.array([20.0]), scale=np.array([0.5]),
    )  # fmt: skip
    targets = torch.tensor(transform.apply(values, 2).astype(np.float32))[None]
    back = track.untransform(targets, unscale=True, old=old)
    np.testing.assert_allclose(back[0].numpy(), expected, rtol=4e-3, atol=1e-3)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"sum_stat": "median"}, "sum_stat 'median'"),
        ({"sum_stat": "sum_exp75", "old": True}, "old transform"),
        ({"sum_stat": "sum", "scale": 0}, "scale 0"),
        ({"sum_stat": "sum", "scale": float("nan")}, "scale nan"),
        ({"sum_stat": "sum", "clip": -1}, "clip -1"),
        ({"sum_stat": "sum", "clip_soft": float("inf")}, "clip_soft inf"),
        ({"sum_stat": "sum", "clip_soft": 3, "clip": 2}, "clip 2 is below clip_soft 3"),
    ],
)
def test_impossible_transforms_are_refused(options, message):
    with pytest.raises(InputError, match=message):
        TargetTransform(**options)
