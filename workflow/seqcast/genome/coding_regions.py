"""Coding and non-coding regions of a record: where reads of either class are drawn from.

A coding region is covered by CDS features on either strand without a gap; a non-coding one by
none. Coordinates are 0-based half-open.
"""

from collections.abc import Iterator
from typing import Literal

import numpy as np
import polars as pl

from seqcast.genome.genbank import GenbankRecord
from seqcast.genome.intervals import merge_intervals

Compat = Literal["readseeker"] | None
REGIONS = {"class": pl.String, "start": pl.Int64, "end": pl.Int64, "locus_tags": pl.String}
SEPARATOR = "__"  # between the locus tags of one region


def merge_regions(starts: np.ndarray, ends: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """`merge_intervals` of arrays.

    Parameters
    ----------
    starts, ends : ndarray of int, shape=(intervals,)
        0-based half-open, in any order.

    Returns
    -------
    starts, ends : ndarray of int64
        Sorted; neither overlapping nor touching.
    """
    merged = merge_intervals(zip(starts.tolist(), ends.tolist(), strict=True))
    pairs = np.array(merged, dtype=np.int64).reshape(-1, 2)
    return pairs[:, 0], pairs[:, 1]


def merge_regions_readseeker(starts: np.ndarray, ends: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What ReadSeeker's merge makes of intervals: not their union.

    They are sorted by end, each is compared with the last merged one only, and is joined to it if
    its start or its end lies in it, ends included. An interval that encloses the last one, or
    reaches over several, stays apart.

    Parameters
    ----------
    starts, ends : ndarray of int, shape=(intervals,)
        0-based half-open. Intervals of equal end stay in the order given.

    Returns
    -------
    starts, ends : ndarray of int64
        Sorted by end; they may overlap.

    Notes
    -----
    Source: CODINGREGION and GBFF_ENTRY of traindata/readseeker_generate_train_test_data.ipynb,
    bnwlf/ReadSeeker at f5ec670.
    """
    merged_starts: list[int] = []
    merged_ends: list[int] = []
    order = np.argsort(ends, kind="stable")
    for start, end in zip(np.asarray(starts)[order], np.asarray(ends)[order], strict=True):
        if merged_ends and (
            merged_starts[-1] <= start <= merged_ends[-1]
            or merged_starts[-1] <= end <= merged_ends[-1]
        ):
            merged_starts[-1] = min(merged_starts[-1], int(start))
            merged_ends[-1] = max(merged_ends[-1], int(end))
        else:
            merged_starts.append(int(start))
            merged_ends.append(int(end))
    return np.array(merged_starts, dtype=np.int64), np.array(merged_ends, dtype=np.int64)


def gaps(starts: np.ndarray, ends: np.ndarray, length_bp: int) -> tuple[np.ndarray, np.ndarray]:
    """What lies before, between and after intervals; a gap may be empty or, where they overlap,
    end before it starts.

    Parameters
    ----------
    starts, ends : ndarray of int, shape=(intervals,)
        Neighbours bound a gap, in the order given; sorted and merged, the gaps are the complement.
    length_bp : int
        Of the record.

    Returns
    -------
    starts, ends : ndarray of int64, shape=(intervals + 1,)
        Gap ``i`` comes before interval ``i``.
    """
    return (
        np.concatenate([[0], np.asarray(ends, dtype=np.int64)]),
        np.concatenate([np.asarray(starts, dtype=np.int64), [length_bp]]),
    )


def regions_of(record: GenbankRecord, min_length_nt: int, compat: Compat = None) -> pl.DataFrame:
    """Coding and non-coding regions of a record.

    A shorter CDS gives no region, but still bounds the gaps next to it. Introns, untranslated
    regions, genes of RNA and pseudogenes without a CDS feature are non-coding. The record counts
    as linear: what spans the origin of a circular one is two pieces. A record without any CDS
    gives no region at all, since it is more often not annotated than not coding.

    Parameters
    ----------
    record : GenbankRecord
    min_length_nt : int
        Shorter regions are left out.
    compat : {"readseeker"}, optional
        Merge as `merge_regions_readseeker` does, and state the end of the last gap one base beyond
        the record. By default CDS bases never lie in a non-coding region.

    Returns
    -------
    DataFrame
        class ("coding", "non_coding"), start, end, locus_tags (of the CDS in it, each once, joined
        by "__"; ``<record>_noncoding_<number>`` for gaps); coding first, each sorted by end.

    Notes
    -----
    Source: GBFF_ENTRY.get_coding and get_noncoding of the notebook named at
    `merge_regions_readseeker`. There, the tags of a CDS whose own parts merge are repeated.
    """
    parts = record.coding
    if parts.is_empty():
        return pl.DataFrame(schema=REGIONS)
    merge = merge_regions if compat is None else merge_regions_readseeker
    starts, ends = merge(parts["start"].to_numpy(), parts["end"].to_numpy())
    last = len(record.sequence)
    gap_starts, gap_ends = gaps(starts, ends, last)
    numbers = np.arange(gap_starts.size)
    long_coding = ends - starts >= min_length_nt
    long_gap = gap_ends - gap_starts >= min_length_nt
    if compat is not None:
        gap_ends[-1] += 1
        numbers[-1] += 2
    tags = np.array(list(_tags(parts, starts, ends)), dtype=object)
    return pl.concat(
        [
            _frame("coding", starts, ends, tags, long_coding),
            _frame("non_coding", gap_starts, gap_ends,
                   np.array([f"{record.name}_noncoding_{n}" for n in numbers], dtype=object),
                   long_gap),
        ]
    )  # fmt: skip


def _frame(
    kind: str, starts: np.ndarray, ends: np.ndarray, tags: np.ndarray, kept: np.ndarray
) -> pl.DataFrame:
    """Rows of one class."""
    return pl.DataFrame(
        {"class": kind, "start": starts[kept], "end": ends[kept], "locus_tags": tags[kept]},
        schema=REGIONS,
    )


def _tags(parts: pl.DataFrame, starts: np.ndarray, ends: np.ndarray) -> Iterator[str]:
    """Locus tags of the CDS parts inside each merged region, in the order of their starts."""
    parts = parts.sort("start", maintain_order=True)
    part_starts, part_ends = parts["start"].to_numpy(), parts["end"].to_numpy()
    tags = parts["locus_tag"].to_list()
    for start, end in zip(starts, ends, strict=True):
        inside = range(*np.searchsorted(part_starts, [start, end]))
        found = [tags[i] for i in inside if part_ends[i] <= end and tags[i]]
        yield SEPARATOR.join(dict.fromkeys(found))
