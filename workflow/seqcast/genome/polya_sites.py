"""Poly(A) sites, and the genes that they are of."""

import logging
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl

from seqcast.core.errors import InputError
from seqcast.core.text_files import read_cells
from seqcast.genome.annotation import Annotation
from seqcast.genome.fasta import Genome

logger = logging.getLogger(__name__)

PAD_BP = 50  # of the programs that score Borzoi's polyadenylation QTLs


def read_sites(path: str | Path) -> pl.DataFrame:
    """Poly(A) sites: chrom, pos (1-based), strand.

    Parameters
    ----------
    path : path
        BED of six columns; the first base of an interval is the site. PolyA_DB's sites, as a BED.

    Raises
    ------
    InputError
        If a line has fewer columns, a start that is no number, or no strand.
    """
    table = read_cells(path, "a BED file of poly(A) sites", header=False)
    if table.width < 6:
        raise InputError(
            f"{path} has {table.width} columns; expected a BED of six: chrom, start, end, name, "
            "score, strand"
        )
    chrom, start, *_, strand = table.columns[:6]
    sites = table.select(
        chrom=chrom, pos=pl.col(start).cast(pl.Int64, strict=False) + 1, strand=strand
    )
    wrong = sites.filter(pl.col("pos").is_null() | ~pl.col("strand").is_in(["+", "-"]))
    if len(wrong):
        line = wrong.row(0)
        raise InputError(
            f"{path}: a site of {line[0]} has start {line[1]} and strand {line[2]!r}; expected a "
            "number, and + or -"
        )
    return sites


def with_polya_sites(
    annotation: Annotation, path: str | Path, genome: Genome, pad_bp: int = PAD_BP
) -> Annotation:
    """The same genes with their poly(A) sites: those on their strand between their ends.

    A site of overlapping genes is one of each.

    Parameters
    ----------
    annotation : Annotation
        With the genome's names of contigs.
    path : path
        See `read_sites`.
    genome : Genome
    pad_bp : int
        By how much genes reach further at both ends.

    Raises
    ------
    InputError
        If the file cannot be read, or no gene has a site.
    """
    sites = read_sites(path)
    contigs = {chrom: genome.resolve(chrom) for chrom in sites["chrom"].unique()}
    resolved = pl.col("chrom").replace_strict(contigs, return_dtype=pl.String)
    on_genome = sites.with_columns(resolved).unique().sort("pos")
    places = {
        place: found["pos"].to_numpy() - 1
        for place, found in on_genome.group_by("chrom", "strand", maintain_order=True)
    }
    none = np.empty(0, dtype=int)
    genes = []
    for gene in annotation.genes:
        there = places.get((gene.chrom, gene.strand), none)
        first, last = np.searchsorted(there, (gene.start - pad_bp, gene.end + pad_bp))
        found = there[first:last].tolist()
        genes.append(replace(gene, polya_sites=tuple(found[:: -1 if gene.strand == "-" else 1])))
    if not any(gene.polya_sites for gene in genes):
        named = ", ".join(sites["chrom"].unique(maintain_order=True)[:3])
        raise InputError(
            f"{path}: none of {len(sites)} poly(A) sites (on {named}) is in a gene; expected sites "
            "of the same assembly as the annotation, with the contigs named as in its FASTA"
        )
    with_sites = sum(bool(gene.polya_sites) for gene in genes)
    logger.info("%s: %d of %d genes have poly(A) sites", path, with_sites, len(genes))
    return replace(annotation, genes=tuple(genes))
