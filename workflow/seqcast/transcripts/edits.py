"""Edits of the genome, on a spliced transcript of either strand.

An edit ``genome[start:end] -> insert`` is left-aligned (`variants.check_variants`). An insertion or
deletion between repeats can be written in several places, and only one of them may lie in an exon.
All of them give the same genome, so the choice is free and must not depend on the strand:

1. If some place lies wholly in one exon, the edit is exonic. An insertion at the very border of an
   exon is not: the base before it and the base behind it belong to different parts. Nor is the
   deletion of a whole exon.
2. Otherwise, if some place touches an exon, a border goes: a splice site, or an end of the
   transcript. What the cell makes of that is not known; the edit has no mRNA (splice_boundary).
3. Otherwise it lies between exons (intronic) and changes no base of the mRNA. Splicing is not
   modelled, so a changed splice site next to the exon is intronic too, and is not scored.

Within the mRNA an insertion or deletion stands as far 5' as it goes, so that the start codon is
kept wherever a spelling of the change keeps it.
"""

from dataclasses import dataclass
from typing import NamedTuple

import polars as pl

from seqcast.genome.annotation import Gene
from seqcast.genome.fasta import Fetch
from seqcast.genome.sequence import reverse_complement


class Edit(NamedTuple):
    """Replacement of ``[start, end)`` of a contig by `insert`.

    Attributes
    ----------
    start, end : int
        0-based half-open; equal for an insertion.
    insert : str
        Bases of the plus strand, upper case; "" for a deletion.
    slack_bp : int
        How many bases further right the same change can be written (`slack_bp`).
    """

    start: int
    end: int
    insert: str
    slack_bp: int = 0


class MrnaEdit(NamedTuple):
    """Replacement of ``[start, end)`` of an mRNA (nt from its 5' end) by `insert` (RNA)."""

    start: int
    end: int
    insert: str

    @property
    def growth_nt(self) -> int:
        """How much longer the mRNA becomes; negative where it becomes shorter."""
        return len(self.insert) - (self.end - self.start)

    def apply(self, sequence: str) -> str:
        """The edited mRNA."""
        return sequence[: self.start] + self.insert + sequence[self.end :]


@dataclass(frozen=True)
class SplicedTranscript(Gene):
    """A row of a table of transcripts that has a place on the genome: a gene of one transcript.

    Attributes
    ----------
    exons : tuple of (int, int)
        0-based half-open on the contig, ascending, not overlapping.
    transcript_id : str
    sequence : str
        The mRNA in A, C, G, U, N; empty where the table's status says that it cannot be used.
    cds : pair of int or None
        0-based half-open in `sequence`, stop codon included.
    """

    transcript_id: str
    sequence: str
    cds: tuple[int, int] | None


def spliced_transcripts(table: pl.DataFrame) -> list[SplicedTranscript]:
    """The rows of a table of transcripts that have exons, in order.

    Parameters
    ----------
    table : DataFrame
        As `prepare_transcripts` makes it: id, gene_id, gene_name, chrom, strand, exon_starts,
        exon_ends, sequence, cds_start, cds_end.
    """
    placed = table.filter(pl.col("exon_starts").is_not_null())
    return [
        SplicedTranscript(
            row["gene_id"], row["gene_name"], row["chrom"], row["strand"],
            tuple(zip(row["exon_starts"], row["exon_ends"], strict=True)),
            row["id"], row["sequence"] or "",
            None if row["cds_start"] is None else (row["cds_start"], row["cds_end"]),
        )
        for row in placed.iter_rows(named=True)
    ]  # fmt: skip


def slack_bp(fetch: Fetch, contig: str, start: int, end: int, insert: str) -> int:
    """How far right of its left-aligned place an insertion or deletion can be written.

    Parameters
    ----------
    fetch : callable
        Bases of ``(contig, start, end)``, N beyond the contig (`genome.fasta.fetch_by_blocks`).
    contig : str
        The FASTA's name.
    start, end : int
        0-based half-open.
    insert : str
        Upper case, "" for a deletion.

    Returns
    -------
    int
        0 for a substitution. Moving by one base turns the moved sequence round: its first base
        becomes its last.
    """
    if (start < end) == bool(insert):
        return 0
    moved = insert or fetch(contig, start, end)
    steps = 0
    while fetch(contig, end + steps, end + steps + 1) == moved[steps % len(moved)]:
        steps += 1
    return steps


def place_edit(transcript: SplicedTranscript, edit: Edit) -> MrnaEdit | str | None:
    """Where an edit of the genome lies in a transcript.

    Parameters
    ----------
    transcript : SplicedTranscript
        On the contig of the edit. Its sequence is needed only where the edit is exonic.
    edit : Edit

    Returns
    -------
    MrnaEdit, str or None
        The edit of the mRNA; or "splice_boundary", "intronic" or "transcript_unusable" (exonic,
        but the transcript has no sequence); None where the edit does not touch the transcript.
    """
    border = int(edit.start == edit.end)  # an insertion needs a base of the exon on both sides
    reach = edit.end + edit.slack_bp
    before_nt = 0
    for exon_start, exon_end in transcript.exons:
        shift = max(0, exon_start + border - edit.start)
        is_whole = not edit.insert and edit.end - edit.start == exon_end - exon_start
        if shift <= edit.slack_bp and edit.end + shift <= exon_end - border and not is_whole:
            if not transcript.sequence:
                return "transcript_unusable"
            start = before_nt + edit.start + shift - exon_start
            return _in_mrna(transcript.strand, transcript.sequence, edit, start, shift)
        before_nt += exon_end - exon_start
    if any(edit.start < end + border and start - border < reach for start, end in transcript.exons):
        return "splice_boundary"
    return "intronic" if transcript.start < reach and edit.start < transcript.end else None


def _in_mrna(strand: str, sequence: str, edit: Edit, start: int, shift: int) -> MrnaEdit:
    """The edit in nt of the mRNA; `start` counts exonic bases in the direction of the genome."""
    turn = shift % len(edit.insert) if edit.insert else 0
    insert = edit.insert[turn:] + edit.insert[:turn]
    end = start + edit.end - edit.start
    if strand == "-":
        start, end = len(sequence) - end, len(sequence) - start
        insert = reverse_complement(insert)
    insert = insert.replace("T", "U")
    if (start < end) == bool(insert):
        return MrnaEdit(start, end, insert)
    moved = insert or sequence[start:end]
    steps = 0
    while start > steps and sequence[start - steps - 1] == moved[-1 - steps % len(moved)]:
        steps += 1
    turn = len(moved) - steps % len(moved)
    insert = insert[turn:] + insert[:turn]
    return MrnaEdit(start - steps, end - steps, insert)
