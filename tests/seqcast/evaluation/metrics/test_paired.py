"""p-values of paired differences, held against the test of DeLong, and Holm's correction."""

import numpy as np
import pytest
from scipy.stats import norm

from seqcast.evaluation.metrics.bootstrap import Drawn, Resampling
from seqcast.evaluation.metrics.paired import LEAST, holm, p_value
from seqcast.evaluation.variants.discrimination import Resampled, Scores, rates_of


def delong(labels, a, b):
    """Two-sided p-value of two AUROCs on the same rows, by placements (DeLong 1988)."""
    placements = []
    for scores in (a, b):
        wins = (scores[labels == 1][:, None] > scores[labels == 0]) + 0.5 * (
            scores[labels == 1][:, None] == scores[labels == 0]
        )
        placements.append((wins.mean(axis=1), wins.mean(axis=0)))
    auc = [one[0].mean() for one in placements]
    parts = [
        np.cov([placements[0][side], placements[1][side]]) / len(placements[0][side])
        for side in (0, 1)
    ]
    covariance = parts[0] + parts[1]
    error = np.sqrt(covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1])
    return 2 * norm.sf(abs(auc[0] - auc[1]) / error)


def difference(labels, a, b, groups=None, resamples=2000, seed=1):
    groups = np.arange(len(labels)) if groups is None else groups
    status = np.full(len(labels), "scored")
    resampled = Resampled(
        lambda used: lambda scores, counts: rates_of(labels[used], scores, counts),
        groups, Resampling(resamples, seed),
    )  # fmt: skip
    used = np.ones(len(labels), dtype=bool)
    methods = [Scores(name, values, status) for name, values in (("a", a), ("b", b))]
    return resampled.difference(*methods, used, len(labels)).drawn["roc_auc"]


@pytest.mark.parametrize("shift", [0.0, 0.3, 0.6])
def test_of_independent_rows_it_is_the_test_of_delong(shift):
    rng = np.random.default_rng(5)
    labels = np.repeat([0, 1], 150)
    common = rng.normal(size=300)
    a = labels + common + rng.normal(size=300)
    b = (1 - shift) * labels + common + rng.normal(size=300)
    found, expected = p_value(difference(labels, a, b)), delong(labels, a, b)
    assert norm.isf(found / 2) == pytest.approx(norm.isf(expected / 2), abs=0.15)


def test_methods_that_do_not_differ_are_rarely_said_to():
    """30 pairs, whose rows are not independent: at 5 % at most 9 % (two standard errors above 5)."""
    rng = np.random.default_rng(11)
    labels, groups = np.tile([1, 0], 30), np.repeat(np.arange(30), 2)
    rejected = 0
    for round_ in range(150):
        of_pair = np.repeat(rng.normal(size=30), 2)
        a, b = (labels + of_pair + rng.normal(size=60) for _ in range(2))
        rejected += p_value(difference(labels, a, b, groups, 200, round_)) < 0.05
    assert 1 <= rejected <= 13


def test_what_has_no_spread():
    constant = np.full(99, 0.5)
    assert p_value(Drawn(0.5, constant)) == 1 / 100
    assert p_value(Drawn(0.0, constant * 0)) == 1
    assert p_value(Drawn(0.5, np.empty(0))) is None
    assert p_value(Drawn(np.nan, constant)) is None


def test_no_p_value_is_below_what_the_normal_distribution_is_good_for():
    assert p_value(Drawn(50.0, np.random.default_rng(1).normal(50, 1, 200))) == LEAST


def test_holm():
    assert holm([0.01, None, 0.04, 0.03]) == pytest.approx([0.03, None, 0.06, 0.06], nan_ok=True)
    assert holm([0.6, 0.7]) == [1, 1]
    assert holm([]) == []
