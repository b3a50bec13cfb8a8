"""Genes and transcripts of one file are the same, and no line of a file vanishes in silence."""

import bz2
import gzip
import logging
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seqcast.core.errors import InputError
from seqcast.genome.annotation import read_annotation
from seqcast.genome.bgzip import recompress_bgzip
from seqcast.genome.intervals import merge_intervals
from seqcast.transcripts.annotation import read_transcripts

Interval = tuple[int, int]


class MadeTranscript(NamedTuple):
    """Exons and CDS (0-based half-open), of which one may be missing."""

    exons: list[Interval]
    cds: list[Interval]


class MadeGene(NamedTuple):
    """A gene as it is written to a file."""

    name: str
    chrom: str
    strand: str
    transcripts: list[MadeTranscript]
    direct: bool  # in GFF3: its CDS lie right below it, as in annotations of bacteria


pieces = st.lists(st.tuples(st.integers(0, 900), st.integers(1, 90)), max_size=3).map(
    lambda found: [(start, start + length) for start, length in sorted(dict(found).items())]
)
transcripts = st.builds(MadeTranscript, pieces, pieces)
genes = st.builds(
    MadeGene, st.text("aé;\" =,%\\'#&", max_size=4), st.sampled_from(["c1", "c2"]),
    st.sampled_from("+-"), st.lists(transcripts, min_size=1, max_size=3), st.booleans(),
)  # fmt: skip


def gtf_lines(number: int, gene: MadeGene) -> list[str]:
    """Lines of a gene; its name is quoted with what GTF has to escape."""
    name = gene.name.replace("\\", "\\\\").replace('"', '\\"')
    values = f'gene_id "G{number};{name}"; gene_name "{name}";'
    lines = [row(gene, "gene", (0, 1000), values)]
    for place, made in enumerate(gene.transcripts):
        own = f'{values} transcript_id "T{number}.{place}"; note "gene_id x; exon";'
        lines.append(row(gene, "transcript", (0, 1000), own))
        lines += [row(gene, "exon", exon, own) for exon in made.exons]
        lines += [row(gene, "CDS", cds, own) for cds in made.cds]
    return lines


def gff3_lines(number: int, gene: MadeGene) -> list[str]:
    """Lines of a gene, with parents; its name is encoded as GFF3 has to."""
    name = quote(gene.name, safe="")
    top = f"gene-G{number}%3B{name}"
    lines = [row(gene, "gene", (0, 1000), f"ID={top};Name={name};Note=a%3BID%3Db")]
    for place, made in enumerate(gene.transcripts):
        own = f"rna-{number}.{place}"
        lines.append(row(gene, "mRNA", (0, 1000), f"ID={own};Parent={top}"))
        lines += [row(gene, "exon", exon, f"Parent={own}") for exon in made.exons]
        parent = top if gene.direct else own
        lines += [row(gene, "CDS", cds, f"ID=cds{number};Parent={parent}") for cds in made.cds]
    return lines


def row(gene: MadeGene, feature: str, where: Interval, attributes: str) -> str:
    start, end = where
    cells = gene.chrom, "made", feature, start + 1, end, ".", gene.strand, ".", attributes
    return "\t".join(map(str, cells)) + "\n"


def wanted(number: int, gene: MadeGene, is_gtf: bool) -> tuple | None:
    """What both readers should make of a gene; None where no line says where it is."""
    exons = [exon for made in gene.transcripts for exon in made.exons]
    union = merge_intervals(exons or [cds for made in gene.transcripts for cds in made.cds])
    gene_id = f"{'' if is_gtf else 'gene-'}G{number};{gene.name}"
    return (gene_id, gene.name or gene_id, gene.chrom, gene.strand, union) if union else None


def of_annotation(path: Path) -> list[tuple]:
    return sorted(
        (gene.gene_id, gene.gene_name, gene.chrom, gene.strand, gene.exons)
        for gene in read_annotation(path).genes
    )


def of_transcripts(path: Path) -> list[tuple]:
    """Genes as the transcripts of a file make them, one after the other."""
    found: dict[tuple, tuple[list, list]] = {}
    for one in read_transcripts(path):
        gene = one.gene_id, one.gene_name, one.chrom, one.strand
        exons, coding = found.setdefault(gene, ([], []))
        exons += one.exons
        coding += one.cds + one.stop
    return sorted((*gene, merge_intervals(exons or cds)) for gene, (exons, cds) in found.items())


