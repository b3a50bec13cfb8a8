"""Variants named one by one, of all kinds together."""

import polars as pl
import pytest

from seqcast.core.errors import InputError
from seqcast.genome.fasta import Genome
from seqcast.transcripts.named_variants import named_variants
from tests.seqcast.genome.small_files import write_files

KNOWN = """##fileformat=VCFv4.2
#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO
chr1\t5\trs1\tA\tC,G\t.\t.\t.
chr1\t9\trs2;rs3\tA\tC\t.\t.\t.
chr2\t9\trs3\tG\tC\t.\t.\t.
"""


@pytest.fixture
def read(tmp_path):
    files = write_files(tmp_path)
    (tmp_path / "known.vcf").write_text(KNOWN)
    with Genome(files.genome) as genome:
        yield lambda *texts, ids=tmp_path / "known.vcf": named_variants(
            texts, genome, files.annotation, ids
        )


def test_each_text_has_its_rows_in_order(read):
    found = read("chr2:7:A:T", "rs1", "chr1:g.3_4del", " rs2 ")
    assert found["row"].to_list() == [0, 1, 2, 3, 4]
    assert found["record"].to_list() == [0, 1, 1, 2, 3]
    assert found["variant"].to_list() == ["chr2_7_A_T", "rs1", "rs1", "chr1:g.3_4del", "rs2"]
    assert found["pos"].to_list() == [7, 5, 5, 2, 9]
    assert found.schema["pos"] == pl.Int64


@pytest.mark.parametrize(("text", "message"), [
    ("rs3", r"known\.vcf has 2 records rs3: chr1:9:A:C, chr2:9:G:C; expected one"),
    ("rs77", r"known\.vcf has no record rs77"),
    ("nonsense", "variant 'nonsense'; expected contig"),
])  # fmt: skip
def test_what_is_not_known_is_named(read, text, message):
    with pytest.raises(InputError, match=message):
        read(text)


def test_rsids_need_a_file(read):
    with pytest.raises(
        InputError, match=r"rs1: an rsID is looked up in a VCF of yours.*--rsids FILE"
    ):
        read("rs1", ids=None)
