"""Records of FASTA and FASTQ text, by one set of rules for reads and mRNAs.

- A byte order mark, blank lines and comments (lines that begin with "#" or ";") may come before the
  first record. FASTA may have both anywhere, FASTQ blank lines between records.
- Blanks at the ends of lines do not count, nor does a Ctrl-Z (the end of a file in old DOS). Lines
  end in LF, CRLF, a mixture, or CR alone.
- The name of a record is the first word of its header, also where a blank stands before it.
- Headers are UTF-8, sequences any text: what characters they may have is for the caller to say.
- Sequences and qualities may be wrapped. A FASTQ header may be repeated after the "+".

dnaio (what cutadapt reads with) parses FASTQ as sequencers write it, four lines per record. It
refuses what else is said above; from the first piece of a file that it refuses, lines are read here
one by one. FASTA is read so from the start, as dnaio does it too.
"""

import io
from collections.abc import Iterable, Iterator
from itertools import chain

import dnaio

from seqcast.reads.source import BLANKS, lead_in

BLOCK_BYTES = 1 << 18
BLANK_ENDS = (" ", "\t")
QUOTED_BYTES = 40

Record = tuple[str, str, str | None]  # header without its marker, sequence, qualities of FASTQ


class BrokenRecord(ValueError):
    """What is no record: its number in the file, from 1, and the line, from 1."""

    def __init__(self, number: int, line: int, problem: str) -> None:
        super().__init__(problem)
        self.number, self.line = number, line


def text_records(pieces: Iterable[bytes]) -> Iterator[Record]:
    """Records of a text, FASTA or FASTQ by its first record; none of a text of blanks.

    Parameters
    ----------
    pieces : iterable of bytes
        The text, cut anywhere.

    Raises
    ------
    BrokenRecord
        After the records before it.
    """
    text = _with_lf(iter(pieces))
    start, skipped = _after_lead_in(text)
    if start.startswith(b"@"):
        yield from _fastq(_blocks(chain([start], text)), skipped)
    elif start:
        yield from _fasta(_lines(chain([start], text)), skipped)


def name_and_comment(header: str) -> tuple[str, str]:
    """The first word of a header, and the rest with the blank that begins it; maybe empty."""
    header = header.strip(" \t")
    name = header.partition(" ")[0]
    if "\t" in name:
        name = name.partition("\t")[0]
    return name, header[len(name) :]


