"""FASTQ and FASTA: one file, or the two files of paired reads.

dnaio parses the records (it is what cutadapt reads with). Around it: gzip to its last byte,
standard input and pipes, the two files of pairs in step, and errors that name the record.

Read by dnaio's rules: a FASTQ record has four lines; the header may be repeated after the "+"; line
ends are LF, CRLF or a mixture. FASTA sequences may be wrapped, blanks at the ends of FASTA lines
are not kept, and FASTA lines that begin with "#" are comments.
"""

import logging
import re
from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path
from typing import BinaryIO

import dnaio

from seqcast.errors import InputError
from seqcast.reads.records import (
    CHUNK_READS,
    NUCLEOTIDES,
    Read,
    ReadCounts,
    ReadStream,
    in_chunks,
)
from seqcast.reads.source import BUFFER_BYTES, DAMAGE, ByteSource

logger = logging.getLogger(__name__)

QUOTED_LETTERS = 60
LONG_QUOTE = re.compile(rf"'([^']{{{QUOTED_LETTERS}}})[^']+'")
LAYOUT = {
    "fastq": "four lines: @name, bases, +, and as many qualities as bases, in ASCII",
    "fasta": ">name, then lines of bases, in ASCII",
}


def read_fastx(
    path: str | Path, path2: str | Path | None = None, chunk: int = CHUNK_READS
) -> ReadStream:
    """Read FASTQ or FASTA, plain, gzip or bgzip; the content decides, not the name.

    Parameters
    ----------
    path : path
        The file, or a pipe, or "-" for standard input.
    path2 : path, optional
        The second file of pairs. Reads then come as mate 1, mate 2, mate 1, ...; two reads are
        mates if their names are equal, or equal but for a last 1 and 2 after one of ``/._:-R``.
        Two names that end in "/1", or two in "/2", are of the same mate.
    chunk : int
        Reads a list; rounded up to whole pairs.

    Returns
    -------
    ReadStream
        A file without records gives no chunk.

    Raises
    ------
    InputError
        At once if a file cannot be opened or is no FASTQ or FASTA. While reading, if a record is
        broken or holds no nucleotides, a file is truncated, or the files of pairs differ in
        length or names.
    """
    sources = [ByteSource(path)]
    try:
        if path2 is not None:
            _refuse_same(path, path2)
            sources.append(ByteSource(path2))
        kinds = [_fastx_kind(source) for source in sources]
    except InputError:
        for source in sources:
            source.close()
        raise
    return stream_fastx(sources, kinds, chunk)


def stream_fastx(sources: list[ByteSource], kinds: list[str], chunk: int) -> ReadStream:
    """The reads of one open source, or of the two of pairs.

    Parameters
    ----------
    sources : list of ByteSource
        One or two.
    kinds : list of str
        Of each: "fastq", "fasta" or "empty".
    chunk : int
        Reads a list.
    """
    counts = ReadCounts()
    if len(sources) == 1:
        reads = _reads(sources[0], kinds[0], 0)
    else:
        chunk += chunk % 2
        reads = _pairs(
            _reads(sources[0], kinds[0], 1), _reads(sources[1], kinds[1], 2), sources[0], sources[1]
        )

    def counted() -> Iterator[list[Read]]:
        for part in in_chunks(reads, chunk):
            counts.records += len(part)
            counts.reads += len(part)
            yield part

    def close() -> None:
        for source in sources:
            source.close()

    return ReadStream(counted(), len(sources) == 2, counts, close)


def _fastx_kind(source: ByteSource) -> str:
    """Format of a source; refuse alignments."""
    kind = source.kind()
    if kind in ("bam", "cram", "sam"):
        raise InputError(
            f"{source.name} holds {kind.upper()}; expected FASTQ or FASTA. Give BAM, CRAM and SAM "
            "as the only file, and without a second one: they hold both mates."
        )
    return kind


def _refuse_same(path: str | Path, path2: str | Path) -> None:
    """Refuse one file given twice, which would pair each read with itself."""
    there = Path(path).exists() and Path(path2).exists()
    if str(path) == str(path2) or (there and Path(path).samefile(path2)):
        raise InputError(
            f"{path} is given as the first and as the second file of pairs ({path2}); expected two "
            "files. Give the file of the other mates, or none."
        )


