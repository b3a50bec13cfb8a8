"""The table of mRNA sequences of a dataset."""

import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl

from seqcast.core.errors import InputError
from seqcast.core.provenance import provenance
from seqcast.core.store import file_sha256, write_table
from seqcast.genome.fasta import Genome
from seqcast.transcripts.annotation import Transcript, read_transcripts
from seqcast.transcripts.given import read_sequences
from seqcast.transcripts.labels import join_families, join_labels
from seqcast.transcripts.records import FLAGS, STATUSES, TranscriptRow, table_of
from seqcast.transcripts.selection import (
    find_transcripts,
    read_ids,
    select_transcripts,
)
from seqcast.transcripts.splicing import splice_transcripts

logger = logging.getLogger(__name__)

EXAMPLES = 3  # of ids, a status


class TranscriptSources(NamedTuple):
    """What a table of transcripts is made from.

    Attributes
    ----------
    sequences : path, optional
        FASTA, TSV, CSV or parquet; or else `annotation` and `genome`.
    annotation, genome : path, optional
    aliases : path, optional
        Where contigs have other names (see `Genome`).
    ids : path, optional
        A list that chooses transcripts of the annotation.
    labels : path, optional
        A table of labels to join.
    families : path, optional
        A table of families of genes to join.
    """

    sequences: str | Path | None = None
    annotation: str | Path | None = None
    genome: str | Path | None = None
    aliases: str | Path | None = None
    ids: str | Path | None = None
    labels: str | Path | None = None
    families: str | Path | None = None


def prepare_dataset(
    files: TranscriptSources, options: Mapping[str, str | None], path: str,
    facts: Mapping[str, Any],
) -> None:  # fmt: skip
    """Write the table of transcripts of a dataset (`transcripts.records`).

    Parameters
    ----------
    files : TranscriptSources
    options : mapping
        ``selection`` (of `transcripts.SELECTIONS`) and ``cds`` (see
        `transcripts.given.read_sequences`), each where it is wanted.
    path : str
        The parquet file.
    facts : mapping
        Provenance.

    Raises
    ------
    InputError
        If a file cannot be read, or holds nothing that can be used.
    """
    if files.sequences:
        table = read_sequences(str(files.sequences), options.get("cds") or "")
        known: frozenset[str] = frozenset()
    else:
        table, known = _spliced(files, options)
    if files.labels:
        table = join_labels(table, str(files.labels), known)
    if files.families:
        table = join_families(table, str(files.families))
    counts = {name: _count(table, name) for name in ("status", "flags")}
    _report(table, counts)
    given = {name: file for name, file in files._asdict().items() if file and name != "genome"}
    about = provenance(
        **facts,
        options={name: value for name, value in options.items() if value},
        files={
            name: {"name": Path(file).name, "sha256": file_sha256(file)}
            for name, file in given.items()
        },
        counts=counts,
    )
    write_table(table, path, about)


def _spliced(
    files: TranscriptSources, options: Mapping[str, str | None]
) -> tuple[pl.DataFrame, frozenset[str]]:
    """Sequences of the transcripts of an annotation, and the ids of all that it has."""
    transcripts = read_transcripts(str(files.annotation))
    logger.info("%s: %d transcripts", files.annotation, len(transcripts))
    with Genome(str(files.genome), files.aliases) as genome:
        if files.ids:
            rows = _rows_of_ids(transcripts, read_ids(str(files.ids)), genome)
        else:
            chosen = select_transcripts(transcripts, str(options["selection"]))
            rows = splice_transcripts(chosen, genome)
    if not any(row.status == "valid" for row in rows):
        first = rows[0]
        problem = f" ({first.problem})" if first.problem else ""
        raise InputError(
            f"none of {len(rows)} transcripts can be used; the first, {first.id}, is "
            f"{first.status}{problem}: {STATUSES[first.status]}. Check that ids, annotation "
            f"({files.annotation}) and genome ({files.genome}) are of one assembly and "
            "release, and that contigs have the same names or a table of aliases."
        )
    return table_of(rows), frozenset(transcript.transcript_id for transcript in transcripts)


def _rows_of_ids(
    transcripts: Sequence[Transcript], ids: Sequence[str], genome: Genome
) -> list[TranscriptRow]:
    """One row per id, in the order of the list; more where it is on several contigs."""
    named = find_transcripts(transcripts, ids)
    spliced = iter(splice_transcripts([one for name in named for one in name.found], genome))
    rows: list[TranscriptRow] = []
    for name in named:
        rows += [next(spliced) for _ in name.found] or [
            TranscriptRow(name.wanted, status="transcript_not_found", problem=name.problem)
        ]
    return rows


def _count(table: pl.DataFrame, column: str) -> dict[str, int]:
    """Rows of each status, or of each flag."""
    return dict(Counter(name for cell in table[column] for name in cell.split(",") if name))


def _report(table: pl.DataFrame, counts: Mapping[str, Mapping[str, int]]) -> None:
    """Say in the log how many rows cannot be used, or need a look, and name some."""
    total, n_valid = table.height, counts["status"].get("valid", 0)
    n_cds = table["cds_start"].count()
    logger.info("%d rows, %d of them valid, %d with a CDS", total, n_valid, n_cds)
    for name, meaning in STATUSES.items():
        if name != "valid" and (n := counts["status"].get(name)):
            some = table.filter(pl.col("status") == name).head(EXAMPLES)
            logger.warning("%d of %d rows %s: %s (%s)", n, total, name, meaning, _named(some))
    for name, meaning in FLAGS.items():
        if n := counts["flags"].get(name):
            has_flag = pl.col("flags").str.split(",").list.contains(name)
            some = table.filter(has_flag).head(EXAMPLES)
            logger.info("%d of %d rows %s: %s (%s)", n, total, name, meaning, _named(some))


def _named(rows: pl.DataFrame) -> str:
    """Ids of rows, and their problems."""
    pairs = rows.select("id", "problem").iter_rows()
    return "; ".join(f"{name}: {problem}" if problem else name for name, problem in pairs)
