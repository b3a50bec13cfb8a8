"""Which bins are a gene's, and in which windows."""

import numpy as np
import pytest

from seqcast.genome.annotation import Annotation, Gene
from seqcast.predict.variants.alleles import Geometry
from seqcast.predict.variants.gene_bins import (
    GeneBins,
    distance_to_tss_bp,
    gene_windows,
    genes_in_window,
    windows_around,
)

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


@pytest.mark.parametrize(("site", "left", "right"), [
    (320, (7, 11), (10, 14)),  # first base of bin 10: both sides have it
    (335, (7, 11), (10, 14)),
    (336, (7, 11), (11, 15)),  # 10.5 to 10, 10.53 to 11
    (351, (8, 12), (11, 15)),
    (32, (0, 2), (1, 5)),  # a side ends where the output does
    (767, (21, 24), None),
    (-1, None, None), (768, None, None),  # outside
])  # fmt: skip
@pytest.mark.parametrize("strand", "+-")
def test_sides_of_a_polya_site(site, left, right, strand):
    gene = Gene("g", "g", "chr1", strand, ((100, 300),), polya_sites=(1000 + site,))
    found = GeneBins.of(gene, np.arange(1), 1000, GEOMETRY)
    sides = (left, right) if strand == "+" else (right, left)
    assert found.sides == tuple(side for side in sides if side)
    assert found.n_sites == (0 <= site < 768)


@pytest.mark.parametrize(("sites", "enough"), [
    ((), False), ((100,), False), ((100, 200), True), ((100, 900), False),
    ((100, 200, 300, 400, 900), True), ((100, 200, 300, 900), False),
])  # fmt: skip
def test_enough_sites_are_two_and_most_of_the_gene(sites, enough):
    gene = Gene("g", "g", "chr1", "+", ((100, 300),), polya_sites=sites)
    assert GeneBins.of(gene, np.arange(1), 0, GEOMETRY).has_enough_sites == enough


def test_a_side_counts_once_for_sites_in_one_place():
    gene = Gene("g", "g", "chr1", "+", ((100, 300),), polya_sites=(321, 325))
    assert GeneBins.of(gene, np.arange(1), 0, GEOMETRY).sides == ((7, 11), (10, 14))


def gene(name, *exons, chrom="chr1"):
    return Gene(name, name, chrom, "+", exons)


@pytest.mark.parametrize(("exons", "bins"), [
    (((128, 129),), [0]),  # one base is enough
    (((159, 161),), [0, 1]),
    (((128, 160), (150, 192)), [0, 1]),  # each bin once
    (((0, 129),), [0]),  # begins in the crop
    (((895, 2000),), [23]),  # ends beyond the output
])  # fmt: skip
def test_windows_of_genes_take_every_bin_that_an_exon_touches(exons, bins):
    # a second gene keeps the window at 0: their middles have the mean 512
    middle = sum((b - a) * (a + b - 1) for a, b in exons) // (2 * sum(b - a for a, b in exons))
    other = gene("other", (1024 - middle, 1025 - middle))
    (window,) = gene_windows(Annotation((gene("g", *exons), other)), GEOMETRY, 2)["chr1"]
    assert window.start == 0
    found = {found.gene.gene_id: found.bins.tolist() for found in window.genes}
    assert found["g"] == bins


def test_genes_share_windows_by_their_middles():
    genes = [
        gene("far", (2000, 2002)),
        gene("a", (1000, 1001), (1101, 1104)),  # bases 1000, 1101 to 1103: mean 1076.25
        gene("b", (1076 + 511, 1076 + 512)),  # 511 behind a: within half a window
        gene("c", (1076 + 512, 1076 + 513)),
        gene("a", (1000, 1001), chrom="chr2"),
    ]
    windows = gene_windows(Annotation(tuple(genes)), GEOMETRY, 0.5)
    assert {
        chrom: [(w.start, [found.gene.gene_id for found in w.genes]) for w in there]
        for chrom, there in windows.items()
    } == {
        "chr1": [((1076 + 1587) // 2 - 512, ["a", "b"]), ((1588 + 2000) // 2 - 512, ["c", "far"])],
        "chr2": [(1000 - 512, ["a"])],
    }
    alone = gene_windows(Annotation(tuple(genes)), GEOMETRY, 0)
    assert [w.start for w in alone["chr1"]] == [1076 - 512, 1587 - 512, 1588 - 512, 2000 - 512]


def test_windows_around_a_variant_hold_it_crop_included():
    windows = gene_windows(Annotation((gene("a", (600, 601)), gene("b", (700, 701)))), GEOMETRY, 0)
    starts = {
        position: [w.start for w in windows_around(windows, "chr1", position, GEOMETRY)]
        for position in (87, 88, 187, 188, 88 + 1023, 88 + 1024, 188 + 1023, 188 + 1024)
    }
    assert starts == {
        87: [], 88: [88], 187: [88], 188: [88, 188],
        1111: [88, 188], 1112: [188], 1211: [188], 1212: [],
    }  # fmt: skip
    assert windows_around(windows, "chr2", 600, GEOMETRY) == ()


def test_genes_without_a_bin_in_the_output_are_left_out():
    # 450 bp from the middle is in the crop
    genes = Annotation((gene("a", (1000, 1001)), gene("b", (1900, 1901))))
    assert gene_windows(genes, GEOMETRY, 1) == {}
