"""The section of a recipe that is of its task, read without torch: it is checked before any job.

Presets of coverage models: ``config/training/borzuki.json`` and ``borzuki_micro.json`` are the
settings of the published models hl_clip and hl_clip_micro (section ``train`` of their params.json,
borzoi-paper ``extensions/borzuki`` at ec33b15; Adam, no decay of weights or rate). Where a number
differs in writing it is the same training: the original stops when *more than* 30 evaluations
brought nothing, ours at the 31st; its L2 penalty and dropout are of the network (section ``model``
of params.json).

``borzuki_full.json``, ``_linear``, ``_lora``, ``_houlsby`` and ``_locon`` fine-tune a published
fold. Their settings are those of baskerville's examples for a network of the size of hl_clip
(``tests/data/transfer/json``: ``params_*.json`` and ``borzoilite_linear.json``, 544073b); ``full``
has the learning rate that ``docs/transfer_human/transfer.md`` suggests, a tenth of the others'.
Chosen here: weight_range and weight_exp of the training that the fold comes from, where the
examples weigh all bins alike.

Presets of fine-tuning on a property: ``config/training/helix_maintainer.json`` is what helical's
maintainer trained the CoV degradation set with (helicalAI/helical, issue 233: 30 epochs,
trainable_layers 5, MSE, AdamW at 1e-4, no schedule, no clipping; test Spearman 0.826). It differs
where the original is wrong or silent: pooling is right (`models.mrna_property`); each label is
compared with its own output, not with all of the batch; batches are shuffled; validation is without
dropout; the weights of the best epoch are kept, not the last; labels are learned in standard
deviations, as those of that set are already; batches hold 8, for theirs is not on record.
``config/training/helix_early_stopping.json`` is ours: all blocks, warm-up and decay, clipping, and
an end when ten evaluations bring nothing.
"""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import ClassVar

import numpy as np

from seqcast.core.errors import InputError
from seqcast.models.settings import LARGEST_WIDTH, require
from seqcast.training.recipe import TaskOptions

LARGEST_SHIFT_BP = 1024  # targets stay: beyond a few bins they are of other sequence
ALL = "all"
_OF_ATTENTION = ("rank", "alpha", "key_and_output")
# Modes of fine-tuning, and the settings that have a meaning in each.
TRANSFER_MODES: dict[str, tuple[str, ...]] = {
    "full": (),
    "linear": (),
    "lora": _OF_ATTENTION,
    "houlsby": (),
    "locon": (*_OF_ATTENTION, "convs", "conv_rank", "conv_alpha"),
}


@dataclass(frozen=True)
class TransferOptions:
    """Section ``coverage.transfer`` of a recipe: a fine-tuning, and what of the network it trains.

    Names of modes and defaults are those of baskerville's ``hound_transfer.py`` (544073b).

    Parameters
    ----------
    mode : {"full", "linear", "lora", "houlsby", "locon"}
        What is trained in addition to the heads: all; nothing; low-rank terms of the projections
        that the architecture names, in borzuki those of the attention; bottleneck adapters (of
        borzuki, ``adapter`` and ``adapter_latent`` in the hyperparameters) and layer norms;
        low-rank terms of projections and convolutions. See `training.transfer`.
    new_head : bool
        Whether heads are drawn even where that of the initial weights would fit.
    rank : int
        Of the terms in the projections.
    alpha : float
        Such a term counts ``alpha / rank`` times.
    key_and_output : bool
        Whether the maps to keys and to the output have one, in addition to those to queries and
        values (there: ``lora_full``).
    convs : int
        How many convolutions have a low-rank term, the last ones. If it is
        all of them, the first is trained itself instead.
    conv_rank : int
    conv_alpha : float
        As `rank` and `alpha`, of convolutions.
    """

    mode: str
    new_head: bool = True
    rank: int = 8
    alpha: float = 16.0
    key_and_output: bool = False
    convs: int = 4
    conv_rank: int = 4
    conv_alpha: float = 1.0

    def __post_init__(self) -> None:
        prefix = "coverage.transfer."
        require(self.mode in TRANSFER_MODES, prefix + "mode", self.mode,
                f"one of {', '.join(TRANSFER_MODES)}")  # fmt: skip
        for name in ("rank", "alpha", "convs", "conv_rank", "conv_alpha"):
            value, most = getattr(self, name), LARGEST_WIDTH
            require(0 < value <= most, prefix + name, value, f"a number above 0, at most {most:,}")
        used = ("mode", "new_head", *TRANSFER_MODES[self.mode])
        for field in fields(self):
            value = getattr(self, field.name)
            require(field.name in used or value == field.default, prefix + field.name, value,
                    f"no such key, as mode {self.mode} has no use for it")  # fmt: skip


