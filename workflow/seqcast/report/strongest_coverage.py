"""Predicted coverage of both alleles of the strongest variants, as figures and pages show it."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl

from seqcast.core.seals import check_seal
from seqcast.genome.annotation import Gene
from seqcast.genome.time_courses import TimeCourse, time_courses

MARGIN = 0.05  # of what is shown, at each side
MARGIN_BINS = 8


@dataclass(frozen=True)
class TopPrediction:
    """Coverage of both alleles of one variant around one gene.

    Attributes
    ----------
    variant, gene_id, contig : str
    start : int
        0-based coordinate of the first base of bin 0.
    bin_size_bp : int
    track : ndarray of int, shape=(k,)
        Positions in the track table; each row is the track of the gene's strand.
    ref, alt : ndarray, shape=(k, bins), float32
        Untransformed coverage, mean over folds.
    """

    variant: str
    gene_id: str
    contig: str
    start: int
    bin_size_bp: int
    track: np.ndarray
    ref: np.ndarray
    alt: np.ndarray


def read_top(path: str | Path) -> list[TopPrediction]:
    """Predictions of the strongest variants, in the order of their rank.

    Parameters
    ----------
    path : path
        npz with ``variant``, ``gene_id``, ``contig`` and ``start`` (n,), ``bin_size_bp`` (scalar),
        ``track`` (k,), ``ref`` and ``alt`` (n, k, bins).

    Raises
    ------
    InputError
        If the file is damaged.
    """
    check_seal(path)
    with np.load(path) as file:
        return top_predictions({name: file[name] for name in file.files})


def top_predictions(arrays: Mapping[str, np.ndarray]) -> list[TopPrediction]:
    """Predictions of the strongest variants, of the arrays that `read_top` reads."""
    bin_size_bp, track = int(arrays["bin_size_bp"]), arrays["track"]
    names = ("variant", "gene_id", "contig", "start", "ref", "alt")
    return [
        TopPrediction(str(variant), str(gene_id), str(contig), int(start), bin_size_bp, track, r, a)
        for variant, gene_id, contig, start, r, a in zip(*(arrays[n] for n in names), strict=True)
    ]


class Shown(NamedTuple):
    """Rows of a prediction that are drawn along the gene.

    Attributes
    ----------
    courses : list of TimeCourse
        All that the prediction holds in full.
    name : str
        The course that is drawn, "" for single tracks.
    labels : list of str
    ref, alt : ndarray, shape=(rows, bins)
    """

    courses: list[TimeCourse]
    name: str
    labels: list[str]
    ref: np.ndarray
    alt: np.ndarray


def shown_rows(top: TopPrediction, tracks: pl.DataFrame, most: int) -> Shown:
    """The time course with the most times (the first of those); if there is none, first tracks.

    Parameters
    ----------
    top : TopPrediction
    tracks : DataFrame
        The track table, with a column ``description``.
    most : int
        Of the rows.
    """
    held = set(top.track.tolist())
    courses = [course for course in time_courses(tracks) if held.issuperset(course.positions)]
    if not courses:
        labels = tracks["description"].gather(top.track[:most]).to_list()
        return Shown(courses, "", labels, top.ref[:most], top.alt[:most])
    main = max(courses, key=lambda course: len(course.hours))
    ref, alt = (main.average(values, top.track)[:most] for values in (top.ref, top.alt))
    return Shown(courses, main.name, [f"{hour:.3g} h" for hour in main.hours[:most]], ref, alt)


def shown_bins(
    gene: Gene, position: int, start: int, bin_size_bp: int, bins: int
) -> tuple[int, int]:
    """Bins that show a gene and a variant with a margin: first, and end (exclusive)."""
    first, last = min(gene.start, position), max(gene.end, position + 1)
    margin = max(MARGIN * (last - first), MARGIN_BINS * bin_size_bp)
    low = int(np.floor((first - margin - start) / bin_size_bp))
    high = int(np.ceil((last + margin - start) / bin_size_bp))
    return max(low, 0), min(high, bins)


def exon_sums(coverage: np.ndarray, start: int, bin_size_bp: int, gene: Gene) -> np.ndarray:
    """Coverage summed over the bins of a gene's exons, as the gene scores take them.

    Parameters
    ----------
    coverage : ndarray, shape=(rows, bins)
    start : int
        0-based coordinate of the first base of bin 0.
    bin_size_bp : int
    gene : Gene

    Returns
    -------
    ndarray, shape=(rows,)
        A bin belongs to an exon that covers most of it (see `gene_bins.genes_in_window`).
    """
    bounds = np.round((np.array(gene.exons) - start) / bin_size_bp).astype(int)
    bounds = bounds.clip(0, coverage.shape[1])
    bins = np.unique(np.concatenate([np.arange(a, b) for a, b in bounds]))
    return coverage[:, bins].sum(axis=1, dtype=float)
