"""The doors for use from Python, where no golden test opens them."""

import numpy as np
import pytest
from polars.testing import assert_frame_equal

from seqcast import classify_reads, embed_sequences
from seqcast.errors import InputError
from seqcast.reads.outcomes import COLUMNS
from tests.seqcast.embedding.small_helix import small_helix
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
    with pytest.raises(InputError, match=r"reads\[1\] is "):
        classify_reads(model, ["ACGT", sequence])


@pytest.fixture(scope="module")
def helix():
    return small_helix()


def test_mrnas_from_text_and_from_files_are_the_same(helix, tmp_path):
    texts = ["AUGGCCUAA", "acgt", "EAUGEUAA", "A-C", ""]
    (tmp_path / "s.fa").write_text(
        "".join(f">sequence{i}\n{text}\n" for i, text in enumerate(texts))
    )
    from_text = embed_sequences(helix, texts)
    assert_frame_equal(embed_sequences(helix, tmp_path / "s.fa"), from_text)
    assert from_text["status"].to_list() == [
        "embedded", "embedded", "embedded", "other_letter", "no_sequence",
    ]  # fmt: skip
    assert from_text["tokens"].to_list() == [9, 4, 8, None, None]
    assert from_text["length_nt"].to_list() == [9, 4, 6, 3, 0]
    features = from_text["embedding_mean"].drop_nulls().to_numpy()
    assert (features.shape, features.dtype) == ((3, helix.width), np.float32)


def test_a_cds_marks_codons(helix):
    texts = ["AUGGCCUAA", "CCAUGUAAC"]
    found = embed_sequences(helix, texts, cds=[None, (2, 8)], pooling=("mean",))
    assert found["tokens"].to_list() == [9, 11]
    assert found["embedding_mean_utr3"].is_null().to_list() == [True, False]
    assert embed_sequences(helix, texts, cds="whole")["tokens"].to_list() == [12, 12]
    assert embed_sequences(helix, texts, cds="whole", codon_marks=False)["tokens"].to_list() == [
        9,
        9,
    ]
    assert len(embed_sequences(helix, [])) == 0


@pytest.mark.parametrize(("arguments", "message"), [
    ((["ACGU", 7],), r"sequences\[1\] is 7; expected text"),
    ((["ACGU"], [(0, 3), None]), "cds has 2 entries; expected 1"),
    (("none.fa", [(0, 3)]), "cds is a list, and sequences are a file"),
    (("none.fa",), r"none\.fa"),
    ((["ACGU"], "all"), "cds is 'all'"),
    ((["--", ""],), "^the list of sequences holds no sequence that can be used"),
])  # fmt: skip
def test_mrnas_that_cannot_be(helix, arguments, message):
    with pytest.raises(InputError, match=message):
        embed_sequences(helix, *arguments)


def test_a_model_of_another_task_is_refused(model):
    with pytest.raises(InputError, match=r"a \w+ embeds no sequences; expected a model of task"):
        embed_sequences(model, ["ACGU"])
