"""Names of folds: ``3``, ``f3`` or ``f3c1``, the second training on the data of fold 3."""

import re

from seqcast.core.errors import InputError

NAME = re.compile(r"(f?(\d+))(?:c(\d+))?")


def fold_numbers(name: str) -> tuple[int, int]:
    """Number of the fold, and of the training on its data (0 where the name has none).

    Raises
    ------
    InputError
        If it is no such name.
    """
    match = NAME.fullmatch(str(name))
    if match is None:
        raise InputError(f"fold {name!r}; expected a number, or names such as f3 or f3c1")
    return int(match[2]), int(match[3] or 0)


def without_training(name: str) -> str:
    """What trainings on the same data share: f3 of f3c0 and of f3c1; any other name as it is."""
    match = NAME.fullmatch(name)
    return match[1] if match else name
