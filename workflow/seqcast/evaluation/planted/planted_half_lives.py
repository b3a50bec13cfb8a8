"""What planted variants do to half-lives: the truth, what any model could fit, and predictions.

The truth is the change of the decay rate of the gene's mRNA at steady state. The ceiling is that of
`half_life_effects` fitted to the expected coverage: an mRNA with two poly(A) sites decays in two
phases, which a single rate does not follow. Elements have effects of their own sizes; a prediction
that tells elements apart and nothing else has a correlation over all of them. Within elements it
counts how far a variant breaks its element, and how much of the mRNA contains it.
"""

from collections.abc import Iterator

import numpy as np
import polars as pl

from seqcast.evaluation.coverage.decay_fits import VALID
from seqcast.evaluation.metrics.bootstrap import Resampling
from seqcast.evaluation.planted.measures import (
    ALL,
    CAUSAL,
    CEILING,
    HALF_LIFE_R,
    HALF_LIFE_SIGN,
    WITHIN,
    Measured,
    agreement,
    average,
    calibration_slope,
)
from seqcast.evaluation.planted.planted_tables import KEY
from seqcast.evaluation.planted.readouts import time_course
from seqcast.evaluation.variants.half_life_effects import SCORED, log2_half_lives

DESTABILISING = ("ARE", "PUM", "MIR")  # elements
TRUE, EXPECTED, PREDICTED = "true_half_life", "expected_half_life", "predicted_half_life"
LEAST = 0.05  # true effect that has a sign, log2
NOTE = "log2 of half-lives, ALT over REF; causal variants of " + ", ".join(DESTABILISING)


def with_half_lives(
    variants: pl.DataFrame, effects: pl.DataFrame, half_lives: pl.DataFrame
) -> pl.DataFrame:
    """Add changes of half-lives to compared variants.

    Parameters
    ----------
    variants : DataFrame
        As of `planted_variants.compare_variants`.
    effects : DataFrame
        As of `planted_tables.read_effects`.
    half_lives : DataFrame
        As of `half_life_effects.half_life_effects`; of several courses the first counts.

    Returns
    -------
    DataFrame
        `variants` with `TRUE`, `EXPECTED` (fitted to expected coverage) and `PREDICTED`, log2 of
        ALT over REF; ``spread_half_life``, over folds; and ``half_life_status``, of the prediction.
        Null if there is none.
    """
    names, hours = time_course()
    ref = effects.select(f"ref_{name}+" for name in names).to_numpy()
    alt = ref * np.exp(effects.select(f"{name}+" for name in names).to_numpy())
    (before, of_ref), (after, of_alt) = (log2_half_lives(c, hours) for c in (ref, alt))
    expected = np.where((of_ref == VALID) & (of_alt == VALID), after - before, np.nan)
    known = effects.select(
        *KEY, "gene_id", (-pl.col("true_dlogk") / np.log(2)).alias(TRUE),
        pl.Series(EXPECTED, expected).fill_nan(None),
    )  # fmt: skip
    predicted = half_lives.select(
        *KEY, "gene_id",
        *(pl.when(pl.col("status") == SCORED).then(column).alias(name) for name, column in (
            (PREDICTED, "delta_log2_half_life"), ("spread_half_life", "delta_log2_half_life_sd"),
        )), half_life_status="status",
    ).unique([*KEY, "gene_id"], keep="first", maintain_order=True)  # fmt: skip
    for other in (known, predicted):
        variants = variants.join(other, on=[*KEY, "gene_id"], how="left", maintain_order="left")
    return variants


def half_life_measures(used: pl.DataFrame, how: Resampling) -> Iterator[Measured]:
    """Predicted against true changes of half-lives of causal variants, with the ceiling.

    Parameters
    ----------
    used : DataFrame
        Compared variants of `with_half_lives`.
    how : Resampling
        Of the intervals, over genes.
    """
    causal = used.filter(pl.col("element").is_in(DESTABILISING), kind=CAUSAL)
    centred = causal.with_columns(
        pl.col(TRUE, PREDICTED, EXPECTED) - pl.col(TRUE, PREDICTED, EXPECTED).mean().over("element")
    )
    groups = {WITHIN: centred, ALL: causal}
    groups |= {f"element {name}": causal.filter(element=name) for name in DESTABILISING}
    for group, rows in groups.items():
        yield from agreement({"pearson": HALF_LIFE_R}, group, _columns(rows, PREDICTED), how, NOTE)
        best = _columns(rows, EXPECTED)
        yield from agreement({"pearson": HALF_LIFE_R}, f"{CEILING}, {group}", best, how, NOTE)
    yield _signs(causal, how)
    line = f"line of true over predicted {NOTE}"
    yield calibration_slope("half-lives", _columns(causal, PREDICTED), how, line)


def _signs(causal: pl.DataFrame, how: Resampling) -> Measured:
    """Fraction with the right sign; what has no prediction is not right."""
    true, predicted, genes = _columns(causal, PREDICTED)
    large = np.abs(true) >= LEAST
    right = np.sign(true[large]) == np.sign(predicted[large])
    unknown = int(np.isnan(predicted[large]).sum())
    note = f"of true changes of {LEAST:g} or more; {unknown} have no prediction"
    return average(HALF_LIFE_SIGN, ALL, right, genes[large], how, note)


def _columns(rows: pl.DataFrame, predicted: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """True and predicted changes, NaN if there is none, and genes."""
    true, other = (
        rows[name].cast(pl.Float64).fill_null(np.nan).to_numpy() for name in (TRUE, predicted)
    )
    return true, other, rows["gene_id"].to_numpy()
