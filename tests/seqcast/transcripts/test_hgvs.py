"""HGVS of genome and transcripts, against a walk along each transcript base by base."""

import random
from itertools import pairwise

import pytest

from seqcast.core.errors import InputError
from seqcast.genome.fasta import Genome
from seqcast.transcripts.hgvs import HgvsReader, is_hgvs
from tests.seqcast.genome.small_files import OTHER

BASES = "".join(random.Random(3).choices("ACGT", k=400))
COMPLEMENT = str.maketrans("ACGT", "TGCA")
EXONS = [(50, 80), (120, 150), (200, 260)]  # 0-based half-open
CDS = {"+": (70, 208), "-": (62, 215)}  # of 18 to 48 coding bases with the stop codon


def transcript_bases(strand):
    """Genomic bases of the exons, in the direction of the transcript."""
    bases = [base for start, end in EXONS for base in range(start, end)]
    return bases if strand == "+" else bases[::-1]


def planted(strand):
    """A genome in which the CDS of the transcript of a strand begins with ATG and ends with TAA."""
    inside = [b for b in transcript_bases(strand) if CDS[strand][0] <= b < CDS[strand][1]]
    inside = inside[: len(inside) // 3 * 3]
    text = list(BASES)
    for codon in range(0, len(inside), 3):
        word = "ATG" if codon == 0 else "TAA" if codon == len(inside) - 3 else "GCA"
        for base, letter in zip(inside[codon : codon + 3], word, strict=True):
            text[base] = letter if strand == "+" else letter.translate(COMPLEMENT)
    return "".join(text), inside


def named(strand, inside):
    """Name in c. of each base from the first exon to the last -> the base."""
    bases = transcript_bases(strand)
    first, last = bases.index(inside[0]), bases.index(inside[-1])
    names = {}
    for at, base in enumerate(bases):
        own = (
            at - first + 1 if first <= at <= last else at - first if at < first else f"*{at - last}"
        )
        names[str(own)] = base
    step = 1 if strand == "+" else -1
    by_base = {base: name for name, base in names.items()}
    for one, other in pairwise(bases):
        gap = abs(other - one) - 1
        for i in range(1, gap + 1):
            names[f"{by_base[one]}+{i}"] = one + step * i
            names[f"{by_base[other]}-{i}"] = other - step * i
    return names


@pytest.fixture(scope="module", params="+-")
def setting(request, tmp_path_factory):
    """Strand, sequence of the contig, names of bases, and a reader."""
    strand, folder = request.param, tmp_path_factory.mktemp("hgvs")
    text, inside = planted(strand)
    (folder / "genome.fa").write_text(f">chr1\n{text}\n")
    of_gene = 'gene_id "G.2"; gene_name "KLK9"; transcript_id "{}";'
    low, high = min(inside), max(inside) + 1
    lines = []
    for start, end in EXONS:
        lines += [("exon", start, end, ".", "T1.4"), ("exon", start, end, ".", "T2.1")]
        if start < high and low < end:
            lines.append(("CDS", max(start, low), min(end, high), ".", "T1.4"))
    (folder / "genes.gtf").write_text("".join(
        f"chr1\tx\t{kind}\t{start + 1}\t{end}\t.\t{strand}\t{phase}\t{of_gene.format(name)}\n"
        for kind, start, end, phase, name in lines
    ))  # fmt: skip
    with Genome(folder / "genome.fa") as genome:
        yield strand, text, named(strand, inside), HgvsReader(genome, folder / "genes.gtf")


def as_read(strand, bases):
    return bases if strand == "+" else bases[::-1].translate(COMPLEMENT)


def test_each_base_has_its_place(setting):
    strand, text, names, reader = setting
    assert {"1", "-1", "*1", "10+1" if strand == "+" else "15+1"} <= names.keys()
    for name, base in names.items():
        ref = as_read(strand, text[base])
        found = reader.read(f"T1.4:c.{name}{ref}>{OTHER[ref]}")
        expected = OTHER[ref] if strand == "+" else OTHER[ref].translate(COMPLEMENT)
        assert found == ("chr1", base + 1, text[base], expected), name


def test_a_transcript_without_cds_counts_from_its_first_base(setting):
    strand, text, _, reader = setting
    base = transcript_bases(strand)[40]
    assert reader.read("T2.1:n.41del")[1:3] == (base, text[base - 1 : base + 1])
    with pytest.raises(InputError, match=r"T2\.1 has no CDS in the annotation"):
        reader.read("T2.1:c.41del")


@pytest.mark.parametrize(("edit", "made"), [
    ("{a}_{b}del", lambda x: ""), ("{a}_{b}dup", lambda x: x + x), ("{a}_{b}delinsTTT", lambda x: "TTT"),
    ("{a}_{b}inv", lambda x: x[::-1].translate(COMPLEMENT)), ("{a}_{b}del{x}", lambda x: ""),
    ("{a}_{b}del3", lambda x: ""),
])  # fmt: skip
def test_edits_of_several_bases(setting, edit, made):
    strand, text, names, reader = setting
    a, b = ("*5", "*7")
    low, high = sorted((names[a], names[b]))
    here = text[low : high + 1]
    chrom, pos, ref, alt = reader.read("T1.4:c." + edit.format(a=a, b=b, x=as_read(strand, here)))
    edited = text[: pos - 1] + alt + text[pos - 1 + len(ref) :]
    assert text[pos - 1 : pos - 1 + len(ref)] == ref
    expected = as_read(strand, made(as_read(strand, here)))
    assert edited == text[:low] + expected + text[high + 1 :]
    assert (chrom, bool(ref), bool(alt)) == ("chr1", True, True)


def test_an_insertion_lies_between_two_bases(setting):
    strand, text, names, reader = setting
    low = min(names["*5"], names["*6"])
    _, pos, ref, alt = reader.read("T1.4:c.*5_*6insGAT")
    edited = text[: pos - 1] + alt + text[pos - 1 + len(ref) :]
    assert edited == text[: low + 1] + as_read(strand, "GAT") + text[low + 1 :]


def test_positions_of_the_genome(setting):
    _, text, _, reader = setting
    assert reader.read(f"chr1:g.10{text[9]}>{OTHER[text[9]]}") == (
        "chr1",
        10,
        text[9],
        OTHER[text[9]],
    )
    assert reader.read("chr1:g.1del") == ("chr1", 1, text[:2], text[1])
    assert reader.read("chr1:g.400dup") == ("chr1", 400, text[399], text[399] * 2)


def test_names_with_a_selector_are_found(setting):
    _, _, names, reader = setting
    assert (
        reader.read("T1.4(KLK9):c.*5del")
        == reader.read("chr1(T1.4):c.*5del")
        == reader.read("T1.4:c.*5del")
    )
    assert reader.read("T1.4:c.*5del")[1] == names["*5"]


@pytest.mark.parametrize(("text", "message"), [
    ("T1.4:c.1C>T", r"found A \(1 bp\) at chr1:\d+-\d+.*; expected C\. Is it of this genome build"),
    ("T1.4:c.1+3del", "T1.4 has no intron of 3 bp or more behind that position"),
    ("T1.4:c.*900del", "has 120 nt, and the position lies behind them"),
    ("T1.4:c.-900del", "has 120 nt, and the position lies before them"),
    ("T1.4:c.900del", r"the CDS of T1\.4 ends at c\.\d+; positions behind it are written c\.\*1"),
    ("T1.5:c.1del", r"no transcript T1\.5 in .*genes\.gtf, which has T1\.4: positions may differ"),
    ("KLK9:c.1del", r"KLK9 is a gene; name one of its transcripts: T1\.4, T2\.1"),
    ("Q7.7:c.1del", r"no transcript Q7\.7 in .*genes\.gtf; .*name one of its transcripts"),
    ("chr9:g.1del", r"no contig chr9 in .*genome\.fa; did you mean chr1\?"),
    ("chr1:g.401del", r"expected positions from 1 to 400 of chr1"),
    ("chr1:g.12_10del", "the smaller one first"),
    ("T1.4:c.3_1del", "its first position lies behind the second"),
    ("T1.4:c.1_3insA", "expected an insertion between two neighbouring positions"),
    ("T1.4:c.?del", "expected known positions"),
    ("T1.4:c.[1del;3del]", "has 2 edits; expected one"),
    ("T1.4:c.1_2ins10", "its bases written out"),
    ("T1.4:r.1del", r"expected a genomic \(g\.\), coding \(c\.\) or non-coding"),
    ("T1.4:c.1delinsA", "changes no base"),
    ("T2.1:n.*5del", r"positions of n\. count from the first base of the transcript"),
    ("T2.1:n.-5del", r"positions of n\. count from the first base of the transcript"),
    ("T1.4:c.foo", "is no description of the HGVS"),
])  # fmt: skip
def test_what_does_not_fit_is_one_line(setting, text, message):
    with pytest.raises(InputError, match=message) as error:
        setting[3].read(text)
    assert str(error.value).startswith(text)
    assert "\n" not in str(error.value)


def test_without_an_annotation_transcripts_are_not_known(setting):
    with pytest.raises(InputError, match="give the annotation as a path"):
        HgvsReader(setting[3].genome).read("T1.4:c.1del")


@pytest.mark.parametrize(("text", "expected"), [
    ("chr1:g.1A>T", True), ("ENST1.2:c.*5del", True), ("NM_1.2(G):n.1-2del", True), ("NP_1:p.Arg1Ter", True),
    ("chr1:826577:A:AT", False), ("chr1-5-A-T", False), ("rs12", False),
])  # fmt: skip
def test_what_looks_like_hgvs(text, expected):
    assert is_hgvs(text) == expected
