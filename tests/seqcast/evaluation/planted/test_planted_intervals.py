"""Intervals cover what they promise on variants that they were not made of."""

import numpy as np
import polars as pl
import pytest

from seqcast.core.errors import InputError
from seqcast.evaluation.metrics.bootstrap import Resampling
from seqcast.evaluation.planted.planted_intervals import (
    SIZES,
    calibrate,
    interval_shares,
    with_intervals,
)
from seqcast.predict.variants.effect_intervals import Intervals

MADE_FOR = ("logSED", "^RNA:ActD", 2)


def variants(seed, n=3000, shrunk=0.5):
    """Half of them without an effect; two folds that predict others too small, and differ."""
    rng = np.random.default_rng(seed)
    true = np.where(np.arange(n) % 2, rng.normal(size=n), 0.0)
    error = 0.02 + 0.2 * np.abs(true)
    folds = shrunk * true + error * rng.normal(size=(2, n))
    return pl.DataFrame(
        {
            "kind": ["matched", "causal"] * (n // 2),
            "gene_id": [f"G{i // 4}" for i in range(n)],
            "mean": folds.mean(axis=0),
            "sd": folds.std(axis=0, ddof=1),
            "true_mean": true,
        }
    )


def shares(table, intervals):
    told = with_intervals(table, Intervals(intervals))
    return {m.group: m for m in interval_shares(told, Resampling(50))}


def test_other_variants_are_covered_at_every_size():
    found = shares(variants(2), calibrate(variants(1), *MADE_FOR))
    assert found["all"].value == pytest.approx(0.9, abs=0.02)
    for i in range(SIZES):
        assert found[f"size, sixth {i + 1}"].n == 500
        assert found[f"size, sixth {i + 1}"].value == pytest.approx(0.9, abs=0.05)
    assert "predicted sizes" in found["size, sixth 1"].note
    assert sum(found[kind].n for kind in ("causal", "matched")) == 3000


def test_intervals_of_another_model_do_not_cover():
    found = shares(variants(2, shrunk=0.1), calibrate(variants(1), *MADE_FOR))
    assert found["causal"].value < 0.6


def test_large_effects_that_are_predicted_too_small_have_intervals_beyond_them():
    table = calibrate(variants(1), *MADE_FOR)
    assert table["low"][-1] > 0
    told = with_intervals(variants(2), Intervals(table)).sort(pl.col("mean").abs())
    assert (told["low"] <= told["high"]).all()
    assert (told["low"][-20:].abs() > 0.3).all()


def test_too_few_variants_are_refused():
    with pytest.raises(InputError, match="179 planted variants have an effect with a spread"):
        calibrate(variants(1)[:179], *MADE_FOR)
    single = variants(1).with_columns(sd=pl.lit(None, pl.Float64))
    with pytest.raises(InputError, match="0 planted variants"):
        calibrate(single, *MADE_FOR)
