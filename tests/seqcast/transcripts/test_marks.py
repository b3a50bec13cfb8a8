"""Codon marks stand where they should, and come off again."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqcast.transcripts.marks import is_mark, mark_codons, read_marks, regions, text_of

LETTERS = st.sampled_from("ACGUN")


@st.composite
def messengers(draw: st.DrawFn) -> tuple[str, int, int]:
    """A sequence and a CDS of whole codons in it."""
    utr5, utr3 = draw(st.text(LETTERS, max_size=8)), draw(st.text(LETTERS, max_size=8))
    codons = draw(st.lists(st.text(LETTERS, min_size=3, max_size=3), min_size=1, max_size=6))
    cds = "".join(codons)
    return utr5 + cds + utr3, len(utr5), len(utr5) + len(cds)


def plain_marks(sequence: str, start: int, end: int) -> str:
    """Base by base: a mark before each base of the CDS whose place in its codon is 0."""
    out = ""
    for place, base in enumerate(sequence):
        if start <= place < end and (place - start) % 3 == 0:
            out += "E"
        out += base
    return out


def test_the_example_of_the_model_card() -> None:
    assert mark_codons("AUGGAGGGC", 0, 9) == "EAUGEGAGEGGC"
    assert mark_codons("CCAUGUAAG", 2, 8) == "CCEAUGEUAAG"
    assert mark_codons("CCAUG", None, None) == "CCAUG"


def test_a_model_reads_marks_where_it_knows_them() -> None:
    assert text_of("CCAUGUAAG", 2, 8, True) == "CCEAUGEUAAG"
    assert text_of("CCAUGUAAG", 2, 8, False) == "CCAUGUAAG"
    assert text_of("CCAUG", None, None, True) == "CCAUG"


@given(messengers())
def test_marks_agree_with_the_plain_way_and_come_off(messenger: tuple[str, int, int]) -> None:
    sequence, start, end = messenger
    marked = mark_codons(sequence, start, end)
    assert marked == plain_marks(sequence, start, end)
    assert read_marks(marked) == (sequence, start, end)
    assert np.array_equal(is_mark(marked), [letter == "E" for letter in marked])


@given(messengers())
def test_regions_cover_all_and_hold_their_letters(messenger: tuple[str, int, int]) -> None:
    sequence, start, end = messenger
    letters = {"utr5": sequence[:start], "cds": sequence[start:end], "utr3": sequence[end:]}
    marked = mark_codons(sequence, start, end)
    parts = regions(len(sequence), start, end, marked=True)
    assert "".join(marked[part] for part in parts.values()) == marked
    assert {name: marked[part].replace("E", "") for name, part in parts.items()} == letters
    plain = regions(len(sequence), start, end, marked=False)
    assert {name: sequence[part] for name, part in plain.items()} == letters


def test_no_cds_has_no_regions() -> None:
    assert regions(10, None, None, marked=True) == {}
    assert read_marks("ACGU") == ("ACGU", None, None)


@pytest.mark.parametrize("text", ["E", "EAU", "EAUGEE", "AEUGEAUGE", "EAUGAEUAA", "EAUGUAAEAUG"])
def test_misplaced_marks_are_refused(text: str) -> None:
    assert read_marks(text) is None


@pytest.mark.parametrize(("start", "end"), [(0, 4), (3, 3), (6, 3), (-3, 3), (6, 12), (None, 3)])
def test_a_cds_that_is_none_is_refused(start: int | None, end: int) -> None:
    with pytest.raises(ValueError, match="CDS"):
        mark_codons("ACGUACGUAC", start, end)
    with pytest.raises(ValueError, match="CDS"):
        regions(10, start, end, marked=False)
