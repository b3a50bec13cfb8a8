"""Every read of BAM, CRAM and SAM once, as it was sequenced."""

import io
import os
import random
import sys
import tempfile
import threading
from pathlib import Path

import pysam
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqcast.core.errors import InputError
from seqcast.core.text_files import BGZF_END
from seqcast.reads import Read
from seqcast.reads.alignments import read_alignments
from seqcast.reads.open import open_reads
from tests.seqcast.reads.examples import EXAMPLES, all_of, some_reads

GENOME = "".join(random.Random(4).choices("ACGT", k=2000))
HEADER = {"HD": {"VN": "1.6"}, "SQ": [{"SN": "c", "LN": len(GENOME)}]}
MODES = {"bam": "wb", "sam": "w", "cram": "wc"}
REVERSE, UNMAPPED, SECONDARY, SUPPLEMENTARY = 16, 4, 256, 2048


def reverse_complement(sequence: str) -> str:
    return sequence[::-1].translate(str.maketrans("ACGT", "TGCA"))


@pytest.fixture
def genome(tmp_path: Path) -> Path:
    path = tmp_path / "genome.fa"
    path.write_text(f">c\n{GENOME}\n")
    pysam.faidx(str(path))
    return path


def write_alignments(path: Path, records: list[dict], genome: Path | None = None) -> Path:
    """Write records given as the fields of SAM that differ from an unmapped read without name."""
    options = {} if genome is None else {"reference_filename": str(genome)}
    mode = MODES[path.suffix[1:]]
    with pysam.AlignmentFile(str(path), mode, header=HEADER, **options) as file:
        for fields in records:
            record = pysam.AlignedSegment(file.header)
            record.query_name = fields.get("name", "r")
            record.flag = fields.get("flag", UNMAPPED)
            record.query_sequence = fields.get("sequence")
            if fields.get("quality"):
                record.query_qualities = pysam.qualitystring_to_array(fields["quality"])
            if "start" in fields:
                record.reference_id, record.reference_start = 0, fields["start"]
                record.cigarstring = fields["cigar"]
            file.write(record)
    return path


def mapped(n: int) -> list[dict]:
    """Reads of 60 bp cut from the genome, every second one on the reverse strand."""
    return [
        {"name": f"r{i}", "flag": REVERSE * (i % 2), "start": i % 1900, "cigar": "60M",
         "sequence": GENOME[i % 1900 : i % 1900 + 60], "quality": read.quality}
        for i, read in enumerate(some_reads(n, length=60))
    ]  # fmt: skip


@EXAMPLES
@given(
    st.lists(
        st.tuples(
            st.text("ACGTN", max_size=30), st.booleans(), st.booleans(), st.sampled_from([0, 1, 2])
        ),
        max_size=8,
    ),
    st.sampled_from(["bam", "sam", "cram"]),
    st.integers(1, 4),
)
def test_round_trip_of_unaligned_reads(
    drawn: list[tuple[str, bool, bool, int]], kind: str, chunk: int
) -> None:
    expected, records = [], []
    for i, (sequence, with_quality, reverse, mate) in enumerate(drawn):
        quality = "".join(chr(33 + (7 * j + i) % 90) for j in range(len(sequence)))
        quality = quality if with_quality and sequence else None
        expected.append(Read(f"r{i}", mate, sequence, quality, ""))
        flag = UNMAPPED + REVERSE * reverse + {0: 0, 1: 1 + 64, 2: 1 + 128}[mate]
        stored = reverse_complement(sequence) if reverse else sequence
        stored_quality = quality[::-1] if quality and reverse else quality
        records.append(
            {"name": f"r{i}", "flag": flag, "sequence": stored or None, "quality": stored_quality}
        )
    with tempfile.TemporaryDirectory() as folder:
        path = write_alignments(Path(folder) / f"x.{kind}", records)
        assert all_of(read_alignments(path, chunk=chunk)) == expected


@pytest.mark.parametrize("kind", MODES)
def test_reads_come_as_sequenced(tmp_path: Path, genome: Path, kind: str) -> None:
    stored, quality = f"TTTTT{GENOME[100:150]}GGG", some_reads(1, length=58)[0].quality
    fields = {"start": 100, "cigar": "5S50M3S", "sequence": stored, "quality": quality}
    path = write_alignments(
        tmp_path / f"x.{kind}", [{**fields, "flag": 0}, {**fields, "flag": REVERSE}], genome
    )
    found = [(read.sequence, read.quality) for read in all_of(read_alignments(path, genome))]
    assert found == [(stored, quality), (reverse_complement(stored), quality[::-1])]


@pytest.mark.parametrize("kind", MODES)
def test_further_alignments_are_counted_not_read(tmp_path: Path, genome: Path, kind: str) -> None:
    first = mapped(1)[0]
    flags = [0, SECONDARY, SUPPLEMENTARY, SECONDARY + SUPPLEMENTARY, 1024, 512]  # duplicate, failed
    path = write_alignments(
        tmp_path / f"x.{kind}", [{**first, "flag": flag} for flag in flags], genome
    )
    stream = open_reads(path, reference=genome)
    assert len(all_of(stream)) == 3
    assert (stream.counts.records, stream.counts.secondary, stream.counts.supplementary) == (
        6,
        2,
        1,
    )


