"""What the page of the preflight draws: correlations of tracks, and their coverage along genes."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from seqcast.datasets.coverage.bigwig import BigWig
from seqcast.genome.annotation import Gene
from seqcast.genome.tracks import Tracks

QUANTILES = (0.95, 0.75, 0.5)  # of genes with coverage, by their coverage in all tracks
POINTS, FLANK_BP = 80, 500


def page_content(
    tracks: Tracks, bigwigs: Sequence[BigWig], genes: Sequence[Gene], sense: np.ndarray,
    matrix: np.ndarray,
) -> dict[str, Any]:  # fmt: skip
    """Numbers of the page, as JSON holds them.

    Parameters
    ----------
    tracks : Tracks
    bigwigs : sequence of BigWig
        A track each.
    genes : sequence of Gene
        Those that were looked at.
    sense : ndarray, shape=(strand pairs, genes)
    matrix : ndarray, shape=(strand pairs, strand pairs)
        Correlations; NaN is null.

    Returns
    -------
    dict
        ``tracks``: identifiers, a strand pair each; ``correlations``; ``examples``: genes with
        ``sense`` and ``antisense``, a list of `POINTS` means per base for each strand pair, from
        `FLANK_BP` before the gene to as much behind it, in the direction of the contig; antisense
        of an unstranded track is null.
    """
    pairs = tracks.collapsed.tolist()
    return {
        "tracks": [str(tracks.identifier[i]) for i in pairs],
        "correlations": [[None if np.isnan(v) else round(float(v), 4) for v in row]
                         for row in matrix],
        "examples": [_example(genes[k], tracks, bigwigs) for k in _chosen(sense)],
    }  # fmt: skip


def _chosen(sense: np.ndarray) -> list[int]:
    """Genes at `QUANTILES`."""
    totals = sense.sum(axis=0)
    order = np.argsort(totals, kind="stable")[(totals == 0).sum() :]
    places = [int(q * (len(order) - 1)) for q in QUANTILES if len(order)]
    return list(dict.fromkeys(int(order[place]) for place in places))


def _example(gene: Gene, tracks: Tracks, bigwigs: Sequence[BigWig]) -> dict[str, Any]:
    def profile(track: int) -> list[float]:
        file = bigwigs[track]
        start, end = max(0, gene.start - FLANK_BP), gene.end + FLANK_BP
        values = file.values(gene.chrom, start, min(end, file.contigs[gene.chrom]))
        parts = np.array_split(np.nan_to_num(values), min(POINTS, len(values)))
        return [float(f"{part.mean():.4g}") for part in parts]

    on_strand = tracks.of_gene_strand(gene.strand).tolist()
    others = [int(j) if (j := tracks.pair[i]) != i else None for i in on_strand]
    return {
        "gene": gene.gene_name or gene.gene_id,
        "place": f"{gene.chrom}:{gene.start + 1:,}-{gene.end:,} ({gene.strand})",
        "sense": [profile(i) for i in on_strand],
        "antisense": [None if j is None else profile(j) for j in others],
    }  # fmt: skip
