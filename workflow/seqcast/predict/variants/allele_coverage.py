"""Coverage of both alleles of variants, from what is known of their windows or plainly."""

import logging
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from seqcast.genome.fasta import Genome
from seqcast.genome.sequence import one_hot
from seqcast.genome.tracks import Tracks
from seqcast.models.coverage import Wanted
from seqcast.models.interface import CoverageModel, evaluating
from seqcast.predict.inference import (
    Averaged,
    Known,
    Runs,
    geometry_of,
    predict_batch,
    prefetch,
)
from seqcast.predict.variants.alleles import (
    AllelePair,
    Convention,
    Flanks,
    WindowKey,
    assemble,
    shifted,
)
from seqcast.predict.variants.score_options import ScoreOptions
from seqcast.predict.variants.statistics import background_of
from seqcast.predict.variants.windows import Chunk, Placed, chunks_by_window, plain_chunks

logger = logging.getLogger(__name__)

# Variants that are predicted together on a CPU, where batch_size does not ask for more: as many as
# have so many numbers of coverage, but no more than a few.
NUMBERS_AT_ONCE, MOST_AT_ONCE = 1 << 22, 32
MOST_KNOWN = 32  # windows of a neighbourhood, each strand and shift of them counted

Untransform = Callable[[Tensor], Tensor]
Sides = tuple[WindowKey, WindowKey] | None


class PairCoverage(NamedTuple):
    """Coverage of the two alleles of an edit.

    Attributes
    ----------
    pair : AllelePair
    ref, alt : Tensor, shape=(replicates, tracks, bins), float64
    background : Tensor, shape=(replicates, tracks, 1), optional
        `statistics.background_of` of ref, where a score needs it.
    bins : ndarray of int, optional
        Which output bins these are. None: all.
    """

    pair: AllelePair
    ref: Tensor
    alt: Tensor
    background: Tensor | None = None
    bins: np.ndarray | None = None


class _Prepared(NamedTuple):
    """A chunk's sequences, encoded.

    Attributes
    ----------
    windows : list of ndarray
        Those of its neighbourhood; empty where the chunk before has the same.
    alleles : list of dict of ndarray
        Of each pair, its sequences by their number: all, or those that are no such window.
    """

    pairs: list[AllelePair]
    flanks: list[tuple[Flanks, ...]]
    windows: list[np.ndarray]
    alleles: list[dict[int, np.ndarray]]


class _Stretch:
    """Bases around a window, read once for the variants in it."""

    def __init__(self, genome: Genome, contig: str, start: int, end: int) -> None:
        self.genome, self.contig, self.start, self.end = genome, contig, start, end
        self.bases = genome.fetch(contig, start, end)

    def fetch(self, contig: str, start: int, end: int) -> str:
        if contig == self.contig and self.start <= start and end <= self.end:
            return self.bases[start - self.start : end - self.start]
        return self.genome.fetch(contig, start, end)


class _Chunks(Dataset):
    """Prepared chunks, for workers to make."""

    def __init__(
        self, genome: Genome, convention: Convention, length_bp: int, chunks: Sequence[Chunk],
        reuse: bool,
    ) -> None:  # fmt: skip
        self.genome, self.convention, self.length_bp = genome, convention, length_bp
        self.chunks, self.reuse = chunks, reuse

    def __len__(self) -> int:
        return len(self.chunks)

    def __getitem__(self, i: int) -> _Prepared:
        chunk = self.chunks[i]
        contig, edits = chunk.placed[0].edit.contig, [(one.edit, one.start) for one in chunk.placed]
        flanks = [self.convention.flanks(*edit) for edit in edits]
        first = flanks[0][0].left.start
        near = _Stretch(self.genome, contig, first, first + self.length_bp)
        pairs = [self.convention.pair(edit, near, start) for edit, start in edits]
        alleles = [
            {
                at: one_hot(sequence, self.convention.unknown)
                for at, (sequence, f) in enumerate(zip(pair.sequences, of_pair, strict=True))
                if not (self.reuse and f.is_whole)
            }
            for pair, of_pair in zip(pairs, flanks, strict=True)
        ]
        return _Prepared(pairs, flanks, self._windows(i, near, contig), alleles)

    def _windows(self, i: int, near: _Stretch, contig: str) -> list[np.ndarray]:
        neighbourhood = self.chunks[i].neighbourhood
        if i and self.chunks[i - 1].neighbourhood.number == neighbourhood.number:
            return []
        keys = [key for group in neighbourhood.groups for key in group]
        bases = [near.fetch(contig, key.start, key.start + self.length_bp) for key in keys]
        return [
            one_hot(shifted(sequence, key.shift_bp), self.convention.unknown)
            for sequence, key in zip(bases, keys, strict=True)
        ]


