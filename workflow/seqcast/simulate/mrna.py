"""Spliced transcripts with their CDS, straight from the genes."""

from collections.abc import Iterator

from seqcast.simulate.genome import SimulatedGenome
from seqcast.simulate.gtf import transcript_exons, transcript_id

MRNA_COLUMNS = ("id", "gene_id", "sequence", "cds_start", "cds_end")


def mrna_rows(genome: SimulatedGenome) -> Iterator[tuple[str, str, str, int, int]]:
    """Yield the transcripts as a dataset of kind ``mrna`` has them.

    Yields
    ------
    tuple of (str, str, str, int, int)
        `MRNA_COLUMNS`: the sequence is DNA in the direction of the mRNA; the CDS is
        0-based and half-open in it, start and stop codon included.
    """
    for placed in genome.genes:
        gene = placed.gene
        for t in range(len(gene.cleavage)):
            exons = transcript_exons(gene, t)
            sequence = "".join(gene.sequence[start:end] for start, end in exons)
            cds_start = sum(max(0, min(end, gene.cds[0]) - start) for start, end in exons)
            cds_end = cds_start + len(gene.coding_sequence())
            yield transcript_id(placed, t), placed.gene_id, sequence, cds_start, cds_end
