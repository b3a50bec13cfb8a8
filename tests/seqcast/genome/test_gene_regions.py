"""Bases of exons that no other gene has, against a look at every base."""

import numpy as np
import pytest

from seqcast.genome.annotation import Annotation, Gene, read_annotation
from seqcast.genome.gene_regions import counted_regions
from seqcast.genome.intervals import merge_intervals


def random_genes(seed: int) -> Annotation:
    rng = np.random.default_rng(seed)
    genes = []
    for number in range(60):
        start = rng.integers(0, 6000)
        begins = start + np.sort(rng.integers(0, 600, rng.integers(1, 6)))
        exons = merge_intervals((int(b), int(b + rng.integers(1, 120))) for b in begins)
        genes.append(Gene(f"g{number}", "", rng.choice(["a", "b"]), rng.choice(["+", "-"]), exons))
    return Annotation(tuple(genes))


def plain_regions(annotation: Annotation, span: bool):
    """Each base of a gene against the bases of each other gene."""
    regions = [((g.start, g.end),) if span else g.exons for g in annotation.genes]
    bases = [{base for region in of_gene for base in range(*region)} for of_gene in regions]
    found = []
    for gene, of_gene, own in zip(annotation.genes, regions, bases, strict=True):
        for other, others in zip(annotation.genes, bases, strict=True):
            if other is not gene and (other.chrom, other.strand) == (gene.chrom, gene.strand):
                own = own - others
        runs = []
        for start, end in of_gene:
            kept = [base for base in range(start, end) if base in own]
            begins = [base for base in kept if base == start or base - 1 not in own]
            ends = [base + 1 for base in kept if base + 1 == end or base + 1 not in own]
            runs += list(zip(begins, ends, strict=True))
        found.append(tuple(runs))
    return found


@pytest.mark.parametrize("span", [False, True])
@pytest.mark.parametrize("seed", range(4))
def test_equals_a_look_at_every_base(seed, span):
    annotation = random_genes(seed)
    found = counted_regions(annotation, span)
    assert found == plain_regions(annotation, span)
    assert any(len(regions) > 1 for regions in found)
    assert found != counted_regions(annotation, span, compat=True)


def test_touching_exons_do_not_overlap_and_the_other_strand_is_no_matter():
    genes = (
        Gene("a", "", "c", "+", ((0, 10), (20, 30), (40, 50))),
        Gene("b", "", "c", "+", ((10, 20), (49, 60))),
        Gene("c", "", "c", "-", ((0, 60),)),
    )
    assert counted_regions(Annotation(genes)) == [
        ((0, 10), (20, 30), (40, 49)), ((10, 20), (50, 60)), ((0, 60),)]  # fmt: skip
    assert counted_regions(Annotation(genes), span=True) == [((0, 10),), ((50, 60),), ((0, 60),)]


def test_genes_of_an_operon_lose_the_bases_that_they_share():
    """A start codon in the stop codon of the gene before; a gene inside another has none left."""
    genes = (
        Gene("a", "", "c", "+", ((0, 1000),)),
        Gene("b", "", "c", "+", ((996, 2000),)),
        Gene("in b", "", "c", "+", ((1500, 1600),)),
        Gene("same", "", "c", "+", ((3000, 3100),)),
        Gene("same too", "", "c", "+", ((3000, 3100),)),
        Gene("third", "", "c", "+", ((3050, 3200),)),
    )
    assert counted_regions(Annotation(genes)) == [
        ((0, 996),), ((1000, 1500), (1600, 2000)), (), (), (), ((3100, 3200),)]  # fmt: skip


@pytest.mark.parametrize("span", [False, True])
def test_the_original_keeps_all(shared, span):
    folder = shared / "reference/borzuki/metrics/gene_accuracy"
    annotation = read_annotation(folder / "synthetic_genes_tiny_test.gtf")
    golden = folder / ("golden_span_rc" if span else "golden") / "genes.bed"
    rows = [line.split("\t") for line in golden.read_text().splitlines()]
    kept = counted_regions(annotation, span, compat=True)
    found = [
        [gene.chrom, str(start), str(end), gene.gene_id, ".", gene.strand]
        for gene, regions in zip(annotation.genes, kept, strict=True)
        for start, end in regions
    ]
    assert found == rows
    assert counted_regions(annotation, span) == plain_regions(annotation, span)
