"""Means, variances and correlation of coverage over bins that arrive in parts."""

from dataclasses import dataclass
from typing import Self

import numpy as np

from seqcast.evaluation.metrics.correlations import correlation_of_sums


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