@settings(deadline=None)
@given(st.lists(genes, min_size=1, max_size=4), st.booleans(), st.randoms(use_true_random=False))
def test_both_readers_find_the_genes_of_any_file(made, is_gtf, random) -> None:
    write = gtf_lines if is_gtf else gff3_lines
    lines = [line for number, gene in enumerate(made) for line in write(number, gene)]
    random.shuffle(lines)
    expected = [wanted(number, gene, is_gtf) for number, gene in enumerate(made)]
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"made.{'gtf' if is_gtf else 'gff3'}"
        path.write_text("".join(lines), encoding="utf-8")
        if any(expected):
            assert of_annotation(path) == of_transcripts(path) == sorted(filter(None, expected))
            counts = read_annotation(path).counts
            assert counts["no_parts"] == expected.count(None)
            assert counts["cds_for_exons"] == sum(
                gene is not None and not any(one.exons for one in made[number].transcripts)
                for number, gene in enumerate(expected)
            )
        else:
            for read in (read_annotation, read_transcripts):
                with pytest.raises(InputError, match="no lines of exons or CDS"):
                    read(path)


def test_both_readers_find_the_genes_of_real_files(shared: Path) -> None:
    paths = [
        path
        for folder in ("data", "reference", "cases")
        for path in sorted((shared / folder).rglob("*"))
        if path.name.removesuffix(".gz").endswith((".gtf", ".gff", ".gff3")) and path.is_file()
    ]
    told = 0
    for path in paths:
        try:
            genes = of_annotation(path)
        except InputError:
            with pytest.raises(InputError):
                read_transcripts(path)
            told += 1
        else:
            assert genes == of_transcripts(path), path
    assert len(paths) - told >= 4


def write(folder: Path, name: str, text: str | bytes) -> Path:
    path = folder / name
    data = text.encode() if isinstance(text, str) else text
    path.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    return path


def line(feature: str, start: int, end: int, attributes: str, chrom: str = "c1") -> str:
    return f"{chrom}\tmade\t{feature}\t{start}\t{end}\t.\t+\t.\t{attributes}\n"


# A circular genome as NCBI writes it: a tRNA with an exon, genes with CDS alone, a pseudogene.
BACTERIUM = (
    "##gff-version 3\n"
    + line("gene", 1, 69, "ID=gene-t;Name=trnF")
    + line("tRNA", 1, 69, "ID=rna-t;Parent=gene-t")
    + line("exon", 1, 69, "ID=exon-t;Parent=rna-t")
    + line("gene", 101, 400, "ID=gene-A;Name=dnaA")
    + line("CDS", 101, 200, "ID=cds-A;Parent=gene-A")  # a frameshift: two lines
    + line("CDS", 200, 400, "ID=cds-A;Parent=gene-A")
    + line("gene", 501, 600, "ID=gene-B;Name=yaaB")
    + line("CDS", 501, 600, "ID=cds-B;Parent=gene-B")
    + line("pseudogene", 701, 800, "ID=gene-P;Name=yaaP")
)
GENES = [
    ("gene-A", "dnaA", "c1", "+", ((100, 400),)),
    ("gene-B", "yaaB", "c1", "+", ((500, 600),)),
    ("gene-t", "trnF", "c1", "+", ((0, 69),)),
]


