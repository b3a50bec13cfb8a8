"""Borzuki: coverage along the genome from DNA, a Borzoi-like convolution/attention U-net.

Reference: baskerville ``seqnn.py`` and ``blocks.py`` (commit 544073b), with the hyperparameters of
borzoi-paper ``extensions/borzuki`` (commit ec33b15). In the order the data meet the parts:

    Stem          one-hot at 1 bp  ->  2 bp
    Tower         2 bp  ->  128 bp, one pooling block a doubling; keeps what it had before pooling
    Transformer   128 bp, attention over the whole window
    UNet          128 bp  ->  64 bp  ->  32 bp, each joined by the tower's output of that bin size
    head          32 bp, one softplus output a track

Not carried over: dropout, noise layers and the switches of augmentation, which are the identity
at inference.
"""

from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any, Self

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from seqcast.errors import InputError
from seqcast.models.attention import RelativeAttention
from seqcast.models.borzuki_config import (
    BorzukiConfig,
    StemConfig,
    TowerConfig,
    TransformerConfig,
    UNetConfig,
)
from seqcast.models.convert import keras_state_dict, read_safetensors
from seqcast.models.layers import (
    BatchNorm,
    Conv,
    Dense,
    SeparableConv,
    gelu,
    max_pool,
    upsample,
)

KERAS = {".h5", ".hdf5", ".keras"}  # suffixes of published weights


class Stem(nn.Module):
    """Convolution of the one-hot bases, with bias and without norm; 1 bp to 2 bp."""

    def __init__(self, config: StemConfig) -> None:
        super().__init__()
        self.conv = Conv(4, config.filters, config.kernel_size)

    def forward(self, x: Tensor) -> Tensor:
        return self.conv(x, after=max_pool)


class TowerBlock(nn.Module):
    """Norm, GELU, convolution: ``(batch, n, in)`` to ``(batch, n, out)``; pooling comes after."""

    def __init__(self, in_channels: int, out_channels: int, kernel: int) -> None:
        super().__init__()
        self.norm = BatchNorm(in_channels)
        self.conv = Conv(in_channels, out_channels, kernel)

    def forward(self, x: Tensor, pool: bool) -> Tensor:
        after = max_pool if pool else torch.nn.Identity()
        return self.conv(x, before=lambda y: gelu(self.norm(y)), after=after)


class Tower(nn.Module):
    """Blocks at 2, 4, 8 ... bp. Returns the tokens, and the wanted outputs before pooling."""

    def __init__(self, in_channels: int, config: TowerConfig) -> None:
        super().__init__()
        widths = [in_channels, *config.widths]
        self.blocks = nn.ModuleList(
            TowerBlock(a, b, config.kernel_size) for a, b in pairwise(widths)
        )

    def forward(self, x: Tensor, skip_bins_bp: set[int]) -> tuple[Tensor, dict[int, Tensor]]:
        skips = {}
        for i, block in enumerate(self.blocks):
            bin_bp = 2 ** (i + 1)
            if bin_bp in skip_bins_bp:
                skips[bin_bp] = block(x, pool=False)
                x = max_pool(skips[bin_bp])
            else:
                x = block(x, pool=True)
        return x, skips


class TransformerBlock(nn.Module):
    """x + attention(norm(x)), then + feed-forward(norm(.)); Keras' layer-norm epsilon of 1e-3."""

    def __init__(self, channels: int, config: TransformerConfig) -> None:
        super().__init__()
        hidden = int(config.dense_expansion * channels)
        # as MultiheadAttention of baskerville's layers.py where the key is missing
        features = config.num_position_features or channels // config.heads // 2 * 2
        self.attention_norm = nn.LayerNorm(channels, eps=1e-3)
        self.attention = RelativeAttention(
            channels, config.heads, config.key_size, features, config.seqlen_train
        )
        self.has_feed_forward = hidden > 0
        if self.has_feed_forward:
            self.feed_forward_norm = nn.LayerNorm(channels, eps=1e-3)
            self.expand = Dense(channels, hidden)
            self.contract = Dense(hidden, channels)

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.attention(self.attention_norm(x))
        if not self.has_feed_forward:
            return x
        # ReLU, whatever the global activation
        return x + self.contract(F.relu(self.expand(self.feed_forward_norm(x))))


class UNetStep(nn.Module):
    """Doubles the resolution of x and adds a skip connection of that resolution."""

    def __init__(self, channels: int, skip_channels: int, config: UNetConfig) -> None:
        super().__init__()
        self.norm = BatchNorm(channels)
        self.skip_norm = BatchNorm(skip_channels)
        self.dense = Dense(channels, channels) if config.upsample_conv else nn.Identity()
        self.skip_dense = Dense(skip_channels, channels)
        self.conv = SeparableConv(channels, config.kernel_size)

    def forward(self, x: Tensor, skip: Tensor) -> Tensor:
        x = self.dense(gelu(self.norm(x)))
        skip = self.skip_dense(gelu(self.skip_norm(skip)))
        return self.conv(upsample(x) + skip)


