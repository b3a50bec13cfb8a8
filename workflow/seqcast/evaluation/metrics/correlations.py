"""Pearson's and Spearman's correlations of columns."""

import numpy as np
import polars as pl

LEAST_ROWS = 3  # of a correlation: two points always lie on a line
NEARLY_CONSTANT = 1e-12  # spread over the largest magnitude; below it differences are rounding


def pearson(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Pearson's correlation of x and y over their rows; NaN where one is constant.

    Parameters
    ----------
    x, y : ndarray, shape=(rows,) or (rows, columns)

    Returns
    -------
    ndarray of float64, shape=() or (columns,)
    """
    x, y = np.asarray(x, np.float64), np.asarray(y, np.float64)
    varies = varying(x) & varying(y)
    x, y = x - x.mean(axis=0), y - y.mean(axis=0)
    r = correlation_of_sums(*((a * b).sum(axis=0) for a, b in ((x, y), (x, x), (y, y))))
    return np.where(varies, r, np.nan)


def spearman(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Spearman's correlation, see `pearson`; equal values share their mean rank."""
    r = pearson(mean_ranks(x), mean_ranks(y))
    return np.where(varying(x) & varying(y), r, np.nan)  # as what differs by rounding has ranks


def mean_ranks(values: np.ndarray) -> np.ndarray:
    """Ranks from 1 on in each column of (rows,) or (rows, columns); equal values share their mean.

    By polars, which every job has: scipy's take 0.7 s to import.
    """
    values = np.asarray(values)
    columns = pl.from_numpy(values[:, None] if values.ndim == 1 else values)
    return columns.select(pl.all().rank("average")).to_numpy().reshape(values.shape)


def correlation_of_sums(xy: np.ndarray, xx: np.ndarray, yy: np.ndarray) -> np.ndarray:
    """Pearson's correlation from sums of products of deviations; NaN where x or y has none."""
    scale = np.sqrt(xx * yy)
    r = np.divide(xy, scale, out=np.full(np.shape(scale), np.nan), where=scale > 0)
    return np.clip(r, -1, 1)


def varying(values: np.ndarray) -> np.ndarray:
    """Which columns of (rows, columns) hold more than one value, rounding apart."""
    return np.ptp(values, axis=0) > NEARLY_CONSTANT * np.abs(values).max(axis=0)
