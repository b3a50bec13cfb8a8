"""One-hot encoding."""

import numpy as np
import pytest

from seqcast.sequence import one_hot


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


def test_unknown_bases_take_the_value_asked_for():
    assert one_hot("AN", unknown=0.25)[:, 1].tolist() == [0.25] * 4


def test_reverse_complement_is_a_flip_of_both_axes():
    assert np.array_equal(one_hot("AACGN")[::-1, ::-1], one_hot("NCGTT"))
