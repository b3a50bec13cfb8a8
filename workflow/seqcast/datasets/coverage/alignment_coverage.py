"""From aligned reads (BAM) to coverage (bigWig), a track a strand where the library knows it."""

import logging
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
import pybigtools
import pysam

from seqcast.core.errors import InputError
from seqcast.core.store import atomic, scratch_folder, write_tsv
from seqcast.datasets.coverage.contigs import shared_contigs
from seqcast.datasets.coverage.depth import DepthFile
from seqcast.genome.fasta import Genome, quiet_htslib

logger = logging.getLogger(__name__)

# library type -> whether the first read of a pair, or an only one, lies on the transcript's strand
SENSE_FIRST = {"unstranded": None, "fr-firststrand": False, "fr-secondstrand": True}
LEFT_OUT = {
    "unmapped": pysam.FUNMAP,
    "secondary": pysam.FSECONDARY,
    "supplementary": pysam.FSUPPLEMENTARY,
    "failed_quality_check": pysam.FQCFAIL,
}

Blocks = list[tuple[int, int]]


@dataclass(frozen=True)
class AlignmentOptions:
    """Which alignments count, and how.

    Attributes
    ----------
    library_type : str
        ``unstranded``; ``fr-firststrand``: the first read of a pair, or an only one, is the
        reverse complement of the transcript (dUTP, TruSeq stranded); ``fr-secondstrand``: it
        reads as the transcript does.
    min_mapping_quality : int
        Least MAPQ. What it means is the aligner's matter: 255 of STAR is a unique place, and 10
        leaves out reads of several places for most aligners.
    duplicates : bool
        Whether alignments marked as duplicates count. Reads of an abundant RNA are alike.
    per_million : bool
        Divide by the number of counted alignments in millions (mates are two), of both strands
        together, instead of reporting counts.

    Raises
    ------
    InputError
        If the library type is unknown, or the quality is not from 0 to 255.
    """

    library_type: str = "unstranded"
    min_mapping_quality: int = 10
    duplicates: bool = True
    per_million: bool = False

    def __post_init__(self) -> None:
        if self.library_type not in SENSE_FIRST:
            raise InputError(
                f"library type {self.library_type!r}; expected one of {', '.join(SENSE_FIRST)}. "
                "For stranded kits with dUTP it is fr-firststrand."
            )
        if not 0 <= self.min_mapping_quality <= 255:
            raise InputError(
                f"least mapping quality {self.min_mapping_quality}; expected 0 to 255. Change it."
            )


def write_bam_coverage(
    bam: str | Path,
    options: AlignmentOptions | None = None,
    *,
    plus: str | Path | None = None,
    minus: str | Path | None = None,
    unstranded: str | Path | None = None,
    genome: Genome | None = None,
) -> dict[str, int]:
    """Write how many reads cover each base.

    Counted are the aligned blocks of primary alignments: neither introns (N), deletions, clipped
    ends nor the gap between mates. A base that both mates cover counts twice.
    Alignments that reach beyond the end of their contig are left out.

    Parameters
    ----------
    bam : path
        BAM (or SAM, CRAM), sorted by coordinate; an index is not needed.
    options : AlignmentOptions, optional
    plus, minus : path, optional
        bigWig files of transcripts on either strand of the genome, for stranded libraries.
    unstranded : path, optional
        bigWig file of all alignments, for any library.
    genome : Genome, optional
        Contigs take its names, through its aliases. Alignments to others (spike-ins, decoys) are
        left out, also of the millions. It is the reference of a CRAM file.

    Returns
    -------
    dict of str to int
        ``counted`` alignments, and how many were left out for each reason.

    Raises
    ------
    InputError
        If no output is asked for, or a strand of an unstranded library; if the file is missing,
        broken, not sorted or has no contigs; if it shares no contig with the genome, has one of
        another length, or two that are one there; if no alignment counts.

    Notes
    -----
    Files are written atomically, contigs by name. Bases without reads have no value, which counts
    as 0; a contig without any has one run of 0, so that it is not missing from the file. Contigs of
    the genome that the alignments lack are missing from it, and named in the log.
    """
    options = options or AlignmentOptions()
    outputs = {"plus": plus, "minus": minus, "unstranded": unstranded}
    paths = {name: Path(path) for name, path in outputs.items() if path is not None}
    _check_outputs(paths, options)
    with scratch_folder(next(iter(paths.values()))) as scratch:
        with ExitStack() as stack, _open(Path(bam), genome) as file:
            depths = {name: DepthFile(scratch / name) for name in paths}
            for depth in depths.values():
                stack.callback(depth.close)
            found = dict(zip(file.references, file.lengths, strict=True))
            names = shared_contigs(found, genome, bam) if genome else {name: name for name in found}
            counts = _collect(file, Path(bam), genome, options, depths, names)
        if not counts["counted"]:
            raise InputError(
                f"{bam}: no alignment counts ({dict(counts)}); expected primary alignments with a "
                f"mapping quality of {options.min_mapping_quality} or more. Lower the limit, or "
                "use the aligned file."
            )
        lengths = {name: found[given] for given, name in names.items()}
        factor = 1e6 / counts["counted"] if options.per_million else 1.0
        for name, path in paths.items():
            with atomic(path) as temporary:
                writer = pybigtools.open(str(temporary), "w")
                writer.write(lengths, depths[name].records(lengths, factor))
    return dict(counts)


