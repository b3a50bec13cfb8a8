"""Whether tracks agree with each other, and have values in the range that trains well."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from seqcast.datasets.coverage.target_scales import MOST_CLIPPED, clipped_bins, suggested_scale
from seqcast.genome.time_courses import COMMENT, REPLICATE, named_times
from seqcast.genome.tracks import Tracks

FINE, DOUBTFUL, REFUSED = "fine", "doubtful", "refused"
SCHEMA = {"check": pl.String, "what": pl.String, "value": pl.Float64, "expected": pl.String,
          "status": pl.String, "note": pl.String}  # fmt: skip
Row = tuple[str, str, float | None, str, str, str]

FEWEST_GENES = 20  # with coverage in both tracks, to correlate them
LEAST_REPLICATE = 0.8  # correlation of replicates
LEAST_IN_COURSE = 0.5  # highest correlation with another track of a course
WELL_SCALED = (0.5, 2000.0)  # x of a bin of the median gene


@dataclass(frozen=True)
class Sums:
    """Coverage of a track, before any factor.

    Attributes
    ----------
    genes : ndarray of float64, shape=(genes,)
        Summed over the bases of each.
    windows : ndarray of float64, shape=(windows,)
        Summed over the bases of each.
    covered : int
        Bins of the windows that have coverage.
    largest : ndarray of float64
        Sums of those bins with the most coverage, descending: `MOST_CLIPPED` of them, and one more.
    """

    genes: np.ndarray
    windows: np.ndarray
    covered: int
    largest: np.ndarray


def largest_bins(bins: np.ndarray) -> tuple[int, np.ndarray]:
    """`Sums.covered` and `Sums.largest` of the sums of all bins."""
    positive = bins[bins > 0]
    kept = min(len(positive), int(MOST_CLIPPED * len(positive)) + 1)
    return len(positive), np.sort(positive)[::-1][:kept].astype(np.float64)


def course_of(tracks: Tracks, track: int, groups: pl.Series | None) -> str:
    """What tracks of one time course share: ``group``, or the description but for its time."""
    named = groups[track] if groups is not None else None
    around = named_times(str(tracks.description[track])).around
    return named or " ".join("".join(around).split())


def sense_sums(tracks: Tracks, sums: Sequence[Sums], strands: Sequence[str]) -> np.ndarray:
    """Coverage of genes on their own strand, shape=(strand pairs, genes)."""
    plus = np.array(strands) == "+"
    return np.array([
        np.where(plus, sums[i].genes, sums[int(tracks.pair[i])].genes)
        for i in tracks.collapsed.tolist()
    ]).reshape(len(tracks.collapsed), len(strands))  # fmt: skip


def correlations(sense: np.ndarray) -> np.ndarray:
    """Pearson correlation of log coverage between tracks, over genes that both have.

    Parameters
    ----------
    sense : ndarray, shape=(tracks, genes)

    Returns
    -------
    ndarray, shape=(tracks, tracks)
        NaN where fewer than `FEWEST_GENES` are in both, or one does not vary.
    """
    found = np.full((len(sense), len(sense)), np.nan)
    with np.errstate(divide="ignore"):
        logs = np.log2(sense)
    for i, one in enumerate(logs):
        for j, other in enumerate(logs[: i + 1]):
            both = np.isfinite(one) & np.isfinite(other)
            if both.sum() >= FEWEST_GENES and one[both].std() > 0 and other[both].std() > 0:
                found[i, j] = found[j, i] = np.corrcoef(one[both], other[both])[0, 1]
    return found


def check_agreement(tracks: Tracks, matrix: np.ndarray, groups: pl.Series | None) -> list[Row]:
    """Correlation of replicates with each other, and of each track with those of its course.

    Parameters
    ----------
    tracks : Tracks
    matrix : ndarray, shape=(strand pairs, strand pairs)
        Of `correlations`.
    groups : Series, optional
        Column ``group`` of the targets table.
    """
    rows: list[Row] = []
    pairs = tracks.collapsed.tolist()
    keys = [_without_replicate(str(tracks.description[i])) for i in pairs]
    courses = [_without_replicate(course_of(tracks, i, groups)) for i in pairs]
    for a, i in enumerate(pairs):
        for b in (b for b in range(a) if keys[b] == keys[a] and np.isfinite(matrix[a, b])):
            value = float(matrix[a, b])
            low = value < LEAST_REPLICATE
            advice = "Is one of them another sample, or of few reads?" * low
            rows.append(("replicates", f"{tracks.identifier[pairs[b]]} and {tracks.identifier[i]}",
                         value, f">= {LEAST_REPLICATE}", DOUBTFUL if low else FINE,
                         f"Correlation of log coverage of genes. {advice}".strip()))  # fmt: skip
        others = [b for b in range(len(pairs)) if b != a and courses[b] == courses[a]]
        near = matrix[a, others][np.isfinite(matrix[a, others])]
        if len(near) > 1:
            value = float(near.max())
            low = value < LEAST_IN_COURSE
            advice = "It is unlike the others: is it the right file and strand?" * low
            rows.append(("agreement with the course", str(tracks.identifier[i]), value,
                         f">= {LEAST_IN_COURSE}", DOUBTFUL if low else FINE,
                         f"Highest correlation with one of {len(near)} tracks. {advice}".strip()
                         ))  # fmt: skip
    return rows


def _without_replicate(description: str) -> str:
    words = re.split(r"[\s_-]+", COMMENT.sub("", description))
    return " ".join(word for word in words if not REPLICATE.fullmatch(word))


def check_ranges(
    tracks: Tracks, sums: Sequence[Sums], sense: np.ndarray, lengths_bp: np.ndarray,
    bin_size_bp: int, clips: Sequence[float | None],
) -> list[Row]:  # fmt: skip
    """What scale and clip make of each track of statistic ``sum_sqrt``, and what would suit it.

    Parameters
    ----------
    tracks : Tracks
    sums : sequence of Sums
        A track each.
    sense : ndarray, shape=(strand pairs, genes)
        Of `sense_sums`.
    lengths_bp : ndarray of int, shape=(genes,)
        Bases that were summed.
    bin_size_bp : int
    clips : sequence of float or None
        Column ``clip``, a track each.
    """
    rows: list[Row] = []
    factors = np.ones(len(tracks)) if tracks.norm_factor is None else tracks.norm_factor
    for of_pair, i in zip(sense, tracks.collapsed.tolist(), strict=True):
        name, scale = str(tracks.identifier[i]), float(tracks.scale[i])
        suited = suggested_scale(of_pair * factors[i], lengths_bp, bin_size_bp)
        if tracks.sum_stat[i] != "sum_sqrt" or suited is None:
            continue
        per_bin = of_pair * factors[i] / lengths_bp * bin_size_bp
        typical = float(np.median(per_bin[per_bin > 0])) * scale
        off = not WELL_SCALED[0] <= typical <= WELL_SCALED[1]
        rows.append(("scale", name, typical, f"{WELL_SCALED[0]:g} to {WELL_SCALED[1]:g}",
                     DOUBTFUL if off else FINE,
                     f"Sum of a bin of the median gene, with scale {scale:g}. Scale {suited:g} "
                     "would make it 10: well above 1, below which the root does not compress, and "
                     "far below the clip. Give all tracks of a course the same."))  # fmt: skip
        if (clip := clips[i]) is not None:
            both = [sums[k] for k in {i, int(tracks.pair[i])}]
            found = [clipped_bins(s.largest, s.covered, scale * factors[i], clip) for s in both]
            worst = max(found, key=lambda one: one.fraction)
            high = worst.fraction > MOST_CLIPPED
            rows.append(("clip", name, worst.fraction, f"<= {MOST_CLIPPED:g}",
                         DOUBTFUL if high else FINE,
                         f"Fraction of bins with coverage above clip {clip:g}, which flattens "
                         f"them. Clip {worst.suggested:g} would keep it below {MOST_CLIPPED:g}: "
                         "needed only if these genes matter; ribosomal RNA may be flattened."
                         ))  # fmt: skip
    return rows
