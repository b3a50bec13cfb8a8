"""Tracks of the synthetic genome: expected coverage with counting noise, as bigWig files."""

from collections.abc import Iterator
from pathlib import Path
from zlib import crc32

import numpy as np
import pybigtools

from seqcast.core.store import atomic, write_tsv
from seqcast.simulate.assays import ASSAYS, STRANDS, TRACKS, Track, targets_table
from seqcast.simulate.expected import gene_coverage
from seqcast.simulate.genome import SimulatedGenome


def expected_coverage(genome: SimulatedGenome, chrom: str, strand: str) -> np.ndarray:
    """Return the coverage that a contig would have without noise.

    Parameters
    ----------
    genome : SimulatedGenome
    chrom, strand : str
        The contig, and "+" or "-": only genes of that strand count.

    Returns
    -------
    ndarray, shape=(assays, contig_bp), float32
        Along the forward strand; the assays are `ASSAYS`.
    """
    coverage = np.zeros((len(ASSAYS), len(genome.contigs[chrom])), np.float32)
    for placed in genome.genes:
        if (placed.chrom, placed.strand) == (chrom, strand):
            of_gene = gene_coverage(placed.gene, placed.truth, genome.parameters)
            slot = slice(placed.slot_start, placed.slot_start + of_gene.shape[1])
            coverage[:, slot] = of_gene if strand == "+" else of_gene[:, ::-1]
    return coverage


def noisy_coverage(
    expected: np.ndarray, genome: SimulatedGenome, chrom: str, identifier: str
) -> np.ndarray:
    """Count reads: a Poisson number per base, over depth.

    Parameters
    ----------
    expected : ndarray, shape=(contig_bp,)
        Of one track.
    genome : SimulatedGenome
        Gives the seed and the depth.
    chrom, identifier : str
        Contig and track. With the seed they seed the generator, so that a track stays the same
        when others change.

    Returns
    -------
    ndarray, shape=(contig_bp,), float32
    """
    # of four words, the last not 0: no generator of a gene or a half-life is seeded so
    seed = [genome.seed, crc32(chrom.encode()), crc32(identifier.encode()), 2]
    depth = genome.parameters.coverage.depth
    covered = np.flatnonzero(expected)
    coverage = np.zeros(len(expected), np.float32)
    counts = np.random.default_rng(seed).poisson(depth * expected[covered].astype(np.float64))
    coverage[covered] = counts / depth
    return coverage


def write_coverage(genome: SimulatedGenome, folder: str | Path) -> list[Path]:
    """Write all tracks and their table.

    Parameters
    ----------
    genome : SimulatedGenome
        The tracks of one strand are in memory together: 44 bytes per base.
    folder : path
        Gets the folder ``coverage``, whole, with ``<identifier>.bw``, and ``targets.tsv``
        (`targets_table`); the same genome gives the same values.

    Returns
    -------
    list of Path
        The bigWigs, in the order of the table. Every base has a value, 0 where nothing is covered.
    """
    folder = Path(folder)
    with atomic(folder / "coverage") as made:
        made.mkdir()
        for strand in STRANDS:
            expected = {name: expected_coverage(genome, name, strand) for name in genome.contigs}
            for track in TRACKS:
                if track.strand == strand:
                    _write_track(genome, track, expected, made)
    write_tsv(targets_table(), folder / "targets.tsv")
    return [folder / "coverage" / f"{track.identifier}.bw" for track in TRACKS]


def _write_track(
    genome: SimulatedGenome, track: Track, expected: dict[str, np.ndarray], folder: Path
) -> None:
    """Write one bigWig from what is expected of each contig (assays, contig_bp)."""
    lengths = {name: len(sequence) for name, sequence in genome.contigs.items()}

    def intervals() -> Iterator[tuple[str, int, int, float]]:
        for chrom in sorted(lengths):  # the order of bigWig files
            of_assay = expected[chrom][ASSAYS.index(track.assay)]
            values = noisy_coverage(of_assay, genome, chrom, track.identifier)
            starts = np.append(0, np.flatnonzero(np.diff(values)) + 1)
            ends = np.append(starts[1:], len(values))
            yield from zip(
                [chrom] * len(starts), starts.tolist(), ends.tolist(), values[starts].tolist(),
                strict=True,
            )  # fmt: skip

    pybigtools.open(str(folder / f"{track.identifier}.bw"), "w").write(lengths, intervals())
