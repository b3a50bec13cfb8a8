"""One-hot encoding."""

import numpy as np
import pytest
import torch

from seqcast.genome.sequence import base_codes, one_hot, one_hot_of_codes, reverse_complement


@pytest.mark.parametrize(("sequence", "columns"), [
    ("ACGT", [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]]),
    ("acgt", [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]]),
    ("Uu", [[0, 0, 0, 1], [0, 0, 0, 1]]),
    ("NR-", [[0, 0, 0, 0]] * 3),
    ("", []),
])  # fmt: skip
def test_letters(sequence, columns):
    encoded = one_hot(sequence)
    assert encoded.dtype == np.float32
    assert encoded.T.tolist() == columns


def test_base_codes():
    assert base_codes("ACGTUacgtuNR-").tolist() == [0, 1, 2, 3, 3, 0, 1, 2, 3, 3, 4, 4, 4]


def test_codes_become_the_channels_of_their_letters():
    codes = torch.from_numpy(base_codes("ATNGuCx"))[None]
    assert np.array_equal(one_hot_of_codes(codes)[0].numpy(), one_hot("ATNGuCx"))


def test_unknown_bases_take_the_value_asked_for():
    assert one_hot("AN", unknown=0.25)[:, 1].tolist() == [0.25] * 4


def test_reverse_complement_is_a_flip_of_both_axes():
    assert np.array_equal(one_hot("AACGN")[::-1, ::-1], one_hot("NCGTT"))


# bases that an IUPAC code stands for (Cornish-Bowden 1985, table 1)
BASES = {
    "A": "A", "C": "C", "G": "G", "T": "T", "R": "AG", "Y": "CT", "S": "CG", "W": "AT", "K": "GT",
    "M": "AC", "B": "CGT", "D": "AGT", "H": "ACT", "V": "ACG", "N": "ACGT",
}  # fmt: skip


@pytest.mark.parametrize("code", BASES)
def test_other_strand_of_each_code_stands_for_the_paired_bases(code):
    paired = {"A": "T", "C": "G", "G": "C", "T": "A"}
    found = reverse_complement(code)
    assert sorted(BASES[found]) == sorted(paired[base] for base in BASES[code])
    assert reverse_complement(code.lower()) == found.lower()


def test_other_strand_is_read_backwards():
    assert reverse_complement("AACGnU-") == "-AnCGTT"
    assert reverse_complement("") == ""
