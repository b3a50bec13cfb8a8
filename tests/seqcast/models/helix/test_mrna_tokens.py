"""Token ids of Helix-mRNA and Mamba2-mRNA."""

import pytest
import torch

from seqcast.core.errors import InputError
from seqcast.models.helix.mrna_tokens import helix_tokenizer, mamba2_tokenizer

HELIX = helix_tokenizer(12288)


def test_helix_ids_are_the_published_ones():
    # helicalAI/helical, commit 0a3d870: A 7, C 8, G 9, U 10, N 11, E 12, SEP and PAD 1
    assert HELIX(["ACGUNE"]).tolist() == [[7, 8, 9, 10, 11, 12, 1]]
    assert HELIX(["EAUG"]).tolist() == [[12, 7, 10, 9, 1]]


def test_mamba2_has_its_own_padding_and_no_codon_mark():
    tokenizer = mamba2_tokenizer(8192)
    assert tokenizer(["ACGUN", "A"]).tolist() == [[7, 8, 9, 10, 11, 1], [4, 4, 4, 4, 7, 1]]
    assert (tokenizer.codon_mark, HELIX.codon_mark) == (None, "E")
    with pytest.raises(InputError, match=r"'E' at character 2 is no token.*A C G U T N. Replace"):
        tokenizer(["AEA"])


def test_case_and_t_make_no_difference():
    assert torch.equal(HELIX(["acgtnACGTNe"]), HELIX(["ACGUNACGUNE"]))


def test_rows_are_padded_on_the_left():
    tokens = HELIX(["AC", "", "ACGU"])
    assert tokens.tolist() == [[1, 1, 7, 8, 1], [1, 1, 1, 1, 1], [7, 8, 9, 10, 1]]
    assert HELIX.real(tokens).tolist() == [
        [False, False, True, True, False], [False] * 5, [True, True, True, True, False]
    ]  # fmt: skip
    assert HELIX.leading_pads(tokens).tolist() == [2, 4, 0]


def test_no_sequences_are_no_rows():
    assert HELIX([]).shape == (0, 1)
    assert HELIX([""]).tolist() == [[1]]


@pytest.mark.parametrize(
    ("sequence", "letter", "place"),
    [("ACR", "R", 3), ("A-C", "-", 2), (" ACG", " ", 1), ("AC*", r"\*", 3), ("Aé", "é", 2), ("A\u4e00", "\u4e00", 2)],
)  # fmt: skip
def test_other_letters_are_named_with_their_place(sequence, letter, place):
    with pytest.raises(
        InputError, match=f"sequence 2: '{letter}' at character {place} is no token"
    ):
        HELIX(["ACG", sequence])


def test_the_end_token_counts():
    tokenizer = helix_tokenizer(5)
    assert tokenizer(["ACGU"]).shape == (1, 5)
    with pytest.raises(
        InputError, match=r"sequence 1: 5 characters and an end token exceed.* 5 tokens"
    ):
        tokenizer(["ACGUA"])
