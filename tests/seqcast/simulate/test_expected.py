"""The closed form of coverage against a loop over bases, and against what each assay must show."""

from math import exp

import numpy as np
import pytest

from seqcast.simulate.assays import ASSAYS
from seqcast.simulate.expected import exon_positions, exonic_coverage, gene_coverage
from seqcast.simulate.genome import draw_genome
from tests.seqcast.simulate.coverage_oracle import base_coverage

NAMES = [assay.name for assay in ASSAYS]


@pytest.fixture(scope="module")
def genes(parameters):
    genes = draw_genome(parameters, 3).genes
    return [next(g for g in genes if len(g.gene.cleavage) == n) for n in (1, 2)]


def test_equals_the_loop_over_bases(genes, parameters) -> None:
    for placed in genes:
        found = gene_coverage(placed.gene, placed.truth, parameters)
        positions = range(0, len(placed.gene.sequence), 3)
        for i, name in enumerate(NAMES):
            wanted = [base_coverage(placed.gene, placed.truth, name, x) for x in positions]
            np.testing.assert_allclose(found[i, ::3], wanted, rtol=1e-9, atol=1e-12)


def test_the_time_course_decays_at_the_true_rate(genes, parameters) -> None:
    placed = genes[0]
    sums = dict(zip(NAMES, exonic_coverage(placed.gene, placed.truth, parameters), strict=True))
    rate = placed.truth.decay_rate_per_h
    for t in (2, 4, 8):
        ratio = sums[f"sim_actd_{t}h"] / sums["sim_actd_0h"]
        assert ratio == pytest.approx(exp(-rate * t))
    # what was labelled in an hour is what is lost in an hour
    assert sums["sim_4su_1h"] / sums["sim_actd_0h"] == pytest.approx(1 - exp(-rate))


def test_introns_have_premrna_alone(genes, parameters) -> None:
    gene, truth = genes[0].gene, genes[0].truth
    found = gene_coverage(gene, truth, parameters)
    intron = slice(gene.exons[0][1], gene.exons[1][0])
    total = NAMES.index("sim_total")
    assert found[total, intron] == pytest.approx(0.03 * exp(truth.log_expression))
    assert not np.delete(found, total, axis=0)[:, intron].any()
    outside = np.delete(found, NAMES.index("sim_cage"), axis=0)
    assert not outside[:, : gene.tss].any()
    assert not outside[:, gene.cleavage[0] :].any()


def test_exon_positions_are_the_spliced_transcript(genes) -> None:
    gene = genes[0].gene
    spliced = "".join(gene.sequence[i] for i in exon_positions(gene))
    assert spliced == "".join(gene.sequence[s:e] for s, e in gene.exons)