def _check_outputs(paths: Mapping[str, Path], options: AlignmentOptions) -> None:
    """Refuse outputs that the library cannot give."""
    if not paths:
        raise InputError("no bigWig file to write; expected plus, minus or unstranded. Name one.")
    stranded = sorted(set(paths) & {"plus", "minus"})
    if stranded and options.library_type == "unstranded":
        raise InputError(
            f"coverage of the {' and '.join(stranded)} strand of an unstranded library; expected "
            "library type fr-firststrand or fr-secondstrand. Set it, or ask for unstranded."
        )


@contextmanager
def _open(bam: Path, genome: Genome | None) -> Iterator[pysam.AlignmentFile]:
    """Open a file of alignments, and keep htslib quiet."""
    if not bam.is_file():
        raise InputError(f"{bam} does not exist; expected aligned reads (BAM). Check the path.")
    with quiet_htslib():
        try:
            file = pysam.AlignmentFile(
                str(bam), reference_filename=str(genome.fasta) if genome else None
            )
        except (OSError, ValueError) as error:
            raise _broken(bam, error, _is_cram(bam), genome) from error
        try:
            yield file
        except BaseException:
            with suppress(OSError):  # closing a damaged file fails too, and says less
                file.close()
            raise
        try:
            file.close()
        except OSError as error:
            raise _broken(bam, error, _is_cram(bam), genome) from error


def _records(
    file: pysam.AlignmentFile, bam: Path, genome: Genome | None
) -> Iterator[pysam.AlignedSegment]:
    """All records of a file, in its order."""
    try:
        yield from file.fetch(until_eof=True)
    except (OSError, ValueError) as error:
        raise _broken(bam, error, file.is_cram, genome) from error


