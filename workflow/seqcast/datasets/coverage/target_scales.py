"""Which scale and clip bring the coverage of a track into the range that trains well.

A target is sqrt(1 + x) - 1, x the coverage of a bin times the scale. Where x is far below 1, the
root is straight and noise counts as much as signal; where the root passes the clip, genes of high
expression are flattened. Borzoi's makers take 1 / fragment length, so that x counts fragments; here
the median over genes decides, whatever the normalisation of the file was.
"""

from dataclasses import dataclass

import numpy as np

TYPICAL_SUM = 10.0  # wanted of a bin of a gene with median coverage
CLIP = 384.0  # of the published tracks: x of 148,224, which is 14,800 times TYPICAL_SUM
MOST_CLIPPED = 1e-3  # fraction of bins with coverage


def one_digit(value: float) -> float:
    """A number to one significant digit, as tables have it."""
    return float(f"{value:.0e}")


def suggested_scale(sums: np.ndarray, lengths_bp: np.ndarray, bin_size_bp: int) -> float | None:
    """The scale that makes the median gene `TYPICAL_SUM` a bin.

    Parameters
    ----------
    sums : ndarray of float, shape=(genes,)
        Coverage of each gene, times norm_factor and without scale, summed over its bases.
    lengths_bp : ndarray of int, shape=(genes,)
        Bases that were summed.
    bin_size_bp : int

    Returns
    -------
    float or None
        To one digit; None where no gene has coverage.
    """
    per_bin = sums / np.maximum(lengths_bp, 1) * bin_size_bp
    covered = per_bin[per_bin > 0]
    return one_digit(TYPICAL_SUM / float(np.median(covered))) if len(covered) else None


@dataclass(frozen=True)
class Clipped:
    """How many bins of a track a clip flattens.

    Attributes
    ----------
    fraction : float
        Of the bins with coverage; at least, where all that are known are above the clip.
    suggested : float
        The clip that flattens `MOST_CLIPPED` of them at most, at least `CLIP`.
    """

    fraction: float
    suggested: float


def clipped_bins(largest: np.ndarray, covered: int, factor: float, clip: float) -> Clipped:
    """Count what a clip flattens of targets of statistic ``sum_sqrt``.

    Parameters
    ----------
    largest : ndarray of float
        Coverage of the bins with the most, descending, before any factor: more than `MOST_CLIPPED`
        of all.
    covered : int
        Bins with coverage.
    factor : float
        scale times norm_factor.
    clip : float
    """
    if not len(largest):
        return Clipped(0.0, CLIP)
    targets = np.sqrt(1 + factor * largest) - 1
    above = int((targets > clip).sum())
    return Clipped(above / covered, max(CLIP, float(np.ceil(targets[-1] / 64) * 64)))
