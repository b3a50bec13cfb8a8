"""Bytes of a file of reads: opened once, known by their content, checked to their end.

A pipe can be read only once. What its first bytes say about the format must therefore not be lost,
and whether it ended as it should shows only in its last bytes: `ByteSource` keeps both.
"""

import gzip
import io
import re
import sys
import zlib
from pathlib import Path
from typing import BinaryIO, cast

from seqcast.bgzip import GZIP_MAGIC
from seqcast.errors import InputError
from seqcast.vcf import BGZF_END

HEAD_BYTES = 1 << 16
PIECE_BYTES = 512  # of compressed data; a damage hides no more of the head than this
BUFFER_BYTES = 1 << 20
TAIL_BYTES = 38  # of the longest end mark, CRAM 3's (CRAM specification, section 9)
CRAM_END = b"\xe0EOF"  # in the last container of every whole CRAM 2.1 or 3 file
BGZF_MARK = slice(12, 14), b"BC"  # SAM specification, section 4.1
SAM_HEADER = re.compile(rb"@(HD|SQ|RG|PG|CO)\t")
SAM_COLUMNS = 11

# What Python's gzip raises for a file that is cut short or damaged.
DAMAGE = (EOFError, OSError, zlib.error)


class ByteSource(io.RawIOBase):
    """The bytes of a file, a named pipe or standard input, from the first one on.

    Parameters
    ----------
    path : path
        A path, or "-" for standard input.

    Attributes
    ----------
    name : str
        For messages.
    head : bytes
        The first 64 kB, or all there is.
    tail : bytes
        The last bytes that were read so far.
    failure : Exception or None
        Why reading stopped early, where another thread reads.
    seekable_file : bool
        Whether the path can be opened again: a file, not a pipe.

    Raises
    ------
    InputError
        If the path cannot be opened.
    """

    def __init__(self, path: str | Path) -> None:
        self.name = "standard input" if str(path) == "-" else str(path)
        self.path = path
        try:
            self._raw = _open_raw(path)
        except OSError as error:
            raise InputError(
                f"{self.name} cannot be opened ({error.strerror}); expected a file of reads, or - "
                "for standard input. Check the path and its permissions."
            ) from error
        self.seekable_file = str(path) != "-" and self._raw.seekable()
        self.head = _read_fully(self._raw, HEAD_BYTES)
        self.tail = b""
        self.failure: Exception | None = None
        self._pending = memoryview(self.head)
        self.compressed = self.head.startswith(GZIP_MAGIC)
        where, mark = BGZF_MARK
        self.bgzip = self.compressed and self.head[where] == mark

    def readable(self) -> bool:
        """Whether it can be read: always."""
        return True

    def readinto(self, buffer) -> int:  # type: ignore[no-untyped-def]
        """Fill ``buffer`` from the head first, then from the file; 0 at the end."""
        data: bytes | memoryview = self._pending[: len(buffer)]
        self._pending = self._pending[len(data) :]
        if not data:
            data = self._raw.read(len(buffer)) or b""
        buffer[: len(data)] = data
        self.tail = (self.tail + bytes(data[-TAIL_BYTES:]))[-TAIL_BYTES:]
        return len(data)

    def close(self) -> None:
        """Close the file; standard input stays open."""
        if not self.closed and self._raw is not getattr(sys.stdin, "buffer", None):
            self._raw.close()
        super().close()

    def text(self, buffered: bool = True) -> BinaryIO:
        """The bytes decompressed, where they are gzip or bgzip.

        All bytes before a damage come before its error, if they are read with ``read1``, or not
        ``buffered`` with ``readinto``.
        """
        packed = io.BufferedReader(self, BUFFER_BYTES)
        if not self.compressed:
            return cast(BinaryIO, packed)
        plain = _UntilDamage(gzip.GzipFile(fileobj=packed))
        return cast(BinaryIO, io.BufferedReader(plain, BUFFER_BYTES) if buffered else plain)

    def kind(self) -> str:
        """Format by content: "fastq", "fasta", "bam", "cram", "sam" or "empty".

        A file of nothing but blanks is "empty".

        Raises
        ------
        InputError
            If the content is none of these.
        """
        start = _inflate(self.head) if self.compressed else self.head
        line = start[: start.find(b"\n")] if b"\n" in start else start
        if start.startswith(b"BAM\1"):
            return "bam"
        if start.startswith(b"CRAM"):
            return "cram"
        if SAM_HEADER.match(start):
            return "sam"
        if not start.strip():
            return "empty"
        self._refuse_line_ends(start)
        if start.startswith((b"@", b">")):
            return "fastq" if start.startswith(b"@") else "fasta"
        if line.count(b"\t") >= SAM_COLUMNS - 1:
            return "sam"
        raise InputError(
            f"{self.name} begins with {start[:20]!r}; expected FASTQ (@) or FASTA (>), plain, gzip "
            "or bgzip, or BAM, CRAM or SAM. Convert the file; if it is compressed otherwise, "
            "decompress it."
        )

    def damaged(self, error: object, where: str = "") -> InputError:
        """The error for a file that breaks off or is damaged."""
        return InputError(
            f"{self.name} cannot be read to its end{where} ({error}): it is truncated or damaged; "
            "expected a whole file. Copy or fetch it again, or make it again."
        )

    def ends_in_bgzip_mark(self) -> bool:
        """Whether the bytes read so far end in the block that ends a BGZF file."""
        return self.tail.endswith(BGZF_END)

    def _refuse_line_ends(self, start: bytes) -> None:
        """Refuse lines that end in CR alone: the whole file would be one line."""
        if b"\r" in start and b"\n" not in start:
            raise InputError(
                f"{self.name} ends its lines with CR alone; expected LF or CRLF. Convert it, for "
                "instance with mac2unix."
            )


