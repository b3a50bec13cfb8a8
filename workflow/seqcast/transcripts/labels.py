"""Labels of transcripts, from a table of their own."""

import logging
from pathlib import Path

import polars as pl

from seqcast.core.errors import InputError
from seqcast.transcripts.files import id_column, read_table, text_column
from seqcast.transcripts.given import with_columns
from seqcast.transcripts.records import TranscriptRow, table_of
from seqcast.transcripts.selection import Ids

logger = logging.getLogger(__name__)


def join_labels(
    table: pl.DataFrame, path: str | Path, elsewhere: frozenset[str] = frozenset()
) -> pl.DataFrame:
    """Add the columns of a table of labels; no label is lost.

    A label goes to the rows of its id; if there are none, to those of the id that it finds
    (`selection.Ids.find`), unless two labels find the same.

    Parameters
    ----------
    table : DataFrame
        Begins with `records.COLUMNS`.
    path : path
        TSV, CSV or parquet with a column of ids (``transcript_id`` or another of
        `files.ID_COLUMNS`), one row an id.
    elsewhere : frozenset of str
        Ids that exist but were not selected: labels of others are of transcripts that do not exist.

    Returns
    -------
    DataFrame
        The rows of `table`, labels null if there are none, then a row for each label whose
        transcript is not among them (status not_selected or transcript_not_found).

    Raises
    ------
    InputError
        If the file cannot be read, has no column of ids or no other one, names an id twice or not
        at all, or if none of its ids is in the table.
    """
    path = Path(path)
    labels = read_table(path)
    ids, labels = _checked(labels, path)
    of_row = _labels_of_rows(ids, Ids(table["id"]))
    found = [of_row.get(name) for name in table["id"]]
    used = set(found)
    lost = [number for number in range(len(ids)) if number not in used]
    if len(lost) == len(ids):
        raise InputError(
            f"{path}: none of its ids ({', '.join(ids[:3])}, ...) is among those of the "
            f"transcripts ({', '.join(table['id'].head(3))}, ...). Give the labels of these "
            "transcripts."
        )
    others = Ids(sorted(elsewhere.difference(table["id"])))
    all_ids = Ids([*table["id"], *sorted(elsewhere)])
    rows = [_row_of_lost(ids[number], others, all_ids) for number in lost]
    logger.info(
        "%s: %d of %d labels have a transcript, %d of %d transcripts have a label",
        path, len(ids) - len(lost), len(ids), len(found) - found.count(None), len(found),
    )  # fmt: skip
    extended = pl.concat([table, table_of(rows)], how="diagonal")
    extended = extended.with_columns(row=pl.int_range(extended.height, dtype=pl.Int64))
    taken = pl.Series([*found, *lost], dtype=pl.Int64)
    return with_columns(extended, _rows_of(labels, taken))


def _labels_of_rows(ids: list[str], rows: Ids) -> dict[str, int]:
    """Ids of rows to the number of their label; `ids` are those of the labels."""
    finding: dict[str, list[int]] = {}
    for number, name in enumerate(ids):
        if row := rows.find(name):
            finding.setdefault(row, []).append(number)
    exact = {name: number for number, name in enumerate(ids) if name in finding}
    return {row: numbers[0] for row, numbers in finding.items() if len(numbers) == 1} | exact


def _row_of_lost(name: str, others: Ids, all_ids: Ids) -> TranscriptRow:
    """A row for a label without a transcript; `others` exist, but were not selected."""
    if others.find(name):
        return TranscriptRow(name, status="not_selected")
    like = all_ids.like(name)[:3]
    problem = f"there is {', '.join(like)}" if like else None
    return TranscriptRow(name, status="transcript_not_found", problem=problem)


def _checked(labels: pl.DataFrame, path: Path) -> tuple[list[str], pl.DataFrame]:
    """Ids of a table of labels, and its other columns."""
    column = id_column(labels.columns)
    if column is None or labels.width == 1:
        raise InputError(
            f"{path} has the columns {', '.join(labels.columns[:20])}; expected transcript_id, and "
            "at least one column of labels. Name the column of ids transcript_id."
        )
    ids = text_column(labels, column, str(path)).str.strip_chars()
    if n_empty := ids.fill_null("").to_list().count(""):
        raise InputError(f"{path} has {n_empty} rows without {column}; expected an id in each")
    if not (repeated := ids.filter(ids.is_duplicated())).is_empty():
        raise InputError(
            f"{path} has more than one row of {column} {repeated[0]} ({repeated.n_unique()} such "
            "ids); expected one. Keep one row, or the mean of its values."
        )
    return ids.to_list(), labels.drop(column)


def _rows_of(frame: pl.DataFrame, numbers: pl.Series) -> pl.DataFrame:
    """Rows of a frame by number, null where the number is."""
    return frame.select(pl.all().gather(numbers))
