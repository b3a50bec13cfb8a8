"""Features of tokens to sums over sequences and their regions.

A row of L tokens that holds n symbols has them at L-1-n to L-2, padding before them and an end
token behind them.
"""

from collections.abc import Sequence

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