class _Engine:
    """Predicts prepared chunks; keeps what is known of the windows of the one before.

    Parameters
    ----------
    averaged : Averaged
    untransform : callable
        From predictions to coverage.
    background : bool
        Whether scores need the background, and so the references in full.
    device : torch.device
    """

    def __init__(
        self, averaged: Averaged, untransform: Untransform, background: bool, device: torch.device
    ) -> None:
        self.averaged, self.untransform, self.device = averaged, untransform, device
        self.at_once = sys.maxsize
        self.background, self.bins = background, geometry_of(averaged.model).bins
        self.to_come: Iterator[Known] = iter(())  # windows of the neighbourhood
        self.place = -1, -1  # neighbourhood and group that these are of:
        self.known: dict[WindowKey, Known] = {}
        self.coverage: dict[WindowKey, Tensor] = {}
        self.ref: tuple[object, Tensor, Tensor | None] = None, torch.empty(0), None

    @torch.inference_mode()
    def predict(self, chunk: Chunk, prepared: _Prepared) -> list[PairCoverage]:
        """Coverage of each pair of a chunk."""
        self._know(chunk, prepared.windows)
        found = [
            [self._of_window(chunk, f.left) if f.is_whole else None for f in of_pair]
            for of_pair in prepared.flanks
        ]
        for sides, places in self._alike(prepared).items():
            x = torch.from_numpy(np.stack([prepared.alleles[i][at] for i, at in places]))
            runs = self._read_of_alleles(chunk.bins, [(prepared.pairs[i], at) for i, at in places])
            y = self._of_alleles(x.to(self.device), sides, runs)
            for (i, at), coverage in zip(places, y, strict=True):
                found[i][at] = coverage
        return [
            self._paired(chunk.bins, pair, of_pair, [y for y in coverage if y is not None])
            for pair, of_pair, coverage in zip(prepared.pairs, prepared.flanks, found, strict=True)
        ]

    def _know(self, chunk: Chunk, windows: Sequence[np.ndarray]) -> None:
        """Have the windows of a chunk's group at hand, and let go of those before."""
        number, groups = chunk.neighbourhood
        if self.place[0] != number:
            starts = [key.start - key.shift_bp for group in groups for key in group]
            x = torch.from_numpy(np.stack(windows)).to(self.device)
            self.to_come, self.place = self.averaged.know(x, starts), (number, -1)
        while self.place[1] < chunk.group:
            self.place = number, self.place[1] + 1
            self.known, self.coverage, self.ref = {}, {}, (None, torch.empty(0), None)
            for key in groups[self.place[1]]:
                self.known[key] = next(self.to_come)

    def _of_window(self, chunk: Chunk, key: WindowKey) -> Tensor:
        if key not in self.coverage:
            runs = (
                None if self.background or chunk.bins is None else Wanted.of_bins(chunk.bins).runs
            )
            self.coverage[key] = self.untransform(self.averaged.of_known(self.known[key], runs))[0]
        return self.coverage[key]

    def _read_of_alleles(
        self, bins: np.ndarray | None, alleles: Sequence[tuple[AllelePair, int]]
    ) -> Runs:
        """Bins that some alleles are read for: of an indel's, those on one side of it."""
        wanted = np.zeros(self.bins, dtype=bool)
        for pair, at in alleles:
            for segment in (s for replicate in (*pair.ref, *pair.alt) for s in replicate):
                if segment.sequence == at:
                    wanted[segment.start_bins : segment.end_bins] = True
        if bins is not None:
            of_genes = np.zeros_like(wanted)
            of_genes[bins] = True
            wanted &= of_genes
        return None if wanted.all() else Wanted.of_bins(np.flatnonzero(wanted)).runs

    def _alike(self, prepared: _Prepared) -> dict[Sides, list[tuple[int, int]]]:
        """Alleles between the same known windows: of the pair i the sequence number `at`."""
        alike: dict[Sides, list[tuple[int, int]]] = defaultdict(list)
        for i, alleles in enumerate(prepared.alleles):
            for at in alleles:
                left, right, _ = prepared.flanks[i][at]
                known = [key for key in (left, right) if key in self.known]
                # one alone stands for both: all on the other side of the edit is computed again
                alike[(known[0], known[-1]) if known else None].append((i, at))
        return alike

    def _of_alleles(self, alleles: Tensor, sides: Sides, runs: Runs) -> Tensor:
        """Coverage of alleles; where memory runs out, from then on of half as many at once."""
        made: list[Tensor] = []
        done = 0
        while done < len(alleles):
            part = alleles[done : done + self.at_once]
            try:
                made.append(self.untransform(self._predicted(part, sides, runs)))
            except torch.OutOfMemoryError:
                if len(part) == 1:
                    raise
                self.at_once = (len(part) + 1) // 2
                logger.warning(
                    "out of memory with %d sequences at once; continuing with %d. Numbers do not "
                    "change", len(part), self.at_once,
                )  # fmt: skip
                continue
            done += len(part)
        return made[0] if len(made) == 1 else torch.cat(made)

    def _predicted(self, alleles: Tensor, sides: Sides, runs: Runs) -> Tensor:
        if sides is None:
            return self.averaged.plainly(alleles)
        left, right = (self.known[key] for key in sides)
        return self.averaged.of_edited(alleles, left, right, runs)

    def _paired(
        self, bins: np.ndarray | None, pair: AllelePair, flanks: Sequence[Flanks],
        coverage: Sequence[Tensor],
    ) -> PairCoverage:  # fmt: skip
        # the ref is put together once for all variants of a window
        made_of = pair.ref, [flanks[s.sequence] for r in pair.ref for s in r
                             if s.sequence is not None]  # fmt: skip
        if self.ref[0] != made_of:
            ref = assemble(coverage, pair.ref)
            background = background_of(ref) if self.background else None
            self.ref = made_of, ref if bins is None else ref[..., bins], background
        alt = assemble(coverage, pair.alt)
        alt = alt if bins is None else alt[..., bins]
        return PairCoverage(pair, self.ref[1], alt, self.ref[2], bins)


