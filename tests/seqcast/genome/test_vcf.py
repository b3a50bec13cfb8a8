"""Variant files are read as they are: every ALT, in order, whatever the container."""

import bz2
import gzip
import logging
import lzma
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pysam
import pytest

from seqcast.core.errors import InputError
from seqcast.genome.variants import read_variants
from seqcast.genome.vcf import check_indexable
from seqcast.genome.vcf_fields import read_info

HEADER = (
    "##fileformat=VCFv4.2\n##contig=<ID=chr1>\n"
    '##ALT=<ID=DEL,Description="deletion">\n##INFO=<ID=END,Number=1,Type=Integer,Description="">\n'
    "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"
)
ROWS = (
    "chr1\t7\trs1\tA\tC,<DEL>\t.\t.\t.\n"  # two ALTs, one ID
    "chr1\t3\t.\tac\tA\t.\t.\t.\n"  # unsorted, lower case
    "chr1\t3000000000\t.\tA\t.\t.\t.\t.\n"  # no ALT, POS > 2^31
)
EXPECTED = [
    (0, 0, "rs1", "chr1", 7, "A", "C"),
    (1, 0, "rs1", "chr1", 7, "A", "<DEL>"),
    (2, 1, "chr1_3_ac_A", "chr1", 3, "ac", "A"),
    (3, 2, "chr1_3000000000_A_.", "chr1", 3_000_000_000, "A", "."),
]


def plain(path: Path) -> Path:
    path.write_text(HEADER + ROWS)
    return path


def plain_gzip(path: Path) -> Path:
    path = path.with_suffix(".vcf.gz")
    path.write_bytes(gzip.compress((HEADER + ROWS).encode()))
    return path


def bgzip(path: Path) -> Path:
    pysam.tabix_compress(str(plain(path)), f"{path}.gz")
    return Path(f"{path}.gz")


def bcf(path: Path) -> Path:
    target = path.with_suffix(".bcf")
    text = (HEADER + ROWS).replace("3000000000", "2000000000")  # BCF positions have 32 bits
    path.write_text(text)
    with (
        pysam.VariantFile(str(path)) as source,
        pysam.VariantFile(str(target), "wb", header=source.header) as file,
    ):
        for record in source:
            file.write(record)
    return target


@pytest.mark.parametrize("container", [plain, plain_gzip, bgzip, bcf])
def test_containers(tmp_path: Path, container: Callable[[Path], Path]) -> None:
    frame = read_variants(container(tmp_path / "a.vcf"))
    assert frame.columns == ["row", "record", "variant", "chrom", "pos", "ref", "alt"]
    n_equal = 3 if container is bcf else 4
    assert frame.rows()[:n_equal] == EXPECTED[:n_equal]
    assert frame.height == 4


def test_info_of_each_record(tmp_path: Path) -> None:
    (tmp_path / "a.vcf").write_text(
        "##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"
        "chr1\t1\t.\tA\tC\t.\t.\tPD=3;FLAG;MT=G1;PD=4\nchr1\t2\t.\tA\tC,G\t.\t.\t.\n"
    )
    assert read_info(tmp_path / "a.vcf") == [{"PD": "3", "FLAG": "", "MT": "G1"}, {}]
    (tmp_path / "short.vcf").write_text("##fileformat=VCFv4.2\nchr1\t1\t.\tA\tC\n")
    assert read_info(tmp_path / "short.vcf") == [{}]


@pytest.mark.parametrize("container", [plain, plain_gzip, bgzip, bcf])
def test_info_in_containers(tmp_path: Path, container: Callable[[Path], Path]) -> None:
    path = container(tmp_path / "a.vcf")
    assert len(read_info(path)) == read_variants(path)["record"].n_unique()


