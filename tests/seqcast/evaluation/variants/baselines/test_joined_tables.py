"""Scores from tables of other programs: formats, alleles, repeated rows, builds."""

import logging

import numpy as np
import polars as pl
import pysam
import pytest

from seqcast.core.errors import InputError
from seqcast.evaluation.variants.baselines.joined_tables import join_table
from seqcast.evaluation.variants.baselines.registry import NamedFile

VARIANTS = pl.DataFrame(
    [("c1", 10, "A", "C"), ("c1", 11, "G", "T"), ("c1", 12, "A", "G"), ("c1", 13, "T", "C"),
     ("c1", 14, "a", "g"), ("c1", 15, "C", "CA"), ("c1", 16, "A", "T"), ("c1", 17, "A", "T"),
     ("c2", 10, "A", "C"), (None, 5, "A", "C")],
    schema={"contig": pl.String, "pos": pl.Int64, "ref": pl.String, "alt": pl.String}, orient="row",
)  # fmt: skip
ROWS = [
    ("1", 10, "A", "C", "1.5"),
    ("1", 11, "T", "G", "2"),  # exchanged
    ("1", 12, "A", "T", "3"),  # another ALT
    ("1", 13, "G", "C", "4"),  # another REF
    ("1", 14, "A", "G", "-5"),
    ("1", 14, "A", "G", "-5.0"),  # repeated
    ("1", 15, "C", "CA", "6"),
    ("1", 15, "C", "CA", "7"),  # repeated, with another score
    ("1", 16, "A", "T", "NA"),
    ("1", 18, "A", "T", "8"),
]
STATUS = ["scored", "alleles_exchanged", "other_alleles", "ref_differs", "scored", "scores_differ",
          "no_value", "not_in_scores", "contig_not_in_file", "contig_not_in_file"]  # fmt: skip
CADD = NamedFile("CADD", "cadd", "PHRED")


def resolve(name):
    """Contigs c1 and c2 of the genome, which tables call 1 and 2."""
    return {"1": "c1", "2": "c2", "c1": "c1"}.get(name)


def as_text(header="#Chrom\tPos\tRef\tAlt\tPHRED", comment="## CADD\n", rows=ROWS):
    return comment + header + "\n" + "".join("\t".join(map(str, row)) + "\n" for row in rows)


def write_plain(folder):
    (folder / "t.tsv").write_text(as_text())
    return folder / "t.tsv"


def write_gzip(folder):
    path = folder / "t.tsv.gz"
    with pysam.BGZFile(str(path), "wb", None) as file:
        file.write(as_text("Chrom\tPos\tRef\tAlt\tPHRED", "").encode())
    return path


def write_indexed(folder):
    path = folder / "t.tsv.gz"
    with pysam.BGZFile(str(path), "wb", None) as file:
        file.write(as_text().encode())
    pysam.tabix_index(str(path), seq_col=0, start_col=1, end_col=1, force=True)
    return path


def write_vcf(folder):
    path = folder / "t.vcf"
    lines = [f"{c}\t{p}\t.\t{r}\t{a}\t.\t.\tX;PHRED={s}" for c, p, r, a, s in ROWS[2:]]
    lines += ["1\t10\t.\tA\tG,C\t.\t.\tPHRED=9,1.5", "1\t11\t.\tT\tG\t.\t.\tPHRED=2"]
    head = "##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"
    path.write_text(head + "\n".join(lines) + "\n")
    return path


def write_parquet(folder):
    names = ["chrom", "pos", "ref", "alt", "PHRED"]
    pl.DataFrame(ROWS, schema=names, orient="row").write_parquet(folder / "t.parquet")
    return folder / "t.parquet"


@pytest.mark.parametrize(
    "write", [write_plain, write_gzip, write_indexed, write_vcf, write_parquet]
)
def test_each_format_gives_the_same(tmp_path, write):
    found = join_table(CADD, write(tmp_path), VARIANTS, resolve)
    assert found.status.tolist() == STATUS
    expected = [1.5, *[np.nan] * 3, -5, *[np.nan] * 5]
    np.testing.assert_array_equal(found.values, expected)
    assert found.repeated == 1


def test_what_counts_of_a_score(tmp_path):
    path = write_plain(tmp_path)
    low = join_table(NamedFile("x", "", "PHRED", -1), path, VARIANTS, resolve).values
    size = join_table(NamedFile("x", "", "PHRED", 1, True), path, VARIANTS, resolve).values
    assert (low[0], low[4], size[0], size[4]) == (-1.5, 5, 1.5, 5)


@pytest.mark.parametrize(
    ("assembly", "status"),
    [("hg38", "other_build"), ("hg19", "scored"), ("mine", "scored"), ("", "scored")],
)
def test_a_header_that_names_another_build(tmp_path, caplog, assembly, status):
    path = tmp_path / "t.tsv"
    path.write_text(as_text(comment="## CADD GRCh37-v1.6\n"))
    with caplog.at_level(logging.WARNING):
        found = join_table(CADD, path, VARIANTS, resolve, assembly)
    assert found.status[0] == status
    assert ("names GRCh37, the variants are on hg38" in caplog.text) == (status == "other_build")


def test_positions_of_another_build_are_told(tmp_path, caplog):
    path = tmp_path / "t.tsv"
    rows = [("1", pos, "ACGT"[pos % 4], "N", "1") for pos in range(1, 41)]
    path.write_text(as_text(rows=rows))
    variants = pl.DataFrame(
        {"contig": ["c1"] * 40, "pos": range(1, 41), "ref": ["A"] * 40, "alt": ["C"] * 40}
    )
    with caplog.at_level(logging.WARNING):
        found = join_table(CADD, path, variants, resolve)
    assert sorted(set(found.status)) == ["other_alleles", "ref_differs"]
    assert "another REF at 30 of the 40 positions" in caplog.text


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("#Chrom\tPos\tRef\tAlt\tRaw\n", "no column 'PHRED'; expected .* It has Chrom, Pos"),
        ("#Chrom\tRef\tAlt\tPHRED\n", "no column 'pos'"),
        ("", "no column 'chrom'; .* It has no header"),
        (
            "#Chrom\tPos\tRef\tAlt\tPHRED\n1\t5\tA\tC\t1\n1\t6\tA\n",
            "line 3 has 3 cells, its first 5",
        ),
    ],
)
def test_a_file_that_is_no_table(tmp_path, text, message):
    (tmp_path / "t.tsv").write_text(text)
    with pytest.raises(InputError, match=message):
        join_table(CADD, tmp_path / "t.tsv", VARIANTS, resolve)


def test_missing_and_damaged_files(tmp_path):
    with pytest.raises(InputError, match="does not exist; expected the table of CADD"):
        join_table(CADD, tmp_path / "none.tsv", VARIANTS, resolve)
    path = write_gzip(tmp_path)
    path.write_bytes(path.read_bytes()[:40])
    with pytest.raises(InputError, match="cannot be read to its end"):
        join_table(CADD, path, VARIANTS, resolve)
