"""Coverage of both alleles of variants, from what is known of their windows or plainly."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from seqcast.genome.fasta import Genome
from seqcast.genome.sequence import one_hot
from seqcast.genome.tracks import Tracks
from seqcast.models.interface import CoverageModel, evaluating
from seqcast.predict.inference import (
    Averaged,
    Known,
    Runs,
    geometry_of,
    predict_batch,
    prefetch,
    runs_of,
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

# Variants that are predicted together on a CPU, where batch_size does not ask for more: as many as
# have so many numbers of coverage, but no more than a few.
NUMBERS_AT_ONCE, MOST_AT_ONCE = 1 << 22, 32

Untransform = Callable[[Tensor], Tensor]
Place = tuple[str, WindowKey]  # on a contig
Sides = tuple[Place, Place] | None


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
    """A chunk's sequences, encoded: windows of the reference, and of each pair all others."""

    contig: str
    bins: np.ndarray | None
    pairs: Sequence[AllelePair]
    flanks: Sequence[Sequence[Flanks]]
    windows: Mapping[WindowKey, np.ndarray]
    alleles: Sequence[Mapping[int, np.ndarray]]

    @property
    def sequences(self) -> list[list[np.ndarray]]:
        """All sequences of each pair."""
        return [
            [self.windows[f.left] if f.is_whole else of_pair[at] for at, f in enumerate(flanks)]
            for flanks, of_pair in zip(self.flanks, self.alleles, strict=True)
        ]


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
        self, genome: Genome, convention: Convention, length_bp: int, chunks: Sequence[Chunk]
    ) -> None:
        self.genome, self.convention, self.length_bp = genome, convention, length_bp
        self.chunks = chunks

    def __len__(self) -> int:
        return len(self.chunks)

    def __getitem__(self, i: int) -> _Prepared:
        placed, shared, bins = self.chunks[i]
        contig, edits = placed[0].edit.contig, [(one.edit, one.start) for one in placed]
        flanks = [self.convention.flanks(*edit) for edit in edits]
        first = min(f.left.start for f in flanks[0])
        near = _Stretch(self.genome, contig, first, first + self.length_bp)
        pairs = [self.convention.pair(edit, near, start) for edit, start in edits]
        windows = {key: self._window(near, contig, key) for key in shared}
        alleles: list[dict[int, np.ndarray]] = []
        for pair, of_pair in zip(pairs, flanks, strict=True):
            alleles.append({})
            for at, (sequence, f) in enumerate(zip(pair.sequences, of_pair, strict=True)):
                if not f.is_whole:
                    alleles[-1][at] = self._encoded(sequence)
                elif f.left not in windows:
                    windows[f.left] = self._encoded(sequence)
        return _Prepared(contig, bins, pairs, flanks, windows, alleles)

    def _window(self, near: _Stretch, contig: str, key: WindowKey) -> np.ndarray:
        bases = near.fetch(contig, key.start, key.start + self.length_bp)
        return self._encoded(shifted(bases, key.shift_bp))

    def _encoded(self, sequence: str) -> np.ndarray:
        return one_hot(sequence, self.convention.unknown)


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
        self.background, self.bins = background, geometry_of(averaged.model).bins
        self.known: dict[Place, Known] = {}
        self.coverage: dict[Place, Tensor] = {}
        self.ref: tuple[object, Tensor, Tensor | None] = None, torch.empty(0), None

    @torch.inference_mode()
    def predict(self, chunk: _Prepared) -> list[PairCoverage]:
        """Coverage of each pair of a chunk."""
        self._know(chunk)
        found = [
            [self._of_window(chunk, f.left) if f.is_whole else None for f in of_pair]
            for of_pair in chunk.flanks
        ]
        for sides, places in self._alike(chunk).items():
            x = torch.from_numpy(np.stack([chunk.alleles[i][at] for i, at in places]))
            runs = self._read_of_alleles(chunk, places)
            y = self._of_alleles(x.to(self.device), sides, runs)
            for (i, at), coverage in zip(places, y, strict=True):
                found[i][at] = coverage
        return [
            self._paired(chunk, i, [y for y in coverage if y is not None])
            for i, coverage in enumerate(found)
        ]

    def _know(self, chunk: _Prepared) -> None:
        """Compute the windows that a chunk needs, and let go of all others."""
        places = {(chunk.contig, key): window for key, window in chunk.windows.items()}
        self.known = {place: known for place, known in self.known.items() if place in places}
        self.coverage = {place: y for place, y in self.coverage.items() if place in places}
        for place, window in places.items():
            if place not in self.known:
                x = torch.from_numpy(window[None]).to(self.device)
                self.known[place] = self.averaged.know(x)

    def _of_window(self, chunk: _Prepared, key: WindowKey) -> Tensor:
        place = chunk.contig, key
        if place not in self.coverage:
            runs = None if self.background or chunk.bins is None else runs_of(chunk.bins)
            y = self.averaged.of_known(self.known[place], runs)
            self.coverage[place] = self.untransform(y)[0]
        return self.coverage[place]

    def _read_of_alleles(self, chunk: _Prepared, places: Sequence[tuple[int, int]]) -> Runs:
        """Bins that some alleles are read for: of an indel's, those on one side of it."""
        wanted = np.zeros(self.bins, dtype=bool)
        for i, at in places:
            pair = chunk.pairs[i]
            for segment in (s for replicate in (*pair.ref, *pair.alt) for s in replicate):
                if segment.sequence == at:
                    wanted[segment.start_bins : segment.end_bins] = True
        if chunk.bins is not None:
            of_genes = np.zeros_like(wanted)
            of_genes[chunk.bins] = True
            wanted &= of_genes
        return None if wanted.all() else runs_of(np.flatnonzero(wanted))

    def _alike(self, chunk: _Prepared) -> dict[Sides, list[tuple[int, int]]]:
        """Alleles between the same known windows: of the pair i the sequence number `at`."""
        alike: dict[Sides, list[tuple[int, int]]] = defaultdict(list)
        for i, alleles in enumerate(chunk.alleles):
            for at in alleles:
                left, right, _ = chunk.flanks[i][at]
                known = [key for key in (left, right) if (chunk.contig, key) in self.known]
                # one alone stands for both: all on the other side of the edit is computed again
                sides = ((chunk.contig, known[0]), (chunk.contig, known[-1])) if known else None
                alike[sides].append((i, at))
        return alike

    def _of_alleles(self, alleles: Tensor, sides: Sides, runs: Runs) -> Tensor:
        if sides is None:
            return self.untransform(self.averaged.plainly(alleles))
        left, right = (self.known[place] for place in sides)
        return self.untransform(self.averaged.of_edited(alleles, left, right, runs))

    def _paired(self, chunk: _Prepared, i: int, coverage: Sequence[Tensor]) -> PairCoverage:
        pair, flanks = chunk.pairs[i], chunk.flanks[i]
        # the ref is put together once for all variants of a window
        made_of = chunk.contig, pair.ref, [flanks[s.sequence] for r in pair.ref for s in r
                                           if s.sequence is not None]  # fmt: skip
        if self.ref[0] != made_of:
            ref = assemble(coverage, pair.ref)
            background = background_of(ref) if self.background else None
            self.ref = made_of, ref if chunk.bins is None else ref[..., chunk.bins], background
        alt = assemble(coverage, pair.alt)
        alt = alt if chunk.bins is None else alt[..., chunk.bins]
        return PairCoverage(pair, self.ref[1], alt, self.ref[2], chunk.bins)


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
    of_genes = not options.window_scores
    in_full = options.needs_background
    return list(chunks_by_window(placed, convention, geometry, at_once, of_genes, in_full))


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
    prepared = prefetch(_Chunks(genome, convention, model.window_length_bp, chunks), workers)

    def untransform(y: Tensor) -> Tensor:
        return options.untransform(tracks, y)

    with evaluating(model) as device:
        how = options.reverse_complement, options.averaged_shifts_bp
        averaged = Averaged(model, tracks, *how, device)
        engine = _Engine(averaged, untransform, options.needs_background, device)
        for chunk in prepared:
            if reuse:
                yield from engine.predict(chunk)
                continue
            x = np.stack([s for sequences in chunk.sequences for s in sequences])
            y = untransform(predict_batch(model, x, tracks, device, *how, batch_size))
            for pair, part in zip(
                chunk.pairs, y.split([len(s) for s in chunk.sequences]), strict=True
            ):
                ref, alt = assemble(part, pair.ref), assemble(part, pair.alt)
                background = background_of(ref) if options.needs_background else None
                yield PairCoverage(pair, ref, alt, background)
