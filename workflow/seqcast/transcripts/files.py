"""Files of sequences and of labels: FASTA, text tables, parquet. The content decides, not the name.

Files are read as a whole: sets of mRNAs are small beside those of reads.
"""

import gzip
import io
import re
import zlib
from pathlib import Path

import dnaio
import polars as pl

from seqcast.errors import InputError
from seqcast.genome import GZIP_MAGIC, compression
from seqcast.vcf import BGZF_END

SEQUENCE_COLUMNS = ("sequence", "seq", "mrna", "rna", "cds", "transcript")
ID_COLUMNS = ("id", "transcript_id", "name", "sequence_id", "seq_id", "accession")
SEPARATORS = {"\t": "tabs", ",": "commas", ";": "semicolons"}
MISSING = ("", "NA", "N/A", "nan", "NaN", "null", "None")
LEADING_ZERO = r"^[+-]?0\d"
QUOTED_LETTERS = 40


def read_sequence_file(path: str | Path) -> pl.DataFrame:
    """Read a file of sequences.

    Parameters
    ----------
    path : path
        FASTA, a table of text (TSV or CSV, with a header) or parquet; FASTA and text may be gzip or
        bgzip. A table has one column of sequences, named as one of `SEQUENCE_COLUMNS`; the first of
        `ID_COLUMNS` that is there holds the names. Capitals do not count.

    Returns
    -------
    DataFrame
        ``id`` and ``sequence`` (str, null where empty), then the further columns: numbers where
        every value of a column is one, else text. The rest of a FASTA header is ``description``.

    Raises
    ------
    InputError
        If the file is missing, empty, truncated, of another kind or not UTF-8; if it has no column
        of sequences, or more than one.
    """
    path = Path(path)
    data = _bytes(path)
    if data.lstrip()[:1] == b">":
        return _read_fasta(data, path)
    table = _read_any_table(data, path)
    column = _sequence_column(table.columns, path)
    named = id_column(table.columns, besides=column)
    others = [name for name in table.columns if name not in (column, named)]
    ids = pl.col(named) if named else pl.lit(None)
    return (
        table.select(_text(ids).alias("\0id"), _text(pl.col(column)).alias("\0sequence"), *others)
        .rename({name: f"{name}_given" for name in others if name in ("id", "sequence")})
        .rename({"\0id": "id", "\0sequence": "sequence"})
    )


def read_table(path: str | Path) -> pl.DataFrame:
    """Read a table with a header: TSV or CSV (plain, gzip or bgzip), or parquet.

    Parameters
    ----------
    path : path
        Text is split at what its header has most of: tabs, commas or semicolons.

    Returns
    -------
    DataFrame
        Columns of text are numbers where every value is one; empty cells are null, and so are
        `MISSING` values in columns of numbers. Values with leading zeros keep a column text.

    Raises
    ------
    InputError
        If the file is missing, truncated, not UTF-8 or no table, or has no rows.
    """
    path = Path(path)
    return _read_any_table(_bytes(path), path)


def id_column(columns: list[str], besides: str | None = None) -> str | None:
    """The column that names rows: the first of `ID_COLUMNS` that is there; None without one."""
    by_name = {name.lower(): name for name in reversed(columns) if name != besides}
    return next((by_name[name] for name in ID_COLUMNS if name in by_name), None)


def _bytes(path: Path) -> bytes:
    """All bytes of a file, decompressed."""
    if not path.is_file():
        raise InputError(
            f"{path} is not there, or no file; expected FASTA, TSV, CSV or parquet. Check the path."
        )
    data = path.read_bytes()
    if data.startswith(GZIP_MAGIC):
        try:
            if compression(path) == "bgzip" and not data.endswith(BGZF_END):
                raise EOFError("it lacks the block that ends a bgzip file")
            data = gzip.decompress(data)
        except (EOFError, OSError, zlib.error) as error:
            raise InputError(
                f"{path} cannot be read to its end ({error}): it is truncated or damaged; expected "
                "a whole file. Copy or fetch it again."
            ) from error
    if not data.strip():
        raise InputError(f"{path} is empty; expected FASTA, TSV, CSV or parquet")
    return data


