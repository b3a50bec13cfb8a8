"""Bytes of a file of reads: opened once, known by their content, checked to their end.

A pipe can be read only once. What its first bytes say about the format must therefore not be lost,
and whether it ended as it should shows only in its last bytes: `ByteSource` keeps both.
"""

import io
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, cast

from seqcast.core.errors import InputError
from seqcast.core.text_files import (
    BGZF_END,
    DAMAGE,
    GZIP_MAGIC,
    Packing,
    is_bgzip,
    packing_of,
    refuse_other_formats,
)

HEAD_BYTES = 1 << 16
BLOCK_BYTES = 1 << 20  # what holds a whole block of bzip2 (900 kB of text) and of zstd
PIECE_BYTES = 512  # of compressed data; a damage hides no more of the head than this
BUFFER_BYTES = 1 << 20
TAIL_BYTES = 38  # of the longest end mark, CRAM 3's (CRAM specification, section 9)
CRAM_END = b"\xe0EOF"  # in the last container of every whole CRAM 2.1 or 3 file
BLANKS = b" \t\r\n\v\f\x1a"  # Ctrl-Z is no blank, but only ever ends a file
BOM = b"\xef\xbb\xbf"
SAM_HEADER = re.compile(rb"@(HD|SQ|RG|PG|CO)\t")
SAM_COLUMNS = 11
READS = (
    "FASTQ (@) or FASTA (>), plain or compressed by gzip, bgzip, bzip2, xz or zstd, or BAM, CRAM "
    "or SAM"
)


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
        The first 64 kB, or all there is; 1 MB of what is compressed by blocks.
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
        self.packing = packing_of(self.head)
        if self.packing and self.packing.magic != GZIP_MAGIC:
            self.head += _read_fully(self._raw, BLOCK_BYTES - HEAD_BYTES)
        self.tail = b""
        self.failure: Exception | None = None
        self._pending = memoryview(self.head)
        self.bgzip = is_bgzip(self.head)

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

    def text(self) -> BinaryIO:
        """The bytes decompressed, where they are compressed."""
        return unpacked(self, self.packing)

    def pieces(self) -> Iterator[bytes]:
        """What `text` holds, piece by piece; all before a damage comes before its error."""
        text = self.text()
        while piece := text.read1(BUFFER_BYTES):  # type: ignore[attr-defined]
            yield piece

    def kind(self) -> str:
        """Format by content: "fastq", "fasta", "bam", "cram", "sam" or "empty".

        "empty" is what begins with nothing but blanks and comments, as far as its head goes.

        Raises
        ------
        InputError
            If the content is none of these.
        """
        start = _inflate(self.head, self.packing) if self.packing else self.head
        if start.startswith(b"BAM\1"):
            return "bam"
        if start.startswith(b"CRAM"):
            return "cram"
        if SAM_HEADER.match(start):
            return "sam"
        refuse_other_formats(start, self.name, READS)
        text = start[lead_in(start) :]
        if not text.strip(BLANKS):
            return "empty"
        if text.startswith((b"@", b">")):
            return "fastq" if text.startswith(b"@") else "fasta"
        if text is start and text.partition(b"\n")[0].count(b"\t") >= SAM_COLUMNS - 1:
            return "sam"
        raise InputError(
            f"{self.name} begins with {text[:20]!r}; expected {READS}. Convert the file."
        )

    def damaged(self, error: object, where: str = "") -> InputError:
        """The error for a file that breaks off or is damaged."""
        return InputError(
            f"{self.name} cannot be read to its end{where} ({error}): it is truncated or damaged; "
            "expected a whole file. Copy or download it again, or make it again."
        )

    def ends_in_bgzip_mark(self) -> bool:
        """Whether the bytes read so far end in the block that ends a BGZF file."""
        return self.tail.endswith(BGZF_END)


def unpacked(file: io.RawIOBase, packing: Packing | None) -> BinaryIO:
    """A file decompressed: all bytes before a damage, if they are read by ``read1``."""
    packed = io.BufferedReader(file, BUFFER_BYTES)
    if packing is None:
        return cast(BinaryIO, packed)
    plain = _UntilDamage(packing.open(cast(BinaryIO, packed)))
    return cast(BinaryIO, io.BufferedReader(plain, BUFFER_BYTES))


def lead_in(text: bytes) -> int:
    """Bytes before the first record of the start of a text; all if there is none."""
    at = len(BOM) * text.startswith(BOM)
    while at < len(text):
        end = text.find(b"\n", at) + 1 or len(text)
        line = text[at:end].strip(BLANKS)
        if line and line[:1] not in b"#;":
            return at
        at = end
    return at


class _UntilDamage(io.RawIOBase):
    """A compressed file that gives all bytes before a damage, and the error after them."""

    def __init__(self, file: Any) -> None:
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


def _inflate(head: bytes, packing: Packing) -> bytes:
    """Text at the start of a compressed file, as far as its first bytes give it."""
    text, rest = b"", head
    while rest.startswith(packing.magic) and len(text) < HEAD_BYTES:
        member = packing.decompressor()
        try:
            while rest and not member.eof and len(text) < HEAD_BYTES:
                piece, rest = rest[:PIECE_BYTES], rest[PIECE_BYTES:]
                text += member.decompress(piece)
        except DAMAGE:
            break  # the reader of the whole file will say so
        rest = member.unused_data + rest
    return text