def _is_cram(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(4) == b"CRAM"


def _broken(bam: Path, error: Exception, cram: bool, genome: Genome | None) -> InputError:
    """The error for a file that htslib cannot read; a CRAM file is no damaged BAM."""
    if cram:
        given = f", which {genome.fasta} may not be" if genome else ": none is given"
        return InputError(
            f"{bam} is a CRAM file that cannot be decoded ({error}); expected a whole one and the "
            f"FASTA it was written against, with all of its contigs{given}. Give that genome, or "
            f"make BAM with it: samtools view -b -T reference.fa {bam}. If it is the right one, "
            "download the file again."
        )
    return InputError(
        f"{bam} cannot be read ({error}); expected a whole BAM file with contigs in its header. "
        "Download it, or align the reads, again."
    )


def _collect(
    file: pysam.AlignmentFile, bam: Path, genome: Genome | None, options: AlignmentOptions,
    depths: Mapping[str, DepthFile], names: Mapping[str, str],
) -> Counter[str]:  # fmt: skip
    """Fill the depth of all contigs; how many alignments counted, and why others did not."""
    counts: Counter[str] = Counter(counted=0)
    contig, last = -1, 0
    known = {file.get_tid(name): file.get_reference_length(name) for name in names}
    for read, blocks in _counted(_records(file, bam, genome), options, counts, known):
        start = read.reference_start
        if read.reference_id != contig:
            _check_order(bam, read, read.reference_id > contig)
            for depth in depths.values():
                if contig >= 0:
                    depth.end()
                depth.begin(names[read.reference_name or ""])
            contig, last = read.reference_id, 0
        _check_order(bam, read, start >= last)
        last = start
        for name in _strands(read.flag, options.library_type):
            if name in depths:
                depths[name].add(blocks, start)
    if contig >= 0:
        for depth in depths.values():
            depth.end()
    if beyond := counts.get("beyond_contig"):
        logger.warning(
            "%s: %d alignments reach beyond the end of their contig and are left out; if they are "
            "many, the reads were aligned to other sequences than the header tells", bam, beyond,
        )  # fmt: skip
    return counts


def _counted(
    reads: Iterable[pysam.AlignedSegment], options: AlignmentOptions, counts: Counter[str],
    known: Mapping[int, int],
) -> Iterator[tuple[pysam.AlignedSegment, Blocks]]:  # fmt: skip
    """Alignments that count, with their blocks; `counts` says how many, and why others do not.

    `known` are the contigs that count, by their number, and their lengths in bp.
    """
    reasons = LEFT_OUT | ({} if options.duplicates else {"duplicate": pysam.FDUP})
    any_reason = sum(reasons.values())
    for read in reads:
        if read.flag & any_reason:
            counts[next(name for name, bit in reasons.items() if read.flag & bit)] += 1
        elif read.mapping_quality < options.min_mapping_quality:
            counts["low_mapping_quality"] += 1
        elif read.reference_id < 0 or not (blocks := read.get_blocks()):
            counts["no_aligned_base"] += 1
        elif read.reference_id not in known:
            counts["contig_not_in_genome"] += 1
        elif blocks[-1][1] > known[read.reference_id]:
            counts["beyond_contig"] += 1
        else:
            counts["counted"] += 1
            yield read, blocks


def _strands(flag: int, library_type: str) -> tuple[str, ...]:
    """The tracks that an alignment adds to."""
    sense_first = SENSE_FIRST[library_type]
    if sense_first is None:
        return ("unstranded",)
    forward, first = not flag & pysam.FREVERSE, not flag & pysam.FREAD2
    return ("plus" if forward == (first == sense_first) else "minus", "unstranded")


def _check_order(bam: Path, read: pysam.AlignedSegment, in_order: bool) -> None:
    """Refuse reads that come before those already seen."""
    if not in_order:
        raise InputError(
            f"{bam} is not sorted: read {read.query_name} at {read.reference_name}:"
            f"{read.reference_start} comes after a later place; expected the order of "
            f"coordinates. Run: samtools sort -o sorted.bam {bam}"
        )


def write_library_coverage(
    bam: str | Path, genome: str | Path, aliases: str | None, tracks: Mapping[str, str | Path],
    counts: str | Path, options: Mapping[str, Any],
) -> None:  # fmt: skip
    """Write the bigWig files of a library, and how many of its alignments count.

    Parameters
    ----------
    bam : path
        Sorted by coordinate; an index is not needed.
    genome : path
        FASTA of the assembly that the reads are aligned to.
    aliases : str or None
        Table of other contig names.
    tracks : mapping of str to path
        ``plus`` and ``minus``, or ``unstranded`` (see `write_bam_coverage`).
    counts : path
        TSV: ``alignments``, ``n``; first ``counted``, then the reasons why others are left out.
    options : mapping
        Of `AlignmentOptions`.

    Raises
    ------
    InputError
        See `AlignmentOptions` and `write_bam_coverage`.
    """
    with Genome(genome, aliases) as opened:
        found = write_bam_coverage(bam, AlignmentOptions(**options), **tracks, genome=opened)
    logger.info("%s: %s", bam, ", ".join(f"{n} {name}" for name, n in found.items()))
    table = pl.DataFrame({"alignments": list(found), "n": list(found.values())})
    write_tsv(table, counts)
