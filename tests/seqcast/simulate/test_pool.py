"""Matched variants: of all neutral places, the one that a plain search finds."""

import numpy as np
import pytest

from seqcast.genome.sequence import reverse_complement
from seqcast.simulate.gene_edits import Edit
from seqcast.simulate.genome import SimulatedGenome, draw_genome
from seqcast.simulate.parameters import Parameters
from seqcast.simulate.pool import NeutralPool
from seqcast.simulate.variants import breaking_edits, substitutions

CHROM = "chrS1"


@pytest.fixture(scope="module")
def genome() -> SimulatedGenome:
    return draw_genome(Parameters(contigs=((CHROM, 12), ("chrS2", 4))), 3)


def forward(edit: Edit) -> tuple[str, str]:
    """REF and ALT on the forward strand."""
    alleles = edit.placed.gene.sequence[edit.start : edit.end], edit.insert
    if edit.placed.strand == "+":
        return alleles
    return reverse_complement(alleles[0]), reverse_complement(alleles[1])


def free_snvs(genome: SimulatedGenome, alleles: tuple[str, str]) -> list[Edit]:
    """All of a change in the 3' UTRs, but for planted features, in the order of genes and places."""
    found = []
    for placed in genome.genes:
        gene = placed.gene
        planted = {i for part in gene.features for i in range(part.start, part.end)}
        for start in range(gene.cds[1], gene.cleavage[0]):
            for base in "ACGT":
                edit = Edit(placed, start, start + 1, base)
                if placed.chrom == CHROM and start not in planted and forward(edit) == alleles:
                    found.append(edit)
    return found


def test_draws_equal_a_plain_search(genome) -> None:
    pool, taken = NeutralPool(genome, CHROM), set()
    causal = breaking_edits(
        genome, CHROM, np.random.default_rng(1), ["ARE", "PUM", "PAS"], substitutions, 6
    )
    for _, edit in causal:

        def mismatch(other: Edit, edit: Edit = edit) -> tuple[int, float]:
            expression = [e.placed.truth.log_expression for e in (edit, other)]
            distance = abs(edit.pas_distance_bp - other.pas_distance_bp)
            return distance, abs(expression[0] - expression[1])

        candidates = [
            other
            for other in free_snvs(genome, forward(edit))
            if other.placed is not edit.placed and (other.placed.number, other.start) not in taken
        ]
        # sorted keeps the order of equal ones
        best_first = sorted(candidates, key=mismatch)
        expected = next(e for e in best_first if e.is_neutral(genome.parameters))
        assert pool.draw(edit) == expected
        taken.add((expected.placed.number, expected.start))
