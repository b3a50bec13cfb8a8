"""Variant files: every ALT of a VCF, BCF or table as one row, in file order.

htslib (pysam) reads the file. What it refuses although the five columns that matter are there (no
``#CHROM`` line, as in the files that Borzoi's programs take; plain gzip; a byte-order mark; empty
lines) is read from the text, by these columns alone; so is what it reads as something else (an
empty POS as 0). What is wrong in them is named with its line.
"""

import logging
import re
import tempfile
import zlib
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path

import polars as pl
import pysam

from seqcast.core.errors import InputError
from seqcast.core.store import empty_table, read_frames
from seqcast.core.text_files import (
    MOST_DIGITS,
    check_unpacked,
    ends_whole,
    open_bytes,
    refuse_unless_gzip,
)
from seqcast.genome.fasta import compression, quiet_htslib
from seqcast.genome.variant_tables import Row, numbered, of_columns

logger = logging.getLogger(__name__)

NAMES = ["#CHROM", "POS", "ID", "REF", "ALT", "QUAL", "FILTER", "INFO", "FORMAT"]
# What htslib takes for a contig's name: more than VCF 4.3 does (section 1.4.7).
CONTIG = re.compile(r'[^",<>\[\s][^,<>]*')
CHUNK_BYTES = 1 << 20
PART_ROWS = 1 << 15  # that are held at once
PARQUET = b"PAR1"

# A number that may reach beyond 2^38 bp, where htslib's CSI indexes end. As integers of a VCF, POS,
# INFO/END, SVLEN and LEN have 32 bits and stay far below.
LARGE_NUMBER = re.compile(rb"(?<![\d.])\d{12}|0[xX][\dA-Fa-f]{10}")


def read_variants(path: str | Path) -> pl.DataFrame:
    """Read a VCF (plain, bgzip or gzip), a BCF (neither needs an index) or a parquet table.

    A table has the columns chrom, pos (1-based), ref and alt, as those of TraitGym, and perhaps
    variant, the ID. A multi-allelic record gives one row per ALT, in order; a record whose ALT is
    missing gives one row with alt ".". Nothing is dropped, sorted or changed; samples are not read.

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
        If the file is missing, empty, truncated (within its header too) or no VCF, or if a line
        lacks columns, a POS that is a number, or a CHROM that is a contig's name.
    """
    return pl.concat(variants_in_parts(path))


def variants_in_parts(path: str | Path, rows: int | None = None) -> Iterator[pl.DataFrame]:
    """`read_variants`, never held as a whole: parts of whole records, one at least.

    Parameters
    ----------
    path : path
    rows : int, optional
        Least number of rows of all parts but the last. Default: `PART_ROWS`.
    """
    path, rows, first = Path(path), rows or PART_ROWS, 0
    if not is_table(path):
        for part in _parts(_records(path), rows):
            yield numbered(part, first)
            first += len(part)
        return
    for table in chain(read_frames(path, None, rows), [empty_table(path)]):
        if table.height or not first:
            yield of_columns(table, path, first)
            first += max(table.height, 1)  # one empty part of none


def _parts(records: Iterable[Row], rows: int) -> Iterator[list[Row]]:
    """Rows of whole records, at least so many at a time; one empty part of none."""
    part: list[Row] = []
    for row in records:
        if len(part) >= rows and row[0] != part[-1][0]:
            yield part
            part = []
        part.append(row)
    yield part


def _records(path: Path) -> Iterable[Row]:
    """One row per ALT, by htslib, or by the text where htslib refuses it or may misread it."""
    is_text = not check_start(path).startswith(b"BCF")
    check_unpacked(path)
    n, doubtful = 0, False
    try:
        for _, _, chrom, pos, _, _ in _read_records(path):  # once to the end, before any is given
            n, doubtful = n + 1, doubtful or _is_doubtful(chrom, pos)
    except (OSError, ValueError, NotImplementedError) as error:
        if not is_text:
            raise unreadable(path, error) from error
        if compression(path) != "gzip":
            logger.warning(
                "%s is not a VCF that htslib can read (%s); read by its first five columns",
                path,
                error,
            )
        return _read_text(path)
    return _read_text(path) if is_text and (doubtful or not n) else _read_records(path)