def _with_lf(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """A text whose lines end in LF, if the first of them ends in CR alone."""
    start = b""
    for piece in pieces:
        start += piece
        if b"\n" in start or b"\r" in start[:-1]:
            break
    if b"\r" in start.partition(b"\n")[0].rstrip(b"\r"):
        yield from (piece.replace(b"\r", b"\n") for piece in chain([start], pieces))
    else:
        yield from chain([start], pieces)


def _after_lead_in(pieces: Iterator[bytes]) -> tuple[bytes, int]:
    """The first bytes after what may come before a record, and how many lines that was."""
    text, lines = b"", 0
    for piece in pieces:
        text += piece
        last = text.rfind(b"\n") + 1
        at = lead_in(text[:last])
        lines += text.count(b"\n", 0, at)
        text = text[at:]
        if at < last:
            return text, lines
    return text[lead_in(text) :], lines


def _lines(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Lines of a text without what ends them."""
    begun: list[bytes] = []
    for piece in pieces:
        first, *others = piece.split(b"\n")
        begun.append(first)
        if others:
            yield b"".join(begun)
            yield from others[:-1]
            begun = [others[-1]]
    if last := b"".join(begun):
        yield last


def _fasta(lines: Iterator[bytes], skipped: int) -> Iterator[Record]:
    """Records of FASTA, after `skipped` lines."""
    header, parts, number, begun = b"", list[bytes](), 0, skipped
    for at, given in enumerate(lines, start=skipped + 1):
        line = given.strip(BLANKS)
        if line.startswith(b">"):
            if number:
                yield _record(number, begun, header, b"".join(parts))
            header, parts, number, begun = line[1:], [], number + 1, at
        elif not line or line[:1] in b"#;":
            continue
        elif not number:
            raise _unexpected(1, at, ">", line)
        else:
            parts.append(line)
    yield _record(number, begun, header, b"".join(parts))


def _blocks(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """A text in blocks of whole fours of lines, but for the last; all there is before an error."""
    rest = b""
    try:
        for piece in pieces:
            rest += piece
            if len(rest) >= BLOCK_BYTES and (end := _end_of_fours(rest)):
                yield rest[:end]
                rest = rest[end:]
    except Exception:  # of the file: it is damaged, or breaks off
        yield rest[: _end_of_fours(rest)]
        raise
    yield rest


def _end_of_fours(text: bytes) -> int:
    """Where the last line of a text ends whose number is a multiple of four; 0 without one."""
    end = len(text)
    for _ in range(text.count(b"\n") % 4 + 1):
        end = text.rfind(b"\n", 0, end)
    return end + 1


def _fastq(blocks: Iterator[bytes], line: int) -> Iterator[Record]:
    """Records of FASTQ, after `line` lines."""
    number = 0
    for block in blocks:
        records = _four_lines(block)
        if records is None:
            yield from _any_fastq(_lines(chain([block], blocks)), number, line)
            return
        yield from records
        number, line = number + len(records), line + 4 * len(records)


def _four_lines(text: bytes) -> list[Record] | None:
    """Records of four lines each, as dnaio reads them; None where it is not for dnaio."""
    records = []
    try:
        for record in dnaio.FastqReader(io.BytesIO(text)):
            sequence = record.sequence
            if sequence.endswith(BLANK_ENDS):
                return None
            records.append((record.name, sequence, record.qualities))
    except dnaio.FileFormatError:
        return None
    return records


def _any_fastq(lines: Iterator[bytes], number: int, line: int) -> Iterator[Record]:
    """Records of FASTQ of any number of lines, after `number` records in `line` lines."""
    counted = enumerate((text.strip(BLANKS) for text in lines), start=line + 1)
    for at, header in counted:
        if header:
            number += 1
            if not header.startswith(b"@"):
                raise _unexpected(number, at, "@", header)
            yield _rest_of_fastq(counted, number, at, header[1:])


def _rest_of_fastq(
    counted: Iterator[tuple[int, bytes]], number: int, at: int, header: bytes
) -> Record:
    """The record of a header in line `at`; further lines come with their numbers."""
    sequence, line = [], b""
    for at, line in counted:  # noqa: B007
        if line.startswith((b"+", b"@")):
            break
        sequence += [line] if line else []
    if not line.startswith(b"+"):
        raise _unexpected(number, at, "+", line)
    if line[1:] not in (b"", header, header.partition(b" ")[0]):
        told = f"{_quote(header)} and {_quote(line[1:])}"
        raise BrokenRecord(number, at, f"the header and its repetition differ: {told}")
    bases, quality = b"".join(sequence), b""
    # as many lines as the bases have
    for _, (at, line) in zip(sequence, counted, strict=False):  # noqa: B007
        quality += line
        if not line or len(quality) >= len(bases):
            break
    if len(quality) != len(bases):
        raise BrokenRecord(number, at, f"it has {len(bases)} bases and {len(quality)} qualities")
    return _record(number, at, header, bases, quality)


def _record(number: int, at: int, header: bytes, *parts: bytes) -> Record:
    """A record of bytes."""
    try:
        texts = [part.decode() for part in (header, *parts)]
    except UnicodeDecodeError as error:
        wrong = error.object[max(0, error.start - 10) : error.end + 10]
        raise BrokenRecord(number, at, f"{wrong!r} is not UTF-8") from error
    return texts[0], texts[1], texts[2] if len(texts) > 2 else None


def _unexpected(number: int, at: int, marker: str, line: bytes) -> BrokenRecord:
    found = f"found {_quote(line)}" if line else "the file ends"
    return BrokenRecord(number, at, f"a line that begins with '{marker}' is missing: {found}")


def _quote(data: bytes) -> str:
    shown = repr(data[:QUOTED_BYTES].decode(errors="backslashreplace"))
    return f"{shown[:-1]}...{shown[-1]}" if len(data) > QUOTED_BYTES else shown
