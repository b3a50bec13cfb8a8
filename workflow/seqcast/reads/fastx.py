"""FASTQ and FASTA: one file, or the two files of paired reads.

`text_records` says what a record is. Around it: compressed files to their last byte, standard input
and pipes, the two files of pairs in step, and errors that name the record.
"""

import logging
import re
from collections.abc import Iterator, Sequence
from itertools import zip_longest
from pathlib import Path

from seqcast.core.errors import InputError
from seqcast.core.text_files import DAMAGE
from seqcast.reads.records import (
    CHUNK_READS,
    NUCLEOTIDES,
    Read,
    ReadCounts,
    ReadStream,
    in_chunks,
    length_nt,
)
from seqcast.reads.source import ByteSource
from seqcast.reads.text_records import BrokenRecord, name_and_comment, text_records

logger = logging.getLogger(__name__)

QUOTED_LETTERS = 60
ILLUMINA_MATE = re.compile(r" ([1-4]):[YN]:[0-9]+")  # of CASAVA 1.8: read, filtered, control number
LAYOUT = {
    "fastq": "@name, bases, +, and as many qualities as bases, on as many lines",
    "fasta": ">name, then lines of bases",
}


def read_fastx(
    path: str | Path, path2: str | Path | None = None, chunk: int = CHUNK_READS,
    interleaved: bool = False,
) -> ReadStream:  # fmt: skip
    """Read FASTQ or FASTA, plain or compressed; the content decides, not the name.

    Parameters
    ----------
    path : path
        The file, or a pipe, or "-" for standard input.
    path2 : path, optional
        The second file of pairs. Reads then come as mate 1, mate 2, mate 1, ...; two reads are
        mates if their names are equal, or equal but for a last 1 and 2 after one of ``/._:-R``.
        Two names that end in "/1", or two in "/2", are of the same mate, as are those before two
        comments "1:N:0" or "2:N:0" of Illumina.
    chunk : int
        Reads a list, fewer where they are long (`records.CHUNK_NT`); rounded up to whole pairs.
    interleaved : bool
        Whether the one file holds pairs: mate 1, mate 2, mate 1, ...

    Returns
    -------
    ReadStream
        A file without records gives no chunk.

    Raises
    ------
    InputError
        At once if a file cannot be opened or is no FASTQ or FASTA. While reading, if a record is
        broken or holds no nucleotides, a file is truncated, or mates differ in number or
        names.
    """
    if interleaved and path2 is not None:
        raise InputError(
            f"{path2} is given as second file of pairs that are interleaved in {path}; expected "
            "one of both. Leave out the second file, or interleaved."
        )
    sources = [ByteSource(path)]
    try:
        if path2 is not None:
            _refuse_same(path, path2)
            sources.append(ByteSource(path2))
        for source in sources:
            _refuse_alignments(source)
    except InputError:
        for source in sources:
            source.close()
        raise
    return stream_fastx(sources, chunk, interleaved)


def stream_fastx(sources: list[ByteSource], chunk: int, interleaved: bool = False) -> ReadStream:
    """The reads of one open source, or of the two of pairs.

    Parameters
    ----------
    sources : list of ByteSource
        One or two.
    chunk : int
        Reads a list.
    interleaved : bool
        Whether the one source holds both mates.
    """
    counts = ReadCounts()
    paired = interleaved or len(sources) == 2
    if interleaved:
        reads = _interleaved(_reads(sources[0], 0), sources[0])
    elif paired:
        reads = _pairs(_reads(sources[0], 1), _reads(sources[1], 2), sources[0], sources[1])
    else:
        reads = _reads(sources[0], 0)

    def counted() -> Iterator[list[Read]]:
        for part in in_chunks(reads, chunk, length_nt, together=1 + paired):
            if not paired and not counts.reads:
                _hint_at_pairs(part, sources[0])
            counts.records += len(part)
            counts.reads += len(part)
            yield part

    def close() -> None:
        for source in sources:
            source.close()

    return ReadStream(counted(), paired, counts, close)


def _refuse_alignments(source: ByteSource) -> None:
    """Refuse what is no FASTQ or FASTA."""
    kind = source.kind()
    if kind in ("bam", "cram", "sam"):
        raise InputError(
            f"{source.name} holds {kind.upper()}; expected FASTQ or FASTA. Give BAM, CRAM and SAM "
            "as the only file, without a second one, and not as interleaved: flags tell mates."
        )


def _refuse_same(path: str | Path, path2: str | Path) -> None:
    """Refuse one file given twice, which would pair each read with itself."""
    there = Path(path).exists() and Path(path2).exists()
    if str(path) == str(path2) or (there and Path(path).samefile(path2)):
        raise InputError(
            f"{path} is given as the first and as the second file of pairs ({path2}); expected two "
            "files. Give the file of the other mates, or none."
        )


