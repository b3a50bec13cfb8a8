"""Variants as people write them: chr1:826577:A:AT, chr1:826577 A>AT, chr1-826577-A-AT.

Positions are 1-based, alleles those of a VCF.
"""

import re

from seqcast.core.errors import InputError

# The contig may hold any of the separators: what follows it cannot.
FORM = re.compile(
    r"(?P<chrom>\S*[^\s:\-_])(?:[:\-_]|\s+)(?P<pos>\d[\d,]*)(?:[:\-_]|\s+)?"
    r"(?P<ref>[A-Za-z.*]+)(?:\s*[:\-_>/|]\s*|\s+)(?P<alt>[A-Za-z.*]+|<[\w:*]+>)(?:_b3[78])?"
)
PLACE = re.compile(r"\S+:\d[\d,]*")
ALLELES = re.compile(r"[A-Za-z]+>[A-Za-z]+")
FORMS = "chr1:826577:A:AT, 'chr1:826577 A>AT' or chr1-826577-A-AT"


def parse_variant(text: str) -> tuple[str, int, str, str]:
    """Contig, position (1-based), REF and ALT of a variant.

    Parameters
    ----------
    text : str
        In one of `FORMS`; _ separates as well, as in the IDs of GTEx (chr1_826577_A_AT_b38).

    Raises
    ------
    InputError
        If it is none.
    """
    found = FORM.fullmatch(text.strip())
    if found is None:
        remedy = "Check it"
        if PLACE.fullmatch(text.strip()) or re.fullmatch(r"\S+:\d[\d,]* [A-Za-z]+", text.strip()):
            remedy = (
                "It lacks ALT: put a variant with > in quotes, which the shell takes for itself"
            )
        raise InputError(
            f"variant {text!r:.80}; expected contig, 1-based position, REF and ALT, such as "
            f"{FORMS}. {remedy}"
        )
    pos = int(found["pos"].replace(",", ""))
    return found["chrom"], pos, found["ref"], found["alt"]


def joined(words: list[str]) -> list[str]:
    """Variants of the words of a command line: "chr1:826577 A>AT" without quotes is two words."""
    found: list[str] = []
    for word in words:
        if found and ALLELES.fullmatch(word) and PLACE.fullmatch(found[-1]):
            found[-1] = f"{found[-1]} {word}"
        else:
            found.append(word)
    return found
