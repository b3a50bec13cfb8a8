"""The doors for use from Python, where no golden test opens them."""

import pytest
from polars.testing import assert_frame_equal

from seqcast import classify_reads
from seqcast.errors import InputError
from seqcast.reads.outcomes import COLUMNS
from tests.seqcast.jobs.test_reads import SEQUENCES, write_fastq
from tests.seqcast.test_classification import network


@pytest.fixture(scope="module")
def model():
    return network(1)


def test_sequences_and_files_give_the_same_table(model, tmp_path):
    path = write_fastq(tmp_path / "r.fastq", SEQUENCES)
    from_file = classify_reads(model, path)
    from_text = classify_reads(model, SEQUENCES)
    assert from_text["read"].to_list() == [f"read{i}" for i in range(len(SEQUENCES))]
    assert_frame_equal(from_file.drop("read"), from_text.drop("read"))


def test_pairs_and_folds(model, tmp_path):
    paths = [write_fastq(tmp_path / f"{i}.fastq", SEQUENCES) for i in (1, 2)]
    table = classify_reads([model, network(2)], *paths, both_strands=True, threshold=0.9)
    assert table["mate"].to_list() == [1, 2] * len(SEQUENCES)
    assert table["p_coding_sd"].null_count() == table["p_coding"].null_count() == 4


def test_no_reads_give_an_empty_table(model):
    assert list(classify_reads(model, []).schema.items()) == list(COLUMNS.items())


def test_a_file_that_is_not_there_is_named(model, tmp_path):
    with pytest.raises(InputError, match=r"none\.fastq"):
        classify_reads(model, tmp_path / "none.fastq")


@pytest.mark.parametrize("sequence", ["ACGT\n", "AC GT", None, b"ACGT", "ŉ"])
def test_what_is_no_sequence_is_named(model, sequence):
    with pytest.raises(InputError, match="read 1 is "):
        classify_reads(model, ["ACGT", sequence])
