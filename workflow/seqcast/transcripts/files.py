"""Files of sequences and of labels: FASTA, text tables, parquet. The content decides, not the name.

Files are read as a whole: sets of mRNAs are small compared with those of reads.
"""

import csv
import io
import os
import re
import sys
from collections.abc import Collection, Iterator
from pathlib import Path

import polars as pl

from seqcast.core.errors import InputError
from seqcast.core.seals import check_seal
from seqcast.core.text_files import decompressed, refuse_other_formats
from seqcast.reads.source import lead_in
from seqcast.reads.text_records import BrokenRecord, name_and_comment, text_records
from seqcast.transcripts.records import MISSING

SEQUENCE_COLUMNS = ("sequence", "seq", "mrna", "rna", "cds", "transcript")
ID_COLUMNS = ("id", "transcript_id", "name", "sequence_id", "seq_id", "accession")
NAME_COLUMNS = (*ID_COLUMNS, "gene_id", "gene_name")  # text, whatever they look like
NO_SEQUENCE = [word.lower() for word in MISSING]  # no word of these is an mRNA
CDS_TRACK = "cds"  # mRNABench's: numbers that mark the first base of each codon
TRACKS = (CDS_TRACK, "splice")
SEPARATORS = {"\t": "tabs", ",": "commas", ";": "semicolons"}
EXPECTED = "FASTA, TSV, CSV or parquet"
LEADING_ZERO = r"^[+-]?0\d"
QUOTED_LETTERS = 40


def read_sequence_file(path: str | Path) -> pl.DataFrame:
    """Read a file of sequences.

    Parameters
    ----------
    path : path
        FASTA, a table of text (TSV or CSV, with a header) or parquet; FASTA and text may be
        compressed by gzip, bgzip, bzip2, xz or zstd. What a record of FASTA is says
        `reads.text_records`, as for reads; a table may have a byte order mark, blank lines and
        comments ("#") before its header. It has one column of sequences, named as one of
        `SEQUENCE_COLUMNS`; the first of `ID_COLUMNS` that is there holds the names. Capitals do
        not count. Columns ``cds`` and ``splice`` may be tracks: a list of a number for each
        nucleotide (of text, ``[0, 1, 0]``), which is no sequence.

    Returns
    -------
    DataFrame
        ``id`` and ``sequence`` (str, null where empty, a sequence of a table also where it is one
        of `MISSING`), then the further columns, typed as by
        `read_table`. The rest of a FASTA header is ``description``.

    Raises
    ------
    InputError
        If the file is missing, empty, truncated, of another kind or not UTF-8; if it has no column
        of sequences, or more than one.
    """
    path = Path(path)
    return parse_sequences(_bytes(path), str(path))


def parse_sequences(data: bytes, name: str) -> pl.DataFrame:
    """As `read_sequence_file`, of the bytes of a file; `name` is what messages call it."""
    data = _decompressed(data, name)
    marker = data[lead_in(data) :][:1]
    if marker == b">":
        return _read_fasta(data, name)
    if marker == b"@":
        raise InputError(
            f"{name} is FASTQ or SAM, which hold reads; expected {EXPECTED}. Convert it to FASTA."
        )
    table = _with_tracks(_read_any_table(data, name, (*NAME_COLUMNS, *SEQUENCE_COLUMNS)))
    tracks = tracks_of(table)
    column = _sequence_column([one for one in table.columns if one not in tracks], name)
    named = id_column(table.columns, besides=column)
    others = [other for other in table.columns if other not in (column, named)]
    ids = pl.col(named) if named else pl.lit(None)
    letters = _text(pl.col(column))
    letters = pl.when(~letters.str.to_lowercase().is_in(NO_SEQUENCE)).then(letters)
    return (
        table.with_columns(text_column(table, used, name) for used in (column, named) if used)
        .select(_text(ids).alias("\0id"), letters.alias("\0sequence"), *others)
        .rename({other: f"{other}_given" for other in others if other in ("id", "sequence")})
        .rename({"\0id": "id", "\0sequence": "sequence"})
    )


def read_table(path: str | Path) -> pl.DataFrame:
    """Read a table with a header: TSV or CSV (plain or compressed), or parquet.

    Parameters
    ----------
    path : path
        Text is split at what its header has most of: tabs, commas or semicolons.

    Returns
    -------
    DataFrame
        Columns of text are numbers where every value is one; empty cells are null, and so are
        `MISSING` values in columns of numbers. Such a column stays text if it is one of
        `NAME_COLUMNS`, if a value has leading zeros, or if two different texts are one number (1.1
        and 1.10).

    Raises
    ------
    InputError
        If the file is missing, truncated, not UTF-8 or no table, or has no rows.
    """
    path = Path(path)
    return _read_any_table(_decompressed(_bytes(path), str(path)), str(path), NAME_COLUMNS)


