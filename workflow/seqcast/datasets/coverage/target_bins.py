"""Targets of a window from its coverage per base: gaps, masked intervals, crop, bins."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from seqcast.core.errors import InputError
from seqcast.datasets.coverage.transform import TargetTransform

MASK_MARGIN_BP = 20
BASELINE_BINS = 8  # windows of fewer bins say nothing about a usual coverage
COMPAT = "hound_data_read"

Window = tuple[str, int, int]
Intervals = Sequence[tuple[int, int]] | np.ndarray


@dataclass(frozen=True)
class Pooling:
    """How the coverage of a window becomes targets.

    Attributes
    ----------
    transform : TargetTransform
    bin_size_bp : int
        Bases a bin.
    crop_bp : int
        Bases to leave out at each end of a window, after the median of the window was taken.
    interpolate : bool
        Bases without data lie on a line between their neighbours, and those just outside the
        window count as 0. Otherwise bases without data count as 0.
    compat : str or None
        "hound_data_read": as the original to the bit. It rounds the coverage to float16 first
        (three digits, at most 65,504), and cuts masked bases at 0 instead of the median if any
        base of the window has no data and nothing is interpolated.

    Raises
    ------
    InputError
        If `compat` is unknown, or bins or crop are no lengths.

    Notes
    -----
    baskerville ``hound_data_read.py`` at 544073b, without its limit at a percentile of the whole
    track, which changes about one value in ten million. The original passes over a masked interval
    that begins before the window (a negative slice); here it counts.
    """

    transform: TargetTransform
    bin_size_bp: int
    crop_bp: int = 0
    interpolate: bool = False
    compat: str | None = None

    def __post_init__(self) -> None:
        if self.compat not in (None, COMPAT):
            raise InputError(f"compat {self.compat!r}; expected {COMPAT!r} or none. Change it.")
        if self.bin_size_bp < 1 or self.crop_bp < 0:
            raise InputError(
                f"bins of {self.bin_size_bp} bp and a crop of {self.crop_bp} bp; expected bins "
                "of at least 1 bp and a crop of at least 0. Take both from the model."
            )

    def check(self, window: Window) -> None:
        """Raise InputError if a window, less its crop, is no whole number of bins."""
        chrom, start, end = window
        length_bp = end - start - 2 * self.crop_bp
        if length_bp <= 0 or length_bp % self.bin_size_bp:
            raise InputError(
                f"window {chrom}:{start}-{end} less a crop of {self.crop_bp} bp at each end has "
                f"{length_bp} bp; expected a multiple of the bins' {self.bin_size_bp} bp, above "
                "0. Use windows of the model's input length."
            )

    def targets(self, values: np.ndarray, masked: Intervals = ()) -> np.ndarray:
        """Targets of a window.

        Parameters
        ----------
        values : ndarray of float, shape=(length_bp,)
            Coverage per base of the window with its crop; NaN if there are no data. It stays
            as it is.
        masked : intervals, shape=(n, 2)
            Columns of the window, such as those of a blacklist (`masked_columns`). What exceeds
            the median of the window there is cut (0 where the window has fewer than 8 bins).

        Returns
        -------
        ndarray of float16, shape=((length_bp - 2 crop_bp) / bin_size_bp,)
        """
        x, gaps = self._filled(values)
        if len(masked):
            bins = (len(x) - 2 * self.crop_bp) // self.bin_size_bp
            few = bins < BASELINE_BINS or (self.compat and gaps and not self.interpolate)
            baseline = 0 if few else np.median(x)
            x = x.copy()
            for low, high in masked:
                x[low:high] = x[low:high].clip(-baseline, baseline)
        return self.transform.apply(x[self.crop_bp : len(x) - self.crop_bp], self.bin_size_bp)

    def _filled(self, values: np.ndarray) -> tuple[np.ndarray, bool]:
        """Values without NaN, perhaps the array itself, and whether there was any."""
        x = values
        if self.compat:
            with np.errstate(over="ignore"):  # inf, as in the original
                x = values.astype(np.float16).astype(np.float32)
        no_data = np.isnan(x)
        gaps = bool(no_data.any())
        if gaps and self.interpolate:
            return _interpolated(x, no_data), gaps
        return (np.where(no_data, x.dtype.type(0), x) if gaps else x), gaps


def masked_columns(masked: Intervals, start: int, end: int) -> list[tuple[int, int]]:
    """Columns of a window that are masked, with a margin of 20 bp around each interval.

    Parameters
    ----------
    masked : intervals, shape=(n, 2)
        0-based half-open on the window's contig; they may lie outside the window.
    start, end : int
        The window.
    """
    table = np.asarray(masked, dtype=np.int64).reshape(-1, 2)
    low = (table[:, 0] - MASK_MARGIN_BP - start).clip(0, None)
    high = (table[:, 1] + MASK_MARGIN_BP - start).clip(None, end - start)
    kept = low < high
    return list(zip(low[kept].tolist(), high[kept].tolist(), strict=True))


def _interpolated(x: np.ndarray, no_data: np.ndarray) -> np.ndarray:
    """Gaps filled in float64 along lines; a 0 stands before and after the window."""
    known = np.flatnonzero(~no_data)
    places = np.concatenate([[-1], known, [len(x)]])
    filled = x.astype(np.float64)
    around = np.concatenate([[0], filled[known], [0]])
    filled[no_data] = np.interp(np.flatnonzero(no_data), places, around)
    return filled
