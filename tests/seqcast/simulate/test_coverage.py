"""Tracks as bigWig: noise around the expectation, on the right strand, the same every time."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pybigtools
import pytest

from seqcast.simulate.assays import ASSAYS, TRACKS
from seqcast.simulate.coverage import expected_coverage, noisy_coverage, write_coverage
from seqcast.simulate.expected import gene_coverage
from seqcast.simulate.genome import SimulatedGenome, draw_genome
from seqcast.simulate.parameters import CoverageParameters, Parameters

SMALL = Parameters(contigs=(("chrS1", 6), ("chrS2", 4)))


@pytest.fixture(scope="module")
def genome() -> SimulatedGenome:
    return draw_genome(SMALL, 3)


def test_each_gene_is_on_its_strand_alone(genome) -> None:
    both = {s: {c: expected_coverage(genome, c, s) for c in genome.contigs} for s in "+-"}
    for placed in genome.genes:
        end = placed.slot_start + len(placed.gene.sequence)
        of_gene = gene_coverage(placed.gene, placed.truth, SMALL)
        slots = {s: both[s][placed.chrom][:, placed.slot_start : end] for s in "+-"}
        if placed.strand == "-":
            of_gene = of_gene[:, ::-1]
        np.testing.assert_allclose(slots.pop(placed.strand), of_gene, rtol=1e-6)
        assert not slots.popitem()[1].any()
    assert {placed.strand for placed in genome.genes} == {"+", "-"}


def test_noise_is_poisson_over_depth(genome) -> None:
    deep = replace(genome, parameters=replace(SMALL, coverage=CoverageParameters(depth=4.0)))
    expected = np.full(200_000, 5.0, np.float32)
    values = noisy_coverage(expected, deep, "chrS1", "sim_total+").astype(float)
    # mean 5 and variance 5 / 4; bounds of 5 standard errors
    assert values.mean() == pytest.approx(5.0, abs=5 * np.sqrt(1.25 / 200_000))
    assert values.var() == pytest.approx(1.25, rel=5 * np.sqrt(2 / 200_000))
    assert np.all(values * 4 == np.round(values * 4))
    other = noisy_coverage(expected, deep, "chrS1", "sim_total-").astype(float)
    assert abs(np.corrcoef(values, other)[0, 1]) < 0.02
    assert not np.array_equal(values, noisy_coverage(expected, deep, "chrS2", "sim_total+"))
    assert not noisy_coverage(np.zeros(9, np.float32), deep, "chrS1", "sim_total+").any()


def test_bigwigs_hold_the_tracks(genome, tmp_path: Path) -> None:
    files = write_coverage(genome, tmp_path)
    assert [file.stem for file in files] == [track.identifier for track in TRACKS]
    lengths = {name: len(sequence) for name, sequence in genome.contigs.items()}
    for file, track in zip(files, TRACKS, strict=True):
        with pybigtools.open(str(file)) as reader:
            assert dict(reader.chroms()) == lengths
            for chrom in lengths:
                i = ASSAYS.index(track.assay)
                expected = expected_coverage(genome, chrom, track.strand)[i]
                wanted = noisy_coverage(expected, genome, chrom, track.identifier)
                found = reader.values(chrom, fillna=None)  # NaN would be a base without value
                np.testing.assert_array_equal(found, wanted)


def test_the_same_genome_gives_the_same_bytes(genome, tmp_path: Path) -> None:
    for a, b in zip(
        write_coverage(genome, tmp_path / "a"), write_coverage(genome, tmp_path / "b"), strict=True
    ):
        assert a.read_bytes() == b.read_bytes()
