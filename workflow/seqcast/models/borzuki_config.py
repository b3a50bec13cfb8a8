"""What a published Borzuki params.json says: every key known by name, every width a number."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Self

import numpy as np

from seqcast.errors import InputError

# Keys of the model section that hold for every block which does not set its own, unless they are
# 0 or null; a block they do not concern takes no notice.
INHERITED = {"bn_momentum", "kernel_initializer", "l2_scale", "l1_scale"}
INITIALIZERS = {"lecun_normal", "he_normal"}
ADAPTERS = (None, "houlsby")
FROM_0 = {"cropping", "augment_shift"}  # whole numbers that may be 0
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
                f"{where}: {key} is {value!r}; this architecture has {fixed[key]!r} only"
            )
        elif key not in INHERITED | {"name"}:
            allowed = ", ".join(sorted(known | set(fixed) | INHERITED))
            raise InputError(
                f"{where}: unknown key {key!r} in the hyperparameters; known: {allowed}"
            )
    _check_sizes(block, where, values)
    _check_training(where, values)
    try:
        return block(**values)
    except TypeError as error:
        raise InputError(f"{where}: incomplete hyperparameters {dict(given)!r}: {error}") from error


def _is_same(value: Any, expected: Any) -> bool:
    """Equality that takes 0.0 for 0, but not true for 1."""
    return value == expected and isinstance(value, bool) == isinstance(expected, bool)


def _check_sizes(block: type, where: str, values: Mapping[str, Any]) -> None:
    """Refuse values of another kind than the block's fields, and sizes of 0."""
    kinds = {field.name: field.type for field in fields(block)}
    for key, value in values.items():
        kind = kinds[key]
        if value is None and kind == int | None:
            continue
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if kind in (int, int | None):
            least = 0 if key in FROM_0 else 1
            holds = number and isinstance(value, int) and value >= least
            expected = f"a whole number of {least} or more"
        elif kind is bool:
            holds, expected = isinstance(value, bool), "true or false"
        else:
            holds = kind is not float or (number and math.isfinite(value))
            expected = "a finite number"
            if key == "dense_expansion":
                holds, expected = holds and value > 0, "a finite number above 0"
        if not holds:
            raise InputError(f"{where}: {key} is {value!r}; expected {expected}")


def _check_training(name: str, values: Mapping[str, Any]) -> None:
    """Refuse values of training's keys that have no meaning; their kinds are checked before."""
    for key, value in values.items():
        if key.endswith("initializer") and value not in INITIALIZERS:
            raise InputError(
                f"{name}: {key} is {value!r}; expected one of {', '.join(sorted(INITIALIZERS))}"
            )
        if ("dropout" in key or key == "bn_momentum") and not 0 <= value < 1:
            raise InputError(f"{name}: {key} is {value!r}; expected a number from 0 to below 1")
        if key.endswith("l2_scale") and value < 0:
            raise InputError(f"{name}: {key} is {value!r}; expected a number of at least 0")


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
    """What the model section says beside its blocks; seq_length and augment_shift are in bp.

    ``adapter`` and ``adapter_latent`` are what baskerville's ``transfer.py`` (544073b) writes there
    after a fine-tuning with bottleneck adapters, and its default.
    """

    seq_length: int
    augment_rc: bool = False
    augment_shift: int = 0
    adapter: str | None = None
    adapter_latent: int = 8

    def __post_init__(self) -> None:
        if self.adapter not in ADAPTERS:
            raise InputError(
                f"model: adapter is {self.adapter!r}; expected 'houlsby', or none: others are "
                "merged into the weights"
            )


@dataclass(frozen=True)
class BorzukiConfig:
    """The architecture that a published ``params.json`` describes.

    ``heads`` maps "human", "mouse" ... to their configuration, in natural order of their keys.
    ``augment_rc`` and ``augment_shift_bp`` are what its training drew: reverse complements, and
    shifts of up to so many base pairs either way. ``adapter_width`` is that of the bottleneck
    adapters of each transformer block; 0 where there are none.
    """

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
        inherited = {key: model[key] for key in INHERITED if model.get(key)}
        blocks = [
            _read_block(_trunk_block(block), block["name"], inherited | block) for block in trunk
        ]
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
            heads={
                key.removeprefix("head_"): _read_head(key, head, inherited)
                for key, head in heads.items()
            },
            augment_rc=window.augment_rc,
            augment_shift_bp=window.augment_shift,
            adapter_width=window.adapter_latent if window.adapter else 0,
        )

    @property
    def token_size_bp(self) -> int:
        """Base pairs a transformer position stands for."""
        return 2 ** (1 + self.tower.repeat)

    @property
    def bin_size_bp(self) -> int:
        """Base pairs an output bin covers."""
        return self.token_size_bp // 2 ** len(self.unets)


def _read_head(key: str, head: Any, inherited: Mapping[str, Any]) -> HeadConfig:
    if not isinstance(head, Mapping) or "name" not in head:
        raise InputError(f"{key}: {head!r}; expected an object with name 'final' and units")
    return _read_block(HeadConfig, head["name"], {**inherited, **head}, where=key)


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
