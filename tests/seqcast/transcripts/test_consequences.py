"""The coding sequence of an edited mRNA, against reading it plainly."""

import pytest
from Bio.Seq import Seq
from hypothesis import given
from hypothesis import strategies as st

from seqcast.transcripts.consequences import CONSEQUENCES, REGIONS, read_edited, translate
from seqcast.transcripts.edits import MrnaEdit
from seqcast.transcripts.marks import mark_codons

#       0    5            18
MRNA = "GGCAC" + "AUGGCUUGGUAA" + "CCUAGAAUGA"
CDS = (5, 17)  # M A W *


@pytest.mark.parametrize(
    ("edit", "cds", "region", "consequence"),
    [
        ((0, 1, "A"), (5, 17), "utr5", "utr5"),
        ((1, 3, ""), (3, 15), "utr5", "utr5"),
        ((5, 5, "AA"), (7, 19), "utr5", "utr5"),  # directly before the start codon
        ((17, 17, "G"), (5, 17), "utr3", "utr3"),  # directly behind the stop codon
        ((20, 24, ""), (5, 17), "utr3", "utr3"),
        ((10, 11, "C"), (5, 17), "cds", "synonymous"),  # GCU > GCC
        ((9, 10, "A"), (5, 17), "cds", "missense"),  # GCU > GAU
        ((8, 14, "AAAUUU"), (5, 17), "cds", "missense"),
        ((13, 14, "A"), (5, 14), "cds", "stop_gained"),  # UGG > UGA: marks end here
        ((11, 11, "UAAUAA"), (5, 14), "cds", "stop_gained"),
        ((8, 11, ""), (5, 14), "cds", "inframe_indel"),
        ((8, 8, "CCC"), (5, 20), "cds", "inframe_indel"),
        ((14, 15, "C"), (5, 26), "cds", "stop_lost"),  # AUG GCU UGG CAA CCU AGA AUG, A is left
        ((15, 16, "C"), (5, 26), "cds", "stop_lost"),
        ((15, 16, "G"), (5, 17), "cds", "synonymous"),  # UAA > UGA
        ((16, 17, "G"), (5, 17), "cds", "synonymous"),  # UAA > UAG
        ((16, 16, "G"), (5, 17), "cds", "synonymous"),  # UAG, and an A more behind it
        ((7, 8, ""), (5, 26), "cds", "frameshift"),  # the next G takes the place of the lost one
        ((8, 9, ""), (5, 26), "cds", "frameshift"),  # AUG CUU GGU AAC CUA GAA UGA
        ((12, 12, "A"), (5, 14), "cds", "frameshift"),  # AUG GCU UAG G: the stop is in the insert
        ((15, 19, ""), (5, 23), "cds", "stop_lost"),  # AUG GCU UGG UUA GAA UGA
        ((5, 6, "C"), (5, 17), "cds", "start_lost"),  # marks stay
        ((6, 7, ""), (7, 16), "cds", "start_lost"),  # the codons behind the edit stay
        ((6, 6, "CC"), (10, 19), "cds", "start_lost"),
        ((3, 7, ""), (4, 13), "cds", "start_lost"),
        ((4, 17, ""), None, "cds", "start_lost"),  # nothing is left
        ((4, 20, ""), None, "cds", "start_lost"),
    ],
)
def test_cases(edit, cds, region, consequence):
    found = read_edited(MRNA, CDS, MrnaEdit(*edit))
    assert found[1:] == (cds, region, consequence)
    assert found.sequence == MrnaEdit(*edit).apply(MRNA)
    assert found.region in REGIONS
    assert found.consequence in CONSEQUENCES
    mark_codons(found.sequence, *(found.cds or (None, None)))  # whole codons inside it


def test_without_a_cds():
    found = read_edited(MRNA, None, MrnaEdit(5, 6, "G"))
    assert found[1:] == (None, "no_cds", "no_cds")


def test_stop_codon_that_is_read_through_stays_so():
    mrna = "AUGUGACCCGGGUAAAC"  # M U P G *
    cds = (0, 15)
    assert read_edited(mrna, cds, MrnaEdit(8, 9, "A"))[1:] == (cds, "cds", "synonymous")
    assert read_edited(mrna, cds, MrnaEdit(6, 9, "")).cds == (0, 12)
    assert read_edited(mrna, cds, MrnaEdit(3, 3, "CCC")).cds == (0, 18)
    # a codon that the edit touches is read as it stands
    assert read_edited(mrna, cds, MrnaEdit(4, 5, "A"))[1:] == ((0, 6), "cds", "stop_gained")


