"""Compressed files that hold far more than files of this field do are refused while they are read.

A few kilobytes can unpack to terabytes. Compressed text, tables and weights hold up to some 40
times their own size; a file may hold 200 times its size, and 1 GiB in any case. Plain files have no
limit, so that whoever trusts a file can decompress it first.
"""

import io
from pathlib import Path
from typing import Any
from zipfile import BadZipFile, ZipFile, is_zipfile

from seqcast.core.errors import InputError

MOST_EXPANSION = 200  # bytes per byte of the file
FREE_BYTES = 1 << 30  # that any file may hold


def most_bytes(packed_bytes: int) -> int:
    """How many bytes a compressed file of this size may hold."""
    return max(FREE_BYTES, MOST_EXPANSION * packed_bytes)


def check_expansion(path: str | Path, packed_bytes: int, held_bytes: int) -> None:
    """Refuse a file that holds more than `most_bytes` of its size.

    Parameters
    ----------
    path : path
        For the message.
    packed_bytes, held_bytes : int
        Size of the file, and of what it holds as far as that is known.

    Raises
    ------
    InputError
    """
    if held_bytes > most_bytes(packed_bytes):
        raise InputError(
            f"{path} has {packed_bytes} bytes and holds at least {held_bytes}; expected at most "
            f"{MOST_EXPANSION} times its size, or {FREE_BYTES >> 20} MiB: it may have been made to "
            "fill memory or disk. If you trust it, decompress it and give the plain file."
        )


def check_zip(path: str | Path) -> None:
    """Refuse a zip archive whose entries hold too much; any other file passes, and a damaged one.

    Its reader says what is wrong with that. Entries cannot hold more than they say, as readers
    stop there.

    Raises
    ------
    InputError
        As `check_expansion`.
    """
    if not is_zipfile(path):
        return
    try:
        with ZipFile(path) as archive:
            held = sum(entry.file_size for entry in archive.infolist())
    except BadZipFile:
        return
    check_expansion(path, Path(path).stat().st_size, held)


class Unpacked(io.RawIOBase):
    """Bytes of a file that decompresses, up to its limit.

    Parameters
    ----------
    file : file
        It has ``read1`` and ``seek``, as those of gzip, bz2, lzma and zstd.
    path : path
        For the message.
    packed_bytes : int
        Size of the compressed file.

    Raises
    ------
    InputError
        In reading, as `check_expansion`.
    """

    def __init__(self, file: Any, path: str | Path, packed_bytes: int) -> None:
        self._file, self._path, self._packed_bytes, self._at = file, path, packed_bytes, 0

    def readable(self) -> bool:
        """Whether it can be read: always."""
        return True

    def seekable(self) -> bool:
        """Whether it can be read again from its beginning: always."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to a place of the text; backwards, it is decompressed again."""
        self._at = self._file.seek(offset, whence)
        return self._at

    def readinto(self, buffer) -> int:  # type: ignore[no-untyped-def]
        """Fill ``buffer``, or part of it."""
        data = self._file.read1(len(buffer))
        buffer[: len(data)] = data
        self._at += len(data)
        check_expansion(self._path, self._packed_bytes, self._at)
        return len(data)

    def close(self) -> None:
        """Close the file."""
        self._file.close()
        super().close()
