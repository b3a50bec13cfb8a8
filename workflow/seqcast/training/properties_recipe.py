"""Recipes of fine-tuning, read without torch: the workflow checks them before any job.

Presets: ``config/training/helix_maintainer.json`` is what helical's maintainer trained the CoV
degradation set with (helicalAI/helical, issue 233: 30 epochs, trainable_layers 5, MSE, AdamW at
1e-4, no schedule, no clipping; test Spearman 0.826). It differs where the original is wrong or
silent: pooling is right (`models.mrna_property`); each label is compared with its own output, not
with all of the batch; batches are shuffled; validation is without dropout; the weights of the best
epoch are kept, not the last; labels are learned in standard deviations, as those of that set are
already; batches hold 8, for theirs is not on record. ``config/training/helix_early_stopping.json``
is ours: all blocks, warm-up and decay, clipping, and an end when ten evaluations bring nothing.
"""

from dataclasses import dataclass
from pathlib import Path

from seqcast.core.errors import InputError
from seqcast.models.settings import require
from seqcast.training.recipe import Recipe, read_recipe

# What `training.properties.PropertyTask.validate` gives, by the kind of the property.
VALIDATION_VALUES = {
    "regression": ("loss", "spearman"),
    "binary": ("loss", "accuracy", "auc"),
    "multiclass": ("loss", "accuracy"),
}
ALL = "all"


@dataclass(frozen=True)
class PropertyOptions:
    """Section ``property`` of a recipe: how a body and a head learn labels of mRNAs.

    Parameters
    ----------
    trainable_blocks : int or "all"
        Blocks of the body that are trained, counted from the last; a letter of Helix-mRNA's block
        string is one. 0 trains the head alone, "all" the embeddings too.
    train_norm : bool
        Whether the body's final norm is trained; with "all" it always is.
    part_tokens : int, optional
        Most tokens, padding included, whose gradients are computed at once; those of a batch are
        added up, so that it changes memory and no number beyond rounding. A longer sequence goes
        alone. Helix-mRNA of the published size takes about 0.33 GB of memory for 1,000 tokens with
        all blocks trained, 0.2 GB with the last five (12,288 tokens on a CPU: 4.3 and 2.7 GB in
        all). Default: `Recipe.micro_batch_size` alone decides.
    """

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


def read_property_recipe(
    path: str | Path, kind: str | None = None
) -> tuple[Recipe, PropertyOptions]:
    """Settings of the loop, and those of fine-tuning.

    Parameters
    ----------
    path : path
        See `read_recipe`; the section is ``property``.
    kind : {"regression", "binary", "multiclass"}, optional
        Of the property. Default: unknown.

    Raises
    ------
    InputError
        As `read_recipe`; or if ``select_by`` is no value of this kind's validation.
    """
    recipe, options = read_recipe(path, "property", PropertyOptions)
    kinds = [kind] if kind else list(VALIDATION_VALUES)
    known = dict.fromkeys(value for one in kinds for value in VALIDATION_VALUES[one])
    if recipe.select_by not in known:
        of = f" for a property of kind {kind}" if kind else ""
        raise InputError(
            f"{path}: select_by is {recipe.select_by!r}; expected one of {', '.join(known)}{of}"
        )
    return recipe, options
