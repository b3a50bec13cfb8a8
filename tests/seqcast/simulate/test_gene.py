"""Drawn genes are well formed, and edits move what lies behind them."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from seqcast.simulate.gene import Gene, draw_gene
from seqcast.simulate.parameters import ELEMENTS, PAS_STRENGTH, Parameters

MOTIFS = ["TTATTTATT", "CTACCTCA", "CCTCCCTCC", *(f"TGTA{n}ATA" for n in "ACGT"), *PAS_STRENGTH]


@pytest.fixture(scope="module")
def genes() -> list[Gene]:
    return [draw_gene(np.random.default_rng([7, i]), Parameters()) for i in range(60)]


def test_slot_and_tss_are_within_their_ranges(genes: list[Gene]) -> None:
    assert all(3072 <= len(g.sequence) <= 4096 for g in genes)
    assert all(150 <= g.tss <= 400 for g in genes)
    assert {len(g.exons) for g in genes} == {2, 3, 4}  # 1 to 3 introns
    assert {len(g.cleavage) for g in genes} == {1, 2}


def test_features_are_in_the_sequence_and_do_not_overlap(genes: list[Gene]) -> None:
    for gene in genes:
        for feature in gene.features:
            assert gene.sequence[feature.start : feature.end] == feature.sequence
        assert all(left.end <= right.start for left, right in pairwise(gene.features))


def test_only_what_was_planted_functions(genes: list[Gene]) -> None:
    for gene in genes:
        utr3, offset = gene.utr3(), gene.cds[1]
        found = {
            (offset + i, motif)
            for motif in MOTIFS
            for i in range(len(utr3))
            if utr3.startswith(motif, i)
        }
        # the downstream element between the poly(A) sites is no motif of its own
        planted = {
            (f.start, f.sequence) for f in gene.features if f.region == "utr3" and f.name != "DSE"
        }
        assert found == planted


def test_poly_a_signals_have_their_spacing(genes: list[Gene]) -> None:
    for gene in genes:
        downstream = sorted(f.start for f in gene.features if f.name == "DSE")[::-1]
        for hexamer, end, element in zip(gene.hexamers, gene.cleavage, downstream, strict=True):
            assert gene.sequence[hexamer : hexamer + 6] in PAS_STRENGTH
            assert 11 <= end - (hexamer + 6) <= 23  # Chen 1995
            assert 6 <= element - end <= 20


def test_a_gene_stays_the_same_when_an_unrelated_parameter_changes(genes: list[Gene]) -> None:
    parameters = Parameters(causal_snvs=1, elements=ELEMENTS, base_half_life_h=1.0)
    assert draw_gene(np.random.default_rng([7, 5]), parameters) == genes[5]


def toy() -> Gene:
    #                0         10        20
    sequence = "GGGATGCCCTAACACACAAATAAACCGG"
    return Gene(sequence, ((2, 26),), (3, 12), (18,), (26,), (), 0.0)


@pytest.mark.parametrize(
    ("start", "end", "insert", "utr3", "hexamer"),
    [
        (14, 15, "G", "CAGACAAATAAACC", 18),  # a substitution moves nothing
        (13, 16, "", "CCAAATAAACC", 15),  # a deletion before the hexamer moves it
        (14, 14, "TTTT", "CATTTTCACAAATAAACC", 22),
        (20, 21, "", "CACACAAAAAACC", 18),  # within the hexamer: its start stays
        (18, 24, "", "CACACACC", 18),
    ],
)
def test_edited(start: int, end: int, insert: str, utr3: str, hexamer: int) -> None:
    edited = toy().edited(start, end, insert)
    assert edited.utr3() == utr3
    assert edited.hexamers == (hexamer,)
    assert edited.coding_sequence() == "ATGCCCTAA"


def test_edit_may_not_remove_a_boundary() -> None:
    with pytest.raises(ValueError, match=r"\[24, 28\) removes the boundary at 26"):
        toy().edited(24, 28, "")


def test_spliced_cds() -> None:
    gene = replace(toy(), exons=((2, 7), (9, 26)))
    assert gene.coding_sequence() == "ATGC" + "TAA"
