"""Variant files: every ALT of a VCF or BCF as one row, in file order.

htslib (pysam) reads the file. What it refuses although the five columns that matter are there (no
``#CHROM`` line, as in the files that Borzoi's programs take; plain gzip; a byte-order mark; empty
lines) is written anew with those columns only and read again; what is wrong in them is named with
its line.
"""

import gzip
import logging
import tempfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, cast

import polars as pl
import pysam

from seqcast.errors import InputError
from seqcast.genome import compression, quiet_htslib

logger = logging.getLogger(__name__)

SCHEMA = {
    "row": pl.Int64,
    "record": pl.Int64,
    "variant": pl.String,
    "chrom": pl.String,
    "pos": pl.Int64,
    "ref": pl.String,
    "alt": pl.String,
}
MINIMAL_HEADER = b"##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"
# The empty block that ends every whole BGZF file (SAM specification, section 4.1.2).
BGZF_END = bytes.fromhex("1f8b08040000000000ff0600424302001b0003000000000000000000")

CHUNK_BYTES = 1 << 20

Row = tuple[int, str | None, str, int, str, str]  # record, ID, chrom, pos, ref, alt


def read_variants(path: str | Path) -> pl.DataFrame:
    """Read a VCF (plain, bgzip or gzip) or BCF; no index is needed.

    A multi-allelic record gives one row an ALT, in order; a record whose ALT is missing gives one
    row with alt ".". Nothing is dropped, sorted or changed; samples are not read.

    Parameters
    ----------
    path : path
        The variant file.

    Returns
    -------
    pl.DataFrame
        ``row`` (0-based counter of ALTs), ``record`` (0-based counter of records), ``variant`` (the
        ID, or chrom_pos_ref_alt where it is "."), ``chrom``, ``pos`` (1-based), ``ref``, ``alt``.

    Raises
    ------
    InputError
        If the file is missing, empty, truncated or no VCF, or if a line lacks columns or a POS.
    """
    path = Path(path)
    first_line = _check_start(path)
    try:
        rows = _read_records(path)
    except (OSError, ValueError, NotImplementedError) as error:
        if first_line.startswith(b"BCF"):
            raise _unreadable(path, error) from error
        rows = _read_repaired(path, error)
    schema = {name: kind for name, kind in SCHEMA.items() if name != "row"}
    frame = pl.DataFrame(rows, schema=schema, orient="row")
    described = pl.concat_str("chrom", "pos", "ref", "alt", separator="_")
    frame = frame.with_columns(variant=pl.coalesce("variant", described))
    return frame.with_row_index("row").cast({"row": pl.Int64})


def _read_records(path: Path) -> list[Row]:
    """Read all records through htslib, one row an ALT."""
    with quiet_htslib(), pysam.VariantFile(str(path), drop_samples=True) as file:
        return [
            (number, record.id, record.chrom, record.pos, record.ref or ".", alt)
            for number, record in enumerate(file)
            for alt in record.alts or (".",)
        ]


def _check_start(path: Path) -> bytes:
    """Return the first line; refuse a file that cannot be a VCF, or that ends too early."""
    if not path.is_file():
        raise InputError(f"{path} is not there; expected a VCF or BCF file. Check the path.")
    if path.stat().st_size == 0:
        raise InputError(
            f"{path} is empty; expected a VCF with at least its header. Make it again, or fetch it."
        )
    if compression(path) == "bgzip" and not _ends_whole(path):
        raise _unreadable(path, "it lacks the block that ends a bgzip file")
    with _open_text(path) as file:
        try:
            first_line = file.readline().removeprefix(b"\xef\xbb\xbf")
        except (OSError, EOFError, zlib.error) as error:
            raise _unreadable(path, error) from error
    if b"\r" in first_line.rstrip(b"\r\n"):
        raise InputError(
            f"{path} ends its lines with CR alone; expected LF or CRLF. Convert it, for instance "
            "with mac2unix."
        )
    if not first_line.startswith((b"##fileformat=VCF", b"#CHROM", b"BCF")):
        raise InputError(
            f"{path} is not a VCF: it begins with {first_line[:40]!r}; expected "
            "##fileformat=VCFv4.2 or the like. Give a VCF or BCF, or add that line on top."
        )
    return first_line


