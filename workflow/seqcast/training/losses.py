"""Losses of coverage models: how far a predicted profile is from the measured one.

Reference: ``poisson_multinomial`` of baskerville ``metrics.py`` (commit 544073b).
"""

import numpy as np
import torch
from torch import Tensor

from seqcast.core.errors import InputError

EPSILON = 1e-7  # Keras' epsilon, inside the logarithms


def poisson_multinomial(
    predictions: Tensor,
    targets: Tensor,
    total_weight: float = 0.2,
    weight_range: float = 1,
    weight_exp: float = 1,
) -> Tensor:
    """Poisson loss of a window's total coverage and multinomial loss of its profile.

    With y a target and y' its prediction, both already times the bin's weight w, s and s' their
    sums over bins, and e = 1e-7:
    ``[total_weight (s' - s ln(s' + e)) - sum((y + e) ln((y' + e) / s'))] / sum(w)``.
    Terms that depend on the targets alone are left out: a perfect prediction does not give 0.

    Parameters
    ----------
    predictions : Tensor of float, shape=(batch, tracks, bins)
        Positive. Half precision is computed in single precision.
    targets : Tensor of float, shape=(batch, tracks, bins)
        At least 0, any precision.
    total_weight : float
        Of the Poisson term.
    weight_range, weight_exp : float
        Weight of the central bin over that of the outermost ones, and how flat the middle is;
        see `position_weights`.

    Returns
    -------
    Tensor, shape=(batch, tracks)
        What is minimised is the mean over both axes.

    Raises
    ------
    InputError
        If the shapes differ or an option is out of its range.
    """
    if predictions.shape != targets.shape or predictions.ndim != 3:
        raise InputError(
            f"predictions of shape {tuple(predictions.shape)} and targets of shape "
            f"{tuple(targets.shape)}; expected the same (batch, tracks, bins)"
        )
    precision = torch.promote_types(predictions.dtype, torch.float32)
    predicted, measured = predictions.to(precision), targets.to(precision)
    bins = predictions.shape[2]
    total = float(bins)
    if weight_range != 1:
        values = position_weights(bins, weight_range, weight_exp)
        weights = torch.from_numpy(values).to(predicted)
        predicted, measured = predicted * weights, measured * weights
        total = float(values.sum())
    predicted_sum, measured_sum = predicted.sum(2), measured.sum(2)
    poisson = predicted_sum - measured_sum * (predicted_sum + EPSILON).log()
    profile = (predicted + EPSILON) / predicted_sum[..., None]
    multinomial = -((measured + EPSILON) * profile.log()).sum(2)
    return (multinomial + total_weight * poisson) / total


def position_weights(bins: int, weight_range: float, weight_exp: float) -> np.ndarray:
    """Weights of bins, largest in the middle of the window, equal to 1 there.

    ``exp(-|p / sigma| ** weight_exp)`` of the distance p from the middle, with the sigma that gives
    the outermost bins ``1 / weight_range`` of what the exact middle has. The original takes
    p without its magnitude, which is the same for the even exponents it uses.

    Parameters
    ----------
    bins : int
    weight_range : float
        At least 1, which gives equal weights.
    weight_exp : float
        Greater than 0; larger values are flatter in the middle and steeper at the edges.

    Returns
    -------
    ndarray of float64, shape=(bins,)

    Raises
    ------
    InputError
        For a range below 1 or an exponent that is not positive.
    """
    if not weight_range >= 1 or not weight_exp > 0:
        raise InputError(
            f"weight_range {weight_range} and weight_exp {weight_exp}; expected a range of at "
            "least 1 (1 weighs all bins alike) and an exponent greater than 0"
        )
    weights = np.ones(bins)
    if weight_range > 1 and bins > 1:
        half = bins / 2 - 0.5
        sigma = half / np.log(weight_range) ** (1 / weight_exp)
        weights = np.exp(-(np.abs((np.arange(bins) - half) / sigma) ** weight_exp))
        weights /= weights.max()
    return weights
