"""Correlations of columns against scipy's of each."""

import numpy as np
import pytest
from scipy import stats

from seqcast.evaluation.metrics.correlations import (
    correlation_of_sums,
    mean_ranks,
    pearson,
    spearman,
    varying,
)


@pytest.mark.parametrize("ties", [True, False])
def test_columns_equal_scipy(ties):
    rng = np.random.default_rng(3)
    x = rng.poisson(2, (40, 5)) / 4 if ties else rng.normal(size=(40, 5))
    y = x + rng.permuted(x, axis=0)
    for column in range(5):
        pair = x[:, column], y[:, column]
        for ours, theirs in ((pearson, stats.pearsonr), (spearman, stats.spearmanr)):
            expected = theirs(*pair).statistic
            assert ours(x, y)[column] == pytest.approx(expected, rel=1e-12)
            assert ours(*pair) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("shape", [(30,), (30, 3), (0,)])
def test_equal_values_share_their_mean_rank_as_in_scipy(shape):
    values = np.random.default_rng(4).integers(-3, 4, shape) * 0.5
    assert np.array_equal(mean_ranks(values), stats.rankdata(values, axis=0))
    assert mean_ranks(np.array([0.0, -0.0, 1.0])).tolist() == [1.5, 1.5, 3]


def test_what_is_constant_but_for_rounding_has_no_correlation():
    x = np.array([0.3, 0.1 + 0.2, 0.3])
    assert not varying(x)
    for found in (pearson(x, np.arange(3)), spearman(x, np.arange(3))):
        assert np.isnan(found)
    both = pearson(np.stack([x, np.arange(3)], axis=1), np.stack([x, np.arange(3)], axis=1))
    assert both.tolist() == [pytest.approx(np.nan, nan_ok=True), 1]


def test_sums_without_spread_have_no_correlation_and_rounding_does_not_pass_1():
    found = correlation_of_sums(np.array([1e-20, 1 + 1e-15]), np.array([0.0, 1]), np.array([5, 1]))
    assert found.tolist() == [pytest.approx(np.nan, nan_ok=True), 1]