def id_column(columns: list[str], besides: str | None = None) -> str | None:
    """The column that names rows: the first of `ID_COLUMNS` that is there; None without one."""
    by_name = {name.lower(): name for name in reversed(columns) if name != besides}
    return next((by_name[name] for name in ID_COLUMNS if name in by_name), None)


def _bytes(path: Path) -> bytes:
    """All bytes of a file."""
    if not os.path.isfile(path):  # noqa: PTH113 - Path.is_file raises if a name is too long
        raise InputError(
            f"{str(path)[:200]} does not exist, or is no file; expected {EXPECTED}. Check the path."
        )
    check_seal(path)  # it may be a table of the workflow
    return path.read_bytes()


def _decompressed(data: bytes, name: str) -> bytes:
    """Content of a file that may be compressed; it is not empty."""
    data = decompressed(data, name, EXPECTED)
    if not data.strip():
        raise InputError(f"{name} is empty; expected {EXPECTED}")
    refuse_other_formats(data, name, EXPECTED)
    return data


def _read_fasta(data: bytes, name: str) -> pl.DataFrame:
    """Names, sequences and the rest of the headers of FASTA."""
    try:
        records = list(text_records([data]))
    except BrokenRecord as error:
        raise InputError(
            f"{name}, record {error.number} (line {error.line}) is broken: {error}; expected >name "
            "and lines of nucleotides, in UTF-8. Fix or make it again."
        ) from error
    frame = pl.DataFrame(
        [(*name_and_comment(header), sequence) for header, sequence, _ in records],
        schema=dict.fromkeys(("id", "description", "sequence"), pl.String),
        orient="row",
    ).select(_text(pl.col("id", "sequence", "description")))
    return frame if frame["description"].count() else frame.drop("description")


def _read_any_table(data: bytes, name: str, text_columns: Collection[str]) -> pl.DataFrame:
    """A table of parquet or text."""
    if data.startswith(b"PAR1"):
        try:
            table = pl.read_parquet(io.BytesIO(data))
        except (pl.exceptions.PolarsError, OSError) as error:
            raise InputError(
                f"{name} is not parquet throughout ({_first_line(error)}). Copy or make it again."
            ) from error
    else:
        table = _read_text_table(data, name, text_columns)
    if table.is_empty():
        raise InputError(f"{name} has no rows below its header; expected at least one")
    return table


def _read_text_table(data: bytes, name: str, text_columns: Collection[str]) -> pl.DataFrame:
    """A table of text; columns are typed but for some, named in lower case."""
    text = _after_comments(_decoded(data, name).rstrip("\x1a"))
    header = text.partition("\n")[0]
    separator = max(SEPARATORS, key=header.count)
    try:
        names, *rows = _cells(text, separator)
    except ValueError as error:
        raise InputError(
            f"{name} is no table of text ({_first_line(error)}); expected a header and rows of as "
            f"many cells, here between {SEPARATORS[separator]}. Fix it, or save it as TSV."
        ) from error
    names = [column.strip() for column in names]
    if repeated := [column for column in names if names.count(column) > 1]:
        raise InputError(
            f"{name} has {names.count(repeated[0])} columns named {repeated[0]!r}; expected each "
            "name once. Rename or remove the others."
        )
    table = pl.DataFrame(rows, schema=dict.fromkeys(names, pl.String), orient="row")
    return table.with_columns(
        _typed(table[column], column.lower() in text_columns) for column in table.columns
    )


def _after_comments(text: str) -> str:
    """A table without blank lines and comments before its header, which may itself begin with #."""
    if "\r" in text.partition("\n")[0].rstrip("\r"):
        text = text.replace("\r", "\n")  # lines end in CR alone
    text = text.lstrip("\r\n")
    while text.startswith("#"):
        line, _, rest = text.partition("\n")
        cells = {cell.strip().lower() for cell in re.split(r"[\t,;]", line.lstrip("# "))}
        if not cells.isdisjoint({*SEQUENCE_COLUMNS, *ID_COLUMNS}):
            return text.lstrip("# ")
        text = rest.lstrip("\r\n")
    return text


