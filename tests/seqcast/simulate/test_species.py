"""Two species: other contigs, other numbers, the same motifs."""

from dataclasses import replace

import pytest

from seqcast.core.errors import InputError
from seqcast.simulate import Parameters
from seqcast.simulate.genome import draw_genome
from seqcast.simulate.species import SPECIES, species_parameters


def test_species_a_is_the_demo() -> None:
    assert species_parameters("a") == Parameters()


def test_species_b_differs() -> None:
    a, b = species_parameters("a"), species_parameters("b")
    assert not {name for name, _ in a.contigs} & {name for name, _ in b.contigs}
    assert [e.full for e in a.elements] == [e.full for e in b.elements]
    assert all(x.effect != y.effect for x, y in zip(a.elements, b.elements, strict=True))
    genomes = [draw_genome(replace(p, contigs=((p.contigs[0][0], 10),)), 3).contigs for p in (a, b)]
    gc = []
    for contigs in genomes:
        (sequence,) = contigs.values()
        gc.append(sum(base in "GC" for base in sequence) / len(sequence))
    assert gc[0] - gc[1] > 0.03


def test_unknown_species() -> None:
    with pytest.raises(InputError, match="species is 'c'; expected one of a, b"):
        species_parameters("c")


def test_contigs_can_be_given() -> None:
    parameters = species_parameters("b", {"one": 3, "two": 2})
    assert parameters.contigs == (("one", 3), ("two", 2))
    assert parameters.base_half_life_h == SPECIES["b"].base_half_life_h


def test_numbers_can_be_given() -> None:
    assert species_parameters("a", numbers={"planted_snvs": 5}).planted_snvs == 5
    with pytest.raises(InputError, match="'planted_snv' is no number of the simulation"):
        species_parameters("a", numbers={"planted_snv": 5})
