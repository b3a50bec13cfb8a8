"""Recipes of coverage models, read without torch: the workflow checks them before any job.

Presets: ``config/training/borzuki.json`` and ``borzuki_micro.json`` are the settings of the
published models hl_clip and hl_clip_micro (section ``train`` of their params.json, borzoi-paper
``extensions/borzuki`` at ec33b15; Adam, no decay of weights or rate). Where a number differs in
writing it is the same training: the original stops when *more than* 30 evaluations brought nothing,
ours at the 31st; its L2 penalty and dropout are of the network (section ``model`` of params.json).
"""

from dataclasses import dataclass
from pathlib import Path

from seqcast.errors import InputError
from seqcast.training.recipe import Recipe, read_recipe, require

VALIDATION_VALUES = ("loss", "pearsonr", "r2")  # what `training.coverage.CoverageTask` gives


@dataclass(frozen=True)
class CoverageOptions:
    """Section ``coverage`` of a recipe: the loss, and what is done to windows before the model.

    Parameters
    ----------
    total_weight, weight_range, weight_exp : float
        See `losses.poisson_multinomial`.
    augment_rc : bool
        A random half is turned to the other strand: the sequence is reverse-complemented, bins are
        reversed and the tracks of a strand pair swapped.
    augment_shift_bp : int
        The sequence is moved by a random number of bases between minus and plus this; the bases
        that enter are N, and targets stay.
    per_example : bool
        Whether each window has its own coin and its own shift. False: one of each a batch, as in
        the original.
    checkpoint_activations : bool
        Whether activations are computed again in the backward pass, to save memory.
    """

    total_weight: float = 0.2
    weight_range: float = 1.0
    weight_exp: float = 1.0
    augment_rc: bool = True
    augment_shift_bp: int = 3
    per_example: bool = True
    checkpoint_activations: bool = False

    def __post_init__(self) -> None:
        for name, holds, expected in (
            ("total_weight", self.total_weight >= 0, "0 or more"),
            ("weight_range", self.weight_range >= 1, "1 or more; 1 weighs all bins alike"),
            ("weight_exp", self.weight_exp > 0, "a number above 0"),
            ("augment_shift_bp", self.augment_shift_bp >= 0, "0 or more"),
        ):
            require(holds, f"coverage.{name}", getattr(self, name), expected)


def read_coverage_recipe(path: str | Path) -> tuple[Recipe, CoverageOptions]:
    """Settings of the loop, and those of coverage models.

    Parameters
    ----------
    path : path
        See `read_recipe`; the section is ``coverage``.

    Raises
    ------
    InputError
        As `read_recipe`; or if ``select_by`` is no value of this task's validation.
    """
    recipe, options = read_recipe(path, "coverage", CoverageOptions)
    if recipe.select_by not in VALIDATION_VALUES:
        raise InputError(
            f"{path}: select_by is {recipe.select_by!r}; expected one of "
            f"{', '.join(VALIDATION_VALUES)}"
        )
    return recipe, options
