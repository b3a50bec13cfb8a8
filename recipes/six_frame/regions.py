"""Coding and non-coding regions of many genomes, from which reads are drawn at random."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from seqcast.genome.coding_regions import gaps, merge_regions
from seqcast.genome.genbank import GenbankRecord
from seqcast.models.six_frame.codons import encode_bases


class Source(NamedTuple):
    """A genome to draw from; ``unclear`` holds regions of no class, shape (regions, 2) a record."""

    name: str
    records: Sequence[GenbankRecord]
    unclear: Sequence[np.ndarray]


class Regions:
    """Regions of one class, those of a genome next to each other.

    Parameters
    ----------
    starts, ends : ndarray of int64, shape=(regions,)
        0-based half-open.
    genome : ndarray of int64, shape=(regions,)
        Number of each region's genome, ascending.
    genomes : int
        How many genomes there are; one without a region counts too.
    """

    def __init__(
        self, starts: np.ndarray, ends: np.ndarray, genome: np.ndarray, genomes: int
    ) -> None:
        self.starts, self.ends, self.genome, self.genomes = starts, ends, genome, genomes
        self._cumulative: dict[int, np.ndarray] = {}

    def counts(self, length_nt: int) -> np.ndarray:
        """Places where a read of this length fits inside one region, for each genome."""
        return np.diff(self._bounds(length_nt))

    def draw(self, rng: np.random.Generator, length_nt: int, genomes: np.ndarray) -> np.ndarray:
        """A random start for each read.

        Parameters
        ----------
        rng : Generator
        length_nt : int
            Of all reads.
        genomes : ndarray of int64, shape=(reads,)
            Number of the genome of each read; it must have a place for it.

        Returns
        -------
        ndarray of int64, shape=(reads,)
            Each place of a genome is equally likely.
        """
        bounds = self._bounds(length_nt)
        return self.starts_of(rng.integers(bounds[genomes], bounds[genomes + 1]), length_nt)

    def starts_of(self, places: np.ndarray, length_nt: int) -> np.ndarray:
        """Where reads begin, given the numbers of their places among all places, in order."""
        cumulative = self._places_before(length_nt)
        region = np.searchsorted(cumulative, places, side="right") - 1
        return self.starts[region] + places - cumulative[region]

    def _places_before(self, length_nt: int) -> np.ndarray:
        """Places before each region, and in all: shape (regions + 1,)."""
        if length_nt not in self._cumulative:
            places = np.maximum(self.ends - self.starts - length_nt + 1, 0)
            self._cumulative[length_nt] = np.concatenate([[0], np.cumsum(places)])
        return self._cumulative[length_nt]

    def _bounds(self, length_nt: int) -> np.ndarray:
        """Places before each genome, and in all: shape (genomes + 1,)."""
        first = np.searchsorted(self.genome, np.arange(self.genomes + 1))
        return self._places_before(length_nt)[first]


class Pool(NamedTuple):
    """All genomes end to end: codes of `encode_bases`, sizes in bp, regions of both classes."""

    bases: np.ndarray
    names: list[str]
    sizes_bp: np.ndarray
    regions: tuple[Regions, Regions]  # non-coding, coding


def pool_of(sources: Iterable[Source]) -> Pool:
    """Put genomes end to end.

    A record without any CDS is left out: it is more often not annotated than not coding.
    Non-coding is what neither a CDS nor an unclear region covers.
    """
    bases: list[np.ndarray] = []
    names: list[str] = []
    sizes: list[int] = []
    found: tuple[list[np.ndarray], list[np.ndarray]] = ([], [])  # (regions, 3): start, end, genome
    offset = 0
    for number, source in enumerate(sources):
        names.append(source.name)
        sizes.append(0)
        for record, unclear in zip(source.records, source.unclear, strict=True):
            if record.coding.is_empty():
                continue
            for rows, (starts, ends) in zip(found, classes(record, unclear), strict=True):
                rows.append(
                    np.stack([starts + offset, ends + offset, np.full_like(starts, number)])
                )
            bases.append(encode_bases(np.frombuffer(record.sequence.encode("ascii"), np.uint8)))
            offset += len(record.sequence)
            sizes[-1] += len(record.sequence)
    columns = (np.concatenate([np.empty((3, 0), np.int64), *rows], axis=1) for rows in found)
    non_coding, coding = (Regions(rows[0], rows[1], rows[2], len(names)) for rows in columns)
    joined = np.concatenate([np.empty(0, np.uint8), *bases])
    return Pool(joined, names, np.array(sizes), (non_coding, coding))


def classes(
    record: GenbankRecord, unclear: np.ndarray
) -> tuple[tuple[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]:
    """Starts and ends of the non-coding, and of the coding regions of a record.

    Parameters
    ----------
    record : GenbankRecord
    unclear : ndarray of int, shape=(regions, 2)
        In neither of them, but where a CDS lies in it too.
    """
    coding = merge_regions(record.coding["start"].to_numpy(), record.coding["end"].to_numpy())
    taken = merge_regions(*np.concatenate([np.stack(coding), unclear.T], axis=1))
    return gaps(*taken, len(record.sequence)), coding
