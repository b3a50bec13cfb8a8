"""Gradients of a gene's coverage with respect to the bases of a window.

The quantity that is differentiated is the one of which logSED is the difference: log2(1 + sum of
the untransformed coverage in the gene's bins), the mean over some tracks. Its gradient at a
sequence tells, to first order, what replacing a base does to it:

    first-order effect     gradient[alt] - gradient[ref]           an approximation of logSED
    gradient x input       gradient[ref] - mean over the 4 bases   one number a base

The mean over the four bases is taken away as in Majdandzic et al. 2023 (doi:
10.1186/s13059-023-02956-3): it is what a network says of sequences off the simplex of one-hot
bases, which no sequence is. So gradient x input is minus a quarter of the sum of the three effects.
Integrated gradients (Sundararajan et al. 2017, arXiv:1703.01365) take the mean of the gradients on
the way from a baseline to the sequence instead.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.autograd import grad

from seqcast.genome.tracks import Tracks
from seqcast.models.interface import CoverageModel, evaluating
from seqcast.predict.inference import Averaged
from seqcast.predict.variants.score_options import ScoreOptions

STEPS = 16  # of integrated gradients
EVEN = 0.25  # of each base at a position of the baseline


class Target(NamedTuple):
    """What is differentiated.

    Attributes
    ----------
    bins : ndarray of int
        Output bins of a gene.
    tracks : ndarray of int
        Positions in the table of tracks; those of the gene's strand (`Tracks.of_gene_strand`).
    """

    bins: np.ndarray
    tracks: np.ndarray


class Gradients(NamedTuple):
    """Levels of targets, and their gradients.

    Attributes
    ----------
    level : Tensor, shape=(targets,), float64
        log2(1 + sum over bins), mean over tracks.
    gradient : Tensor, shape=(targets, 4, length)
        With respect to the one-hot bases, in log2 units.
    """

    level: Tensor
    gradient: Tensor


class Integrated(NamedTuple):
    """Gradients between a baseline and a sequence.

    Attributes
    ----------
    gradient : Tensor, shape=(targets, 4, length)
        Mean over the way from the baseline to the sequence.
    change : Tensor, shape=(targets,), float64
        Level of the sequence less that of the baseline: what attributions add up to if the steps
        are fine enough.
    attributed : Tensor, shape=(targets,), float64
        What they do add up to.
    """

    gradient: Tensor
    change: Tensor
    attributed: Tensor


def gene_levels(coverage: Tensor, targets: Sequence[Target]) -> Tensor:
    """log2(1 + sum over the bins of a gene), mean over its tracks, a target each.

    Parameters
    ----------
    coverage : Tensor, shape=(tracks, bins)
        Untransformed.

    Returns
    -------
    Tensor, shape=(targets,)
    """
    sums = (coverage[target.tracks][:, target.bins].sum(-1) for target in targets)
    return torch.stack([torch.log2(total + 1).mean() for total in sums])


def level_gradients(
    model: CoverageModel,
    one_hot: Tensor,
    tracks: Tracks,
    targets: Sequence[Target],
    options: ScoreOptions,
) -> Gradients:
    """Gradients of targets in one window, of the mean over strands and shifts.

    The mean is predicted first, and what the level says of it is carried back through one strand
    and shift at a time, so that memory is that of a single prediction; activations are computed
    again where the architecture can.

    Parameters
    ----------
    model : CoverageModel
        Its weights need no gradients.
    one_hot : Tensor, shape=(4, length)
    tracks : Tracks
    targets : sequence of Target
        One or more.
    options : ScoreOptions
        Which strands and shifts are averaged, and how coverage is untransformed.
    """
    with evaluating(model) as device, _with_gradients(model):
        window = one_hot.detach().clone().to(device)[None]  # a tensor of inference mode is no leaf
        averaged = _averaged(model, tracks, options, device)
        with torch.no_grad():
            mean = averaged.plainly(window)[0]
        level = gene_levels(options.untransform(tracks, mean.requires_grad_()), targets)
        towards = [grad(one, mean, retain_graph=True)[0] for one in level]
        window.requires_grad_()
        total = window.new_zeros(len(targets), *one_hot.shape)
        for member in averaged.each(window):
            for i, direction in enumerate(towards):
                more = i + 1 < len(towards)
                total[i] += grad(member[0], window, direction, retain_graph=more)[0][0]
    return Gradients(level.detach(), total / len(averaged.members))


def _averaged(
    model: CoverageModel, tracks: Tracks, options: ScoreOptions, device: torch.device
) -> Averaged:
    return Averaged(model, tracks, options.reverse_complement, options.averaged_shifts_bp, device)


@contextmanager
def _with_gradients(model: CoverageModel) -> Iterator[None]:
    """Gradients are computed within it, whatever is set outside, with activations made again."""
    before = getattr(model, "checkpoint_activations", None)
    with torch.inference_mode(False), torch.enable_grad():
        try:
            if before is not None:
                model.checkpoint_activations = True  # type: ignore[attr-defined]
            yield
        finally:
            if before is not None:
                model.checkpoint_activations = before  # type: ignore[attr-defined]


def integrate(
    model: CoverageModel,
    one_hot: Tensor,
    tracks: Tracks,
    targets: Sequence[Target],
    options: ScoreOptions,
    positions: np.ndarray,
    steps: int = STEPS,
) -> Integrated:
    """Mean gradients on the way to a sequence from one in which some bases are not known.

    The baseline has each of the four bases by a quarter at `positions`, and the sequence's own
    elsewhere: attributions tell what the bases there contribute, given those around them. From a
    baseline of a whole window networks are far from all they know, and sums do not converge.

    Parameters
    ----------
    model : CoverageModel
        This and the next four as of `level_gradients`.
    one_hot : Tensor, shape=(4, length)
    tracks : Tracks
    targets : sequence of Target
    options : ScoreOptions
    positions : ndarray of int
        Columns of the window.
    steps : int
        Gradients that are averaged, by the midpoint rule.
    """
    baseline = one_hot.clone()
    baseline[:, positions] = EVEN * one_hot[:, positions].sum(0)  # an unknown base stays unknown
    way = one_hot - baseline
    total: Tensor | float = 0.0
    for step in range(steps):
        at = baseline + way * ((step + 0.5) / steps)
        total = total + level_gradients(model, at, tracks, targets, options).gradient / steps
    assert isinstance(total, Tensor)
    with evaluating(model) as device, torch.no_grad():
        ends = torch.stack([one_hot, baseline]).to(total)
        predicted = _averaged(model, tracks, options, device).plainly(ends)
        level, unknown = (gene_levels(options.untransform(tracks, y), targets) for y in predicted)
    return Integrated(total, level - unknown, (total * way.to(total)).sum((1, 2)).double())


def first_order_effects(gradient: Tensor, one_hot: Tensor) -> Tensor:
    """What replacing one base does to first order: gradient[base] - gradient[base that is there].

    Parameters
    ----------
    gradient : Tensor, shape=(..., 4, length)
    one_hot : Tensor, shape=(4, length)

    Returns
    -------
    Tensor, shape=(..., 4, length)
        0 for the base that is there; NaN where it is unknown.
    """
    one_hot = one_hot.to(gradient)
    known = (one_hot.amax(-2, keepdim=True) == 1).to(gradient)
    of_base = (gradient * one_hot).sum(-2, keepdim=True) / known.where(known > 0, torch.nan)
    return gradient - of_base
