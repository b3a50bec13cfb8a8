"""Choose the reads of the benchmark and write them with their labels.

Sections 5 to 7 of the protocol; source: evaluation/scripts/bam2dnabert_blast.py of bnwlf/ReadSeeker
at f5ec670. A read is known by its key: the name, and "_1" or "_2" for its mate.
"""

import logging
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import polars as pl
import pysam

from seqcast.core.errors import InputError
from seqcast.core.store import atomic, write_tsv
from seqcast.evaluation.reads import COMPAT
from seqcast.evaluation.reads.mapping import split_alignments
from seqcast.reads.dnabert import kmer_texts
from seqcast.reads.outcomes import LABELS
from seqcast.reads.records import in_chunks

logger = logging.getLogger(__name__)

CLASSES = LABELS[::-1]  # coding reads come first
HEADER = (
    "Sequence", "Label", "Name", "MappingQuality", "Referenz", "Sample", "ReadNotInBlastHits",
)  # fmt: skip
ROWS_AT_ONCE = 10_000


@dataclass(frozen=True)
class Choice:
    """What reads are taken.

    Attributes
    ----------
    min_length_nt : int
        Shorter reads are left out.
    min_mapq : int
        Lowest mapping quality; 42 is bowtie2's highest: one place, hardly a mismatch.
    balanced : bool
        As many reads of each class as the smaller one has.
    seed : int
        Of the draw.
    """

    min_length_nt: int = 140
    min_mapq: int = 42
    balanced: bool = True
    seed: int = 42


class ChosenRead(NamedTuple):
    """A read of the benchmark, its bases along the reference's forward strand."""

    key: str
    sequence: str
    label: int
    mapq: int
    outside_hits: int  # 1: known to lie outside of unclear regions too


class SampleFiles(NamedTuple):
    """What is written of a sample: `write_dev_table`, and a TSV of step, coding, non_coding."""

    table: str | Path
    counts: str | Path


def select_sample(
    bam: str | Path,
    coding: str | Path,
    unclear: str | Path | None,
    outputs: SampleFiles,
    names: tuple[str, str],
    choice: Choice,
    compat: str | None = None,
) -> None:
    """Choose the reads of one sample and write them.

    Parameters
    ----------
    bam, coding, unclear : path
        As of `mapping.split_alignments`.
    outputs : SampleFiles
    names : tuple of str
        Reference and sample.
    choice : Choice
    compat : "readseeker", optional
    """
    folder = Path(outputs.table).parent
    with TemporaryDirectory(dir=folder) as inside:
        inner, outer = (Path(inside) / f"{kind}.bam" for kind in CLASSES)
        split_alignments(bam, coding, unclear, inner, outer)
        reads, counts = choose_reads(inner, outer, choice, unclear is not None, compat)
    write_dev_table(reads, outputs.table, *names, choice.balanced, compat)
    write_tsv(counts, outputs.counts)


def choose_reads(
    coding_bam: str | Path,
    non_coding_bam: str | Path,
    choice: Choice,
    unclear_known: bool = False,
    compat: str | None = None,
) -> tuple[list[ChosenRead], pl.DataFrame]:
    """Reads of both classes that are long enough, well mapped, and in one class only.

    A read with several alignments counts with its best mapping quality, and its first alignment
    gives the sequence: the aligned bases, without clipped ends, N kept.

    Parameters
    ----------
    coding_bam, non_coding_bam : path
        As `mapping.split_alignments` makes them.
    choice : Choice
    unclear_known : bool
        Whether non-coding reads were chosen outside of unclear regions too.
    compat : "readseeker", optional
        Never say so: the last column of the original is 0 throughout.

    Returns
    -------
    reads : list of ChosenRead
        Coding reads first; in each class in the order of the alignments.
    counts : DataFrame
        step, coding, non_coding: alignments; reads that are long enough; that are in this class
        only; that map well; that were taken.

    Raises
    ------
    InputError
        If no read is left, or, with a balanced choice, none of a class.
    """
    bams = dict(zip(CLASSES, (coding_bam, non_coding_bam), strict=True))
    counts: dict[str, list[int]] = {}
    best, alignments = {}, []
    for kind, bam in bams.items():
        best[kind], records = _best_quality(bam, choice.min_length_nt)
        alignments.append(records)
    counts["alignments"] = alignments
    counts["long_enough"] = [len(best[kind]) for kind in CLASSES]
    in_both = best["coding"].keys() & best["non_coding"].keys()
    counts["in_one_class"] = [n - len(in_both) for n in counts["long_enough"]]
    good = {
        kind: {key for key, mapq in best[kind].items()
               if mapq >= choice.min_mapq and key not in in_both}
        for kind in CLASSES
    }  # fmt: skip
    counts["well_mapped"] = [len(good[kind]) for kind in CLASSES]
    taken = _balance(good, choice.seed) if choice.balanced else good
    counts["taken"] = [len(taken[kind]) for kind in CLASSES]
    table = pl.DataFrame(
        [(step, *values) for step, values in counts.items()],
        schema={"step": pl.String, **dict.fromkeys(CLASSES, pl.Int64)}, orient="row",
    )  # fmt: skip
    for step, values in counts.items():
        logger.info("%s: %d coding, %d non-coding", step, *values)
    _check(counts, choice)
    flagged = unclear_known and compat != COMPAT
    reads = [
        read for kind in CLASSES
        for read in _pick(bams[kind], taken[kind], kind, flagged and kind == "non_coding")
    ]  # fmt: skip
    return reads, table


