"""Exons that no other gene has, against a look at every pair."""

import numpy as np
import pytest

from seqcast.annotation import Annotation, Gene, merge_intervals, read_annotation
from seqcast.coverage_accuracy.gene_regions import counted_regions


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
    """Each region of a gene against each of every other gene."""
    regions = {g.gene_id: ((g.start, g.end),) if span else g.exons for g in annotation.genes}
    return [
        tuple(
            (start, end)
            for start, end in regions[gene.gene_id]
            if not any(
                other is not gene and (other.chrom, other.strand) == (gene.chrom, gene.strand)
                and a < end and start < b
                for other in annotation.genes for a, b in regions[other.gene_id]
            )
        )
        for gene in annotation.genes
    ]  # fmt: skip


@pytest.mark.parametrize("span", [False, True])
@pytest.mark.parametrize("seed", range(4))
def test_equals_a_look_at_every_pair(seed, span):
    annotation = random_genes(seed)
    found = counted_regions(annotation, span)
    assert found == plain_regions(annotation, span)
    assert any(not regions for regions in found)
    assert any(found)


def test_touching_exons_do_not_overlap_and_the_other_strand_is_no_matter():
    genes = (
        Gene("a", "", "c", "+", ((0, 10), (20, 30), (40, 50))),
        Gene("b", "", "c", "+", ((10, 20), (49, 60))),
        Gene("c", "", "c", "-", ((0, 60),)),
    )
    assert counted_regions(Annotation(genes)) == [((0, 10), (20, 30)), ((10, 20),), ((0, 60),)]
    assert counted_regions(Annotation(genes), span=True) == [(), (), ((0, 60),)]


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
