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
from seqcast.genome.genbank import read_genbank
from seqcast.genome.intervals import BED, check_inside, merge_table, read_bed

logger = logging.getLogger(__name__)

LINE_NT = 60


def prepare_reference(
    genbank: str | Path,
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
    genbank : path
        GenBank flat file, plain or gzip, with sequence.
    fasta, coding_bed : path
        The outputs.
    given : path, optional
        BED, plain or gzip, to take instead of the CDS features.
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
        for record in read_genbank(genbank):
            lengths[record.name] = len(record.sequence)
            out.writelines(_fasta_lines(record.name, record.sequence))
            parts = record.coding.select(contig=pl.lit(record.name), start="start", end="end")
            features.append(parts)
    coding = read_bed(given) if given else pl.concat(features)
    source = given or genbank
    if coding.is_empty():
        raise InputError(
            f"{source} has no coding interval; expected CDS features, or a BED of coding sequence "
            "in the column coding of the references"
        )
    check_inside(coding, lengths, source)
    wanted = coding.sort("contig", "start", "end") if compat == COMPAT else merge_table(coding)
    logger.info("%s: %d intervals, %d written", source, len(coding), len(wanted))
    write_bed(wanted, coding_bed)


def write_bed(regions: pl.DataFrame, path: str | Path) -> None:
    """Write contig, start and end between tabs, without a header."""
    write_tsv(regions.select(BED.keys()), path, header=False)


def _fasta_lines(name: str, sequence: str) -> Iterator[str]:
    yield f">{name}\n"
    for at in range(0, len(sequence), LINE_NT):
        yield f"{sequence[at : at + LINE_NT]}\n"