def write_dev_table(
    reads: Sequence[ChosenRead],
    path: str | Path,
    reference: str,
    sample: str,
    balanced: bool = True,
    compat: str | None = None,
) -> None:
    """Write the reads in DNABERT's layout, with the columns of the original.

    Parameters
    ----------
    reads : sequence of ChosenRead
    path : path
        The table: `HEADER`, a read a line.
    reference, sample : str
        Cells of every line.
    balanced : bool
    compat : "readseeker", optional
        Leave the last name out of the header where the choice is not balanced, as the original.
    """
    short = compat == COMPAT and not balanced
    with atomic(path) as temporary, temporary.open("wb") as file:
        file.write(("\t".join(HEADER[:-1] if short else HEADER) + "\n").encode())
        for part in in_chunks(reads, ROWS_AT_ONCE):
            texts = kmer_texts([read.sequence for read in part])
            for text, read in zip(texts, part, strict=True):
                cells = (read.label, read.key, read.mapq, reference, sample, read.outside_hits)
                file.write(text + ("\t" + "\t".join(map(str, cells)) + "\n").encode())


def _records(bam: str | Path) -> Iterator[tuple[str, pysam.AlignedSegment]]:
    """Key and alignment, in the order of the file."""
    with pysam.AlignmentFile(str(bam), check_sq=False) as file:
        for record in file.fetch(until_eof=True):
            yield f"{record.query_name}_{record.is_read2 + 1}", record


def _best_quality(bam: str | Path, min_length_nt: int) -> tuple[dict[str, int], int]:
    """Best mapping quality of each read that is long enough, and the number of alignments."""
    best: dict[str, int] = {}
    records = 0
    for key, record in _records(bam):
        records += 1
        if record.query_length >= min_length_nt:
            best[key] = max(best.get(key, -1), record.mapping_quality)
    return best, records


def _balance(good: dict[str, set[str]], seed: int) -> dict[str, set[str]]:
    """As many of each class, drawn from the sorted keys by one stream, coding first."""
    size = min(map(len, good.values()))
    stream = random.Random(seed)
    return {kind: set(stream.sample(sorted(good[kind]), size)) for kind in CLASSES}


def _pick(bam: str | Path, keys: set[str], kind: str, flagged: bool) -> Iterator[ChosenRead]:
    """The first alignment of each read that was taken."""
    waiting = set(keys)
    for key, record in _records(bam):
        if key in waiting:
            waiting.remove(key)
            sequence = record.query_alignment_sequence or ""
            label = LABELS.index(kind)
            yield ChosenRead(key, sequence, label, record.mapping_quality, int(flagged))


def _check(counts: dict[str, list[int]], choice: Choice) -> None:
    """Raise where nothing is left to measure."""
    left = counts["well_mapped"]
    if not any(left) or (choice.balanced and not all(left)):
        missing = CLASSES[left.index(0)]
        steps = "; ".join(f"{step} {a} coding, {b} non-coding" for step, (a, b) in counts.items())
        raise InputError(
            f"no {missing.replace('_', '-')} read is left to choose ({steps}); expected one or "
            f"more of at least {choice.min_length_nt} nt with a mapping quality of "
            f"{choice.min_mapq}. Check that reads and reference belong together; a sample that has "
            "one class only needs no in the column balanced of its dataset, or is taken out."
        )
