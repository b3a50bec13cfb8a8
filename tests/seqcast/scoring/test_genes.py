"""Exon bins by majority overlap."""

import pytest

from seqcast.annotation import Annotation, Gene
from seqcast.scoring.alleles import Geometry
from seqcast.scoring.genes import distance_to_tss_bp, genes_in_window

GEOMETRY = Geometry(length_bp=1024, bin_size_bp=32, crop_bins=4)  # output: 768 bp, 24 bins


@pytest.mark.parametrize(("exons", "bins"), [
    (((128, 192),), [0, 1]),  # whole bins
    (((128, 145),), [0]),  # 17 of 32 bp: most of the bin
    (((128, 144),), []),  # half: rounds to even, here to none
    (((160, 176),), [1]),  # half: rounds to even, here up
    (((128, 192), (170, 224)), [0, 1, 2]),  # each bin once
    (((0, 200),), [0, 1]),  # begins in the crop
    (((870, 2000),), [23]),  # ends beyond the output
    (((0, 100),), []),  # crop only
])  # fmt: skip
def test_bins_of_exons(exons, bins):
    found = genes_in_window(Annotation((Gene("g", "g", "chr1", "+", exons),)), "chr1", 0, GEOMETRY)
    assert [gene.bins.tolist() for gene in found] == ([bins] if bins else [])


def test_span_takes_introns_even_where_no_exon_is_in_the_window():
    gene = Gene("g", "g", "chr1", "+", ((-5000, -4000), (5000, 6000)))
    annotation = Annotation((gene,))
    assert genes_in_window(annotation, "chr1", 0, GEOMETRY) == []
    found = genes_in_window(annotation, "chr1", 0, GEOMETRY, span=True)
    assert found[0].bins.tolist() == list(range(24))


@pytest.mark.parametrize(("strand", "distance"), [("+", 50), ("-", 149)])
def test_distance_is_positive_downstream(strand, distance):
    # TSS is base 100 on +, base 299 on -
    gene = Gene("g", "g", "chr1", strand, ((100, 300),))
    assert distance_to_tss_bp(gene, 150) == distance
