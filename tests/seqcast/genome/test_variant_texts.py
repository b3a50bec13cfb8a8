"""Variants as people write them."""

import pytest

from seqcast.core.errors import InputError
from seqcast.genome.variant_texts import joined, parse_variant


@pytest.mark.parametrize("text", [
    "chr1:826577:A:AT", "chr1:826577 A>AT", "chr1-826577-A-AT", "chr1_826577_A_AT", " chr1:826577:A:AT ",
    "chr1:826,577:A:AT", "chr1 826577 A AT", "chr1\t826577\tA\tAT", "chr1_826577_A_AT_b38", "chr1:826577:A/AT",
    "chr1:826577 A > AT", "chr1:826577A>AT",
])  # fmt: skip
def test_all_forms_are_one_variant(text):
    assert parse_variant(text) == ("chr1", 826577, "A", "AT")


@pytest.mark.parametrize(("text", "expected"), [
    ("chr1_KI270706v1_random:12:c:g", ("chr1_KI270706v1_random", 12, "c", "g")),
    ("HLA-A*01:01:5:A:T", ("HLA-A*01:01", 5, "A", "T")),
    ("1:12:A:<DEL>", ("1", 12, "A", "<DEL>")),
    ("X:1:N:*", ("X", 1, "N", "*")),
])  # fmt: skip
def test_names_of_contigs_may_hold_separators(text, expected):
    assert parse_variant(text) == expected


@pytest.mark.parametrize("text", [
    "", "chr1", "chr1:826577", "chr1:826577:A", "chr1:x:A:T", "chr1:-5:A:T", "A>T", "chr1:12:A:1", "chr1:1e5:A:T",
])  # fmt: skip
def test_what_is_none_is_named(text):
    with pytest.raises(InputError, match="expected contig, 1-based position, REF and ALT"):
        parse_variant(text)


def test_a_lost_alt_names_the_shell():
    with pytest.raises(InputError, match="put a variant with > in quotes"):
        parse_variant("chr1:826577 A")


def test_words_of_one_variant_are_joined():
    words = ["chr1:5", "A>AT", "chr2:6:C:G", "chr3:7", "c>g"]
    assert joined(words) == ["chr1:5 A>AT", "chr2:6:C:G", "chr3:7 c>g"]
