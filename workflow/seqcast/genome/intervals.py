"""Intervals of a genome and windows of a model over them. Coordinates are 0-based, half-open."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from seqcast.core.errors import InputError
from seqcast.core.text_files import MOST_DIGITS, read_text

BED = {"contig": pl.String, "start": pl.Int64, "end": pl.Int64}
DISPLAY_LINES = ("track", "browser")  # of the UCSC genome browser
POSITION = re.compile(rf"-?[0-9]{{1,{MOST_DIGITS}}}")
REGION = re.compile(rf"(.+):([0-9][0-9,]{{0,{MOST_DIGITS}}})-([0-9][0-9,]{{0,{MOST_DIGITS}}})")
CONTIGS_TOLD = 5  # of a message that names those of a genome


@dataclass(frozen=True)
class Geometry:
    """Window of a model: its length, bins and crop."""

    length_bp: int
    bin_size_bp: int
    crop_bins: int

    @property
    def bins(self) -> int:
        """Number of output bins."""
        return self.length_bp // self.bin_size_bp - 2 * self.crop_bins

    @property
    def crop_bp(self) -> int:
        """Bases at each side without output."""
        return self.crop_bins * self.bin_size_bp

    def bin_at(self, column: int) -> int:
        """Output bin that holds a column of the window, kept within [0, bins]."""
        return min(max((column - self.crop_bp) // self.bin_size_bp, 0), self.bins)


def read_bed(path: str | Path) -> pl.DataFrame:
    """The first three columns of a BED file: contig, start, end.

    Lines that begin with "#" or the words "track" or "browser" are headers; blanks around a cell do
    not count.

    Parameters
    ----------
    path : path
        Text, plain or compressed (`text_files.read_text`).

    Returns
    -------
    DataFrame
        `BED`, in file order.

    Raises
    ------
    InputError
        If a line has fewer than three columns, coordinates that are no numbers, or an empty or
        reversed interval; the line is named. If the file is no text in UTF-8, or damaged.
    """
    rows = []
    for number, line in enumerate(read_text(path, "a BED file").split("\n"), start=1):
        if not line.strip() or line.startswith("#") or line.split()[0] in DISPLAY_LINES:
            continue
        contig, *ends = (cell.strip() for cell in line.split("\t")[:3])
        if not contig or len(ends) < 2 or not all(map(POSITION.fullmatch, ends)):
            raise InputError(
                f"{path}, line {number}: {line!r:.80}; expected contig, start and end between "
                f"tabs, in digits only and at most {MOST_DIGITS} of them"
            )
        start, end = map(int, ends)
        if not 0 <= start < end:
            raise InputError(
                f"{path}, line {number}: interval {start}-{end}; expected 0 <= start < end"
            )
        rows.append((contig, start, end))
    return pl.DataFrame(rows, schema=BED, orient="row")


def parse_region(text: str) -> tuple[str, int, int]:
    """Contig, start and end (0-based half-open) of a region as genome browsers write it.

    Parameters
    ----------
    text : str
        "chr1:1,001-1,500": 1-based, both ends inclusive; commas between thousands do not count.

    Raises
    ------
    InputError
        If it is none.
    """
    found = REGION.fullmatch(text.strip())
    start, end = (int(found[i].replace(",", "")) for i in (2, 3)) if found else (0, 0)
    if not found or not 1 <= start <= end:
        raise InputError(
            f"region {text!r:.80}; expected contig:start-end, 1-based and inclusive, such as "
            "chr1:1,001-1,500"
        )
    return found[1], start - 1, end


def regions_of(text: str) -> pl.DataFrame:
    """One region as `parse_region` reads it, or those of a BED file, each once.

    Returns
    -------
    DataFrame
        contig, start, end (0-based half-open), in order.

    Raises
    ------
    InputError
        If it is neither, or the file has no region.
    """
    if not Path(text).is_file() and not text.endswith((".bed", ".bed.gz")):
        return pl.DataFrame([parse_region(text)], schema=["contig", "start", "end"], orient="row")
    regions = read_bed(text).unique(maintain_order=True)
    if regions.is_empty():
        raise InputError(f"{text} has no regions; expected one per line")
    return regions


def merge_intervals(intervals: Iterable[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """The union of some intervals, sorted; overlapping and touching ones are joined."""
    merged: list[tuple[int, int]] = []
    for start, end in sorted(intervals):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return tuple(merged)


def merge_table(intervals: pl.DataFrame, within: str = "contig") -> pl.DataFrame:
    """`merge_intervals` of each contig of a large table.

    Parameters
    ----------
    intervals : DataFrame
        `within`, start, end.
    within : str
        Column of the contigs, or of whatever else intervals are of.

    Returns
    -------
    DataFrame
        The same columns, sorted by them.
    """
    ordered = intervals.select(within, "start", "end").sort(pl.all())
    reached = pl.col("end").cum_max().shift(1).over(within)  # null for the first of a contig
    begins = (pl.col("start") > reached).fill_null(True)
    runs = ordered.group_by(begins.cum_sum().alias("run"), maintain_order=True)
    return runs.agg(pl.first(within), pl.first("start"), pl.max("end")).drop("run")


def check_inside(regions: pl.DataFrame, contigs: Mapping[str, int], source: str | Path) -> None:
    """Stop if intervals are of another genome.

    Parameters
    ----------
    regions : DataFrame
        contig, start, end.
    contigs : mapping
        Lengths in bp.
    source : path
        Where the intervals are from, for the message.

    Raises
    ------
    InputError
        If one lies on an unknown contig or ends beyond its contig.
    """
    for contig, end in regions.group_by("contig").agg(pl.max("end")).sort("contig").iter_rows():
        if end > contigs.get(contig, 0):
            more = ", ..." if len(contigs) > CONTIGS_TOLD else ""
            raise InputError(
                f"{source} has an interval that ends at {end} of {contig!r}, of which the genome "
                f"has {contigs.get(contig, 'no')} bp; its contigs are "
                f"{', '.join(list(contigs)[:CONTIGS_TOLD])}{more}. Use a file of the same genome "
                "and version, with the contigs named as in its FASTA."
            )


def tile_regions(
    regions: pl.DataFrame, contigs: Mapping[str, int], output_length_bp: int
) -> pl.DataFrame:
    """Intervals of one model output each that cover every region.

    A region no longer than an output is put in its middle; a longer one is tiled from its start,
    the last tile reaching beyond it.

    Parameters
    ----------
    regions : DataFrame
        contig, start, end.
    contigs : mapping
        Lengths in bp.
    output_length_bp : int
        What a model predicts of one window, its crop left out.

    Returns
    -------
    DataFrame
        contig, start, end; start may be negative and end beyond the contig.

    Raises
    ------
    InputError
        If a region lies on an unknown contig or outside its contig.
    """
    tiles: list[tuple[str, int, int]] = []
    for contig, start, end in regions.iter_rows():
        if end > contigs.get(contig, 0):
            raise InputError(
                f"region {contig}:{start}-{end} is not inside the genome, where {contig!r} has "
                f"{contigs.get(contig, 'no')} bp; check the assembly and the contig's name"
            )
        spare = max(0, output_length_bp - (end - start))
        first = start - spare // 2
        starts: Sequence[int] = range(first, max(first + 1, end), output_length_bp)
        tiles += [(contig, tile, tile + output_length_bp) for tile in starts]
    return pl.DataFrame(tiles, schema=BED, orient="row")
