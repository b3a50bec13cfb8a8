"""Genes and their exons, from GTF or GFF3.

A gene is the union of the exons of all its transcripts: its ends are those of its outermost exons.
Where a gene has no exon lines, as in annotations of bacteria, viruses and organelles, its CDS stand
in for exons.
"""

import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from seqcast.core.errors import InputError
from seqcast.core.store import read_table, write_table
from seqcast.genome.annotation_lines import annotation_kind, read_lines
from seqcast.genome.fasta import GIVE_ALIASES, Genome
from seqcast.genome.intervals import merge_intervals

logger = logging.getLogger(__name__)

COUNTS = {
    "genes": "genes",
    "cds_for_exons": "genes without exon lines: their CDS stand in for exons",
    "no_parts": "genes with neither exon nor CDS lines, left out",
    "two_places": "gene_ids with transcripts that do not overlap: one gene each, all between "
    "counted as intron",
    "off_genome": "genes left out, on contigs that the genome lacks",
}
VERSION = re.compile(r"\.\d+")  # of a gene id
GENES_TOLD = 3  # of a message that names them
TABLE: dict[str, pl.DataType | type[pl.DataType]] = {
    "gene_id": pl.String,
    "gene_name": pl.String,
    "chrom": pl.String,
    "strand": pl.String,
    "exon_starts": pl.List(pl.Int64),
    "exon_ends": pl.List(pl.Int64),
    "coding_starts": pl.List(pl.Int64),
    "coding_ends": pl.List(pl.Int64),
}


