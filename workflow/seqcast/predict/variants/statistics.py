"""Scores of a variant: how the predicted coverage of two alleles differs.

Every function takes the coverage of the reference and of the alternative allele,
``(replicates, tracks, bins)`` in float64, untransformed, and returns one number per track. Either
allele may have further dimensions before these, for which the other is broadcast. The sign
of signed scores is **alternative minus reference**, in the terms of the VCF: positive where the ALT
allele has more. Distances (D1, D2, nD2, nDi, JS and their kin) have no sign.
Replicates are predictions of the same allele in shifted windows; where a formula is not linear, it
is taken for each replicate and then averaged.

Names and formulas are those of baskerville ``snps.py`` (``hound_snp``) and borzoi ``borzoi_sed.py``
at commits 544073b and 5c93582. `WINDOW_SCORES` act on all bins of the window, `GENE_SCORES` on the
bins of one gene's exons; a formula that serves both under two names is written once. `SITE_SCORES`
act on the coverage around a gene's poly(A) sites, as those of ``borzoi_sed_paqtl_cov.py`` and
``borzoi_sed_ipaqtl_cov.py`` (borzoi 24c4e51).
"""

from collections.abc import Callable, Mapping

import torch
from torch import Tensor

Statistic = Callable[[Tensor, Tensor, Tensor], Tensor]
SiteStatistic = Callable[[Tensor, Tensor], Tensor]
SITE_PSEUDOCOUNT = 50.0  # both of unscaled coverage, summed over the bins on one side of a site
SITE_COVERED = 100.0


def sum_difference(ref: Tensor, alt: Tensor, background: Tensor) -> Tensor:
    """SUM, SED: difference of the sums over bins."""
    return (alt.sum(-1) - ref.sum(-1)).mean(-2)


def log_of_sums(ref: Tensor, alt: Tensor, background: Tensor) -> Tensor:
    """logSED: log2(1 + sum of ALT) - log2(1 + sum of REF)."""
    return (torch.log2(alt.sum(-1) + 1) - torch.log2(ref.sum(-1) + 1)).mean(-2)


def sum_of_logs(ref: Tensor, alt: Tensor, background: Tensor) -> Tensor:
    """logSUM: sum over bins of log2(ALT + 1) - log2(REF + 1)."""
    return (torch.log2(alt + 1) - torch.log2(ref + 1)).sum(-1).mean(-2)


def sum_of_roots(ref: Tensor, alt: Tensor, background: Tensor) -> Tensor:
    """sqrtSUM: sum over bins of sqrt(ALT) - sqrt(REF)."""
    return (alt.clamp(min=0).sqrt() - ref.clamp(min=0).sqrt()).sum(-1).mean(-2)


def largest_difference(ref: Tensor, alt: Tensor, background: Tensor) -> Tensor:
    """SAX: signed difference at the bin where its absolute value is largest."""
    difference = alt - ref
    at = difference.abs().argmax(-1, keepdim=True)
    return difference.gather(-1, at).squeeze(-1).mean(-2)


def l1(ref: Tensor, alt: Tensor, background: Tensor) -> Tensor:
    """D1: sum over bins of |ALT - REF|."""
    return (alt - ref).abs().sum(-1).mean(-2)


def l1_of_logs(ref: Tensor, alt: Tensor, background: Tensor) -> Tensor:
    """logD1: D1 of log2(1 + x)."""
    return l1(torch.log2(ref + 1), torch.log2(alt + 1), background)


def l1_of_roots(ref: Tensor, alt: Tensor, background: Tensor) -> Tensor:
    """sqrtD1: D1 of sqrt(x)."""
    return l1(ref.clamp(min=0).sqrt(), alt.clamp(min=0).sqrt(), background)


def l2(ref: Tensor, alt: Tensor, background: Tensor) -> Tensor:
    """D2: square root of the sum over bins of (ALT - REF) squared."""
    return (alt - ref).square().sum(-1).sqrt().mean(-2)


def l2_of_logs(ref: Tensor, alt: Tensor, background: Tensor) -> Tensor:
    """logD2: D2 of log2(1 + x)."""
    return l2(torch.log2(ref + 1), torch.log2(alt + 1), background)


def l2_of_roots(ref: Tensor, alt: Tensor, background: Tensor) -> Tensor:
    """sqrtD2: D2 of sqrt(x)."""
    return l2(ref.clamp(min=0).sqrt(), alt.clamp(min=0).sqrt(), background)


def l2_of_profiles(ref: Tensor, alt: Tensor, background: Tensor) -> Tensor:
    """nD2: D2 of the profiles, (x + background) / sum."""
    return l2(_profile(ref, background), _profile(alt, background), background)


def largest_of_profiles(ref: Tensor, alt: Tensor, background: Tensor) -> Tensor:
    """nDi: largest absolute difference of the profiles."""
    difference = _profile(alt, background) - _profile(ref, background)
    return difference.abs().amax(-1).mean(-2)


def divergence(ref: Tensor, alt: Tensor, background: Tensor) -> Tensor:
    """JS: half the Jeffreys divergence of the profiles, natural logarithm.

    (KL(r || a) + KL(a || r)) / 2. The original calls it JS; it is not Jensen-Shannon's.
    """
    r, a = _profile(ref, background), _profile(alt, background)
    log_ratio = torch.log(r) - torch.log(a)
    return (0.5 * ((r - a) * log_ratio).sum(-1)).mean(-2)


