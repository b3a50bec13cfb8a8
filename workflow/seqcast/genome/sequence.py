"""DNA as numbers: one-hot arrays of shape (4, length), channels A, C, G, T. The other strand."""

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:  # jobs that make tables have no torch
    from torch import Tensor

# IUPAC codes in both cases; S, W and N are their own complements, as is any other character
COMPLEMENT = str.maketrans("ACGTUacgtuRYKMBVDHrykmbvdh", "TGCAAtgcaaYRMKVBHDyrmkvbhd")

UNKNOWN = 4  # code of a base that is not known; 0 to 3 are A, C, G, T

_CODE = np.full(256, UNKNOWN, dtype=np.uint8)
for _i, _letters in enumerate(("Aa", "Cc", "Gg", "TtUu")):
    for _letter in _letters:
        _CODE[ord(_letter)] = _i


def base_codes(sequence: str) -> np.ndarray:
    """Bases as numbers, shape (length,), uint8: A C G T (or U) 0..3, all others `UNKNOWN`."""
    return _CODE[np.frombuffer(sequence.encode("ascii", "replace"), dtype=np.uint8)]


def one_hot(sequence: str, unknown: float = 0.0) -> np.ndarray:
    """Encode a sequence.

    Parameters
    ----------
    sequence : str
        Bases in any case; U counts as T. Every other character is unknown.
    unknown : float
        Value of all four channels at an unknown base. 0 as in the training data
        (baskerville ``dna_1hot``); 0.25 as in borzoi_sed (``n_uniform=True``).

    Returns
    -------
    ndarray, shape=(4, length), float32
    """
    table = np.vstack([np.eye(4, dtype=np.float32), np.full((1, 4), unknown, dtype=np.float32)])
    return np.ascontiguousarray(table[base_codes(sequence)].T)


def one_hot_of_codes(codes: "Tensor") -> "Tensor":
    """`base_codes` (batch, length) to float32 (batch, 4, length); 0 in all where unknown."""
    return (codes[:, None] == codes.new_tensor([0, 1, 2, 3])[:, None]).float()


def reverse_complement(text: str) -> str:
    """The other strand of a sequence, read in its own direction.

    Parameters
    ----------
    text : str
        IUPAC codes in any case, which is kept; U becomes A. Other characters stay as they are.
    """
    return text.translate(COMPLEMENT)[::-1]
