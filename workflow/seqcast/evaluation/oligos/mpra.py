"""Effects of variants on the stability of a reporter (MPRA), predicted from scores of its oligos.

Two protocols of the Borzuki notebooks (borzoi-paper ec33b15, ``explore_mpra_siegel_beas2b_*``):

- controls: for each context, a ridge regression from the features of reference oligos to the
  measured stability of their controls; applied to the features' differences ALT - REF, averaged
  over contexts. As published, in sample: each variant's own control is in the fit. Held out: a
  variant is predicted by regressions that did not see its control.
- half_life_pc1: the regressions of `saluki`, from features of genes to measured half-lives, applied
  to the differences.

The regressions are of levels and are applied to differences, so that their intercepts do not
belong: they are left out here, and added with ``compat``, as published.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl
from sklearn.linear_model import Ridge
from sklearn.model_selection import GroupKFold

from seqcast.core.errors import InputError
from seqcast.core.text_files import read_cells
from seqcast.evaluation.oligos.oligo_features import SCORED, OligoFeatures

PENALTY = 0.002  # alpha of the published ridge
PARTS = 10
HELD_OUT, IN_SAMPLE, HALF_LIFE = "controls_held_out", "controls_in_sample", "half_life_pc1"
TEXT = ("seq_id", "seq", "seq_ctrl", "hap")
NUMBERS = ("ratios_T4T0_ctrl", "effect_size_T0", "effect_size_T4T0")
POLY_A, BOUND_BY_RNA = "AATAAA|ATTAAA", "miRNA|CDE"
# Why a measured variant takes no part.
LEFT_OUT = {
    "repeated_id": "the id is given before",
    "effect_missing": "the effect at T0 or on stability is not given, or infinite",
    "signs_differ": "the effects at T0 and on stability have different signs",
    "poly_a_signal": "the oligo has a poly(A) signal, AATAAA or ATTAAA",
    "mirna_or_cde": "the oligo has a site of a miRNA, or a constitutive decay element",
    "not_predicted": "an allele has no score in some context, fold or shift",
}


class Linear(NamedTuple):
    """A linear model: (features,) coefficients and an intercept."""

    coefficients: np.ndarray
    intercept: float

    def __call__(self, values: np.ndarray, with_intercept: bool = True) -> np.ndarray:
        """Predictions of (rows, features)."""
        return values @ self.coefficients + self.intercept * with_intercept


class Alleles(NamedTuple):
    """Features of the reference and alternative oligos, which have the same ids."""

    ref: OligoFeatures
    alt: OligoFeatures

    @property
    def contexts(self) -> list[str]:
        """Contexts in order."""
        return self.ref.rows["context"].unique(maintain_order=True).to_list()

    def levels(self, oligos: Sequence[str], context: str) -> np.ndarray:
        """Features of reference oligos, (oligos, features)."""
        return self.ref.of(oligos, context)

    def differences(self, oligos: Sequence[str], context: str) -> np.ndarray:
        """ALT - REF."""
        return self.alt.of(oligos, context) - self.ref.of(oligos, context)


def read_measurements(path: str | Path) -> pl.DataFrame:
    """Measured variants: a tab-separated table with the columns `TEXT` and `NUMBERS`.

    ``seq_id`` names the oligos of a variant, ``seq`` and ``seq_ctrl`` are its sequences with and
    without it, ``hap`` what the oligo holds; ``ratios_T4T0_ctrl`` is the fraction T4 / (T0 + T4) of
    the control.

    Raises
    ------
    InputError
        If a column is missing, there is no row, or a cell of `NUMBERS` is no number.
    """
    table = read_cells(path, "a table of measured variants", columns=(*TEXT, *NUMBERS))
    if table.is_empty():
        raise InputError(f"{path} has no rows; expected measured variants")
    numbers = [numbers_of_cells(table[name], path).alias(name) for name in NUMBERS]
    return table.select(*(pl.col(name).fill_null("") for name in TEXT), *numbers)


def numbers_of_cells(cells: pl.Series, path: str | Path) -> pl.Series:
    """Cells of a table as finite numbers; null where one is empty, NA, nan or infinite.

    Raises
    ------
    InputError
        If one is no number.
    """
    found = cells.cast(pl.Float64, strict=False)
    lacks = cells.fill_null("").str.strip_chars().str.to_lowercase().is_in(["", "na", "nan"])
    wrong = cells.filter(~lacks & found.is_null())
    if wrong.len():
        raise InputError(
            f"{path}: {cells.name} is {wrong[0]!r}; expected a number, or an empty cell for none"
        )
    return pl.select(pl.when(found.is_finite()).then(found)).to_series()


def judge(measured: pl.DataFrame, alleles: Alleles, compat: bool = False) -> pl.DataFrame:
    """Measured variants in the order of their oligos, with a status.

    Parameters
    ----------
    measured : DataFrame
        As of `read_measurements`.
    alleles : Alleles
    compat : bool
        As published: ids may repeat, poly(A) signals count in capitals only.

    Returns
    -------
    DataFrame
        The columns of `measured` and ``status``: `SCORED`, or a key of `LEFT_OUT`.
    """
    order = alleles.ref.rows["oligo"].unique(maintain_order=True).to_list()
    rank = {oligo: i for i, oligo in enumerate(order)}
    found = measured.sort(
        pl.col("seq_id").replace_strict(rank, default=len(rank), return_dtype=pl.Int64),
        maintain_order=True,
    )
    names = found["seq_id"].to_list()
    known = np.all(
        [np.isfinite(alleles.differences(names, context)).all(axis=1)
         for context in alleles.contexts], axis=0,
    )  # fmt: skip
    effects = pl.col("effect_size_T0"), pl.col("effect_size_T4T0")
    sequence = pl.col("seq") if compat else pl.col("seq").str.to_uppercase()
    reasons: dict[str, pl.Expr] = {
        "repeated_id": pl.lit(False) if compat else pl.col("seq_id").is_first_distinct().not_(),
        "effect_missing": effects[0].is_null() | effects[1].is_null(),
        "signs_differ": effects[0].sign() != effects[1].sign(),
        "poly_a_signal": sequence.str.contains(POLY_A),
        "mirna_or_cde": pl.col("hap").str.contains(BOUND_BY_RNA),
        "not_predicted": pl.lit(pl.Series(~known)),
    }
    status = pl.lit(SCORED)
    for name, condition in reversed(reasons.items()):
        status = pl.when(condition.fill_null(False)).then(pl.lit(name)).otherwise(status)
    return found.with_columns(status=status)


class Fit(NamedTuple):
    """Regressions of the stability of controls in one context.

    Attributes
    ----------
    all : Linear
        Of all controls.
    parts : tuple of Linear
        Of the controls that are not in a part, for each part.
    """

    all: Linear
    parts: tuple[Linear, ...]


class Controls(NamedTuple):
    """Controls that regressions are fitted to.

    Attributes
    ----------
    oligos : list of str
        The id of a variant of each, whose reference oligo it is.
    sequences : list of str
    stability : ndarray, shape=(controls,)
        log2 of T4 / T0.
    part : ndarray of int, shape=(controls,)
        Of the cross-validation.
    """

    oligos: list[str]
    sequences: list[str]
    stability: np.ndarray
    part: np.ndarray

    @classmethod
    def of(cls, used: pl.DataFrame, parts: int = PARTS) -> "Controls":
        """Those of measured variants that take part: the first of each control with a fraction.

        Raises
        ------
        InputError
            If fewer than two controls have a fraction between 0 and 1.
        """
        first = used.filter(pl.col("ratios_T4T0_ctrl").is_between(0, 1, closed="none"))
        first = first.unique("seq_ctrl", keep="first", maintain_order=True)
        if first.height < 2:
            raise InputError(
                f"{first.height} controls of {used.height} variants have a fraction "
                "ratios_T4T0_ctrl between 0 and 1; expected two or more"
            )
        fraction = first["ratios_T4T0_ctrl"].to_numpy()
        part = np.empty(first.height, dtype=int)
        rows = np.arange(first.height)
        for number, (_, test) in enumerate(
            GroupKFold(min(parts, first.height)).split(rows, groups=rows)
        ):
            part[test] = number
        return cls(
            first["seq_id"].to_list(), first["seq_ctrl"].to_list(),
            np.log2(fraction / (1 - fraction)), part,
        )  # fmt: skip

    def fit(self, levels: np.ndarray, penalty: float = PENALTY) -> Fit:
        """Regressions from features of the controls, (controls, features)."""

        def of(rows: np.ndarray) -> Linear:
            ridge = Ridge(alpha=penalty).fit(levels[rows], self.stability[rows])
            return Linear(ridge.coef_, float(ridge.intercept_))

        kinds = range(self.part.max() + 1)
        everything = np.ones(len(self.part), dtype=bool)
        return Fit(of(everything), tuple(of(self.part != kind) for kind in kinds))

    def part_of(self, sequences: Sequence[str]) -> np.ndarray:
        """The part of the control of each sequence; -1 if it is in no part."""
        numbers = dict(zip(self.sequences, self.part.tolist(), strict=True))
        return np.array([numbers.get(sequence, -1) for sequence in sequences])


def from_controls(
    used: pl.DataFrame, alleles: Alleles, controls: Controls, fits: Mapping[str, Fit],
    compat: bool = False,
) -> dict[str, np.ndarray]:  # fmt: skip
    """Predicted effects by regressions on controls, mean over contexts: held out and in sample."""
    names = used["seq_id"].to_list()
    part = controls.part_of(used["seq_ctrl"].to_list())
    found = {HELD_OUT: np.zeros(len(names)), IN_SAMPLE: np.zeros(len(names))}
    for context, fit in fits.items():
        differences = alleles.differences(names, context)
        found[IN_SAMPLE] += fit.all(differences, compat)
        found[HELD_OUT] += _by_part(fit, differences, part, compat)
    return {name: values / len(fits) for name, values in found.items()}


def from_half_lives(
    used: pl.DataFrame, alleles: Alleles, models: Sequence[Linear], compat: bool = False
) -> np.ndarray:
    """Predicted effects by regressions on half-lives of genes, their mean over models."""
    names, contexts = used["seq_id"].to_list(), alleles.contexts
    mean = np.mean([alleles.differences(names, context) for context in contexts], axis=0)
    return np.mean([model(mean, compat) for model in models], axis=0)


def fit_quality(
    alleles: Alleles, controls: Controls, fits: Mapping[str, Fit]
) -> Iterator[tuple[str, str, np.ndarray]]:
    """Predicted stability of the controls themselves: part, context, (controls,)."""
    for context, fit in fits.items():
        levels = alleles.levels(controls.oligos, context)
        yield HELD_OUT, context, _by_part(fit, levels, controls.part, True)
        yield IN_SAMPLE, context, fit.all(levels)


def _by_part(fit: Fit, values: np.ndarray, part: np.ndarray, intercept: bool) -> np.ndarray:
    """Predictions by the regressions that did not see the part of a row; all, if it has none."""
    found = fit.all(values, intercept)
    for number, model in enumerate(fit.parts):
        found[part == number] = model(values[part == number], intercept)
    return found
