"""Output files: they appear whole or not at all, and say where they come from.

A job that dies halfway must not leave a file that looks finished, and a table found in a
folder a year later must say which model, weights and options made it.
"""

import gzip
import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from stat import S_IMODE
from types import MappingProxyType
from typing import IO, Any, cast

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from seqcast.core.errors import InputError
from seqcast.core.seals import KEY, blank_seal, check_seal, damaged, seal
from seqcast.core.temporaries import remove, remove_leftovers, temporary_name, write_error
from seqcast.core.text_files import read_text

PROVENANCE_KEY = b"seqcast"
MOST_ROWS, MOST_BYTES = 1 << 14, 1 << 25  # of a table that are held at once
PRIVATE = 0o600  # of temporary files, which safetensors renames to the name that it was given


@contextmanager
def atomic(path: str | Path) -> Iterator[Path]:
    """Yield a temporary sibling of ``path`` that takes its name only if the block succeeds.

    Parent folders are made. The temporary name keeps the whole file name at its end, so that
    writers which look at the suffix (``.parquet``, ``.vcf.gz``, ``.zarr``) behave as usual. The
    block may write a file or make a folder; an older output of the same name is replaced. On any
    exception, an interrupt included, what was written is removed and the older output stays. What
    a killed process left of the same output is removed at the start (`temporaries`). A file that
    its writer left private has the permissions that the umask asks for.

    Parameters
    ----------
    path : path
        The final name.

    Yields
    ------
    Path
        The name to write to; nothing exists there yet.

    Raises
    ------
    WriteError
        If the disk is full or takes no file for another reason, whatever the block raised for it.
    """
    final = Path(path)
    temporary = temporary_name(final)
    try:
        final.parent.mkdir(parents=True, exist_ok=True)
        remove_leftovers(final)
        yield temporary
        if temporary.is_file() and S_IMODE(temporary.stat().st_mode) == PRIVATE:
            _share(temporary)
        if temporary.is_dir() and final.is_dir():
            _swap_folders(temporary, final)
        else:
            temporary.replace(final)
    except BaseException as error:  # libraries in Rust raise what is no Exception
        if told := write_error(error, final):
            raise told from error
        raise
    finally:
        remove(temporary)


@contextmanager
def scratch_folder(path: str | Path) -> Iterator[Path]:
    """A hidden folder next to the output ``path``, on the same disk, that is removed at the end."""
    final = Path(path)
    folder = temporary_name(final)
    try:
        remove_leftovers(final)
        folder.mkdir(parents=True)
        yield folder
    except OSError as error:
        if told := write_error(error, final):
            raise told from error
        raise
    finally:
        remove(folder)


def write_table(frame: pl.DataFrame, path: str | Path, provenance: Mapping[str, Any]) -> None:
    """Write a table as parquet (zstd) with its provenance in the schema metadata.

    ``pl.Array(pl.Float32, n)`` columns become fixed-size lists of n, null rows stay null.

    Parameters
    ----------
    frame : DataFrame
        The table; it may have no rows.
    path : path
        The parquet file, written atomically.
    provenance : mapping
        JSON-serialisable facts about the run: model, fold, weights sha256, code digest, options.

    Raises
    ------
    TypeError
        If ``provenance`` holds something that JSON cannot express.
    """
    told = {PROVENANCE_KEY: json.dumps(dict(provenance))}
    with _writer(path, frame, told) as (out, fields):
        out.write_table(frame.to_arrow().cast(fields))


def write_chunks(
    chunks: Iterable[pl.DataFrame], schema: Mapping[str, Any], path: str | Path,
    provenance: Mapping[str, Any] | Callable[[], Mapping[str, Any]],
) -> None:  # fmt: skip
    """`write_table` for a table that comes in pieces and is never held as a whole.

    Parameters
    ----------
    chunks : iterable of DataFrame
        All of `schema`; there may be none.
    schema : mapping
        Column names to polars types.
    path : path
        The parquet file, written atomically.
    provenance : mapping or callable
        A callable is asked after the last chunk, so that it can tell what was counted on the way:
        too late for the schema, its answer is in the metadata of the file alone.
    """
    known = {} if callable(provenance) else {PROVENANCE_KEY: json.dumps(dict(provenance))}
    with _writer(path, pl.DataFrame(schema=dict(schema)), known) as (out, fields):
        for chunk in chunks:
            out.write_table(chunk.to_arrow().cast(fields))
        if callable(provenance):
            out.add_key_value_metadata({PROVENANCE_KEY: json.dumps(dict(provenance()))})


