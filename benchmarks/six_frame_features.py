"""What the six reading frames of a read say: features for a general-purpose classifier.

For `benchmarks/coding_reads.py`. The choice of features is that of a first study of this task (stop
codons, open stretches, amino acids, bases by codon position, period of three); the classifier
that the workflow ships has features of its own (`seqcast.models.six_frame.network`).
"""

from collections.abc import Sequence

import numpy as np

BASES = "TCAG"  # the order of NCBI's tables of genetic codes
CODE = "FFLLSSSSYY**CC*WLLLLPPPPHHQQRRRRIIIMTTTTNNKKSSRRVVVVAAAADDEEGGGG"  # transl_table=11
AMINO_ACIDS = "ACDEFGHIKLMNPQRSTVWY"
BATCH = 2_000

_DIGIT = np.full(256, 4, dtype=np.int64)
for _digit, _base in enumerate(BASES):
    _DIGIT[ord(_base)] = _digit
_COMPLEMENT = np.array([2, 3, 0, 1, 4])  # T-A, C-G
_STOP = np.array([letter == "*" for letter in CODE] + [False])
_AMINO = np.array([[letter == amino for amino in AMINO_ACIDS] for letter in CODE] + [[False] * 20])
NO_CODON = 64


def six_frame_features(reads: Sequence[str]) -> np.ndarray:
    """Features of reads of one length, shape=(reads, features), float32.

    Frames are ordered by their longest stretch without a stop codon. Of all six: that length and
    the number of stops. Of the two best: shares of amino acids, bases by codon position, length of
    the stretch. Of the read: fraction of G and C, power of period 3 of each base.
    """
    parts = [_features(reads[i : i + BATCH]) for i in range(0, len(reads), BATCH)]
    return np.concatenate(parts)


def _features(reads: Sequence[str]) -> np.ndarray:
    length = len(reads[0])
    forward = _DIGIT[np.frombuffer("".join(reads).encode(), dtype=np.uint8).reshape(-1, length)]
    codons, bases = [], []
    for strand in (forward, _COMPLEMENT[forward[:, ::-1]]):
        for offset in range(3):
            count = (length - 2) // 3  # alike in all frames: the last codon of frame 0 may go
            triplets = strand[:, offset : offset + 3 * count].reshape(-1, count, 3)
            ids = triplets @ np.array([16, 4, 1])
            codons.append(np.where((triplets == 4).any(2), NO_CODON, ids))
            bases.append(triplets)
    frames, by_position = np.stack(codons, 1), np.stack(bases, 1)  # (reads, 6, codons[, 3])
    stops = _STOP[frames]
    open_codons = longest_run(~stops)
    # the stretch decides, fewer stops break a tie
    order = np.argsort(-open_codons - 1 / (2 + stops.sum(2)), axis=1, kind="stable")
    read = np.arange(len(forward))[:, None]
    best = order[:, :2]
    amino = _AMINO[frames[read, best]].mean(2)  # (reads, 2, 20)
    shares = np.stack([(by_position[read, best] == b).mean(2) for b in range(4)], 3)
    columns = [
        open_codons[read, order], stops.sum(2)[read, order], amino, shares,
        np.isin(forward, (1, 3)).mean(1), period_three_power(forward),
    ]  # fmt: skip
    flat = [np.asarray(c).reshape(len(forward), -1) for c in columns]
    return np.concatenate(flat, axis=1).astype(np.float32)


def longest_run(flags: np.ndarray) -> np.ndarray:
    """Length of the longest run of True along the last axis."""
    longest = np.zeros(flags.shape[:-1], dtype=np.int64)
    current = longest.copy()
    for i in range(flags.shape[-1]):
        current = (current + 1) * flags[..., i]
        np.maximum(longest, current, out=longest)
    return longest


def period_three_power(bases: np.ndarray) -> np.ndarray:
    """Squared Fourier coefficient at period 3 of each base's indicator, over the length."""
    wave = np.exp(2j * np.pi * np.arange(bases.shape[1]) / 3)
    powers = [np.abs((bases == b) @ wave) ** 2 / bases.shape[1] for b in range(4)]
    return np.stack(powers, axis=1)
