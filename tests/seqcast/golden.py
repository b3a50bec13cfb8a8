"""Reading of the golden files of the original programs (`shared/reference/borzuki`)."""

import re
from pathlib import Path

import numpy as np

from seqcast.genome.fasta import Genome
from seqcast.genome.sequence import one_hot


def window_one_hot(fasta: Path, window: bytes) -> np.ndarray:
    """One-hot array (1, 4, length) of a window named ``chr1:-30000-101072``."""
    match = re.fullmatch(r"(\w+):(-?\d+)-(\d+)", window.decode())
    assert match is not None
    with Genome(fasta) as genome:
        return one_hot(genome.fetch(match[1], int(match[2]), int(match[3])))[None]


def relative_error(found: np.ndarray, golden: np.ndarray) -> float:
    """Largest absolute difference, as a share of the golden values' largest."""
    return float(np.abs(found - golden).max() / np.abs(golden).max())
