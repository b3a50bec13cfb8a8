"""Genes and their exons, from GTF or GFF3.

A gene is the union of the exons of all its transcripts. Only exon lines count: the gene's ends are
those of its outermost exons.
"""

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import numpy as np
import polars as pl

from seqcast.annotation_lines import (
    annotation_kind,
    check_lines,
    collect_lines,
    genes_through_parents,
    scan_lines,
)
from seqcast.errors import InputError
from seqcast.genome import Genome
from seqcast.store import read_table, write_table

logger = logging.getLogger(__name__)

TABLE: dict[str, pl.DataType | type[pl.DataType]] = {
    "gene_id": pl.String,
    "gene_name": pl.String,
    "chrom": pl.String,
    "strand": pl.String,
    "exon_starts": pl.List(pl.Int64),
    "exon_ends": pl.List(pl.Int64),
}


@dataclass(frozen=True)
class Gene:
    """A gene on one strand of one contig.

    Attributes
    ----------
    exons : tuple of (int, int)
        (start, end) of the union of its exons, 0-based half-open, sorted, neither overlapping nor
        touching.
    """

    gene_id: str
    gene_name: str
    chrom: str
    strand: str
    exons: tuple[tuple[int, int], ...]

    @property
    def start(self) -> int:
        """First base, 0-based."""
        return self.exons[0][0]

    @property
    def end(self) -> int:
        """End, exclusive."""
        return self.exons[-1][1]

    @property
    def tss(self) -> int:
        """0-based position of the transcribed base farthest upstream."""
        return self.start if self.strand == "+" else self.end - 1


@dataclass(frozen=True)
class Annotation:
    """Genes in the order of their first exon line.

    One gene_id on two contigs or strands (as the pseudoautosomal genes of X and Y) is two genes.
    """

    genes: tuple[Gene, ...]

    def overlapping(self, chrom: str, start: int, end: int, span: bool = False) -> list[Gene]:
        """Return the genes that have an exon in ``[start, end)``, in the annotation's order.

        Parameters
        ----------
        chrom : str
            The contig; one without genes gives an empty list.
        start, end : int
            0-based half-open.
        span : bool
            Genes count from their first to their last exon, introns included.
        """
        if span:
            return [g for g in self.genes if g.chrom == chrom and g.start < end and start < g.end]
        if chrom not in self._exons or start >= end:
            return []
        starts, ends, longest_ends, genes = self._exons[chrom]
        # Exons are sorted by start; none before `first` reaches beyond the interval's start.
        first = int(np.searchsorted(longest_ends, start, side="right"))
        last = int(np.searchsorted(starts, end, side="left"))
        hits = genes[first:last][ends[first:last] > start]
        return [self.genes[gene] for gene in np.unique(hits)]

    def write(self, path: str | Path, provenance: Mapping[str, Any] | None = None) -> None:
        """Write the genes as parquet, which `read_annotation` reads back."""
        rows = [
            (gene.gene_id, gene.gene_name, gene.chrom, gene.strand, starts, ends)
            for gene in self.genes
            for starts, ends in [zip(*gene.exons, strict=True)]
        ]
        write_table(pl.DataFrame(rows, schema=TABLE, orient="row"), path, provenance or {})

    @cached_property
    def _exons(self) -> dict[str, tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]]:
        """Per contig, sorted by start: starts, ends, greatest end so far, index of the gene."""
        exons: dict[str, list[tuple[int, int, int]]] = {}
        for index, gene in enumerate(self.genes):
            exons.setdefault(gene.chrom, []).extend((*exon, index) for exon in gene.exons)
        arrays = {chrom: np.array(sorted(rows)).T for chrom, rows in exons.items()}
        return {
            chrom: (starts, ends, np.maximum.accumulate(ends), genes)
            for chrom, (starts, ends, genes) in arrays.items()
        }


