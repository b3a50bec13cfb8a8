"""Tables of variants, one row per ALT: of the records of a file, and of a user's own columns."""

from collections.abc import Iterable, Mapping
from pathlib import Path

import polars as pl

from seqcast.core.errors import InputError

SCHEMA = {
    "row": pl.Int64,
    "record": pl.Int64,
    "variant": pl.String,
    "chrom": pl.String,
    "pos": pl.Int64,
    "ref": pl.String,
    "alt": pl.String,
}
COLUMNS = ("chrom", "pos", "ref", "alt")
ID = "variant"
OF_VCF = {"#chrom": "chrom", "id": ID}  # names of a VCF, in lower case -> ours

Row = tuple[int, str | None, str, int, str, str]  # record, ID, chrom, pos, ref, alt


def numbered(rows: Iterable[Row], first: int = 0) -> pl.DataFrame:
    """Rows of variants, numbered from `first` on, with a name for those without an ID.

    Returns
    -------
    DataFrame
        `SCHEMA`: ``row`` (0-based counter of ALTs), ``record``, ``variant`` (the ID, or
        chrom_pos_ref_alt), ``chrom``, ``pos`` (1-based), ``ref``, ``alt``.
    """
    schema = {name: kind for name, kind in SCHEMA.items() if name != "row"}
    frame = pl.DataFrame(list(rows), schema=schema, orient="row")
    frame = frame.with_columns(variant=pl.coalesce(ID, _described()))
    return frame.with_row_index("row", first).cast({"row": pl.Int64})


def of_columns(table: pl.DataFrame, where: str | Path, first: int = 0) -> pl.DataFrame:
    """The variants of a table with one row each, as `numbered` returns them.

    Parameters
    ----------
    table : DataFrame
        With the columns chrom, pos (1-based), ref and alt, and perhaps variant, the ID; or those
        names of a VCF, in any case.
    where : str or path
        What to call the table in messages.
    first : int
        Number of the first row.

    Raises
    ------
    InputError
        If a column is missing, has nulls, or ``pos`` is no column of whole numbers.
    """
    table = table.rename(_renamed(table.columns))
    if missing := [name for name in COLUMNS if name not in table.columns]:
        raise InputError(
            f"{where} has no column {missing[0]!r}; expected {', '.join(COLUMNS)}, with pos "
            f"1-based. It has {', '.join(table.columns[:8]) or 'none'}. Rename its columns, or "
            "give a VCF."
        )
    named = pl.col(ID).cast(pl.String) if ID in table.columns else pl.lit(None, pl.String)
    found = table.select(*COLUMNS, variant=named).with_row_index("row", first)
    found = found.with_columns(record="row")
    if found.schema["pos"].is_float() and found.filter(pl.col("pos") % 1 != 0).height:
        raise InputError(f"{where}: pos holds fractions; expected whole numbers. Correct it.")
    try:
        found = found.cast({name: kind for name, kind in SCHEMA.items() if name != ID})
    except pl.exceptions.PolarsError as error:
        told = str(error).splitlines()[0]
        raise InputError(f"{where}: {told}; expected pos as whole numbers. Correct it.") from error
    found = found.with_columns(variant=pl.coalesce(ID, _described())).select(*SCHEMA)
    if found.null_count().sum_horizontal()[0]:
        raise InputError(
            f"{where} has rows without {', '.join(COLUMNS)}; expected all in every row. Leave such "
            "rows out."
        )
    return found


def as_polars(table: object, what: str) -> pl.DataFrame:
    """A table of any library as one of polars.

    Parameters
    ----------
    table : object
        Of polars, or of a library whose tables Arrow reads (pandas, pyarrow, ...).
    what : str
        What to call it in the message.

    Raises
    ------
    InputError
        If it is no table.
    """
    if isinstance(table, pl.LazyFrame):
        return table.collect()
    if isinstance(table, pl.DataFrame):
        return table
    if not hasattr(table, "__arrow_c_stream__"):
        raise InputError(
            f"{what} is of type {type(table).__name__}; expected the path of a VCF, a list of "
            "texts such as 'chr1:826577:A:AT', or a table of pandas or polars"
        )
    return pl.DataFrame(table)


def _described() -> pl.Expr:
    """chrom_pos_ref_alt, the name of a variant without an ID."""
    return pl.concat_str(COLUMNS, separator="_")


def _renamed(names: Iterable[str]) -> Mapping[str, str]:
    """Columns that are named as in a VCF -> our names, where these are not there already."""
    names = list(names)
    wanted = {name: OF_VCF.get(name.lower(), name.lower()) for name in names}
    return {
        name: ours for name, ours in wanted.items() if ours in (*COLUMNS, ID) and ours not in names
    }
