"""One door for every format."""

from pathlib import Path

import pysam
import pytest

from seqcast.core.errors import InputError
from seqcast.reads.open import open_reads
from seqcast.reads.records import CHUNK_NT
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


def test_long_reads_come_few_at_a_time(tmp_path: Path) -> None:
    """As many bases as `CHUNK_NT` end a list, whatever the format."""
    reads = some_reads(5, length=CHUNK_NT // 2)
    paths = [write(tmp_path / name, fastq(reads)) for name in ("R1", "R2")]
    bam = tmp_path / "x.bam"
    with pysam.AlignmentFile(str(bam), "wb", header={"HD": {"VN": "1.6"}}) as file:
        for read in reads:
            record = pysam.AlignedSegment()
            record.query_name, record.query_sequence, record.flag = read.name, read.sequence, 4
            file.write(record)
    assert [len(chunk) for chunk in open_reads(paths[0])] == [2, 2, 1]
    assert [len(chunk) for chunk in open_reads(*paths)] == [2] * 5
    assert [len(chunk) for chunk in open_reads(bam)] == [2, 2, 1]


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


CASES = {
    "blank_after_marker.fa": 3, "blank_line_at_end.fq": 100, "blank_line_between.fq": 200,
    "blank_line_first.fa": 1, "blank_line_first.fq": 100, "bom.fa": 1, "bzip2_without_lf.fa.bz2": 1,
    "comment_first.fa": 1, "ctrl_z_at_end.fq": 100, "semicolon_comment.fa": 1,
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_files_that_people_met(shared: Path, name: str) -> None:
    """Counts by grep -c of header lines; the README there says what was wrong."""
    reads = all_of(open_reads(shared / "cases/reads" / name))
    assert len(reads) == CASES[name]
    assert all(read.name for read in reads)