@dataclass(frozen=True)
class Gene:
    """A gene on one strand of one contig.

    Attributes
    ----------
    exons : tuple of (int, int)
        (start, end) of the union of its exons, 0-based half-open, sorted, neither overlapping nor
        touching.
    coding : tuple of (int, int)
        Union of the CDS and stop codons of all transcripts, as `exons`. Empty if it has none.
    polya_sites : tuple of int
        0-based, in the direction of the gene (`polya_sites.with_polya_sites`). Empty where none
        were given; tables of genes do not keep them.
    """

    gene_id: str
    gene_name: str
    chrom: str
    strand: str
    exons: tuple[tuple[int, int], ...]
    coding: tuple[tuple[int, int], ...] = field(default=(), kw_only=True)
    polya_sites: tuple[int, ...] = field(default=(), kw_only=True)

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

    Attributes
    ----------
    genes : tuple of Gene
    counts : mapping of str to int
        What a reader should know of how they were read: `COUNTS`. Empty where they were not read
        from GTF or GFF3.
    """

    genes: tuple[Gene, ...]
    counts: Mapping[str, int] = field(default_factory=dict, compare=False)

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
        """Write the genes as parquet, which `read_annotation` reads back; `counts` goes along."""
        rows = [
            (
                gene.gene_id,
                gene.gene_name,
                gene.chrom,
                gene.strand,
                *_ends(gene.exons),
                *_ends(gene.coding),
            )
            for gene in self.genes
        ]
        facts = dict(provenance or {}) | ({"counts": dict(self.counts)} if self.counts else {})
        write_table(pl.DataFrame(rows, schema=TABLE, orient="row"), path, facts)

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


def gene_key(gene_id: str) -> str:
    """Id of a gene without its version: ENSG00000000003.15 is ENSG00000000003.

    What follows the version stays, so that ENSG00000182378.15_PAR_Y is not the gene of X.
    """
    return VERSION.sub("", gene_id, count=1)


def gene_base(column: str) -> pl.Expr:
    """Gene of an id or of a trait: what stands before the first dot of a column.

    Unlike `gene_key` it drops all that follows, as in ENSG00000000003.grp_1.upstream, a trait of
    the eQTL Catalogue.
    """
    return pl.col(column).str.split(".").list.first()


def read_annotation(path: str | Path, genome: Genome | None = None) -> Annotation:
    """Read genes from GTF or GFF3 (plain, gzip or bgzip), or from a table of `Annotation.write`.

    Parameters
    ----------
    path : path
        A file named .gtf, .gff3 or .gff (with or without .gz), or .parquet. An exon's gene is its
        ``gene_id``; in GFF3, without one, the topmost feature reached through ``Parent``, or a CDS
        without parents itself. ``gene_name`` falls back to the gene_id. The CDS and stop codons of
        a gene without exons stand in for them.
    genome : Genome, optional
        If given, contigs get the FASTA's names, and genes on contigs that it lacks are left out.

    Returns
    -------
    Annotation
        Genes in order of first appearance. `Annotation.counts` are in the log too.

    Raises
    ------
    InputError
        If the file is missing, truncated, of another kind, without exons and CDS, or has a line of
        other than nine columns, or an exon or CDS without gene, strand or proper coordinates; or
        if the genome has none of its contigs.
    """
    path = Path(path)
    counts: dict[str, int] = {}
    if annotation_kind(path, "gtf", "gff3", "parquet") == "parquet":
        genes = _genes_of_table(path)
    else:
        genes, counts = _genes_of_lines(path)
    if genome is not None:
        n_read = len(genes)
        genes = on_genome(genes, genome, path)
        counts |= {"genes": len(genes), "off_genome": n_read - len(genes)} if counts else {}
    return Annotation(tuple(genes), counts)


def _ends(intervals: tuple[tuple[int, int], ...]) -> tuple[list[int], list[int]]:
    """Starts and ends of intervals."""
    return [start for start, _ in intervals], [end for _, end in intervals]


def _genes_of_table(path: Path) -> list[Gene]:
    """Read genes back from parquet."""
    frame = read_table(path)
    if dict(frame.schema) != TABLE:
        raise InputError(
            f"{path} has columns {frame.columns}; expected {list(TABLE)}. Make the table again "
            "with Annotation.write."
        )
    return [
        Gene(gene_id, name, chrom, strand, tuple(zip(starts, ends, strict=True)),
             coding=tuple(zip(first, last, strict=True)))
        for gene_id, name, chrom, strand, starts, ends, first, last in frame.iter_rows()
    ]  # fmt: skip


def _genes_of_lines(path: Path) -> tuple[list[Gene], dict[str, int]]:
    """Read genes from the lines of GTF or GFF3, and count what is worth knowing."""
    parts, others = read_lines(path)
    gene, is_exon = ["gene_id", "chrom", "strand"], pl.col("feature") == "exon"
    parts = parts.with_columns(pl.col("start") - 1)
    with_exons = parts.filter(is_exon)
    of_cds = parts.filter(~is_exon).group_by(gene).agg("start", "end")
    stand_in = parts.filter(~is_exon).join(with_exons, on=gene, how="anti", maintain_order="left")
    parts = pl.concat([with_exons, stand_in]).sort("line") if len(stand_in) else with_exons
    table = parts.group_by(gene, maintain_order=True).agg(
        pl.col("gene_name").drop_nulls().first(), "start", "end"
    )
    coding = {
        tuple(key): merge_intervals(zip(starts, ends, strict=True))
        for *key, starts, ends in of_cds.iter_rows()
    }
    genes = [
        Gene(gene_id, name or gene_id, chrom, strand,
             merge_intervals(zip(starts, ends, strict=True)),
             coding=coding.get((gene_id, chrom, strand), ()))
        for gene_id, chrom, strand, name, starts, ends in table.iter_rows()
    ]  # fmt: skip
    counts = {
        "genes": len(genes),
        "cds_for_exons": _told(path, stand_in.unique(gene, maintain_order=True), "cds_for_exons"),
        "no_parts": _told(path, _without_parts(parts, others), "no_parts"),
        "two_places": _told(path, _at_two_places(parts, others), "two_places"),
    }
    return genes, counts


def _without_parts(parts: pl.DataFrame, others: pl.DataFrame) -> pl.DataFrame:
    """Genes that have a line of their own, but neither exons nor CDS."""
    lines = _gene_lines(others)
    if "Parent" in lines.columns:  # a gene of an operon counts as the operon
        lines = lines.filter(pl.col("Parent").is_null())
    return lines.join(parts, on="gene_id", how="anti").unique("gene_id", maintain_order=True)


def _at_two_places(parts: pl.DataFrame, others: pl.DataFrame) -> pl.DataFrame:
    """Genes whose transcripts, or whose own lines, do not overlap."""
    gene = ["gene_id", "chrom", "strand"]
    spans = parts.group_by(*gene, "key").agg(pl.col("start").min(), pl.col("end").max())
    lines = _gene_lines(others).with_columns(pl.col("start") - 1).select(*gene, "start", "end")
    apart = [
        one.sort("start").filter(pl.col("start") > pl.col("end").cum_max().shift().over(gene))
        for one in (spans, lines)
    ]
    both = pl.concat([one.select(gene) for one in apart]).unique(maintain_order=True)
    return both.join(parts, on=gene, how="semi", maintain_order="left")


def _gene_lines(others: pl.DataFrame) -> pl.DataFrame:
    """Lines of genes, with the gene_id that their parts have."""
    own = pl.coalesce("gene_id", "ID") if "ID" in others.columns else pl.col("gene_id")
    lines = others.filter(pl.col("feature").str.ends_with("gene")).with_columns(gene_id=own)
    return lines.filter(pl.col("gene_id").is_not_null())


def _told(path: Path, genes: pl.DataFrame, count: str) -> int:
    """How many genes there are of a kind, which the log names."""
    if not genes.is_empty():
        names = ", ".join(genes["gene_id"][:GENES_TOLD].to_list())
        more = ", ..." if len(genes) > GENES_TOLD else ""
        logger.warning("%s: %d %s (%s%s)", path, len(genes), COUNTS[count], names, more)
    return len(genes)


def on_genome(genes: list[Gene], genome: Genome, path: Path) -> list[Gene]:
    """Rename contigs to those of the genome, and leave out genes on others."""
    chroms = list(dict.fromkeys(gene.chrom for gene in genes))
    contigs = {chrom: genome.resolve(chrom) for chrom in chroms}
    kept = [
        replace(gene, chrom=contig) for gene in genes if (contig := contigs[gene.chrom]) is not None
    ]
    if not kept:
        raise InputError(
            f"no contig of {path} ({', '.join(chroms[:3])}) is in {genome.fasta} "
            f"({', '.join(list(genome.contigs)[:3])}); expected names of the same assembly. "
            f"{GIVE_ALIASES}."
        )
    beyond = [gene.gene_id for gene in kept if gene.end > genome.contigs[gene.chrom]]
    if beyond:
        logger.warning(
            "%s: %d genes end beyond their contig in %s (%s): they span the origin of a circular "
            "one, or the annotation is of another assembly",
            path,
            len(beyond),
            genome.fasta,
            ", ".join(beyond[:GENES_TOLD]),
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
