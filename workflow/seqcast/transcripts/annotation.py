"""Transcripts of a GTF or GFF3: exons, parts of the CDS, and what the file says of them.

Two conventions of where a CDS ends are met: with its stop codon (RefSeq's GFF3), or without, the
stop codon on lines of its own (GTF 2.2, GENCODE, Ensembl) or on none. Here both are kept as the
file has them; `coding.place_cds` decides by the sequence.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from seqcast.genome.annotation_attributes import has_tag
from seqcast.genome.annotation_lines import annotation_kind, read_lines

Interval = tuple[int, int]

PHASES = ("0", "1", "2", ".")
PARTS = {"exon": "exon", "CDS": "cds", "stop_codon": "stop"}
# What an annotation says in favour of a transcript, the best first; the last is nothing.
MERITS = (
    r"MANE(?: |_|%20)Select",
    r"(?:Ensembl_canonical|RefSeq(?: |_|%20)Select)",
    "appris_principal",
)


@dataclass(frozen=True)
class Transcript:
    """A transcript as its annotation has it. Coordinates are genomic, 0-based half-open.

    Attributes
    ----------
    transcript_id : str
        In GFF3, without the attribute ``transcript_id``, the ID of the parent of its exons.
    strand : str or None
        "+" or "-"; None where its lines are on both.
    exons : tuple of (int, int)
        Ascending, as in the file. Empty where only its CDS is there.
    cds : tuple of (int, int)
        Parts of the CDS, ascending.
    frames : tuple of (int or None)
        Of each part: how many of its bases, in the direction of the mRNA, come before the first
        codon that begins in it. None where the file has no number.
    stop : tuple of (int, int)
        Lines of the stop codon.
    merit : int
        Place in `MERITS` of the first that the file says of it; their number where it says none.
    incomplete_start, incomplete_end : bool
        Whether the file says that the CDS begins before, or ends beyond, what is known
        (``cds_start_NF`` and ``cds_end_NF`` of GENCODE and Ensembl).
    """

    transcript_id: str
    gene_id: str
    gene_name: str
    chrom: str
    strand: str | None
    exons: tuple[Interval, ...]
    cds: tuple[Interval, ...] = ()
    frames: tuple[int | None, ...] = ()
    stop: tuple[Interval, ...] = ()
    merit: int = len(MERITS)
    incomplete_start: bool = False
    incomplete_end: bool = False

    @property
    def length_nt(self) -> int:
        """Bases of its exons."""
        return sum(end - start for start, end in self.exons or self.cds)

    @property
    def cds_nt(self) -> int:
        """Bases of its CDS lines."""
        return sum(end - start for start, end in self.cds)


def read_transcripts(path: str | Path) -> list[Transcript]:
    """Read all transcripts of a GTF or GFF3 file (plain, gzip or bgzip).

    Parameters
    ----------
    path : path
        A file named .gtf, .gff3 or .gff (with or without .gz). Lines of exons, CDS and stop codons
        count; tags are read from the lines of transcripts.

    Returns
    -------
    list of Transcript
        In the order of their first such line. One id on two contigs (as in the pseudoautosomal
        regions of X and Y), or in a GTF of two genes, is two transcripts.

    Raises
    ------
    InputError
        If the file is missing, truncated, of another kind or without such lines; or if one lacks
        coordinates, strand, transcript or gene, or has a phase that is none.
    """
    path = Path(path)
    is_gtf = annotation_kind(path, "gtf", "gff3") == "gtf"
    is_cds = pl.col("feature") == "CDS"
    wrong_phase = is_cds & ~pl.col("frame").is_in(PHASES).fill_null(True)
    said = pl.when(~pl.col("feature").is_in(list(PARTS))).then("attributes")
    tags = pl.concat_str(said, pl.lit(" "))  # a copy: a part of a column keeps all of it in memory
    columns = {"frame": pl.col("frame").cast(pl.Int64, strict=False), "wrong_phase": wrong_phase}
    lacking = {
        "transcript_id" if is_gtf else "Parent": pl.col("key").is_null(),
        "phase of 0, 1 or 2 (or . where it is not known)": pl.col("wrong_phase"),
    }
    parts, others = read_lines(path, columns | {"attributes": tags}, lacking)
    return list(_transcripts(parts, others, is_gtf))


def _said_of_transcripts(is_gtf: bool) -> Iterator[pl.Expr]:
    """Columns of what the tags of a line say: merit, incomplete_start, incomplete_end."""
    text, merit = pl.col("attributes"), pl.lit(len(MERITS))
    for place, pattern in reversed(list(enumerate(MERITS))):
        merit = pl.when(has_tag(text, pattern, is_gtf)).then(place).otherwise(merit)
    yield merit.alias("merit")
    yield has_tag(text, "cds_start_NF", is_gtf).alias("incomplete_start")
    yield has_tag(text, "cds_end_NF", is_gtf).alias("incomplete_end")


def _transcripts(parts: pl.DataFrame, others: pl.DataFrame, is_gtf: bool) -> Iterator[Transcript]:
    """Join the parts of each transcript, and what its own line says."""
    heads = others.filter(pl.col("key").is_not_null(), pl.col("feature") != "gene")
    heads = heads.unique(["key", "chrom"], keep="first", maintain_order=True).select(
        "key", "chrom", *_said_of_transcripts(is_gtf), head_named="transcript_id"
    )
    joined = _grouped(parts, is_gtf).join(
        heads, on=["key", "chrom"], how="left", maintain_order="left"
    )
    joined = joined.with_columns(
        pl.col("merit").fill_null(len(MERITS)),
        pl.col("incomplete_start", "incomplete_end").fill_null(False),
        pl.coalesce("head_named", "named", "key").alias("transcript_id"),
    )
    for row in joined.iter_rows(named=True):
        yield Transcript(
            transcript_id=row["transcript_id"],
            gene_id=row["gene_id"],
            gene_name=row["gene_name"] or row["gene_id"],
            chrom=row["chrom"],
            strand=row["strand"] if row["strands"] == 1 else None,
            exons=tuple(zip(row["exon_start"], row["exon_end"], strict=True)),
            cds=tuple(zip(row["cds_start"], row["cds_end"], strict=True)),
            frames=tuple(row["cds_frame"]),
            stop=tuple(zip(row["stop_start"], row["stop_end"], strict=True)),
            merit=row["merit"],
            incomplete_start=row["incomplete_start"],
            incomplete_end=row["incomplete_end"],
        )


def _grouped(parts: pl.DataFrame, is_gtf: bool) -> pl.DataFrame:
    """One row per transcript and contig, in order of appearance, with lists of its parts.

    In GTF also one row per gene: exons of two genes are no one mRNA. In GFF3 the parent says which
    lines belong together, and not each of them need name its gene.
    """
    keys = ["key", "chrom", "of_gene", *(["gene_id"] if is_gtf else [])]
    genes = [] if is_gtf else [pl.col("gene_id").first()]
    lists = [
        pl.col(column).filter(pl.col("feature") == feature).alias(f"{name}_{column}")
        for feature, name in PARTS.items()
        for column in ("start", "end", "frame")
    ]
    return (
        parts.with_columns(pl.col("start") - 1)
        .with_row_index("place")
        .sort("start", "end", "place")
        .group_by(keys)
        .agg(
            *lists,
            *genes,
            pl.col("place").min(),
            pl.col("strand").first(),
            pl.col("gene_name").drop_nulls().first(),
            strands=pl.col("strand").n_unique(),
            named=pl.col("transcript_id").drop_nulls().first(),
        )
        .sort("place")
    )
