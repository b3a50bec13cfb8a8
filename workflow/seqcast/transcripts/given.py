"""Sequences that the user has, as rows of the table of transcripts."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import polars as pl

from seqcast.core.errors import InputError
from seqcast.transcripts.files import (
    CDS_TRACK,
    QUOTED_LETTERS,
    read_sequence_file,
    text_column,
    tracks_of,
)
from seqcast.transcripts.letters import IUPAC, NUCLEOTIDES, capitals, judge_codons, read_letters
from seqcast.transcripts.marks import CODON_MARK, CODON_NT, read_marks, read_track
from seqcast.transcripts.records import COLUMNS, STATUSES, TranscriptRow, table_of

CDS_OPTIONS = ("", "whole", "none")
CDS_COLUMNS = ("cds_start", "cds_end")
GENE_COLUMNS = ("gene_id", "gene_name")
GENE = "gene"  # mRNABench's name of the gene
NUCLEIC = frozenset(NUCLEOTIDES) | IUPAC | {"T"}
PROTEIN_SHARE = 0.1  # of characters that are not nucleotides; of a protein's, about a third

Ends = tuple[object, object]  # of a CDS, as given
Place = Ends | pl.Series | None  # ends; or a track of the first bases of codons


class _Cds(NamedTuple):
    """A CDS in nt of the sequence, none where it was dropped; flags and why it was dropped."""

    start: int | None = None
    end: int | None = None
    flags: frozenset[str] = frozenset()
    problem: str | None = None


def read_sequences(path: str | Path, cds: str = "") -> pl.DataFrame:
    """Read sequences of FASTA, a table of text or parquet, one row per sequence, in their order.

    Parameters
    ----------
    path : path
        See `files.read_sequence_file`. Columns ``gene_id`` and ``gene_name`` fill those of the
        table. Codon-start tokens in the sequences are taken out, and say where the CDS is.
    cds : str
        ``whole``: each sequence is a CDS. ``none``: no CDS is wanted. Empty: the columns
        ``cds_start`` and ``cds_end`` (capitals do not count; nt of the sequence without marks,
        0-based half-open, stop codon included) say where it is, if the file has them; or a track
        ``cds`` (`marks.read_track`).

    Returns
    -------
    DataFrame
        `records.COLUMNS`, then the further columns of the file, but for tracks by nucleotide;
        those whose name is taken are ``<name>_given``. A column ``gene`` is the ``gene_name`` too
        where the file has no such column.

    Raises
    ------
    InputError
        If the file cannot be read (`files.read_sequence_file`), has one of the two columns of a CDS
        only, or both and a track, or a track that is no list of numbers; if it holds no sequence
        that can be used; or if ``cds`` is none of the three.
    """
    return judge_sequences(read_sequence_file(path), str(path), cds)


def judge_sequences(given: pl.DataFrame, source: str, cds: str = "") -> pl.DataFrame:
    """As `read_sequences`, of what `files.read_sequence_file` returns.

    Parameters
    ----------
    given : DataFrame
        ``id`` and ``sequence`` (str, maybe null), and further columns.
    source : str
        What messages call it: the name of its file.
    cds : str
    """
    if cds not in CDS_OPTIONS:
        raise InputError(f"cds is {cds!r}; expected whole, none, or nothing")
    if cds == "":
        given = _with_cds_columns(given)
    places = _given_places(given, source) if cds == "" else None
    rows = []
    for number, (name, text) in enumerate(given.select("id", "sequence").iter_rows()):
        row = _row(name or f"row{number}", text or "", cds, places[number] if places else None)
        unnamed = {"unnamed"} if name is None else set()
        rows.append(row._replace(flags=row.flags | unnamed))
    _refuse_unusable(rows, given["sequence"], source)
    genes = [name for name in GENE_COLUMNS if name in given.columns]
    table = table_of(rows).with_columns(text_column(given, name, source) for name in genes)
    if GENE in given.columns and GENE_COLUMNS[1] not in genes:
        table = table.with_columns(text_column(given, GENE, source).alias(GENE_COLUMNS[1]))
    used = {"id", "sequence", *genes, *tracks_of(given), *(CDS_COLUMNS if places else ())}
    return with_columns(table, given.select(pl.exclude(*used)))


def with_columns(table: pl.DataFrame, further: pl.DataFrame) -> pl.DataFrame:
    """A table with further columns at its right; those whose name is taken are ``<name>_given``.

    Parameters
    ----------
    table, further : DataFrame
        Of equal height, but for a `further` without columns.
    """
    names: dict[str, str] = {}
    for name in further.columns:
        new = name
        while new in {*COLUMNS, *table.columns, *names.values()}:
            new += "_given"
        names[name] = new
    return table.hstack(further.rename(names)) if names else table


def _with_cds_columns(given: pl.DataFrame) -> pl.DataFrame:
    """The columns of CDS ends under their names: capitals do not count, as elsewhere."""
    by_name = {name.lower(): name for name in reversed(given.columns)}
    return given.rename(
        {by_name[name]: name for name in CDS_COLUMNS if name in by_name and name not in given}
    )


def _given_places(given: pl.DataFrame, source: str) -> Sequence[Place] | None:
    """The columns of CDS ends or the track, None where the file has neither."""
    found = [name for name in CDS_COLUMNS if name in given.columns]
    if CDS_TRACK in tracks_of(given):
        dtype = given[CDS_TRACK].dtype
        if found:
            raise InputError(
                f"{source} has the track {CDS_TRACK} and the column {found[0]}; expected one of "
                "them to say where the CDS is. Remove the other."
            )
        inner = getattr(dtype, "inner", None)
        if inner is None or not (inner.is_numeric() or inner in (pl.Boolean, pl.Null)):
            raise InputError(
                f"{source}: column {CDS_TRACK} is of type {dtype}; expected a list of numbers, 1 "
                "at the first base of each codon and 0 elsewhere, or set cds to none in the table "
                "of datasets."
            )
        return list(given[CDS_TRACK].cast(pl.List(pl.Float32)))
    if len(found) == 1:
        raise InputError(
            f"{source} has the column {found[0]} without the other one; expected both of "
            f"{' and '.join(CDS_COLUMNS)} (nt, 0-based half-open), or neither. Add the other, or "
            "set cds to whole or none in the table of datasets."
        )
    return list(given.select(CDS_COLUMNS).iter_rows()) if found else None


def _row(name: str, text: str, cds: str, place: Place) -> TranscriptRow:
    """Check one sequence and its CDS."""
    upper = capitals(text)
    plain = upper.replace(CODON_MARK, "")
    row = TranscriptRow(name, length_nt=len(plain))
    # Marks count as characters here, so that the place of another character is that in the file.
    letters = read_letters(upper.replace(CODON_MARK, "A"))
    marks = read_marks(upper)
    if letters.sequence is None:
        return row._replace(status=letters.status, problem=letters.problem)
    if marks is None:
        return row._replace(
            status="codon_marks_misplaced", problem="not one E before each codon of one frame"
        )
    letters = read_letters(plain)
    if letters.sequence is None:
        return row._replace(status=letters.status, problem=letters.problem)
    flags = row.flags | set(letters.flags)
    try:
        wanted = (0, len(plain)) if cds == "whole" else _ends(place, len(plain))
    except ValueError as error:  # of a track; the sequence can be used all the same
        dropped = flags | {"cds_track_broken"}
        return row._replace(sequence=letters.sequence, flags=dropped, problem=f"track cds: {error}")
    marked = None if marks[1] is None else marks[1:]
    if marked:
        flags |= {"codon_marks_given"}
        if wanted not in (None, (None, None)) and tuple(map(_whole, wanted)) != marked:
            problem = f"CDS {marked[0]}-{marked[1]} by the marks, {wanted[0]}-{wanted[1]} as given"
            return row._replace(status="codon_marks_misplaced", flags=flags, problem=problem)
        wanted = marked
    row = row._replace(sequence=letters.sequence, flags=flags)
    if cds == "none":
        return row
    found = _checked_cds(letters.sequence, wanted)
    return row._replace(
        cds_start=found.start,
        cds_end=found.end,
        flags=flags | found.flags,
        problem=found.problem,
    )


def _ends(place: Place, length_nt: int) -> Ends | None:
    """Ends of a CDS; those that a track marks, if it is one."""
    return read_track(place.to_numpy(), length_nt) if isinstance(place, pl.Series) else place


def _checked_cds(sequence: str, ends: Ends | None) -> _Cds:
    """The CDS of a sequence, dropped if it is none."""
    if ends is None or ends == (None, None):
        return _Cds(flags=frozenset({"no_cds"}))
    start, end = map(_whole, ends)
    told = f"CDS {ends[0]}-{ends[1]} of {len(sequence)} nt"
    if start is None or end is None or not 0 <= start < end <= len(sequence):
        return _Cds(flags=frozenset({"cds_out_of_range"}), problem=told)
    if (end - start) % CODON_NT:
        return _Cds(flags=frozenset({"cds_out_of_phase"}), problem=f"{told}: {end - start} nt")
    return _Cds(start, end, frozenset(judge_codons(sequence, start, end)))


def _whole(value: object) -> int | None:
    """A value as a whole number, None where it is none."""
    try:
        number = float(str(value))
    except ValueError:
        return None
    return int(number) if number.is_integer() else None


def _refuse_unusable(rows: Sequence[TranscriptRow], texts: pl.Series, source: str) -> None:
    """Stop if no sequence of a file can be used."""
    if any(row.status == "valid" for row in rows):
        return
    counts = Counter(row.status for row in rows)
    counted = "; ".join(f"{n} {name}: {STATUSES[name]}" for name, n in counts.most_common())
    letters = Counter("".join(text.upper() for text in texts if text))
    strange = sum(n for letter, n in letters.items() if letter not in NUCLEIC)
    remedy = "Give nucleotides: A, C, G, U or T, and N."
    if strange > PROTEIN_SHARE * max(letters.total(), 1):
        remedy = f"These look like proteins or other text. {remedy}"
    first = next((text for text in texts if text), "")[:QUOTED_LETTERS]
    if any(letter.isdigit() for letter in first):
        remedy += (
            " Where a CDS lies is said by columns cds_start and cds_end, in addition to sequence."
        )
    raise InputError(
        f"{source} holds no sequence that can be used ({len(rows)} rows, the first sequence is "
        f"{first!r}): {counted}. {remedy}"
    )
