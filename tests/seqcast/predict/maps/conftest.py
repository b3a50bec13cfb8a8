"""A small genome, and the tracks of a model that counts bases."""

import numpy as np
import pytest

from seqcast.genome.fasta import Genome
from seqcast.genome.tracks import Tracks
from tests.seqcast.toy_models import BaseCounter


@pytest.fixture(scope="module")
def genome(tmp_path_factory):
    path = tmp_path_factory.mktemp("genome") / "genome.fa"
    sequence = "".join(np.random.default_rng(3).choice(list("ACGT"), 4000))
    path.write_text(f">chr1\n{sequence}\n")
    return Genome(path)


@pytest.fixture(scope="module")
def tracks():
    n = BaseCounter.tracks
    return Tracks(np.arange(n), np.array(["a+", "a-", "c", "d"]), np.array(["RNA", "RNA", "C", "D"]),
                  np.full(n, "mean"), np.array(["+", "-", ".", "."]), np.array([1, 0, 2, 3]),
                  np.full(n, np.nan), np.ones(n))  # fmt: skip
