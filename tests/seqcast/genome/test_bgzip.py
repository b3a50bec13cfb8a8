"""Published genomes become files that can be read in the middle."""

import gzip
from pathlib import Path

import pysam
import pytest

from seqcast.core.errors import InputError
from seqcast.genome.bgzip import index_fasta, recompress_bgzip

FASTA = b">chr1 first\nACGT\nacgt\nAC\n>chr2\nGG\n"


@pytest.mark.parametrize("compressed", [True, False])
def test_recompressed_genome_can_be_read_in_the_middle(tmp_path: Path, compressed: bool) -> None:
    source, path = tmp_path / "hg38.fa.gz", tmp_path / "genome" / "hg38.fa.gz"
    source.write_bytes(gzip.compress(FASTA) if compressed else FASTA)
    recompress_bgzip(source, path)
    index_fasta(path)
    assert gzip.decompress(path.read_bytes()) == FASTA
    # name, length, offset of the first base, bases a line, bytes a line (samtools faidx)
    assert (
        tmp_path / "genome" / "hg38.fa.gz.fai"
    ).read_text() == "chr1\t10\t12\t4\t5\nchr2\t2\t31\t2\t3\n"
    with pysam.FastaFile(str(path)) as fasta:
        assert fasta.fetch("chr1", 3, 9) == "TacgtA"
    expected = ["hg38.fa.gz", "hg38.fa.gz.fai", "hg38.fa.gz.gzi"]
    assert sorted(item.name for item in path.parent.iterdir()) == expected


def test_plain_fasta_needs_one_index(tmp_path: Path) -> None:
    path = tmp_path / "toy.fa"
    path.write_bytes(FASTA)
    index_fasta(path)
    assert sorted(item.name for item in tmp_path.iterdir()) == ["toy.fa", "toy.fa.fai"]


def test_recompressing_bgzip_keeps_the_text(tmp_path: Path) -> None:
    text = b">chr1\n" + b"ACGTACGTAC\n" * 20_000  # more than the 64 kB of one block
    first, second = tmp_path / "first.fa.gz", tmp_path / "second.fa.gz"
    (tmp_path / "plain.fa").write_bytes(text)
    recompress_bgzip(tmp_path / "plain.fa", first)
    recompress_bgzip(first, second)
    assert gzip.decompress(second.read_bytes()) == text


@pytest.mark.parametrize("damage", ["cut", "overwritten"])
def test_damaged_gzip_leaves_no_output(tmp_path: Path, damage: str) -> None:
    source = tmp_path / "hg38.fa.gz"
    whole = gzip.compress(FASTA * 1000)
    source.write_bytes(whole[:-20] if damage == "cut" else whole[:20] + b"\xff" * 20 + whole[40:])
    with pytest.raises(
        InputError, match=r"hg38\.fa\.gz is not a whole gzip file.*download it again"
    ):
        recompress_bgzip(source, tmp_path / "out.fa.gz")
    assert list(tmp_path.iterdir()) == [source]


@pytest.mark.parametrize(
    "content",
    [gzip.compress(FASTA, mtime=0), b">chr1\nAC\nACGT\nAC\n", b"no FASTA\n"],
    ids=["gzip", "ragged lines", "text"],
)
def test_what_cannot_be_indexed_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "toy.fa"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"toy\.fa cannot be indexed by samtools"):
        index_fasta(path)
    assert list(tmp_path.iterdir()) == [path]
