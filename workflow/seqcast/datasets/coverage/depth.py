"""Depth of coverage along contigs, as runs of equal depth on disk: any genome in fixed memory."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

BATCH_BLOCKS = 1 << 20  # about 150 MB while they are sorted
READ_RUNS = 1 << 16
RUN = np.dtype([("start", np.int32), ("end", np.int32), ("depth", np.int32)])


class DepthFile:
    """Collects blocks that come by their start, contig by contig, and gives back their depth.

    Where no later block can begin, depth is final: every `BATCH_BLOCKS` blocks, the changes of
    depth before that place are summed and written.

    Parameters
    ----------
    path : path
        A scratch file of 12 bytes a run; made here, removed by the caller.
    """

    def __init__(self, path: str | Path) -> None:
        self._path = Path(path)
        self._file = self._path.open("wb")
        self._parts: dict[str, tuple[int, int]] = {}  # contig -> its first run and their number
        self._runs = 0
        self.begin("")

    def begin(self, contig: str) -> None:
        """Start a contig; the one before must have ended."""
        self._contig, self._first = contig, self._runs
        self._starts: list[int] = []
        self._ends: list[int] = []
        self._limit = BATCH_BLOCKS
        self._place, self._depth = 0, 0  # final up to a place, and the depth from there on

    def add(self, blocks: Sequence[tuple[int, int]], final_bp: int) -> None:
        """Add blocks to the contig.

        Parameters
        ----------
        blocks : sequence of (start, end)
            0-based half-open.
        final_bp : int
            No later block begins before it.
        """
        for start, end in blocks:
            self._starts.append(start)
            self._ends.append(end)
        if len(self._ends) >= self._limit:
            self._settle(final_bp)
            # blocks at one place stay pending, and would be sorted again at every one more
            self._limit = len(self._ends) + BATCH_BLOCKS

    def end(self) -> None:
        """Write the rest of the contig."""
        self._settle(None)
        self._parts[self._contig] = (self._first, self._runs - self._first)

    def close(self) -> None:
        """Close the file for writing; `records` may follow."""
        self._file.close()

    def records(
        self, contig_lengths: Mapping[str, int], factor: float
    ) -> Iterator[tuple[str, int, int, float]]:
        """Runs of equal depth above 0, as bigWig files have them.

        Parameters
        ----------
        contig_lengths : mapping of str to int
            Length of all contigs in bp.
        factor : float
            Multiplies depth.

        Yields
        ------
        tuple of (contig, start, end, value)
            Contigs by name; of one without blocks, a single run of 0.
        """
        for contig in sorted(contig_lengths):
            first, runs = self._parts.get(contig, (0, 0))
            if not runs:
                yield contig, 0, contig_lengths[contig], 0.0
            for done in range(0, runs, READ_RUNS):
                part = np.fromfile(
                    self._path,
                    dtype=RUN,
                    count=min(READ_RUNS, runs - done),
                    offset=(first + done) * RUN.itemsize,
                )
                values = part["depth"] * factor
                for start, end, value in zip(
                    part["start"].tolist(), part["end"].tolist(), values.tolist(), strict=True
                ):
                    yield contig, start, end, value

    def _settle(self, final_bp: int | None) -> None:
        """Write the runs that end at or before a place (None: all), and forget their blocks."""
        starts, ends = np.array(self._starts, np.int64), np.array(self._ends, np.int64)
        before = np.iinfo(np.int64).max if final_bp is None else final_bp
        self._starts = starts[starts >= before].tolist()
        self._ends = ends[ends >= before].tolist()
        rises, falls = starts[starts < before], ends[ends < before]
        places, of = np.unique(np.concatenate([rises, falls]), return_inverse=True)
        rising, falling = np.split(of, [len(rises)])
        changes = np.bincount(rising, minlength=len(places))
        changes -= np.bincount(falling, minlength=len(places))
        places, changes = places[changes != 0], changes[changes != 0]
        if not len(places):
            return
        edges = np.concatenate([[self._place], places])
        depths = self._depth + np.concatenate([[0], np.cumsum(changes)])
        runs = np.empty(len(places), dtype=RUN)
        runs["start"], runs["end"], runs["depth"] = edges[:-1], edges[1:], depths[:-1]
        runs = runs[runs["depth"] > 0]
        runs.tofile(self._file)
        self._runs += len(runs)
        self._place, self._depth = int(places[-1]), int(depths[-1])
