"""Multi-head attention with Borzoi's relative positions, in its exact short form.

Glossary, after baskerville ``layers.py`` (commit 544073b) and Dai et al. 2019 (Transformer-XL):

    r_w_bias, r_r_bias   content and position bias added to the scaled query
    distance             key position minus query position
    feature              central mask i: 1 where |distance| < r^i - 1; then the same times sign
    band                 a run of distances on which all features are equal

The original multiplies the query by one key vector for each of the 2 n - 1 distances and shifts
the result into place. All features are steps in |distance| and its sign, so only about
2 F + 1 of those key vectors differ: one a band. A product per band, then a lookup by distance,
gives the same number; benchmarks/forward.py times it next to the plain form.

Training drops features of single distances, so that no two distances need share a vector: there
the plain form is taken, a key vector for each distance.
"""

from functools import lru_cache

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from seqcast.models.borzuki.attention_forms import attend
from seqcast.models.layers import Dense


@lru_cache(maxsize=8)
def position_bands(length: int, features: int, trained_length: int) -> tuple[Tensor, Tensor]:
    """Feature vectors of the relative distances, once per band of equal vectors.

    Parameters
    ----------
    length : int
        Number of positions n.
    features : int
        Number of features P, half of them symmetric and half signed.
    trained_length : int
        Length that sets the widths of the masks; n unless the hyperparameters name another.

    Returns
    -------
    features_of_band : Tensor, shape=(bands, P), float32
    band_of_distance : Tensor, shape=(2 n - 1,), int64
        For the distances -(n - 1) to n - 1, inclusive.
    """
    # the rate in double, the power in single precision: thresholds as the original has them
    rate = np.float32(np.exp(np.log(trained_length + 1) / (features // 2)))
    widths = np.power(rate, np.arange(1, features // 2 + 1, dtype=np.float32)) - np.float32(1)
    distance = np.arange(-(length - 1), length, dtype=np.float32)
    inside = (widths[None, :] > np.abs(distance)[:, None]).astype(np.float32)
    table = torch.from_numpy(np.hstack([inside, np.sign(distance)[:, None] * inside]))
    return torch.unique_consecutive(table, dim=0, return_inverse=True)


class RelativeAttention(nn.Module):
    """Self-attention of ``(batch, n, channels)``; the output map has a bias, the others none.

    In training `attention_dropout` acts on the weights after the softmax, and `position_dropout`
    on the features of each distance, alike for all heads and the whole batch.
    """

    def __init__(
        self,
        channels: int,
        heads: int,
        key_size: int,
        position_features: int,
        trained_length: int | None = None,
        attention_dropout: float = 0.0,
        position_dropout: float = 0.0,
    ) -> None:
        super().__init__()
        self.attention_dropout, self.position_dropout = attention_dropout, position_dropout
        self.heads, self.key_size = heads, key_size
        self.position_features, self.trained_length = position_features, trained_length
        self.query = Dense(channels, heads * key_size, bias=False)
        self.key = Dense(channels, heads * key_size, bias=False)
        self.value = Dense(channels, channels, bias=False)
        self.position = nn.Linear(position_features, heads * key_size, bias=False)
        self.content_bias = nn.Parameter(torch.zeros(1, heads, 1, key_size))
        self.position_bias = nn.Parameter(torch.zeros(1, heads, 1, key_size))
        self.output = Dense(channels, channels)

    def forward(self, x: Tensor, rows: tuple[int, int] | None = None) -> Tensor:
        """Attend to all positions from those of `rows`.

        Parameters
        ----------
        x : Tensor, shape=(batch, n, channels)
        rows : (int, int), optional
            First position that asks, and the one after the last. Default: all of them.

        Returns
        -------
        Tensor, shape=(batch, n or the number of rows, channels)
            In training all rows are computed, and those asked for returned.
        """
        n = x.shape[1]
        start, end = (0, n) if rows is None else rows
        if self.training:
            return self.output(self._mixed_in_training(x)[:, start:end])
        return self.output(self.attend(*self.ask(x[:, start:end], n), *self.answer(x), start))

    def ask(self, x: Tensor, n: int) -> tuple[Tensor, Tensor]:
        """What some of `n` positions ask, ``(batch, rows, channels)``, outside of training.

        Returns
        -------
        query : Tensor, shape=(batch, heads, rows, key_size)
            Whose products with the keys are the content terms of the logits.
        by_band : Tensor, shape=(batch, heads, rows, bands)
            The position terms, by `position_bands`.
        """
        query = self._query(x)
        features, _ = self.bands(n)
        with torch.autocast(x.device.type, enabled=False):  # 1 in 400 of an exponent would show
            keys = self._position_keys(features.to(self.position.weight))
            by_band = (query + self.position_bias) @ keys.mT
        return query + self.content_bias, by_band

    def answer(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Keys and values of positions, ``(batch, heads, n, key_size or values)``."""
        return self._split(self.key(x)), self._split(self.value(x))

    def attend(
        self, query: Tensor, by_band: Tensor, key: Tensor, value: Tensor, start: int = 0
    ) -> Tensor:
        """Values mixed for queries of neighbouring positions, of which `start` is the first.

        Returns
        -------
        Tensor, shape=(batch, rows, channels)
            Input of `output`.
        """
        _, band = self.bands(key.shape[2])
        mixed = attend(query, key, value, by_band, band.to(query.device), start)
        return mixed.transpose(1, 2).flatten(2)

    def bands(self, n: int) -> tuple[Tensor, Tensor]:
        """The `position_bands` of `n` positions."""
        return position_bands(n, self.position_features, self.trained_length or n)

    def _mixed_in_training(self, x: Tensor) -> Tensor:
        query, (key, value), (features, band) = (
            self._query(x),
            self.answer(x),
            self.bands(x.shape[1]),
        )
        table = F.dropout(features[band].to(x), self.position_dropout)
        positioned = query + self.position_bias
        bias = _shifted(positioned @ self._position_keys(table).mT)
        mixed = F.scaled_dot_product_attention(
            query + self.content_bias, key, value, attn_mask=bias,
            dropout_p=self.attention_dropout, scale=1.0,
        )  # fmt: skip
        return mixed.transpose(1, 2).flatten(2)

    def _query(self, x: Tensor) -> Tensor:
        return self._split(self.query(x)) * self.key_size**-0.5

    def _position_keys(self, table: Tensor) -> Tensor:
        """``(rows, features)`` to ``(heads, rows, key_size)``."""
        return self.position(table).unflatten(1, (self.heads, -1)).transpose(0, 1)

    def _split(self, x: Tensor) -> Tensor:
        return x.unflatten(2, (self.heads, -1)).transpose(1, 2)


def _shifted(relative: Tensor) -> Tensor:
    """From one column per distance to one per key: ``(..., n, 2 n - 1)`` to ``(..., n, n)``."""
    n = relative.shape[-2]
    if n == 1:
        return relative
    # entry (i, j) is that of distance j - i, at i (2 n - 1) + n - 1 + j - i of the flat table
    flat = relative.flatten(-2)[..., n - 1 : n - 1 + n * (2 * n - 2)]
    # fused kernels want rows that begin at aligned addresses
    return flat.unflatten(-1, (n, 2 * n - 2))[..., :n].contiguous()
