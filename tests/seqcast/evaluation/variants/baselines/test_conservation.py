"""Conservation at variants, from bigWig files."""

import numpy as np
import polars as pl
import pybigtools
import pytest

from seqcast.core.errors import InputError
from seqcast.evaluation.variants.baselines.conservation import conservation
from seqcast.evaluation.variants.baselines.registry import NamedFile
from seqcast.genome.fasta import Genome

TRACK = NamedFile("phyloP", "")
EDITS = pl.DataFrame(
    [("c1", 10, 11), ("c1", 10, 13), ("c1", 12, 12), ("c1", 50, 51), ("c2", 5, 6), ("c1", None, None),
     (None, None, None), ("c1", 0, 0)],
    schema={"contig": pl.String, "start": pl.Int64, "end": pl.Int64}, orient="row",
)  # fmt: skip


@pytest.fixture
def genome(tmp_path):
    (tmp_path / "genome.fa").write_text(f">c1\n{'A' * 100}\n>c2\n{'A' * 20}\n")
    (tmp_path / "aliases.tsv").write_text("contig\talias\nc1\tchr1\n")
    with Genome(tmp_path / "genome.fa", tmp_path / "aliases.tsv") as opened:
        yield opened


def write(path, lengths, values):
    pybigtools.open(str(path), "w").write(lengths, iter(values))
    return path


def test_the_mean_over_the_bases_that_an_edit_changes(tmp_path, genome):
    values = [
        ("chr1", 0, 1, 8.0),
        ("chr1", 10, 11, -2.0),
        ("chr1", 11, 12, 4.0),
        ("chr1", 12, 13, 1.0),
    ]
    path = write(tmp_path / "p.bw", {"chr1": 100, "other": 7}, values)
    found, status = conservation(TRACK, path, EDITS, genome)
    expected = [-2, 1, 2.5, np.nan, np.nan, np.nan, np.nan, 8]  # bases around the insertions
    np.testing.assert_allclose(found, expected)
    assert status.tolist() == [
        "scored", "scored", "scored", "no_value", "contig_not_in_file", "scored", "contig_not_in_file",
        "scored",
    ]  # fmt: skip


def test_a_track_of_another_assembly_is_refused(tmp_path, genome):
    path = write(tmp_path / "p.bw", {"c1": 101}, [("c1", 0, 1, 8.0)])
    with pytest.raises(
        InputError, match="has 101 bp of c1, the genome has 100 bp; expected a track"
    ):
        conservation(TRACK, path, EDITS, genome)


def test_what_is_no_bigwig_is_refused(tmp_path, genome):
    (tmp_path / "p.bw").write_text("chr1\t0\t1\t8\n" * 10)
    with pytest.raises(InputError, match="expected a bigWig file"):
        conservation(TRACK, tmp_path / "p.bw", EDITS, genome)