def read_annotation(path: str | Path, genome: Genome | None = None) -> Annotation:
    """Read genes from GTF or GFF3 (plain, gzip or bgzip), or from a table of `Annotation.write`.

    Parameters
    ----------
    path : path
        A file named .gtf, .gff3 or .gff (with or without .gz), or .parquet. An exon's gene is its
        ``gene_id``; in GFF3, without one, the topmost feature reached through ``Parent``.
        ``gene_name`` falls back to the gene_id.
    genome : Genome, optional
        If given, contigs get the FASTA's names, and genes on contigs that it lacks are left out and
        counted in the log.

    Returns
    -------
    Annotation
        Genes in order of first appearance.

    Raises
    ------
    InputError
        If the file is missing, truncated, of another kind, without exons, or has an exon without
        gene, strand or proper coordinates; or if the genome has none of its contigs.
    """
    path = Path(path)
    kind = annotation_kind(path, "gtf", "gff3", "parquet")
    if kind == "parquet":
        genes = _genes_of_table(path)
    else:
        genes = _genes_of_lines(path, is_gtf=kind == "gtf")
    return Annotation(tuple(genes if genome is None else _on_genome(genes, genome, path)))


def merge_intervals(intervals: Iterable[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """Return the union of half-open intervals, sorted; overlapping and touching ones are joined."""
    merged: list[tuple[int, int]] = []
    for start, end in sorted(intervals):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return tuple(merged)


def _genes_of_table(path: Path) -> list[Gene]:
    """Read genes back from parquet."""
    frame = read_table(path)
    if dict(frame.schema) != TABLE:
        raise InputError(
            f"{path} has columns {frame.columns}; expected {list(TABLE)}. Make the table again "
            "with Annotation.write."
        )
    return [
        Gene(gene_id, name, chrom, strand, tuple(zip(starts, ends, strict=True)))
        for gene_id, name, chrom, strand, starts, ends in frame.iter_rows()
    ]


def _genes_of_lines(path: Path, is_gtf: bool) -> list[Gene]:
    """Read genes from the exon lines of GTF or GFF3."""
    lines = scan_lines(path)
    exons = collect_lines(lines.filter(pl.col("feature") == "exon"), path, is_gtf)
    if exons.is_empty():
        raise InputError(
            f"{path} has no exon lines; expected 9 tab-separated columns with 'exon' in the third. "
            "Give an annotation of transcripts, not only of genes."
        )
    if not is_gtf and exons["gene_id"].has_nulls():
        others = collect_lines(lines.filter(pl.col("feature") != "exon"), path, is_gtf)
        exons = genes_through_parents(exons, others)
    check_lines(exons, path)
    intervals: dict[tuple[str, str, str], list[tuple[int, int]]] = {}
    names: dict[tuple[str, str, str], str] = {}
    columns = exons.select("gene_id", "chrom", "strand", "start", "end", "gene_name")
    for gene_id, chrom, strand, start, end, name in columns.iter_rows():
        key = (gene_id, chrom, strand)
        intervals.setdefault(key, []).append((start - 1, end))
        names.setdefault(key, name or gene_id)
    decoded = str if is_gtf else unquote  # GFF3 writes reserved letters as %20
    return [
        Gene(decoded(key[0]), decoded(names[key]), *key[1:], merge_intervals(exons_of_gene))
        for key, exons_of_gene in intervals.items()
    ]


def _on_genome(genes: list[Gene], genome: Genome, path: Path) -> list[Gene]:
    """Rename contigs to those of the genome, and leave out genes on others."""
    chroms = list(dict.fromkeys(gene.chrom for gene in genes))
    contigs = {chrom: genome.resolve(chrom) for chrom in chroms}
    kept = [
        Gene(gene.gene_id, gene.gene_name, contig, gene.strand, gene.exons)
        for gene in genes
        if (contig := contigs[gene.chrom]) is not None
    ]
    if not kept:
        raise InputError(
            f"no contig of {path} ({', '.join(chroms[:3])}) is in {genome.fasta} "
            f"({', '.join(list(genome.contigs)[:3])}); expected names of the same assembly. Give "
            "the assembly's table of contig aliases (resources/contigs)."
        )
    if len(kept) < len(genes):
        missing = [chrom for chrom, contig in contigs.items() if contig is None]
        logger.warning(
            "%s: %d of %d genes left out, on %d contigs that are not in %s (%s)",
            path,
            len(genes) - len(kept),
            len(genes),
            len(missing),
            genome.fasta,
            ", ".join(missing[:3]),
        )
    return kept