def chunks_of(
    model: CoverageModel, placed: Sequence[Placed], tracks: Tracks, options: ScoreOptions,
    batch_size: int = 1, reuse: bool = True,
) -> list[Chunk]:  # fmt: skip
    """Which variants are predicted together; see `predict_alleles`.

    Without window scores, only the bins of genes are wanted of those that share a window.
    """
    geometry = geometry_of(model)
    convention = options.convention(geometry)
    if not reuse:
        return list(plain_chunks(placed, convention, batch_size))
    at_once = batch_size
    if next(model.parameters()).device.type == "cpu":  # whose memory is not the limit
        numbers = len(tracks) * geometry.bins
        at_once = max(batch_size, min(MOST_AT_ONCE, NUMBERS_AT_ONCE // numbers))
    members = len(options.averaged_shifts_bp) * (1 + options.reverse_complement)
    how = max(1, MOST_KNOWN // members), not options.window_scores, options.needs_background
    return list(chunks_by_window(placed, convention, geometry, at_once, *how))


def predict_alleles(
    model: CoverageModel, chunks: Sequence[Chunk], genome: Genome, tracks: Tracks,
    options: ScoreOptions, batch_size: int = 1, workers: int = 0, reuse: bool = True,
) -> Iterator[PairCoverage]:  # fmt: skip
    """Coverage of both alleles of each variant, in genome orientation of REF and ALT.

    Parameters
    ----------
    chunks : sequence of Chunk
        Of `chunks_of`, with the same arguments.
    reuse : bool
        Compute what the alleles of a window have in common once. False: predict each sequence of
        each variant for itself; the numbers are the same but for rounding.
    """
    convention = options.convention(geometry_of(model))
    dataset = _Chunks(genome, convention, model.window_length_bp, chunks, reuse)
    prepared = prefetch(dataset, workers)

    def untransform(y: Tensor) -> Tensor:
        return options.untransform(tracks, y)

    with evaluating(model) as device:
        how = options.reverse_complement, options.averaged_shifts_bp
        averaged = Averaged(model, tracks, *how, device)
        engine = _Engine(averaged, untransform, options.needs_background, device)
        for chunk, sequences in zip(chunks, prepared, strict=True):
            if reuse:
                yield from engine.predict(chunk, sequences)
                continue
            x = np.stack([x for of_pair in sequences.alleles for x in of_pair.values()])
            y = untransform(predict_batch(model, x, tracks, device, *how, batch_size))
            parts = y.split([len(of_pair) for of_pair in sequences.alleles])
            for pair, part in zip(sequences.pairs, parts, strict=True):
                ref, alt = assemble(part, pair.ref), assemble(part, pair.alt)
                background = background_of(ref) if options.needs_background else None
                yield PairCoverage(pair, ref, alt, background)
