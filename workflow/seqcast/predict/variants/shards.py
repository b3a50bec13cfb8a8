"""Which rows of a set of variants a shard has, found without holding the set.

All rows are read twice: a few numbers are kept of each to find the shard's, then those are read.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple, Self

import numpy as np
import polars as pl

from seqcast.core.store import column_names, count_rows, empty_table, read_frames
from seqcast.genome.intervals import Geometry
from seqcast.predict.variants.alleles import Edit
from seqcast.predict.variants.score_options import ScoreOptions
from seqcast.predict.variants.windows import VariantWork, edits_of

# A place is one number: of the contig, and of the window's first base, which may be before base 0.
CONTIG = 1 << 40
OF_EDITS = ("status", "contig", "start", "end", "insert", "pos", "ref", "alt", "swapped", "border")


class Places(NamedTuple):
    """The window of each row of a set.

    Attributes
    ----------
    place : ndarray of int64, shape=(rows,)
        Ascending by contig, in file order, and window. A row that cannot be scored has the place of
        the one before it, so that rows that are sorted by position keep their order.
    start : ndarray of int64, shape=(rows,)
        First base of the window, where that is shared with others.
    is_shared : ndarray of bool, shape=(rows,)
        Whether it is; others are in a window of their own.
    """

    place: np.ndarray
    start: np.ndarray
    is_shared: np.ndarray

    @classmethod
    def of(cls, frames: Iterable[pl.DataFrame], geometry: Geometry, options: ScoreOptions) -> Self:
        """Those of checked variants, in parts that share no window unless it is one of the grid."""
        contigs: dict[str, int] = {}
        before, places = -geometry.length_bp, [np.zeros(0, dtype=np.int64)]
        starts, shared = [np.zeros(0, dtype=np.int64)], [np.zeros(0, dtype=bool)]
        for frame in frames:
            work = VariantWork.of(frame, geometry, options)
            place = np.zeros(len(work.edits), dtype=np.int64)
            for row, (edit, start) in enumerate(zip(work.edits, work.starts, strict=True)):
                if isinstance(edit, Edit):
                    at = work.convention.start(edit) if start is None else start
                    before = contigs.setdefault(edit.contig, len(contigs)) * CONTIG + at
                place[row] = before
            places.append(place)
            starts.append(np.array([start or 0 for start in work.starts], dtype=np.int64))
            shared.append(np.array([start is not None for start in work.starts], dtype=bool))
        return cls(np.concatenate(places), np.concatenate(starts), np.concatenate(shared))

    def rows(self, shard: int, shards: int) -> np.ndarray:
        """Rows of one of `shards` parts of nearly equal size that share no window, in file order.

        Parameters
        ----------
        shard : int
            Counts from 0.
        """
        order = None if _ascends(self.place) else np.argsort(self.place, kind="stable")
        ordered = self.place if order is None else self.place[order]

        def end(part: int) -> int:
            at = len(ordered) * part // shards
            if 0 < at < len(ordered):  # behind all of the window that would be cut
                at = int(np.searchsorted(ordered, ordered[at - 1], side="right"))
            return at

        first, last = end(shard), end(shard + 1)
        return np.arange(first, last) if order is None else np.sort(order[first:last])


def read_shard(
    path: str | Path, geometry: Geometry, options: ScoreOptions, shard: int, shards: int
) -> tuple[pl.DataFrame, VariantWork]:
    """Read a shard of a table of checked variants, and where its rows are scored.

    Parameters
    ----------
    path : path
        Of `variants.check_variants`, the whole set.
    geometry : Geometry
        Of the model.
    options : ScoreOptions
    shard, shards : int
        See `Places.rows`.

    Returns
    -------
    variants : DataFrame
        Rows of the shard, in file order.
    work : VariantWork
        Of these rows, in windows that the whole set decided.
    """
    # clusters of neighbours are found by the whole set
    at_once = max(1, count_rows(path)) if options.cluster else None
    columns = [name for name in column_names(path) if name in OF_EDITS]
    places = Places.of(read_frames(path, columns, at_once), geometry, options)
    rows = places.rows(shard, shards)
    variants = pl.concat([empty_table(path), *_chosen(path, rows)])
    edits = edits_of(variants, options.convention(geometry), geometry)
    starts = [
        int(start) if is_shared else None
        for start, is_shared in zip(places.start[rows], places.is_shared[rows], strict=True)
    ]
    return variants, VariantWork(geometry, options, edits, starts, variants["swapped"].to_list())


def _chosen(path: str | Path, rows: np.ndarray) -> Iterator[pl.DataFrame]:
    """Rows of a table by their numbers, which ascend."""
    first = 0
    for frame in read_frames(path):
        begin, end = np.searchsorted(rows, (first, first + frame.height))
        if begin < end:
            yield frame[rows[begin:end] - first]
        first += frame.height


def _ascends(values: np.ndarray) -> bool:
    return bool((values[1:] >= values[:-1]).all())
