"""Recipes: the settings of a training, read from a JSON file."""

import sys
import types
import typing
from collections.abc import Mapping
from dataclasses import MISSING, asdict, dataclass, fields, is_dataclass
from pathlib import Path
from typing import Any, ClassVar, TypeVar

from seqcast.core.errors import InputError
from seqcast.models.settings import AUTO, PRECISIONS, Settings, read_settings, require

LARGEST_SEED = 2**63 - 1  # of torch's generators
MOST = 10**9  # steps, examples, tokens ...: more is a slip of a digit
DECAYS = ("linear", "none")


@dataclass(frozen=True)
class Recipe:
    """How a model is trained, whatever it learns.

    Parameters
    ----------
    learning_rate : float
        The highest one of the schedule.
    batch_size : int
        Examples of one step of the optimiser.
    epochs : int, optional
        Passes over the data; either this or `steps`.
    steps : int, optional
        Steps of the optimiser; either this or `epochs`.
    micro_batch_size : int, optional
        Examples whose gradients are computed at once, to save memory; those of a batch are added
        up. Changes no number beyond rounding and the drawing of dropout, but in networks with
        batch normalisation: each part is normalised by itself, and running statistics move once a
        part. Default: the whole batch.
    warmup : float
        Fraction of the steps in which the learning rate rises from 0; either this or
        `warmup_steps`, or neither.
    decay : {"linear", "none"}
        What the learning rate does afterwards: falls to 0 at the last step, or stays.
    weight_decay : float
        Of AdamW, for matrices; not for biases and the weights of normalisations.
    beta1, beta2, epsilon : float
        Of AdamW. Keras adds epsilon before the bias correction of the second moment, torch after
        it: at step t (from 1) Keras' epsilon is worth ``epsilon / sqrt(1 - beta2 ** t)`` here, with
        beta2 = 0.999 32 times as much at the first step, 1.26 times at step 1,000, 1.003 times at
        5,000. Published Borzuki trainings have 1e-7 there, and gradients of at most
        ``gradient_clip_norm / sqrt(parameters)`` = 1.5e-5 a parameter: a step of ours is longer by
        20% at the first step, whose learning rate is 0, by 0.2% at 1,000 and 0.002% at 5,000.
    gradient_clip_norm : float, optional
        Longest gradient, all parameters taken together. None: gradients are not clipped.
    precision : {"fp32", "tf32", "bf16", "auto"}
        Arithmetic of matrix products and convolutions; weights, gradients and their sums are
        float32. tf32 changes GPUs only. auto: the faster of fp32 and bf16, which is measured when
        the training starts, and kept when it is resumed.
    seed : int
        Of the initial weights, the order of the data, augmentation and dropout; 0 to 2**63 - 1.
    evaluate_every : int, optional
        Steps between two evaluations. Default: once an epoch.
    select_by : str
        Validation value that chooses the weights to keep: ``loss`` (the smallest) or another
        value of the task (the largest).
    patience : int, optional
        Stop after so many evaluations in a row that are no better than the best. Default: never.
        Where several heads choose their weights, all of them have to be out of patience.
    checkpoint_every : int, optional
        Steps between two checkpoints. Default: one at each evaluation.
    warmup_steps : int, optional
        Steps in which the learning rate rises from 0, instead of `warmup`; fewer than those of
        the whole training.
    min_epochs : int, optional
        Passes over the data before `patience` may end a training. Default: none.
    ema_decay : float, optional
        Validate and keep a running mean of the weights; see `training.averaging`. Default: the
        weights themselves.
    """

    learning_rate: float
    batch_size: int
    epochs: int | None = None
    steps: int | None = None
    micro_batch_size: int | None = None
    warmup: float = 0.0
    decay: str = "linear"
    weight_decay: float = 0.0
    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-8
    gradient_clip_norm: float | None = 1.0
    precision: str = "fp32"
    seed: int = 0
    evaluate_every: int | None = None
    select_by: str = "loss"
    patience: int | None = None
    checkpoint_every: int | None = None
    warmup_steps: int | None = None
    min_epochs: int | None = None
    ema_decay: float | None = None

    def __post_init__(self) -> None:
        positive = ("batch_size", "epochs", "steps", "micro_batch_size", "evaluate_every",
                    "patience", "checkpoint_every", "learning_rate", "gradient_clip_norm",
                    "epsilon", "warmup_steps", "min_epochs")  # fmt: skip
        for name in positive:
            value = getattr(self, name)
            require(value is None or value > 0, name, value, "a number above 0")
        require((self.epochs is None) != (self.steps is None), "epochs and steps",
                (self.epochs, self.steps), "exactly one of the two")  # fmt: skip
        require((self.micro_batch_size or 1) <= self.batch_size, "micro_batch_size",
                self.micro_batch_size, f"at most batch_size, {self.batch_size}")  # fmt: skip
        for name in ("warmup", "beta1", "beta2", "ema_decay"):
            value = getattr(self, name)
            require(value is None or 0 <= value < 1, name, value, "a share in [0, 1)")
        require(self.warmup == 0 or self.warmup_steps is None, "warmup and warmup_steps",
                (self.warmup, self.warmup_steps), "at most one of the two")  # fmt: skip
        require(self.weight_decay >= 0, "weight_decay", self.weight_decay, "0 or more")
        require(0 <= self.seed <= LARGEST_SEED, "seed", self.seed, f"0 to {LARGEST_SEED}")
        for name, known in (("precision", (*PRECISIONS, AUTO)), ("decay", DECAYS)):
            require(getattr(self, name) in known, name, getattr(self, name), f"one of {known}")

    def total_steps(self, steps_an_epoch: int) -> int:
        """Steps of the optimiser in the whole training."""
        return self.steps if self.epochs is None else self.epochs * steps_an_epoch  # type: ignore[return-value]

    def facts(self) -> dict[str, Any]:
        """All settings, defaults included."""
        return asdict(self)