@dataclass(frozen=True)
class CoverageOptions(TaskOptions):
    """Section ``coverage`` of a recipe: the loss, and what is done to windows before the model.

    Parameters
    ----------
    total_weight, weight_range, weight_exp : float
        See `losses.poisson_multinomial`.
    track_weights : dict of str to float, optional
        How many times the loss of some tracks counts: regular expressions, searched for in the
        tracks' descriptions, the first that is found. Other tracks count once.
    augment_rc : bool
        A random half is turned to the other strand: the sequence is reverse-complemented, bins are
        reversed and the tracks of a strand pair swapped.
    augment_shift_bp : int
        The sequence is moved by a random number of bases between minus and plus this; the bases
        that enter are N, and targets stay. At most 1,024.
    per_example : bool
        Whether each window has its own coin and its own shift. False: one of each a batch, as in
        the original.
    checkpoint_activations : bool
        Whether activations are computed again in the backward pass, to save memory.
    transfer : TransferOptions, optional
        A fine-tuning: it needs initial weights. Default: all weights are trained, and where initial
        weights are given, a head that fits is taken too.
    """

    SECTION = "coverage"
    SELECTS = ("loss", "pearsonr", "r2")

    total_weight: float = 0.2
    weight_range: float = 1.0
    weight_exp: float = 1.0
    track_weights: dict | None = None
    augment_rc: bool = True
    augment_shift_bp: int = 3
    per_example: bool = True
    checkpoint_activations: bool = False
    transfer: TransferOptions | None = None

    def __post_init__(self) -> None:
        for name, holds, expected in (
            ("total_weight", self.total_weight >= 0, "0 or more"),
            ("weight_range", self.weight_range >= 1, "1 or more; 1 weighs all bins alike"),
            ("weight_exp", self.weight_exp > 0, "a number above 0"),
            ("augment_shift_bp", 0 <= self.augment_shift_bp <= LARGEST_SHIFT_BP,
             f"0 to {LARGEST_SHIFT_BP}, as targets do not move along"),
        ):  # fmt: skip
            require(holds, f"coverage.{name}", getattr(self, name), expected)
        for pattern, weight in (self.track_weights or {}).items():
            name = f"coverage.track_weights[{pattern!r}]"
            number = isinstance(weight, int | float) and not isinstance(weight, bool)
            require(number and math.isfinite(weight) and weight > 0, name, weight,
                    "a number above 0")  # fmt: skip
            try:
                re.compile(pattern)
            except (re.error, OverflowError, RecursionError) as error:
                raise InputError(f"{name} is of no regular expression ({error})") from error


@dataclass(frozen=True)
class ReadAugmentation(TaskOptions):
    """Section ``reads`` of a recipe: what is done to reads before the model sees them.

    Parameters
    ----------
    reverse_complement : bool
        A random half of the reads of each epoch is turned to the other strand.
    substitution_rate : float
        Fraction of the bases A, C, G, T that become another one, as sequencers err.
    shortest_crop_nt : int, optional
        Each read of an epoch is cut at random to a random length between this and its own; reads
        that are as short already stay whole. Default: no read is cut.
    """

    SECTION = "reads"
    SELECTS = ("loss", "accuracy", "auc")

    reverse_complement: bool = False
    substitution_rate: float = 0.0
    shortest_crop_nt: int | None = None

    def __post_init__(self) -> None:
        require(0 <= self.substitution_rate < 1, "substitution_rate", self.substitution_rate,
                "a share in [0, 1)")  # fmt: skip
        shortest = self.shortest_crop_nt
        require(shortest is None or shortest > 0, "shortest_crop_nt", shortest, "1 or more")


