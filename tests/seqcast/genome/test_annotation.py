"""Genes are the union of their exons, and files that would give wrong genes are refused."""

import gzip
import logging
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqcast.core.errors import InputError
from seqcast.core.store import read_provenance
from seqcast.genome.annotation import Annotation, Gene, gene_key, read_annotation
from seqcast.genome.fasta import Genome
from seqcast.genome.intervals import merge_intervals


def exon(
    start: object, end: object, attributes: str, chrom: str = "chr1", strand: str = "+"
) -> str:
    return f"{chrom}\ttest\texon\t{start}\t{end}\t.\t{strand}\t.\t{attributes}\n"


GTF = (
    "##description: a comment\n"
    + exon(101, 200, 'gene_id "B.1"; transcript_id "B.1"; gene_name "Bee"; level 1;', strand="-")
    + "# in between\n"
    + 'chr1\ttest\tCDS\t1\t9999\t.\t-\t.\tgene_id "B.1"; gene_name "Bee";\n'
    + exon(201, 250, 'transcript_id "B.2"; gene_id "B.1";', strand="-")  # touches the one before
    + exon(401, 500, 'gene_id "A"; flag;')
    + exon(150, 180, 'gene_id "B.1";gene_name "Bee"', strand="-")  # inside, no space after ;
    + exon(901, 910, 'gene_id "B.1"', strand="-")
    + exon(11, 20, 'gene_id "A"', chrom="chrY")  # as the PAR genes in Ensembl
)
GENES = (
    Gene("B.1", "Bee", "chr1", "-", ((100, 250), (900, 910))),
    Gene("A", "A", "chr1", "+", ((400, 500),)),
    Gene("A", "A", "chrY", "+", ((10, 20),)),
)
# Ensembl's way (exon -> transcript -> gene) and NCBI's (a gene without transcripts), parents last;
# B's first exon belongs to two transcripts.
GFF3 = (
    "##gff-version 3\n"
    + exon(101, 250, "Parent=transcript:B1,transcript:B2", strand="-")
    + exon(901, 910, "ID=e;Parent=transcript:B2", strand="-")
    + exon(401, 500, "Parent=gene-A%20A")
    + "chr1\tt\tmRNA\t101\t910\t.\t-\t.\tID=transcript:B1;Parent=gene:B\n"
    + "chr1\tt\tmRNA\t101\t910\t.\t-\t.\tID=transcript:B2;Parent=gene:B;Name=no\n"
    + "chr1\tt\tgene\t101\t910\t.\t-\t.\tID=gene:B;Name=Bee;gene_id=B.1\n"
    + "chr1\tt\tgene\t401\t500\t.\t+\t.\tID=gene-A%20A\n"
)


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    data = text.encode()
    path.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    return path


