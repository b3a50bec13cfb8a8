"""Oligos of the reporter assay: what they are made of, and the effect that they show."""

from dataclasses import replace
from math import log

import pytest

from seqcast.simulate.genome import draw_genome
from seqcast.simulate.mpra_oligos import log_half_life, oligo_table
from seqcast.simulate.parameters import Parameters
from seqcast.simulate.planted import draw_planted

COMPLEMENT = str.maketrans("ACGT", "TGCA")


@pytest.fixture(scope="module")
def genome(parameters):
    return draw_genome(
        replace(parameters, planted_snvs=20, planted_decoys=4, planted_ares=4, oligo_bp=120), 3
    )


@pytest.fixture(scope="module")
def variants(genome):
    return draw_planted(genome)


@pytest.fixture(scope="module")
def oligos(genome, variants):
    return oligo_table(genome, variants).to_dicts()


def test_rows_are_substitutions_in_utrs(oligos, variants) -> None:
    wanted = [v.id for v in variants if "decoy" not in v.kind and v.element != "PAS"]
    assert [row["variant"] for row in oligos] == wanted
    assert {row["kind"] for row in oligos} == {"causal", "matched", "one_u_lost", "two_u_lost"}


def test_oligos_are_the_contig_around_the_variant(oligos, genome, variants) -> None:
    by_id = {v.id: v for v in variants}
    strands = {placed.gene_id: placed.strand for placed in genome.genes}
    contig = genome.contigs["chrS2"]
    for row in oligos:
        v = by_id[row["variant"]]
        edited = contig[: v.pos - 1] + v.alt + contig[v.pos - 1 + len(v.ref) :]
        texts = contig, edited
        if strands[row["gene_id"]] == "-":
            texts = tuple(text.translate(COMPLEMENT)[::-1] for text in texts)
        assert len(row["ref_oligo"]) == row["end"] - row["start"] == 120
        at = texts[0].index(row["ref_oligo"])
        assert texts[1][at : at + 120] == row["alt_oligo"]
        changed = [i for i in range(120) if row["ref_oligo"][i] != row["alt_oligo"][i]]
        assert 55 <= min(changed) <= max(changed) <= 65  # in the middle


def test_half_life_of_a_reporter() -> None:
    p = Parameters()
    assert log_half_life("G" * 50, p) == pytest.approx(log(4))
    # ARE 0.70, weak ARE 0.4 of it, STB -0.45
    utr3 = "GG" + "TTATTTATT" + "GG" + "GTATTTATT" + "GG" + "CCTCCCTCC"
    assert log_half_life(utr3, p) == pytest.approx(log(4) - 0.70 - 0.28 + 0.45)


def test_effects(oligos) -> None:
    for row in oligos:
        difference = row["ref_log_half_life"] - row["alt_log_half_life"]
        assert row["true_dlogk"] == pytest.approx(difference)
        if row["kind"] == "matched":
            assert row["true_dlogk"] == 0
        elif row["kind"] == "two_u_lost":
            assert row["true_dlogk"] == pytest.approx(-0.70)
        elif row["kind"] == "one_u_lost":
            assert row["true_dlogk"] == pytest.approx(-0.42)
        elif row["element"] == "PUM":
            assert row["true_dlogk"] == pytest.approx(-0.45)
