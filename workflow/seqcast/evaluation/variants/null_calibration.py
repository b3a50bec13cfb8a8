"""Are exceedances of nulls that were held out spread evenly, as those of a null variant should be?

Variants are divided into two halves by the first of their genes, every other gene of the table; one
half is held out and compared with the other as any variant is. No variant is in both, nor are two
of the same place. A class is tested where it has enough variants, each of which counts once in it.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl

from seqcast.core.store import write_tsv
from seqcast.evaluation.metrics.paired import holm
from seqcast.predict.nulls.null_classes import CLASSES, LEVELS, class_name, exceedance
from seqcast.predict.nulls.null_tables import Nulls
from seqcast.predict.nulls.percentiles import interval

LIMITS = (0.05, 0.01)  # of exceedances
TERMS, LEAST_SCALED = 100, 0.04  # of the series of p-values; below that they are 1
LEAST = 20  # variants of a class in either half
CALIBRATION = {
    "score": pl.String, "null_class": pl.String, "reference": pl.Int64, "held_out": pl.Int64,
    **{f"{part}_{limit:g}": pl.Float64
       for limit in LIMITS for part in ("fraction", "ci_low", "ci_high")},
    "ks": pl.Float64, "p_value": pl.Float64, "p_value_holm": pl.Float64,
}  # fmt: skip


def write_calibration(nulls: str | Path, output: str | Path) -> None:
    """Write `calibrate` of a table of nulls."""
    write_tsv(calibrate(Nulls.read(nulls)), output)


def calibrate(nulls: Nulls) -> pl.DataFrame:
    """How evenly exceedances of nulls that were held out are spread, by class.

    Returns
    -------
    DataFrame
        `CALIBRATION`, one row per score, group and class, wider classes behind: numbers of null
        variants in either half; for each of `LIMITS` the fraction of those held out whose
        exceedance is no larger, with its 95 % interval; statistic and p-value of the two-sample
        test of Kolmogorov and Smirnov, of the magnitudes of both halves, and the p-value corrected
        for the number of rows. That test allows for the reference being a sample as well.
    """
    rows: list[tuple] = []
    for score, name, reference, held_out in halves(nulls):
        found = exceedances(held_out, reference)
        fractions = [number for limit in LIMITS for number in _fraction(found, limit)]
        test = kolmogorov_smirnov(held_out, reference)
        rows.append((score, name, len(reference), len(held_out), *fractions, *test))
    corrected = holm([p for *_, p in rows])
    rows = [(*row, p) for row, p in zip(rows, corrected, strict=True)]
    return pl.DataFrame(rows, schema=CALIBRATION, orient="row")


def halves(nulls: Nulls) -> Iterator[tuple[str, str, np.ndarray, np.ndarray]]:
    """Magnitudes of each score in each class with `LEAST` variants, of either half.

    A class that has no other variants than a narrower one is left out.

    Yields
    ------
    score, null_class : str
    reference, held_out : ndarray
        One number per variant.
    """
    first = nulls.table.select(pl.col("gene_id").first().over("row")).to_series()
    told: set[tuple[str, ...]] = set()
    odd = first.is_in(first.unique(maintain_order=True).gather_every(2, 1).implode())
    for score in nulls.columns:
        known = nulls.table.select(*CLASSES, "row", odd.alias("odd"), value=score).drop_nulls(
            "value"
        )
        for level in LEVELS:
            groups = known.group_by(level, maintain_order=True) if level else [((), known)]
            for key, group in groups:
                row = [dict(zip(level, key, strict=True)).get(name) for name in CLASSES]
                once = group.unique(["odd", "row"], keep="first", maintain_order=True)
                sides = [
                    once.filter(pl.col("odd") == side)["value"].to_numpy() for side in (False, True)
                ]
                again = (score, *(f"{len(side)} {side.sum()}" for side in sides))
                if min(map(len, sides)) >= LEAST and again not in told:
                    told.add(again)
                    yield score, class_name(level, row), sides[0], sides[1]


def exceedances(values: np.ndarray, reference: np.ndarray) -> np.ndarray:
    """`null_classes.exceedance` of each value in a reference in any order."""
    below = np.searchsorted(np.sort(reference), values, side="left")
    return exceedance(below, len(reference))


def kolmogorov_smirnov(a: np.ndarray, b: np.ndarray) -> tuple[float, float]:
    """Largest difference of two cumulative distributions, and its p-value, asymptotic in both n.

    scipy's takes longer to import than all else in the job.
    """
    places = np.concatenate([a, b])
    of_both = [np.searchsorted(np.sort(x), places, side="right") / len(x) for x in (a, b)]
    largest = float(np.abs(of_both[0] - of_both[1]).max())
    scaled = largest**2 * len(a) * len(b) / (len(a) + len(b))
    k = np.arange(1, TERMS + 1)
    series = -2 * ((-1.0) ** k * np.exp(-2 * k**2 * scaled)).sum()
    return largest, float(np.clip(series, 0, 1)) if scaled > LEAST_SCALED else 1.0


def _fraction(found: np.ndarray, limit: float) -> tuple[float, float, float]:
    hits = int((found <= limit).sum())
    low, high = interval(np.array([hits]), len(found))
    return hits / len(found), float(low[0]), float(high[0])