class Borzuki(nn.Module):
    """Predicted coverage, before untransformation, of every track in every bin.

    Parameters
    ----------
    config : BorzukiConfig
    head : str
        Which of ``config.heads`` the network ends in.
    """

    compat_options = ()

    def __init__(self, config: BorzukiConfig, head: str) -> None:
        super().__init__()
        if head not in config.heads:
            raise InputError(f"head {head!r} is not in the hyperparameters; they have "
                             f"{', '.join(config.heads)}")  # fmt: skip
        self.config = config
        widths = config.tower.widths
        channels = widths[-1]
        self.stem = Stem(config.stem)
        self.tower = Tower(config.stem.filters, config.tower)
        self.transformer = nn.ModuleList(
            TransformerBlock(channels, config.transformer) for _ in range(config.transformer.repeat)
        )
        skip_widths = widths[::-1][: len(config.unets)]
        self.unet = nn.ModuleList(
            UNetStep(channels, skip, unet)
            for skip, unet in zip(skip_widths, config.unets, strict=True)
        )
        self.head = Dense(channels, config.heads[head].units)

    @classmethod
    def from_params(cls, params: Mapping[str, Any], head: str | None = None) -> Self:
        """Build the network that a published params.json describes, ending in `head`."""
        config = BorzukiConfig.from_params(params)
        return cls(config, head or next(iter(config.heads)))

    @classmethod
    def from_weights(
        cls, path: Path, params: Mapping[str, Any], head: str | None
    ) -> tuple[Self, dict[str, Tensor]]:
        """A network for the weights of `path` (Keras .h5, or ours), and their tensors.

        Without `head`, the first head that has as many outputs as the file.
        """
        config = BorzukiConfig.from_params(params)
        model = cls(config, head or next(iter(config.heads)))
        if path.suffix in KERAS:
            state = keras_state_dict(path, model.tensor_order())
        else:
            state = read_safetensors(path)[0]
        outputs = len(state["head.bias"]) if "head.bias" in state else model.tracks
        fitting = [name for name, found in config.heads.items() if found.units == outputs]
        if not head and fitting and model.tracks != outputs:
            model = cls(config, fitting[0])
        return model, state

    def initialise(self) -> None:
        """Draw weights of the scale that keeps activations alive through all layers."""
        for parameter in self.parameters():
            # torch's own initialisation fades with depth
            if parameter.ndim > 1:
                nn.init.kaiming_normal_(parameter, nonlinearity="linear")

    @property
    def window_length_bp(self) -> int:
        """Length of the input the network was made for."""
        return self.config.window_length_bp

    @property
    def bin_size_bp(self) -> int:
        """Base pairs an output bin covers."""
        return self.config.bin_size_bp

    @property
    def crop_bins(self) -> int:
        """Bins at each side of the window that have no prediction."""
        return self.config.crop_bins

    @property
    def tracks(self) -> int:
        """Number of outputs a bin."""
        return self.head.out_features

    def forward(self, one_hot: Tensor) -> Tensor:
        """Predict coverage.

        Parameters
        ----------
        one_hot : Tensor, shape=(batch, 4, length)
            Channels A, C, G, T; a length that the token size divides.

        Returns
        -------
        Tensor, shape=(batch, tracks, bins)
        """
        if (
            one_hot.ndim != 3
            or one_hot.shape[1] != 4
            or one_hot.shape[2] % self.config.token_size_bp
        ):
            raise InputError(
                f"one-hot input of shape {tuple(one_hot.shape)}; expected (batch, 4, length) with "
                f"a length that is a multiple of {self.config.token_size_bp} bp"
            )
        x = self.stem(one_hot.transpose(1, 2).contiguous())  # (batch, length / 2, channels)
        bin_bp = self.config.token_size_bp
        skip_bins_bp = {bin_bp >> (i + 1) for i in range(len(self.unet))}
        x, skips = self.tower(x, skip_bins_bp)
        for block in self.transformer:
            x = block(x)
        for step in self.unet:
            bin_bp //= 2
            x = step(x, skips.pop(bin_bp))
        if self.crop_bins:
            x = x[:, self.crop_bins : -self.crop_bins]
        return F.softplus(self.head(gelu(x))).transpose(1, 2)

    def tensor_order(self) -> list[tuple[str, str]]:
        """Modules with weights in the order Keras made them: (kind of layer, our prefix)."""
        order = [("conv1d", "stem.conv")]
        for i in range(len(self.tower.blocks)):
            order += [("batch_normalization", f"tower.blocks.{i}.norm"),
                      ("conv1d", f"tower.blocks.{i}.conv")]  # fmt: skip
        for i, block in enumerate(self.transformer):
            prefix = f"transformer.{i}"
            order += [("layer_normalization", f"{prefix}.attention_norm"),
                      ("multihead_attention", f"{prefix}.attention")]  # fmt: skip
            if block.has_feed_forward:
                order += [
                    ("layer_normalization", f"{prefix}.feed_forward_norm"),
                    ("dense", f"{prefix}.expand"),
                    ("dense", f"{prefix}.contract"),
                ]
        for i, step in enumerate(self.unet):
            order += [("batch_normalization", f"unet.{i}.norm"),
                      ("batch_normalization", f"unet.{i}.skip_norm")]  # fmt: skip
            if isinstance(step.dense, Dense):
                order.append(("dense", f"unet.{i}.dense"))
            order += [("dense", f"unet.{i}.skip_dense"), ("separable_conv1d", f"unet.{i}.conv")]
        return [*order, ("dense", "head")]
