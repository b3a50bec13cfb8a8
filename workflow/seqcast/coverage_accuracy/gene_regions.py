"""Which stretches of a gene are its own, so that coverage there says something of this gene."""

import numpy as np

from seqcast.annotation import Annotation

Regions = tuple[tuple[int, int], ...]


def counted_regions(
    annotation: Annotation, span: bool = False, compat: bool = False
) -> list[Regions]:
    """Exons of each gene that overlap no exon of another gene on the same strand.

    Parameters
    ----------
    annotation : Annotation
    span : bool
        Whole genes, from the first to the last exon, in the place of exons.
    compat : bool
        Keep all. The original means to leave overlapping exons out, but compares the strand with
        gene ids and so leaves out none (borzoi ``borzoi_test_genes.py`` at 5c93582,
        ``make_genes_exon`` and ``make_genes_span``).

    Returns
    -------
    list of tuple
        One a gene, in the annotation's order: (start, end), 0-based half-open, sorted. Empty for a
        gene that shares every exon, which has no coverage of its own.
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
        starts, ends, _ = np.array(sorted(rows)).T
        # exons of one gene never overlap, so that any overlap is with another gene
        farthest = np.concatenate([[-1], np.maximum.accumulate(ends)[:-1]])
        following = np.append(starts[1:], ends[-1])
        alone = (farthest <= starts) & (following >= ends)
        for (start, end, number), keep in zip(sorted(rows), alone, strict=True):
            if keep:
                own[number].append((start, end))
    return [tuple(kept) for kept in own]
