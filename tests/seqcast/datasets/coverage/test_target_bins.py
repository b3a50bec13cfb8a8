"""Gaps, masked intervals and crops of one window."""

import numpy as np
import pytest

from seqcast.core.errors import InputError
from seqcast.datasets.coverage.target_bins import COMPAT, Pooling, masked_columns
from seqcast.datasets.coverage.transform import TargetTransform

SUM = TargetTransform("sum")
NAN = np.nan


def test_bases_without_data_count_as_zero():
    values = np.array([1, NAN, NAN, 2], dtype=np.float32)
    assert Pooling(SUM, 2).targets(values).tolist() == [1, 2]
    assert np.isnan(values).sum() == 2  # the input stays as it is


def test_gaps_are_interpolated_towards_zero_outside_the_window():
    values = np.array([NAN, 2, NAN, NAN, 5, NAN], dtype=np.float32)
    # from 0 at column -1 to 2; 3, 4 between 2 and 5; from 5 to 0 at column 6
    assert Pooling(SUM, 1, interpolate=True).targets(values).tolist() == [1, 2, 3, 4, 5, 2.5]


def test_a_window_without_data_is_zero():
    values = np.full(4, NAN, dtype=np.float32)
    for interpolate in (False, True):
        assert Pooling(SUM, 2, interpolate=interpolate).targets(values).tolist() == [0, 0]


@pytest.mark.parametrize(
    ("gap", "compat", "expected"),
    [
        (False, None, 4),  # the median of 3 x 2, 12 x 4, 1 x 9
        (False, COMPAT, 4),
        (True, None, 4),  # a gap is one more 0
        (True, COMPAT, 0),  # numpy's percentile is NaN there, and becomes 0
    ],
)
def test_masked_bases_are_cut_at_the_median(gap, compat, expected):
    values = np.array([2] * 3 + [4] * 12 + [9], dtype=np.float32)
    if gap:
        values[0] = NAN
    targets = Pooling(SUM, 2, compat=compat).targets(values, [(14, 16)])
    assert targets[-1] == 2 * expected
    assert targets[-2] == 8


def test_the_median_is_that_of_the_window_with_its_crop():
    values = np.array([1] * 20 + [8] * 16 + [1] * 20, dtype=np.float32)
    assert Pooling(SUM, 2, crop_bp=20).targets(values, [(20, 22)]).tolist() == [2] + [16] * 7


def test_few_bins_have_no_usual_coverage():
    values = np.full(14, 3, dtype=np.float32)
    assert Pooling(SUM, 2).targets(values, [(0, 2)]).tolist() == [0] + [6] * 6


def test_compat_reads_float16():
    values = np.array([2049, 2049, 2049, 70000, 0, 0], dtype=np.float32)
    clipped = TargetTransform("sum", scale=0.5, clip=60000)
    assert Pooling(clipped, 3).targets(values).tolist() == [3074, 35008]  # 3073.5, 35000
    # 2049 is 2048 in float16, and 70000 is inf
    assert Pooling(clipped, 3, compat=COMPAT).targets(values).tolist() == [3072, 60000]


def test_masked_columns_have_a_margin_and_stay_in_the_window():
    masked = [(0, 80), (90, 130), (150, 160), (500, 600), (220, 221), (221, 222)]
    # 80 + 20 is where the window begins; 221 - 20 is behind its end
    assert masked_columns(masked, 100, 201) == [(0, 50), (30, 80), (100, 101)]
    assert masked_columns((), 100, 201) == []


def test_windows_are_whole_numbers_of_bins():
    pooling = Pooling(SUM, 32, crop_bp=16)
    pooling.check(("chr1", 100, 196))
    for end in (195, 132, 100):
        with pytest.raises(InputError, match=rf"window chr1:100-{end} .* multiple of"):
            pooling.check(("chr1", 100, end))


@pytest.mark.parametrize("options", [{"compat": "hound"}, {"crop_bp": -1}, {"bin_size_bp": 0}])
def test_impossible_options_are_refused(options):
    with pytest.raises(InputError, match=str(next(iter(options.values())))):
        Pooling(SUM, **{"bin_size_bp": 32, **options})
