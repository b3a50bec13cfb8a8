"""What a published Borzuki params.json says: every key known by name, every width a number."""

from collections.abc import Iterator, Mapping
from dataclasses import MISSING, dataclass, fields
from itertools import pairwise
from typing import Any, ClassVar, Self

import numpy as np

from seqcast.core.errors import InputError
from seqcast.models.architectures import CoverageShape
from seqcast.models.settings import (
    LARGEST_LENGTH,
    LARGEST_REPEAT,
    LARGEST_WIDTH,
    require,
    require_number,
    require_size,
    require_weights,
    shown,
)

# Keys of the model section that hold for every block which does not set its own, unless they are
# 0 or null; a block they do not concern takes no notice.
INHERITED = {"bn_momentum", "kernel_initializer", "l2_scale", "l1_scale"}
INITIALIZERS = ("he_normal", "lecun_normal")
ADAPTERS = (None, "houlsby")
FROM_0 = {"cropping", "augment_shift"}  # whole numbers that may be 0
LARGEST = {  # other than LARGEST_WIDTH
    "seq_length": LARGEST_LENGTH, "seqlen_train": LARGEST_LENGTH, "cropping": LARGEST_LENGTH,
    "augment_shift": LARGEST_LENGTH, "repeat": LARGEST_REPEAT, "num_position_features": 1024,
}  # fmt: skip
LARGEST_TRUNK = 64  # blocks
MOST_POSITIONS = 32_768  # of the transformer, each of which attends to all
MOST_FIRST_VALUES = 2**32  # that the first convolution gives: 16 GB
# Keys with one value that Borzuki's code path takes; any other value is another network.
FIXED_VALUES: dict[str, dict[str, Any]] = {
    "conv_dna": {"norm_type": None, "activation": "linear", "pool_size": 2, "dropout": 0},
    "res_tower": {"num_convs": 1, "pool_size": 2, "dropout": 0},
    "unet_conv": {"dropout": 0},
    "final": {"activation": "softplus"},
    "model": {"activation": "gelu", "norm_type": "batch", "padding": "same"},
}


def _read_block(block: type, name: str, given: Mapping[str, Any], where: str | None = None) -> Any:
    """Build the config dataclass `block` from a params.json mapping, refusing unknown keys.

    Messages call it `where`; by default its `name`.
    """
    where = where or name
    fixed = {"l1_scale": 0, **FIXED_VALUES.get(name, {})}
    known = {field.name for field in fields(block)}
    values = {}
    for key, value in given.items():
        if key in known:
            values[key] = value
        elif key in fixed and _is_same(value, fixed[key]):
            continue
        elif key in fixed:
            raise InputError(
                f"{where}: {key} is {shown(value)}; this architecture has {fixed[key]!r} only"
            )
        elif key not in INHERITED | {"name"}:
            allowed = ", ".join(sorted(known | set(fixed) | INHERITED))
            raise InputError(
                f"{where}: unknown key {key!r} in the hyperparameters; known: {allowed}"
            )
    for field in fields(block):
        if field.name in values:
            _check(f"{where}: ", field.name, field.type, values[field.name])
        elif field.default is MISSING:
            raise InputError(f"{where}: {field.name} is missing in {shown(given)}; give it")
    return block(**values)


def _is_same(value: Any, expected: Any) -> bool:
    """Equality that takes 0.0 for 0, but not true for 1."""
    return value == expected and isinstance(value, bool) == isinstance(expected, bool)


def _check(where: str, key: str, kind: Any, value: Any) -> None:
    """Refuse a value of another kind than the block's field, or beyond its bounds."""
    name = where + key
    if key == "adapter":
        require(value in ADAPTERS, name, value,
                "'houlsby', or none: others are merged into the weights")  # fmt: skip
    elif kind is bool:
        require(isinstance(value, bool), name, value, "true or false")
    elif kind is str:  # of an initializer
        known = ", ".join(INITIALIZERS)
        require(value in INITIALIZERS, name, value, f"one of {known}")
    elif kind in (int, int | None):
        if value is not None or kind is int:
            require_size(name, value, LARGEST.get(key, LARGEST_WIDTH), 0 if key in FROM_0 else 1)
    elif key == "dense_expansion":
        require_number(name, value, "a number above 0, at most 64", lambda n: 0 < n <= 64)
    elif "dropout" in key or key == "bn_momentum":
        require_number(name, value, "a number from 0 to below 1", lambda n: 0 <= n < 1)
    else:  # factors of the loss
        require_number(name, value, "a finite number of at least 0", lambda n: n >= 0)


@dataclass(frozen=True)
class StemConfig:
    """``conv_dna``: one convolution of the bases, then pooling by 2.

    Here and below, what only matters in training has the default of baskerville's ``blocks.py``;
    ``l2_scale`` is the factor of the kernels' squares in the loss.
    """

    filters: int
    kernel_size: int
    kernel_initializer: str = "he_normal"
    l2_scale: float = 0.0


