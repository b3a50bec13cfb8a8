"""Codon-start tokens: the character E before each codon of the CDS, as Helix-mRNA was trained with.

The marked text of an mRNA has ``length_nt + (cds_end - cds_start) / 3`` symbols. Coordinates are
0-based half-open, in nucleotides of the mRNA or, where said so, in symbols of the marked text.
"""

import re

import numpy as np

CODON_MARK = "E"
CODON_NT = 3
MARKED = re.compile(r"([^E]*)((?:E[^E]{3})+)([^E]*)", re.DOTALL)


def mark_codons(sequence: str, cds_start: int | None, cds_end: int | None) -> str:
    """The sequence with E before each codon of its CDS.

    Parameters
    ----------
    sequence : str
        Nucleotides, without marks.
    cds_start, cds_end : int or None
        CDS in nt of `sequence`, 0-based half-open, a multiple of 3 long; None and None if there
        is none, and then no mark is set.

    Returns
    -------
    str

    Raises
    ------
    ValueError
        If the CDS is not inside the sequence, or not whole codons, or only one end is given.
    """
    cds = _checked(len(sequence), cds_start, cds_end)
    if cds is None:
        return sequence
    start, end = cds
    codons = (sequence[at : at + CODON_NT] for at in range(start, end, CODON_NT))
    marked = "".join(CODON_MARK + codon for codon in codons)
    return sequence[:start] + marked + sequence[end:]


def text_of(sequence: str, cds_start: int | None, cds_end: int | None, marked: bool) -> str:
    """What a model reads of an mRNA: `mark_codons` where `marked`, else the sequence as it is."""
    return mark_codons(sequence, cds_start, cds_end) if marked else sequence


def read_marks(text: str) -> tuple[str, int | None, int | None] | None:
    """Inverse of `mark_codons`.

    Parameters
    ----------
    text : str
        In upper case.

    Returns
    -------
    (str, int or None, int or None) or None
        The text without marks, and start and end of the CDS that they mark (None and None if
        there is no mark). None where a mark is missing, too many or elsewhere.
    """
    if CODON_MARK not in text:
        return text, None, None
    found = MARKED.fullmatch(text)
    if found is None:
        return None
    before, coding, after = (part.replace(CODON_MARK, "") for part in found.groups())
    return before + coding + after, len(before), len(before) + len(coding)


def read_track(track: np.ndarray, length_nt: int) -> tuple[int, int] | None:
    """The CDS that a track of first codon bases marks, as mRNABench has it.

    Parameters
    ----------
    track : ndarray, shape=(length_nt,)
        1 at the first base of each codon of the CDS, else 0.
    length_nt : int
        Of the sequence, without codon-start tokens.

    Returns
    -------
    (int, int) or None
        Start and end of the CDS, the end after the last marked codon; None if nothing is marked.

    Raises
    ------
    ValueError
        If the track is not as long as the sequence, has other numbers, marks codons that are not
        next to each other in one frame, or a last codon that the sequence does not hold.
    """
    if len(track) != length_nt:
        raise ValueError(f"{len(track)} values for {length_nt} nt")
    if (strange := ~np.isin(track, (0, 1))).any():
        at = int(np.argmax(strange))
        raise ValueError(f"value {track[at]:g} at {at}, neither 0 nor 1")
    marked = np.flatnonzero(track)
    if not len(marked):
        return None
    if (apart := np.diff(marked) != CODON_NT).any():
        at = int(np.argmax(apart))
        raise ValueError(f"codons begin at {marked[at]} and {marked[at + 1]}, not {CODON_NT} apart")
    start, end = int(marked[0]), int(marked[-1]) + CODON_NT
    if end > length_nt:
        raise ValueError(f"the codon at {marked[-1]} ends beyond {length_nt} nt")
    return start, end


def regions(
    length_nt: int, cds_start: int | None, cds_end: int | None, marked: bool
) -> dict[str, slice]:
    """Where 5' UTR, CDS and 3' UTR are in an mRNA or in its marked text.

    Parameters
    ----------
    length_nt : int
        Of the sequence, without marks.
    cds_start, cds_end : int or None
        As for `mark_codons`.
    marked : bool
        Whether the slices count symbols of the marked text, rather than nucleotides. Marks belong
        to the CDS.

    Returns
    -------
    dict of str to slice
        ``utr5``, ``cds`` and ``utr3``, which together cover all; a UTR may be empty. No entry if
        there is no CDS.
    """
    cds = _checked(length_nt, cds_start, cds_end)
    if cds is None:
        return {}
    start, end = cds
    marks = (end - start) // CODON_NT if marked else 0
    return {
        "utr5": slice(0, start),
        "cds": slice(start, end + marks),
        "utr3": slice(end + marks, length_nt + marks),
    }


def is_mark(text: str) -> np.ndarray:
    """Which symbols of a text are codon-start tokens: bool, shape=(symbols,)."""
    return np.frombuffer(text.encode("ascii", "replace"), dtype=np.uint8) == ord(CODON_MARK)


def _checked(length_nt: int, start: int | None, end: int | None) -> tuple[int, int] | None:
    """The CDS, None if there is none."""
    if start is None and end is None:
        return None
    if start is None or end is None:
        raise ValueError(f"CDS from {start} to {end}: one end is missing")
    if not 0 <= start < end <= length_nt or (end - start) % CODON_NT:
        raise ValueError(
            f"CDS {start}-{end} of an mRNA of {length_nt} nt: expected whole codons inside it"
        )
    return start, end
