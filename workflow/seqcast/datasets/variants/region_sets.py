"""Sets of all variants of regions: of a BED file, of 3' UTRs, or around other variants."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl

from seqcast.core.errors import InputError
from seqcast.core.provenance import provenance
from seqcast.core.store import file_sha256, read_table, write_chunks, write_table
from seqcast.core.text_files import read_text
from seqcast.datasets.variants import UTR3
from seqcast.datasets.variants.gene_places import utr3_of
from seqcast.genome.annotation import gene_key
from seqcast.genome.enumeration import COLUMNS, LETTERS, enumerate_variants
from seqcast.genome.fasta import Fetch, Genome, fetch_by_blocks
from seqcast.genome.intervals import merge_intervals, read_bed
from seqcast.transcripts.annotation import Transcript, read_transcripts
from seqcast.transcripts.selection import select_transcripts

logger = logging.getLogger(__name__)

ENUMERATED = "enumerated"
STATUSES = {
    ENUMERATED: "every base has its variants",
    "ref_ambiguous": "bases that are N or another IUPAC code have none",
    "position_out_of_range": "reaches beyond the contig; the bases inside have their variants",
    "contig_not_found": "its contig is neither in the FASTA nor in the table of contig aliases",
    "gene_not_found": "the annotation has no gene of that id or name",
    "no_utr3": "none of the chosen transcripts of the gene has bases behind its stop codon",
}
GIVEN: dict[Any, Any] = {
    "name": pl.String, "gene_name": pl.String, "chrom": pl.String, "start": pl.Int64,
    "end": pl.Int64, "strand": pl.String, "status": pl.String,
}  # fmt: skip
REGIONS: dict[str, Any] = {
    "region": pl.Int64, "name": pl.String, "gene_name": pl.String, "chrom": pl.String,
    "contig": pl.String, "start": pl.Int64, "end": pl.Int64, "strand": pl.String,
    "status": pl.String, "bases": pl.Int64,
}  # fmt: skip


class RegionFiles(NamedTuple):
    """What says where the regions of a set are: a BED file, an annotation, or other variants.

    Attributes
    ----------
    genome : path
    aliases : path, optional
        Where contigs have other names (see `Genome`).
    bed : path, optional
    annotation : path, optional
        GTF or GFF3.
    genes : path, optional
        Names or ids of genes of the annotation, one per line. Default: all.
    variants : path, optional
        A table of checked variants.
    ranked : tuple of path
        Those variants in the order of their effects by each model (`ranking.rank_variants`).
    """

    genome: str | Path
    aliases: str | Path | None = None
    bed: str | Path | None = None
    annotation: str | Path | None = None
    genes: str | Path | None = None
    variants: str | Path | None = None
    ranked: tuple[str | Path, ...] = ()


class RegionTables(NamedTuple):
    """Paths of the variants (`enumeration.COLUMNS`) and of their regions (`REGIONS`)."""

    variants: str | Path
    regions: str | Path


def enumerate_regions(
    files: RegionFiles, outputs: RegionTables, options: Mapping[str, Any], facts: Mapping[str, Any]
) -> None:
    """Write all variants of regions, and what became of each region.

    Parameters
    ----------
    files : RegionFiles
    outputs : RegionTables
    options : mapping
        ``selection`` (of `UTR3`) and ``genes`` (names) with an annotation; ``flank_bp`` and perhaps
        ``top`` with variants; ``deletions_bp`` and ``insertions_bp`` of `enumerate_variants`.
    facts : mapping
        Provenance.

    Raises
    ------
    InputError
        If a file cannot be read, or there is no region, or none on the genome.
    """
    with Genome(files.genome, files.aliases) as genome:
        regions = judge_regions(_given_regions(files, options, genome), genome)
        _report(regions, files)
        lengths = (int(options.get(name) or 0) for name in ("deletions_bp", "insertions_bp"))
        tables = enumerate_variants(regions.drop_nulls("start"), genome, *lengths)
        told = {"bed": files.bed, "annotation": files.annotation, "genes": files.genes}
        about = provenance(
            **facts,
            options=dict(options),
            files={
                name: {"name": Path(path).name, "sha256": file_sha256(path)}
                for name, path in told.items()
                if path
            },
        )
        write_chunks(tables, COLUMNS, outputs.variants, about)
    write_table(regions, outputs.regions, about)


def judge_regions(given: pl.DataFrame, genome: Genome) -> pl.DataFrame:
    """Number regions, find them in the genome, and say of which bases variants are enumerated.

    Parameters
    ----------
    given : DataFrame
        `GIVEN`; regions whose status is known already keep it.
    genome : Genome

    Returns
    -------
    DataFrame
        `REGIONS`, in the same order: ``contig`` is the FASTA's name, ``bases`` counts those with
        variants.
    """
    fetch, found = fetch_by_blocks(genome), []
    for number, row in enumerate(given.iter_rows(named=True)):
        contig = genome.resolve(row["chrom"]) if row["chrom"] else None
        status, bases = row["status"], 0
        if status is None:
            status, bases = _judge(contig, row["start"], row["end"], genome, fetch)
        about = {"region": number, "contig": contig, "status": status, "bases": bases}
        found.append({**row, **about})
    return pl.DataFrame(found, schema=REGIONS)


def _judge(
    contig: str | None, start: int, end: int, genome: Genome, fetch: Fetch
) -> tuple[str, int]:
    """Status of a region, and the number of its bases with variants."""
    if contig is None:
        return "contig_not_found", 0
    inside = min(end, genome.contigs[contig])
    sequence = fetch(contig, start, inside) if start < inside else ""
    bases = sum(map(sequence.count, LETTERS))
    if inside < end:
        return "position_out_of_range", bases
    return (ENUMERATED if bases == end - start else "ref_ambiguous"), bases


def _given_regions(files: RegionFiles, options: Mapping[str, Any], genome: Genome) -> pl.DataFrame:
    """`GIVEN`, of whichever file there is."""
    if files.bed:
        found = read_bed(files.bed).rename({"contig": "chrom"})
        place = pl.format("{}:{}-{}", "chrom", pl.col("start") + 1, "end")
        return found.select(name=place, gene_name=None, chrom="chrom", start="start", end="end",
                            strand=None, status=None).cast(GIVEN)  # fmt: skip
    if files.annotation:
        transcripts = read_transcripts(files.annotation)
        wanted = _names(files.genes) if files.genes else options.get("genes") or ()
        return utr3_regions(transcripts, options["selection"], wanted)
    ranked = [read_table(path, ["row"])["row"] for path in files.ranked]
    top = options.get("top")
    rows = pl.concat([one.head(top) for one in ranked]).unique() if top else None
    variants = read_table(str(files.variants))
    if "members" in variants.columns:
        variants = variants.filter(pl.col("members").is_null())  # no haplotypes
    return regions_around(variants, int(options["flank_bp"]), genome.contigs, rows)


def utr3_regions(
    transcripts: Sequence[Transcript], selection: str, genes: Sequence[str] = ()
) -> pl.DataFrame:
    """The 3' UTRs of genes: exonic bases behind the stop codon in some transcript that counts.

    Parameters
    ----------
    transcripts : sequence of Transcript
    selection : str
        Of `UTR3`, which transcripts count.
    genes : sequence of str
        Ids (with or without version) or names. Default: all that have a CDS.

    Returns
    -------
    DataFrame
        `GIVEN`: a row for each stretch, named by the gene_id, ascending; one with a status for each
        gene without any.
    """
    chosen = select_transcripts(transcripts, UTR3[selection])
    parts: dict[tuple[str, str, str, str], list[tuple[int, int]]] = {}
    for one in chosen:
        if one.strand:
            key = (one.gene_id, one.gene_name, one.chrom, one.strand)
            parts.setdefault(key, []).extend(utr3_of(one))
    if not genes:
        return pl.DataFrame(list(_rows(parts)), schema=GIVEN, orient="row")
    known = {
        name for one in transcripts for name in (one.gene_id, gene_key(one.gene_id), one.gene_name)
    }
    named: dict[str, dict[tuple[str, str, str, str], list[tuple[int, int]]]] = {}
    for key, intervals in parts.items():
        for name in {*key[:2], gene_key(key[0])}:
            named.setdefault(name, {})[key] = intervals
    rows: list[tuple] = []
    for gene in dict.fromkeys(genes):
        mine = named.get(gene, {})
        status = "no_utr3" if gene in known else "gene_not_found"
        rows += _rows(mine) if mine else [(gene, None, None, None, None, None, status)]
    return pl.DataFrame(rows, schema=GIVEN, orient="row")


def _rows(parts: Mapping[tuple[str, str, str, str], list[tuple[int, int]]]) -> Iterator[tuple]:
    """Regions of genes."""
    for (gene_id, gene_name, chrom, strand), intervals in parts.items():
        for start, end in merge_intervals(intervals):
            yield gene_id, gene_name, chrom, start, end, strand, None
        if not intervals:
            yield gene_id, gene_name, chrom, None, None, strand, "no_utr3"


def regions_around(
    variants: pl.DataFrame, flank_bp: int, contigs: Mapping[str, int], rows: pl.Series | None = None
) -> pl.DataFrame:
    """Regions that reach equally far to both sides of variants, within the contig.

    Parameters
    ----------
    variants : DataFrame
        Checked variants; those that are not valid give a row with their status.
    flank_bp : int
    contigs : mapping
        Lengths in bp.
    rows : Series, optional
        Of the variants that count. Default: all.

    Returns
    -------
    DataFrame
        `GIVEN`, named by the variants.
    """
    chosen = variants if rows is None else variants.filter(pl.col("row").is_in(rows.implode()))
    valid = pl.col("status") == "valid"
    length_bp = pl.col("contig").replace_strict(contigs, default=None, return_dtype=pl.Int64)
    return chosen.select(
        name="variant", gene_name=pl.lit(None), chrom="chrom",
        start=pl.when(valid).then(pl.max_horizontal(pl.col("start") - flank_bp, 0)),
        end=pl.when(valid).then(pl.min_horizontal(pl.col("end") + flank_bp, length_bp)),
        strand=pl.lit(None), status=pl.when(~valid).then("status"),
    ).cast(GIVEN)  # fmt: skip


def _names(path: str | Path) -> list[str]:
    """Genes of a file, one per line."""
    lines = read_text(path, "names or ids of genes, one per line").splitlines()
    return [line.strip() for line in lines if line.strip() and not line.startswith("#")]


def _report(regions: pl.DataFrame, files: RegionFiles) -> None:
    """Log how many regions have all of their variants, and name others; stop if there is none."""
    logger.info("%d regions, %d bases with variants", regions.height, regions["bases"].sum())
    for (status,), some in regions.group_by("status", maintain_order=True):
        if status != ENUMERATED:
            names = ", ".join(some["name"].head(3))
            logger.warning("%d of %d regions %s (%s)", some.height, regions.height, status, names)
    if regions["start"].count() == 0:
        rows = regions.select("name", "status").head(3).iter_rows()
        named = ", ".join(": ".join(row) for row in rows) or "it is empty"
        raise InputError(
            f"{files.bed or files.annotation or files.variants} has no region ({named}); expected "
            "intervals, genes with a 3' UTR, or valid variants. Check the file and the names."
        )
