"""Reads in memory, four bases a byte, and the file they are written to."""

from dataclasses import dataclass, field
from io import BytesIO
from itertools import chain
from pathlib import Path
from typing import BinaryIO

import numpy as np
import polars as pl

from seqcast.core.store import atomic
from seqcast.datasets.reads.twobit import LETTERS, unpack
from seqcast.reads.dnabert import kmer_lines

# Name in the file -> column of `ReadTable.facts`, after the sequence; order as in the original.
COLUMNS = {
    "Label": "label",
    "Origin": "origin",
    "ReferenceID": "contig",
    "taxid": "taxid",
    "Locus": "locus_tags",
    "StartInReference": "start",
    "RegionStartinRef": "region_start",
    "RegionStopinRef": "region_end",
    "Reversed": "reversed",
}
HEADER = ["Sequence", *COLUMNS]
WRITTEN_AT_ONCE = 2_000  # small enough to stay in the processor's cache


@dataclass
class ReadTable:
    """Training reads of one part, filled slot by slot.

    Attributes
    ----------
    packed : ndarray of uint8, shape=(reads, ceil(length_nt / 4))
        Bases as drawn, strand included; see `seqcast.datasets.reads.twobit.pack`.
    facts : list of DataFrame
        slot, and the columns of `COLUMNS`; in any order, each slot once.
    """

    reads: int
    length_nt: int
    facts: list[pl.DataFrame] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.packed = np.zeros((self.reads, -(-self.length_nt // 4)), dtype=np.uint8)


def write_reads(table: ReadTable, path: str | Path) -> None:
    """Write reads in the order of their slots, in DNABERT's layout.

    Columns after the sequence: label (1: coding), origin, record, taxid (empty where unknown),
    locus tags, start of the read, start and end of its region (0-based half-open, on the record's
    forward strand), and 1 where the read is the reverse complement.

    Parameters
    ----------
    table : ReadTable
        Filled; its `facts` are emptied while it is written.
    path : path
        Written atomically.
    """
    with atomic(path) as temporary, temporary.open("wb") as file:
        file.write(("\t".join(HEADER) + "\n").encode())
        if not table.facts:
            return
        facts = pl.concat(table.facts, rechunk=False)
        table.facts.clear()
        order = np.empty(table.reads, dtype=np.uint32)
        order[facts["slot"].to_numpy()] = np.arange(table.reads, dtype=np.uint32)
        facts = facts.select(list(COLUMNS.values()))
        for first in range(0, table.reads, WRITTEN_AT_ONCE):
            some = slice(first, first + WRITTEN_AT_ONCE)
            bases = LETTERS[unpack(table.packed[some])[:, : table.length_nt]]
            _write_lines(file, kmer_lines(bases), facts[order[some]])


def _write_lines(file: BinaryIO, kmers: np.ndarray, facts: pl.DataFrame) -> None:
    """Write some lines."""
    buffer = BytesIO()
    facts.write_csv(
        buffer, include_header=False, separator="\t", quote_style="never", null_value=""
    )
    tails = buffer.getvalue().split(b"\n")[:-1]
    width = kmers.shape[1]
    text = kmers.reshape(-1).data
    lines = (text[i : i + width] for i in range(0, kmers.size, width))
    file.write(b"".join(chain.from_iterable(
        (line, b"\t", tail, b"\n") for line, tail in zip(lines, tails, strict=True)
    )))  # fmt: skip
