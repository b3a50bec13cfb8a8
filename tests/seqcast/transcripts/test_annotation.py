"""Transcripts are read from GTF and GFF3 with exons, CDS, phase and tags."""

import gzip
from pathlib import Path

import pytest

from seqcast.core.errors import InputError
from seqcast.transcripts.annotation import Transcript, read_transcripts
from tests.seqcast.transcripts import toy

FIRST = Transcript(
    "T1.1", "G1.1", "Toy", "c1", "+", toy.EXONS, ((4, 8), (14, 19)), (0, 2), ((19, 21), (27, 28)),
    merit=0, incomplete_end=True,
)  # fmt: skip


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
    return path


@pytest.mark.parametrize("name", ["a.gtf", "a.gtf.gz"])
def test_gtf(tmp_path: Path, name: str) -> None:
    text = toy.gtf(tags=["basic", "MANE_Select", "cds_end_NF"])
    text += toy.gtf("-", "T2.3", cds=(), stop=(), tags=["Ensembl_canonical"])
    first, second = read_transcripts(write(tmp_path, name, "##format: gtf\n" + text))
    assert first == FIRST
    assert (first.length_nt, first.cds_nt) == (16, 9)
    mirror = ((2, 5), (11, 18), (24, 30))  # [32 - end, 32 - start), ascending
    assert second == Transcript("T2.3", "G1.1", "Toy", "c2", "-", mirror, merit=1)


def test_gff3_names_come_from_the_parents(tmp_path: Path) -> None:
    text = (
        toy.gff3()
        .replace("gene-Toy;Name=Toy", "gene-Toy%20A;Name=Toy")
        .replace("Parent=gene-Toy;", "Parent=gene-Toy%20A;")
    )
    (found,) = read_transcripts(write(tmp_path, "a.gff3", text))
    assert found == Transcript(
        "NM_1.2", "gene-Toy A", "Toy", "c1", "+", toy.EXONS, ((4, 8), (14, 21), (27, 28)),
        (0, 2, 1), merit=0,
    )  # fmt: skip


def test_gff3_exon_of_two_transcripts_and_ids_without_names(tmp_path: Path) -> None:
    text = toy.line("gene", 2, 30, ".", "+", "ID=g")
    text += toy.line("mRNA", 2, 30, ".", "+", "ID=a;Parent=g")
    text += toy.line("mRNA", 2, 21, ".", "+", "ID=b;Parent=g")
    text += toy.line("exon", 2, 8, ".", "+", "Parent=a,b")
    text += toy.line("exon", 14, 21, ".", "+", "Parent=b")
    found = read_transcripts(write(tmp_path, "a.gff", text))
    assert [(t.transcript_id, t.gene_id, t.exons) for t in found] == [
        ("a", "g", ((2, 8),)),
        ("b", "g", ((2, 8), (14, 21))),
    ]


def test_one_id_on_two_contigs_is_two_transcripts_and_on_two_strands_none(tmp_path: Path) -> None:
    text = toy.gtf() + toy.gtf("-")
    assert [t.chrom for t in read_transcripts(write(tmp_path, "a.gtf", text))] == ["c1", "c2"]
    text = toy.gtf() + toy.gtf("-").replace("c2\t", "c1\t")
    (found,) = read_transcripts(write(tmp_path, "a.gtf", text))
    assert found.strand is None


def test_one_id_of_two_genes_is_two_transcripts(tmp_path: Path) -> None:
    text = toy.gtf() + toy.gtf(gene="G2", exons=((1, 3),), cds=(), stop=())
    found = read_transcripts(write(tmp_path, "a.gtf", text))
    assert [(t.transcript_id, t.gene_id, t.exons) for t in found] == [
        ("T1.1", "G1.1", toy.EXONS), ("T1.1", "G2", ((1, 3),)),
    ]  # fmt: skip
    # In GFF3 the parent joins lines, of which some may not name their gene.
    text = toy.gff3().replace("ID=e2;", "ID=e2;gene_id=G;")
    (one,) = read_transcripts(write(tmp_path, "a.gff3", text))
    assert one.exons == toy.EXONS


CUT = "".join(line.rpartition("\t")[0] + "\n" for line in toy.gtf().splitlines())


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.gtf", toy.gtf().replace('transcript_id "T1.1";', ""), "line 2: exon with no transcript_id"),
        ("a.gtf", toy.gtf().replace("exon", "x").replace("CDS", "x").replace("stop_codon", "x"), "no lines of exons or CDS"),
        ("a.gtf", toy.gtf().replace("CDS\t5\t8", "CDS\t8\t5"), "line 5: CDS with start 0 or an end"),
        ("a.gff3", toy.gff3().replace("Parent=rna-NM_1.2", "x=1"), "line 3: exon with no gene_id"),
        ("a.gff3", toy.gff3().replace("Parent=rna-NM_1.2", "gene_id=g"), "line 3: exon with no Parent"),
        ("a.gtf", toy.gtf(cds=[(4, 8, "5")]), "line 5: CDS with no phase of 0, 1 or 2"),
        ("a.gtf", toy.gtf(cds=[(4, 8, "x")]), "line 5: CDS with no phase of 0, 1 or 2"),
        ("a.gff3", toy.gtf(), "written as in GTF, but the name says GFF3: name the file .gtf"),
        ("a.gtf", toy.gff3(), "written as in GFF3, but the name says GTF: name the file .gff3"),
        ("a.gtf", CUT, r"line 1 has 8 tab-separated column\(s\)"),
        ("a.parquet", "PAR1", r"ends in \.parquet; expected \.gtf or \.gff3"),
    ],
)  # fmt: skip
def test_bad_annotation(tmp_path: Path, name: str, text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_transcripts(write(tmp_path, name, text))


def test_missing_and_truncated(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"a\.gtf does not exist"):
        read_transcripts(tmp_path / "a.gtf")
    path = write(tmp_path, "b.gtf.gz", toy.gtf() * 500)
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(InputError, match="truncated"):
        read_transcripts(path)