@dataclass(frozen=True)
class TowerConfig:
    """``res_tower`` with one convolution a block; widths grow geometrically."""

    filters_init: int
    filters_end: int
    kernel_size: int
    repeat: int
    divisible_by: int = 1
    bn_momentum: float = 0.99
    kernel_initializer: str = "he_normal"
    l2_scale: float = 0.0

    @property
    def widths(self) -> list[int]:
        """Channels of each block: the running width stays unrounded, halves round to even."""
        steps = max(1, self.repeat - 1)
        growth = np.exp(np.log(self.filters_end / self.filters_init) / steps)
        exact = [self.filters_init * growth**i for i in range(self.repeat)]
        return [int(np.round(x / self.divisible_by) * self.divisible_by) for x in exact]


@dataclass(frozen=True)
class TransformerConfig:
    """``transformer_tower``: pre-norm attention and feed-forward blocks.

    ``mha_initializer`` and ``mha_l2_scale`` are of the attention, the others without prefix of
    the feed-forward layers.
    """

    key_size: int
    heads: int
    repeat: int
    num_position_features: int | None = None
    dense_expansion: float = 2.0
    seqlen_train: int | None = None
    dropout: float = 0.25
    attention_dropout: float = 0.05
    position_dropout: float = 0.01
    mha_initializer: str = "he_normal"
    mha_l2_scale: float = 0.0
    kernel_initializer: str = "he_normal"
    l2_scale: float = 0.0


@dataclass(frozen=True)
class UNetConfig:
    """``unet_conv``: doubling of the resolution, joined by a skip connection."""

    kernel_size: int
    upsample_conv: bool = False
    bn_momentum: float = 0.99
    kernel_initializer: str = "he_normal"
    l2_scale: float = 0.0


@dataclass(frozen=True)
class CropConfig:
    """``Cropping1D``: bins removed at each side."""

    cropping: int


@dataclass(frozen=True)
class HeadConfig:
    """One output a track."""

    units: int
    kernel_initializer: str = "he_normal"
    l2_scale: float = 0.0


@dataclass(frozen=True)
class WindowConfig:
    """What the model section says but its blocks; seq_length and augment_shift are in bp.

    ``adapter`` and ``adapter_latent`` are what baskerville's ``transfer.py`` (544073b) writes there
    after a fine-tuning with bottleneck adapters, and its default.
    """

    seq_length: int
    augment_rc: bool = False
    augment_shift: int = 0
    adapter: str | None = None
    adapter_latent: int = 8


