"""Where variants lie in their genes: the gene of each, and distances to its ends."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import polars as pl

from seqcast.evaluation.variants.labelled_variants import SCORED
from seqcast.genome.annotation import Annotation, Gene, gene_key


def genes_of_edits(
    edits: pl.DataFrame, annotation: Annotation
) -> tuple[list[Gene | None], np.ndarray]:
    """The gene of each edit.

    Parameters
    ----------
    edits : DataFrame
        ``contig`` and ``start`` (null without one), ``gene`` (an id without its version;
        null where none is named).
    annotation : Annotation

    Returns
    -------
    list of Gene or None
        The gene that is named; otherwise, of the genes that span the position, or else of all on
        the contig, the one whose 3' end is nearest.
    ndarray of str, shape=(rows,)
        "scored", ``gene_not_found`` or ``no_gene_on_contig``.
    """
    by_id = {(gene_key(gene.gene_id), gene.chrom): gene for gene in annotation.genes}
    by_contig = _by_contig(annotation.genes)
    found: list[Gene | None] = []
    status = np.full(len(edits), SCORED, dtype=object)
    for row, (contig, start, name) in enumerate(
        edits.select("contig", "start", "gene").iter_rows()
    ):
        gene = None
        if name is not None:
            gene = by_id.get((name, contig))
            status[row] = SCORED if gene else "gene_not_found"
        elif contig not in by_contig:
            status[row] = "no_gene_on_contig"
        elif start is not None:
            gene = by_contig[contig].nearest(start)
        found.append(gene)
    return found, status


def end_distances(
    edits: pl.DataFrame, genes: Sequence[Gene | None], end_5: bool = False
) -> np.ndarray:
    """Distance in bp from each edit to the 3' end of its gene, or to the 5' end.

    Returns
    -------
    ndarray of float64, shape=(rows,)
        NaN without a gene or an edit.
    """
    found = np.full(len(edits), np.nan)
    for row, (start, gene) in enumerate(zip(edits["start"], genes, strict=True)):
        if gene is not None and start is not None:
            found[row] = abs(start - (gene.tss if end_5 else three_prime_end(gene)))
    return found


def three_prime_end(gene: Gene) -> int:
    """0-based position of the transcribed base farthest downstream."""
    return gene.end - 1 if gene.strand == "+" else gene.start


class _OfContig(NamedTuple):
    """Genes of a contig with their starts, ends and 3' ends."""

    genes: list[Gene]
    starts: np.ndarray
    ends: np.ndarray
    at: np.ndarray

    def nearest(self, position: int) -> Gene:
        """Of the genes that span a position, or else of all, the one whose 3' end is nearest."""
        distance = np.abs(self.at - position).astype(float)
        spans = (self.starts <= position) & (position < self.ends)
        if spans.any():
            distance[~spans] = np.inf
        return self.genes[int(distance.argmin())]


def _by_contig(genes: Sequence[Gene]) -> dict[str, _OfContig]:
    lists: dict[str, list[Gene]] = {}
    for gene in genes:
        lists.setdefault(gene.chrom, []).append(gene)
    return {
        contig: _OfContig(
            here,
            np.array([gene.start for gene in here]),
            np.array([gene.end for gene in here]),
            np.array([three_prime_end(gene) for gene in here]),
        )
        for contig, here in lists.items()
    }
