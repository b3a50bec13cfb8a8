"""Resamples as counts: of groups, of levels, and the intervals of what they give."""

import numpy as np
import pytest

from seqcast.core.errors import InputError
from seqcast.evaluation.metrics.bootstrap import Levels, group_numbers, interval, resampled_groups


def test_levels_add_up_counts_of_equal_values():
    values = np.array([0.5, 0.1, 0.5, 0.3])
    levels = Levels.of(values)
    assert levels.values.tolist() == [0.1, 0.3, 0.5]
    assert levels.values[levels.level].tolist() == values.tolist()
    counts = np.array([[1, 2, 3, 4], [0, 1, 0, 0]])
    assert levels.members(counts).tolist() == [[2, 4, 4], [1, 0, 0]]


def test_rows_of_a_group_are_drawn_together_and_as_many_groups_as_there_are():
    groups = np.array([2, 0, 2, 1, 0])
    (counts,) = resampled_groups(groups, 50, 0)
    assert counts.shape == (50, 5)
    assert (counts[:, 0] == counts[:, 2]).all()
    assert (counts[:, 1] == counts[:, 4]).all()
    assert set(counts[:, [0, 1, 3]].sum(axis=1)) == {3}


def test_groups_are_those_of_the_scored_rows():
    found = group_numbers(["b", "a", "c", "b"], np.array([True, False, True, True]))
    assert found.tolist() == [0, 1, 0]
    with pytest.raises(InputError, match="1 groups of 2 rows"):
        group_numbers(["a"], np.array([True, True]))


def test_resamples_without_a_value_are_left_out_of_the_interval():
    low, high = interval(np.array([np.nan, 1.0, 2.0, 3.0]))
    assert (low, high) == (pytest.approx(1.05), pytest.approx(2.95))
    assert interval(np.array([np.nan])) == (None, None)
