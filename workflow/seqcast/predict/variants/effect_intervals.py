"""What the spread over folds says of an effect: its sign, and an interval that holds the true one.

Two folds have one difference. A t interval on its one degree of freedom is 12.7 standard errors
wide, and centred on a mean that may be too small throughout: it says nothing of the truth. Where
the truth is known, on a simulated genome, the factor can be measured instead. The spread of an
effect is first moderated: averaged, as a variance, with that of effects of like size, which counts
as `PRIOR_FREEDOM` degrees of freedom (as limma does for genes; Smyth 2004, doi
10.2202/1544-6115.1027). An interval then reaches from ``low`` to ``high`` moderated spreads from
the mean, away from 0, as far as the true effects of a calibration set of that size did (split
conformal prediction by size; Vovk 2012, doi 10.1007/s10994-013-5355-6).

It covers for variants that are as those of the calibration set, of the same model: on other genomes
nobody knows. Models without such a table have no interval.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
import polars as pl

from seqcast.core.errors import InputError
from seqcast.core.store import read_tsv

PRIOR_FREEDOM = 4.0  # chosen: a fold's own spread counts a fifth with two of them
COLUMNS = {
    "score": pl.String, "tracks": pl.String, "folds": pl.Int64, "level": pl.Float64,
    "size_from": pl.Float64, "size_below": pl.Float64, "variants": pl.Int64,
    "prior_sd": pl.Float64, "low": pl.Float64, "high": pl.Float64,
}  # fmt: skip
ENDS = {"low": pl.Float64, "high": pl.Float64}
AGREED, OPEN = "agreed", "open"
IN_WORDS = {AGREED: "folds agree about the sign", OPEN: "folds disagree about the sign"}


def fold_sign(mean: pl.Series, sd: pl.Series, folds: int) -> pl.Series:
    """Whether all folds have the sign of their mean.

    No value of n is further than (n - 1) / sqrt(n) sample standard deviations from the mean
    (Samuelson 1968): where the mean is larger, no fold has the other sign. For two folds and one
    track the converse holds as well; over several tracks the spread is that of the tracks, on
    average, and never below that of their mean.

    Parameters
    ----------
    mean, sd : Series
        Of `ranking.reduce_score`.
    folds : int

    Returns
    -------
    Series of String
        `AGREED`, `OPEN`, or null without a spread.
    """
    if not folds:
        return pl.Series([None] * len(mean), dtype=pl.String)
    reach = sd * ((folds - 1) / folds**0.5)
    of_mean = pl.when(mean.abs() > reach).then(pl.lit(AGREED)).otherwise(pl.lit(OPEN))
    return pl.select(pl.when(sd.is_not_null() & mean.is_not_null()).then(of_mean)).to_series()


@dataclass(frozen=True)
class Intervals:
    """Factors of the intervals of one score, by the size of its mean over tracks.

    Attributes
    ----------
    table : DataFrame
        `COLUMNS`, sizes ascending: of |mean| from ``size_from``, inclusive, to ``size_below``,
        exclusive; the last has no end. ``low`` and ``high`` are in moderated spreads.
    """

    table: pl.DataFrame

    @classmethod
    def read(cls, path: str | Path) -> Self:
        """Read a table of intervals.

        Raises
        ------
        InputError
            If columns are missing, or sizes do not follow each other from 0 on.
        """
        text = read_tsv(path)
        if missing := [name for name in COLUMNS if name not in text.columns]:
            raise InputError(
                f"{path} has no columns {missing}; expected a table of intervals, as "
                "planted_intervals.calibrate makes it. Give that table, or none."
            )
        table = text.select(
            pl.col(name) if kind == pl.String else pl.col(name).replace("", None).cast(kind)
            for name, kind in COLUMNS.items()
        )
        starts, ends = table["size_from"].to_list(), table["size_below"].to_list()
        if not starts or starts[0] != 0 or starts[1:] != ends[:-1]:
            raise InputError(
                f"{path}: sizes run from {starts} to {ends}; expected rows that follow each other "
                "from 0 on. Make the table again."
            )
        return cls(table)

    @property
    def level(self) -> float:
        """Fraction of the true effects that they are to hold."""
        return float(self.table["level"][0])

    def is_of(self, score: str, tracks_like: str | None, folds: int) -> bool:
        """Whether the factors are for the mean of a score over tracks and folds."""
        made_for = self.table.select("score", "tracks", "folds").row(0)
        return made_for == (score, tracks_like or "", folds)

    def of(self, mean: pl.Series, sd: pl.Series) -> pl.DataFrame:
        """Ends of the interval of each effect.

        Parameters
        ----------
        mean, sd : Series
            Of `ranking.reduce_score`.

        Returns
        -------
        DataFrame
            `ENDS`; null without a spread.
        """
        known = mean.is_not_null() & sd.is_not_null()
        effects, spreads = (x.fill_null(0).to_numpy() for x in (mean, sd))
        folds = self.table["folds"][0]
        rows = self.table[place_of(effects, self.table["size_from"].to_numpy()).tolist()]
        wide = moderated_sd(spreads, rows["prior_sd"].to_numpy(), folds)
        away = np.where(effects < 0, -1.0, 1.0)
        both = np.stack([effects + away * wide * rows[name].to_numpy() for name in ENDS])
        ends = pl.DataFrame(dict(zip(ENDS, np.sort(both, axis=0), strict=True)))
        return ends.with_columns(pl.when(known).then(pl.all()))


@dataclass(frozen=True)
class Certainty:
    """How many folds a score is the mean of, and the model's intervals, if it has any."""

    folds: int
    intervals: Intervals | None = None

    @classmethod
    def read(cls, folds: int, path: str | Path | None) -> Self:
        """With the intervals of a file, if one is named."""
        return cls(folds, Intervals.read(path) if path else None)

    def columns(
        self, reduced: pl.DataFrame, score: str, tracks_like: str | None = None
    ) -> pl.DataFrame:
        """``fold_sign``, ``low`` and ``high`` of rows of `ranking.reduce_score`.

        The ends are null where the model has no intervals of this score over these tracks.
        """
        mean, sd = reduced["mean"], reduced["sd"]
        sign = fold_sign(mean, sd, self.folds).alias("fold_sign")
        ends = pl.DataFrame({name: [None] * len(mean) for name in ENDS}, schema=ENDS)
        if self.intervals and self.intervals.is_of(score, tracks_like, self.folds):
            ends = self.intervals.of(mean, sd)
        return ends.insert_column(0, sign)


def moderated_sd(sd: np.ndarray, prior_sd: np.ndarray | float, folds: int) -> np.ndarray:
    """Spread over folds, averaged as a variance with that of effects of like size."""
    own = folds - 1
    variance = (PRIOR_FREEDOM * np.square(prior_sd) + own * np.square(sd)) / (PRIOR_FREEDOM + own)
    moderated: np.ndarray = np.sqrt(variance)
    return moderated


def place_of(effects: np.ndarray, size_from: np.ndarray) -> np.ndarray:
    """The row of sizes that each effect is in."""
    place: np.ndarray = np.searchsorted(size_from, np.abs(effects), side="right") - 1
    return place