def test_mates_come_from_flags(tmp_path: Path) -> None:
    flags = {1 + 64: 1, 1 + 128: 2, 1 + 64 + 128: 0, 1: 0, 64: 0}  # the last one is not paired
    path = write_alignments(
        tmp_path / "x.bam", [{"flag": UNMAPPED + flag, "sequence": "A"} for flag in flags]
    )
    assert [read.mate for read in all_of(read_alignments(path))] == list(flags.values())


def test_missing_sequences_are_empty(tmp_path: Path) -> None:
    for kind in ("bam", "sam"):
        path = write_alignments(tmp_path / f"x.{kind}", [{"name": "none"}])
        assert all_of(read_alignments(path)) == [Read("none", 0, "", None, "")]


@pytest.mark.parametrize("kind", MODES)
def test_truncated_files_are_refused(tmp_path: Path, genome: Path, kind: str) -> None:
    path = write_alignments(tmp_path / f"x.{kind}", mapped(3000), genome)
    whole = path.read_bytes()
    assert len(all_of(open_reads(path, reference=genome))) == 3000
    ends = {"bam": len(BGZF_END), "cram": 38, "sam": 10}  # of the block that ends the file
    for cut in (len(whole) // 2 - 5, len(whole) - 3, len(whole) - ends[kind]):
        path.write_bytes(whole[:cut])
        with pytest.raises(InputError, match=rf"x\.{kind}"):
            all_of(open_reads(path, reference=genome))


@pytest.mark.parametrize("kind", MODES)
def test_pipes(tmp_path: Path, genome: Path, kind: str) -> None:
    path = write_alignments(tmp_path / f"x.{kind}", mapped(3000), genome)
    whole, expected = path.read_bytes(), all_of(read_alignments(path, genome))
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    end = {"bam": len(BGZF_END), "cram": 38, "sam": 10}[kind]
    for content in (whole, whole[:-end], whole[: len(whole) // 2 - 5]):
        writer = threading.Thread(target=pipe.write_bytes, args=(content,))
        writer.start()
        stream = open_reads(pipe, reference=genome)
        if content is whole:
            assert all_of(stream) == expected
        else:
            with pytest.raises(InputError, match="pipe"):
                all_of(stream)
        writer.join()


def test_standard_input(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_alignments(tmp_path / "x.bam", mapped(10))
    with path.open("rb") as file:
        monkeypatch.setattr(sys, "stdin", type("Stdin", (), {"buffer": file}))
        assert len(all_of(open_reads("-"))) == 10


class FailingFile(io.BytesIO):
    """A disk or network that fails at its end."""

    def read(self, size: int | None = -1) -> bytes:
        data = super().read(size)
        if not data:
            raise OSError("Input/output error")
        return data


def test_a_pipe_that_fails_is_not_a_shorter_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_alignments(tmp_path / "x.sam", mapped(3000))  # longer than the first look
    monkeypatch.setattr(sys, "stdin", type("Stdin", (), {"buffer": FailingFile(path.read_bytes())}))
    with pytest.raises(InputError, match=r"after record 3000 \(Input/output error\)"):
        all_of(open_reads("-"))


def test_a_pipe_may_be_left_early(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_alignments(tmp_path / "x.sam", mapped(20_000))
    before = set(threading.enumerate())
    with path.open("rb") as file:
        monkeypatch.setattr(sys, "stdin", type("Stdin", (), {"buffer": file}))
        with open_reads("-", chunk=10) as stream:
            assert len(next(stream)) == 10
        for thread in set(threading.enumerate()) - before:
            thread.join(timeout=10)
            assert not thread.is_alive()


def test_bad_files_and_options_are_named(tmp_path: Path, genome: Path) -> None:
    bam = write_alignments(tmp_path / "x.bam", mapped(2))
    with pytest.raises(InputError, match=r"no\.fa does not exist"):
        read_alignments(bam, tmp_path / "no.fa")
    fastq = tmp_path / "x.fastq"
    fastq.write_text("@r\nA\n+\nI\n")
    with pytest.raises(InputError, match="holds FASTQ; expected BAM, CRAM or SAM"):
        read_alignments(fastq)
    bare = tmp_path / "x.sam"
    bare.write_text("r\t0\tc\t1\t0\t4M\t*\t0\t0\tACGT\tIIII\n")
    with pytest.raises(
        InputError, match=r"record 1 cannot be read.*expected SAM with a header.*samtools view -h"
    ):
        all_of(open_reads(bare))


def test_cram_without_its_reference_asks_for_it(
    tmp_path: Path, genome: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_alignments(tmp_path / "x.cram", mapped(5), genome)
    genome.unlink()  # the header names it
    monkeypatch.setenv("REF_PATH", str(tmp_path))
    with pytest.raises(
        InputError, match=r"x\.cram cannot be decoded.*Give that FASTA as reference"
    ):
        all_of(open_reads(path))


def test_empty_file_gives_no_read(tmp_path: Path) -> None:
    (tmp_path / "x.bam").write_bytes(b"")
    assert all_of(read_alignments(tmp_path / "x.bam")) == []
    assert all_of(read_alignments(write_alignments(tmp_path / "header.bam", []))) == []
