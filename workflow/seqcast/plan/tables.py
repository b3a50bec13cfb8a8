"""Tables of a run to typed rows: every cell is checked, and a mistake is told by row and column."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import MISSING, dataclass, fields
from pathlib import Path
from typing import Any, ClassVar, Generic, TypeVar

from jsonschema import Draft202012Validator, ValidationError

from seqcast.core.errors import InputError
from seqcast.core.text_files import read_text, table_rows
from seqcast.core.urls import public_url

# Snakemake takes braces for wildcards and angle brackets for its own variables of paths.
RESERVED = re.compile(r"[{}<>]")
WHOLE, NUMBER = re.compile(r"[+-]?\d{1,18}"), re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
LACKING = ", which the config lacks"  # after the name of a table, instead of its path
YES_OR_NO = {"yes": True, "no": False}

Key = str | tuple[str, ...]
Cells = Mapping[str, str | int | float]  # of a row by column; "" where empty


@dataclass(frozen=True, kw_only=True)
class Row:
    """A row of a table, a field a column of its type; an empty cell is the default of the field."""

    KEY: ClassVar[tuple[str, ...]]  # columns that name a row


R = TypeVar("R", bound=Row)


class Table(Mapping[Any, R], Generic[R]):
    """Rows of a table by their key, in its order.

    Parameters
    ----------
    path : str
        The file, for messages.
    rows : mapping
        Key, a tuple where several columns name a row, to row.
    """

    def __init__(self, path: str, rows: Mapping[Any, R]) -> None:
        self.path, self._rows = path, rows

    def __getitem__(self, key: Key) -> R:
        return self._rows[key]

    def __iter__(self) -> Iterator[Any]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)

    def check_names(self, found: Iterable[str], where: str) -> None:
        """Refuse a name that has no row here.

        Parameters
        ----------
        found : iterable of str
        where : str
            The table, or its row, that uses them.

        Raises
        ------
        InputError
        """
        check_names(found, self, where, self.path)


def check_names(found: Iterable[str], known: Collection[str], where: str, path: str) -> None:
    """Refuse a name of `found`, used at `where`, that is none of those `known` from a table."""
    missing = [name for name in found if name not in known]
    if missing and not missing[0]:
        raise InputError(
            f"{where}: a name of {path} is empty; expected one of "
            f"{', '.join(dict.fromkeys(known)) or 'its rows, but it has none'}"
        )
    if missing and path.endswith(LACKING):
        raise InputError(
            f"{where}: {missing[0]!r} has no row, as the config has no {path.removesuffix(LACKING)}"
            "; add that table to the config"
        )
    if missing:
        raise InputError(
            f"{where}: {missing[0]!r} has no row in {path}, which has "
            f"{', '.join(dict.fromkeys(known)) or 'none'}; correct the name, or add the row"
        )


def typed_rows(cells: Mapping[Any, Cells], kind: type[R]) -> dict[Any, R]:
    """Rows of the class `kind`; an empty cell, or a column that is missing, is its default.

    Cells of a field of type bool are yes or no. A column of which the class has no field is left
    out.
    """
    return {key: kind(**_fields(row, kind)) for key, row in cells.items()}


def _fields(row: Cells, kind: type[R]) -> dict[str, Any]:
    """Values of the fields that a row has: those that are empty are left to the class."""
    values = {}
    for field in fields(kind):
        value: Any = row.get(field.name, "")
        if value != "" or field.default is MISSING:
            values[field.name] = YES_OR_NO[value] if field.type is bool else value
    return values


def cells_of(value: str, tables: Mapping[str, Mapping[Any, Cells]]) -> Iterator[str]:
    """Where tables name a file, alone or in a comma-separated list.

    Parameters
    ----------
    value : str
        As it stands in the cell.
    tables : mapping
        Path of each table to its cells, as `read_cells` returns them.

    Yields
    ------
    str
        Such as "datasets.tsv (hela), column path".
    """
    for path, rows in tables.items():
        for key, row in rows.items():
            for column, cell in row.items():
                if value in [part.strip() for part in str(cell).split(",")]:
                    name = " ".join(key) if isinstance(key, tuple) else key
                    yield f"{path} ({name}), column {column}"


def read_cells(
    path: str | Path, schema: Mapping[str, Any], key: Sequence[str]
) -> dict[Any, dict[str, str | int | float]]:
    """Cells of a tab-separated table, each row checked against the schema of a row.

    Parameters
    ----------
    path : path
        UTF-8, with a header. Cells at the end of a line may be left out, blanks around a cell do
        not count, and empty lines are passed over.
    schema : mapping
        JSON schema of a row. Cells of a column of type integer or number become numbers, all
        others stay text. Columns of ``format: path`` hold paths or names of sources. Columns of
        ``used_by: {kind: [reads]}`` are empty in all rows but those of kind reads.
    key : sequence of str
        Columns that name a row; they stay text.

    Returns
    -------
    dict
        Key, a tuple where it is of several columns, to the cells of a row by column; an empty one
        is "".

    Raises
    ------
    InputError
        Naming file, line and column, if the file is no such table, a cell does not fit the
        schema, or a key comes twice.
    """
    header, lines = _lines(path)
    _check_header(path, header, schema)
    checker = Draft202012Validator(schema)
    rows: dict[Any, dict[str, str | int | float]] = {}
    for line, cells in lines:
        where = f"{path}, line {line}"
        _check_cells(where, header, cells)
        short = len(header) > len(cells)
        texts = dict(zip(header, [*cells, *[""] * (len(header) - len(cells))], strict=False))
        row = {
            name: _value(text, schema["properties"][name], name in key)
            for name, text in texts.items()
        }
        if found := _mistake(row, checker):
            name, message = found
            hint = "; are there spaces where a tab should be?" * (
                short and " " in texts.get(name, "")
            )
            named = " ".join(f"{texts[part]}" for part in key if part in texts and part != name)
            raise InputError(
                f"{where}{f' ({named})' * bool(named)}, column {name}: {message}{hint}"
            )
        of_row: Key = tuple(texts[part] for part in key) if key[1:] else texts[key[0]]
        if of_row in rows:
            raise InputError(
                f"{path}: more than one row has {' and '.join(key)} {of_row}; keep one, or rename "
                "the other"
            )
        rows[of_row] = row
    return rows


def check_path(value: str) -> str | None:
    """What is wrong with the writing of a path; None if nothing is."""
    if found := RESERVED.search(value):
        return (
            f"{value!r} has {found[0]!r}; Snakemake takes braces and angle brackets in paths for "
            "placeholders. Rename the file, or give the path of a link to it"
        )
    return None


def _lines(path: str | Path) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """Header and numbered lines of a table, cells without the blanks around them."""
    text = read_text(path, "a table, its columns separated by tabs", old_newlines=True)
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


def _check_cells(where: str, header: list[str], cells: list[str]) -> None:
    """Stop at a line whose cells are not those of the header."""
    if any("\n" in cell for cell in cells):
        raise InputError(
            f"{where}: a quotation mark that is not closed, or a cell of two lines; expected "
            "each cell on one line. Close the quotation mark, or remove it"
        )
    if any(cells[len(header) :]):
        raise InputError(
            f"{where}: {len(cells)} columns; the header has {len(header)}. Remove the tabs "
            "that are too many"
        )


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
    # a column that the header lacks is empty in every row
    errors: Iterator[ValidationError] = checker.iter_errors({**dict.fromkeys(columns, ""), **row})
    for error in errors:
        name = str(error.absolute_path[0])
        value = row.get(name, "")
        told = public_url(str(value)) if name == "url" else value  # it may hold a password
        return name, f"{told!r}; {_expected(error, columns[name])}"
    return _unused(row, columns)


def _unused(row: Mapping[str, Any], columns: Mapping[str, Any]) -> tuple[str, str] | None:
    """Column and message of the first cell that rows of its kind leave empty; None if none is."""
    for name, value in row.items():
        for decider, users in columns[name].get("used_by", {}).items():
            if value != "" and row[decider] not in users:
                return name, (
                    f"{value!r}; {decider} {row[decider]} does not use this column, only "
                    f"{', '.join(users)}; expected an empty cell"
                )
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
