"""Where the CDS of an annotated transcript lies in its mRNA, stop codon included."""

from itertools import pairwise
from typing import NamedTuple

from seqcast.transcripts.annotation import Interval, Transcript
from seqcast.transcripts.letters import STOP_CODONS, judge_codons
from seqcast.transcripts.marks import CODON_NT


class Coding(NamedTuple):
    """A CDS in an mRNA.

    Attributes
    ----------
    start, end : int or None
        In nt of the mRNA, 0-based half-open, whole codons, the stop codon included; None if
        there is no CDS or it was dropped.
    flags : frozenset of str
        Of `records.FLAGS`.
    problem : str or None
        Why it was dropped.
    """

    start: int | None
    end: int | None
    flags: frozenset[str]
    problem: str | None = None


def mrna_interval(
    exons: tuple[Interval, ...], strand: str, start: int, end: int
) -> Interval | None:
    """A genomic interval in coordinates of the mRNA.

    Parameters
    ----------
    exons : tuple of (int, int)
        Ascending, without overlap.
    strand : str
        "+" or "-"; on "-" the mRNA begins at the end of the last exon.
    start, end : int
        Genomic, 0-based half-open.

    Returns
    -------
    (int, int) or None
        0-based half-open; None where the interval is not inside one exon.
    """
    before = 0
    for exon_start, exon_end in exons:
        if exon_start <= start and end <= exon_end:
            first = before + start - exon_start
            break
        before += exon_end - exon_start
    else:
        return None
    if strand == "+":
        return first, first + end - start
    length = sum(exon_end - exon_start for exon_start, exon_end in exons)
    return length - first - (end - start), length - first


def place_cds(transcript: Transcript, exons: tuple[Interval, ...], sequence: str) -> Coding:
    """Find the CDS of a transcript in its mRNA, and check its phase.

    The CDS begins at the first whole codon, by the frame of its first part. It ends with its stop
    codon: the one that the file has on lines of its own, else the last codon of the CDS if it is
    one, else the codon after it if that is one. A CDS that is cut at its 3' end (by its tag, or
    because it reaches the end of the mRNA) ends with its last whole codon. It is dropped where its
    parts are not one stretch of the mRNA, where it is not whole codons, or where the frames of its
    parts contradict their lengths (unless it is an open reading frame from AUG to a stop codon).

    Parameters
    ----------
    transcript : Transcript
        Its strand is known.
    exons : tuple of (int, int)
        Those the sequence was spliced from; ascending, without overlap.
    sequence : str
        The mRNA: nucleotides A C G U N.
    """
    if not transcript.cds:
        return Coding(None, None, frozenset({"no_cds"}))
    strand = transcript.strand or "+"
    placed = [mrna_interval(exons, strand, *part) for part in transcript.cds]
    parts = [part for part in placed if part is not None]
    if len(parts) < len(placed):
        start, end = transcript.cds[placed.index(None)]
        return _dropped("cds_outside_exons", f"CDS part {start}-{end} is not in one exon")
    frames = list(transcript.frames)
    if strand == "-":
        parts, frames = parts[::-1], frames[::-1]
    for (_, end), (start, _) in pairwise(parts):
        if end != start:
            return _dropped(
                "cds_not_contiguous", f"a part ends at {end}, the next begins at {start}"
            )
    skipped = frames[0] or 0
    start, end = parts[0][0] + skipped, parts[-1][1]
    flags = {"cds_incomplete_start"} if skipped or transcript.incomplete_start else set()
    end = _after_stop_lines(transcript, exons, end)
    if rest := (end - start) % CODON_NT:
        if not (transcript.incomplete_end or end == len(sequence)):
            return _dropped("cds_out_of_phase", f"{end - start} nt from the first whole codon on")
        flags.add("cds_incomplete_end")
        end -= rest
    if start >= end:
        return _dropped("cds_out_of_phase", f"{end + rest - start} nt: no whole codon")
    if not transcript.incomplete_end:
        end = _after_stop_codon(sequence, start, end)
    found = judge_codons(sequence, start, end)
    if found and (contradiction := _contradiction(parts, frames)):
        return _dropped("cds_out_of_phase", contradiction)
    return Coding(start, end, frozenset(_complete(flags, found, transcript)))


def _complete(flags: set[str], found: set[str], transcript: Transcript) -> set[str]:
    """Join flags: what is not known to be there is not missed."""
    if "no_stop_codon" in found and transcript.incomplete_end:
        flags.add("cds_incomplete_end")
    if "cds_incomplete_start" in flags:
        found = found - {"no_start_codon"}
    if "cds_incomplete_end" in flags:
        found = found - {"no_stop_codon"}
    return flags | found


def _after_stop_lines(transcript: Transcript, exons: tuple[Interval, ...], end: int) -> int:
    """End of the CDS with the lines of its stop codon, where they follow it."""
    placed = [mrna_interval(exons, transcript.strand or "+", *part) for part in transcript.stop]
    for part in sorted(part for part in placed if part is not None):
        if part[0] == end:
            end = part[1]
    return end


def _after_stop_codon(sequence: str, start: int, end: int) -> int:
    """End of the CDS with the stop codon that follows it, where it does not end in one."""
    if sequence[end - CODON_NT : end] in STOP_CODONS:
        return end
    following = sequence[end : end + CODON_NT]
    return end + CODON_NT if following in STOP_CODONS else end


def _contradiction(parts: list[Interval], frames: list[int | None]) -> str | None:
    """Say where the frame of a part is not what the lengths of those before it make it."""
    first = frames[0] or 0
    for (start, _), frame in zip(parts, frames, strict=True):
        expected = (first - (start - parts[0][0])) % CODON_NT
        if frame is not None and frame != expected:
            return f"phase {frame} of the part at {start}, by the lengths before it {expected}"
    return None


def _dropped(flag: str, problem: str) -> Coding:
    """A CDS that is not used."""
    return Coding(None, None, frozenset({flag}), problem)