def _reads(source: ByteSource, mate: int) -> Iterator[Read]:
    """Yield the reads of one file; every defect names its record."""
    number, quality = 0, None
    try:
        for number, record in enumerate(text_records(source.pieces()), start=1):
            header, sequence, quality = record
            name, comment = name_and_comment(header)
            if sequence.encode().translate(None, NUCLEOTIDES):
                raise _other_letter(source, number, name, sequence)
            yield Read(name, mate, sequence, quality, comment)
    except BrokenRecord as error:
        raise _broken(source, error) from error
    except DAMAGE as error:
        raise source.damaged(error, f", after record {number}") from error
    if source.bgzip and not source.ends_in_bgzip_mark():
        _judge_missing_end(source, "fasta" if quality is None else "fastq", number)


def _judge_missing_end(source: ByteSource, kind: str, number: int) -> None:
    """A BGZF file without its last block: cut between two blocks, or written by Illumina's tools.

    bcl2fastq and BCL Convert leave the block out. FASTQ cut anywhere but between two records has
    been refused before; FASTA can be cut unseen.
    """
    if kind == "fasta":
        raise source.damaged(
            "it lacks the block that ends a bgzip file", f", after record {number}"
        )
    logger.warning(
        "%s lacks the block that ends a bgzip file, as Illumina's converters write it; all of its "
        "%d records are whole. If another program made it, check that it was copied whole.",
        source.name,
        number,
    )


def _other_letter(source: ByteSource, number: int, name: str, sequence: str) -> InputError:
    """The error for a sequence that is no nucleotides."""
    letter = next(letter for letter in sequence if letter.encode() not in NUCLEOTIDES)
    return InputError(
        f"{source.name}, record {number} is broken: bases {sequence[:40]!r} hold other characters "
        f"({letter!r} in read {name[:QUOTED_LETTERS]!r}); expected nucleotides as IUPAC codes "
        "(ACGTU RYKMSWBDHVN). Give DNA or RNA, not protein, or fix this record."
    )


def _broken(source: ByteSource, error: BrokenRecord) -> InputError:
    """The error for a record that is no record."""
    kind = "fastq" if source.kind() == "fastq" else "fasta"
    return InputError(
        f"{source.name}, record {error.number} (line {error.line}) is broken: {error}; expected "
        f"{LAYOUT[kind]}. The file is damaged, truncated or not {kind.upper()}: copy or make it "
        "again, or fix this record."
    )


def _pairs(
    first: Iterator[Read], second: Iterator[Read], source1: ByteSource, source2: ByteSource
) -> Iterator[Read]:
    """Yield mate 1 and mate 2 in turn, names checked."""
    for number, (one, two) in enumerate(zip_longest(first, second), start=1):
        if one is None or two is None:
            longer, shorter = (source2, source1) if one is None else (source1, source2)
            raise InputError(
                f"{shorter.name} ends after {number - 1} reads but {longer.name} continues with "
                f"read '{(one or two).name}'; expected two files of pairs of equal length. One "
                "of them is truncated or belongs to another sample: download it again."
            )
        if not _are_mates(one, two):
            raise InputError(
                f"pair {number}: '{_told(one)}' in {source1.name} and '{_told(two)}' in "
                f"{source2.name} are not mates; expected equal names, but for /1 and /2 (or 1:N:0 "
                "and 2:N:0), in equal order. Give the files of one run, mate 1 first, and not "
                "filtered one by one."
            )
        yield one
        yield two


def _interleaved(reads: Iterator[Read], source: ByteSource) -> Iterator[Read]:
    """Yield mate 1 and mate 2 in turn of one file, names checked."""
    for number, (one, two) in enumerate(zip_longest(reads, reads), start=1):
        if two is None or not _are_mates(one, two):
            after = "the end of the file" if two is None else f"'{_told(two)}'"
            raise InputError(
                f"{source.name}, pair {number}: '{_told(one)}' is followed by {after}; expected "
                "interleaved pairs, mate 1 and mate 2 of each side by side, with equal names but "
                "for /1 and /2. Interleave the files again, or read them as two files, or as "
                "single reads."
            )
        yield one._replace(mate=1)
        yield two._replace(mate=2)


def _hint_at_pairs(reads: Sequence[Read], source: ByteSource) -> None:
    """Say in the log where the first reads of a file look like mates."""
    if len(reads) > 1 and reads[0].name and _are_mates(reads[0], reads[1]):
        logger.warning(
            "%s begins with the mates '%s' and '%s', but is read as single reads; if its pairs are "
            "interleaved, say so (--interleaved, or the column interleaved of datasets.tsv)",
            source.name, reads[0].name, reads[1].name,
        )  # fmt: skip


def _are_mates(read1: Read, read2: Read) -> bool:
    """Whether names are equal, or differ only by a last 1 and 2 that count the mates."""
    numbers = ILLUMINA_MATE.match(read1.comment), ILLUMINA_MATE.match(read2.comment)
    if all(numbers) and [number and number[1] for number in numbers] != ["1", "2"]:
        return False
    one, two = read1.name, read2.name
    if one == two:
        return not one.endswith(("/1", "/2"))
    return one[:-1] == two[:-1] and one[-1:] + two[-1:] == "12" and one[-2:-1] in tuple("/._:-R")


def _told(read: Read) -> str:
    """Name of a read, with the mate's number that Illumina writes behind it."""
    number = ILLUMINA_MATE.match(read.comment)
    return read.name + (number[0] if number else "")
