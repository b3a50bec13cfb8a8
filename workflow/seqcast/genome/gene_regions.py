"""Which stretches of a gene are its own, so that coverage there says something of this gene."""

import numpy as np

from seqcast.genome.annotation import Annotation

Regions = tuple[tuple[int, int], ...]


def counted_regions(
    annotation: Annotation, span: bool = False, compat: bool = False
) -> list[Regions]:
    """Bases of each gene's exons that lie in no exon of another gene on the same strand.

    Parameters
    ----------
    annotation : Annotation
    span : bool
        Whole genes, from the first to the last exon, instead of exons.
    compat : bool
        Keep all. The original means to leave out whole exons that overlap, but compares the strand
        with gene ids and so leaves out none (borzoi ``borzoi_test_genes.py`` at 5c93582,
        ``make_genes_exon`` and ``make_genes_span``).

    Returns
    -------
    list of tuple
        One per gene, in the annotation's order: (start, end), 0-based half-open, sorted. Empty for
        a gene that shares every base, which has no coverage of its own.
    """
    regions: list[Regions] = [
        ((gene.start, gene.end),) if span else gene.exons for gene in annotation.genes
    ]
    if compat:
        return regions
    places: dict[tuple[str, str], list[tuple[int, int, int]]] = {}
    for number, gene in enumerate(annotation.genes):
        rows = [(start, end, number) for start, end in regions[number]]
        places.setdefault((gene.chrom, gene.strand), []).extend(rows)
    own: list[list[tuple[int, int]]] = [[] for _ in regions]
    for rows in places.values():
        starts, ends = _shared(np.array([row[:2] for row in rows]))
        for begin, end, number in sorted(rows):
            first, last = np.searchsorted(ends, begin, "right"), np.searchsorted(starts, end)
            edges = [begin, *np.column_stack([starts, ends])[first:last].ravel().tolist(), end]
            pairs = zip(edges[::2], edges[1::2], strict=True)
            own[number] += [(low, high) for low, high in pairs if low < high]
    return [tuple(kept) for kept in own]


def region_bins(regions: Regions, start: int, bins: int, bin_size_bp: int) -> np.ndarray:
    """Bins of a window that regions take up: round(begin) to round(end) of each.

    Parameters
    ----------
    regions : tuple of (start, end)
        0-based half-open.
    start : int
        First base of the first bin.
    bins : int
        Of the window.
    bin_size_bp : int

    Returns
    -------
    ndarray of int
        Ascending for each region; a bin in which two end comes twice.
    """
    edges = np.maximum(np.array(regions) - start, 0) / bin_size_bp
    runs = np.minimum(np.round(edges).astype(int), bins)
    return np.concatenate([np.arange(*run) for run in runs])


def _shared(exons: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Starts and ends of the stretches that lie in two exons or more, of (start, end) in any order.

    Exons of one gene never overlap, so that these are of two genes.
    """
    places = np.concatenate([exons[:, 0], exons[:, 1]])
    steps = np.repeat([1, -1], len(exons))
    order = np.lexsort((steps, places))  # where exons touch, one ends before the other begins
    twice = np.cumsum(steps[order]) > 1
    changes = np.diff(np.concatenate([[False], twice]).astype(int))
    return places[order][changes == 1], places[order][changes == -1]
