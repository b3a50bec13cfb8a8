"""Which output bins belong to a gene."""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Self

import numpy as np

from seqcast.genome.annotation import Annotation, Gene
from seqcast.genome.intervals import Geometry

SIDE_BINS = 4  # of a poly(A) site; the two sides may share the bin of the site
LEAST_SITES, LEAST_SHARE = 2, 0.8  # in the output, for scores of sites


@dataclass(frozen=True)
class GeneBins:
    """A gene and the output bins of a window that its exons take up, each once.

    Attributes
    ----------
    sides : tuple of (int, int)
        Bins on the two sides of each poly(A) site in the output, upstream then downstream, in the
        direction of the gene; half-open. None twice.
    n_sites : int
        Number of those sites.
    """

    gene: Gene
    bins: np.ndarray
    sides: tuple[tuple[int, int], ...] = ()
    n_sites: int = 0

    @classmethod
    def of(cls, gene: Gene, bins: np.ndarray, output_start: int, geometry: Geometry) -> Self:
        """With the sides of its poly(A) sites; `output_start` is the first base of bin 0."""
        offsets = [site - output_start for site in gene.polya_sites]
        inside = [at for at in offsets if 0 <= at < geometry.bins * geometry.bin_size_bp]
        sides = [side for at in inside for side in _sides(at, gene.strand, geometry)]
        return cls(gene, bins, tuple(dict.fromkeys(sides)), len(inside))

    @property
    def scored_bins(self) -> np.ndarray:
        """All bins that a score may read."""
        sides = [np.arange(*side) for side in self.sides] if self.has_enough_sites else []
        return np.unique(np.concatenate([self.bins, *sides]))

    @property
    def has_enough_sites(self) -> bool:
        """Whether polyadenylation is scored: two sites or more, and 80% of all, in the output."""
        enough = max(LEAST_SITES, LEAST_SHARE * len(self.gene.polya_sites))
        return self.n_sites >= enough


def genes_in_window(
    annotation: Annotation,
    contig: str,
    start: int,
    geometry: Geometry,
    span: bool = False,
    offset_bp: int = 0,
    majority: bool = True,
) -> list[GeneBins]:
    """Genes with at least one exon bin in a window's output.

    Parameters
    ----------
    annotation : Annotation
    contig : str
    start : int
        0-based coordinate of the window's first base.
    geometry : Geometry
    span : bool
        Take all bins from the first exon's start to the last exon's end.
    offset_bp : int
        Subtracted from gene coordinates (see `Convention.gene_offset_bp`).
    majority : bool
        Whether a bin belongs to an exon that covers most of it, or to any that has a base in it.

    Returns
    -------
    list of GeneBins
        In the order of the annotation.

    Notes
    -----
    An exon [a, b) covers most of the bins round(a / size) to round(b / size), halves to even, as
    ``np.round`` in borzoi_sed.py. Exons shorter than half a bin may
    have none; a gene whose exons have none is left out.
    """
    output_start = start + geometry.crop_bp
    output_end = output_start + geometry.bins * geometry.bin_size_bp
    found = []
    for gene in annotation.overlapping(contig, output_start, output_end + offset_bp, span):
        bins_of = _majority_bins if majority else _touched_bins
        bins = bins_of(gene, output_start + offset_bp, geometry, span)
        if len(bins):
            found.append(GeneBins.of(gene, bins, output_start + offset_bp, geometry))
    return found


def _majority_bins(gene: Gene, output_start: int, geometry: Geometry, span: bool) -> np.ndarray:
    exons = [(gene.start, gene.end)] if span else gene.exons
    edges = np.array(exons) - output_start
    edges = np.round(np.maximum(edges, 0) / geometry.bin_size_bp).astype(int)
    edges = np.minimum(edges, geometry.bins)
    runs = [np.arange(first, last) for first, last in edges]
    return np.unique(np.concatenate(runs))