def test_cds_stand_in_for_exons(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = write(tmp_path, "a.gff3", BACTERIUM)
    with caplog.at_level(logging.WARNING):
        assert of_annotation(path) == of_transcripts(path) == GENES
    assert (
        "2 genes without exon lines: their CDS stand in for exons (gene-A, gene-B)" in caplog.text
    )
    assert "1 genes with neither exon nor CDS lines, left out (gene-P)" in caplog.text
    annotation = read_annotation(path)
    assert annotation.counts == {"genes": 3, "cds_for_exons": 2, "no_parts": 1, "two_places": 0}
    only = "".join(part for part in BACTERIUM.splitlines(True) if "-t" not in part)
    assert of_annotation(write(tmp_path, "only.gff3", only)) == GENES[:2]


def test_cds_without_parents_are_genes(tmp_path: Path) -> None:
    """As Prokka writes them, with the sequence below."""
    text = line("CDS", 11, 40, "ID=P_1;Name=dnaA;locus_tag=P_1") + line("CDS", 51, 80, "ID=P_2")
    path = write(tmp_path, "a.gff", f"##gff-version 3\n{text}##FASTA\n>c1\nACGT\n")
    expected = [("P_1", "dnaA", "c1", "+", ((10, 40),)), ("P_2", "P_2", "c1", "+", ((50, 80),))]
    assert of_annotation(path) == of_transcripts(path) == expected


def test_cds_and_stop_codon_of_gtf_stand_in_together(tmp_path: Path) -> None:
    own = 'gene_id "G"; transcript_id "T";'
    text = line("CDS", 1, 9, own) + line("stop_codon", 10, 12, own)
    (gene,) = read_annotation(write(tmp_path, "a.gtf", text)).genes
    assert gene.exons == ((0, 12),)


def test_a_cds_elsewhere_does_not_move_a_gene_with_exons(tmp_path: Path) -> None:
    own = 'gene_id "G"; transcript_id "T";'
    text = line("exon", 11, 20, own) + line("CDS", 1, 90, own) + line("CDS", 5, 7, own, "c2")
    genes = read_annotation(write(tmp_path, "a.gtf", text)).genes
    assert [(gene.chrom, gene.exons) for gene in genes] == [("c1", ((10, 20),)), ("c2", ((4, 7),))]


def test_one_gene_id_at_two_places_is_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    text = line("exon", 11, 20, 'gene_id "DUP"; transcript_id "a"')
    text += line("exon", 9001, 9020, 'gene_id "DUP"; transcript_id "b"')
    text += line("exon", 11, 20, 'gene_id "ONE"; transcript_id "c"')
    text += line("exon", 9001, 9020, 'gene_id "ONE"; transcript_id "c"')  # an intron
    with caplog.at_level(logging.WARNING):
        assert read_annotation(write(tmp_path, "a.gtf", text)).counts["two_places"] == 1
    assert "one gene each, all between counted as intron (DUP)" in caplog.text
    text = "".join(
        line("gene", start, start + 9, "ID=g") + line("CDS", start, start + 9, "Parent=g")
        for start in (11, 9001)
    )
    assert read_annotation(write(tmp_path, "a.gff3", text)).counts["two_places"] == 1


def two_genes(second_chrom: str) -> str:
    """Two genes whose transcripts have one ID."""
    return "".join(
        line("gene", start, start + 9, f"ID=gene:{gene}", chrom)
        + line("mRNA", start, start + 9, f"ID=T;Parent=gene:{gene}", chrom)
        + line("exon", start, start + 9, "Parent=T", chrom)
        for gene, start, chrom in (("G1", 1, "c1"), ("G2", 501, second_chrom))
    )


def test_one_transcript_id_of_two_genes(tmp_path: Path) -> None:
    path = write(tmp_path, "a.gff3", two_genes("c2"))
    expected = [
        ("gene:G1", "gene:G1", "c1", "+", ((0, 10),)),
        ("gene:G2", "gene:G2", "c2", "+", ((500, 510),)),
    ]
    assert of_annotation(path) == of_transcripts(path) == expected
    path = write(tmp_path, "b.gff3", two_genes("c1"))
    for read in (read_annotation, read_transcripts):
        with pytest.raises(InputError, match="lines 2 and 5: ID T is there twice on c1"):
            read(path)


def test_a_transcript_of_two_genes_is_of_both(tmp_path: Path) -> None:
    text = line("gene", 1, 9, "ID=a") + line("gene", 1, 9, "ID=b")
    text += line("mRNA", 1, 9, "ID=t;Parent=a,b") + line("exon", 1, 9, "Parent=t")
    path = write(tmp_path, "a.gff3", text)
    assert [gene[0] for gene in of_annotation(path)] == ["a", "b"]
    assert of_annotation(path) == of_transcripts(path)


EXON = line("exon", 11, 20, 'gene_id "G"; transcript_id "T";')


@pytest.mark.parametrize(
    "text",
    [
        f"#!comment\n\n{EXON}\n   \n",
        f"\ufeff{EXON}",
        f"\ufeff# comment\n{EXON}",
        f"browser position c1\ntrack name=x\n{EXON}",
        EXON.replace("\n", " \r\n"),
        EXON.replace("\n", "\t\t\n"),
        EXON.rstrip("\n"),
        f"{line('gene', 1, 90, '')}{EXON}",
    ],
)
@pytest.mark.parametrize("name", ["a.gtf", "a.gtf.gz"])
def test_lines_that_do_no_harm(tmp_path: Path, text: str, name: str) -> None:
    assert of_annotation(write(tmp_path, name, text)) == [("G", "G", "c1", "+", ((10, 20),))]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (EXON + EXON.replace("\t", " ", 3), r"line 2 has 6 .*\(1 such lines\).*spaces .* by tabs"),
        (f"#\n\nx\n{EXON}y\ty\n", r"line 3 has 1 .*'x' \(2 such lines\); expected 9"),
        (EXON + EXON.replace("\n", "\textra\n"), "line 2 has 10 tab-separated"),
        (EXON + EXON.replace("\n", "\t\t\textra\n"), "line 2 has 12 tab-separated"),
        (EXON + EXON.rpartition("\t")[0], "line 2 has 8 tab-separated"),
        (EXON.replace("\n", "\r") * 2, "CR alone"),
        (f"{EXON}>c1\nACGT\n", "line 2 has 1 tab-separated"),
        (EXON.encode("utf-16"), "is text in UTF-16; .* Save it in UTF-8"),
        (EXON.replace('"G"', '"\xe9"').encode("latin-1"), "line 1: exon with a name that is not"),
        (EXON.replace('"G"', '"G'), "line 1: exon with attributes that can be read in two ways"),
    ],
)
@pytest.mark.parametrize("read", [read_annotation, read_transcripts])
def test_lines_that_are_refused(tmp_path: Path, text: str | bytes, message: str, read) -> None:
    with pytest.raises(InputError, match=message):
        read(write(tmp_path, "a.gtf", text))


