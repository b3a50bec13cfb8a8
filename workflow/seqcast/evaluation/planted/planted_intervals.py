"""Intervals of effects, calibrated on planted variants and checked on others."""

from collections.abc import Iterator

import numpy as np
import polars as pl

from seqcast.core.errors import InputError
from seqcast.evaluation.metrics.bootstrap import Resampling
from seqcast.evaluation.planted.measures import ALL, CAUSAL, DECOY, MATCHED, Measured, average
from seqcast.predict.variants.effect_intervals import (
    COLUMNS,
    ENDS,
    Intervals,
    moderated_sd,
    place_of,
)

LEVEL = 0.9
SIZES = 6  # groups of like size, as many variants in each
LEAST_VARIANTS = 30  # of a group: the ends leave out one in twenty on either side
SHARE = "interval_share"
NEEDED = ("mean", "sd", "true_mean")


def calibrate(
    variants: pl.DataFrame, score: str, tracks_like: str | None, folds: int
) -> pl.DataFrame:
    """Factors of intervals of `LEVEL` from variants whose effects are known.

    Parameters
    ----------
    variants : DataFrame
        As `planted_variants.compare_variants` returns it, of other genomes than those that the
        intervals will be tested on. Variants without an effect count as well: without them an
        interval of a small effect would leave out 0.
    score : str
        What the means are of.
    tracks_like : str or None
        Pattern of their tracks.
    folds : int
        How many they are over.

    Returns
    -------
    DataFrame
        `effect_intervals.COLUMNS`.

    Raises
    ------
    InputError
        If there are too few variants, or they have no spread over folds.
    """
    known = variants.drop_nulls(NEEDED)
    if known.height < SIZES * LEAST_VARIANTS:
        raise InputError(
            f"{known.height} planted variants have an effect with a spread over folds; expected "
            f"{SIZES * LEAST_VARIANTS} or more. Give more genomes, or a model of several folds."
        )
    mean, sd, true = (known[name].to_numpy() for name in NEEDED)
    starts = np.quantile(np.abs(mean), np.arange(SIZES) / SIZES).round(4)
    starts[0] = 0.0
    place = place_of(mean, starts)
    rows = []
    for i, start in enumerate(starts.tolist()):
        of_size = place == i
        end = float(starts[i + 1]) if i + 1 < SIZES else np.inf
        prior = float(np.sqrt(np.mean(sd[of_size] ** 2)))
        error = np.where(mean < 0, -1, 1)[of_size] * (true - mean)[of_size]
        factors = _ends(error / moderated_sd(sd[of_size], prior, folds))
        facts = score, tracks_like or "", folds, LEVEL
        rows.append((*facts, start, end, int(of_size.sum()), prior, *factors))
    return pl.DataFrame(rows, schema=COLUMNS, orient="row")


def _ends(ratios: np.ndarray) -> tuple[float, float]:
    """Ends that a further ratio lies between with a probability of `LEVEL` or more."""
    ascending = np.sort(ratios)
    outside = int((len(ratios) + 1) * (1 - LEVEL) / 2)  # on either side
    return float(ascending[outside - 1]), float(ascending[-outside])


def with_intervals(variants: pl.DataFrame, intervals: Intervals) -> pl.DataFrame:
    """Variants as `compare_variants` returns them, with the ends of their intervals."""
    return variants.with_columns(intervals.of(variants["mean"], variants["sd"]))


def interval_shares(used: pl.DataFrame, how: Resampling) -> Iterator[Measured]:
    """Fraction of true effects within the intervals: of all variants, by kind, and by size.

    Sizes are sixths of the variants, the smallest predicted effects first.
    """
    known = used.drop_nulls([*NEEDED, *ENDS])
    size = pl.col("mean").abs()
    known = known.with_columns(
        inside=pl.col("true_mean").is_between("low", "high"),
        place=(size.rank("ordinal") - 1) * SIZES // max(known.height, 1),
    )
    groups = {ALL: known}
    groups |= {kind: known.filter(kind=kind) for kind in (CAUSAL, MATCHED, DECOY)}
    groups |= {f"size, sixth {i + 1}": known.filter(place=i) for i in range(SIZES)}
    for group, rows in groups.items():
        values, genes = rows["inside"].to_numpy(), rows["gene_id"].to_numpy()
        yield average(SHARE, group, values, genes, how, _widths(rows))


def _widths(rows: pl.DataFrame) -> str:
    """Of some variants: their predicted sizes, and how wide their intervals are."""
    if rows.is_empty():
        return ""
    sizes = rows["mean"].abs().to_numpy()
    wide = np.median((rows["high"] - rows["low"]).to_numpy())
    return f"predicted sizes {sizes.min():.3f} to {sizes.max():.3f} log2; median width {wide:.2f}"
