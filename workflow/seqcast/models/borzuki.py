"""Borzuki: coverage along the genome from DNA, a Borzoi-like convolution/attention U-net.

Reference: baskerville ``seqnn.py`` and ``blocks.py`` (commit 544073b), with the hyperparameters of
borzoi-paper ``extensions/borzuki`` (commit ec33b15). In the order the data meet the parts:

    Stem          one-hot at 1 bp  ->  2 bp
    Tower         2 bp  ->  128 bp, one pooling block a doubling; each keeps what it had before pooling
    Transformer   128 bp, attention over the whole window
    UNet          128 bp  ->  64 bp  ->  32 bp, each step joined by the tower's output of that bin size
    head          32 bp, one softplus output a track

Not carried over: dropout, noise layers and the switches of augmentation, which are the identity
at inference.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Self

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from seqcast.errors import InputError
from seqcast.models.attention import RelativeAttention
from seqcast.models.layers import (
    BatchNorm,
    Conv,
    Dense,
    SeparableConv,
    gelu,
    max_pool,
    upsample,
)

# Keys of params.json that only matter in training; their values are kept by the reader of the
# "train" section, not here.
TRAINING_KEYS = {
    "augment_rc", "augment_shift", "bn_momentum", "kernel_initializer", "l1_scale", "l2_scale",
    "mha_l2_scale", "mha_initializer", "dropout", "attention_dropout", "position_dropout",
}  # fmt: skip
# Keys with one value that Borzuki's code path takes; any other value is another network.
FIXED_VALUES = {
    "conv_dna": {"norm_type": None, "activation": "linear", "pool_size": 2},
    "res_tower": {"num_convs": 1, "pool_size": 2},
    "final": {"activation": "softplus"},
    "model": {"activation": "gelu", "norm_type": "batch", "padding": "same"},
}


def _read_block(block: type, name: str, given: Mapping[str, Any]) -> Any:
    """Build the config dataclass `block` from a params.json mapping, refusing unknown keys."""
    fixed = FIXED_VALUES.get(name, {})
    known = {field.name for field in fields(block)}
    values = {}
    for key, value in given.items():
        if key in known:
            values[key] = value
        elif key in fixed and value == fixed[key] and type(value) is type(fixed[key]):
            continue
        elif key in fixed:
            raise InputError(
                f"{name}: {key} is {value!r}; this architecture has {fixed[key]!r} only"
            )
        elif key not in TRAINING_KEYS | {"name"}:
            allowed = ", ".join(sorted(known | set(fixed) | TRAINING_KEYS))
            raise InputError(
                f"{name}: unknown key {key!r} in the hyperparameters; known: {allowed}"
            )
    try:
        return block(**values)
    except TypeError as error:
        raise InputError(f"{name}: incomplete hyperparameters {dict(given)!r}: {error}") from error


@dataclass(frozen=True)
class StemConfig:
    """``conv_dna``: one convolution of the bases, then pooling by 2."""

    filters: int
    kernel_size: int


@dataclass(frozen=True)
class TowerConfig:
    """``res_tower`` with one convolution a block; widths grow geometrically."""

    filters_init: int
    filters_end: int
    kernel_size: int
    repeat: int
    divisible_by: int = 1

    @property
    def widths(self) -> list[int]:
        """Channels of each block: the running width stays unrounded, halves round to even."""
        steps = max(1, self.repeat - 1)
        growth = np.exp(np.log(self.filters_end / self.filters_init) / steps)
        exact = [self.filters_init * growth**i for i in range(self.repeat)]
        return [int(np.round(x / self.divisible_by) * self.divisible_by) for x in exact]


@dataclass(frozen=True)
class TransformerConfig:
    """``transformer_tower``: pre-norm attention and feed-forward blocks."""

    key_size: int
    heads: int
    repeat: int
    num_position_features: int | None = None
    dense_expansion: float = 2.0
    seqlen_train: int | None = None


@dataclass(frozen=True)
class UNetConfig:
    """``unet_conv``: doubling of the resolution, joined by a skip connection."""

    kernel_size: int
    upsample_conv: bool = False


@dataclass(frozen=True)
class CropConfig:
    """``Cropping1D``: bins removed at each side."""

    cropping: int


@dataclass(frozen=True)
class HeadConfig:
    """One output a track."""

    units: int


@dataclass(frozen=True)
class WindowConfig:
    """What the model section says beside its blocks; seq_length is in bp."""

    seq_length: int


@dataclass(frozen=True)
class BorzukiConfig:
    """The architecture that a published ``params.json`` describes.

    ``heads`` maps "human", "mouse" ... to their configuration, in natural order of their keys.
    """

    window_length_bp: int
    stem: StemConfig
    tower: TowerConfig
    transformer: TransformerConfig
    unets: tuple[UNetConfig, ...]
    crop_bins: int
    heads: Mapping[str, HeadConfig]

    @classmethod
    def from_params(cls, params: Mapping[str, Any]) -> Self:
        """Read the content of a params.json as published.

        Raises
        ------
        InputError
            For unknown sections, blocks, keys or values, naming the known ones.
        """
        if unknown := set(params) - {"train", "model"}:
            raise InputError(f"params: unknown section {sorted(unknown)}; known: model, train")
        if "model" not in params:
            raise InputError(
                "params: there is no section 'model'; expected a published params.json"
            )
        model = dict(params["model"])
        trunk = model.pop("trunk", [])
        heads = {key: model.pop(key) for key in sorted(model) if key.startswith("head")}
        window = _read_block(WindowConfig, "model", model)
        blocks = [_read_block(_trunk_block(block), block["name"], block) for block in trunk]
        names = [block["name"] for block in trunk]
        unets = tuple(block for block in blocks if isinstance(block, UNetConfig))
        crops = [block for block in blocks if isinstance(block, CropConfig)]
        order = ["conv_dna", "res_tower", "transformer_tower"]
        order += ["unet_conv"] * len(unets) + ["Cropping1D"] * len(crops)
        if names != order or len(crops) > 1 or not heads:
            raise InputError(
                f"params: trunk {names} with heads {list(heads)}; expected conv_dna, res_tower, "
                "transformer_tower, any number of unet_conv, at most one Cropping1D, and a head"
            )
        return cls(
            window_length_bp=window.seq_length,
            stem=blocks[0],
            tower=blocks[1],
            transformer=blocks[2],
            unets=unets,
            crop_bins=crops[0].cropping if crops else 0,
            heads={key.removeprefix("head_"): _read_block(HeadConfig, head["name"], head)
                   for key, head in heads.items()},
        )  # fmt: skip

    @property
    def token_size_bp(self) -> int:
        """Base pairs a transformer position stands for."""
        return 2 ** (1 + self.tower.repeat)

    @property
    def bin_size_bp(self) -> int:
        """Base pairs an output bin covers."""
        return self.token_size_bp // 2 ** len(self.unets)


def _trunk_block(block: Mapping[str, Any]) -> type:
    known = {
        "conv_dna": StemConfig,
        "res_tower": TowerConfig,
        "transformer_tower": TransformerConfig,
        "unet_conv": UNetConfig,
        "Cropping1D": CropConfig,
    }
    name = block.get("name")
    if name not in known:
        raise InputError(f"trunk: unknown block {name!r}; known: {', '.join(known)}")
    return known[name]


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
            TowerBlock(a, b, config.kernel_size) for a, b in zip(widths, widths[1:], strict=False)
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
    def from_params(cls, params: Mapping[str, Any], head: str) -> Self:
        """Build the network that a published params.json describes, ending in `head`."""
        return cls(BorzukiConfig.from_params(params), head)

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
                order += [("layer_normalization", f"{prefix}.feed_forward_norm"),
                          ("dense", f"{prefix}.expand"), ("dense", f"{prefix}.contract")]  # fmt: skip
        for i, step in enumerate(self.unet):
            order += [("batch_normalization", f"unet.{i}.norm"),
                      ("batch_normalization", f"unet.{i}.skip_norm")]  # fmt: skip
            if isinstance(step.dense, Dense):
                order.append(("dense", f"unet.{i}.dense"))
            order += [("dense", f"unet.{i}.skip_dense"), ("separable_conv1d", f"unet.{i}.conv")]
        return [*order, ("dense", "head")]
