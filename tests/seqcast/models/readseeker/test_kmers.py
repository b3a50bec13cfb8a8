"""Token ids against a plain reading of DNABERT's vocabulary."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqcast.core.errors import InputError
from seqcast.models.readseeker.kmers import (
    KmerTokenizer,
    base_codes,
    check_vocabulary,
    kmer_ids,
    vocabulary,
)

K = 6
ANYTHING = st.text("ACGTacgtUuNnRYSWKM-*.", max_size=40)


def plain_tokens(sequence: str, any_case: bool) -> list[int]:
    """Ids by looking every k-mer up in the vocabulary's own list."""
    index = {token: i for i, token in enumerate(vocabulary(K))}
    if any_case:
        sequence = sequence.upper().replace("U", "T")
    kmers = [sequence[i : i + K] for i in range(len(sequence) - K + 1)]
    return [2, *(index.get(kmer, 1) for kmer in kmers), 3]


def test_vocabulary_begins_and_ends_as_published():
    # readseeker.md of DNABERT: A, T, C, G order; AAAAAA 5, AAAAAT 6, AAAAAC 7, GGGGGG 4100
    tokens = vocabulary(K)
    assert tokens[:8] == [
        "[PAD]",
        "[UNK]",
        "[CLS]",
        "[SEP]",
        "[MASK]",
        "AAAAAA",
        "AAAAAT",
        "AAAAAC",
    ]
    assert (len(tokens), tokens[-1]) == (4101, "GGGGGG")


def test_vocabulary_is_the_published_file(shared):
    path = shared / "reference/readseeker/original_model_files/vocab.txt"
    assert path.read_text().split("\n")[:-1] == vocabulary(K)
    check_vocabulary(path, K)


@given(st.lists(ANYTHING, min_size=1, max_size=6))
def test_ids_are_those_of_the_vocabulary(sequences):
    tokens = KmerTokenizer(K, 298)(sequences)
    assert tokens.dtype == np.int64
    for row, sequence in zip(tokens, sequences, strict=True):
        expected = plain_tokens(sequence, any_case=True)
        assert row.tolist() == expected + [0] * (len(row) - len(expected))


@given(st.lists(st.text("ACGTacgtUN", max_size=40), min_size=1, max_size=6))
def test_compat_knows_capitals_and_no_u(sequences):
    tokens = KmerTokenizer(K, 298, "dnabert")(sequences)
    for row, sequence in zip(tokens, sequences, strict=True):
        expected = plain_tokens(sequence, any_case=False)
        assert row.tolist() == expected + [0] * (len(row) - len(expected))


@pytest.mark.parametrize("k", [3, 4, 5, 7])
def test_other_k(k):
    codes = base_codes(any_case=True)[np.frombuffer(b"GATTACAGATTACA", dtype=np.uint8)]
    index = {token: i for i, token in enumerate(vocabulary(k))}
    expected = [index["GATTACAGATTACA"[i : i + k]] for i in range(14 - k + 1)]
    assert kmer_ids(codes, k).tolist() == expected


def test_punctuation_splits_a_kmer_under_compat():
    # BERT's splitter: "ACGTA-" is ACGTA and "-", two unknown tokens
    (row,) = KmerTokenizer(K, 298, "dnabert")(["ACGTA-"])
    assert row.tolist() == [2, 1, 1, 3]
    (row,) = KmerTokenizer(K, 298)(["ACGTA-"])
    assert row.tolist() == [2, 1, 3]


def test_long_reads_are_an_error_or_cut_under_compat():
    with pytest.raises(InputError, match="a read of 302 nt is longer than the 301 nt"):
        KmerTokenizer(K, 298)(["A" * 302])
    cut = KmerTokenizer(K, 298, "dnabert")(["A" * 301 + "C", "A" * 301])
    assert cut.shape == (2, 298)
    assert (cut[0] == cut[1]).all()


def test_no_reads_give_no_rows():
    assert KmerTokenizer(K, 298)([]).shape == (0, 2)


def test_another_vocabulary_is_named(tmp_path):
    path = tmp_path / "vocab.txt"
    path.write_text("\n".join(vocabulary(5)) + "\n")
    with pytest.raises(InputError, match="1029 tokens, line 6 is 'AAAAA'; expected the 4101"):
        check_vocabulary(path, K)
    shuffled = vocabulary(K)
    shuffled[6], shuffled[7] = shuffled[7], shuffled[6]
    path.write_text("\n".join(shuffled) + "\n")
    with pytest.raises(InputError, match="line 7 is 'AAAAAC'"):
        check_vocabulary(path, K)
    path.write_text("\n".join(vocabulary(K)[:-1]) + "\n")
    with pytest.raises(InputError, match=r"line 4101 is 'nothing'; .* there 'GGGGGG'"):
        check_vocabulary(path, K)
