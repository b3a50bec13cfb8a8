"""Where variants are in genes: within their bounds, in their 3' UTRs, near their poly(A) sites."""

from collections.abc import Iterable
from typing import NamedTuple

import polars as pl

from seqcast.genome.annotation import gene_base
from seqcast.genome.intervals import merge_table
from seqcast.transcripts.annotation import Transcript

PLACE = {"gene": pl.String, "chrom": pl.String, "strand": pl.String, "start": pl.Int64,
         "end": pl.Int64}  # fmt: skip


class GenePlaces(NamedTuple):
    """Genes of an annotation, 0-based half-open.

    Attributes
    ----------
    bounds : DataFrame
        gene (without version, at its first place), chrom, strand, start, end.
    utr3 : DataFrame
        gene, chrom, strand, start, end: parts of exons behind the stop codon in some transcript,
        joined where they overlap.
    """

    bounds: pl.DataFrame
    utr3: pl.DataFrame


def places_of(transcripts: Iterable[Transcript]) -> GenePlaces:
    """Bounds and 3' UTRs of genes.

    Parameters
    ----------
    transcripts : iterable of Transcript
        Those on both strands, or without exons, are passed over: they have no 3' end.
    """
    exons: list[tuple] = []
    utrs: list[tuple] = []
    for one in transcripts:
        if one.strand and one.exons:
            key = (one.gene_id, one.chrom, one.strand)
            exons.append((*key, one.exons[0][0], one.exons[-1][1]))
            utrs.extend((*key, start, end) for start, end in utr3_of(one))
    place = ["gene", "chrom", "strand"]
    tables = [
        pl.DataFrame(rows, schema=PLACE, orient="row").with_columns(gene_base("gene"))
        for rows in (exons, utrs)
    ]
    spans = tables[0].group_by(place, maintain_order=True).agg(
        pl.col("start").min(), pl.col("end").max()
    )  # fmt: skip
    bounds = spans.unique("gene", keep="first", maintain_order=True)
    parts = merge_table(tables[1].join(bounds.select(place), on=place), within="gene")
    return GenePlaces(bounds, parts.join(bounds.select(place), on="gene"))


def utr3_of(transcript: Transcript) -> list[tuple[int, int]]:
    """Parts of a transcript's exons behind its stop codon, 0-based half-open; none without a CDS.

    Where the annotation has the stop codon neither in the CDS nor on lines of its own, its three
    bases count to the 3' UTR.
    """
    coding = [*transcript.cds, *transcript.stop]
    if not transcript.cds:
        return []
    first, last = min(start for start, _ in coding), max(end for _, end in coding)
    if transcript.strand == "+":
        parts = [(max(start, last), end) for start, end in transcript.exons]
    else:
        parts = [(start, min(end, first)) for start, end in transcript.exons]
    return [(start, end) for start, end in parts if start < end]


def in_intervals(variants: pl.DataFrame, intervals: pl.DataFrame, pad_bp: int = 0) -> pl.DataFrame:
    """Pairs of variants and the intervals that hold them.

    Parameters
    ----------
    variants : DataFrame
        With the columns chrom and pos (1-based, of an SNV).
    intervals : DataFrame
        gene, chrom, strand, start, end.
    pad_bp : int
        By how much intervals reach further at both ends.

    Returns
    -------
    DataFrame
        Columns of the variants, gene and strand; a variant comes once per interval.
    """
    held = []
    for (chrom,), of_chrom in variants.group_by("chrom", maintain_order=True):
        here = intervals.filter(pl.col("chrom") == chrom).select(
            "gene", "strand", first=pl.col("start") - pad_bp, last=pl.col("end") + pad_bp
        )
        inside = (pl.col("pos") > pl.col("first")), (pl.col("pos") <= pl.col("last"))
        held.append(of_chrom.join_where(here, *inside).drop("first", "last"))
    empty = variants.clear().with_columns(gene=pl.lit(""), strand=pl.lit(""))
    return pl.concat([empty, *held])


def site_distances(
    variants: pl.DataFrame, places: GenePlaces, sites: pl.DataFrame, pad_bp: int, most_bp: int
) -> pl.DataFrame:
    """Distance of variants to the nearest poly(A) site of each gene that they are in.

    Parameters
    ----------
    variants : DataFrame
        With the columns chrom and pos (1-based, of an SNV).
    places : GenePlaces
    sites : DataFrame
        chrom, pos (1-based), strand; a site is one of the genes of its strand that it is in.
    pad_bp : int
        By how much genes reach further at both ends.
    most_bp : int
        Sites farther away do not count.

    Returns
    -------
    DataFrame
        Columns of the variants, gene, and distance_bp, null where no site is near.
    """
    genes = in_intervals(variants, places.bounds, pad_bp).drop("strand")
    of_strand = sites.rename({"strand": "site_strand"})
    of_genes = in_intervals(of_strand, places.bounds, pad_bp)
    of_genes = of_genes.filter(pl.col("strand") == pl.col("site_strand"))
    near = genes.sort("pos").join_asof(
        of_genes.select("gene", "pos", site="pos").sort("pos"), on="pos", by="gene",
        strategy="nearest", tolerance=most_bp, check_sortedness=False,
    )  # fmt: skip
    return near.with_columns(distance_bp=(pl.col("pos") - pl.col("site")).abs()).drop("site")
