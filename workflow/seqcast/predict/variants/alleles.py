"""Which sequences a variant's two alleles are predicted from, and how bins are put together.

Coordinates: an edit replaces the bases ``[start, end)`` of a contig by ``insert``. The window of
``length_bp`` bases has the variant's first base in column ``length_bp / 2 - 1`` (baskerville and
borzoi_sed agree), which for an insertion or deletion is the base before it, as in a VCF.

How ref and alt bins line up (the default):

    reference   ======|.......deleted.......|==========
    left        ======|==========                          alt, anchored at the window's start
    right                              ======|==========   alt, anchored behind the edit

A SNV needs one alt sequence. With an insertion or deletion, bins before the edit are read from an
alt sequence whose left flank stays in place, bins behind it from one whose right flank stays in
place, so that every bin is compared with the reference bin of the same bases. Bins that lie
wholly inside deleted bases have no alt coverage (0); bins of inserted bases have no counterpart and
are not compared. Bases that a delins replaces one for one are neither: they count as part of the
left flank. The sequences are filled from the genome, so both reach over the whole window.

The two originals do otherwise, which changes the scores of insertions and deletions only:
`borzoi_sed` centres both alleles and compares displaced bins; `hound_snp` averages over a
left-anchored and a compensated comparison, or joins them (`stitch`), with zeros at the end.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from seqcast.genome.fasta import Genome
from seqcast.genome.intervals import Geometry


@dataclass(frozen=True)
class Edit:
    """Replacement of ``[start, end)`` on a contig, and the record of the VCF it came from."""

    contig: str
    start: int
    end: int
    insert: str
    pos: int
    ref: str
    alt: str

    @property
    def anchor(self) -> int:
        """0-based base that the window is centred on."""
        is_indel = self.start == self.end or not self.insert
        return self.start - 1 if is_indel else self.start

    @property
    def is_length_change(self) -> bool:
        """Whether the alleles differ in length."""
        return len(self.insert) != self.end - self.start


@dataclass(frozen=True)
class Segment:
    """Bins ``[start, end)`` of the prediction of one sequence; no sequence: no coverage."""

    sequence: int | None
    start_bins: int
    end_bins: int


Replicate = tuple[Segment, ...]


@dataclass(frozen=True)
class AllelePair:
    """Sequences to predict, and how each allele's coverage is read off the predictions.

    Attributes
    ----------
    sequences : tuple of str
        Each of the window's length.
    ref, alt : tuple of Replicate
        As many of one as of the other.
    start : int
        0-based contig coordinate of the window's first base; may be negative.
    """

    sequences: tuple[str, ...]
    ref: tuple[Replicate, ...]
    alt: tuple[Replicate, ...]
    start: int


class Convention(Protocol):
    """A way to turn an edit into sequences."""

    @property
    def unknown(self) -> float:
        """Value of the four channels at a base that is not A, C, G or T."""
        ...

    def pair(self, edit: Edit, genome: Genome, start: int | None = None) -> AllelePair:
        """Sequences of both alleles; `start` is a window shared with other variants."""
        ...

    def gene_offset_bp(self, edit: Edit) -> int:
        """How far gene coordinates are moved left against the window before binning."""
        ...

    def reach_bp(self, edit: Edit) -> int:
        """Longest stretch of either allele, which must fit into half a window."""
        ...


def assemble(predictions: Tensor, replicates: Sequence[Replicate]) -> Tensor:
    """Coverage of one allele.

    Parameters
    ----------
    predictions : Tensor, shape=(sequences, tracks, bins)

    Returns
    -------
    Tensor, shape=(replicates, tracks, bins)
    """
    return torch.stack([torch.cat([_read(predictions, s) for s in r], dim=-1) for r in replicates])


def _read(predictions: Tensor, segment: Segment) -> Tensor:
    if segment.sequence is None:
        width = segment.end_bins - segment.start_bins
        return predictions.new_zeros(predictions.shape[1], width)
    return predictions[segment.sequence, :, segment.start_bins : segment.end_bins]


@dataclass(frozen=True)
class Aligned:
    """The default: bins of ref and alt hold the same flanking bases."""

    geometry: Geometry
    unknown: float = 0.0

    def pair(self, edit: Edit, genome: Genome, start: int | None = None) -> AllelePair:
        """See `Convention.pair`."""
        length, bins = self.geometry.length_bp, self.geometry.bins
        if start is None:
            start = edit.anchor + 1 - length // 2
        end = start + length
        reference = genome.fetch(edit.contig, start, end)
        grown = len(edit.insert) - (edit.end - edit.start)
        left = genome.fetch(edit.contig, start, edit.start) + edit.insert
        left = (left + genome.fetch(edit.contig, edit.end, max(edit.end, end - grown)))[:length]
        whole: Replicate = (Segment(0, 0, bins),)
        if not edit.is_length_change:
            return AllelePair((reference, left), (whole,), ((Segment(1, 0, bins),),), start)
        right = edit.insert + genome.fetch(edit.contig, edit.end, end)
        before = length - len(right)
        right = genome.fetch(edit.contig, edit.start - before, edit.start) + right
        return AllelePair((reference, left, right), (whole,), (self._segments(edit, start),), start)

    def _segments(self, edit: Edit, start: int) -> Replicate:
        """Left-anchored bins, deleted bins, right-anchored bins."""
        size, bins = self.geometry.bin_size_bp, self.geometry.bins
        kept = edit.start + min(len(edit.insert), edit.end - edit.start)
        # first bin without a base before the lost ones, and first bin with a base behind them
        first = self.geometry.bin_at(kept - start + size - 1)
        behind = self.geometry.bin_at(edit.end - start)
        if behind >= first:
            return (Segment(1, 0, first), Segment(None, first, behind), Segment(2, behind, bins))
        # one bin holds both flanks: it is read with the flank that fills more of it
        middle = (kept + edit.end) // 2 - start
        split = self.geometry.bin_at(middle + size // 2)
        return (Segment(1, 0, split), Segment(2, split, bins))

    def gene_offset_bp(self, edit: Edit) -> int:
        """None: bins are those of the reference."""
        return 0

    def reach_bp(self, edit: Edit) -> int:
        """Of the trimmed edit: long spellings of a small edit do not count."""
        return max(len(edit.insert), edit.end - edit.start)
