"""One pass through a FASTA, held against what `Genome` reads through an index."""

import gzip

import pysam
import pytest

from seqcast.core.errors import InputError
from seqcast.genome import fasta_scan
from seqcast.genome.fasta import Genome
from seqcast.genome.fasta_scan import HeldGenome, read_contigs

FASTA = ">chr1 the first\nACGTN\nacgtr\nAC\n>chr2\nGGGGG\n>chr3\n\nTT\n>none\n"
CONTIGS = [("chr1", "ACGTNACGTRAC"), ("chr2", "GGGGG"), ("chr3", "TT"), ("none", "")]


def packed(path, how):
    """The path of the file as it is, or compressed."""
    if how == "plain":
        return path
    other = path.with_suffix(".fa.gz")
    if how == "gzip":
        other.write_bytes(gzip.compress(path.read_bytes()))
    else:
        pysam.tabix_compress(str(path), str(other))
    return other


@pytest.mark.parametrize("how", ["plain", "gzip", "bgzip"])
@pytest.mark.parametrize("chunk_bytes", [1, 7, 1 << 20])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_contigs_are_read_whole_wherever_chunks_end(tmp_path, monkeypatch, how, chunk_bytes, end):
    monkeypatch.setattr(fasta_scan, "CHUNK_BYTES", chunk_bytes)
    path = tmp_path / "a.fa"
    path.write_bytes(FASTA.replace("\n", end).encode())
    assert list(read_contigs(packed(path, how))) == CONTIGS


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is empty"),
        ("\n\nACGT\n", "is not FASTA"),
        (">a\nAC\n>b\nA\n>a\nC\n", "has more than one contig a"),
        (">\nACGT\n", "has a contig without a name"),
        (">a\nAC\n> b\nA\n", "has a contig without a name"),
        (">a\nMKLFE\n", r"a holds characters that are not bases: 'L' \(1\), 'F' \(1\), 'E' \(1\)"),
    ],
)
def test_what_is_no_genome_is_refused(tmp_path, text, message):
    path = tmp_path / "a.fa"
    path.write_text(text)
    with pytest.raises(InputError, match=message):
        list(read_contigs(path))


def test_a_truncated_or_missing_file_is_refused(tmp_path):
    path = tmp_path / "a.fa.gz"
    path.write_bytes(gzip.compress(FASTA.encode())[:-12])
    with pytest.raises(InputError, match="is not a whole gzip file"):
        list(read_contigs(path))
    path.write_bytes(gzip.compress(b"ACGT\n"))
    with pytest.raises(InputError, match=r"is not FASTA|has no contig"):
        list(read_contigs(path))
    with pytest.raises(InputError, match="does not exist"):
        list(read_contigs(tmp_path / "none.fa"))


def test_bases_in_memory_are_those_of_the_file(tmp_path):
    path = tmp_path / "a.fa"
    path.write_text(">chr1\nACGTNACGTRAC\n")
    held = HeldGenome(path, {"chr1": 12}, bases={"chr1": "ACGTNACGTRAC"})
    with Genome(path) as genome:
        for start in range(-4, 16):
            for end in range(start, 17):
                assert held.fetch("chr1", start, end) == genome.fetch("chr1", start, end)
    assert held.resolve("chr1") == "chr1"
    assert held.resolve("1") is None
