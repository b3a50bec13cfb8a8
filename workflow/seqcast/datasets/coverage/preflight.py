"""Look at the tracks of a training dataset before anything is learned from them.

Swapped strands, one file under two names or a library that is far shallower than the others train
without an error, and show only as a model that learned little.
"""

import json
import logging
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from seqcast.core.errors import InputError
from seqcast.core.store import atomic, file_sha256, write_tsv
from seqcast.core.text_files import read_cells
from seqcast.datasets.coverage.bigwig import BigWig
from seqcast.datasets.coverage.coverage_sets import geometry_of_set, open_tracks
from seqcast.datasets.coverage.example_profiles import page_content
from seqcast.datasets.coverage.target_windows import FOLD, read_windows
from seqcast.datasets.coverage.track_comparison import (
    DOUBTFUL,
    FINE,
    REFUSED,
    SCHEMA,
    Row,
    Sums,
    check_agreement,
    check_ranges,
    correlations,
    course_of,
    largest_bins,
    sense_sums,
)
from seqcast.genome.annotation import Annotation, Gene, read_annotation
from seqcast.genome.fasta import Genome
from seqcast.genome.gene_regions import Regions, counted_regions, region_bins
from seqcast.genome.intervals import merge_table
from seqcast.genome.time_courses import named_times
from seqcast.genome.tracks import Tracks

logger = logging.getLogger(__name__)

GENES, WINDOWS_BP = 500, 20_000_000  # looked at in each track, evenly spread
FEWEST_TELLING, FEWEST_CERTAIN = 5, 20  # genes, to doubt strands and to be certain
MOST_SENSE, LEAST_SENSE = 0.7, 0.1  # fraction of genes with more sense than antisense coverage
NEARLY_SAME = 1e-5  # of a sum over the track's total: rounding of scaled values
FEWEST_DIFFERENT = 20  # sums: as many are equal in two tracks only if they are one
FACTOR_APART = 10.0  # of a library from the median of its course
LEAST_IN_GENES = 0.8  # coverage per base of genes over that of windows
FEWEST_GENES = 30  # of a fold's test
MOST_IN_PART, ALL_IN_PART = 0.6, 0.95  # fraction of genes in one partition
MOST_SHARED = 0.1  # fraction of genes in several partitions


class PreflightFiles(NamedTuple):
    """What is looked at before a training dataset is made.

    Attributes
    ----------
    genome, annotation : path
    windows : path
        Of `prepare_windows`.
    targets : path
        A targets table whose column ``file`` names bigWig files.
    """

    genome: str | Path
    annotation: str | Path
    windows: str | Path
    targets: str | Path


class PreflightOutputs(NamedTuple):
    """What is written of it.

    Attributes
    ----------
    table : path
        TSV of `track_comparison.SCHEMA`, a row each thing that was looked at: its value, what was
        expected, and "fine", "doubtful" or "refused".
    profiles : path
        JSON of `example_profiles.page_content`.
    """

    table: str | Path
    profiles: str | Path


def check_targets(
    files: PreflightFiles, outputs: PreflightOutputs, options: Mapping[str, Any], threads: int,
    refuse: bool = True,
) -> None:  # fmt: skip
    """Write what the tracks of a training dataset say of genes, strands, times and each other.

    Parameters
    ----------
    files : PreflightFiles
    outputs : PreflightOutputs
        See `check_strands`, `check_duplicates`, `check_totals`, `check_annotation`, `check_folds`,
        and `track_comparison.check_agreement` and `check_ranges` there. What is not fine is also
        logged.
    options : mapping
        As of `prepare_windows`.
    threads : int
        Tracks that are read at once.
    refuse : bool
        Whether to stop at what is refused; otherwise it is only told.

    Raises
    ------
    InputError
        If a row is refused: both strands of a track are exchanged, two tracks are one, or all
        genes are in one partition; as `open_tracks`.
    """
    tracks, bin_size_bp = Tracks.read(files.targets), geometry_of_set(options).bin_size_bp
    table = read_cells(files.targets, "a table of tracks")
    annotation = read_annotation(files.annotation)
    with Genome(files.genome) as genome:
        windows = read_windows(files.windows, genome)
        bigwigs = open_tracks(table, files.targets, windows, genome.contigs)
    chosen = telling_genes(annotation, windows)
    places = _spread(windows, WINDOWS_BP)
    with ThreadPoolExecutor(max(threads, 1)) as pool:
        sums = list(pool.map(lambda track: _sums_of(track, chosen, places, bin_size_bp), bigwigs))
    groups = table["group"] if "group" in table.columns else None
    sense = sense_sums(tracks, sums, [gene.strand for gene, _ in chosen])
    matrix = correlations(sense)
    lengths_bp = np.array([_length_bp(regions) for _, regions in chosen])
    rows = [
        *check_strands(tracks, sums, [gene.strand for gene, _ in chosen]),
        *check_duplicates(tracks, sums, [track.path for track in bigwigs]),
        *check_totals(tracks, sums, groups),
        *check_agreement(tracks, matrix, groups),
        *check_ranges(tracks, sums, sense, lengths_bp, bin_size_bp, _clips(table)),
        *check_annotation(annotation, windows, tracks, sums, chosen, places),
        *check_folds(annotation, windows, bin_size_bp),
    ]
    _tell(rows, files.targets, refuse)
    write_tsv(pl.DataFrame(rows, schema=SCHEMA, orient="row"), outputs.table)
    content = page_content(tracks, bigwigs, [gene for gene, _ in chosen], sense, matrix)
    with atomic(outputs.profiles) as temporary:
        temporary.write_text(json.dumps(content), encoding="utf-8")