@pytest.mark.parametrize("name", ["genes.gtf", "genes.gtf.gz"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_gtf(tmp_path: Path, name: str, newline: str) -> None:
    path = write(tmp_path, name, GTF.replace("\n", newline))
    found = read_annotation(path).genes
    assert found == (replace(GENES[0], coding=((0, 9999),)), *GENES[1:])


def test_what_codes_is_the_union_of_cds_and_stop_codons(tmp_path: Path) -> None:
    def part(feature: str, start: int, end: int, gene: str) -> str:
        return exon(start, end, f'gene_id "{gene}"; transcript_id "{gene}";').replace(
            "exon", feature
        )

    text = part("exon", 1, 90, "A") + part("exon", 101, 190, "A") + part("CDS", 11, 90, "A")
    text += part("CDS", 101, 120, "A") + part("stop_codon", 121, 123, "A")
    text += part("exon", 301, 390, "B") + part("CDS", 501, 590, "C")
    genes = read_annotation(write(tmp_path, "genes.gtf", text)).genes
    assert [gene.coding for gene in genes] == [((10, 90), (100, 123)), (), ((500, 590),)]
    Annotation(genes).write(tmp_path / "genes.parquet")
    assert read_annotation(tmp_path / "genes.parquet").genes == genes


def test_gff3_through_parents(tmp_path: Path) -> None:
    genes = read_annotation(write(tmp_path, "genes.gff3", GFF3)).genes
    assert genes == (GENES[0], Gene("gene-A A", "gene-A A", "chr1", "+", ((400, 500),)))


def test_gff3_with_gene_id_on_the_exon(tmp_path: Path) -> None:
    text = exon(1, 5, "ID=exon:1;Parent=T;gene_id=ENSG1.2;gene_name=ONE")  # as GENCODE writes it
    genes = read_annotation(write(tmp_path, "genes.gff3.gz", text)).genes
    assert genes == (Gene("ENSG1.2", "ONE", "chr1", "+", ((0, 5),)),)


def test_tss_is_a_base_of_the_gene() -> None:
    assert [(gene.start, gene.end, gene.tss) for gene in GENES[:2]] == [
        (100, 910, 909),  # on the reverse strand: its last base
        (400, 500, 400),
    ]


def test_parquet_round_trip(tmp_path: Path) -> None:
    Annotation(GENES).write(tmp_path / "genes.parquet", {"source": "test"})
    assert read_annotation(tmp_path / "genes.parquet") == Annotation(GENES)
    assert read_provenance(tmp_path / "genes.parquet") == {"source": "test"}


@pytest.mark.parametrize(
    ("start", "end", "found"),
    [
        (0, 100, []),
        (0, 101, ["B.1"]),
        (249, 250, ["B.1"]),
        (250, 400, []),  # an intron is not the gene
        (250, 401, ["A"]),
        (0, 1000, ["B.1", "A"]),  # the order of the file, not of the strand or name
        (499, 901, ["B.1", "A"]),
        (910, 2000, []),
        (120, 120, []),
    ],
)
def test_overlapping(start: int, end: int, found: list[str]) -> None:
    genes = Annotation(GENES).overlapping("chr1", start, end)
    assert [gene.gene_id for gene in genes] == found
    assert Annotation(GENES).overlapping("chr2", start, end) == []


interval = st.tuples(st.integers(0, 60), st.integers(1, 20)).map(lambda x: (x[0], x[0] + x[1]))


@given(st.lists(st.lists(interval, min_size=1, max_size=4), max_size=6), interval)
def test_overlapping_and_merging_agree_with_sets(
    genes: list[list[tuple[int, int]]], query: tuple[int, int]
) -> None:
    merged = [merge_intervals(exons) for exons in genes]
    for exons, union in zip(genes, merged, strict=True):
        assert sorted(base for exon in union for base in range(*exon)) == sorted(
            {base for exon in exons for base in range(*exon)}
        )
        assert all(a[1] < b[0] for a, b in pairwise(union))
    annotation = Annotation(tuple(Gene(str(i), "", "c", "+", u) for i, u in enumerate(merged)))
    wanted = [
        str(i) for i, u in enumerate(merged) if any(s < query[1] and e > query[0] for s, e in u)
    ]
    assert [gene.gene_id for gene in annotation.overlapping("c", *query)] == wanted


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.gtf", "", "has no lines of exons or CDS"),
        ("a.gtf", GTF.replace("exon", "gene").replace("CDS", "UTR"), "no lines of exons or CDS"),
        (
            "a.gtf",
            GTF.replace("\t", " "),
            r"line 2 has 1 tab-.*\(7 such lines\).*spaces .* by tabs",
        ),
        ("a.gtf", GTF.replace("401\t500", "500\t401"), r"line 6: exon with .*end before its start"),
        ("a.gtf", GTF.replace("401\t500", "0\t500"), r"line 6: exon with start 0"),
        (
            "a.gtf",
            GTF.replace("401\t500", "4e2\t500"),
            r"line 6: exon with coordinates that are no",
        ),
        ("a.gtf", GTF.replace('gene_id "A"; flag', "flag"), r"line 6: exon with no gene_id"),
        ("a.gtf", GTF.replace('gene_id "A"; flag', 'gene_id ""'), r"line 6: exon with no gene_id"),
        ("a.gtf.gz", GTF.replace("500\t.\t+", "500\t.\t."), r"line 6: exon with no strand"),
        ("a.gff3", GFF3.replace("ID=gene:B;", ""), r"line 2: exon with no gene_id, nor a Parent"),
        ("a.gff3", exon(1, 5, "ID=x"), r"line 1: exon with no gene_id, nor a Parent"),
        ("a.gff3", GTF, "written as in GTF, but the name says GFF3: name the file .gtf"),
        ("a.gtf", GFF3, "written as in GFF3, but the name says GTF: name the file .gff3"),
        ("a.bed", "chr1\t1\t2\n", r"ends in \.bed; expected \.gtf or \.gff3"),
    ],
)
def test_bad_annotation(tmp_path: Path, name: str, text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_annotation(write(tmp_path, name, text))


def test_truncated_and_missing(tmp_path: Path) -> None:
    path = write(tmp_path, "a.gtf.gz", GTF * 1000)
    path.write_bytes(path.read_bytes()[:-300])
    with pytest.raises(InputError, match=r"a\.gtf\.gz cannot be read to its end.*truncated"):
        read_annotation(path)
    with pytest.raises(InputError, match=r"nowhere\.gtf does not exist"):
        read_annotation(tmp_path / "nowhere.gtf")
    pl.DataFrame({"gene": ["A"]}).write_parquet(tmp_path / "foreign.parquet")
    with pytest.raises(InputError, match=r"has columns \['gene'\]; expected \['gene_id'"):
        read_annotation(tmp_path / "foreign.parquet")


def test_contigs_take_the_names_of_the_genome(
    tmp_path: Path, root: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = write(tmp_path, "genes.gtf", GTF)
    write(tmp_path, "genome.fa", ">1\nACGT\n")
    with Genome(tmp_path / "genome.fa", root / "resources/contigs/hg38.tsv") as genome:
        with caplog.at_level(logging.WARNING):
            annotation = read_annotation(path, genome)
        assert [(gene.gene_id, gene.chrom) for gene in annotation.genes] == [
            ("B.1", "1"),
            ("A", "1"),
        ]
        assert "1 of 3 genes left out, on 1 contigs" in caplog.text
        assert "2 genes end beyond their contig in " in caplog.text
        alien = write(tmp_path, "alien.gtf", GTF.replace("chr", "scaffold"))
        with pytest.raises(InputError, match=r"no contig of .*scaffold1, scaffoldY.*alias"):
            read_annotation(alien, genome)


@pytest.mark.parametrize(
    ("file", "n_genes", "n_exons", "first"),
    [
        ("chr1_0-1M_hg38/gencode.v29.chr1_0-1M.gtf.gz", 65, 289, ("DDX11L1", 11868)),
        ("chr3_52.3M_hg38/gencode.v35.protein_coding.gtf.gz", 17, 357, ("GLYCTK", 52287088)),
        (
            "chr22_20-21M_GRCh37/spliceai_grch37_longestORF.chr22_20-21M.gtf.gz",
            18,
            153,
            ("TANGO2", 20008630),
        ),
    ],
)
def test_real_annotations(
    shared: Path, file: str, n_genes: int, n_exons: int, first: tuple[str, int]
) -> None:
    annotation = read_annotation(shared / "data/human" / file)
    # As many genes as the file has lines of feature gene; exons are unions over transcripts.
    assert len(annotation.genes) == n_genes
    assert sum(len(gene.exons) for gene in annotation.genes) == n_exons
    assert (annotation.genes[0].gene_name, annotation.genes[0].tss) == first


@pytest.mark.parametrize(
    ("gene", "key"),
    [
        ("ENSG00000000003.15", "ENSG00000000003"),
        ("ENSG00000000003", "ENSG00000000003"),
        ("ENSG00000182378.15_PAR_Y", "ENSG00000182378_PAR_Y"),
    ],
)
def test_ids_without_version(gene, key):
    assert gene_key(gene) == key
