"""Bases and codons as numbers, for networks that look at reading frames."""

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

BASE_N, BASE_PAD = 4, 5  # after A, C, G, T
CODON_N, CODON_PAD = 64, 65  # a codon that holds an unknown base, or lies outside the read
CODON_IDS = 66

_CODE = np.full(256, BASE_N, dtype=np.uint8)
_CODE[0] = BASE_PAD
for _code, _letters in enumerate((b"Aa", b"Cc", b"Gg", b"TtUu")):
    _CODE[list(_letters)] = _code


def encode_bases(bases: np.ndarray) -> np.ndarray:
    """Codes of bases.

    Parameters
    ----------
    bases : ndarray of uint8
        ASCII codes, in any case; U counts as T, 0 is padding, and all the rest is unknown.

    Returns
    -------
    ndarray of uint8, of the same shape
        0 to 3 for A, C, G, T, 4 for unknown bases, 5 for padding.
    """
    return _CODE[bases]


def six_frames(tokens: Tensor, halo_codons: int = 0) -> Tensor:
    """Codons of reads in six frames, in reading direction.

    Parameters
    ----------
    tokens : Tensor of integers, shape=(batch, length in nt)
    halo_codons : int
        Padding before and after the codons of each frame.

    Returns
    -------
    Tensor of int32, shape=(batch, 6, codons)
        0 to 63 in the order of the alphabet (AAA, AAC ... TTT), 64 with an unknown base, 65 outside
        the read. Frame i of the first three holds the codons that start i + 3n nt from the left;
        frame i of the last three the same stretches of the other strand, from right to left.
    """
    first, second, third = (tokens[:, i : tokens.shape[1] - 2 + i].int() for i in range(3))
    worst = torch.maximum(torch.maximum(first, second), third)
    forward = torch.where(worst < BASE_N, 16 * first + 4 * second + third, worst + 60)
    reverse = torch.where(worst < BASE_N, 63 - 16 * third - 4 * second - first, worst + 60)
    codons = -(-forward.shape[1] // 3) + 2 * halo_codons
    fill = (3 * halo_codons, 3 * (codons - halo_codons) - forward.shape[1])
    forward, reverse = (
        F.pad(strand, fill, value=CODON_PAD).view(len(tokens), codons, 3).transpose(1, 2)
        for strand in (forward, reverse)
    )
    return torch.cat([forward, reverse.flip(2)], dim=1)
