"""What an edit of an mRNA makes of its coding sequence, as a ribosome would read it.

The CDS of the edited mRNA begins at the same start codon and ends with the first stop codon in its
frame, or with the last whole codon of the mRNA where no stop comes. So marks of codons follow a
frameshift in the new frame, end at a new stop, and go on into the 3' UTR where the stop is lost. A
stop codon inside the annotated CDS (selenocysteine) is read through where the edit leaves it whole,
and a CDS that is annotated without a stop codon at its end stays open there.

Where the start codon is lost, nobody knows what is read instead: the codons behind the edit keep
the frame of the annotation (all codons, if the length did not change).
"""

from itertools import product
from typing import NamedTuple

from seqcast.transcripts.edits import MrnaEdit
from seqcast.transcripts.letters import START_CODON, STOP_CODONS
from seqcast.transcripts.marks import CODON_NT

# The standard code, translation table 1 of NCBI: third base fastest, bases in the order U, C, A, G.
AMINO_ACIDS = "FFLLSSSSYY**CC*WLLLLPPPPHHQQRRRRIIIMTTTTNNKKSSRRVVVVAAAADDEEGGGG"
CODE = dict(zip(map("".join, product("UCAG", repeat=3)), AMINO_ACIDS, strict=True))
REGIONS = ("utr5", "cds", "utr3", "no_cds")
CONSEQUENCES = {
    "utr5": "in the 5' UTR",
    "utr3": "in the 3' UTR",
    "no_cds": "in an mRNA whose CDS is not known",
    "synonymous": "the same protein",
    "missense": "as long a protein, of other amino acids",
    "inframe_indel": "whole codons more or fewer, up to the same stop codon",
    "frameshift": "the codons behind the edit are read in another frame",
    "stop_gained": "a new stop codon ends the protein before its time",
    "stop_lost": "the annotated stop codon is gone",
    "start_lost": "the start codon is gone; which codon is read first is not known",
}


class Reading(NamedTuple):
    """An edited mRNA.

    Attributes
    ----------
    sequence : str
    cds : pair of int or None
        0-based half-open, nt of `sequence`; None if there is no CDS, or none is left.
    region : str
        Where the edit is, one of `REGIONS`: cds if it touches a base of the CDS or lies between two
        of them.
    consequence : str
        A key of `CONSEQUENCES`: the region outside the CDS, else what becomes of the protein. The
        first that holds, of start_lost, synonymous, stop_lost (of an edit across the end of the
        CDS), frameshift, stop_lost, stop_gained, inframe_indel, missense.
    """

    sequence: str
    cds: tuple[int, int] | None
    region: str
    consequence: str


def read_edited(sequence: str, cds: tuple[int, int] | None, edit: MrnaEdit) -> Reading:
    """Apply an edit to an mRNA and read the CDS again.

    Parameters
    ----------
    sequence : str
        The mRNA in A, C, G, U, N.
    cds : pair of int or None
        0-based half-open, whole codons, stop codon included where it is known.
    edit : MrnaEdit

    Returns
    -------
    Reading
    """
    edited = edit.apply(sequence)
    if cds is None:
        return Reading(edited, None, "no_cds", "no_cds")
    start, end = cds
    if edit.end <= start:
        shifted = (start + edit.growth_nt, end + edit.growth_nt)
        return Reading(edited, shifted, "utr5", "utr5")
    if edit.start >= end:
        return Reading(edited, cds, "utr3", "utr3")
    if _loses_start(sequence, edited, start, edit):
        return Reading(edited, _behind(cds, edit), "cds", "start_lost")
    read = (start, _end_of_reading(sequence, edited, cds, edit))
    consequence = _compare(sequence[start:end], edited[slice(*read)], cds, edit, read[1])
    return Reading(edited, read if read[0] < read[1] else None, "cds", consequence)


def translate(coding: str) -> str:
    """Amino acids of whole codons by the standard code; * for a stop, X for a codon with N."""
    codons = (coding[i : i + CODON_NT] for i in range(0, len(coding) - 2, CODON_NT))
    return "".join(CODE.get(codon, "X") for codon in codons)


def _loses_start(sequence: str, edited: str, start: int, edit: MrnaEdit) -> bool:
    """Whether the first codon, or the frame that it gives, is gone."""
    if edit.start < start and edit.growth_nt:
        return True
    first = slice(start, start + CODON_NT)
    return sequence[first] == START_CODON != edited[first]


def _behind(cds: tuple[int, int], edit: MrnaEdit) -> tuple[int, int] | None:
    """The annotated codons that lie wholly behind the edit; all, if the length did not change."""
    start, end = cds
    if edit.growth_nt:
        start -= (start - edit.end) // CODON_NT * CODON_NT  # the next boundary of codons
    return (start + edit.growth_nt, end + edit.growth_nt) if start < end else None


def _end_of_reading(sequence: str, edited: str, cds: tuple[int, int], edit: MrnaEdit) -> int:
    """Where reading from the start of the CDS ends in the edited mRNA."""
    start, end = cds
    inside = range(start, end - CODON_NT, CODON_NT)
    recoded = {i for i in inside if sequence[i : i + CODON_NT] in STOP_CODONS}
    kept = {i for i in recoded if i + CODON_NT <= edit.start}
    kept |= {i + edit.growth_nt for i in recoded if i >= edit.end}
    is_open = sequence[end - CODON_NT : end] not in STOP_CODONS and edit.end <= end
    last = start + (len(edited) - start) // CODON_NT * CODON_NT
    for i in range(start, last, CODON_NT):
        if is_open and i == end + edit.growth_nt:
            return i
        if edited[i : i + CODON_NT] in STOP_CODONS and i not in kept:
            return i + CODON_NT
    return last


def _same_protein(before: str, after: str) -> bool:
    """Whether two readings are one protein for certain; a codon with N is like itself only."""
    starts = range(0, len(before), CODON_NT)
    pairs = ((before[i : i + CODON_NT], after[i : i + CODON_NT]) for i in starts)
    return len(before) == len(after) and all(CODE.get(a, a) == CODE.get(b, b) for a, b in pairs)


def _compare(before: str, after: str, cds: tuple[int, int], edit: MrnaEdit, read_to: int) -> str:
    """The consequence for the protein of an edit that keeps the start codon."""
    if _same_protein(before, after):
        return "synonymous"
    if edit.end > cds[1] and edit.growth_nt:
        return "stop_lost"
    if edit.growth_nt % CODON_NT:
        return "frameshift"
    expected = cds[1] + edit.growth_nt
    if read_to != expected:
        return "stop_lost" if read_to > expected else "stop_gained"
    return "inframe_indel" if edit.growth_nt else "missense"
