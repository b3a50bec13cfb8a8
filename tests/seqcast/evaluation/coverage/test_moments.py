"""Moments of parts against numpy on the whole."""

import numpy as np
import pytest

from seqcast.evaluation.coverage.moments import Moments


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
