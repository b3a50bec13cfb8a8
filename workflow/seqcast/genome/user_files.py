"""Whether a VCF, a genome and an annotation belong together, found before a run is configured."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import polars as pl

from seqcast.core.errors import InputError
from seqcast.genome.annotation import Annotation, on_genome, read_annotation
from seqcast.genome.builds import SET_SWAP, guard_build
from seqcast.genome.fasta import GIVE_ALIASES, Genome, read_aliases
from seqcast.genome.fasta_scan import HeldGenome, read_contigs
from seqcast.genome.tracks import Tracks
from seqcast.genome.variants import (
    check_variants,
    read_variants,
    resolve_contigs,
    summarise_statuses,
)
from seqcast.genome.vcf import check_indexable

TRIED_ALTS = 1000  # compared with the genome: spread evenly over the file
# Length of chromosome 1 -> the table of contig names of that build (Genome Reference Consortium).
CHROMOSOME_1_BP = {248_956_422: "hg38", 249_250_621: "hg19"}
# Remedies of a run -> those of commands.
REMEDIES = {
    SET_SWAP: "give --on-ref-mismatch swap",
    GIVE_ALIASES: "Give the other names of contigs (--contig-aliases resources/contigs/hg38.tsv, "
    "or a table of your own)",
}


def opened(
    genome: str | Path | Genome, annotation: str | Path | Annotation, tracks: str | Path | Tracks
) -> tuple[Genome, Annotation, Tracks]:
    """A genome, its genes and the tracks of a model, read where they are files."""
    tracks = tracks if isinstance(tracks, Tracks) else Tracks.read(tracks)
    genome = genome if isinstance(genome, Genome) else Genome(genome)
    if not isinstance(annotation, Annotation):
        annotation = read_annotation(annotation, genome)
    return genome, annotation, tracks


class UserFiles(NamedTuple):
    """The files of a run: variants, the genome that they are on, its genes, its contigs' names."""

    vcf: Path
    genome: Path
    annotation: Path
    aliases: Path | None = None


class Findings(NamedTuple):
    """What a user should know of the files.

    Attributes
    ----------
    n_alts : int
        ALT alleles of the VCF.
    aliases : Path or None
        The table of contig names that the files need: the one given, or one that joins them.
    lines : tuple of str
        What was found, one line per file.
    notes : tuple of str
        What a user may not expect.
    """

    n_alts: int
    aliases: Path | None
    lines: tuple[str, ...]
    notes: tuple[str, ...]


@contextmanager
def remedies_of_commands() -> Iterator[None]:
    """Let errors of the block name options of commands where they name keys of a config."""
    try:
        yield
    except InputError as error:
        message = str(error)
        for of_run, of_command in REMEDIES.items():
            message = message.replace(of_run, of_command)
        raise InputError(message) from error


