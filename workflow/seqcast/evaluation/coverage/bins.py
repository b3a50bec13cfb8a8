"""Agreement over bins that arrive in parts: of all windows in batches, of a gene by window.

Reference: ``PearsonR`` and ``R2`` of baskerville ``metrics.py`` (commit 544073b), which sum in
single precision.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
import torch
from torch import Tensor

from seqcast.core.errors import InputError
from seqcast.evaluation.metrics.correlations import correlation_of_sums


class BinAccuracy:
    """Pearson's correlation and R² of each track over all bins seen, in double precision.

    The sums are of differences from each track's first value, which keeps them exact for a
    constant track and precise for one far from 0.
    """

    def __init__(self) -> None:
        self.bins = 0
        self._start: tuple[Tensor, Tensor] | None = None  # first value of each track
        self._sums: Tensor | None = None  # (5, tracks): p, t, p p, t t, p t

    def update(self, predictions: Tensor, targets: Tensor) -> None:
        """Add a batch.

        Parameters
        ----------
        predictions, targets : Tensor of float, shape=(batch, tracks, bins)
            On one device, of any precision. A value that is no number makes its track's
            results NaN.

        Raises
        ------
        InputError
            If the shapes differ, or the number of tracks from that of earlier batches.
        """
        tracks = None if self._sums is None else self._sums.shape[1]
        if (
            predictions.ndim != 3
            or predictions.shape != targets.shape
            or tracks not in (None, predictions.shape[1])
        ):
            raise InputError(
                f"predictions of shape {tuple(predictions.shape)} and targets of shape "
                f"{tuple(targets.shape)}; expected the same (batch, tracks, bins)"
                + (f" with {tracks} tracks, as before" if tracks else "")
            )
        predicted, measured = predictions.detach().double(), targets.detach().double()
        if not predicted.numel():
            return
        if self._start is None:
            self._start = predicted[0, :, :1].clone(), measured[0, :, :1].clone()
        predicted, measured = predicted - self._start[0], measured - self._start[1]
        terms = (predicted, measured, predicted**2, measured**2, predicted * measured)
        sums = torch.stack([term.sum((0, 2)) for term in terms])
        self._sums = sums if self._sums is None else self._sums + sums
        self.bins += predicted.shape[0] * predicted.shape[2]

    def pearsonr(self) -> np.ndarray:
        """Correlation of each track; NaN where predictions or targets are constant.

        Returns
        -------
        ndarray of float64, shape=(tracks,)

        Raises
        ------
        InputError
            If there was no bin.
        """
        p, t, pp, tt, pt = self._totals()
        spreads = (_spread(*sums, self.bins) for sums in ((p, pp), (t, tt)))
        return correlation_of_sums(pt - p * t / self.bins, *spreads)

    def r2(self) -> np.ndarray:
        """Coefficient of determination, 1 - SSE / SST, of each track.

        Negative where the mean of the targets predicts better. NaN where the targets are
        constant; the original gives minus infinity there.

        Returns
        -------
        ndarray of float64, shape=(tracks,)

        Raises
        ------
        InputError
            If there was no bin.
        """
        p, t, pp, tt, pt = self._totals()
        assert self._start is not None
        offset = (self._start[0] - self._start[1]).flatten().cpu().numpy()
        # sum of ((p + offset) - t) ** 2
        errors = pp - 2 * pt + tt + 2 * offset * (p - t) + self.bins * offset**2
        return 1 - _ratio(errors, _spread(t, tt, self.bins))

    def _totals(self) -> np.ndarray:
        if self._sums is None:
            raise InputError("no bin was compared; give at least one window with predictions")
        return self._sums.cpu().numpy()


def _spread(total: np.ndarray, squares: np.ndarray, bins: int) -> np.ndarray:
    """Sum of squared differences from the mean; rounding may leave it just below 0."""
    return np.maximum(squares - total**2 / bins, 0)


def _ratio(above: np.ndarray, below: np.ndarray) -> np.ndarray:
    """Quotient, NaN where the denominator is 0."""
    return np.divide(above, below, out=np.full_like(above, np.nan), where=below != 0)


@dataclass(frozen=True)
class Moments:
    """Of predicted and measured coverage, and of log2(1 + coverage), over bins.

    Attributes
    ----------
    bins : int
    mean : ndarray of float64, shape=(4, tracks)
        Predicted, measured; the same of log2(1 + x).
    squares : ndarray of float64, shape=(4, tracks)
        Sums of squared deviations from the mean.
    products : ndarray of float64, shape=(tracks,)
        Sum of the products of deviations of log2(1 + x), predicted and measured.
    """

    bins: int
    mean: np.ndarray
    squares: np.ndarray
    products: np.ndarray

    @classmethod
    def of(cls, predictions: np.ndarray, targets: np.ndarray) -> Self:
        """Moments of one part: predictions and targets (tracks, bins), values > -1."""
        pair = np.stack([predictions, targets])
        values = np.concatenate([pair, np.log2(1 + pair)])
        mean = values.mean(axis=2)
        apart = values - mean[:, :, None]
        return cls(values.shape[2], mean, (apart**2).sum(axis=2), (apart[2] * apart[3]).sum(axis=1))

    def __add__(self, other: Self) -> "Moments":
        """Moments of both parts; exact but for rounding (Chan, Golub and LeVeque, 1983)."""
        bins = self.bins + other.bins
        step = other.mean - self.mean
        weight = self.bins * other.bins / bins
        return Moments(
            bins,
            self.mean + step * other.bins / bins,
            self.squares + other.squares + step**2 * weight,
            self.products + other.products + step[2] * step[3] * weight,
        )

    @property
    def variance(self) -> np.ndarray:
        """Of the values, (4, tracks)."""
        return self.squares / self.bins

    @property
    def log_correlation(self) -> np.ndarray:
        """Pearson's correlation of log2(1 + x), (tracks,); NaN where one is constant."""
        return correlation_of_sums(self.products, self.squares[2], self.squares[3])
