"""Allele conventions of the two reference implementations, to reproduce their numbers.

Only conventions that change published numbers are here. Defects (lost multi-allelic ALTs, zero
scores for what cannot be scored, crashes) are not. docs/reference/differences-variants.md has a
measurement of each.
"""

from dataclasses import dataclass

from seqcast.genome.intervals import Geometry
from seqcast.predict.variants.alleles import (
    AllelePair,
    Bases,
    Edit,
    Flanks,
    Replicate,
    Segment,
    WindowKey,
    shifted,
)


@dataclass(frozen=True)
class BorzoiSed:
    """borzoi_sed.py (borzoi 5c93582): both alleles centre-trimmed, N is 0.25.

    An insertion displaces the alt to the left by half its length, a deletion the ref; gene bins
    are moved by the whole length of a deletion.
    """

    geometry: Geometry
    unknown: float = 0.25

    def start(self, edit: Edit) -> int:
        """See `alleles.Convention.start`."""
        return edit.pos - self.geometry.length_bp // 2

    def pair(self, edit: Edit, genome: Bases, start: int | None = None) -> AllelePair:
        """See `alleles.Convention.pair`; windows are never shared in this program."""
        length, start, anchor = self.geometry.length_bp, self.start(edit), edit.pos - 1
        end = start + length + max(0, len(edit.ref) - len(edit.alt))
        head, tail = (genome.fetch(edit.contig, start, anchor),
                      genome.fetch(edit.contig, anchor + len(edit.ref), end))  # fmt: skip
        alleles = [self._centre(head + allele + tail) for allele in (edit.ref, edit.alt)]
        ref, alt = ((Segment(i, 0, self.geometry.bins),) for i in (0, 1))
        return AllelePair(tuple(alleles), (ref,), (alt,), start)

    def flanks(self, edit: Edit, start: int | None = None) -> tuple[Flanks, ...]:
        """See `alleles.Convention.flanks`: centring moves either allele to the left."""
        grown, start = len(edit.alt) - len(edit.ref), self.start(edit)
        ref, alt = WindowKey(start + max(0, -grown) // 2), WindowKey(start + max(0, grown) // 2)
        return Flanks(ref, ref, is_whole=True), Flanks(alt, WindowKey(alt.start - grown))

    def gene_offset_bp(self, edit: Edit) -> int:
        """Deletions move the gene against the window by their length."""
        return max(0, len(edit.ref) - len(edit.alt))

    def reach_bp(self, edit: Edit) -> int:
        """Of the alleles as the VCF spells them, which this program puts into the window."""
        return max(len(edit.ref), len(edit.alt))

    def _centre(self, sequence: str) -> str:
        offset = (len(sequence) - self.geometry.length_bp) // 2
        return sequence[offset : offset + self.geometry.length_bp]


@dataclass(frozen=True)
class HoundSnp:
    """hound_snp.py (baskerville 544073b): shifts are replicates, indels are compensated.

    Parameters
    ----------
    shifts_bp : tuple of int
        Replicates of the statistics.
    stitch : bool
        Join the bins left of the variant with compensated bins right of it, instead of averaging
        over both comparisons (``--indel_stitch``).
    """

    geometry: Geometry
    shifts_bp: tuple[int, ...] = (0,)
    stitch: bool = False
    unknown: float = 0.0

    def start(self, edit: Edit) -> int:
        """See `alleles.Convention.start`."""
        return edit.pos - self.geometry.length_bp // 2

    def pair(self, edit: Edit, genome: Bases, start: int | None = None) -> AllelePair:
        """See `alleles.Convention.pair`. In a shared window only the alt is compensated."""
        length, shared = self.geometry.length_bp, start is not None
        start = self.start(edit) if start is None else start
        reference = genome.fetch(edit.contig, start, start + length)
        column = edit.pos - 1 - start
        alt = reference[:column] + edit.alt + reference[column + len(edit.ref) :]
        alt = alt[:length].ljust(length, "N")
        grown = len(edit.alt) - len(edit.ref)
        sequences = [shifted(s, shift) for s in (reference, alt) for shift in self.shifts_bp]
        n = len(self.shifts_bp)
        plain = [list(range(n)), list(range(n, 2 * n))]
        moved = [list(group) for group in plain]
        if grown:
            # the compensated allele: the alt, or the ref of a deletion in a window of its own
            which = 0 if grown < 0 and not shared else 1
            by = grown if which == 0 else -grown
            sequences += [shifted((reference, alt)[which], s + by) for s in self.shifts_bp]
            moved[which] = list(range(2 * n, 3 * n))
        boundary = self.geometry.bin_at(column + 1)
        ref, alternative = (
            self._replicates(p, m, boundary, bool(grown)) for p, m in zip(plain, moved, strict=True)
        )
        return AllelePair(tuple(sequences), ref, alternative, start)

    def flanks(self, edit: Edit, start: int | None = None) -> tuple[Flanks, ...]:
        """See `alleles.Convention.flanks`: those of `pair`, sequence by sequence."""
        at, grown = self.start(edit) if start is None else start, len(edit.alt) - len(edit.ref)
        plain, moved, back = (
            [WindowKey(at, shift + by) for shift in self.shifts_bp] for by in (0, grown, -grown)
        )
        found = [Flanks(key, key, is_whole=True) for key in plain]
        found += [Flanks(*keys) for keys in zip(plain, moved, strict=True)]
        if grown < 0 and start is None:
            found += [Flanks(key, key, is_whole=True) for key in moved]
        elif grown:
            found += [Flanks(*keys) for keys in zip(back, plain, strict=True)]
        return tuple(found)

    def gene_offset_bp(self, edit: Edit) -> int:
        """Genes play no part in this program."""
        return 0

    def reach_bp(self, edit: Edit) -> int:
        """Of the alleles as the VCF spells them, which this program puts into the window."""
        return max(len(edit.ref), len(edit.alt))

    def _replicates(
        self, plain: list[int], moved: list[int], boundary: int, is_indel: bool
    ) -> tuple[Replicate, ...]:
        bins = self.geometry.bins
        if is_indel and self.stitch:
            return tuple((Segment(p, 0, boundary), Segment(m, boundary, bins))
                         for p, m in zip(plain, moved, strict=True))  # fmt: skip
        order = plain + moved if is_indel else plain
        return tuple((Segment(i, 0, bins),) for i in order)
