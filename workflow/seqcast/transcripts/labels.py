"""Labels of transcripts and families of their genes, from tables of their own."""

import logging
from pathlib import Path

import polars as pl

from seqcast.core.errors import InputError
from seqcast.transcripts.files import id_column, read_table, text_column
from seqcast.transcripts.given import GENE_COLUMNS, with_columns
from seqcast.transcripts.records import TranscriptRow, table_of
from seqcast.transcripts.selection import Ids

logger = logging.getLogger(__name__)

FAMILY = "gene_group"  # column of families, as in the maps that mRNABench takes


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


def join_families(table: pl.DataFrame, path: str | Path) -> pl.DataFrame:
    """Add the family of each gene, so that no split parts homologous genes.

    Parameters
    ----------
    table : DataFrame
        Begins with `records.COLUMNS`; genes are known by ``gene_name`` or ``gene_id``.
    path : path
        TSV, CSV or parquet with a column ``gene_name`` or ``gene_id`` and a column ``gene_group``,
        as mRNABench's maps of HomoloGene have. A gene in several families joins them.

    Returns
    -------
    DataFrame
        With a column ``gene_group`` (str): the family; ``gene NAME`` of a gene that the table of
        families does not have, which is a family of its own; null where the gene is not known.

    Raises
    ------
    InputError
        If the file cannot be read, lacks a column or has a row without gene or family; if none of
        its genes is in the table; or if that has families already.
    """
    path = Path(path)
    if FAMILY in table.columns:
        raise InputError(
            f"{path}: the sequences or their labels have a column {FAMILY} already; leave families "
            "empty in the table of datasets to take that, or rename it"
        )
    key, pairs = _read_families(path)
    known = table[key].drop_nulls().unique()
    if known.is_in(pairs["gene"].to_list()).sum() == 0:
        raise InputError(
            f"{path}: none of its genes ({', '.join(pairs['gene'].head(3))}, ...) is the {key} of "
            f"a transcript ({', '.join(known.sort().head(3)) or 'none has one'}). Give families of "
            "these genes, or name the column of genes gene_id or gene_name in both files."
        )
    family = _joined_families(pairs)
    found = [None if gene is None else family.get(gene, f"gene {gene}") for gene in table[key]]
    logger.info(
        "%s: %d of %d genes are in %d families; each other gene is one of its own",
        path, known.is_in(list(family)).sum(), len(known), len(set(family.values())),
    )  # fmt: skip
    column = pl.Series(FAMILY, found, dtype=pl.String)
    return with_columns(table, pl.DataFrame([column]))


def _read_families(path: Path) -> tuple[str, pl.DataFrame]:
    """The column of genes of a table of families, and its pairs ``gene``, ``family`` (str)."""
    given = read_table(path)
    key = next((name for name in reversed(GENE_COLUMNS) if name in given.columns), None)
    if key is None or FAMILY not in given.columns:
        raise InputError(
            f"{path} has the columns {', '.join(given.columns[:20])}; expected gene_name or "
            f"gene_id, and {FAMILY}"
        )
    pairs = pl.DataFrame(
        [
            text_column(given, name, str(path)).str.strip_chars().alias(new)
            for name, new in ((key, "gene"), (FAMILY, "family"))
        ]
    )
    if n_empty := pairs.filter(~pl.all_horizontal(pl.all().fill_null("") != "")).height:
        raise InputError(f"{path} has {n_empty} rows without {key} or {FAMILY}; expected both")
    return key, pairs


def _joined_families(pairs: pl.DataFrame) -> dict[str, str]:
    """Genes to the first name of their family; families that share a gene are one."""
    leader: dict[str, str] = {}

    def first(name: str) -> str:
        while (above := leader.setdefault(name, name)) != name:
            name = above
        return name

    genes: dict[str, str] = {}
    for gene, family in pairs.iter_rows():
        leader[first(family)] = first(genes.setdefault(gene, family))
    return {gene: first(family) for gene, family in genes.items()}


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