def read_table(path: str | Path, columns: Sequence[str] | None = None) -> pl.DataFrame:
    """Read a table that `write_table` or `write_chunks` wrote, if it is as it was written.

    Other parquet files are read too; of those, checksums of pages are checked if there are any.

    Parameters
    ----------
    columns : sequence of str, optional
        Those to read, in this order. Default: all.

    Raises
    ------
    InputError
        If the file is missing or damaged: it names the rule that makes it again.
    """
    with _opened(path) as file:
        wanted = file.schema_arrow.names if columns is None else list(columns)
        if missing := [name for name in wanted if name not in file.schema_arrow.names]:
            raise InputError(
                f"{path} has no column {missing[0]!r}; it has {file.schema_arrow.names[:20]}. "
                "Make it again with the workflow."
            )
        table = file.read(wanted).replace_schema_metadata(None)  # which need not be text
        return cast(pl.DataFrame, pl.from_arrow(table))


def read_frames(
    path: str | Path, columns: Sequence[str] | None = None, rows: int | None = None
) -> Iterator[pl.DataFrame]:
    """`read_table` of some rows at a time, for tables that are never held as a whole.

    Parameters
    ----------
    path : path
    columns : sequence of str, optional
        Default: all.
    rows : int, optional
        How many of them at once. Default: `rows_at_once`.

    Yields
    ------
    DataFrame
        None of a table without rows.
    """
    names = None if columns is None else list(columns)
    with _opened(path) as file:
        at_once = rows or rows_at_once(_without_rows(file).select(names or pl.all()))
        for batch in file.iter_batches(at_once, columns=names):
            yield cast(pl.DataFrame, pl.from_arrow(batch.replace_schema_metadata(None)))


def count_rows(path: str | Path) -> int:
    """Rows of a table of `write_table`."""
    with _opened(path) as file:
        return int(file.metadata.num_rows)


def column_names(path: str | Path) -> list[str]:
    """Columns of a table of `write_table`."""
    return empty_table(path).columns


def empty_table(path: str | Path) -> pl.DataFrame:
    """The columns of a table of `write_table`, without its rows."""
    with _opened(path) as file:
        return _without_rows(file)