def _tell(rows: Sequence[Row], targets: str | Path, refuse: bool) -> None:
    """Log what is not fine; stop at what is refused."""
    for check, what, value, expected, status, note in rows:
        if status != FINE:
            logger.warning("%s, %s: %.3g, expected %s (%s). %s",
                           check, what, value, expected, status, note)  # fmt: skip
    refused = [f"{row[1]}: {row[5]}" for row in rows if row[4] == REFUSED]
    if refused and refuse:
        raise InputError(
            f"{targets}: {len(refused)} of its tracks or partitions cannot be right. {refused[0]} "
            "All are in the log. Correct them, or set coverage_sets.preflight to warn."
        )


def _clips(table: pl.DataFrame) -> list[float | None]:
    """Column ``clip`` of a targets table, None for no clip."""
    if "clip" not in table.columns:
        return [None] * len(table)
    return table["clip"].cast(pl.Float64, strict=False).to_list()


def _length_bp(regions: Regions) -> int:
    return sum(end - start for start, end in regions)


def telling_genes(annotation: Annotation, windows: pl.DataFrame) -> list[tuple[Gene, Regions]]:
    """Genes whose coverage tells the strand, and their bases that no gene of either strand shares.

    `GENES` at most, evenly spread over those that lie in windows.
    """
    unstranded = Annotation(
        tuple(Gene(g.gene_id, g.gene_name, g.chrom, "+", g.exons) for g in annotation.genes)
    )
    spans = _spans(windows)
    found = []
    for gene, regions in zip(annotation.genes, counted_regions(unstranded), strict=True):
        starts, ends = spans.get(gene.chrom, (np.array([]), np.array([])))
        after = np.searchsorted(starts, gene.start, "right")
        if regions and after and ends[after - 1] >= gene.end:
            found.append((gene, regions))
    return [found[i] for i in np.unique(np.linspace(0, len(found) - 1, GENES).astype(int))
            if found]  # fmt: skip


def check_strands(tracks: Tracks, sums: Sequence[Sums], strands: Sequence[str]) -> list[Row]:
    """Of each pair, the fraction of genes with more coverage sense than antisense, ties apart."""
    plus = np.array(strands) == "+"
    rows: list[Row] = []
    for i in np.flatnonzero(tracks.strand == "+").tolist():
        here, other = sums[i].genes, sums[int(tracks.pair[i])].genes
        sense, antisense = np.where(plus, here, other), np.where(plus, other, here)
        telling = sense != antisense
        n, share, status, advice = int(telling.sum()), None, FINE, ""
        if n:
            share = float((sense > antisense)[telling].mean())
        if share is None or n < FEWEST_TELLING:
            advice = " Too few genes to tell."
        elif n >= FEWEST_CERTAIN and share < LEAST_SENSE:
            status = REFUSED
            advice = " The strands are exchanged: exchange the files, or fix the library type."
        elif share < MOST_SENSE:
            status = DOUBTFUL
            advice = " Unstranded libraries have about 0.5, exchanged strands about 0."
        medians = [float(np.median(part)) if len(part) else 0.0 for part in (sense, antisense)]
        rows.append(
            ("sense over antisense",
             f"{tracks.identifier[i]} and {tracks.identifier[tracks.pair[i]]}", share,
             f">= {MOST_SENSE}", status,
             f"{n} genes, median sum sense {medians[0]:.3g}, antisense {medians[1]:.3g}."
             + advice)
        )  # fmt: skip
    return rows


