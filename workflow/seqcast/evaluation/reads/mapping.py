"""Map reads to their reference, and part those in coding sequence from those outside.

Sections 3 and 4 of the protocol: bowtie2 end to end with its defaults and a seed, mapped reads
sorted by coordinate; bedtools on whole alignment spans, strand ignored.
"""

import re
from pathlib import Path
from tempfile import TemporaryDirectory

import pysam

from seqcast.core.errors import InputError
from seqcast.core.programs import run
from seqcast.core.store import atomic
from seqcast.evaluation.reads import INDEX_SUFFIXES
from seqcast.genome.intervals import check_inside, read_bed

SEED = 42
ANY_OVERLAP = "0.00000001"  # fraction of the alignment; bedtools' own default is one base


def index_reference(genome: str | Path, prefix: str | Path, threads: int = 1) -> None:
    """Build bowtie2's index of a genome.

    Parameters
    ----------
    genome : path
        FASTA, plain or gzip.
    prefix : path
        The files are this name with `INDEX_SUFFIXES`. Genomes beyond 4 Gb get other suffixes
        from bowtie2 and are refused.

    Raises
    ------
    InputError
        If bowtie2-build is missing or fails, or the genome is too large.
    """
    prefix = Path(prefix)
    prefix.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=prefix.parent) as folder:
        built = Path(folder) / "index"
        run(["bowtie2-build", "--quiet", "--threads", str(threads), genome, built])
        for suffix in INDEX_SUFFIXES:
            part = Path(f"{built}{suffix}")
            if not part.exists():
                raise InputError(
                    f"bowtie2-build made no {suffix} of {genome}; expected a genome below 4 Gb. "
                    "Split the reference, or leave out what is not needed."
                )
            part.replace(f"{prefix}{suffix}")


def map_reads(
    prefix: str | Path,
    reads1: str | Path,
    reads2: str | Path | None,
    bam: str | Path,
    threads: int = 1,
    first: int | None = None,
) -> None:
    """Map pairs, or single reads, end to end; keep what maps, sorted by coordinate.

    The order of alignments at one place is that of the reads, whatever the number of threads.

    Parameters
    ----------
    prefix : path
        Of the index, as `index_reference` made it.
    reads1, reads2 : path
        FASTQ, plain or gzip. ``reads2`` None: single reads.
    bam : path
        The output.
    first : int, optional
        Use only so many pairs (reads) from the start of the files.

    Raises
    ------
    InputError
        If a program is missing or fails, as bowtie2 does with files of unequal length and with
        broken records.
    """
    few = ["--upto", str(first)] if first else []
    with atomic(bam) as temporary, TemporaryDirectory(prefix="seqcast_") as folder:
        first_of_pair = _plain_name(reads1, Path(folder) / "reads1")
        files: list[str | Path] = ["-U", first_of_pair]
        if reads2:
            files = ["-1", first_of_pair, "-2", _plain_name(reads2, Path(folder) / "reads2")]
        run(
            ["bowtie2", "--seed", str(SEED), "--threads", str(threads), "--reorder", *few,
             "-x", prefix, *files],
            ["samtools", "view", "-b", "-F", "4", "-"],
            ["samtools", "sort", "-O", "bam", "-T", f"{temporary}.sorting", "-"],
            output=temporary,
        )  # fmt: skip


def _plain_name(reads: str | Path, link: Path) -> Path:
    """Link a file to a plain name: bowtie2 hands names to a shell, and takes commas for lists.

    It knows compressed files by the end of their names.
    """
    suffix = Path(reads).suffix
    link = link.with_suffix(suffix if re.fullmatch(r"\.\w+", suffix, re.ASCII) else "")
    link.symlink_to(Path(reads).absolute())
    return link


def split_alignments(
    bam: str | Path,
    coding: str | Path,
    unclear: str | Path | None,
    coding_bam: str | Path,
    non_coding_bam: str | Path,
) -> None:
    """Part alignments that lie within one coding interval from those that touch none.

    What straddles the border of a coding interval is in neither file.

    Parameters
    ----------
    bam : path
        Sorted alignments.
    coding : path
        BED of coding sequence. An alignment belongs to it if one interval holds its whole span.
    unclear : path, optional
        BED of coding and unclear sequence; non-coding alignments touch none of it. Default: the
        coding BED.
    coding_bam, non_coding_bam : path
        The outputs.

    Raises
    ------
    InputError
        If a BED names contigs that the alignments do not have, or bedtools is missing or fails.
    """
    for bed in [coding, *([unclear] if unclear else [])]:
        check_contigs(bed, bam)
    jobs = (
        (coding_bam, coding, ["-wa", "-f", "1"]),
        (non_coding_bam, unclear or coding, ["-v", "-wa", "-f", ANY_OVERLAP]),
    )
    for output, bed, options in jobs:
        with atomic(output) as temporary:
            run(["bedtools", "intersect", *options, "-a", bam, "-b", bed], output=temporary)


def check_contigs(bed: str | Path, bam: str | Path) -> None:
    """Stop if a BED is of another genome than the alignments.

    Raises
    ------
    InputError
        If it has no interval, or one on a contig that is not in the header of `bam`, or beyond
        the contig's end.
    """
    regions = read_bed(bed)
    if regions.is_empty():
        raise InputError(f"{bed} has no interval; expected the coding sequence of the reference")
    with pysam.AlignmentFile(str(bam), check_sq=False) as file:
        check_inside(regions, dict(zip(file.references, file.lengths, strict=True)), bed)
