"""The targets table of a new training."""

from pathlib import Path

import numpy as np
import pytest

from seqcast.datasets.coverage.target_windows import make_windows
from seqcast.datasets.coverage.track_names import TrackFile
from seqcast.genome.annotation import Gene
from seqcast.plan.new_targets import TrainingFiles, choose_scale, targets_table
from tests.seqcast.datasets.coverage.test_preflight import (
    GENE_BP,
    LENGTH_BP,
    STARTS,
    write_bigwig,
)


@pytest.fixture
def libraries(tmp_path) -> list[tuple[TrackFile, str]]:
    """Genes of 5 a base on alternating strands, a hundredth of it antisense."""
    found = []
    for sign in "+-":
        sense = np.array(["+-"[i % 2] == sign for i in range(len(STARTS))])
        path = tmp_path / f"a{sign}.bw"
        write_bigwig(path, np.where(sense, 5.0, 0.05))
        found.append((TrackFile(str(path), "a", strand=sign), str(path)))
    return found


def test_the_scale_is_that_of_genes_on_their_own_strand(libraries):
    genes = [Gene(f"g{i}", "", "chr1", "+-"[i % 2], ((start, start + GENE_BP),))
             for i, start in enumerate(STARTS)]  # fmt: skip
    files = TrainingFiles(Path("genome.fa"), Path("genes.gtf"), tuple(t for t, _ in libraries))
    table, lengths = targets_table(libraries), {"chr1": LENGTH_BP}
    windows = make_windows(lengths, 3200, 3)
    scale, notes = choose_scale(files, table, genes, windows, lengths, 32)
    assert (scale, notes) == (0.06, [])  # 10 / (5 x 32)


def test_a_minus_strand_of_negative_values_is_turned(libraries, tmp_path):
    write_bigwig(tmp_path / "a-.bw", np.full(len(STARTS), 5.0), -1.0)
    table = targets_table(libraries)
    assert table.select("identifier", "negative").rows() == [("a+", ""), ("a-", "flip")]
    assert table["strand_pair"].to_list() == [1, 0]