def test_a_table_of_variants(tmp_path: Path) -> None:
    columns = {"chrom": ["1", "X"], "pos": [5, 6], "ref": ["A", "AC"], "alt": ["C", "A"]}
    pl.DataFrame(columns).write_parquet(tmp_path / "a.parquet")
    frame = read_variants(tmp_path / "a.parquet")
    assert frame.rows() == [
        (0, 0, "1_5_A_C", "1", 5, "A", "C"),
        (1, 1, "X_6_AC_A", "X", 6, "AC", "A"),
    ]
    named = pl.DataFrame({**columns, "variant": ["rs1", None]})
    named.write_parquet(tmp_path / "b.parquet")
    assert read_variants(tmp_path / "b.parquet")["variant"].to_list() == ["rs1", "X_6_AC_A"]
    check_indexable(tmp_path / "a.parquet")
    for name, table, told in [
        ("c", {"chrom": ["1"], "pos": [5]}, "has no column 'ref'; expected chrom, pos, ref, alt"),
        ("d", {**columns, "pos": ["5", "far"]}, "expected pos as whole numbers"),
        ("e", {**columns, "alt": ["C", None]}, "has rows without chrom, pos, ref, alt"),
    ]:
        pl.DataFrame(table).write_parquet(tmp_path / f"{name}.parquet")
        with pytest.raises(InputError, match=told):
            read_variants(tmp_path / f"{name}.parquet")
    with pytest.raises(InputError, match="does not exist; expected a VCF"):
        read_variants(tmp_path / "f.parquet")


@pytest.mark.parametrize("name", ["a.vcf", "a.vcf.gz"])
def test_other_formats_are_named(tmp_path: Path, name: str) -> None:
    text = plain(tmp_path / "plain.vcf").read_bytes()
    for data, told in [
        (bz2.compress(text), "is compressed by bzip2; .* compress it by bgzip"),
        (lzma.compress(text), "is compressed by xz"),
        (b"PK\3\4" + text, "is a workbook or a zip file; .* Unpack it"),
        (text.decode().encode("utf-16"), "is text in UTF-16; .* Save it in UTF-8"),
    ]:
        (tmp_path / name).write_bytes(data)
        with pytest.raises(InputError, match=told):
            read_variants(tmp_path / name)


def test_the_end_of_a_file_in_old_dos(tmp_path: Path) -> None:
    path = plain(tmp_path / "a.vcf")
    path.write_bytes(path.read_bytes() + b"\x1a")
    assert read_variants(path).height == 4


def test_borzoi_files_without_column_names(shared: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        frame = read_variants(shared / "reference/borzuki/real_tiny/data/eqtl.vcf")
    assert frame.height == 8
    assert frame.row(0) == (0, 0, "chr1_14677_G_A_b38", "chr1", 14677, "G", "A")
    assert "eqtl.vcf is not a VCF that htslib can read" in caplog.text
    assert "first five columns" in caplog.text


@pytest.mark.parametrize(
    ("file", "n_rows"),
    [
        ("reference/borzuki/real_tiny/data/synthetic_indels.vcf", 16),
        ("data/human/lookalike_formats/eqtl_utr3/pos_merge.vcf", 60),
        ("data/human/lookalike_formats/paqtl_style/neg_merge.vcf", 118),
        ("data/human/chr1_0-1M_hg38/1000GP_subset.vcf.gz", 100),
        ("data/human/chr22_20-21M_GRCh37/dbsnp_snv.chr22_20-21M.vcf.gz", 3174),
    ],
)
def test_real_files_lose_no_row(shared: Path, file: str, n_rows: int) -> None:
    # Counts: data lines of the files (each has one ALT), by grep.
    assert read_variants(shared / file).height == n_rows


def test_carriage_returns_alone_are_refused(tmp_path: Path) -> None:
    (tmp_path / "mac.vcf").write_bytes(
        b"##fileformat=VCFv4.2\r#CHROM\tPOS\tID\tREF\tALT\rchr1\t1\t.\tA\tC\r"
    )
    with pytest.raises(InputError, match="ends its lines with CR alone"):
        read_variants(tmp_path / "mac.vcf")


def test_reordered_columns_are_refused(tmp_path: Path) -> None:
    (tmp_path / "odd.vcf").write_text(
        "##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tALT\tREF\nchr1\t1\t.\tA\tC\n"
    )
    with pytest.raises(InputError, match="names the columns #CHROM POS ID ALT REF"):
        read_variants(tmp_path / "odd.vcf")
