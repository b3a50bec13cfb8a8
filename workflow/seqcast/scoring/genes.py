"""Which output bins belong to a gene."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from seqcast.annotation import Annotation, Gene
from seqcast.intervals import Geometry


@dataclass(frozen=True)
class GeneBins:
    """A gene and the output bins of a window that its exons take up, each once."""

    gene: Gene
    bins: np.ndarray


def genes_in_window(
    annotation: Annotation,
    contig: str,
    start: int,
    geometry: Geometry,
    span: bool = False,
    offset_bp: int = 0,
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

    Returns
    -------
    list of GeneBins
        In the order of the annotation.

    Notes
    -----
    A bin belongs to an exon that covers most of it: bins round(a / size) to round(b / size) of an
    exon [a, b), halves to even, as ``np.round`` in borzoi_sed.py. Exons shorter than half a bin may
    have none; a gene whose exons have none is left out.
    """
    output_start = start + geometry.crop_bp
    output_end = output_start + geometry.bins * geometry.bin_size_bp
    found = []
    for gene in annotation.overlapping(contig, output_start, output_end + offset_bp, span):
        exons = [(gene.start, gene.end)] if span else gene.exons
        bins = _majority_bins(exons, output_start + offset_bp, geometry)
        if len(bins):
            found.append(GeneBins(gene, bins))
    return found


def _majority_bins(
    exons: Iterable[tuple[int, int]], output_start: int, geometry: Geometry
) -> np.ndarray:
    edges = np.array(list(exons)) - output_start
    edges = np.round(np.maximum(edges, 0) / geometry.bin_size_bp).astype(int)
    edges = np.minimum(edges, geometry.bins)
    runs = [np.arange(first, last) for first, last in edges]
    return np.unique(np.concatenate(runs)) if runs else np.empty(0, dtype=int)


def distance_to_tss_bp(gene: Gene, position: int) -> int:
    """Signed distance from a gene's TSS to a 0-based position, positive downstream."""
    return gene.tss - position if gene.strand == "-" else position - gene.tss
