"""Blocks of contigs, the windows that fit into them, and the folds that the blocks are dealt to.

Intervals are (start, end), 0-based half-open. Procedure: baskerville ``data.py`` and
``hound_data.py`` at 544073b, apart from what is said here.
"""

import logging
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import polars as pl

from seqcast.core.errors import InputError
from seqcast.genome.fasta import Genome
from seqcast.genome.intervals import BED, CONTIGS_TOLD, check_inside, merge_table, read_bed

logger = logging.getLogger(__name__)

Interval = tuple[int, int]
SCAN_BP = 1 << 24  # of a genome, held at once
BASES = list(b"ACGTU")


def unknown_stretches(genome: Genome, least_bp: int) -> pl.DataFrame:
    """Where a genome has no sequence: runs of characters other than A, C, G and T.

    Parameters
    ----------
    genome : Genome
        Read in pieces of 16 Mb.
    least_bp : int
        Shorter runs are not told.

    Returns
    -------
    DataFrame
        `intervals.BED`, in the genome's order.
    """
    rows: list[tuple[str, int, int]] = []
    for contig, length_bp in genome.contigs.items():
        edges: list[np.ndarray] = []
        inside = False
        for start in range(0, length_bp, SCAN_BP):
            text = genome.fetch(contig, start, min(start + SCAN_BP, length_bp))
            unknown = ~np.isin(np.frombuffer(text.encode(), dtype=np.uint8), BASES)
            edges.append(start + np.flatnonzero(np.diff(unknown, prepend=inside)))
            inside = bool(unknown[-1])
        edges.append(np.array([length_bp] if inside else [], dtype=np.int64))
        runs = np.concatenate(edges).reshape(-1, 2)
        runs = runs[runs[:, 1] - runs[:, 0] >= least_bp]
        rows += [(contig, start, end) for start, end in runs.tolist()]
    return pl.DataFrame(rows, schema=BED, orient="row")


def read_intervals(bed: str | Path, genome: Genome) -> pl.DataFrame:
    """A BED whose contigs have the names that a genome's FASTA gives them, through its aliases.

    Contigs that the genome lacks keep theirs. Errors are those of `intervals.read_bed`.
    """
    table = read_bed(bed)
    names = {name: genome.resolve(name) or name for name in table["contig"].unique()}
    return table.with_columns(pl.col("contig").replace(names))


def merged_intervals(
    table: pl.DataFrame | None, contig_lengths: Mapping[str, int], name: str
) -> dict[str, list[Interval]]:
    """Intervals of each contig, sorted, those that overlap or touch as one.

    Parameters
    ----------
    table : DataFrame, optional
        contig, start, end. Contigs that the genome lacks are passed over, with a warning.
    contig_lengths : mapping of str to int
        bp.
    name : str
        Of the table, for messages.

    Raises
    ------
    InputError
        If one ends beyond its contig, or all are on contigs of another genome.
    """
    merged: dict[str, list[Interval]] = {}
    if table is None:
        return merged
    known = table.filter(pl.col("contig").is_in(list(contig_lengths)))
    if known.is_empty() and not table.is_empty():
        raise InputError(
            f"none of the {table.height} intervals of {name} is on a contig of the genome; "
            f"expected names such as {', '.join(list(contig_lengths)[:CONTIGS_TOLD])}"
        )
    if lost := sorted(set(table["contig"]) - set(known["contig"])):
        logger.warning("%s: %d of %d intervals are on contigs that the genome lacks, and do not "
                       "count: %s", name, table.height - known.height, table.height,
                       ", ".join(lost[:CONTIGS_TOLD]))  # fmt: skip
    check_inside(known, contig_lengths, name)
    for contig, start, end in merge_table(known).iter_rows():
        merged.setdefault(contig, []).append((start, end))
    return merged


def cut_contig(length_bp: int, block_bp: int, margin_bp: int) -> list[Interval]:
    """Equal blocks of about `block_bp`, short of the cuts between them by a margin."""
    cuts = np.linspace(0, length_bp, max(1, round(length_bp / block_bp)) + 1).astype(int).tolist()
    return [
        (low + margin_bp * (low > 0), high - margin_bp * (high < length_bp))
        for low, high in pairwise(cuts)
    ]


def tile_block(
    block: Interval, holes: Sequence[Interval], window_bp: int, stride_bp: int
) -> list[Interval]:
    """Windows in steps from the start of each stretch between holes (sorted, disjoint)."""
    low, high = block
    tiles: list[Interval] = []
    for hole_start, hole_end in [*holes, (high, high)]:
        last = min(hole_start, high) - window_bp
        tiles += [(start, start + window_bp) for start in range(low, last + 1, stride_bp)]
        low = max(low, hole_end)
    return tiles


def mappable_windows(
    windows: Sequence[Interval], masked: Sequence[Interval], share: float
) -> list[Interval]:
    """Windows of which less than a share is masked (sorted, disjoint)."""
    if not masked or not windows:
        return list(windows)
    starts, ends = np.array(masked).T
    bases = np.concatenate([[0], np.cumsum(ends - starts)])

    def masked_before(position: np.ndarray) -> np.ndarray:
        i = np.searchsorted(starts, position)  # intervals that start before it
        beyond = np.where(i > 0, np.maximum(ends[i - 1] - position, 0), 0)
        return bases[i] - beyond

    low, high = np.array(windows).T
    keep = masked_before(high) - masked_before(low) < share * (high - low)
    return [window for window, kept in zip(windows, keep, strict=True) if kept]


def deal_blocks(sizes: Sequence[int], folds: int, seed: int) -> list[int]:
    """A fold for each block: the largest block first, to the fold that has least so far.

    The original draws a fold with the chance of what it lacks; this fills them evenly. Which of
    equal blocks comes first is drawn, so that neighbours go to different folds by chance alone.
    """
    drawn = np.random.default_rng(seed).permutation(len(sizes)).tolist()
    held, dealt = [0] * folds, [0] * len(sizes)
    for block in sorted(drawn, key=lambda block: -sizes[block]):
        fold = held.index(min(held))
        held[fold] += sizes[block]
        dealt[block] = fold
    return dealt


def first_overlap(windows: pl.DataFrame, crop_bp: int = 0) -> tuple[str, str] | None:
    """The first two windows of different parts that, with their crop, share a base.

    Parameters
    ----------
    windows : DataFrame
        chrom, start, end, part.
    crop_bp : int
        Added at both ends of a window.

    Returns
    -------
    tuple of str, or None
        The two, such as ``chr1:0-100 (fold0)``.
    """
    here, last = None, dict[str, tuple[str, int, int, str]]()  # of each part, what ends last
    ordered = windows.select("chrom", "start", "end", "part").sort("chrom", "start", "end")
    for window in ordered.iter_rows():
        chrom, start, end, part = window
        if chrom != here:
            here, last = chrom, {}
        for other in last.values():
            if other[3] != part and start - crop_bp < other[2] + crop_bp:
                first, second = (f"{c}:{low}-{high} ({p})" for c, low, high, p in (other, window))
                return first, second
        if part not in last or last[part][2] < end:
            last[part] = window
    return None
