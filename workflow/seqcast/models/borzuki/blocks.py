"""The blocks of Borzuki: what each computes, and which of its tensors are drawn and penalised.

Reference: baskerville ``blocks.py`` and ``layers.py`` (commit 544073b).
"""

from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

import torch.nn.functional as F
from torch import Tensor, nn

from seqcast.models.borzuki.attention import RelativeAttention
from seqcast.models.borzuki.config import StemConfig, TowerConfig, TransformerConfig, UNetConfig
from seqcast.models.borzuki.keras_kernels import Kernel, kernel_of, kernels_of_separable
from seqcast.models.layers import (
    BatchNorm,
    Conv,
    Dense,
    SeparableConv,
    gelu,
    max_pool,
    upsample,
)

Run = Callable[..., Any]  # calls a module with its inputs


class Stem(nn.Module):
    """Convolution of the one-hot bases, with bias and without norm; 1 bp to 2 bp."""

    def __init__(self, config: StemConfig) -> None:
        super().__init__()
        self.config = config
        self.conv = Conv(4, config.filters, config.kernel_size)

    def forward(self, x: Tensor, pool: bool = True) -> Tensor:
        return self.conv(x, pool=pool)

    def kernels(self) -> Iterator[Kernel]:
        """The tensors that are drawn."""
        yield kernel_of(self.conv, self.config.kernel_initializer, self.config.l2_scale)


class TowerBlock(nn.Module):
    """Norm, GELU, convolution: ``(batch, n, in)`` to ``(batch, n, out)``; pooling comes after."""

    def __init__(
        self, in_channels: int, out_channels: int, kernel: int, momentum: float = 0.1
    ) -> None:
        super().__init__()
        self.norm = BatchNorm(in_channels, momentum)
        self.conv = Conv(in_channels, out_channels, kernel)

    def forward(self, x: Tensor, pool: bool) -> Tensor:
        return self.conv(x, before=lambda y: gelu(self.norm(y)), pool=pool)


class Tower(nn.Module):
    """Blocks at 2, 4, 8 ... bp, the first ones by `begin`."""

    def __init__(self, in_channels: int, config: TowerConfig) -> None:
        super().__init__()
        self.config = config
        widths = [in_channels, *config.widths]
        self.blocks = nn.ModuleList(
            TowerBlock(a, b, config.kernel_size, 1 - config.bn_momentum)
            for a, b in pairwise(widths)
        )

    def begin(self, x: Tensor, blocks: int, run: Run) -> Tensor:
        """Run the first `blocks`."""
        for block in self.blocks[:blocks]:
            x = run(block, x, pool=True)
        return x

    def forward(
        self, x: Tensor, begun: int, skip_bins_bp: set[int], run: Run
    ) -> tuple[Tensor, dict[int, Tensor]]:
        """Run the blocks after the first `begun`.

        Returns
        -------
        Tensor
            The tokens.
        dict of int to Tensor
            The wanted outputs before pooling, by their base pairs.
        """
        skips = {}
        for i, block in enumerate(self.blocks[begun:], begun):
            bin_bp = 2 ** (i + 1)
            if bin_bp in skip_bins_bp:
                skips[bin_bp] = run(block, x, pool=False)
                x = max_pool(skips[bin_bp])
            else:
                x = run(block, x, pool=True)
        return x, skips

    def kernels(self) -> Iterator[Kernel]:
        """The tensors that are drawn."""
        for block in self.blocks:
            assert isinstance(block, TowerBlock)
            yield kernel_of(block.conv, self.config.kernel_initializer, self.config.l2_scale)


class HoulsbyAdapter(nn.Module):
    """x + up(relu(down(x))), a bottleneck that fine-tuning adds and trains (arXiv:1902.00751).

    As ``AdapterHoulsby`` of baskerville's ``adapters.py`` (544073b), but for the start: there both
    maps are drawn with a standard deviation of 1e-3, here `up` is 0 and so x is left as it is.
    """

    def __init__(self, channels: int, width: int) -> None:
        super().__init__()
        self.down, self.up = Dense(channels, width), Dense(width, channels)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.up(F.relu(self.down(x)))

    def kernels(self) -> Iterator[Kernel]:
        """The tensors that are drawn."""
        yield kernel_of(self.down, "he_normal", 0.0)
        yield kernel_of(self.up, "zeros", 0.0)


