"""Files of the user: what tells one from another, and which cell names one that is missing."""

import hashlib
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

import pandas as pd

WHOLE_BYTES = 1 << 22  # files of no more are read whole
BLOCK_BYTES = 1 << 16
BLOCKS = 16  # that are read of a larger file, the first and the last among them


@cache
def content_digest(path: str | Path) -> str:
    """What a file holds, by its size and its bytes: all of them, or blocks of a large file.

    The date does not count: archives and copies keep it, so that a file may be replaced by another
    of the same date. Of a large file, blocks from end to end are read; an edit between them that
    leaves the size as it is tells itself by the date alone.

    Parameters
    ----------
    path : path
        A file, or a folder, whose files count with their names.

    Returns
    -------
    str
        Size in bytes and 16 hexadecimal digits; "" where there is no such file.
    """
    path = Path(path)
    if path.is_dir():
        parts = [f"{p.relative_to(path)} {content_digest(p)}" for p in sorted(path.rglob("*"))]
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]
    if not path.is_file():
        return ""
    found = hashlib.sha256()
    size = path.stat().st_size
    with path.open("rb") as file:
        if size <= WHOLE_BYTES:
            found.update(file.read())
        else:
            for block in range(BLOCKS):
                file.seek((size - BLOCK_BYTES) * block // (BLOCKS - 1))
                found.update(file.read(BLOCK_BYTES))
    return f"{size} {found.hexdigest()[:16]}"


def cells_of(value: str, tables: Mapping[str, pd.DataFrame]) -> Iterator[str]:
    """Where tables name a file, alone or between commas.

    Parameters
    ----------
    value : str
        As it stands in the cell.
    tables : mapping
        Path of each table to its rows, as `plan.tables.read_table` returns them.

    Yields
    ------
    str
        Such as "datasets.tsv (hela), column path".
    """
    for path, table in tables.items():
        for column in table.columns:
            for key, cell in table[column].items():
                if value in [part.strip() for part in str(cell).split(",")]:
                    row = " ".join(key) if isinstance(key, tuple) else key
                    yield f"{path} ({row}), column {column}"