def check_duplicates(tracks: Tracks, sums: Sequence[Sums], paths: Sequence[Path]) -> list[Row]:
    """Tracks that are the same but for a factor wherever they were looked at; or a row: none."""
    rows: list[Row] = []
    first = np.zeros(0, dtype=int)
    shapes = np.array([np.concatenate([part.genes, part.windows]) for part in sums])
    totals = shapes.sum(axis=1)
    shapes /= np.where(totals > 0, totals, 1)[:, None]
    for i in np.flatnonzero(totals).tolist():  # without coverage: told by its total
        apart = np.abs(shapes[first] - shapes[i]) > NEARLY_SAME * shapes[i]
        alike = np.flatnonzero(~apart.any(axis=1))
        if not len(alike):
            first = np.append(first, i)
            continue
        j = int(first[alike[0]])
        same = paths[i] == paths[j] or file_sha256(paths[i]) == file_sha256(paths[j])
        certain = same or len(np.unique(shapes[i][shapes[i] > 0])) >= FEWEST_DIFFERENT
        what = "bytes" if same else f"coverage, {totals[i] / totals[j]:.6g} times as much"
        rows.append(
            ("identical tracks", f"{tracks.identifier[j]} and {tracks.identifier[i]}", 1.0, "0",
             REFUSED if certain else DOUBTFUL,
             f"{paths[j]} and {paths[i]} have the same {what}. Give each track its own file, or "
             "leave one out.")
        )  # fmt: skip
    return rows or [("identical tracks", "none", 0.0, "0", FINE, f"{len(tracks)} tracks.")]


def check_totals(tracks: Tracks, sums: Sequence[Sums], groups: pl.Series | None) -> list[Row]:
    """Coverage of the tracks of time courses, both strands, and tracks without any.

    The value is with norm_factor, over that of the first time of the course, which is what
    ``group`` says, or the description but for its time. What is expected is of the depth of
    sequencing, without norm_factor.
    """
    factors = np.ones(len(tracks)) if tracks.norm_factor is None else tracks.norm_factor
    courses: dict[str, list[tuple[float, int, float]]] = {}
    rows: list[Row] = []
    for i in tracks.collapsed.tolist():
        depth = sum(float(sums[k].windows.sum()) for k in {i, int(tracks.pair[i])})
        times = named_times(str(tracks.description[i]))
        if depth == 0:
            rows.append(("total", str(tracks.identifier[i]), 0.0, "> 0", DOUBTFUL,
                         "No coverage in any window that was looked at."))  # fmt: skip
        elif len(times.hours) == 1:
            courses.setdefault(course_of(tracks, i, groups), []).append((times.hours[0], i, depth))
    for course, members in courses.items():
        (_, start, first), *_ = sorted(members)
        middle = float(np.median([depth for *_, depth in members]))
        for hours, i, depth in sorted(members):
            apart = not 1 / FACTOR_APART <= depth / middle <= FACTOR_APART
            rows.append(
                ("total over that of the first time",
                 f"{course}, {hours:g} h: {tracks.identifier[i]}",
                 depth * factors[i] / (first * factors[start]),
                 f"depth within {FACTOR_APART:g} times the median", DOUBTFUL if apart else FINE,
                 f"Depth is {depth / middle:.3g} times the median of {len(members)} tracks."
                 + " Is it the right file? Coverage of few reads tells little of genes." * apart)
            )  # fmt: skip
    return rows


def check_annotation(
    annotation: Annotation, windows: pl.DataFrame, tracks: Tracks, sums: Sequence[Sums],
    chosen: Sequence[tuple[Gene, Regions]], places: Sequence[tuple[str, int, int]],
) -> list[Row]:  # fmt: skip
    """Whether genes lie where windows are, and coverage where genes are."""
    contigs = set(windows["chrom"].to_list())
    inside = sum(gene.chrom in contigs for gene in annotation.genes)
    share = inside / len(annotation.genes) if annotation.genes else 0.0
    rows: list[Row] = [
        ("annotation", "genes on contigs with windows", share, ">= 0.5",
         FINE if share >= 0.5 else DOUBTFUL, f"{inside} of {len(annotation.genes)} genes.")
    ]  # fmt: skip
    genes_bp = sum(end - start for _, regions in chosen for start, end in regions)
    windows_bp = sum(end - start for _, start, end in places)
    ratios = []
    for i in tracks.collapsed.tolist():
        both = [sums[k] for k in {i, int(tracks.pair[i])}]
        in_all = sum(float(part.windows.sum()) for part in both)
        if in_all > 0 and genes_bp:
            in_genes = sum(float(part.genes.sum()) for part in both)
            ratios.append(in_genes / genes_bp / (in_all / windows_bp))
    if ratios:
        ratio = float(np.median(ratios))
        low = ratio < LEAST_IN_GENES
        note = f"{len(chosen)} genes, median of {len(ratios)} tracks."
        rows.append(("annotation", "coverage per base of genes over that of windows", ratio,
                     f">= {LEAST_IN_GENES}", DOUBTFUL if low else FINE,
                     note + " Is the annotation of this assembly?" * low))  # fmt: skip
    return rows


