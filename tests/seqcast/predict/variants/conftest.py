"""A small genome, its genes and a model that counts bases."""

import numpy as np
import polars as pl
import pytest

from seqcast.genome.annotation import Annotation, Gene
from seqcast.genome.fasta import Genome
from seqcast.genome.variants import check_variants
from tests.seqcast.toy_models import BaseCounter, tracks_of_bases

LENGTH = 4000


@pytest.fixture(scope="session")
def genome(tmp_path_factory):
    path = tmp_path_factory.mktemp("genome") / "genome.fa"
    sequence = "".join(np.random.default_rng(3).choice(list("ACGT"), LENGTH))
    path.write_text(f">chr1\n{sequence}\n")
    return Genome(path)


@pytest.fixture(scope="session")
def annotation():
    return Annotation((
        Gene("G1.1", "plus", "chr1", "+", ((1900, 1960), (2040, 2200))),
        Gene("G2.1", "minus", "chr1", "-", ((2300, 2400),)),
    ))  # fmt: skip


@pytest.fixture(scope="session")
def tracks():
    return tracks_of_bases()


@pytest.fixture(scope="session")
def model():
    return BaseCounter(1024)


@pytest.fixture(scope="session")
def checked(genome):
    """Function: a table of checked variants from (pos, ref, alt) tuples on chr1."""

    def table(*rows):
        frame = pl.DataFrame(
            [(i, i, f"v{i}", "chr1", pos, ref, alt) for i, (pos, ref, alt) in enumerate(rows)],
            schema=["row", "record", "variant", "chrom", "pos", "ref", "alt"], orient="row",
        )  # fmt: skip
        return check_variants(frame, genome)

    return table