@dataclass(frozen=True)
class TextOptions(TaskOptions):
    """Section ``texts`` of a recipe: what the model sees of a transcript.

    Parameters
    ----------
    codon_marks : bool
        An E before each codon of a known CDS, where the model's vocabulary has it.
    longest_tokens : int, optional
        A longer text of the training is cut, at a random place of each epoch, to so many
        nucleotides and marks. Default: as many as the model takes.
    part_tokens : int, optional
        Most tokens, padding and end tokens included, whose gradients are computed at once; those
        of a batch are added up, so that it changes memory and no number beyond rounding. A longer
        text goes alone. Default: `Recipe.micro_batch_size` alone decides.
    """

    SECTION = "texts"
    SELECTS = ("loss",)  # perplexity is the same, exp(loss)

    codon_marks: bool = True
    longest_tokens: int | None = None
    part_tokens: int | None = None

    def __post_init__(self) -> None:
        longest, part = self.longest_tokens, self.part_tokens
        require(longest is None or longest > 1, "texts.longest_tokens", longest, "2 or more")
        require(part is None or part > 0, "texts.part_tokens", part, "1 or more")


@dataclass(frozen=True)
class PropertyOptions(TaskOptions):
    """Section ``property`` of a recipe: how a body and a head learn labels of mRNAs.

    Parameters
    ----------
    trainable_blocks : int or "all"
        Blocks of the body that are trained, counted from the last; a character of Helix-mRNA's
        block string is one. 0 trains the head alone, "all" the embeddings too.
    train_norm : bool
        Whether the body's final norm is trained; with "all" it always is.
    part_tokens : int, optional
        Most tokens, padding included, whose gradients are computed at once; those of a batch are
        added up, so that it changes memory and no number beyond rounding. A longer sequence goes
        alone. Helix-mRNA of the published size takes about 0.33 GB of memory for 1,000 tokens with
        all blocks trained, 0.2 GB with the last five (12,288 tokens on a CPU: 4.3 and 2.7 GB in
        all). Default: `Recipe.micro_batch_size` alone decides.
    """

    SECTION = "property"
    SELECTS: ClassVar = {  # by the kind of the property
        "regression": ("loss", "spearman"),
        "binary": ("loss", "accuracy", "auc"),
        "multiclass": ("loss", "accuracy"),
    }

    trainable_blocks: int | str = ALL
    train_norm: bool = True
    part_tokens: int | None = None

    def __post_init__(self) -> None:
        blocks = self.trainable_blocks
        good = blocks >= 0 if isinstance(blocks, int) else blocks == ALL
        require(good, "property.trainable_blocks", blocks, f'0 or more, or "{ALL}"')
        tokens = self.part_tokens
        require(tokens is None or tokens > 0, "property.part_tokens", tokens, "1 or more")

    @property
    def blocks(self) -> int | None:
        """`trainable_blocks`, None for all of the body."""
        return self.trainable_blocks if isinstance(self.trainable_blocks, int) else None


# Task of models that can be trained -> the section of their recipes.
TASK_OPTIONS: dict[str, type[TaskOptions]] = {
    "coverage": CoverageOptions,
    "reads": ReadAugmentation,
    "embedding": TextOptions,
    "property": PropertyOptions,
}


def weights_of_tracks(
    patterns: Mapping[str, float] | None, descriptions: Sequence[str]
) -> np.ndarray | None:
    """How many times the loss of each track counts.

    Parameters
    ----------
    patterns : mapping of str to float, optional
        `CoverageOptions.track_weights`.
    descriptions : sequence of str
        A track each.

    Returns
    -------
    ndarray of float, shape=(tracks,)
        None without patterns.
    """
    if not patterns:
        return None
    matched = (
        next((weight for pattern, weight in patterns.items() if re.search(pattern, said)), 1.0)
        for said in descriptions
    )
    return np.fromiter(matched, float, len(descriptions))


def check_track_weights(patterns: Mapping[str, float] | None, descriptions: Sequence[str]) -> None:
    """Refuse a pattern of `weights_of_tracks` that finds no track.

    Parameters
    ----------
    patterns : mapping of str to float, optional
    descriptions : sequence of str
        Of the tracks of all heads.

    Raises
    ------
    InputError
    """
    for pattern in patterns or ():
        if not any(re.search(pattern, said) for said in descriptions):
            raise InputError(
                f"coverage.track_weights: {pattern!r} is found in the description of none of "
                f"{len(descriptions)} tracks, such as {list(descriptions)[:3]}; expected a regular "
                "expression for tracks of the targets table"
            )
