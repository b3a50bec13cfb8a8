"""References of the benchmark: a genome, and the coding sequence that decides a read's class.

Section 1 of the protocol. Coordinates are 0-based, half-open.
"""

import logging
from collections.abc import Iterator
from pathlib import Path

import polars as pl

from seqcast.core.errors import InputError
from seqcast.core.store import atomic, write_tsv
from seqcast.evaluation.reads import COMPAT
from seqcast.genome.fasta_scan import read_contigs
from seqcast.genome.genbank import CODING, fasta_lines, is_genbank, read_genbank
from seqcast.genome.intervals import BED, check_inside, merge_table, read_bed

logger = logging.getLogger(__name__)


def prepare_reference(
    genome: str | Path,
    fasta: str | Path,
    coding_bed: str | Path,
    given: str | Path | None = None,
    compat: str | None = None,
) -> None:
    """Write the FASTA and the coding BED of a reference.

    Coding is every part of every CDS feature, on both strands. By default what overlaps or
    touches is merged, so that a read across the joint of two parts lies in one interval.

    Parameters
    ----------
    genome : path
        GenBank flat file with sequence, or FASTA; plain or gzip.
    fasta, coding_bed : path
        The outputs.
    given : path, optional
        BED, plain or gzip, to take instead of the CDS features, which FASTA lacks.
    compat : "readseeker", optional
        Do not merge, as in the BED files that the original was run with (SARS-CoV-2, human).

    Raises
    ------
    InputError
        If there is no coding interval, or one lies outside its contig.
    """
    lengths: dict[str, int] = {}
    features = []
    with atomic(fasta) as temporary, temporary.open("w") as out:
        for name, sequence, parts in _records(genome):
            lengths[name] = len(sequence)
            out.writelines(fasta_lines(name, sequence))
            features.append(parts.select(contig=pl.lit(name), start="start", end="end"))
    coding = read_bed(given) if given else pl.concat(features)
    source = given or genome
    if coding.is_empty():
        raise InputError(
            f"{source} has no coding interval; expected a GenBank file with CDS features, or a BED "
            "of coding sequence in the column coding of the assembly"
        )
    check_inside(coding, lengths, source)
    wanted = coding.sort("contig", "start", "end") if compat == COMPAT else merge_table(coding)
    logger.info("%s: %d intervals, %d written", source, len(coding), len(wanted))
    write_bed(wanted, coding_bed)


def write_bed(regions: pl.DataFrame, path: str | Path) -> None:
    """Write contig, start and end between tabs, without a header."""
    write_tsv(regions.select(BED.keys()), path, header=False)


def _records(genome: str | Path) -> Iterator[tuple[str, str, pl.DataFrame]]:
    """Name, bases and CDS parts of each contig; FASTA has no parts."""
    if is_genbank(genome):
        for record in read_genbank(genome):
            yield record.name, record.sequence, record.coding
    else:
        for name, bases in read_contigs(genome):
            yield name, bases, pl.DataFrame(schema=CODING)
