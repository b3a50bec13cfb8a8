"""The door for text that users give: whole, in UTF-8, or refused with file and line.

Files may be compressed by gzip, bgzip, bzip2, xz or zstd, whatever their name. A byte order mark is
no character of the text.
"""

import bz2
import csv
import gzip
import io
import lzma
import sys
import zlib
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple, cast

from seqcast.core.errors import InputError
from seqcast.core.expansion import Unpacked

if sys.version_info < (3, 14):
    from backports import zstd
else:
    from compression import zstd

if TYPE_CHECKING:
    import polars as pl

GZIP_MAGIC = b"\x1f\x8b"
# A BGZF block is a gzip member whose extra field holds "BC"; an empty one ends the file
# (SAM specification, section 4.1).
_EXTRA = slice(12, 14)
BGZF_END = bytes.fromhex("1f8b08040000000000ff0600424302001b0003000000000000000000")
BUFFER_BYTES = 1 << 20
MOST_DIGITS = 18  # of a number that fits into 64 bits, whatever they are
TOLD = 20  # names of columns in a message
UTF16 = b"\xff\xfe", b"\xfe\xff"


class Packing(NamedTuple):
    """A way to compress files."""

    name: str
    magic: bytes
    open: Callable[[BinaryIO], Any]
    decompressor: Callable[[], Any]


PACKINGS = (
    Packing(
        "gzip", GZIP_MAGIC, lambda file: gzip.GzipFile(fileobj=file), lambda: zlib.decompressobj(31)
    ),
    Packing("bzip2", b"BZh", bz2.BZ2File, bz2.BZ2Decompressor),
    Packing("xz", b"\xfd7zXZ\0", lzma.LZMAFile, lzma.LZMADecompressor),
    Packing("zstd", b"\x28\xb5\x2f\xfd", zstd.ZstdFile, zstd.ZstdDecompressor),
)
# What these raise for a file that is truncated or damaged.
DAMAGE = (EOFError, OSError, zlib.error, lzma.LZMAError, zstd.ZstdError)
# What files that are often given begin with, and what to do about them.
OTHER_FORMATS = {
    b"PK\3\4": ("a workbook or a zip file", "Unpack it; save a sheet as CSV."),
    b"7z\xbc\xaf": ("compressed by 7-Zip", "Unpack it."),
    b"\x1f\x9d": ("compressed by compress (.Z)", "Decompress it, or use gzip."),
    b"\x04\x22\x4d\x18": ("compressed by lz4", "Decompress it, or use gzip."),
    b"\xff\xfe": ("text in UTF-16", "Save it in UTF-8."),
    b"\xfe\xff": ("text in UTF-16", "Save it in UTF-8."),
    b"NCBI.sra": ("an archive of the SRA", "Make FASTQ of it with fasterq-dump."),
    b"\x89HDF": ("HDF5, as raw signals of nanopores", "Call its bases first."),
    b"LOCUS ": ("GenBank", "Convert it to FASTA."),
    b"ID   ": ("EMBL", "Convert it to FASTA."),
}


def packing_of(head: bytes) -> Packing | None:
    """How a file is compressed, by its first bytes; None if it is not."""
    return next((packing for packing in PACKINGS if head.startswith(packing.magic)), None)


def refuse_other_formats(start: bytes, name: object, expected: str) -> None:
    """Refuse a file that begins as one of `OTHER_FORMATS` does."""
    for magic, (kind, remedy) in OTHER_FORMATS.items():
        if start.startswith(magic):
            raise InputError(f"{name} is {kind}; expected {expected}. {remedy}")


def refuse_unless_gzip(path: Path, expected: str) -> None:
    """Refuse a file for a reader of text that knows no compression but gzip; what it is, is named.

    Parameters
    ----------
    path : path
        A file that is there.
    expected : str
        What it should hold, for messages.

    Raises
    ------
    InputError
        If it is compressed otherwise, or one of `OTHER_FORMATS`.
    """
    with path.open("rb") as file:
        start = file.read(18)
    packing = packing_of(start)
    if packing and packing.magic != GZIP_MAGIC:
        raise InputError(
            f"{path} is compressed by {packing.name}; expected {expected}, plain or by bgzip. "
            "Decompress it, or compress it by bgzip."
        )
    refuse_other_formats(start, path, expected)


def ends_whole(path: Path) -> bool:
    """Whether a BGZF file ends in `BGZF_END`."""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - len(BGZF_END)))
        return file.read() == BGZF_END


def is_gzip(path: Path) -> bool:
    """Whether a file is compressed by gzip or bgzip, by its first bytes."""
    with path.open("rb") as file:
        return file.read(len(GZIP_MAGIC)) == GZIP_MAGIC


def open_bytes(path: Path) -> BinaryIO:
    """Open a plain or (b)gzip file for reading what it holds, up to `most_bytes`."""
    if not is_gzip(path):
        return path.open("rb")
    text = Unpacked(gzip.open(path, "rb"), path, path.stat().st_size)  # noqa: SIM115
    return cast(BinaryIO, io.BufferedReader(text, BUFFER_BYTES))


def check_unpacked(path: Path) -> None:
    """Refuse a (b)gzip file that holds too much, before another library decompresses it.

    Raises
    ------
    InputError
        As `check_expansion`. Damage passes, which the reader tells.
    """
    with suppress(*DAMAGE):
        if is_gzip(path):
            with open_bytes(path) as file:
                while file.read(BUFFER_BYTES):
                    pass


