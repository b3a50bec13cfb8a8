"""Unclear sequence: which protein hits count, and a real search."""

import gzip
import random
import shutil
import zipfile

import polars as pl
import pytest

from seqcast.core.errors import InputError
from seqcast.evaluation.reads.unclear import (
    HIT_COLUMNS,
    confident_hits,
    find_unclear,
    read_hits,
    read_proteins,
)


def hits(*rows: tuple) -> pl.DataFrame:
    """Hits of protein p: identity, first and last position in it, start and end in the genome."""
    table = [("p", "c", i, 0, 0, 0, a, b, start, end, 0.0, 0.0) for i, a, b, start, end in rows]
    return pl.DataFrame(table, schema=list(HIT_COLUMNS), orient="row")


@pytest.mark.parametrize(
    ("row", "kept"),
    [
        ((90.0, 1, 76, 101, 328), True),  # span 75 of 100, one less than its residues
        ((90.0, 1, 75, 101, 325), False),  # 75 residues, but a span of 74
        ((89.9, 1, 100, 101, 400), False),
        ((100.0, 100, 20, 101, 343), True),
    ],
)
def test_limits_are_inclusive_and_the_span_is_last_minus_first(row, kept):
    assert len(confident_hits(hits(row), {"p": 100})) == kept


def test_positions_become_half_open_on_either_strand():
    found = confident_hits(hits((99.0, 1, 100, 101, 400), (99.0, 1, 100, 400, 101)), {"p": 100})
    assert found.rows() == [("c", 100, 400)] * 2


def test_hits_of_other_proteins_are_refused():
    with pytest.raises(InputError, match="protein p, which"):
        confident_hits(hits((99.0, 1, 100, 101, 400)), {"q": 100})


def test_table_of_hits(tmp_path):
    path = tmp_path / "hits.tsv"
    path.write_text("p\tc\t90.500\t80\t1\t0\t1\t80\t300\t61\t1e-40\t150\n\n")
    assert read_hits(path).select("identity", "start", "end").rows() == [(90.5, 300, 61)]
    path.write_text("")
    assert read_hits(path).is_empty()
    path.write_text("p c 90.5\n")
    with pytest.raises(InputError, match="1 columns"):
        read_hits(path)
    path.write_text("p\tc\thigh\t80\t1\t0\t1\t80\t300\t61\t1e-40\t150\n")
    with pytest.raises(InputError, match="no number"):
        read_hits(path)


def test_proteins_from_plain_gzip_and_zip(tmp_path):
    text, expected = ">sp|A|X some words\nMK\nLV\n>B\nMM\n", {"sp|A|X": "MKLV", "B": "MM"}
    (tmp_path / "p.faa").write_text(text)
    (tmp_path / "p.faa.gz").write_bytes(gzip.compress(text.encode()))
    with zipfile.ZipFile(tmp_path / "p.zip", "w") as archive:
        archive.writestr("x/uniprotkb_taxonomy_id_561_2024.fasta.gz", gzip.compress(text.encode()))
        archive.writestr("x/uniprotkb_taxonomy_id_1762_2023.fasta", ">C\nM\n")
    assert read_proteins(tmp_path / "p.faa") == expected
    assert read_proteins(tmp_path / "p.faa.gz") == expected
    assert read_proteins(tmp_path / "p.zip", "561") == expected
    assert read_proteins(tmp_path / "p.zip", "1762") == {"C": "M"}
    for taxon in ("", "99"):
        with pytest.raises(InputError, match=r"0 files with .*expected one.*id_1762"):
            read_proteins(tmp_path / "p.zip", taxon)


@pytest.mark.parametrize(
    ("text", "message"), [("", "holds no protein"), (">A\nM\n>A x\nK\n", "A comes twice")]
)
def test_bad_proteins(tmp_path, text, message):
    (tmp_path / "p.faa").write_text(text)
    with pytest.raises(InputError, match=message):
        read_proteins(tmp_path / "p.faa")


def test_a_given_bed_is_joined_with_the_coding_one(tmp_path):
    (tmp_path / "coding.bed").write_text("c\t10\t20\n")
    (tmp_path / "given.bed").write_text("c\t20\t30\nc\t5\t6\n")
    files = tmp_path / "coding.bed", tmp_path / "out.bed", tmp_path / "none.fa"
    find_unclear(*files, given=tmp_path / "given.bed")
    assert files[1].read_text() == "c\t5\t6\nc\t10\t30\n"
    find_unclear(*files, given=tmp_path / "given.bed", compat="readseeker")
    assert files[1].read_text() == "c\t5\t6\nc\t20\t30\n"
    with pytest.raises(InputError, match="proteins or a BED"):
        find_unclear(*files)


CODONS = {
    "A": "GCT", "C": "TGC", "D": "GAT", "E": "GAA", "F": "TTT", "G": "GGT", "H": "CAT", "I": "ATT",
    "K": "AAA", "L": "CTG", "M": "ATG", "N": "AAC", "P": "CCG", "Q": "CAG", "R": "CGT", "S": "AGC",
    "T": "ACC", "V": "GTT", "W": "TGG", "Y": "TAT",
}  # fmt: skip


def test_tblastn_finds_a_protein_that_is_not_annotated(tmp_path):
    if shutil.which("tblastn") is None:
        pytest.skip("tblastn is not installed (Debian: ncbi-blast+)")
    stream = random.Random(5)
    protein = "M" + "".join(stream.choices(list(CODONS), k=120))
    noise = "".join(stream.choices("ACGT", k=3000))
    gene = "".join(CODONS[residue] for residue in protein)
    turned = gene[::-1].translate(str.maketrans("ACGT", "TGCA"))
    (tmp_path / "g.fa").write_text(f">c\n{noise[:1000]}{turned}{noise[1000:]}\n")
    (tmp_path / "coding.bed").write_text("c\t10\t100\n")
    other = "".join(stream.choices(list(CODONS), k=120))
    with gzip.open(tmp_path / "p.faa.gz", "wt") as file:
        file.write(f">known words\n{protein}\n>other\n{other}\n")
    find_unclear(
        tmp_path / "coding.bed", tmp_path / "out.bed", tmp_path / "g.fa",
        proteins=tmp_path / "p.faa.gz",
    )  # fmt: skip
    assert (tmp_path / "out.bed").read_text() == f"c\t10\t100\nc\t1000\t{1000 + len(gene)}\n"
