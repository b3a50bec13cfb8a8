"""Scores against plain loops over bins, written from their definitions."""

import math

import numpy as np
import pytest
import torch

from seqcast.predict.variants.statistics import (
    GENE_SCORES,
    SITE_SCORES,
    WINDOW_SCORES,
    background_of,
    collapse_strands,
)

RNG = np.random.default_rng(11)
REF, ALT = (torch.from_numpy(RNG.gamma(2, 3, (2, 3, 40))) for _ in range(2))


def over_bins(term, combine=sum):
    """Mean over replicates of `combine` over bins of term(r, a, profile r, profile a)."""
    scores = np.zeros(3)
    for replicate in range(2):
        for track in range(3):
            r, a = REF[replicate, track].tolist(), ALT[replicate, track].tolist()
            q = float(np.percentile(r, 25))
            rp = [(x + q) / (sum(r) + q * len(r)) for x in r]
            ap = [(x + q) / (sum(a) + q * len(a)) for x in a]
            scores[track] += combine(term(*v) for v in zip(r, a, rp, ap, strict=True)) / 2
    return scores


def norm(values):
    return math.sqrt(sum(v * v for v in values))


def log(x):
    return math.log2(1 + x)


def log_of_sums():
    total = lambda x: np.log2(1 + x.numpy().sum(-1))  # noqa: E731
    return (total(ALT) - total(REF)).mean(0)


ORACLE = {
    "SED": lambda: over_bins(lambda r, a, *_: a - r),
    "SUM": lambda: over_bins(lambda r, a, *_: a - r),
    "logSED": log_of_sums,
    "logSUM": lambda: over_bins(lambda r, a, *_: log(a) - log(r)),
    "sqrtSUM": lambda: over_bins(lambda r, a, *_: math.sqrt(a) - math.sqrt(r)),
    "SAX": lambda: over_bins(lambda r, a, *_: a - r, lambda d: max(d, key=abs)),
    "D1": lambda: over_bins(lambda r, a, *_: abs(a - r)),
    "logD1": lambda: over_bins(lambda r, a, *_: abs(log(a) - log(r))),
    "sqrtD1": lambda: over_bins(lambda r, a, *_: abs(math.sqrt(a) - math.sqrt(r))),
    "D2": lambda: over_bins(lambda r, a, *_: a - r, norm),
    "logD2": lambda: over_bins(lambda r, a, *_: log(a) - log(r), norm),
    "sqrtD2": lambda: over_bins(lambda r, a, *_: math.sqrt(a) - math.sqrt(r), norm),
    "nD2": lambda: over_bins(lambda r, a, rp, ap: ap - rp, norm),
    "nDi": lambda: over_bins(lambda r, a, rp, ap: abs(ap - rp), max),
    "JS": lambda: over_bins(
        lambda r, a, rp, ap: (rp * math.log(rp / ap) + ap * math.log(ap / rp)) / 2
    ),
    "REF": lambda: over_bins(lambda r, a, *_: r),
    "ALT": lambda: over_bins(lambda r, a, *_: a),
}


@pytest.mark.parametrize("name", sorted({**GENE_SCORES, **WINDOW_SCORES}))
def test_score_equals_its_definition(name):
    statistic = {**GENE_SCORES, **WINDOW_SCORES}[name]
    assert np.allclose(statistic(REF, ALT, background_of(REF)), ORACLE[name](), rtol=1e-12)


@pytest.mark.parametrize("name", sorted({**GENE_SCORES, **WINDOW_SCORES}.keys() - {"REF", "ALT"}))
def test_equal_alleles_score_zero_and_signed_scores_change_sign(name):
    statistic = {**GENE_SCORES, **WINDOW_SCORES}[name]
    background = background_of(REF)
    assert torch.allclose(statistic(REF, REF, background), torch.zeros(3).double())
    there, back = statistic(REF, ALT, background), statistic(ALT, REF, background)
    signed = name in {"SED", "SUM", "logSED", "logSUM", "sqrtSUM", "SAX"}
    assert torch.allclose(back, -there if signed else there)


def test_no_coverage_at_all_gives_numbers():
    zero = torch.zeros(1, 2, 8, dtype=torch.float64)
    for statistic in {**GENE_SCORES, **WINDOW_SCORES}.values():
        assert torch.equal(statistic(zero, zero, background_of(zero)), torch.zeros(2).double())


def largest_cut(ref, alt):
    """SCOVR of one track from its definition, cut by cut."""
    covered = [r > 100 for r in ref]
    ratios = [(a + 50) / (r + 50) for r, a, keep in zip(ref, alt, covered, strict=True)
              if keep or not any(covered)]  # fmt: skip
    ratios = [1.0, *ratios, 1.0]
    best = 0.0
    for cut in range(1, len(ratios)):
        upstream = sum(ratios[:cut]) / cut
        downstream = sum(ratios[cut:]) / (len(ratios) - cut)
        change = math.log2(downstream / upstream)
        best = change if abs(change) > abs(best) else best
    return best


def test_scores_of_sites_take_the_cut_with_the_largest_change():
    ref, alt = (torch.from_numpy(RNG.gamma(1, 100, (2, 4, 6))) for _ in range(2))
    ref[:, 0] /= 20  # no side is covered: all count
    ref[:, 1] += 101  # all are
    changes = np.array([
        [largest_cut(ref[i, t].tolist(), alt[i, t].tolist()) for t in range(4)] for i in range(2)
    ])  # fmt: skip
    assert np.allclose(SITE_SCORES["SCOVR"](ref, alt), changes.mean(0), rtol=1e-12)
    assert np.allclose(SITE_SCORES["COVR"](ref, alt), np.abs(changes).mean(0), rtol=1e-12)


@pytest.mark.parametrize(("ref", "alt", "expected"), [
    ([200, 200, 200, 200], [200, 200, 75, 75], math.log2(2 / 3)),  # 1, 1, 1 | 0.5, 0.5, 1
    ([200, 200, 75, 75], [200, 200, 200, 200], 0),  # not covered: left out
    ([0, 0, 0, 0], [50, 0, 0, 0], math.log2(1 / 1.5)),  # 1, 2 | 1, 1, 1, 1
    ([200, 200], [450, 450], math.log2(5 / 3)),  # an even change: 1 | 2, 2, 1
    ([0, 0], [0, 0], 0),
])  # fmt: skip
def test_scores_of_sites_worked_out(ref, alt, expected):
    of_sides = (torch.tensor(x, dtype=torch.float64)[None, None] for x in (ref, alt))
    assert SITE_SCORES["SCOVR"](*of_sides).item() == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(("name", "expected"), [("SUM", [7.0, 5.0]), ("D2", [5.0, 5.0])])
def test_strand_pairs_collapse_to_a_sum_or_a_norm(name, expected):
    score = torch.tensor([3.0, 4.0, 5.0])  # tracks +, -, unstranded
    collapsed = collapse_strands(name, score, torch.tensor([0, 2]), torch.tensor([1, 2]))
    assert collapsed.tolist() == expected