def is_bgzip(head: bytes) -> bool:
    """Whether a file is BGZF, by its first 14 bytes or more."""
    return head.startswith(GZIP_MAGIC) and head[_EXTRA] == b"BC"


def decompressed(data: bytes, path: str | Path, expected: str) -> bytes:
    """Content of a file that may be compressed.

    Parameters
    ----------
    data : bytes
        All of the file.
    path : path
        Of that file, for messages.
    expected : str
        As for `read_text`.

    Raises
    ------
    InputError
        If it is truncated or damaged, or as `check_expansion`.
    """
    if (packing := packing_of(data)) is None:
        return data
    try:
        if is_bgzip(data) and not data.endswith(BGZF_END):
            raise EOFError("it lacks the block that ends a bgzip file")
        text = Unpacked(packing.open(io.BytesIO(data)), path, len(data))
        return b"".join(iter(lambda: text.read(BUFFER_BYTES), b""))
    except DAMAGE as error:
        raise truncated(path, error, expected) from error


def truncated(path: str | Path, error: Exception, expected: str) -> InputError:
    """What to say of a file whose reader raised one of `DAMAGE`."""
    return InputError(
        f"{path} cannot be read to its end ({error}): it is truncated or damaged; expected "
        f"{expected}. Copy or download it again."
    )


def read_text(path: str | Path, expected: str, old_newlines: bool = False) -> str:
    """The text of a file.

    Parameters
    ----------
    path : path
        A file of text, which is read as a whole.
    expected : str
        What it should hold, for messages: "a BED file".
    old_newlines : bool
        Whether its lines may end in CR alone, as spreadsheets on a Mac can save them.

    Raises
    ------
    InputError
        If the file is missing or cannot be opened, is truncated or damaged, or is no text in UTF-8
        whose lines end in LF or CRLF.
    """
    try:
        data = Path(path).read_bytes()
    except FileNotFoundError as error:
        raise InputError(f"{path} does not exist; expected {expected}. Check the path.") from error
    except OSError as error:
        raise InputError(
            f"{path} cannot be opened ({error.strerror}); expected {expected}. Check the path."
        ) from error
    data = decompressed(data, path, expected)
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
    if "\r" in text and "\n" not in text and not old_newlines:
        raise InputError(
            f"{path} ends its lines with CR alone; expected LF or CRLF. Convert it, for instance "
            "with mac2unix."
        )
    return text


def read_cells(
    path: str | Path, expected: str, header: bool = True, columns: Sequence[str] = ()
) -> "pl.DataFrame":
    """A table of text, its cells between tabs; nothing is quoted.

    Parameters
    ----------
    path : path
        As for `read_text`.
    expected : str
        What it should hold, for messages.
    header : bool
        Whether the first line names the columns; otherwise lines that begin with # are left out.
    columns : sequence of str
        Those that it has to have, among others.

    Returns
    -------
    DataFrame
        Text; null where a cell is empty, or a line without a header is shorter than others. Empty
        lines are passed over.

    Raises
    ------
    InputError
        As `read_text`; or if the file is empty, its header names a column twice or lacks one of
        `columns`, or a line has more cells than the header.
    """
    import polars as pl  # of this function alone: each start of Snakemake imports this module

    text = read_text(path, expected)
    comments: dict[str, Any] = {"comment_prefix": "#", "truncate_ragged_lines": True}
    names = text.partition("\n")[0].strip("\r").split("\t") if header else []
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise InputError(f"{path} has two columns {twice!r}; expected each once. Remove one.")
    try:
        cells = pl.read_csv(
            io.StringIO(text), separator="\t", has_header=header, infer_schema=False,
            quote_char=None, **({} if header else comments),
        )  # fmt: skip
    except pl.exceptions.PolarsError as error:
        reason = str(error).strip().partition("\n")[0]
        raise InputError(
            f"{path}: not readable as a tab-separated table ({reason}); expected {expected}"
        ) from error
    if missing := [name for name in columns if name not in cells.columns]:
        raise InputError(
            f"{path} has no column {missing[0]!r}; expected {expected}, with "
            f"{', '.join(columns)} between tabs. It has {', '.join(cells.columns[:TOLD])}."
        )
    return cells.filter(~pl.all_horizontal(pl.all().is_null()))


def table_rows(text: str, path: str | Path) -> list[tuple[int, list[str]]]:
    """Lines of a table that a run is configured by, with their cells.

    Empty lines and lines that begin with ``#`` are passed over. Cells stand between tabs, without
    the blanks around them, in quotes where a spreadsheet puts any. The workflow and its jobs both
    read such tables so.

    Parameters
    ----------
    text : str
    path : path
        Where it is from, for messages.

    Returns
    -------
    list of (int, list of str)
        Number of each line, from 1, and its cells.

    Raises
    ------
    InputError
        If quotes do not pair.
    """
    reader = csv.reader(io.StringIO(text, newline=None), delimiter="\t")
    rows, line = [], 1
    try:
        for cells in reader:
            cells = [cell.strip() for cell in cells]
            if any(cells) and not cells[0].startswith("#"):
                rows.append((line, cells))
            line = reader.line_num + 1
    except csv.Error as error:
        raise InputError(f"{path}, line {line}: {error}") from error
    return rows


def read_rows(path: Path) -> list[dict[str, str]]:
    """Rows of a table as it stands, by its header; cells that a line leaves out are empty."""
    (_, header), *lines = table_rows(read_text(path, "a table"), path)
    return [
        dict(zip(header, [*cells, *[""] * (len(header) - len(cells))], strict=True))
        for _, cells in lines
    ]