def _sides(at: int, strand: str, geometry: Geometry) -> Sequence[tuple[int, int]]:
    """Bins upstream and downstream of a poly(A) site, `at` bp into the output.

    Bins to its left end with the one at round(at / size), those to its right begin with the one at
    round((at + 1) / size), as in borzoi_sed_paqtl_cov.py.
    """
    end = round(at / geometry.bin_size_bp) + 1
    start = round((at + 1) / geometry.bin_size_bp)
    left = (max(end - SIDE_BINS, 0), min(end, geometry.bins))
    right = (start, min(start + SIDE_BINS, geometry.bins))
    sides = (right, left) if strand == "-" else (left, right)
    return [side for side in sides if side[0] < side[1]]


class GeneWindow(NamedTuple):
    """A window that is centred on genes: 0-based start, and the genes with bins in its output."""

    start: int
    genes: Sequence[GeneBins]


def gene_windows(
    annotation: Annotation, geometry: Geometry, cluster: float, span: bool = False
) -> dict[str, list[GeneWindow]]:
    """The windows in which hound_snpgene.py scores genes, by contig, from left to right.

    Parameters
    ----------
    cluster : float
        A new window begins with a gene whose middle lies at least this fraction of the window's
        length behind that of the first gene of the current one.

    Notes
    -----
    baskerville 544073b. A gene's middle is the whole part of the mean position of its exons' bases;
    the window is centred on the mean of its genes' middles. A bin belongs to an exon that has any
    base in it.
    """
    reach = int(geometry.length_bp * cluster)
    middles = sorted(((gene.chrom, _middle(gene), gene) for gene in annotation.genes), key=_place)
    groups: list[list[tuple[str, int, Gene]]] = []
    for chrom, middle, gene in middles:
        if not groups or groups[-1][0][0] != chrom or middle >= groups[-1][0][1] + reach:
            groups.append([])
        groups[-1].append((chrom, middle, gene))
    windows: dict[str, list[GeneWindow]] = {}
    for group in groups:
        start = int(np.mean([middle for _, middle, _ in group])) - geometry.length_bp // 2
        first = start + geometry.crop_bp
        genes = [
            GeneBins.of(gene, _touched_bins(gene, first, geometry, span), first, geometry)
            for _, _, gene in group
        ]
        kept = [found for found in genes if len(found.bins)]
        if kept:
            windows.setdefault(group[0][0], []).append(GeneWindow(start, kept))
    return windows


def windows_around(
    windows: Mapping[str, Sequence[GeneWindow]], contig: str, position: int, geometry: Geometry
) -> Sequence[GeneWindow]:
    """The windows of `gene_windows` that a 0-based position lies in, crop included."""
    there = windows.get(contig, ())
    first = bisect_right(there, position - geometry.length_bp, key=lambda window: window.start)
    return there[first : bisect_right(there, position, key=lambda window: window.start)]


def _middle(gene: Gene) -> int:
    bases = sum(end - start for start, end in gene.exons)
    return sum((end - start) * (start + end - 1) for start, end in gene.exons) // (2 * bases)


def _place(row: tuple[str, int, Gene]) -> tuple[str, int]:
    return row[0], row[1]


def _touched_bins(gene: Gene, output_start: int, geometry: Geometry, span: bool) -> np.ndarray:
    exons = [(gene.start, gene.end)] if span else gene.exons
    edges = np.array(exons) - output_start
    first = np.clip(edges[:, 0] // geometry.bin_size_bp, 0, geometry.bins)
    last = np.clip(-(-edges[:, 1] // geometry.bin_size_bp), 0, geometry.bins)
    return np.unique(np.concatenate([np.arange(a, b) for a, b in zip(first, last, strict=True)]))


def distance_to_tss_bp(gene: Gene, position: int) -> int:
    """Signed distance from a gene's TSS to a 0-based position, positive downstream."""
    return gene.tss - position if gene.strand == "-" else position - gene.tss
