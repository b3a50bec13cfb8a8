"""Parts of genes, base by base."""

import numpy as np
import pytest

from seqcast.genome.annotation import Gene
from seqcast.genome.gene_parts import PARTS, gene_parts, touches

# exons 10-20, 30-40, 60-80; coding 15-20, 30-40, 60-65
CODING = ((15, 20), (30, 40), (60, 65))
EXONS = ((10, 20), (30, 40), (60, 80))
BASES = {
    "utr5": [*range(10, 15)], "cds": [*range(15, 20), *range(30, 40), *range(60, 65)],
    "utr3": [*range(65, 80)], "splice_site": [20, 21, 28, 29, 40, 41, 58, 59],
    "intron": [*range(22, 28), *range(42, 58)], "upstream": [*range(10)],
    "downstream": [*range(80, 90)],
}  # fmt: skip
MIRRORED = {"utr5": "utr3", "utr3": "utr5", "upstream": "downstream", "downstream": "upstream"}


def of_bases(gene):
    """The part of each base 0 to 89, as those of one-base edits."""
    starts = np.arange(90)
    return gene_parts(gene, starts, starts + 1).tolist()


@pytest.mark.parametrize("strand", ["+", "-"])
def test_each_base_is_in_one_part(strand):
    names = MIRRORED if strand == "-" else {}
    expected = {base: names.get(part, part) for part, bases in BASES.items() for base in bases}
    found = of_bases(Gene("g", "", "c", strand, EXONS, coding=CODING))
    assert found == [expected[base] for base in range(90)]


def test_a_gene_without_cds_has_exons_of_no_part():
    found = of_bases(Gene("g", "", "c", "-", EXONS))
    assert {found[base] for start, end in EXONS for base in range(start, end)} == {"noncoding_exon"}
    assert found[0] == "downstream"
    assert found[85] == "upstream"
    assert found[50] == "intron"


def test_an_exon_between_coding_ones_is_of_no_utr():
    gene = Gene("g", "", "c", "+", EXONS, coding=((15, 20), (60, 65)))
    assert of_bases(gene)[35] == "noncoding_exon"


@pytest.mark.parametrize(("start", "end", "part"), [
    (18, 22, "splice_site"),  # of a deletion of exon and intron
    (12, 17, "cds"),
    (15, 15, "cds"),  # an insertion has both neighbours: 14 is of the 5' UTR
    (20, 20, "splice_site"),
    (10, 10, "utr5"),
    (25, 25, "intron"),
    (5, 8, "upstream"),
    (75, 85, "utr3"),
    (8, 82, "splice_site"),  # the whole gene is deleted
])  # fmt: skip
def test_of_several_parts_the_first_counts(start, end, part):
    gene = Gene("g", "", "c", "+", EXONS, coding=CODING)
    assert gene_parts(gene, np.array([start]), np.array([end])).tolist() == [part]


def test_a_gene_of_one_exon_has_no_intron():
    gene = Gene("g", "", "c", "+", ((10, 20),), coding=((12, 15),))
    assert set(of_bases(gene)) == {"upstream", "utr5", "cds", "utr3", "downstream"}


def test_stretches_that_touch_intervals_by_brute_force():
    rng = np.random.default_rng(0)
    for _ in range(50):
        edges = np.sort(rng.choice(60, 8, replace=False)).reshape(-1, 2)
        starts = rng.integers(0, 60, 30)
        ends = starts + rng.integers(1, 10, 30)
        expected = [
            any(a < e and s < b for a, b in edges) for s, e in zip(starts, ends, strict=True)
        ]
        assert touches(edges.tolist(), starts, ends).tolist() == expected


def test_parts_are_all_reached():
    assert set(BASES) | {"noncoding_exon"} == set(PARTS)
