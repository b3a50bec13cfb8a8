"""One door for every format."""

from pathlib import Path

import pytest

from seqcast.errors import InputError
from seqcast.reads.open import open_reads
from tests.seqcast.reads.examples import all_of, fasta, fastq, some_reads, write


@pytest.mark.parametrize("how", ["plain", "gzip", "bgzip"])
def test_content_wins_over_the_name(tmp_path: Path, how: str) -> None:
    reads = some_reads(3)
    stream = open_reads(write(tmp_path / "x.fasta", fastq(reads), how))
    assert (stream.paired, all_of(stream)) == (False, reads)
    stream = open_reads(write(tmp_path / "x.bam", fasta(reads), how))
    assert [read.quality for read in all_of(stream)] == [None] * 3


def test_pairs_and_chunks(tmp_path: Path) -> None:
    paths = [write(tmp_path / f"R{mate}", fastq(some_reads(3, mate))) for mate in (1, 2)]
    with open_reads(*paths, chunk=3) as stream:
        assert stream.paired
        assert [len(chunk) for chunk in stream] == [4, 2]
        assert stream.counts.reads == 6


def test_a_stream_may_be_left_early(tmp_path: Path) -> None:
    path = write(tmp_path / "x.fastq", fastq(some_reads(100)))
    with open_reads(path, chunk=10) as stream:
        assert len(next(stream)) == 10
        assert stream.counts.reads == 10


def test_alignments_have_no_second_file(tmp_path: Path) -> None:
    bam = write(tmp_path / "x.bam", b"BAM\1\0", "bgzip")
    with pytest.raises(InputError, match=r"x\.bam holds BAM.*without a second one"):
        open_reads(bam, write(tmp_path / "R2", fastq(some_reads(1))))
    with pytest.raises(InputError, match="begins with"):
        open_reads(write(tmp_path / "x.txt", b"hello\n"))