@pytest.mark.parametrize("spelled", ["Exon", "EXON", "exon ", "SO:0000147"])
def test_an_exon_in_another_spelling_is_no_lost_exon(tmp_path: Path, spelled: str) -> None:
    own = 'gene_id "G"; transcript_id "T";'
    path = write(tmp_path, "a.gtf", line("exon", 1, 9, own) + line(spelled, 21, 29, own))
    assert (
        of_annotation(path) == of_transcripts(path) == [("G", "G", "c1", "+", ((0, 9), (20, 29)))]
    )


def test_blanks_around_values_and_in_a_list_of_parents(tmp_path: Path) -> None:
    text = line("gene", 1, 9, "ID=G ") + line("exon", 1, 9, "Parent=a, b")
    text += "".join(line("mRNA", 1, 9, f"ID={name}; Parent = G") for name in "ab")
    path = write(tmp_path, "a.gff3", text)
    assert of_annotation(path) == of_transcripts(path) == [("G", "G", "c1", "+", ((0, 9),))]


@pytest.mark.parametrize("read", [read_annotation, read_transcripts])
def test_other_compression_is_named(tmp_path: Path, read) -> None:
    for name in ("a.gtf", "a.gtf.bz2"):
        path = tmp_path / name
        path.write_bytes(bz2.compress(EXON.encode()))
        with pytest.raises(InputError, match=r"is compressed by bzip2; .* or compress it by bgzip"):
            read(path)


@pytest.mark.parametrize("cut", [28, 60, 4000])  # bytes; 28 are the block that ends a bgzip file
def test_truncated_bgzip(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "a.gtf.gz"
    recompress_bgzip(write(tmp_path, "a.gtf", "".join(
        EXON.replace("11\t20", f"{i}\t{i * 37 % 1000 + i}") for i in range(1, 20_000)
    )), path)  # fmt: skip
    assert len(read_annotation(path).genes) == 1
    path.write_bytes(path.read_bytes()[:-cut])
    with pytest.raises(InputError, match=r"cannot be read to its end"):
        read_annotation(path)