def reference_sum(ref: Tensor, alt: Tensor, background: Tensor) -> Tensor:
    """REF: sum over bins of the reference allele."""
    return ref.sum(-1).mean(-2)


def alternative_sum(ref: Tensor, alt: Tensor, background: Tensor) -> Tensor:
    """ALT: sum over bins of the alternative allele."""
    return alt.sum(-1).mean(-2)


def background_of(ref: Tensor) -> Tensor:
    """25th percentile over the bins of the reference window: the pseudocount of profiles.

    Parameters
    ----------
    ref : Tensor, shape=(replicates, tracks, bins)

    Returns
    -------
    Tensor, shape=(replicates, tracks, 1)
    """
    return torch.quantile(ref, 0.25, dim=-1, keepdim=True)


def _profile(x: Tensor, background: Tensor) -> Tensor:
    # where even the 25th percentile is 0 the logarithm still needs a positive number
    x = x + background.clamp(min=1e-12)
    return x / x.sum(-1, keepdim=True)


def ratio_change(ref: Tensor, alt: Tensor) -> Tensor:
    """SCOVR: log2 of the mean ratio ALT/REF downstream of a cut, over the mean upstream of it.

    A ratio is that of one side of one site, with a pseudocount of 50; a 1 is put before the first
    and after the last, so that an even change counts as well. If REF is above 100 on any side,
    sides where it is not are left out. Of all cuts between two ratios the one with the largest
    magnitude counts, in each track for itself.

    Parameters
    ----------
    ref, alt : Tensor, shape=(replicates, tracks, sides)
        Unscaled coverage on the sides of poly(A) sites, in the direction of the gene.

    Returns
    -------
    Tensor, shape=(tracks,)
        Positive where ALT moves coverage downstream.
    """
    return _largest_ratio_change(ref, alt).mean(-2)


def ratio_change_size(ref: Tensor, alt: Tensor) -> Tensor:
    """COVR: magnitude of SCOVR."""
    return _largest_ratio_change(ref, alt).abs().mean(-2)


def _largest_ratio_change(ref: Tensor, alt: Tensor) -> Tensor:
    is_covered = ref > SITE_COVERED
    weight = (is_covered | ~is_covered.any(-1, keepdim=True)).to(ref)
    weight = weight.expand(torch.broadcast_shapes(ref.shape, alt.shape))
    ratio = (alt + SITE_PSEUDOCOUNT) / (ref + SITE_PSEUDOCOUNT)
    one = torch.ones_like(ratio[..., :1])
    total = torch.cat([one, ratio * weight, one], -1).cumsum(-1)
    number = torch.cat([one, weight, one], -1).cumsum(-1)
    upstream = total[..., :-1] / number[..., :-1]
    downstream = (total[..., -1:] - total[..., :-1]) / (number[..., -1:] - number[..., :-1])
    change = torch.log2(downstream / upstream)
    at = change.abs().argmax(-1, keepdim=True)
    return change.gather(-1, at).squeeze(-1)


WINDOW_SCORES: Mapping[str, Statistic] = {
    "SUM": sum_difference,
    "logSUM": sum_of_logs,
    "logSED": log_of_sums,
    "sqrtSUM": sum_of_roots,
    "SAX": largest_difference,
    "D1": l1,
    "logD1": l1_of_logs,
    "sqrtD1": l1_of_roots,
    "D2": l2,
    "logD2": l2_of_logs,
    "sqrtD2": l2_of_roots,
    "JS": divergence,
}
GENE_SCORES: Mapping[str, Statistic] = {
    "SED": sum_difference,
    "logSED": log_of_sums,
    "D1": l1,
    "logD1": l1_of_logs,
    "D2": l2,
    "logD2": l2_of_logs,
    "nD2": l2_of_profiles,
    "nDi": largest_of_profiles,
    "JS": divergence,
    "REF": reference_sum,
    "ALT": alternative_sum,
}
# What a value is in; of REF and ALT, what the track has (`tracks.Tracks.table`).
UNITS = {
    "logSED": "log2 fold change", "logSUM": "sum of log2 fold changes of bins", "SED": "coverage",
    "SUM": "coverage",
}  # fmt: skip
OF_PROFILES = ("nD2", "nDi", "JS")  # those that need the background of the whole window
SITE_SCORES: Mapping[str, SiteStatistic] = {"COVR": ratio_change_size, "SCOVR": ratio_change}
# Euclidean norms of a strand pair combine as norms, all else adds up
_NORMS = {"D2", "logD2", "sqrtD2"}


def collapse_strands(name: str, score: Tensor, plus: Tensor, minus: Tensor) -> Tensor:
    """One number per strand pair, from one number per track.

    Parameters
    ----------
    name : str
        The score's name.
    score : Tensor, shape=(..., tracks)
    plus, minus : Tensor of int, shape=(collapsed,)
        Positions of the two members; equal for unstranded tracks.
    """
    a, b = score[..., plus], score[..., minus]
    both = torch.sqrt(a * a + b * b) if name in _NORMS else a + b
    return torch.where(plus == minus, a, both)
