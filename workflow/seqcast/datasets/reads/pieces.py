"""Regions of a shard as weights to draw by, and the cells that they make up."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from seqcast.core.errors import InputError
from seqcast.core.store import read_provenance, read_table
from seqcast.genome.coding_regions import Compat

CELL = ["class", "assembly", "chromosome"]


@dataclass(frozen=True)
class Pieces:
    """Pieces of regions that can hold a read, sorted as `index_assemblies` sorts them.

    Attributes
    ----------
    table : DataFrame
        class, assembly, chromosome, contig, and row, the row in the parquet file.
    first : ndarray of int64, shape=(pieces,)
        First start of a read in the piece.
    starts : ndarray of int64, shape=(pieces,)
        How many starts there are.
    bounds : ndarray of float64, shape=(pieces + 1,)
        Cumulative weights; differences are the weights. Whole numbers without `compat`.
    """

    table: pl.DataFrame
    first: np.ndarray
    starts: np.ndarray
    bounds: np.ndarray

    def cells(self) -> pl.DataFrame:
        """Runs of pieces of one class, assembly and chromosome.

        Returns
        -------
        DataFrame
            class, assembly, chromosome, last (its last piece), low (where it begins in `bounds`),
            weight.
        """
        rows = self.table.select(CELL).with_row_index("piece")
        runs = rows.group_by(CELL, maintain_order=True).agg(
            first=pl.col("piece").min().cast(pl.Int64), last=pl.col("piece").max().cast(pl.Int64)
        )
        low, high = self.bounds[runs["first"].to_numpy()], self.bounds[runs["last"].to_numpy() + 1]
        return runs.select(
            *CELL, "last", low=pl.Series(low), weight=pl.Series(high - low, dtype=pl.Float64)
        )

    def locate(self, at: np.ndarray, last: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The piece and the start of a read at each place in `bounds`.

        Parameters
        ----------
        at : ndarray of float64, shape=(reads,)
        last : ndarray of int64, shape=(reads,)
            Last piece of the cell of each read; it only matters where rounding leads beyond it.

        Returns
        -------
        piece, start : ndarray of int64, shape=(reads,)
        """
        piece = np.searchsorted(self.bounds, at, side="right") - 1
        piece = np.minimum(piece, last)
        # exactly 1 without compat, so that different places are different reads
        weight_of_start = (self.bounds[piece + 1] - self.bounds[piece]) / self.starts[piece]
        number = np.floor((at - self.bounds[piece]) / weight_of_start).astype(np.int64)
        return piece, self.first[piece] + np.clip(number, 0, self.starts[piece] - 1)


def read_pieces(path: str | Path, read_length_nt: int, compat: Compat = None) -> Pieces:
    """Read the regions of a shard, and weigh them.

    Every position at which a read fits has the same weight. Under ``compat`` a region is as likely
    as it is long, and its last start is never drawn unless it is the only one; in the last gap of a
    record, whose stated end is one too far, it is.

    Parameters
    ----------
    path : path
        Table of `seqcast.datasets.reads.assembly_index.index_assemblies`.
    read_length_nt : int
    compat : {"readseeker"}, optional
        As the table was made with.

    Raises
    ------
    InputError
        If the table was made for longer reads or with another `compat`.

    Notes
    -----
    ReadSeeker draws again where a read holds characters other than A, C, G and T. Among reads that
    pass, a region then has the weight length x (clean starts / starts), which is what is used here
    without drawing in vain. Source: indexedRead and readtuple2line of the notebook named at
    `seqcast.genome.coding_regions.merge_regions_readseeker`.
    """
    made = read_provenance(path)
    if made["min_length_nt"] > read_length_nt or made["compat"] != compat:
        raise InputError(
            f"{path} holds regions from {made['min_length_nt']} nt with compat {made['compat']}; "
            f"expected regions for reads of {read_length_nt} nt with compat {compat}. Index the "
            "collection again with these options."
        )
    columns = [*CELL, "contig", "start", "end", "region_start", "region_end"]
    table = read_table(path, columns=columns).with_row_index("row")
    first, end = table["start"].to_numpy(), table["end"].to_numpy()
    length = (table["region_end"] - table["region_start"]).to_numpy()
    stop = end - read_length_nt + 1
    weight_of_start = np.ones(len(table))
    if compat is not None:
        reachable = np.maximum(length - read_length_nt, 1)
        stop = np.minimum(stop, table["region_start"].to_numpy() + reachable)
        weight_of_start = length / reachable
    starts = np.maximum(stop - first, 0)
    kept = starts > 0
    weights = (weight_of_start * starts)[kept]
    bounds = np.concatenate([[0.0], np.cumsum(weights)])
    return Pieces(
        table.filter(pl.Series(kept)).select("row", *CELL, "contig"),
        first[kept],
        starts[kept],
        bounds,
    )