def check_folds(annotation: Annotation, windows: pl.DataFrame, bin_size_bp: int) -> list[Row]:
    """How many genes each part of the windows has bins of: those that a test on it counts.

    Genes in several partitions are known to a model that is tested on them; partitions of few genes
    test little, and if one has all, the others teach nothing.
    """
    kept = [
        Gene(gene.gene_id, gene.gene_name, gene.chrom, gene.strand, regions)
        for gene, regions in zip(annotation.genes, counted_regions(annotation), strict=True)
        if regions
    ]
    counted, genes = Annotation(tuple(kept)), dict.fromkeys(windows["part"].unique().sort())
    found: dict[str, set[Gene]] = {part: set() for part in genes}
    for chrom, start, end, part in windows.select("chrom", "start", "end", "part").iter_rows():
        bins = (end - start) // bin_size_bp
        for gene in counted.overlapping(chrom, start, end):
            if gene not in found[part] and len(region_bins(gene.exons, start, bins, bin_size_bp)):
                found[part].add(gene)
    rows: list[Row] = [
        ("genes to test on", part, float(len(of_part)), f">= {FEWEST_GENES}",
         FINE if len(of_part) >= FEWEST_GENES else DOUBTFUL,
         f"{len(of_part)} of {len(annotation.genes)} genes have bins in the windows."
         + " Correlations over so few are rough." * (len(of_part) < FEWEST_GENES))
        for part, of_part in found.items()
    ]  # fmt: skip
    folds = {part: of_part for part, of_part in found.items() if FOLD.fullmatch(part)}
    known = {gene for of_part in folds.values() for gene in of_part}
    return rows + (_check_partitions(folds, len(known)) if len(folds) > 1 and known else [])


def _check_partitions(folds: Mapping[str, set[Gene]], known: int) -> list[Row]:
    """Whether genes are spread over partitions, each in one."""
    most = max(folds, key=lambda part: len(folds[part]))
    fraction = len(folds[most]) / known
    certain = fraction >= ALL_IN_PART and known >= FEWEST_CERTAIN
    many = fraction > MOST_IN_PART and len(folds) > 2
    shared = sum(map(len, folds.values())) - known
    return [
        ("genes in one partition", most, fraction, f"<= {MOST_IN_PART}",
         REFUSED if certain else DOUBTFUL if many else FINE,
         f"{len(folds[most])} of {known} genes."
         + " Take other windows, or more and smaller blocks: shorter windows." * (certain or many)),
        ("genes in several partitions", "all", shared / known, f"<= {MOST_SHARED}",
         FINE if shared / known <= MOST_SHARED else DOUBTFUL,
         f"{shared} of {known} genes reach from one partition into another."
         + " Their tests are too good: take longer windows." * (shared / known > MOST_SHARED)),
    ]  # fmt: skip


def _spans(windows: pl.DataFrame) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Per contig, starts and ends of the stretches that windows cover, ascending."""
    merged = merge_table(windows, "chrom").group_by("chrom")
    return {str(chrom): (rows["start"].to_numpy(), rows["end"].to_numpy())
            for (chrom,), rows in merged}  # fmt: skip


def _spread(windows: pl.DataFrame, most_bp: int) -> list[tuple[str, int, int]]:
    """Windows evenly spread over all, of about so many bases at most."""
    total_bp = int((windows["end"] - windows["start"]).sum())
    step = max(1, -(-total_bp // most_bp))
    return windows[::step].select("chrom", "start", "end").rows()


def gene_sums(track: BigWig, genes: Sequence[tuple[Gene, Regions]]) -> np.ndarray:
    """Coverage of each of `telling_genes`, before any factor, summed over its bases."""
    return np.array([sum(_total(track, gene.chrom, *region) for region in regions)
                     for gene, regions in genes], np.float64)  # fmt: skip


def _sums_of(
    track: BigWig, genes: Sequence[tuple[Gene, Regions]], places: Sequence[tuple[str, int, int]],
    bin_size_bp: int,
) -> Sums:  # fmt: skip
    values = (np.nan_to_num(track.values(*place)).astype(np.float64) for place in places)
    bins = [value.reshape(-1, bin_size_bp).sum(axis=1) for value in values]
    windows = np.array([part.sum() for part in bins], np.float64)
    return Sums(gene_sums(track, genes), windows,
                *largest_bins(np.concatenate(bins) if bins else np.zeros(0)))  # fmt: skip


def _total(track: BigWig, chrom: str, start: int, end: int) -> float:
    return float(np.nansum(track.values(chrom, start, end), dtype=np.float64))
