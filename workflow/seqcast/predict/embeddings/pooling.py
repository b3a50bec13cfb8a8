"""Features of tokens to those of sequences and their regions, and as helical's program does it.

A row of L tokens that holds n symbols has them at L-1-n to L-2, padding before them and an end
token behind them.

Compat "helical_pooling" is helicalAI/helical at commit 0a3d870, its fine-tuning model, and its
network on a GPU in evaluation. Two things differ from ours. Vectors are taken from wrong places
(`helical_pooling`); one of them is the end token, which the mean takes in. And that token, hidden
by a mask as padding is, has other features there (`models.helix.helical.gpu_states`, which says
what that takes of memory).
"""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor


def span_sums(features: Tensor, spans: Sequence[Sequence[tuple[int, int]]]) -> Tensor:
    """Sums of features over spans of tokens; what lies outside of all spans plays no part.

    Parameters
    ----------
    features : Tensor, shape=(batch, tokens, width)
    spans : sequence of sequence of (int, int)
        For each row the same number of half-open spans of tokens; the first holds the others.

    Returns
    -------
    Tensor, shape=(batch, spans, width), float64
    """
    edges = torch.tensor(spans, device=features.device)  # (batch, spans, 2)
    token = torch.arange(features.shape[1], device=features.device)
    inside = (token >= edges[..., :1]) & (token < edges[..., 1:])  # (batch, spans, tokens)
    # 0 times a padding that is not finite would not be 0
    wide = features.double().masked_fill_(~inside[:, 0, :, None], 0)
    return torch.bmm(inside.double(), wide)


class DataSet(NamedTuple):
    """What the numbers of a sequence depend on, in the original, in addition to the sequence.

    Attributes
    ----------
    longest : int
        Symbols of the longest sequence, to which the original pads all others.
    several : bool
        Whether there are two sequences or more: masks play no part in a batch of one.
    """

    longest: int
    several: bool


def helical_pooling(states: Tensor, longest: bool) -> tuple[Tensor, Tensor]:
    """Mean and last of a sequence as helical's fine-tuning model takes them, errors included.

    Padding and end token have the same id there. The mean leaves out the first symbol, takes in the
    end token, and divides by another number than it sums. "Last" is the last symbol; but in the
    longest sequences of a dataset, which have no padding, it is the one before, and the divisor is
    smaller by 1.

    Parameters
    ----------
    states : Tensor, shape=(symbols + 1, width)
        Features of the symbols and of the end token.
    longest : bool
        Whether no sequence of the dataset is longer.

    Returns
    -------
    mean, last : Tensor, shape=(width,)
        Not finite where the original divides by 0: one symbol, or two in the longest.
    """
    symbols = len(states) - 1
    summed = states[1:].double().sum(0)
    divisor = symbols - 1 - longest
    return (summed / divisor).float(), states[symbols - 1 - longest]
