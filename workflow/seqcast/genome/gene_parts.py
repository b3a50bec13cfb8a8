"""In which part of a gene a variant lies: what is compared with what is alike.

Exons and CDS are those of all transcripts together, so that a base is coding where it codes in any
of them. Unlike `transcripts.consequences` this needs no sequence, and knows every gene.
"""

from collections.abc import Sequence

import numpy as np

from seqcast.genome.annotation import Gene

SPLICE_BP = 2  # of an intron, at either end
PARTS = {  # of several that an edit touches, the first counts
    "splice_site": f"the first or last {SPLICE_BP} bases of an intron",
    "cds": "coding sequence",
    "utr5": "exon before the CDS",
    "utr3": "exon behind the CDS, or behind its stop codon where the annotation has that apart",
    "noncoding_exon": "exon of a gene without CDS, or between coding exons",
    "intron": "between exons",
    "upstream": "before the first exon",
    "downstream": "behind the last exon",
}
Intervals = Sequence[tuple[int, int]]


def gene_parts(gene: Gene, starts: np.ndarray, ends: np.ndarray) -> np.ndarray:
    """The part of a gene that each edit touches.

    Parameters
    ----------
    gene : Gene
    starts, ends : ndarray of int, shape=(edits,)
        Replaced bases of the gene's contig, 0-based half-open. An insertion (start equal to end)
        counts with the bases on both of its sides.

    Returns
    -------
    ndarray of str, shape=(edits,)
        Keys of `PARTS`, in the direction of the gene.
    """
    inserted = starts == ends
    starts, ends = starts - inserted, ends + inserted
    edges = [edge for exon in gene.exons for edge in exon][1:-1]
    introns = list(zip(edges[::2], edges[1::2], strict=True))
    sites = [(a, min(a + SPLICE_BP, b)) for a, b in introns]
    sites += [(max(b - SPLICE_BP, a), b) for a, b in introns]
    first, last = (gene.coding[0][0], gene.coding[-1][1]) if gene.coding else (-np.inf, np.inf)
    in_exon = touches(gene.exons, starts, ends)
    left, right = in_exon & (starts < first), in_exon & (ends > last)
    is_minus = gene.strand == "-"
    utr5, utr3 = (right, left) if is_minus else (left, right)
    before, behind = starts < gene.start, ends > gene.end
    upstream = behind if is_minus else before
    within = (starts < gene.end) & (ends > gene.start)
    return np.select(
        [touches(sorted(sites), starts, ends), in_exon & touches(gene.coding, starts, ends),
         utr5, utr3, in_exon, within, upstream],
        list(PARTS)[:-1], list(PARTS)[-1],
    )  # fmt: skip


def touches(intervals: Intervals, starts: np.ndarray, ends: np.ndarray) -> np.ndarray:
    """Whether each of some stretches shares a base with an interval.

    Parameters
    ----------
    intervals : sequence of (int, int)
        Sorted, by start as well as by end.
    starts, ends : ndarray of int, shape=(stretches,)
        0-based half-open, not empty.
    """
    table = np.array(intervals).reshape(-1, 2)
    ended = np.searchsorted(table[:, 1], starts, side="right")
    begun = np.searchsorted(table[:, 0], ends, side="left")
    found: np.ndarray = ended < begun
    return found
