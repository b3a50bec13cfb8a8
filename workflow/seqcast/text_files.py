"""The door for text that users give: whole, in UTF-8, or refused with file and line.

Files may be compressed by gzip, bgzip, bzip2, xz or zstd, whatever their name. A byte order mark is
no letter of the text.
"""

import bz2
import gzip
import io
import lzma
import sys
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import polars as pl

from seqcast.errors import InputError

if sys.version_info < (3, 14):
    from backports import zstd
else:
    from compression import zstd

GZIP_MAGIC = b"\x1f\x8b"
# A BGZF block is a gzip member whose extra field holds "BC"; an empty one ends the file
# (SAM specification, section 4.1).
BGZF_MARK = slice(12, 14), b"BC"
BGZF_END = bytes.fromhex("1f8b08040000000000ff0600424302001b0003000000000000000000")
UTF16 = b"\xff\xfe", b"\xfe\xff"


class Packing(NamedTuple):
    """A way to compress files."""

    magic: bytes
    open: Callable[[BinaryIO], Any]
    decompressor: Callable[[], Any]


PACKINGS = (
    Packing(GZIP_MAGIC, lambda file: gzip.GzipFile(fileobj=file), lambda: zlib.decompressobj(31)),
    Packing(b"BZh", bz2.BZ2File, bz2.BZ2Decompressor),
    Packing(b"\xfd7zXZ\0", lzma.LZMAFile, lzma.LZMADecompressor),
    Packing(b"\x28\xb5\x2f\xfd", zstd.ZstdFile, zstd.ZstdDecompressor),
)
# What these raise for a file that is cut short or damaged.
DAMAGE = (EOFError, OSError, zlib.error, lzma.LZMAError, zstd.ZstdError)


def packing_of(head: bytes) -> Packing | None:
    """How a file is compressed, by its first bytes; None if it is not."""
    return next((packing for packing in PACKINGS if head.startswith(packing.magic)), None)


def read_text(path: str | Path, expected: str) -> str:
    """The text of a file.

    Parameters
    ----------
    path : path
        A file of text, which is read as a whole.
    expected : str
        What it should hold, for messages: "a BED file".

    Raises
    ------
    InputError
        If the file is missing or cannot be opened, is cut short or damaged, or is no text in UTF-8
        whose lines end in LF or CRLF.
    """
    try:
        data = Path(path).read_bytes()
    except FileNotFoundError as error:
        raise InputError(f"{path} is not there; expected {expected}. Check the path.") from error
    except OSError as error:
        raise InputError(
            f"{path} cannot be opened ({error.strerror}); expected {expected}. Check the path."
        ) from error
    data = _decompressed(data, path, expected)
    if data.startswith(UTF16) or b"\0" in data:
        raise InputError(
            f"{path} is not text in UTF-8 (but UTF-16, or no text at all); expected {expected}. "
            "Save it as text in UTF-8."
        )
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise InputError(
            f"{path}, line {line} is not text in UTF-8 (byte {data[error.start]:#x}: Latin-1?); "
            f"expected {expected}. Save the file in UTF-8."
        ) from error
    if "\r" in text and "\n" not in text:
        raise InputError(
            f"{path} ends its lines with CR alone; expected LF or CRLF. Convert it, for instance "
            "with mac2unix."
        )
    return text


def read_cells(path: str | Path, expected: str, header: bool = True) -> pl.DataFrame:
    """A table of text, its cells between tabs; nothing is quoted.

    Parameters
    ----------
    path : path
        As for `read_text`.
    expected : str
        What it should hold, for messages.
    header : bool
        Whether the first line names the columns; otherwise lines that begin with # are left out.

    Returns
    -------
    DataFrame
        Text; null where a cell is empty, or a line without a header is shorter than others.

    Raises
    ------
    InputError
        As `read_text`; or if the file is empty, or a line has more cells than the header.
    """
    text = read_text(path, expected)
    comments: dict[str, Any] = {"comment_prefix": "#", "truncate_ragged_lines": True}
    try:
        return pl.read_csv(
            io.StringIO(text), separator="\t", has_header=header, infer_schema=False,
            quote_char=None, **({} if header else comments),
        )  # fmt: skip
    except pl.exceptions.PolarsError as error:
        reason = str(error).strip().partition("\n")[0]
        raise InputError(
            f"{path}: not readable as a tab-separated table ({reason}); expected {expected}"
        ) from error


def _decompressed(data: bytes, path: str | Path, expected: str) -> bytes:
    """Content of a file that may be compressed."""
    if (packing := packing_of(data)) is None:
        return data
    where, mark = BGZF_MARK
    try:
        if packing.magic == GZIP_MAGIC and data[where] == mark and not data.endswith(BGZF_END):
            raise EOFError("it lacks the block that ends a bgzip file")
        unpacked: bytes = packing.open(io.BytesIO(data)).read()
    except DAMAGE as error:
        raise InputError(
            f"{path} cannot be read to its end ({error}): it is truncated or damaged; expected "
            f"{expected}. Copy or fetch it again."
        ) from error
    return unpacked
