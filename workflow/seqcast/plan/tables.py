"""Tables of a run to rows: every cell is checked, and a mistake is told by row and column."""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
from jsonschema import Draft202012Validator, ValidationError

from seqcast.core.errors import InputError
from seqcast.core.text_files import table_rows
from seqcast.core.urls import public_url

# Snakemake takes braces for wildcards and angle brackets for its own variables of paths.
RESERVED = re.compile(r"[{}<>]")
WHOLE, NUMBER = re.compile(r"[+-]?\d{1,18}"), re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")


def read_table(path: str | Path, schema: Mapping[str, Any], index: Sequence[str]) -> pd.DataFrame:
    """Rows of a tab-separated table, each checked against the schema of a row.

    Parameters
    ----------
    path : path
        UTF-8, with a header. Cells at the end of a line may be left out, blanks around a cell do
        not count, and empty lines are passed over.
    schema : mapping
        JSON schema of a row. Cells of a column of type integer or number become numbers, all
        others stay text. Columns of ``format: path`` hold paths or names of sources.
    index : sequence of str
        Columns that name a row; they stay text.

    Returns
    -------
    DataFrame
        Indexed by the key, with the other columns of the file; empty cells are "".

    Raises
    ------
    InputError
        Naming file, line and column, if the file is no such table, a cell does not fit the
        schema, or a key comes twice.
    """
    header, lines = _cells(path)
    _check_header(path, header, schema)
    checker = Draft202012Validator(schema)
    rows = []
    for line, cells in lines:
        where = f"{path}, line {line}"
        if any("\n" in cell for cell in cells):
            raise InputError(
                f"{where}: a quotation mark that is not closed, or a cell of two lines; expected "
                "each cell on one line. Close the quotation mark, or remove it"
            )
        if any(cells[len(header) :]):
            raise InputError(f"{where}: {len(cells)} columns; the header has {len(header)}")
        short = len(header) > len(cells)
        texts = dict(zip(header, [*cells, *[""] * (len(header) - len(cells))], strict=False))
        row = {
            name: _value(text, schema["properties"][name], name in index)
            for name, text in texts.items()
        }
        if found := _mistake(row, checker):
            name, message = found
            hint = "; are there spaces where a tab should be?" * (short and " " in texts[name])
            named = " ".join(f"{texts[key]}" for key in index if key in texts and key != name)
            raise InputError(
                f"{where}{f' ({named})' * bool(named)}, column {name}: {message}{hint}"
            )
        rows.append(row)
    table = pd.DataFrame(rows, columns=header, dtype=object).set_index(list(index))
    if repeated := table.index[table.index.duplicated()].to_list():
        raise InputError(f"{path}: more than one row has {' and '.join(index)} {repeated[0]}")
    return table


def check_path(value: str) -> str | None:
    """What is wrong with the writing of a path; None if nothing is."""
    if found := RESERVED.search(value):
        return (
            f"{value!r} has {found[0]!r}; Snakemake takes braces and angle brackets in paths for "
            "placeholders. Rename the file, or give the path of a link to it"
        )
    return None


def _cells(path: str | Path) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """Header and numbered lines of a table, cells without the blanks around them."""
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(
            f"{path}: byte {error.start} is no UTF-8; save the table as UTF-8 text, columns "
            "separated by tabs"
        ) from error
    except OSError as error:
        raise InputError(f"{path} is not readable: {error.strerror}") from error
    lines = table_rows(text, path)
    if not lines:
        raise InputError(f"{path}: no header; the first line names the columns")
    header = lines[0][1]
    while not header[-1]:  # tabs at the end, as spreadsheets leave them
        header.pop()
    return header, lines[1:]


def _check_header(path: str | Path, header: list[str], schema: Mapping[str, Any]) -> None:
    """Stop at a header that lacks a column, has one twice, or one that the schema does not know."""
    known, needed = list(schema["properties"]), schema["required"]
    if len(header) == 1 and len(needed) > 1:
        for sign, name in [(" ", "spaces"), (",", "commas"), (";", "semicolons")]:
            if sign in header[0]:
                raise InputError(f"{path}: columns are separated by {name}; expected tabs")
    for name in header:
        if name not in known:
            raise InputError(f"{path}: unknown column {name!r}; expected {', '.join(known)}")
        if header.count(name) > 1:
            raise InputError(f"{path}: more than one column {name!r}; keep one of them")
    if missing := [name for name in needed if name not in header]:
        raise InputError(f"{path}: column {missing[0]} is missing; expected {', '.join(needed)}")


def _value(text: str, column: Mapping[str, Any], key: bool) -> str | int | float:
    """A cell as the number that its column has, or as text."""
    if not key and "integer" in column["type"] and WHOLE.fullmatch(text):
        return int(text)
    if not key and "number" in column["type"] and NUMBER.fullmatch(text):
        return float(text)
    return text


def _mistake(row: Mapping[str, Any], checker: Draft202012Validator) -> tuple[str, str] | None:
    """Column and message of the first cell of a row that does not fit; None if all do."""
    columns = checker.schema["properties"]
    for name, value in row.items():
        if columns[name].get("format") == "path" and (message := check_path(str(value))):
            return name, message
    errors: Iterator[ValidationError] = checker.iter_errors(row)
    for error in errors:
        name = str(error.absolute_path[0])
        told = public_url(str(row[name])) if name == "url" else row[name]  # it may hold a password
        return name, f"{told!r}; {_expected(error, columns[name])}"
    return None


def _expected(error: ValidationError, column: Mapping[str, Any]) -> str:
    """What a cell should have been."""
    kind, asked = error.validator, error.validator_value
    if kind in ("type", "pattern") and "integer" in column["type"]:
        least = column.get("minimum")
        return "expected a whole number" + f", at least {least}" * (least is not None)
    if kind == "type" and "number" in column["type"]:
        return "expected a number"
    if kind == "minLength":
        return "expected a value; the cell is empty"
    if kind == "maxLength":
        return "expected an empty cell"
    if kind == "enum":
        return f"expected one of {', '.join(str(value) for value in asked if value)}"
    if kind in ("minimum", "maximum"):
        return f"expected at {'least' if kind == 'minimum' else 'most'} {asked}"
    return f"it does not fit {asked}"
