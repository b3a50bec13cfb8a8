"""Letters of mRNAs, and what the codons of a CDS say."""

import pytest

from seqcast.transcripts.letters import judge_codons, read_letters


def test_each_letter_of_ascii_is_judged() -> None:
    statuses = {chr(code): read_letters(f"A{chr(code)}").status for code in range(32, 127)}
    valid = {letter for letter, status in statuses.items() if status == "valid"}
    codes = {letter for letter, status in statuses.items() if status == "iupac_code"}
    assert valid == set("ACGTUNacgtun")
    assert codes == set("RYKMSWBDHVrykmswbdhv")
    assert {statuses[letter] for letter in set(statuses) - valid - codes} == {"other_letter"}
    assert read_letters("ACGÜ").problem == "'Ü' at 3"
    for letter in "ßıſµ":  # whose capitals are in ASCII, or two
        assert read_letters(f"ac{letter}r").problem == f"'{letter}' at 2"
    assert read_letters("ARX").problem == "'X' at 2"  # says more than the code before it


def test_n_alone_is_no_sequence() -> None:
    for text in ("N", "nnN", "N" * 60):
        assert read_letters(text) == (None, "no_known_base", (), "N alone")
    assert read_letters("NNAN").flags == ("unknown_bases",)
    assert read_letters("NN-").status == "other_letter"


@pytest.mark.parametrize(
    ("cds", "flags"),
    [
        ("AUGUAA", set()),
        ("AUGAAAUAG", set()),
        ("AUGUGAUGA", {"stop_inside_cds"}),
        ("AUGAAA", {"no_stop_codon"}),
        ("CUGUGA", {"no_start_codon"}),
        ("UAA", {"no_start_codon"}),
        ("NUGAAN", {"no_start_codon", "no_stop_codon"}),
    ],
)
def test_codons(cds: str, flags: set[str]) -> None:
    assert judge_codons("UA" + cds + "UAA", 2, 2 + len(cds)) == flags