def rows_at_once(like: pl.DataFrame) -> int:
    """How many rows of a table of these columns are held at once: fewer of those that are wide."""
    kinds = like.schema.values()
    row_bytes = sum(4 * kind.size if isinstance(kind, pl.Array) else 16 for kind in kinds)
    return max(1, min(MOST_ROWS, MOST_BYTES // row_bytes))


def write_tsv(table: pl.DataFrame, path: str | Path, header: bool = True) -> None:
    """Write a table as text, atomically: one row per line, cells between tabs, null an empty cell.

    Nothing is quoted. A tab or line end inside a cell, as messages of other programs have them,
    is written as a space, so that every row stays one line.

    Parameters
    ----------
    table : DataFrame
        Columns of numbers and text; it may have no rows.
    path : path
        The file.
    header : bool
        Whether the first line has the names of the columns.
    """
    plain = table.with_columns(pl.col(pl.String).str.replace_all(r"[\t\r\n]+", " "))
    with atomic(path) as temporary:
        plain.write_csv(temporary, separator="\t", include_header=header, quote_style="never")


def write_text_table(table: pl.DataFrame, path: str | Path) -> None:
    """Write a large table as text, atomically: null is NA; compressed if the name ends in .gz.

    Equal tables give equal bytes. `write_tsv` is for tables that are read back.
    """
    with atomic(path) as temporary, temporary.open("wb") as file:
        if temporary.suffix != ".gz":
            table.write_csv(file, separator="\t", null_value="NA")
            return
        # without a name and a time in its header
        with gzip.GzipFile(filename="", mode="wb", fileobj=file, mtime=0) as compressed:
            table.write_csv(cast(IO[bytes], compressed), separator="\t", null_value="NA")


def read_tsv(path: str | Path, types: Mapping[str, Any] = MappingProxyType({})) -> pl.DataFrame:
    """Read a table with a header that `write_tsv` wrote.

    Parameters
    ----------
    types : mapping of str to polars type
        Of columns that are not text.

    Returns
    -------
    DataFrame
        All columns. An empty cell of numbers is null, one of text is "".
    """
    table = pl.read_csv(path, separator="\t", infer_schema=False, quote_char=None)
    typed = table.with_columns(pl.col(name).cast(kind) for name, kind in types.items())
    return typed.with_columns(pl.col(pl.String).fill_null(""))


def copy_text(path: str | Path, output: str | Path, expected: str) -> None:
    """Copy a file of text, compressed or not, as plain text, atomically.

    Parameters
    ----------
    path, output : path
    expected : str
        What the file is, for messages.

    Raises
    ------
    InputError
        As `text_files.read_text`.
    """
    text = read_text(path, expected)
    with atomic(output) as temporary:
        temporary.write_text(text, encoding="utf-8")


def read_provenance(path: str | Path) -> dict[str, Any]:
    """Return the provenance that `write_table` stored in a parquet file.

    Raises
    ------
    InputError
        If the file carries none, that is, if it was not written by seqcast.
    """
    with _opened(path) as file:
        metadata = file.metadata.metadata or {}
    if PROVENANCE_KEY not in metadata:
        raise InputError(
            f"{path} carries no seqcast provenance in its schema metadata; expected a table "
            "written by this workflow. Make it again with the workflow instead of another program."
        )
    provenance: dict[str, Any] = json.loads(metadata[PROVENANCE_KEY])
    return provenance


def array_column(name: str, values: np.ndarray, valid: np.ndarray) -> pl.Series:
    """A column of fixed-size lists of float32: one number per track.

    Parameters
    ----------
    values : ndarray, shape=(rows, width)
    valid : ndarray of bool, shape=(rows,)
        Rows that have a value; the others are null, whatever `values` holds there.
    """
    # not by pyarrow's `array`, which imports pandas to see whether it was given any of its kinds
    flat = np.ascontiguousarray(values, dtype=np.float32)
    column = pl.Series(name, flat, dtype=pl.Array(pl.Float32, flat.shape[1]))
    return column.set(pl.Series(~valid), None)


def array_values(column: pl.Series) -> tuple[np.ndarray, np.ndarray]:
    """Inverse of `array_column`: values (rows, width) in float64, 0 in null rows, and `valid`."""
    valid = column.is_not_null().to_numpy()
    values = np.zeros((len(column), cast(pl.Array, column.dtype).size))
    if valid.any():
        values[valid] = column.drop_nulls().to_numpy()
    return values, valid


def array_columns(table: pl.DataFrame) -> list[str]:
    """Names of the columns that hold one number per track, in order."""
    return [name for name, kind in table.schema.items() if isinstance(kind, pl.Array)]


def file_sha256(path: str | Path) -> str:
    """SHA-256 of a file's bytes, as 64 hexadecimal digits."""
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def _writer(
    path: str | Path, like: pl.DataFrame, metadata: Mapping[bytes, str] | None = None
) -> Iterator[tuple[pq.ParquetWriter, pa.Schema]]:
    """A sealed parquet file of the columns of `like`, with a checksum a page, for other readers."""
    fields = like.head(0).to_arrow().schema
    if metadata:
        fields = fields.with_metadata({**(fields.metadata or {}), **metadata})
    with atomic(path) as temporary:
        with pq.ParquetWriter(
            temporary, fields, compression="zstd", write_page_checksum=True
        ) as out:
            yield out, fields
            out.add_key_value_metadata({KEY: blank_seal()})
        seal(temporary)


@contextmanager
def _opened(path: str | Path) -> Iterator[pq.ParquetFile]:
    """A parquet file, whole; what the block finds to be damaged is told too."""
    if not Path(path).is_file():
        raise InputError(f"{path} does not exist; expected a table (parquet). Make it first.")
    check_seal(path)
    try:
        with pq.ParquetFile(path, page_checksum_verification=True) as file:
            yield file
    except (pa.ArrowException, OSError) as error:
        raise damaged(path, error) from error


def _without_rows(file: pq.ParquetFile) -> pl.DataFrame:
    # not by the schema's `empty_table`, which imports pandas: most of a second of a job
    none = pa.Table.from_batches([], file.schema_arrow.remove_metadata())
    return cast(pl.DataFrame, pl.from_arrow(none))


def _share(path: Path) -> None:
    """Give a file the mode of a new one: to read the umask, it would have to be changed."""
    new = temporary_name(path)
    try:
        new.touch(exist_ok=False)
        path.chmod(S_IMODE(new.stat().st_mode))
    finally:
        new.unlink(missing_ok=True)


def _swap_folders(new: Path, final: Path) -> None:
    """Replace an older folder by a new one, which a rename alone cannot do."""
    older = temporary_name(final)
    final.rename(older)
    new.rename(final)
    remove(older)