def _cells(text: str, separator: str) -> Iterator[list[str]]:
    """Header and rows of a table of text; empty rows at its end are left out.

    Of several columns, lines without any cell are no rows.

    Raises
    ------
    ValueError
        If a quotation mark is not closed, or closed in another line; or if a row has fewer or more
        cells than the header.
    """
    csv.field_size_limit(sys.maxsize)  # sequences are longer than its default of 131072
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    width, empty = 0, 0
    try:
        for row in lines:
            if not width:
                width = len(row)
                yield row
            elif not "".join(row).strip() and (width == 1 or len(row) == width):
                empty += 1
            elif "".join(row).strip():
                _check_row(row, width, lines.line_num)
                yield from ([""] * width for _ in range(empty))
                empty = 0
                yield row
    except csv.Error as error:
        raise ValueError(f"line {lines.line_num}, a quotation mark: {error}") from error


def _check_row(row: list[str], width: int, number: int) -> None:
    """Refuse a row of too few or too many cells, or one that goes over several lines."""
    if broken := [cell for cell in row if "\n" in cell]:
        opened = broken[0].partition("\n")[0][:QUOTED_LETTERS]
        raise ValueError(
            f"line {number}: it closes the quotation mark of an earlier line, before {opened!r}"
        )
    if len(row) != width:
        raise ValueError(f"line {number}: cells {len(row)}, of the header {width}")


def _decoded(data: bytes, name: str) -> str:
    """Bytes as text."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise InputError(
            f"{name}, line {line} is not UTF-8 ({error.reason}); expected text. Save the file in "
            "UTF-8."
        ) from error


def _typed(column: pl.Series, as_text: bool) -> pl.Series:
    """A column of text as numbers, if every value is one and no difference is lost by it."""
    values = column.str.strip_chars()
    known = values.set(values.is_in(MISSING), None)
    if not known.count() or known.cast(pl.Float64, strict=False).count() < known.count():
        return values.set(values == "", None)
    if not as_text and not known.str.contains(LEADING_ZERO).any():
        for kind in (pl.Int64, pl.Float64):
            numbers = known.cast(kind, strict=False)
            if numbers.count() == known.count() and numbers.n_unique() == known.n_unique():
                return numbers
    return known


def text_column(table: pl.DataFrame, column: str, name: str) -> pl.Series:
    """A column of a table as text; `name` is what messages call the file.

    Raises
    ------
    InputError
        If it holds lists, structures or bytes that are no text.
    """
    values = table[column]
    try:
        if values.dtype.is_nested():
            raise pl.exceptions.InvalidOperationError("no single values")
        return values.cast(pl.String)
    except pl.exceptions.PolarsError as error:
        raise InputError(
            f"{name}: column {column} is of type {values.dtype} ({_first_line(error)}); expected "
            "text. Convert it to text."
        ) from error


def _text(values: pl.Expr) -> pl.Expr:
    """Values as text without blanks at either end, null where nothing is left."""
    stripped = values.cast(pl.String).str.strip_chars()
    return pl.when(stripped != "").then(stripped)


def tracks_of(table: pl.DataFrame) -> set[str]:
    """Those of `TRACKS` that a table has as lists; one of text is a sequence."""
    return {name for name in TRACKS if name in table and table[name].dtype.is_nested()}


def _with_tracks(table: pl.DataFrame) -> pl.DataFrame:
    """A table whose `TRACKS` are lists of numbers, under their names, also where they are text."""
    for column in table.columns:
        values = table[column]
        if column.lower() not in TRACKS:
            continue
        if values.dtype == pl.String and values.str.starts_with("[").all() and values.count():
            try:
                values = values.str.json_decode(pl.List(pl.Float64))
            except pl.exceptions.PolarsError:
                continue  # it is refused as a second column of sequences
        if values.dtype.is_nested():
            table = table.with_columns(values.alias(column)).rename({column: column.lower()})
    return table


def _sequence_column(columns: list[str], name: str) -> str:
    """The column of sequences."""
    found = [column for column in columns if column.lower() in SEQUENCE_COLUMNS]
    if len(found) == 1:
        return found[0]
    names = ", ".join(column[:QUOTED_LETTERS] for column in columns[:20])
    raise InputError(
        f"{name} has {len(found) or 'no'} columns of sequences; its columns are {names}. Expected "
        f"one named {', '.join(SEQUENCE_COLUMNS)} (capitals do not count). Rename the one that "
        "holds the sequences to 'sequence', and the others to something else. Where the CDS lies "
        "is said by columns cds_start and cds_end."
    )


def _first_line(error: Exception) -> str:
    """The first line of a message, of which libraries write many."""
    return re.split(r"[\r\n]", str(error).strip(), maxsplit=1)[0][:200]
