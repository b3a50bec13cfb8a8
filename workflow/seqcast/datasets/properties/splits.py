"""Train, validation and test parts: those of a column, or k folds whose groups stay whole."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from seqcast.core.errors import InputError

PARTS = ("train", "validation", "test")
_SPELLINGS = {"train": "train", "training": "train", "test": "test", "val": "validation",
              "valid": "validation", "validation": "validation"}  # fmt: skip
FEWEST_FOLDS = 3  # one to test, one to choose by, and the rest to learn from
FOLD = "fold"
COLUMN_ROUND = "split"  # name of the only round of a column of parts


@dataclass(frozen=True)
class Split:
    """The cells ``split`` and ``groups`` of benchmarks.tsv.

    Parameters
    ----------
    column : str
        Of the table of transcripts: the part of each row; or, with `folds`, its group. Empty
        where rows, or clusters of them, are groups.
    folds : int
        Of a k-fold; 0 for a column of parts.
    identity : float, optional
        Groups are clusters of sequences of at least this identity.
    """

    column: str
    folds: int = 0
    identity: float | None = None

    @classmethod
    def parse(cls, split: str, groups: str = "") -> Self:
        """Read ``kfold:K`` or the name of a column; groups ``clusters:IDENTITY`` or a column.

        Raises
        ------
        InputError
            If the number of folds or the identity is out of range, or groups come with a column
            of parts.
        """
        split, groups = split.strip(), groups.strip()
        if not split:
            raise InputError("split is empty; expected the name of a column, or kfold:K")
        if not split.startswith("kfold:"):
            if groups:
                raise InputError(
                    f"groups are {groups!r} but the split is the column {split!r}, which is taken "
                    "as it is; leave groups empty, or make the split kfold:K"
                )
            return cls(split)
        number = split.removeprefix("kfold:")
        if not re.fullmatch(r"\d+", number) or int(number) < FEWEST_FOLDS:
            raise InputError(
                f"split is {split!r}; expected kfold:{FEWEST_FOLDS} or more folds, as one tests "
                "and one chooses"
            )
        if not groups.startswith("clusters:"):
            return cls(groups, int(number))
        return cls("", int(number), _identity(groups))


@dataclass(frozen=True)
class Round:
    """A training: rows of the table of transcripts, ascending.

    Parameters
    ----------
    name : str
        "split" of a column of parts; else the fold that it tests, "fold0" and so on.
    train, validation, test : ndarray of int
    """

    name: str
    train: np.ndarray
    validation: np.ndarray
    test: np.ndarray

    def parts(self) -> dict[str, np.ndarray]:
        """Name of each part to its rows."""
        return dict(zip(PARTS, (self.train, self.validation, self.test), strict=True))

    @property
    def predicted(self) -> np.ndarray:
        """Rows that the model of this round predicts in tables: none that it learned from.

        Of a column of parts validation and test rows; of a fold its test rows alone, as the
        validation rows are the test rows of another.
        """
        if self.name != COLUMN_ROUND:
            return self.test
        return np.sort(np.concatenate([self.validation, self.test]))

    @classmethod
    def of_parts(cls, rows: Mapping[str, np.ndarray], split: Split) -> list[Self]:
        """Rounds of a split.

        Parameters
        ----------
        rows : mapping
            Name of a part, as `part_names`, to its rows.
        split : Split
            Of k folds, round f tests fold f, validates on fold (f + 1) % k and learns from the
            others.
        """
        if not split.folds:
            return [cls(COLUMN_ROUND, *(rows[name] for name in PARTS))]
        names = part_names(split)
        rounds = []
        for number, name in enumerate(names):
            chooser = names[(number + 1) % len(names)]
            rest = [rows[other] for other in names if other not in (name, chooser)]
            rounds.append(cls(name, np.sort(np.concatenate(rest)), rows[chooser], rows[name]))
        return rounds


def part_names(split: Split) -> tuple[str, ...]:
    """Names of the parts of a split, in order."""
    return tuple(f"{FOLD}{i}" for i in range(split.folds)) if split.folds else PARTS


def named_parts(values: Sequence[str | None], column: str) -> list[str]:
    """Parts from the values of a column, in any case.

    Raises
    ------
    InputError
        If a value is none of train, training, val, valid, validation and test.
    """
    found = [_SPELLINGS.get(str(value).lower(), "") for value in values]
    if not all(found):
        others = sorted({str(v) for v, part in zip(values, found, strict=True) if not part})
        raise InputError(
            f"column {column} has {', '.join(map(repr, others[:5]))}"
            f"{' and others' if len(others) > 5 else ''}; expected train, val or test in each row"
        )
    return found


def kfold_parts(
    groups: Sequence[str | None], folds: int, seed: int, strata: np.ndarray | None = None
) -> list[str]:
    """Folds of rows: groups stay whole, sizes are balanced, and so are classes.

    The folds are those of scikit-learn's ``GroupKFold``, or ``StratifiedGroupKFold`` for classes,
    after groups got numbers in an order that the seed draws.

    Parameters
    ----------
    groups : sequence of str
        The group of each row.
    folds : int
    seed : int
    strata : ndarray of int, optional
        The class of each row.

    Raises
    ------
    InputError
        If there are fewer groups than folds, or members of a class.
    """
    # here, as planning a run loads this module: scikit-learn takes longer than all else of it
    from sklearn.model_selection import GroupKFold, StratifiedGroupKFold

    names = list(dict.fromkeys(groups))
    if len(names) < folds:
        raise InputError(
            f"{folds} folds of {len(names)} groups ({len(groups)} usable rows); groups are never "
            "split, so take fewer folds or smaller groups"
        )
    order = np.random.default_rng(seed).permutation(len(names))
    number = dict(zip(names, order.tolist(), strict=True))
    numbers = np.array([number[group] for group in groups])
    if strata is None:
        splitter, labels = GroupKFold(folds), np.zeros(len(groups))
    else:
        if (fewest := np.bincount(strata).min()) < folds:
            raise InputError(
                f"{folds} folds, but a class has {fewest} usable rows; take fewer folds, or leave "
                "the class out"
            )
        splitter, labels = StratifiedGroupKFold(folds, shuffle=True, random_state=seed), strata
    parts = [""] * len(groups)
    for fold, (_, rows) in enumerate(splitter.split(labels, labels, numbers)):
        for row in rows.tolist():
            parts[row] = f"{FOLD}{fold}"
    return parts


def _identity(groups: str) -> float:
    try:
        identity = float(groups.removeprefix("clusters:"))
    except ValueError:
        identity = 0.0
    if not 0 < identity <= 1:
        raise InputError(
            f"groups are {groups!r}; expected clusters:IDENTITY with a share above 0 and up to 1, "
            "such as clusters:0.8"
        )
    return identity
