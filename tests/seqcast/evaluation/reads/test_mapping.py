"""Mapping and the border between classes, with the real programs on small references."""

import gzip
import random
import shutil

import pysam
import pytest

from seqcast.core.errors import InputError
from seqcast.evaluation.reads import INDEX_SUFFIXES
from seqcast.evaluation.reads.mapping import (
    check_contigs,
    index_reference,
    map_reads,
    split_alignments,
)
from tests.seqcast.evaluation.reads.bams import write_bam

GENOME = "".join(random.Random(1).choices("ACGT", k=4000))
TURN = str.maketrans("ACGT", "TGCA")


@pytest.fixture(scope="module")
def programs():
    for name in ("bowtie2", "samtools", "bedtools"):
        if shutil.which(name) is None:
            pytest.skip(f"{name} is not installed (Debian: bowtie2 samtools bedtools)")


@pytest.fixture(scope="module")
def index(programs, tmp_path_factory):
    folder = tmp_path_factory.mktemp("index")
    with gzip.open(folder / "g.fa.gz", "wt") as file:
        file.write(f">c\n{GENOME}\n")
    index_reference(folder / "g.fa.gz", folder / "g")
    assert {path.name for path in folder.iterdir()} == {
        "g.fa.gz",
        *(f"g{x}" for x in INDEX_SUFFIXES),
    }
    return folder / "g"


def write_pairs(folder, starts, length=150, insert=400):
    """FASTQ of pairs from these places."""
    files = [folder / f"r{mate}.fq" for mate in (1, 2)]
    with files[0].open("w") as one, files[1].open("w") as two:
        for start in starts:
            end = GENOME[start + insert - length : start + insert][::-1].translate(TURN)
            for file, mate, bases in ((one, 1, GENOME[start : start + length]), (two, 2, end)):
                file.write(f"@p{start}/{mate}\n{bases}\n+\n{'I' * len(bases)}\n")
    return files


def records(bam):
    with pysam.AlignmentFile(str(bam)) as file:
        return [(r.query_name, r.reference_start, r.is_read2) for r in file.fetch(until_eof=True)]


def test_pairs_are_mapped_and_sorted(index, tmp_path):
    files = write_pairs(tmp_path, [900, 30, 500])
    map_reads(index, *files, tmp_path / "m.bam")
    found = records(tmp_path / "m.bam")
    assert [place for _, place, _ in found] == sorted([900, 1150, 30, 280, 500, 750])
    assert all(place == int(name[1:]) + 250 * mate for name, place, mate in found)


def test_reads_of_one_place_keep_their_order_with_any_number_of_threads(index, tmp_path):
    starts = [300] * 400
    files = write_pairs(tmp_path, starts)
    for file in files:  # distinct names
        lines = file.read_text().replace("@p300", "@q{}").split("q{}")
        file.write_text("".join(f"{part}q{i}" for i, part in enumerate(lines[:-1])) + lines[-1])
    for threads in (1, 3):
        map_reads(index, *files, tmp_path / f"{threads}.bam", threads)
    assert records(tmp_path / "1.bam") == records(tmp_path / "3.bam")
    assert [name for name, _, second in records(tmp_path / "1.bam") if not second] == [
        f"q{i}" for i in range(400)
    ]


def test_single_reads_and_only_the_first(index, tmp_path):
    files = write_pairs(tmp_path, [100, 200, 300])
    map_reads(index, files[0], None, tmp_path / "m.bam", first=2)
    # bowtie2 takes "/1" off the names of pairs only
    assert records(tmp_path / "m.bam") == [("p100/1", 100, False), ("p200/1", 200, False)]
    map_reads(index, *files, tmp_path / "m.bam", first=1)
    assert records(tmp_path / "m.bam") == [("p100", 100, False), ("p100", 350, True)]


def test_what_does_not_map_is_left_out(index, tmp_path):
    (tmp_path / "r.fq").write_text(f"@x\n{'AC' * 75}\n+\n{'I' * 150}\n")
    map_reads(index, tmp_path / "r.fq", None, tmp_path / "m.bam")
    assert records(tmp_path / "m.bam") == []


def test_pairs_of_unequal_length_are_refused(index, tmp_path):
    one, two = write_pairs(tmp_path, [100, 200, 300])
    two.write_text("".join(two.read_text().splitlines(keepends=True)[:8]))
    with pytest.raises(InputError, match=r"bowtie2 ended .*fewer reads in file specified with -2"):
        map_reads(index, one, two, tmp_path / "m.bam")
    assert not (tmp_path / "m.bam").exists()


def test_truncated_reads_are_refused(index, tmp_path):
    one, _ = write_pairs(tmp_path, range(0, 3000, 5))
    packed = gzip.compress(one.read_bytes())
    (tmp_path / "cut.fq.gz").write_bytes(packed[: len(packed) // 2])
    with pytest.raises(InputError, match="bowtie2 ended with status"):
        map_reads(index, tmp_path / "cut.fq.gz", None, tmp_path / "m.bam")


def test_an_empty_genome_is_refused(programs, tmp_path):
    (tmp_path / "g.fa").write_text("")
    with pytest.raises(InputError, match="bowtie2-build ended with status"):
        index_reference(tmp_path / "g.fa", tmp_path / "g")


PLACES = {  # of reads of 100, coding sequence at 100-300, 300-400 and 600-700
    "inside": 150, "at its start": 100, "at its end": 200, "over the joint": 250,
    "one base out": 99, "far": 450, "touching": 700, "one base in": 699, "in unclear": 820,
}  # fmt: skip


def test_which_side_of_the_border_a_read_is_on(programs, tmp_path):
    reads = [{"name": name, "start": start, "length": 100} for name, start in PLACES.items()]
    bam = write_bam(tmp_path / "m.bam", *sorted(reads, key=lambda read: read["start"]))
    (tmp_path / "c.bed").write_text("c\t100\t300\nc\t300\t400\nc\t600\t700\n")
    (tmp_path / "u.bed").write_text("c\t100\t400\nc\t600\t700\nc\t800\t850\n")
    inner, outer = tmp_path / "inner.bam", tmp_path / "outer.bam"

    def split(unclear=None):
        split_alignments(bam, tmp_path / "c.bed", unclear, inner, outer)
        return [{name for name, _, _ in records(path)} for path in (inner, outer)]

    # In neither: over a joint of two intervals, or partly outside.
    assert split() == [{"inside", "at its start", "at its end"}, {"far", "touching", "in unclear"}]
    assert split(tmp_path / "u.bed")[1] == {"far", "touching"}


def test_a_read_in_two_overlapping_intervals_comes_once(programs, tmp_path):
    bam = write_bam(tmp_path / "m.bam", {"name": "r", "start": 150, "length": 50})
    (tmp_path / "c.bed").write_text("c\t100\t300\nc\t120\t400\n")
    split_alignments(bam, tmp_path / "c.bed", None, tmp_path / "i.bam", tmp_path / "o.bam")
    assert records(tmp_path / "i.bam") == [("r", 150, False)]
    assert records(tmp_path / "o.bam") == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("chr1\t1\t9\n", r"ends at 9 of 'chr1', of which the genome has no bp; .* c, d\. Use"),
        ("d\t1\t501\n", "has 500 bp"),
        ("", "has no interval"),
    ],
)
def test_a_bed_of_other_contigs_is_refused(tmp_path, text, message):
    bam = write_bam(tmp_path / "m.bam")
    (tmp_path / "c.bed").write_text(text)
    with pytest.raises(InputError, match=message):
        check_contigs(tmp_path / "c.bed", bam)