class _UntilDamage(io.RawIOBase):
    """A gzip file that gives all bytes before a damage, and the error after them."""

    def __init__(self, file: gzip.GzipFile) -> None:
        self._file = file
        self._error: Exception | None = None

    def readable(self) -> bool:
        return True

    def readinto(self, buffer) -> int:  # type: ignore[no-untyped-def]
        """Fill ``buffer``; fewer bytes before the end or a damage."""
        view, done = memoryview(buffer), 0
        while done < len(view) and self._error is None:
            try:
                data = self._file.read1(len(view) - done)
            except DAMAGE as error:
                self._error = error
                break
            if not data:
                break
            view[done : done + len(data)] = data
            done += len(data)
        if self._error is not None and not done:
            raise self._error
        return done


def last_bytes(path: str | Path, count: int) -> bytes:
    """The last ``count`` bytes of a file, or all of a shorter one."""
    path = Path(path)
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - count))
        return file.read()


def _open_raw(path: str | Path) -> BinaryIO:
    """Open a path, or standard input."""
    if str(path) == "-":
        return sys.stdin.buffer
    return cast(BinaryIO, Path(path).open("rb", buffering=0))


def _read_fully(raw: BinaryIO, count: int) -> bytes:
    """Read ``count`` bytes, or to the end: a pipe gives fewer at a time."""
    parts = []
    while count > 0 and (part := raw.read(count)):
        parts.append(part)
        count -= len(part)
    return b"".join(parts)


def _inflate(head: bytes) -> bytes:
    """Text at the start of a gzip or bgzip file, as far as its first bytes give it."""
    text, rest = b"", head
    while rest.startswith(GZIP_MAGIC) and len(text) < HEAD_BYTES:
        member = zlib.decompressobj(zlib.MAX_WBITS + 16)
        try:
            while rest and not member.eof and len(text) < HEAD_BYTES:
                piece, rest = rest[:PIECE_BYTES], rest[PIECE_BYTES:]
                text += member.decompress(piece)
        except zlib.error:
            break  # the reader of the whole file will say so
        rest = member.unused_data + rest
    return text
