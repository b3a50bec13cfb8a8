"""What scoring a set of variants takes, told before any hour is spent on it.

Counts are exact. Seconds are extrapolated from samples that are really scored, neighbours because
these share work: a window with its first variant, and each further variant of a window.
"""

import logging
import resource
import sys
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple, Self

import numpy as np
import polars as pl
import torch
from torch.utils.flop_counter import FlopCounterMode

from seqcast.models.interface import CoverageModel, evaluating
from seqcast.predict.inference import geometry_of
from seqcast.predict.variants.variant_effects import VariantScorer
from seqcast.predict.variants.windows import Chunk, Placed, VariantWork

logger = logging.getLogger(__name__)

# Of a sample: neighbours, fewer where one takes longer than SLOW_S; and variants in each.
FEW_WINDOWS, MOST_WINDOWS, SLOW_S, MOST_VARIANTS = 3, 16, 1.0, 8
TRIED_S = 4.0  # samples are taken for so long, one at least


class WorkPlan(NamedTuple):
    """Counts of what is computed to score variants with one fold.

    Attributes
    ----------
    window : str
        `ScoreOptions.window`.
    variants, scored : int
        All rows, and those that are scored; a variant in two windows counts twice.
    windows : int
        Windows of the reference that are computed whole.
    alleles : int
        Edited sequences.
    members : int
        Strands and shifts that each of the two is predicted in.
    """

    window: str
    variants: int
    scored: int
    windows: int
    alleles: int
    members: int

    @classmethod
    def of(cls, scorer: VariantScorer, variants: int, chunks: Sequence[Chunk]) -> Self:
        """That of all rows of a set, of which there are so many."""
        convention = scorer.options.convention(geometry_of(scorer.model))
        near = {chunk.neighbourhood.number: chunk.neighbourhood for chunk in chunks}
        placed = [one for chunk in chunks for one in chunk.placed]
        flanks = [f for one in placed for f in convention.flanks(one.edit, one.start)]
        windows = sum(len(group) for one in near.values() for group in one.groups)
        alleles = sum(not f.is_whole for f in flanks)
        members = len(scorer.options.averaged_shifts_bp) * (1 + scorer.options.reverse_complement)
        return cls(scorer.options.window, variants, len(placed), windows, alleles, members)

    @property
    def forwards_plain(self) -> int:
        """Forwards of the network without reuse: two alleles and more for each variant."""
        return self.members * (self.scored + self.alleles)

    def log(self) -> None:
        """Tell it in one line."""
        logger.info(
            "%d of %d variants (window: %s): %d windows and %d edited alleles to predict, each on "
            "%d strands and shifts",
            self.scored, self.variants, self.window, self.windows, self.alleles, self.members,
        )  # fmt: skip


def plan_of(scorer: VariantScorer, work: VariantWork) -> tuple[WorkPlan, list[Chunk]]:
    """The plan of a set of variants, and what is predicted together."""
    rows = range(len(work.edits))
    chunks = scorer.chunks(work.placed(rows, scorer.annotation))
    return WorkPlan.of(scorer, len(rows), chunks), chunks


class Estimate(NamedTuple):
    """Seconds to score a set with one fold, by reuse and plainly, and memory in GB."""

    seconds: float
    seconds_plain: float
    memory_gb: float


def estimate(scorer: VariantScorer, variants: pl.DataFrame, chunks: Sequence[Chunk]) -> Estimate:
    """What scoring a set takes on the device of the model, from samples that are scored."""
    grouped: dict[tuple[int, int], list[Placed]] = defaultdict(list)
    for chunk in chunks:
        grouped[chunk.neighbourhood.number, chunk.group] += chunk.placed
    windows = list(grouped.values())
    placed = sum(map(len, windows))
    if not placed:
        return Estimate(0.0, 0.0, _memory_gb(scorer.model))
    plain = replace(scorer, reuse=False)
    first, further, alone = _Rate(), _Rate(), _Rate()
    # the first run has what is slow once; of slow networks, samples are small
    is_slow = _seconds(scorer, variants, windows[0][:1]) > SLOW_S
    begun, width = time.perf_counter(), FEW_WINDOWS if is_slow else MOST_WINDOWS
    for at in np.random.default_rng(0).permutation(len(windows)).tolist():
        near = windows[max(0, min(at, len(windows) - width)) :][:width]
        ones = [one for group in near for one in group[:1]]
        some = [one for group in near for one in group[:MOST_VARIANTS]]
        seconds = _seconds(scorer, variants, ones)
        first.add(seconds, len(ones))
        if len(some) > len(ones):
            further.add(_seconds(scorer, variants, some) - seconds, len(some) - len(ones))
        alone.add(_seconds(plain, variants, ones[:1]), 1)
        if time.perf_counter() - begun > TRIED_S:
            break
    seconds = len(windows) * first.each + (placed - len(windows)) * further.each
    return Estimate(seconds, placed * alone.each, _memory_gb(scorer.model))


class _Rate:
    """Seconds of things of one kind."""

    def __init__(self) -> None:
        self.seconds, self.n = 0.0, 0

    def add(self, seconds: float, n: int) -> None:
        self.seconds, self.n = self.seconds + seconds, self.n + n

    @property
    def each(self) -> float:
        return max(0.0, self.seconds / max(self.n, 1))


def _seconds(scorer: VariantScorer, variants: pl.DataFrame, placed: Sequence[Placed]) -> float:
    """Wall time to score some variants, tables included."""
    begun = time.perf_counter()
    scorer.score_placed(variants, placed)
    return time.perf_counter() - begun


def _memory_gb(model: CoverageModel) -> float:
    """Most that was in use so far: on a GPU of the model, else of this process."""
    device = next(model.parameters()).device
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device) / 2**30
    unit = 2**30 if sys.platform == "darwin" else 2**20  # bytes there, KB elsewhere
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


def gmac_of_forward(model: CoverageModel) -> float:
    """Multiply-accumulates of one window, in 10^9: of convolutions and matrix products."""
    counter = FlopCounterMode(display=False)
    with evaluating(model) as device, torch.no_grad(), counter as counted:
        model(torch.zeros(1, 4, model.window_length_bp, device=device))
    return counted.get_total_flops() / 2e9
