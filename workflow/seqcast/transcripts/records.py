"""Words of a table of transcripts: its columns, statuses and flags, and what they mean."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import polars as pl

MISSING = ("", "NA", "N/A", "nan", "NaN", "null", "None")  # words for no number
STATUSES = {
    "valid": "the sequence can be used",
    "no_sequence": "the sequence is empty",
    "no_known_base": "every base is N",
    "iupac_code": "holds an IUPAC code other than N, which models of mRNA have no token for",
    "other_letter": "holds a gap, a blank, a stop or another character that is no nucleotide",
    "codon_marks_misplaced": "holds E, but not once before each codon of one reading frame, or "
    "elsewhere than its columns cds_start and cds_end say",
    "transcript_not_found": "the list of transcripts or the table of labels names it, but neither "
    "the annotation nor the file of sequences has it",
    "not_selected": "has a label, but the selection leaves it out",
    "contig_not_found": "its contig is not in the genome",
    "exons_outside_contig": "an exon reaches beyond the end of its contig",
    "exons_overlap": "two of its exons overlap: their order in the mRNA is not known",
    "exons_on_both_strands": "its exons lie on both strands (trans-splicing)",
}
# The sequence is used all the same.
FLAGS = {
    "duplicate_id": "another row has the same id",
    "unnamed": "has no id of its own: named by its row",
    "t_and_u": "holds both T and U, read as the same base",
    "unknown_bases": "holds N",
    "codon_marks_given": "held E before each codon: taken out, they say where its CDS is",
    "no_cds": "no CDS is known: no codon-start tokens, no regions",
    "no_exons": "the annotation has its CDS but no exons: its UTRs are missing",
    "cds_out_of_range": "CDS dropped: its start and end are not 0 <= start < end <= length",
    "cds_outside_exons": "CDS dropped: a part of it is not in an exon",
    "cds_not_contiguous": "CDS dropped: its parts leave a gap or overlap in the mRNA (as at a "
    "ribosomal frameshift)",
    "cds_out_of_phase": "CDS dropped: its length is not a multiple of 3, or the annotation's phase "
    "contradicts it",
    "cds_track_broken": "CDS dropped: its track cds is not a 1 at the first base of each codon of "
    "one CDS and 0 elsewhere, a number for each nucleotide",
    "cds_incomplete_start": "the 5' end of the CDS is not known: it begins at the first whole "
    "codon",
    "cds_incomplete_end": "the 3' end of the CDS is not known: it ends with the last whole codon",
    "no_start_codon": "the CDS does not begin with AUG",
    "no_stop_codon": "the CDS does not end in UAA, UAG or UGA",
    "stop_inside_cds": "a stop codon of the standard code inside the CDS (selenocysteine, "
    "readthrough, another code, or a wrong frame); codon-start tokens are set all the same",
}
# `problem` says in words what made the status or dropped the CDS (the character and its place, the
# lengths): null where nothing did.
COLUMNS: dict[str, pl.DataType | type[pl.DataType]] = {
    "row": pl.Int64, "id": pl.String, "gene_id": pl.String, "gene_name": pl.String,
    "chrom": pl.String, "strand": pl.String, "exon_starts": pl.List(pl.Int64),
    "exon_ends": pl.List(pl.Int64), "sequence": pl.String, "length_nt": pl.Int64,
    "cds_start": pl.Int64, "cds_end": pl.Int64, "status": pl.String, "flags": pl.String,
    "problem": pl.String,
}  # fmt: skip


def join_flags(flags: Iterable[str]) -> str:
    """Flags of a row as its table has them: comma-joined, in the order of `FLAGS`, each once.

    Raises
    ------
    ValueError
        If one is not of `FLAGS`.
    """
    found = set(flags)
    if strange := found - set(FLAGS):
        raise ValueError(f"{sorted(strange)} are no flags of a transcript")
    return ",".join(name for name in FLAGS if name in found)


class TranscriptRow(NamedTuple):
    """A row of the table of transcripts, but for its number; see `COLUMNS`.

    Attributes
    ----------
    flags : frozenset of str
        Of `FLAGS`.
    """

    id: str
    gene_id: str | None = None
    gene_name: str | None = None
    chrom: str | None = None
    strand: str | None = None
    exon_starts: list[int] | None = None
    exon_ends: list[int] | None = None
    sequence: str | None = None
    length_nt: int | None = None
    cds_start: int | None = None
    cds_end: int | None = None
    status: str = "valid"
    flags: frozenset[str] = frozenset()
    problem: str | None = None


def table_of(rows: Sequence[TranscriptRow]) -> pl.DataFrame:
    """The table of transcripts: rows numbered, and flagged where another one has the same id.

    Parameters
    ----------
    rows : sequence of TranscriptRow

    Returns
    -------
    DataFrame
        `COLUMNS`.
    """
    counts = Counter(row.id for row in rows)
    repeated = frozenset({"duplicate_id"})
    cells = []
    for number, row in enumerate(rows):
        flags = row.flags | repeated if counts[row.id] > 1 else row.flags
        cells.append({"row": number, **row._asdict(), "flags": join_flags(flags)})
    return pl.DataFrame(cells, schema=COLUMNS)
