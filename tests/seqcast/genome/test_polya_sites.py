"""Poly(A) sites: files of them, and the genes that they are of."""

import pytest

from seqcast.core.errors import InputError
from seqcast.genome.annotation import Annotation, Gene
from seqcast.genome.fasta import Genome
from seqcast.genome.polya_sites import read_sites, with_polya_sites


def sites(folder, text):
    path = folder / "sites.bed"
    path.write_text(text)
    return path


def test_a_site_is_the_first_base_of_its_interval(tmp_path):
    text = "# poly(A) sites\nchr1\t9\t10\tpas\t0\t+\nchr2\t0\t30\tpas\t0\t-\n"
    found = read_sites(sites(tmp_path, text))
    assert found.rows() == [("chr1", 10, "+"), ("chr2", 1, "-")]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("chr1\t9\t10\n", "3 columns; expected a BED of six"),
        ("chr1\tx\t10\tpas\t0\t+\n", "start None and strand"),
        ("chr1\t9\t10\tpas\t0\t.\n", "strand '.'; expected a number, and"),
    ],
)
def test_sites_that_cannot_be_read(tmp_path, text, message):
    with pytest.raises(InputError, match=message):
        read_sites(sites(tmp_path, text))


@pytest.fixture
def genome(tmp_path):
    (tmp_path / "genome.fa").write_text(f">chr1\n{'ACGT' * 100}\n")
    with Genome(tmp_path / "genome.fa") as genome:
        yield genome


def bed(*places):
    return "".join(f"chr1\t{at}\t{at + 1}\tpas\t0\t{strand}\n" for at, strand in places)


def test_a_gene_has_the_sites_of_its_strand_in_its_direction(tmp_path, genome):
    genes = (
        Gene("p", "p", "chr1", "+", ((100, 120), (150, 200))),
        Gene("q", "q", "chr1", "+", ((190, 210),)),  # overlaps p
        Gene("m", "m", "chr1", "-", ((100, 200),)),
        Gene("n", "n", "chr2", "+", ((100, 200),)),
    )
    plus = [250, 249, 49, 50, 130, 130]  # 50 bp beyond p at both ends; introns count
    text = bed(*[(at, "+") for at in plus], (60, "-"), (180, "-"), (300, "-"))
    found = with_polya_sites(Annotation(genes), sites(tmp_path, text), genome).genes
    assert [gene.polya_sites for gene in found] == [(50, 130, 249), (249, 250), (180, 60), ()]
    assert [(g.gene_id, g.exons) for g in found] == [(g.gene_id, g.exons) for g in genes]


def test_sites_of_no_gene_are_told(tmp_path, genome):
    genes = Annotation((Gene("p", "p", "chr1", "+", ((100, 120),)),))
    with pytest.raises(InputError, match=r"none of 1 poly\(A\) sites \(on chr1\) is in a gene"):
        with_polya_sites(genes, sites(tmp_path, bed((110, "-"))), genome)
