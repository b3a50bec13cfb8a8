"""Resamples as counts: of groups, of levels, and the intervals of what they give."""

import numpy as np
import pytest
from scipy.stats import rankdata

from seqcast.core.errors import InputError
from seqcast.evaluation.metrics.bootstrap import (
    Levels,
    Resampling,
    estimate,
    group_numbers,
    interval,
)


def test_levels_add_up_counts_of_equal_values():
    values = np.array([0.5, 0.1, 0.5, 0.3])
    levels = Levels.of(values)
    assert levels.values.tolist() == [0.1, 0.3, 0.5]
    assert levels.values[levels.level].tolist() == values.tolist()
    counts = np.array([[1, 2, 3, 4], [0, 1, 0, 0]])
    assert levels.members(counts).tolist() == [[2, 4, 4], [1, 0, 0]]


def test_rows_of_a_group_are_drawn_together_and_as_many_groups_as_there_are():
    groups = np.array([2, 0, 2, 1, 0])
    (counts,) = Resampling(50, 0).of_groups(groups)
    assert counts.shape == (50, 5)
    assert (counts[:, 0] == counts[:, 2]).all()
    assert (counts[:, 1] == counts[:, 4]).all()
    assert set(counts[:, [0, 1, 3]].sum(axis=1)) == {3}


def test_strata_keep_their_sizes_and_have_a_stream_each():
    strata = np.array([2, 0, 2, 2, 0])
    (counts,) = Resampling(50, 3).of_strata(strata)
    assert set(counts[:, strata == 0].sum(axis=1)) == {2}
    assert set(counts[:, strata == 2].sum(axis=1)) == {3}
    assert (counts[:, strata == 0].max(axis=1) == 2).any()
    # the draws of a stratum are those of its stream, whatever the others hold
    drawn = np.random.default_rng(3).spawn(3)[2].integers(3, size=(50, 3))
    plain = [[(row == i).sum() for i in range(3)] for row in drawn]
    assert counts[:, strata == 2].tolist() == plain


def test_groups_come_before_strata_and_rows_are_drawn_without_either():
    scored = np.array([True, False, True, True])
    how, strata = Resampling(20, 1), np.array([0, 0, 1])
    for drawn, plain in [
        (how.draws(scored, list("abab"), strata), how.of_groups(np.array([0, 0, 1]))),
        (how.draws(scored, None, strata), how.of_strata(strata)),
        (how.draws(scored), how.of_groups(np.arange(3))),
    ]:
        assert next(drawn).tolist() == next(plain).tolist()


def test_ranks_of_counts_are_those_of_scipy_on_the_repeated_rows():
    rng = np.random.default_rng(0)
    values, counts = rng.integers(4, size=9), rng.integers(1, 4, size=(5, 9))
    for row, ranks in zip(counts, Levels.of(values).ranks(counts), strict=True):
        repeated = rankdata(np.repeat(values, row)) - 0.5
        assert np.repeat(ranks, row).tolist() == repeated.tolist()


def test_an_estimate_is_of_the_rows_as_they_are_and_its_interval_of_the_resamples():
    values = np.array([1.0, 2.0, 6.0])

    def means(counts):
        return {"mean": counts @ values / 3, "none": np.full(len(counts), np.nan)}

    found = estimate(means, 3, Resampling(40, 5).draws(np.ones(3, bool)))
    picks = np.random.default_rng(5).integers(3, size=(40, 3))
    ends = np.quantile(values[picks].mean(axis=1), [0.025, 0.975])
    assert found["mean"] == pytest.approx((3, *ends))
    assert found["none"] == (None, None, None)
    assert estimate(means, 3, Resampling(0).draws(np.ones(3, bool)))["mean"] == (3, None, None)


def test_groups_are_those_of_the_scored_rows():
    found = group_numbers(["b", "a", "c", "b"], np.array([True, False, True, True]))
    assert found.tolist() == [0, 1, 0]
    with pytest.raises(InputError, match="1 groups of 2 rows"):
        group_numbers(["a"], np.array([True, True]))


def test_resamples_without_a_value_are_left_out_of_the_interval():
    low, high = interval(np.array([np.nan, 1.0, 2.0, 3.0]))
    assert (low, high) == (pytest.approx(1.05), pytest.approx(2.95))
    assert interval(np.array([np.nan])) == (None, None)
