"""The truth as tables: genes, transcripts and mRNAs, and everything that was planted."""

from collections.abc import Iterator
from math import log

import polars as pl

from seqcast.simulate.genome import SimulatedGenome
from seqcast.simulate.gtf import transcript_exons, transcript_id
from seqcast.simulate.truth import element_copies

DECIMALS = 6
MRNA_COLUMNS = ("id", "gene_id", "sequence", "cds_start", "cds_end")


def gene_table(genome: SimulatedGenome) -> pl.DataFrame:
    """Return one row per gene.

    Columns: gene_id, gene_name, chrom, start, end (0-based half-open), strand, log_expression,
    codon_optimality, decay_rate_per_h, half_life_h, log_level, n_transcripts, and one column
    ``n_<element>`` with the copies in the longest 3' UTR. `seqcast.simulate.truth` defines them.
    """
    rows = []
    for placed in genome.genes:
        truth, (start, end) = placed.truth, placed.span
        copies = element_copies(placed.gene, genome.parameters)
        rows.append(
            {
                "gene_id": placed.gene_id,
                "gene_name": placed.gene_name,
                "chrom": placed.chrom,
                "start": start,
                "end": end,
                "strand": placed.strand,
                "log_expression": truth.log_expression,
                "codon_optimality": truth.optimality,
                "decay_rate_per_h": truth.decay_rate_per_h,
                "half_life_h": truth.half_life_h,
                "log_level": truth.log_level,
                "n_transcripts": len(placed.gene.cleavage),
                **{f"n_{name}": float(n) for name, n in copies.items()},
            }
        )
    return pl.DataFrame(rows)


def transcript_table(genome: SimulatedGenome) -> pl.DataFrame:
    """Return one row per transcript.

    Columns: transcript_id, gene_id, poly_a_site (distal or proximal), synthesis (fraction of the
    gene's synthesis), decay_rate_per_h, half_life_h, start, end (0-based half-open, on the contig).
    """
    rows = []
    for placed in genome.genes:
        for t, site in enumerate(("distal", "proximal")[: len(placed.gene.cleavage)]):
            start, end = placed.interval(placed.gene.tss, placed.gene.cleavage[t])
            rows.append(
                {
                    "transcript_id": transcript_id(placed, t),
                    "gene_id": placed.gene_id,
                    "poly_a_site": site,
                    "synthesis": placed.truth.synthesis[t],
                    "decay_rate_per_h": placed.truth.decay_rates_per_h[t],
                    "half_life_h": log(2) / placed.truth.decay_rates_per_h[t],
                    "start": start,
                    "end": end,
                }
            )
    return pl.DataFrame(rows)


def element_table(genome: SimulatedGenome) -> pl.DataFrame:
    """Return one row per planted feature, sorted by position.

    Columns: chrom, start, end (0-based half-open), strand, gene_id, element, region (promoter, utr3
    and downstream function; intron and intergenic are decoys), sequence (in the gene's direction).
    """
    rows = []
    for placed in genome.genes:
        features = placed.gene.features
        for feature in features if placed.strand == "+" else reversed(features):
            start, end = placed.interval(feature.start, feature.end)
            rows.append(
                {
                    "chrom": placed.chrom,
                    "start": start,
                    "end": end,
                    "strand": placed.strand,
                    "gene_id": placed.gene_id,
                    "element": feature.name,
                    "region": feature.region,
                    "sequence": feature.sequence,
                }
            )
    return pl.DataFrame(rows)


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