def is_table(path: str | Path) -> bool:
    """Whether a file is a parquet table, whatever its name."""
    path = Path(path)
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(len(PARQUET)) == PARQUET


def check_indexable(path: str | Path) -> None:
    """Refuse a VCF that `exports.annotate_vcf` could not index, before anything is predicted.

    Parameters
    ----------
    path : path
        A VCF or BCF that `read_variants` reads.

    Raises
    ------
    InputError
        If a line's POS, END, SVLEN or LEN reaches beyond what a CSI index holds, or if the file
        cannot be read.
    """
    path = Path(path)
    if is_table(path) or check_start(path).startswith(b"BCF"):
        return
    try:
        with open_bytes(path) as file:
            lines = [
                (number, raw)
                for number, raw in enumerate(file, start=1)
                if LARGE_NUMBER.search(raw) and not raw.startswith(b"#")
            ]
    except (OSError, EOFError, zlib.error) as error:
        raise unreadable(path, error) from error
    # Which of the large numbers say where a record ends, htslib knows: it is tried.
    n_fit = bisect_left(range(1, len(lines) + 1), True, key=lambda n: not _can_index(lines[:n]))
    if n_fit < len(lines):
        number, raw = lines[n_fit]
        large = [field for field in re.split(rb"[\t;:\r\n]", raw) if LARGE_NUMBER.search(field)]
        raise InputError(
            f"{path}, line {number} has {b', '.join(large).decode(errors='replace')}; expected a "
            "record that ends below 2^31, or it cannot be indexed when the scores are added. "
            "Correct POS, END, SVLEN or LEN."
        )


def _can_index(lines: Iterable[tuple[int, bytes]]) -> bool:
    """Whether htslib can index these records, each as the only one of a contig."""
    with tempfile.TemporaryDirectory(prefix="seqcast_") as folder, quiet_htslib():
        trial = Path(folder) / "trial.vcf.gz"
        with pysam.BGZFile(str(trial), "wb", None) as file:
            for number, raw in lines:
                rest = raw.rstrip(b"\r\n").partition(b"\t")[2]
                file.write(b"%d\t%b\n" % (number, rest))
        try:
            pysam.tabix_index(str(trial), preset="vcf", csi=True, index=f"{trial}.csi")
        except OSError:
            return False
    return True


def _read_records(path: Path) -> Iterator[Row]:
    """Read all records through htslib, one row per ALT."""
    with quiet_htslib(), pysam.VariantFile(str(path), drop_samples=True) as file:
        for number, record in enumerate(file):
            for alt in record.alts or (".",):
                yield number, record.id, record.chrom, record.pos, record.ref or ".", alt


def _is_doubtful(chrom: str, pos: int) -> bool:
    """Whether htslib may have read an empty field, or a line that is commented out."""
    return pos < 1 or not chrom or chrom[0] == "#"


def check_start(path: Path) -> bytes:
    """Return the first line; refuse a file that cannot be a VCF, or that ends too early."""
    if not path.is_file():
        raise InputError(f"{path} does not exist; expected a VCF or BCF file. Check the path.")
    if path.stat().st_size == 0:
        raise InputError(
            f"{path} is empty; expected a VCF with at least its header. Make or download it again."
        )
    refuse_unless_gzip(path, "a VCF or BCF")
    if compression(path) == "bgzip" and not ends_whole(path):
        raise unreadable(path, "it lacks the block that ends a bgzip file")
    with open_bytes(path) as file:
        try:
            first_line = file.readline().removeprefix(b"\xef\xbb\xbf")
        except (OSError, EOFError, zlib.error) as error:
            raise unreadable(path, error) from error
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


