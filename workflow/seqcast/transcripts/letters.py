"""Nucleotides of an mRNA: which can be used, and what its CDS looks like."""

import re
from string import ascii_lowercase, ascii_uppercase
from typing import NamedTuple

from seqcast.transcripts.marks import CODON_NT

UNKNOWN = "N"
NUCLEOTIDES = f"ACGU{UNKNOWN}"
IUPAC = frozenset("RYKMSWBDHV")  # Cornish-Bowden 1985, doi:10.1093/nar/13.9.3021
START_CODON = "AUG"
STOP_CODONS = frozenset({"UAA", "UAG", "UGA"})
CAPITALS = str.maketrans(ascii_lowercase, ascii_uppercase)
CODES = re.compile(f"[{''.join(sorted(IUPAC))}]")
OTHERS = re.compile(f"[^{NUCLEOTIDES}{''.join(sorted(IUPAC))}]")


class Letters(NamedTuple):
    """What `read_letters` finds.

    Attributes
    ----------
    sequence : str or None
        RNA in upper case, nucleotides A C G U N; None where it cannot be used.
    status : str
        Of `records.STATUSES`.
    flags : tuple of str
        Of `records.FLAGS`.
    problem : str or None
        The first character of that status, and its place (0-based).
    """

    sequence: str | None
    status: str
    flags: tuple[str, ...] = ()
    problem: str | None = None


def capitals(text: str) -> str:
    """A text with a to z as capitals; no other character becomes one of them, or two, or moves."""
    return text.translate(CAPITALS)


def read_letters(text: str) -> Letters:
    """Check a sequence, and write it as RNA in upper case.

    Parameters
    ----------
    text : str
        Upper or lower case; T counts as U.
    """
    upper = capitals(text)
    sequence = upper.replace("T", "U")
    if not sequence:
        return Letters(None, "no_sequence")
    for status, letters in (("other_letter", OTHERS), ("iupac_code", CODES)):
        if found := letters.search(sequence):
            return Letters(None, status, problem=f"{found[0]!r} at {found.start()}")
    if not sequence.strip(UNKNOWN):
        return Letters(None, "no_known_base", problem=f"{UNKNOWN} alone")
    flags = {"t_and_u": "T" in upper and "U" in upper, "unknown_bases": UNKNOWN in sequence}
    return Letters(sequence, "valid", tuple(name for name, is_so in flags.items() if is_so))


def judge_codons(sequence: str, cds_start: int, cds_end: int) -> set[str]:
    """Flags of a CDS by its codons: no_start_codon, no_stop_codon, stop_inside_cds.

    Parameters
    ----------
    sequence : str
        As `read_letters` gives it.
    cds_start, cds_end : int
        0-based half-open, whole codons; the last one is expected to be the stop codon.
    """
    last = cds_end - CODON_NT
    inside = {sequence[at : at + CODON_NT] for at in range(cds_start, last, CODON_NT)}
    flags = {
        "no_start_codon": not sequence.startswith(START_CODON, cds_start),
        "no_stop_codon": sequence[last:cds_end] not in STOP_CODONS,
        "stop_inside_cds": not STOP_CODONS.isdisjoint(inside),
    }
    return {name for name, is_so in flags.items() if is_so}
