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
left flank. Of a haplotype, bins are read from the left as far as its longest indel and from the
right behind it (`Edit.border`): with one indel all bins hold the same bases, and bins between two
are displaced by at most the length of the shorter ones. The sequences are filled from the genome,
so both reach over the whole window.

The two originals do otherwise, which changes the scores of insertions and deletions only:
`borzoi_sed` centres both alleles and compares displaced bins; `hound_snp` averages over a
left-anchored and a compensated comparison, or joins them (`stitch`), with zeros at the end.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import torch
from torch import Tensor

from seqcast.genome.intervals import Geometry


@dataclass(frozen=True)
class Edit:
    """Replacement of ``[start, end)`` on a contig, and the record of the VCF it came from.

    Attributes
    ----------
    border : (int, int), optional
        Of a haplotype, bases of the contig that its longest indel takes away: before them, bins of
        ref and alt are compared by their distance from the window's left end, behind them from
        its right end. Default: those at the end of the edit that no base of it replaces.
    """

    contig: str
    start: int
    end: int
    insert: str
    pos: int
    ref: str
    alt: str
    border: tuple[int, int] | None = None

    @property
    def anchor(self) -> int:
        """0-based base that the window is centred on."""
        is_indel = self.start == self.end or not self.insert
        return self.start - 1 if is_indel else self.start

    @property
    def grown_bp(self) -> int:
        """How much longer the edit makes a sequence; negative where it shortens it."""
        return len(self.insert) - (self.end - self.start)

    @property
    def is_length_change(self) -> bool:
        """Whether the alleles differ in length."""
        return self.grown_bp != 0


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


class WindowKey(NamedTuple):
    """A window of the reference: its first base, and by how much it is shifted (`shifted`)."""

    start: int
    shift_bp: int = 0


class Flanks(NamedTuple):
    """Windows of the reference with the bases of a sequence in the same columns.

    Attributes
    ----------
    left, right : WindowKey
        Before and behind the edit. They decide what is computed again, not what comes out.
    is_whole : bool
        Whether there is no edit: the sequence is that window.
    """

    left: WindowKey
    right: WindowKey
    is_whole: bool = False


class Bases(Protocol):
    """A `Genome`, or a stretch of it."""

    def fetch(self, contig: str, start: int, end: int) -> str:
        """See `Genome.fetch`."""
        ...


class Convention(Protocol):
    """A way to turn an edit into sequences."""

    @property
    def unknown(self) -> float:
        """Value of the four channels at a base that is not A, C, G or T."""
        ...

    def start(self, edit: Edit) -> int:
        """The first base of the window that is centred on an edit."""
        ...

    def pair(self, edit: Edit, genome: Bases, start: int | None = None) -> AllelePair:
        """Sequences of both alleles; `start` is a window shared with other variants."""
        ...

    def flanks(self, edit: Edit, start: int | None = None) -> tuple[Flanks, ...]:
        """Those of the sequences of `pair`."""
        ...

    def gene_offset_bp(self, edit: Edit) -> int:
        """How far gene coordinates are moved left against the window before binning."""
        ...

    def reach_bp(self, edit: Edit) -> int:
        """Longest stretch of either allele, which must fit into half a window."""
        ...


def shifted(sequence: str, shift_bp: int) -> str:
    """Move right by `shift_bp`, unknown bases entering; left if negative."""
    length = len(sequence)
    if shift_bp >= 0:
        return ("N" * shift_bp + sequence)[:length]
    return sequence[-shift_bp:].ljust(length, "N")


def assemble(predictions: Sequence[Tensor], replicates: Sequence[Replicate]) -> Tensor:
    """Coverage of one allele.

    Parameters
    ----------
    predictions : sequence of Tensor, shape=(tracks, bins)
        Of each sequence; or one tensor of all.

    Returns
    -------
    Tensor, shape=(replicates, tracks, bins)
    """
    return torch.stack([torch.cat([_read(predictions, s) for s in r], dim=-1) for r in replicates])


def _read(predictions: Sequence[Tensor], segment: Segment) -> Tensor:
    if segment.sequence is None:
        width = segment.end_bins - segment.start_bins
        return predictions[0].new_zeros(len(predictions[0]), width)
    return predictions[segment.sequence][:, segment.start_bins : segment.end_bins]


@dataclass(frozen=True)
class Aligned:
    """The default: bins of ref and alt hold the same flanking bases."""

    geometry: Geometry
    unknown: float = 0.0

    def start(self, edit: Edit) -> int:
        """See `Convention.start`."""
        return edit.anchor + 1 - self.geometry.length_bp // 2

    def pair(self, edit: Edit, genome: Bases, start: int | None = None) -> AllelePair:
        """See `Convention.pair`."""
        length, bins = self.geometry.length_bp, self.geometry.bins
        start = self.start(edit) if start is None else start
        end = start + length
        reference = genome.fetch(edit.contig, start, end)
        grown = edit.grown_bp
        left = genome.fetch(edit.contig, start, edit.start) + edit.insert
        left = (left + genome.fetch(edit.contig, edit.end, max(edit.end, end - grown)))[:length]
        whole: Replicate = (Segment(0, 0, bins),)
        if not edit.is_length_change:
            return AllelePair((reference, left), (whole,), ((Segment(1, 0, bins),),), start)
        right = edit.insert + genome.fetch(edit.contig, edit.end, end)
        before = length - len(right)
        right = genome.fetch(edit.contig, edit.start - before, edit.start) + right
        return AllelePair((reference, left, right), (whole,), (self._segments(edit, start),), start)

    def flanks(self, edit: Edit, start: int | None = None) -> tuple[Flanks, ...]:
        """See `Convention.flanks`: the bases behind an edit, or before it, are moved by it."""
        start = self.start(edit) if start is None else start
        here, grown = WindowKey(start), edit.grown_bp
        reference = Flanks(here, here, is_whole=True)
        if not edit.is_length_change:
            return reference, Flanks(here, here)
        left, right = WindowKey(start - grown), WindowKey(start + grown)
        return reference, Flanks(here, left), Flanks(right, here)

    def _segments(self, edit: Edit, start: int) -> Replicate:
        """Left-anchored bins, deleted bins, right-anchored bins."""
        size, bins = self.geometry.bin_size_bp, self.geometry.bins
        kept, end = edit.border or (
            edit.start + min(len(edit.insert), edit.end - edit.start), edit.end
        )  # fmt: skip
        # first bin without a base before the lost ones, and first bin with a base behind them
        first = self.geometry.bin_at(kept - start + size - 1)
        behind = self.geometry.bin_at(end - start)
        if behind >= first:
            return (Segment(1, 0, first), Segment(None, first, behind), Segment(2, behind, bins))
        # one bin holds both flanks: it is read with the flank that fills more of it
        middle = (kept + end) // 2 - start
        split = self.geometry.bin_at(middle + size // 2)
        return (Segment(1, 0, split), Segment(2, split, bins))

    def gene_offset_bp(self, edit: Edit) -> int:
        """None: bins are those of the reference."""
        return 0

    def reach_bp(self, edit: Edit) -> int:
        """Of the trimmed edit: long spellings of a small edit do not count."""
        return max(len(edit.insert), edit.end - edit.start)