def _read_text(path: Path) -> Iterator[Row]:
    """Read all records by their first five columns, one row per ALT, as `_read_records` does."""
    for number, (chrom, pos, name, ref, alts, *_) in enumerate(data_lines(path)):
        for alt in alts.split(","):
            named = None if name in {"", "."} else name
            yield number, named, chrom, int(pos), ref or ".", alt or "."


def data_lines(path: Path) -> Iterator[list[str]]:
    """Yield up to nine columns of each data line; refuse a header that breaks off."""
    number = n_columns = 0
    names: list[str] = []
    try:
        with open_bytes(path) as file:
            # Damage shows in a block's checksum, only after its lines: look there first.
            while file.read(CHUNK_BYTES):
                pass
            file.seek(0)
            for number, raw in enumerate(file, start=1):
                line = raw.rstrip(b"\r\n\x1a").decode(errors="replace")  # Ctrl-Z ends a file of DOS
                if line.startswith("#CHROM"):
                    names = _checked_names(path, number, line)
                if not line.strip() or line.startswith(("#", "\ufeff#")):
                    continue
                # A line shorter than the first one is cut, even if five columns are left of it.
                n_columns = n_columns or min(line.count("\t") + 1, 8)
                yield _checked_fields(path, number, line, max(n_columns, 5))
    except (OSError, EOFError, zlib.error) as error:
        raise unreadable(path, f"{error}, after line {number}") from error
    if not n_columns and (not names or names[: len(NAMES)] != NAMES[: len(names)]):
        raise InputError(
            f"{path} ends in its header, at line {number}; expected a line {' '.join(NAMES[:8])} "
            "before the end. Is the file truncated? Make it again, or download it."
        )


def _checked_names(path: Path, number: int, line: str) -> list[str]:
    """Return the columns' names; the first five are always the same."""
    names = line.split()
    if names[:5] != NAMES[:5]:
        raise InputError(
            f"{path}, line {number} names the columns {' '.join(names[:5])}; expected #CHROM POS "
            "ID REF ALT in this order. Reorder the columns."
        )
    return names


def _checked_fields(path: Path, number: int, line: str, n_columns: int) -> list[str]:
    """Return up to nine of at least ``n_columns`` fields of a data line."""
    fields = line.split("\t", 8)
    if len(fields) < n_columns:
        remedy = "Is the file truncated? Make it again."
        if len(line.split()) >= n_columns:
            remedy = "Replace its spaces by tabs."
        raise InputError(
            f"{path}, line {number} has {len(fields)} tab-separated column(s), '{line[:60]}'; "
            f"expected at least {n_columns}: CHROM POS ID REF ALT ... {remedy}"
        )
    chrom, pos = fields[:2]
    if not (pos.isascii() and pos.isdigit() and len(pos) <= MOST_DIGITS):
        raise InputError(
            f"{path}, line {number} has POS '{pos}'; expected a whole number, 1-based, in digits "
            f"only and at most {MOST_DIGITS} of them. Write the position out."
        )
    if not CONTIG.fullmatch(chrom):
        raise InputError(
            f"{path}, line {number} has CHROM '{chrom}'; expected a contig's name, without , < "
            "or > and beginning with no quote, bracket or blank. Rename it, here and in the FASTA."
        )
    if "\0" in line:
        raise InputError(
            f"{path}, line {number} holds bytes of value 0, '{line[:60]!r}'; expected text: the "
            "file is damaged. Copy or download it again."
        )
    return fields


def unreadable(path: Path, problem: object) -> InputError:
    """The error for a file that breaks off or is damaged."""
    return InputError(
        f"{path} cannot be read to its end ({problem}); expected a whole VCF or BCF: the file is "
        "truncated or damaged. Copy or download it again, or make it again with bgzip."
    )
