"""Recipes of language models, read without torch: the workflow checks them before any job."""

from dataclasses import dataclass
from pathlib import Path

from seqcast.core.errors import InputError
from seqcast.models.settings import require
from seqcast.training.recipe import Recipe, read_recipe

VALIDATION_VALUES = ("loss",)  # that may choose the weights; perplexity is the same, exp(loss)


@dataclass(frozen=True)
class TextOptions:
    """Section ``texts`` of a recipe: what the model sees of a transcript.

    Parameters
    ----------
    codon_marks : bool
        An E before each codon of a known CDS, where the model's vocabulary has it.
    longest_tokens : int, optional
        A longer text of the training is cut, at a random place of each epoch, to so many letters
        and marks. Default: as many as the model takes.
    part_tokens : int, optional
        Most tokens, padding and end tokens included, whose gradients are computed at once; those
        of a batch are added up, so that it changes memory and no number beyond rounding. A longer
        text goes alone. Default: `Recipe.micro_batch_size` alone decides.
    """

    codon_marks: bool = True
    longest_tokens: int | None = None
    part_tokens: int | None = None

    def __post_init__(self) -> None:
        longest, part = self.longest_tokens, self.part_tokens
        require(longest is None or longest > 1, "texts.longest_tokens", longest, "2 or more")
        require(part is None or part > 0, "texts.part_tokens", part, "1 or more")


def read_next_token_recipe(path: str | Path) -> tuple[Recipe, TextOptions]:
    """Settings of the loop, and those of next-token training.

    Parameters
    ----------
    path : path
        See `read_recipe`; the section is ``texts``.

    Raises
    ------
    InputError
        As `read_recipe`; or if ``select_by`` is not the loss.
    """
    recipe, options = read_recipe(path, "texts", TextOptions)
    if recipe.select_by not in VALIDATION_VALUES:
        raise InputError(
            f"{path}: select_by is {recipe.select_by!r}; expected {', '.join(VALIDATION_VALUES)}"
        )
    return recipe, options
