"""Recipes of read classification, read without torch: the workflow checks them before any job."""

from dataclasses import dataclass
from pathlib import Path

from seqcast.core.errors import InputError
from seqcast.models.settings import require
from seqcast.training.recipe import Recipe, read_recipe

VALIDATION_VALUES = ("loss", "accuracy", "auc")  # what `training.reads.ReadTask.validate` gives


@dataclass(frozen=True)
class ReadAugmentation:
    """Section ``reads`` of a recipe: what is done to reads before the model sees them.

    Parameters
    ----------
    reverse_complement : bool
        A random half of the reads of each epoch is turned to the other strand.
    substitution_rate : float
        Share of the bases A, C, G, T that become another one, as sequencers err.
    shortest_crop_nt : int, optional
        Each read of an epoch is cut at random to a random length between this and its own; reads
        that are as short already stay whole. Default: no read is cut.
    """

    reverse_complement: bool = False
    substitution_rate: float = 0.0
    shortest_crop_nt: int | None = None

    def __post_init__(self) -> None:
        require(0 <= self.substitution_rate < 1, "substitution_rate", self.substitution_rate,
                "a share in [0, 1)")  # fmt: skip
        shortest = self.shortest_crop_nt
        require(shortest is None or shortest > 0, "shortest_crop_nt", shortest, "1 or more")


def read_reads_recipe(path: str | Path) -> tuple[Recipe, ReadAugmentation]:
    """Settings of the loop, and those of read classification.

    Parameters
    ----------
    path : path
        See `read_recipe`; the section is ``reads``.

    Raises
    ------
    InputError
        As `read_recipe`; or if ``select_by`` is no value of this task's validation.
    """
    recipe, options = read_recipe(path, "reads", ReadAugmentation)
    if recipe.select_by not in VALIDATION_VALUES:
        raise InputError(
            f"{path}: select_by is {recipe.select_by!r}; expected one of "
            f"{', '.join(VALIDATION_VALUES)}"
        )
    return recipe, options