def _ends_whole(path: Path) -> bool:
    """Whether a BGZF file ends in the end-of-file block."""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - len(BGZF_END)))
        return file.read() == BGZF_END


def _read_repaired(path: Path, error: Exception) -> list[Row]:
    """Write the first five columns anew below a minimal header, and read that through htslib."""
    with tempfile.TemporaryDirectory(prefix="seqcast_") as folder:
        repaired = Path(folder) / "repaired.vcf"
        with repaired.open("wb") as file:
            file.write(MINIMAL_HEADER)
            file.writelines(_five_columns(path))
        try:
            rows = _read_records(repaired)
        except (OSError, ValueError) as second_error:
            raise _unreadable(path, second_error) from second_error
    if compression(path) != "gzip":
        logger.warning(
            "%s is not a VCF that htslib can read (%s); read by its first five columns", path, error
        )
    return rows


def _five_columns(path: Path) -> Iterator[bytes]:
    """Yield each data line as CHROM, POS, ID, REF, ALT and three missing values, in UTF-8."""
    number = n_columns = 0
    try:
        with _open_text(path) as file:
            # Damage shows in a block's checksum, only after its lines: look there before judging.
            while file.read(CHUNK_BYTES):
                pass
            file.seek(0)
            for number, raw in enumerate(file, start=1):
                line = raw.rstrip(b"\r\n").decode(errors="replace")
                if line.startswith("#CHROM"):
                    _check_names(path, number, line)
                if not line.strip() or line.startswith(("#", "\ufeff#")):
                    continue
                # A line shorter than the first one is cut, even if five columns are left of it.
                n_columns = n_columns or min(line.count("\t") + 1, 8)
                fields = _checked_fields(path, number, line, max(n_columns, 5))
                yield "\t".join([*fields, ".", ".", ".\n"]).encode()
    except (OSError, EOFError, zlib.error) as error:
        raise _unreadable(path, f"{error}, after line {number}") from error


def _check_names(path: Path, number: int, line: str) -> None:
    """Refuse a header whose first five columns are others, or in another order."""
    names = line.split()[:5]
    if names != ["#CHROM", "POS", "ID", "REF", "ALT"]:
        raise InputError(
            f"{path}, line {number} names the columns {' '.join(names)}; expected #CHROM POS ID "
            "REF ALT in this order. Reorder the columns."
        )


def _checked_fields(path: Path, number: int, line: str, n_columns: int) -> list[str]:
    """Return the first five of at least ``n_columns`` fields of a data line."""
    fields = line.split("\t", 8)
    if len(fields) < n_columns:
        remedy = "Is the file cut short? Make it again."
        if len(line.split()) >= n_columns:
            remedy = "Replace its spaces by tabs."
        raise InputError(
            f"{path}, line {number} has {len(fields)} tab-separated column(s), '{line[:60]}'; "
            f"expected at least {n_columns}: CHROM POS ID REF ALT ... {remedy}"
        )
    if not (fields[1].isascii() and fields[1].isdigit()):
        raise InputError(
            f"{path}, line {number} has POS '{fields[1]}'; expected a whole number, 1-based, in "
            "digits only. Write the position out."
        )
    return fields[:5]


def _open_text(path: Path) -> BinaryIO:
    """Open a plain or (b)gzip file for reading bytes of text."""
    if compression(path) is None:
        return path.open("rb")
    return cast(BinaryIO, gzip.open(path, "rb"))


def _unreadable(path: Path, problem: object) -> InputError:
    """The error for a file that breaks off or is damaged."""
    return InputError(
        f"{path} cannot be read to its end ({problem}); expected a whole VCF or BCF: the file is "
        "truncated or damaged. Copy or fetch it again, or make it again with bgzip."
    )