@dataclass(frozen=True)
class BorzukiConfig:
    """The architecture that a published ``params.json`` describes.

    ``heads`` maps "human", "mouse" ... to their configuration, in natural order of their keys.
    ``augment_rc`` and ``augment_shift_bp`` are what its training drew: reverse complements, and
    shifts of up to so many base pairs either way. ``adapter_width`` is that of the bottleneck
    adapters of each transformer block; 0 if there are none.
    """

    task: ClassVar[str] = "coverage"
    window_length_bp: int
    stem: StemConfig
    tower: TowerConfig
    transformer: TransformerConfig
    unets: tuple[UNetConfig, ...]
    crop_bins: int
    heads: Mapping[str, HeadConfig]
    augment_rc: bool = False
    augment_shift_bp: int = 0
    adapter_width: int = 0

    def __post_init__(self) -> None:
        token, length = self.token_size_bp, self.window_length_bp
        require(length % token == 0 and length <= MOST_POSITIONS * token, "model: seq_length",
                length, f"a multiple of {token:,}, the base pairs of a position of the transformer "
                f"(res_tower: repeat), and at most {MOST_POSITIONS:,} times that")  # fmt: skip
        require(length * self.stem.filters <= MOST_FIRST_VALUES, "conv_dna: filters",
                self.stem.filters, f"at most {MOST_FIRST_VALUES // length:,} with seq_length "
                f"{length:,}")  # fmt: skip
        require(len(self.unets) <= self.tower.repeat, "model.trunk: the number of unet_conv",
                len(self.unets), f"at most repeat of res_tower, {self.tower.repeat}")  # fmt: skip
        require(
            2 * self.crop_bins * self.bin_size_bp < length,
            "Cropping1D: cropping",
            self.crop_bins,
            f"less than half of {length // self.bin_size_bp:,} bins",
        )
        self._check_widths()

    def _check_widths(self) -> None:
        widths, heads = self.tower.widths, self.transformer.heads
        require(
            min(widths) > 0 and max(widths) <= LARGEST_WIDTH,
            "res_tower: the widths",
            widths,
            f"1 to {LARGEST_WIDTH:,}, which filters_init, filters_end and divisible_by give",
        )
        features = self.transformer.num_position_features or widths[-1] // heads // 2 * 2
        require(widths[-1] % heads == 0, "transformer_tower: heads", heads,
                f"a number that divides the width, {widths[-1]}")  # fmt: skip
        require(features > 0 and features % 2 == 0, "transformer_tower: num_position_features",
                features, "an even number above 0")  # fmt: skip
        kernels = {"conv_dna": self.stem.kernel_size, "res_tower": self.tower.kernel_size}
        kernels |= {f"unet_conv {i}": unet.kernel_size for i, unet in enumerate(self.unets)}
        for name, kernel in kernels.items():
            require(kernel % 2 == 1, f"{name}: kernel_size", kernel, "an odd number")
        require_weights(self.sizes())

    def sizes(self) -> Iterator[int]:
        """Weights of each dense map and convolution, those of all heads included."""
        form, widths = self.transformer, self.tower.widths
        last, keys = widths[-1], form.key_size * form.heads
        yield 4 * self.stem.filters * self.stem.kernel_size
        for before, after in pairwise([self.stem.filters, *widths]):
            yield before * after * self.tower.kernel_size
        attention = 2 * last * keys + 2 * last**2 + (form.num_position_features or last) * keys
        feed_forward = 2 * last * int(form.dense_expansion * last)
        yield form.repeat * (attention + feed_forward + 4 * last * self.adapter_width)
        for unet, skip in zip(self.unets, widths[::-1], strict=False):
            yield last * (skip + unet.kernel_size + last * (1 + unet.upsample_conv))
        yield from (last * head.units for head in self.heads.values())

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
        require(isinstance(params["model"], Mapping), "model", params["model"], "an object")
        model = dict(params["model"])
        trunk = model.pop("trunk", [])
        heads = {key: model.pop(key) for key in sorted(model) if key.startswith("head")}
        window = _read_block(WindowConfig, "model", model)
        inherited = {key: model[key] for key in INHERITED if model.get(key) not in (0, None)}
        blocks = _read_trunk(trunk, inherited)
        unets = tuple(block for block in blocks if isinstance(block, UNetConfig))
        crops = [block for block in blocks if isinstance(block, CropConfig)]
        names = [block["name"] for block in trunk]
        order = ["conv_dna", "res_tower", "transformer_tower"]
        order += ["unet_conv"] * len(unets) + ["Cropping1D"] * len(crops)
        if names != order or len(crops) > 1 or not heads:
            raise InputError(
                f"model.trunk: {names} with heads {list(heads)}; expected conv_dna, res_tower, "
                "transformer_tower, any number of unet_conv, at most one Cropping1D, and a head"
            )
        return cls(
            window_length_bp=window.seq_length,
            stem=blocks[0],
            tower=blocks[1],
            transformer=blocks[2],
            unets=unets,
            crop_bins=crops[0].cropping if crops else 0,
            heads={
                key.removeprefix("head_"): _read_head(key, head, inherited)
                for key, head in heads.items()
            },
            augment_rc=window.augment_rc,
            augment_shift_bp=window.augment_shift,
            adapter_width=window.adapter_latent if window.adapter else 0,
        )

    @property
    def shape(self) -> CoverageShape:
        """What windows and targets have to be."""
        units = {name: head.units for name, head in self.heads.items()}
        return CoverageShape(self.window_length_bp, self.bin_size_bp, self.crop_bins, units)

    @property
    def token_size_bp(self) -> int:
        """Base pairs a transformer position stands for."""
        return 2 ** (1 + self.tower.repeat)

    @property
    def bin_size_bp(self) -> int:
        """Base pairs an output bin covers."""
        return self.token_size_bp // 2 ** len(self.unets)


def _read_head(key: str, head: Any, inherited: Mapping[str, Any]) -> HeadConfig:
    good = isinstance(head, Mapping) and head.get("name") == "final"
    require(good, key, head, "an object with name 'final' and units")
    return _read_block(HeadConfig, "final", {**inherited, **head}, where=key)


def _read_trunk(trunk: Any, inherited: Mapping[str, Any]) -> list[Any]:
    """The config of each block of the backbone."""
    known = {
        "conv_dna": StemConfig,
        "res_tower": TowerConfig,
        "transformer_tower": TransformerConfig,
        "unet_conv": UNetConfig,
        "Cropping1D": CropConfig,
    }
    good = isinstance(trunk, list | tuple) and len(trunk) <= LARGEST_TRUNK
    require(good, "model.trunk", trunk, f"a list of at most {LARGEST_TRUNK} blocks")
    blocks = []
    for number, block in enumerate(trunk):
        named = isinstance(block, Mapping) and isinstance(block.get("name"), str)
        require(named, f"model.trunk[{number}]", block, "an object with the name of a block")
        if block["name"] not in known:
            raise InputError(
                f"model.trunk: unknown block {shown(block['name'])}; known: {', '.join(known)}"
            )
        blocks.append(_read_block(known[block["name"]], block["name"], {**inherited, **block}))
    return blocks