class TransformerBlock(nn.Module):
    """x + attention(norm(x)), then + feed-forward(norm(.)); Keras' layer-norm epsilon of 1e-3.

    With `adapter_width`, what either adds goes through a `HoulsbyAdapter` first.
    """

    def __init__(self, channels: int, config: TransformerConfig, adapter_width: int = 0) -> None:
        super().__init__()
        hidden = int(config.dense_expansion * channels)
        # as MultiheadAttention of baskerville's layers.py where the key is missing
        features = config.num_position_features or channels // config.heads // 2 * 2
        self.attention_norm = nn.LayerNorm(channels, eps=1e-3)
        self.attention = RelativeAttention(
            channels, config.heads, config.key_size, features, config.seqlen_train,
            config.attention_dropout, config.position_dropout,
        )  # fmt: skip
        self.config, self.dropout = config, config.dropout
        self.attention_adapter = _adapter(channels, adapter_width)
        self.has_feed_forward = hidden > 0
        if self.has_feed_forward:
            self.feed_forward_norm = nn.LayerNorm(channels, eps=1e-3)
            self.expand = Dense(channels, hidden)
            self.contract = Dense(hidden, channels)
            self.feed_forward_adapter = _adapter(channels, adapter_width)

    def forward(self, x: Tensor) -> Tensor:
        return self.after_attention(x, self.attention(self.attention_norm(x)))

    def after_attention(self, x: Tensor, attended: Tensor) -> Tensor:
        """The block but for its attention: each position by itself, so that some will do."""
        x = x + self.attention_adapter(self._drop(attended))
        if not self.has_feed_forward:
            return x
        # ReLU, whatever the global activation
        hidden = F.relu(self._drop(self.expand(self.feed_forward_norm(x))))
        return x + self.feed_forward_adapter(self._drop(self.contract(hidden)))

    def kernels(self) -> Iterator[Kernel]:
        """The tensors that are drawn; what attention adds is 0 at first."""
        attention, config = self.attention, self.config
        for layer in (attention.query, attention.key, attention.value, attention.position):
            yield kernel_of(layer, config.mha_initializer, config.mha_l2_scale)
        yield kernel_of(attention.output, "zeros", config.mha_l2_scale)
        for bias in (attention.content_bias, attention.position_bias):
            # (1, heads, 1, key_size), of which Keras takes the heads for inputs
            yield Kernel(bias, config.mha_initializer, 0.0, attention.heads, bias.numel())
        if self.has_feed_forward:
            for layer in (self.expand, self.contract):
                yield kernel_of(layer, config.kernel_initializer, config.l2_scale)
        for part in self.children():
            if isinstance(part, HoulsbyAdapter):
                yield from part.kernels()

    def _drop(self, x: Tensor) -> Tensor:
        return F.dropout(x, self.dropout, self.training)


def _adapter(channels: int, width: int) -> nn.Module:
    return HoulsbyAdapter(channels, width) if width else nn.Identity()


class UNetStep(nn.Module):
    """Doubles the resolution of x and adds a skip connection of that resolution."""

    def __init__(self, channels: int, skip_channels: int, config: UNetConfig) -> None:
        super().__init__()
        self.config = config
        momentum = 1 - config.bn_momentum
        self.norm = BatchNorm(channels, momentum)
        self.skip_norm = BatchNorm(skip_channels, momentum)
        self.dense = Dense(channels, channels) if config.upsample_conv else nn.Identity()
        self.skip_dense = Dense(skip_channels, channels)
        self.conv = SeparableConv(channels, config.kernel_size)

    def forward(self, x: Tensor, skip: Tensor) -> Tensor:
        x = self.dense(gelu(self.norm(x)))
        skip = self.skip_dense(gelu(self.skip_norm(skip)))
        return self.conv(upsample(x) + skip)

    def kernels(self) -> Iterator[Kernel]:
        """The tensors that are drawn."""
        for layer in (self.dense, self.skip_dense):
            if isinstance(layer, Dense):
                yield kernel_of(layer, self.config.kernel_initializer, self.config.l2_scale)
        yield from kernels_of_separable(self.conv)