def check_files(files: UserFiles, contig_tables: Path, swap: bool = False) -> Findings:
    """Read the files of a run, and check that they fit each other.

    Every line of VCF and annotation is read, the genome once, and `TRIED_ALTS` REF alleles are
    compared with it. Nothing is written.

    Parameters
    ----------
    files : UserFiles
    contig_tables : Path
        Folder of the tables hg38.tsv and hg19.tsv, of which one is taken where the names of contigs
        differ and chromosome 1 has the length of that build.
    swap : bool
        The run will exchange REF and ALT where the genome carries ALT: such rows fit.

    Raises
    ------
    InputError
        If a file cannot be read, no contig of the VCF or of the annotation is in the genome, or
        too many REF alleles differ from it.
    """
    variants = read_variants(files.vcf)
    check_indexable(files.vcf)
    annotation = read_annotation(files.annotation)
    named = {*variants["chrom"].unique(), *(gene.chrom for gene in annotation.genes)}
    tables = [files.aliases] if files.aliases else sorted(contig_tables.glob("*.tsv"))
    synonyms = _synonyms(tables)
    tried = variants.gather_every(max(1, -(-len(variants) // TRIED_ALTS)))
    lengths, checked = _scan(files.genome, tried, synonyms)
    aliases = files.aliases or _needed_table(named, lengths, contig_tables)
    genome = HeldGenome(files.genome, lengths, aliases)
    contigs = resolve_contigs(variants, genome)
    genes = Annotation(tuple(on_genome(list(annotation.genes), genome, files.annotation)))
    fitting = pl.col("genome_carries").str.contains("alt", literal=True).fill_null(False) & swap
    checked = [
        rows.with_columns(swapped=fitting)
        for rows in checked
        if contigs[rows["chrom"][0]] is not None
    ]
    return Findings(
        len(variants), aliases,
        (
            f"{files.vcf}: {_count(len(variants), 'ALT allele')} on "
            f"{_count(len(contigs), 'contig')}",
            f"{files.genome}: {_count(len(lengths), 'contig')}, {_size(sum(lengths.values()))}",
            f"{files.annotation}: {_count(len(genes.genes), 'gene')}",
        ),
        tuple(_notes(files, variants, genome, contigs, genes, checked)),
    )  # fmt: skip


def _count(n: int, noun: str) -> str:
    """A number of things, in words."""
    return f"{n:,} {noun}{'s' * (n != 1)}"


def _size(length_bp: int) -> str:
    """A length in the unit that suits it."""
    if length_bp < 1000:
        return f"{length_bp} bp"
    return f"{length_bp / 1e3:.1f} kb" if length_bp < 1e6 else f"{length_bp / 1e6:,.1f} Mb"


def _synonyms(tables: Iterable[Path]) -> Mapping[str, set[str]]:
    """Each name of a contig -> all that stand for it in any of these tables."""
    found: dict[str, set[str]] = {}
    for table in tables:
        for name, names in read_aliases(table).items():
            found.setdefault(name, set()).update(names)
    return found


def _scan(
    fasta: Path, tried: pl.DataFrame, synonyms: Mapping[str, set[str]]
) -> tuple[dict[str, int], list[pl.DataFrame]]:
    """Lengths of a genome's contigs, and the tried variants of each, checked against its bases."""
    lengths: dict[str, int] = {}
    checked = []
    for name, bases in read_contigs(fasta):
        lengths[name] = len(bases)
        here = HeldGenome(fasta, {name: len(bases)}, bases={name: bases})
        for chrom in {name, *synonyms.get(name, ())}:
            rows = tried.filter(pl.col("chrom") == chrom)
            if len(rows):
                found = check_variants(rows.with_columns(chrom=pl.lit(name)), here)
                checked.append(found.with_columns(chrom=pl.lit(chrom)))
    return lengths, checked


def _needed_table(
    named: Iterable[str], lengths: Mapping[str, int], contig_tables: Path
) -> Path | None:
    """The table of contig names of the genome's build, where names are not all the genome's."""
    if all(name in lengths for name in named):
        return None
    builds = [CHROMOSOME_1_BP[length] for length in lengths.values() if length in CHROMOSOME_1_BP]
    if not builds:
        return None
    table = contig_tables / f"{builds[0]}.tsv"
    synonyms = read_aliases(table)
    lacking = [name for name in named if name not in lengths]
    joined = [name for name in lacking if any(one in lengths for one in synonyms.get(name, ()))]
    return table if joined else None


def _notes(
    files: UserFiles, variants: pl.DataFrame, genome: HeldGenome,
    contigs: Mapping[str, str | None], genes: Annotation, checked: list[pl.DataFrame],
) -> Iterable[str]:  # fmt: skip
    """What a user may not expect; stops where the variants are of another genome."""
    if variants.is_empty():
        yield f"{files.vcf} has no variants"
    if genome.aliases and not files.aliases:
        yield f"names of contigs differ between the files; they are joined by {genome.aliases}"
    if checked:
        tried = pl.concat(checked)
        guard_build(tried)
        other = summarise_statuses(tried.filter(pl.col("status") != "valid", ~pl.col("swapped")))
        if len(other):
            counts = ", ".join(f"{status} {n}" for status, n, _ in other.iter_rows())
            n_other = other["n"].sum()
            yield (
                f"{n_other:,} of {_count(len(tried), 'ALT allele')} compared with the genome "
                f"get{'s' * (n_other == 1)} a status and no score: {counts} "
                "(docs/reference/statuses.md)"
            )
    if absent := [chrom for chrom, contig in contigs.items() if contig is None]:
        n = variants.filter(pl.col("chrom").is_in(absent)).height
        yield (
            f"{_count(n, 'ALT allele')} cannot be scored, as {files.genome} lacks "
            f"{', '.join(absent[:3])}{', ...' * (len(absent) > 3)}"
        )
    if contigs and not {*contigs.values()} & {gene.chrom for gene in genes.genes}:
        yield f"{files.annotation} has no gene on the contigs of the variants: no gene scores"
