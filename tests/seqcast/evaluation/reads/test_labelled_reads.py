"""Which reads are chosen, and the files that are written of them."""

import random

import pytest

from seqcast.core.errors import InputError
from seqcast.evaluation.reads.labelled_reads import (
    HEADER,
    Choice,
    ChosenRead,
    choose_reads,
    write_dev_table,
)
from seqcast.reads.dnabert import read_dnabert
from tests.seqcast.evaluation.reads.bams import write_bam

MATE1, MATE2, REVERSE = 0x41, 0x81, 0x10


@pytest.fixture
def choose(tmp_path):
    def choose(coding, other, **options):
        inner = write_bam(tmp_path / "i.bam", *coding)
        outer = write_bam(tmp_path / "o.bam", *other)
        known = options.pop("unclear_known", False)
        compat = options.pop("compat", None)
        return choose_reads(inner, outer, Choice(**options), known, compat)

    return choose


def keys(reads):
    return [(read.key, read.label) for read in reads]


def test_mates_are_reads_of_their_own(choose):
    coding = [{"name": "p", "flag": MATE1}, {"name": "p", "flag": MATE2}]
    reads, _ = choose(coding, [{"name": "q"}], balanced=False)
    assert keys(reads) == [("p_1", 1), ("p_2", 1), ("q_1", 0)]
    reads, _ = choose([{"name": "single", "flag": 0}], [{"name": "q"}])
    assert keys(reads)[0] == ("single_1", 1)


def test_length_is_inclusive_and_counts_every_base(choose):
    coding = [{"name": f"l{n}", "length": n} for n in (139, 140)]
    reads, counts = choose(coding, [{"name": "q"}], balanced=False)
    assert keys(reads) == [("l140_1", 1), ("q_1", 0)]
    assert counts["coding"].to_list() == [2, 1, 1, 1, 1]


def test_a_key_in_both_classes_is_in_neither(choose):
    both = {"name": "b", "mapq": 3}  # whatever its quality
    reads, counts = choose([{"name": "a"}, both], [{"name": "b"}, {"name": "c"}], balanced=False)
    assert keys(reads) == [("a_1", 1), ("c_1", 0)]
    assert counts.rows() == [
        ("alignments", 2, 2), ("long_enough", 2, 2), ("in_one_class", 1, 1),
        ("well_mapped", 1, 1), ("taken", 1, 1),
    ]  # fmt: skip


def test_a_short_alignment_does_not_put_a_read_into_a_class(choose):
    reads, _ = choose([{"name": "a"}], [{"name": "a", "length": 100}, {"name": "c"}])
    assert keys(reads) == [("a_1", 1), ("c_1", 0)]


def test_the_best_quality_of_several_alignments_counts_and_the_first_gives_the_bases(choose):
    coding = [
        {"name": "a", "mapq": 1, "sequence": "A" * 150, "start": 5},
        {"name": "a", "mapq": 42, "sequence": "C" * 150, "start": 9},
        {"name": "b", "mapq": 41},
    ]
    reads, _ = choose(coding, [{"name": "q"}], balanced=False)
    assert reads[0] == ChosenRead("a_1", "A" * 150, 1, 1, 0)
    assert keys(reads) == [("a_1", 1), ("q_1", 0)]


def test_bases_are_those_of_the_reference_strand_without_clipped_ends(choose):
    sequence = "AAAAA" + "ACGTN" * 30 + "CCCCC"
    coding = [{"name": "a", "flag": MATE1 | REVERSE, "sequence": sequence, "cigar": "5S150M5S"}]
    reads, _ = choose(coding, [{"name": "q"}])
    assert reads[0].sequence == "ACGTN" * 30  # as in the file: not turned


def test_balanced_draw_is_that_of_the_random_module(choose):
    coding = [{"name": f"r{i}", "start": i} for i in range(50)]
    other = [{"name": f"q{i}", "start": i} for i in range(20)]
    reads, counts = choose(coding, other, seed=42)
    random.seed(42)  # evaluation/scripts/bam2dnabert_blast.py: one stream, coding reads first
    first = set(random.sample(sorted(f"r{i}_1" for i in range(50)), 20))
    second = set(random.sample(sorted(f"q{i}_1" for i in range(20)), 20))
    assert {key for key, label in keys(reads) if label} == first
    assert {key for key, label in keys(reads) if not label} == second
    drawn = [int(key[1:-2]) for key, label in keys(reads) if label]
    assert drawn == sorted(drawn)  # in the order of the alignments, not of the draw
    assert counts.row(-1) == ("taken", 20, 20)
    assert keys(choose(coding, other, seed=7)[0]) != keys(reads)


def test_whether_unclear_sequence_was_avoided_is_said_of_non_coding_reads(choose):
    for options, expected in [
        ({}, [0, 0]),
        ({"unclear_known": True}, [0, 1]),
        ({"unclear_known": True, "compat": "readseeker"}, [0, 0]),
    ]:
        reads, _ = choose([{"name": "a"}], [{"name": "b"}], **options)
        assert [read.outside_hits for read in reads] == expected


def test_nothing_left_of_a_class(choose):
    message = (
        r"no non-coding read is left .*alignments 1 coding, 1 non-coding; .*well_mapped 1 coding, 0"
    )
    with pytest.raises(InputError, match=message):
        choose([{"name": "a"}], [{"name": "b", "mapq": 41}])
    reads, _ = choose([{"name": "a"}], [{"name": "b", "mapq": 41}], balanced=False)
    assert keys(reads) == [("a_1", 1)]  # as SARS-CoV-2, nearly all of which is coding
    for balanced in (True, False):
        with pytest.raises(InputError, match="no coding read is left"):
            choose([], [], balanced=balanced)


READS = [ChosenRead("a_1", "ACGTACGT", 1, 42, 0), ChosenRead("b_2", "NACGTA", 0, 42, 1)]
ROWS = ["ACGTAC CGTACG GTACGT\t1\ta_1\t42\tref\tone\t0", "NACGTA\t0\tb_2\t42\tref\tone\t1"]


@pytest.mark.parametrize(
    ("balanced", "compat", "columns"),
    [(True, None, 7), (False, None, 7), (True, "readseeker", 7), (False, "readseeker", 6)],
)
def test_table_of_reads(tmp_path, balanced, compat, columns):
    write_dev_table(READS, tmp_path / "dev.tsv", "ref", "one", balanced, compat)
    header, *rows = (tmp_path / "dev.tsv").read_text().split("\n")
    assert header.split("\t") == list(HEADER[:columns])
    assert rows == [*ROWS, ""]
    found = [read for chunk in read_dnabert(tmp_path / "dev.tsv") for read in chunk]
    assert [(read.sequence, read.label) for read in found] == [("ACGTACGT", 1), ("NACGTA", 0)]