def _reads(source: ByteSource, kind: str, mate: int) -> Iterator[Read]:
    """Yield the reads of one file; every defect names its record."""
    number = 0
    try:
        text = source.text(buffered=kind != "fastq")  # dnaio reads FASTQ in large pieces
        if kind == "empty":
            _drain(source, text)
            return
        reader = dnaio.FastqReader(text) if kind == "fastq" else dnaio.FastaReader(text)
        for number, record in enumerate(reader, start=1):
            name, sequence = record.id, record.sequence
            if other := sequence.encode().translate(None, NUCLEOTIDES):
                raise _other_letter(source, number, name, sequence, chr(other[0]))
            yield Read(name, mate, sequence, record.qualities, record.name[len(name) :])
    except dnaio.FileFormatError as error:
        # dnaio looks for other letters than ASCII in many records at once
        line = " or a later one" if error.line is None else f" (line {error.line + 1})"
        problem = " ".join(error.message.split())
        raise _broken(source, kind, number + 1, problem, line) from error
    except UnicodeDecodeError as error:
        raise _broken(source, kind, number + 1, f"{error.object[:40]!r} is not ASCII") from error
    except DAMAGE as error:
        raise source.damaged(error, f", after record {number}") from error
    if source.bgzip and not source.ends_in_bgzip_mark():
        _judge_missing_end(source, kind, number)


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


def _drain(source: ByteSource, text: BinaryIO) -> None:
    """Read a file that begins with blanks to its end: there must be nothing else."""
    while part := text.read(BUFFER_BYTES):
        if part.strip():
            raise InputError(
                f"{source.name} begins with blank lines; expected a read on the first line. Delete "
                "the blank lines."
            )


def _other_letter(
    source: ByteSource, number: int, name: str, sequence: str, letter: str
) -> InputError:
    """The error for a sequence that is no nucleotides."""
    return InputError(
        f"{source.name}, record {number} is broken: bases '{sequence[:40]}' hold other letters "
        f"('{letter}' in read '{name[:QUOTED_LETTERS]}'); expected nucleotides as IUPAC codes "
        "(ACGTU RYKMSWBDHVN). Give DNA or RNA, not protein, or mend this record."
    )


def _broken(source: ByteSource, kind: str, number: int, problem: str, line: str = "") -> InputError:
    """The error for a record that is no record."""
    problem = LONG_QUOTE.sub(r"'\1...'", problem)[: 5 * QUOTED_LETTERS].rstrip(".")
    return InputError(
        f"{source.name}, record {number}{line} is broken: {problem}; expected "
        f"{LAYOUT[kind]}. The file is damaged, truncated or not {kind.upper()}: copy or make it "
        "again, or mend this record."
    )


def _pairs(
    first: Iterator[Read], second: Iterator[Read], source1: ByteSource, source2: ByteSource
) -> Iterator[Read]:
    """Yield mate 1 and mate 2 in turn, names checked."""
    for number, (one, two) in enumerate(zip_longest(first, second), start=1):
        if one is None or two is None:
            longer, shorter = (source2, source1) if one is None else (source1, source2)
            raise InputError(
                f"{shorter.name} ends after {number - 1} reads but {longer.name} goes on with read "
                f"'{(one or two).name}'; expected two files of pairs of equal length. One of them "
                "is truncated or belongs to another sample: fetch it again."
            )
        if not _are_mates(one.name, two.name):
            raise InputError(
                f"pair {number}: '{one.name}' in {source1.name} and '{two.name}' in {source2.name} "
                "are not mates; expected equal names, but for /1 and /2, in equal order. Give the "
                "files of one run, mate 1 first, and not filtered one by one."
            )
        yield one
        yield two


def _are_mates(one: str, two: str) -> bool:
    """Whether names are equal, or differ only by a last 1 and 2 that count the mates."""
    if one == two:
        return not one.endswith(("/1", "/2"))
    return one[:-1] == two[:-1] and one[-1:] + two[-1:] == "12" and one[-2:-1] in tuple("/._:-R")