def learning_rate(recipe: Recipe, step: int, total: int) -> float:
    """Learning rate of a step: a straight rise during warm-up, then a straight fall to 0.

    Parameters
    ----------
    recipe : Recipe
    step : int
        0-based; the first step of a warm-up has learning rate 0.
    total : int
        Steps of the whole training.

    Notes
    -----
    As ``get_linear_schedule_with_warmup`` of transformers, which DNABERT's
    ``examples/run_finetune.py`` calls with ``int(warmup * total)`` steps of warm-up (28d679a).
    """
    rise = int(recipe.warmup * total) if recipe.warmup_steps is None else recipe.warmup_steps
    if step < rise:
        return recipe.learning_rate * step / rise
    if recipe.decay == "none":
        return recipe.learning_rate
    return recipe.learning_rate * max(0, total - step) / max(1, total - rise)


class TaskOptions:
    """Settings of a task: a dataclass that is a section of the recipe.

    Attributes
    ----------
    SECTION : str
        Its key.
    SELECTS : tuple of str
        Values of the task's validation, which ``select_by`` may name; or those of each kind of
        data, where they differ. Empty: any.
    """

    SECTION: ClassVar[str]
    SELECTS: ClassVar[tuple[str, ...] | Mapping[str, tuple[str, ...]]] = ()

    @classmethod
    def selects(cls, kind: str | None = None) -> tuple[str, ...]:
        """What ``select_by`` may name: of one kind of data, or of any."""
        if isinstance(cls.SELECTS, tuple):
            return cls.SELECTS
        kinds = cls.SELECTS.values() if kind is None else [cls.SELECTS[kind]]
        return tuple(dict.fromkeys(value for values in kinds for value in values))


Options = TypeVar("Options", bound=TaskOptions)


def read_recipe(
    path: str | Path, options: type[Options], kind: str | None = None
) -> tuple[Recipe, Options]:
    """Settings of the loop, and those of the task, which stand in a section of their own.

    Parameters
    ----------
    path : path
        JSON: the keys of `Recipe`, and the section of `options`, which may be absent.
    options : class
        Of the task.
    kind : str, optional
        Of the data (see `TaskOptions.selects`). Default: unknown.

    Raises
    ------
    InputError
        If a key is unknown, missing or there twice, or its value of another kind or out of range.
    """
    section = options.SECTION

    def parse(values: dict[str, Any]) -> tuple[Recipe, Options]:
        rest = {key: value for key, value in values.items() if key != section}
        return build(Recipe, rest), build(options, values.get(section, {}), f"{section}.")

    recipe, found = read_settings(path, "a recipe", parse)
    known = options.selects(kind)
    if known and recipe.select_by not in known:
        expected = f"one of {', '.join(known)}" if len(known) > 1 else known[0]
        of = f" for a property of kind {kind}" if kind else ""
        raise InputError(f"{path}: select_by is {recipe.select_by!r}; expected {expected}{of}")
    return recipe, found


def build(kind: type[Settings], values: Any, prefix: str = "") -> Settings:
    """A dataclass from a mapping, each key and the kind of each value checked.

    A setting that is a dataclass itself is built from a mapping of its own.

    Raises
    ------
    InputError
        Naming the key, with `prefix`, and what was expected.
    """
    require(isinstance(values, Mapping), prefix.rstrip("."), values, "an object of settings")
    kinds = typing.get_type_hints(kind)
    settings = fields(kind)  # type: ignore[arg-type]
    names, built = [field.name for field in settings], {}
    for name, value in values.items():
        require(name in names, prefix + name, value, f"one of the keys {', '.join(names)}")
        known = kinds[name]
        allowed = typing.get_args(known) if isinstance(known, types.UnionType) else (known,)
        inner = next((k for k in allowed if isinstance(k, type) and is_dataclass(k)), None)
        if inner is not None and value is not None:
            built[name] = build(inner, value, f"{prefix}{name}.")
            continue
        if float in allowed:
            allowed = (*allowed, int)
        fits = isinstance(value, allowed) and (not isinstance(value, bool) or bool in allowed)
        described = " or ".join("null" if k is types.NoneType else k.__name__ for k in allowed)
        require(fits, prefix + name, value, described)
        _require_size(prefix + name, value)
    needed = [field.name for field in settings if field.default is field.default_factory is MISSING]
    if lacking := [prefix + name for name in needed if name not in values]:
        raise InputError(f"the recipe lacks {', '.join(lacking)}; there is no default")
    return kind(**{**values, **built})


def _require_size(name: str, value: Any) -> None:
    """Refuse NaN, Infinity and 1e400, which Python's JSON reader takes, and endless integers."""
    if isinstance(value, float):
        require(abs(value) <= sys.float_info.max, name, value, "a finite number")
    elif isinstance(value, int) and name != "seed":
        require(abs(value) <= MOST, name, value, f"a number of at most {MOST:,}")