def _read_fasta(data: bytes, path: Path) -> pl.DataFrame:
    """Names, sequences and the rest of the headers of FASTA."""
    _decoded(data, path)
    try:
        records = list(dnaio.FastaReader(io.BytesIO(data.lstrip())))
    except (dnaio.FileFormatError, UnicodeDecodeError) as error:
        raise InputError(
            f"{path} is not FASTA throughout ({' '.join(str(error).split())}); expected >name and "
            "lines of letters, in ASCII. Mend or make it again."
        ) from error
    frame = pl.DataFrame(
        [(record.id, record.sequence, record.name[len(record.id) :].strip()) for record in records],
        schema=dict.fromkeys(("id", "sequence", "description"), pl.String),
        orient="row",
    ).with_columns(_text(pl.col(pl.String)))
    return frame if frame["description"].count() else frame.drop("description")


def _read_any_table(data: bytes, path: Path) -> pl.DataFrame:
    """A table of parquet or text."""
    if data.startswith(b"PAR1"):
        try:
            table = pl.read_parquet(io.BytesIO(data))
        except (pl.exceptions.PolarsError, OSError) as error:
            raise InputError(
                f"{path} is not parquet throughout ({_first_line(error)}). Copy or make it again."
            ) from error
    else:
        table = _read_text_table(data, path)
    if table.is_empty():
        raise InputError(f"{path} has no rows below its header; expected at least one")
    return table


def _read_text_table(data: bytes, path: Path) -> pl.DataFrame:
    """A table of text, with typed columns."""
    text = _decoded(data, path)
    header = text.partition("\n")[0]
    if "\r" in header.rstrip("\r"):
        raise InputError(f"{path} ends its lines with CR alone; expected LF or CRLF. Convert it.")
    separator = max(SEPARATORS, key=header.count)
    try:
        table = pl.read_csv(text.rstrip().encode(), separator=separator, infer_schema=False)
    except pl.exceptions.PolarsError as error:
        raise InputError(
            f"{path} is no table of text ({_first_line(error)}); expected a header and rows of as "
            f"many cells, here between {SEPARATORS[separator]}. Mend it, or save it as TSV."
        ) from error
    if table.width > 1:  # of a single column, an empty line is an empty cell
        table = table.filter(~pl.all_horizontal(pl.all().is_null()))
    return table.with_columns(_typed(table[name]) for name in table.columns)


def _decoded(data: bytes, path: Path) -> str:
    """Bytes as text."""
    if data.startswith(b"PK\3\4"):
        raise InputError(
            f"{path} is a workbook or a zip file; expected FASTA, TSV, CSV or parquet. Save the "
            "sheet as CSV."
        )
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise InputError(
            f"{path}, line {line} is not UTF-8 ({error.reason}); expected text. Save the file in "
            "UTF-8."
        ) from error


def _typed(column: pl.Series) -> pl.Series:
    """A column of text as numbers, if every value is one and none would lose a leading zero."""
    values = column.str.strip_chars()
    known = values.set(values.is_in(MISSING), None)
    if known.count() and not known.str.contains(LEADING_ZERO).any():
        for kind in (pl.Int64, pl.Float64):
            numbers = known.cast(kind, strict=False)
            if numbers.null_count() == known.null_count():
                return numbers
    return values.set(values == "", None)


def _text(values: pl.Expr) -> pl.Expr:
    """Values as text without blanks at either end, null where nothing is left."""
    stripped = values.cast(pl.String).str.strip_chars()
    return pl.when(stripped != "").then(stripped)


def _sequence_column(columns: list[str], path: Path) -> str:
    """The column of sequences."""
    found = [name for name in columns if name.lower() in SEQUENCE_COLUMNS]
    if len(found) == 1:
        return found[0]
    names = ", ".join(name[:QUOTED_LETTERS] for name in columns[:20])
    raise InputError(
        f"{path} has {len(found) or 'no'} columns of sequences; its columns are {names}. Expected "
        f"one named {', '.join(SEQUENCE_COLUMNS)} (capitals do not count). Rename the one that "
        "holds the sequences to 'sequence', and the others to something else."
    )


def _first_line(error: Exception) -> str:
    """The first line of a message, of which libraries write many."""
    return re.split(r"[\r\n]", str(error).strip(), maxsplit=1)[0][:200]
