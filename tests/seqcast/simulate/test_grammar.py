"""Drawn grammars: other motifs of the same kinds, whose genomes hold as the first one's do."""

import re
from dataclasses import replace

import pytest

from seqcast.simulate import Parameters
from seqcast.simulate.gene_edits import motifs
from seqcast.simulate.genome import draw_genome
from seqcast.simulate.grammar import drawn_grammar
from seqcast.simulate.motifs import one_base_apart
from seqcast.simulate.planted import draw_planted
from seqcast.simulate.species import SPECIES, species_parameters
from seqcast.simulate.truth import element_copies
from seqcast.simulate.utr3 import DOWNSTREAM_ELEMENT

OLD = Parameters()
SEEDS = range(6)


def pattern(motif):
    return motif.replace("N", "[ACGTN]")


@pytest.mark.parametrize("seed", SEEDS)
def test_elements_keep_their_kind_and_nothing_else(seed):
    new = drawn_grammar(OLD, seed)
    assert new == drawn_grammar(OLD, seed)
    for before, after in zip(OLD.elements, new.elements, strict=True):
        assert (before.name, before.weights) == (after.name, after.weights)
        assert [b == "N" for b in before.full] == [b == "N" for b in after.full]
        assert before.full != after.full
        assert before.effect * after.effect > 0
        assert 0.3 <= abs(after.effect) <= 0.8
    assert list(new.pas_frequency.values()) == list(OLD.pas_frequency.values())
    assert new.pas_frequency.keys() == new.pas_strength.keys()
    assert max(new.pas_strength.values()) == 1
    kept = (
        "elements",
        "pas_frequency",
        "pas_strength",
        "cleavage_bp",
        "downstream_bp",
        "proximal_bp",
    )
    assert replace(new, **{name: getattr(OLD, name) for name in kept}) == OLD


@pytest.mark.parametrize("seed", SEEDS)
def test_no_motif_is_in_another_one(seed):
    new = drawn_grammar(OLD, seed)
    texts = [*(e.full for e in new.elements), *new.pas_strength]
    cores = [*(e.core for e in new.elements), *new.pas_strength]
    before = [*(e.full for e in OLD.elements), *OLD.pas_strength, DOWNSTREAM_ELEMENT]
    for i, core in enumerate(cores):
        found = [len(re.findall(f"(?={pattern(core)})", text)) for text in texts]
        assert found == [int(i == j) for j in range(len(texts))]
        assert not any(re.search(pattern(core), text) for text in before)


def test_genomes_of_a_grammar_have_its_motifs_and_a_truth():
    small = replace(OLD, contigs=(("chrS1", 2), ("chrS2", 24)), planted_snvs=20, planted_decoys=4,
                    planted_ares=4)  # fmt: skip
    genome = draw_genome(drawn_grammar(small, 1), 3)
    planted = {f.name for p in genome.genes for f in p.gene.features if f.region == "utr3"}
    assert {"ARE", "PUM", "MIR", "STB", "PAS"} <= planted
    for placed in genome.genes:
        found = motifs(placed.gene.utr3(), genome.parameters)
        named = [f for f in placed.gene.features if f.region == "utr3" and f.name != "DSE"]
        assert sorted(name for name, _ in found) == sorted(f.name for f in named)
        copies = element_copies(placed.gene, genome.parameters)
        assert sum(copies.values()) == sum(f.name != "PAS" for f in named)
    variants = draw_planted(genome)
    assert {v.kind for v in variants} == {
        "causal", "matched", "decoy", "decoy_matched", "one_u_lost", "two_u_lost"}  # fmt: skip
    assert all((v.dlogk, v.dloglevel) == (0, 0) for v in variants if v.kind in ("matched", "decoy"))


def test_a_grammar_is_drawn_for_any_species():
    assert species_parameters("b", grammar=None) == SPECIES["b"]
    drawn = species_parameters("b", {"one": 3, "two": 2}, {"planted_snvs": 5}, grammar=2)
    assert (drawn.contigs, drawn.planted_snvs) == ((("one", 3), ("two", 2)), 5)
    assert drawn.base_half_life_h == SPECIES["b"].base_half_life_h
    assert drawn.elements != SPECIES["b"].elements


def test_motifs_a_base_apart():
    found = one_base_apart("AC")
    assert found == ["CC", "GC", "TC", "AA", "AG", "AT"]