def test_cds_without_a_stop_stays_open():
    mrna = "CCCAUGGCUUGGCCCUAA"
    cds = (3, 12)
    assert read_edited(mrna, cds, MrnaEdit(8, 9, "C"))[1:] == (cds, "cds", "synonymous")
    assert read_edited(mrna, cds, MrnaEdit(6, 9, "")).cds == (3, 9)
    assert read_edited(mrna, cds, MrnaEdit(6, 7, ""))[1:] == ((3, 15), "cds", "frameshift")


def test_cds_whose_start_is_not_known_keeps_its_frame():
    mrna = "GCUUGGUAACC"
    assert read_edited(mrna, (0, 9), MrnaEdit(0, 1, "A"))[1:] == ((0, 9), "cds", "missense")
    assert read_edited(mrna, (0, 9), MrnaEdit(1, 1, "A")).consequence == "frameshift"


def test_unknown_bases_are_no_synonym():
    assert translate("AUGNNNUAA") == "MX*"
    assert read_edited("AUGNCUUAA", (0, 9), MrnaEdit(4, 5, "A")).consequence == "missense"


@pytest.mark.parametrize(
    ("edit", "consequence"),
    [
        ((5, 6, "C"), "synonymous"),  # GCU > GCC, beside an unknown codon
        ((4, 5, "A"), "missense"),
        ((9, 10, "A"), "missense"),  # GNU > ANU
        ((11, 12, "C"), "missense"),  # GNU > GNC
        ((10, 11, "N"), "synonymous"),
        ((9, 12, ""), "inframe_indel"),
    ],
)
def test_unknown_bases_elsewhere_do_not_count(edit, consequence):
    assert read_edited("AUGGCUNNNGNUUAA", (0, 15), MrnaEdit(*edit)).consequence == consequence


CODONS = st.lists(st.sampled_from(["GCU", "UGG", "AAA", "CUG", "AUG", "UAC"]), max_size=8)


@given(utr5=st.text("ACGU", max_size=8), codons=CODONS, utr3=st.text("ACGU", max_size=20),
       data=st.data())  # fmt: skip
def test_reads_as_a_ribosome_would(utr5, codons, utr3, data):
    mrna = utr5 + "AUG" + "".join(codons) + "UAG" + utr3
    cds = (len(utr5), len(utr5) + 6 + 3 * len(codons))
    start = data.draw(st.integers(0, len(mrna)))
    end = min(len(mrna), start + data.draw(st.integers(0, 7)))
    edit = MrnaEdit(start, end, data.draw(st.text("ACGU", max_size=5)))
    found = read_edited(mrna, cds, edit)
    changed = mrna[:start] + edit.insert + mrna[end:]
    assert found.sequence == changed
    if found.consequence == "start_lost":
        if found.cds and edit.growth_nt:
            # annotated codons behind the edit, none of them cut
            tail = len(mrna) - (len(changed) - found.cds[0])
            assert (tail - cds[0]) % 3 == 0
            assert end <= tail < end + 3
            assert changed[found.cds[0] : found.cds[1]] == mrna[tail : cds[1]]
        return
    begin = cds[0] + (edit.growth_nt if end <= cds[0] else 0)
    assert found.cds[0] == begin
    rest = changed[begin:]
    rest = rest[: len(rest) // 3 * 3]
    protein = str(Seq(rest).translate(to_stop=True))
    read = translate(changed[slice(*found.cds)])
    assert read.removesuffix("*") == protein
    assert found.cds[1] - begin == 3 * len(protein) + 3 * read.endswith("*")
    same = read == translate(mrna[slice(*cds)])
    assert same == (found.consequence in ("utr5", "utr3", "synonymous"))
    if found.consequence == "stop_gained":
        assert len(read) < (cds[1] - cds[0] + edit.growth_nt) // 3
    if found.consequence == "missense":
        assert len(read) == (cds[1] - cds[0]) // 3
