"""Null variants of a simulated genome change nothing, and are spread over it."""

from collections import Counter
from dataclasses import replace

import pytest

from seqcast.core.errors import InputError
from seqcast.simulate.effects import edit_of
from seqcast.simulate.genome import draw_genome
from seqcast.simulate.nulls import SHARES, draw_nulls


@pytest.fixture(scope="module")
def genome(parameters):
    return draw_genome(replace(parameters, null_snvs=60), 3)


def test_null_variants_change_nothing(genome):
    nulls = draw_nulls(genome)
    assert {variant.kind for variant in nulls} == {"null"}
    for variant in nulls:
        assert variant.dlogk == variant.dloglevel == 0
        assert edit_of(genome, variant).is_neutral(genome.parameters)
        assert len(variant.ref) == len(variant.alt) == 1
        assert variant.ref != variant.alt
    assert len({(variant.chrom, variant.pos) for variant in nulls}) == len(nulls)


def test_they_are_spread_over_contigs_and_regions(genome):
    nulls = draw_nulls(genome)
    assert Counter(variant.chrom for variant in nulls) == {"chrS1": 40, "chrS2": 20}
    in_utr3 = [
        edit.placed.gene.cds[1] <= edit.start < edit.placed.gene.cleavage[0]
        for edit in (edit_of(genome, variant) for variant in nulls)
    ]
    assert sum(in_utr3) == SHARES["utr3"] * 60
    order = [(list(genome.contigs).index(v.chrom), v.pos) for v in nulls]
    assert order == sorted(order)


def test_they_are_drawn_again_by_the_same_seed(genome):
    assert draw_nulls(genome) == draw_nulls(genome)


def test_too_many_are_refused(genome):
    many = replace(genome, parameters=replace(genome.parameters, null_snvs=10**6))
    with pytest.raises(InputError, match=r"null variants \(utr3\) on chrS1 were asked for"):
        draw_nulls(many)
