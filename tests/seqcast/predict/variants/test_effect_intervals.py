"""Signs of folds and intervals, by hand and by what they promise."""

import numpy as np
import polars as pl
import pytest

from seqcast.core.errors import InputError
from seqcast.core.store import write_tsv
from seqcast.predict.variants.effect_intervals import (
    COLUMNS,
    PRIOR_FREEDOM,
    Certainty,
    Intervals,
    fold_sign,
    moderated_sd,
)


def factors(folds=2):
    """Small effects, and large ones that are predicted too small."""
    same = ("logSED", "^RNA:ActD", folds, 0.9)
    rows = [(*same, 0.0, 0.1, 50, 0.02, -1.0, 2.0), (*same, 0.1, np.inf, 50, 0.2, 0.5, 4.0)]
    return pl.DataFrame(rows, schema=COLUMNS, orient="row")


@pytest.mark.parametrize("n", [2, 3, 5])
def test_folds_that_are_told_to_agree_do(n):
    rng = np.random.default_rng(n)
    values = rng.normal(1, 1, (2000, n))
    mean, sd = pl.Series(values.mean(axis=1)), pl.Series(values.std(axis=1, ddof=1))
    told = fold_sign(mean, sd, n).to_numpy()
    same = np.abs(np.sign(values).sum(axis=1)) == n
    assert same[told == "agreed"].all()
    assert (told == "agreed").sum() > 200
    if n == 2:
        assert ((told == "agreed") == same).all()  # of two folds both ways


def test_the_spread_over_tracks_never_hides_folds_that_differ():
    rng = np.random.default_rng(1)
    values = rng.normal(0.5, 1, (500, 2, 3))  # rows, folds, tracks
    mean = pl.Series(values.mean(axis=(1, 2)))
    sd = pl.Series(values.std(axis=1, ddof=1).mean(axis=1))
    told = fold_sign(mean, sd, 2).to_numpy()
    signs = np.sign(values.mean(axis=2))
    assert (signs[told == "agreed", 0] == signs[told == "agreed", 1]).all()


def test_nothing_is_told_without_a_spread():
    none = pl.Series([None, 0.1], dtype=pl.Float64)
    assert fold_sign(pl.Series([0.3, None]), none, 2).to_list() == [None, None]
    assert fold_sign(pl.Series([0.3, 0.3]), none, 0).to_list() == [None, None]


def test_ends_are_moderated_spreads_away_from_zero():
    mean, sd = pl.Series([0.05, -0.5, 0.3, None]), pl.Series([0.0, 0.1, None, 0.1])
    ends = Intervals(factors()).of(mean, sd)
    small = np.sqrt(PRIOR_FREEDOM * 0.02**2 / (PRIOR_FREEDOM + 1))
    large = np.sqrt((PRIOR_FREEDOM * 0.2**2 + 0.1**2) / (PRIOR_FREEDOM + 1))
    assert ends.row(0) == pytest.approx((0.05 - small, 0.05 + 2 * small))
    assert ends.row(1) == pytest.approx((-0.5 - 4 * large, -0.5 - 0.5 * large))
    assert ends.rows()[2:] == [(None, None)] * 2
    assert moderated_sd(np.array([0.3]), 0.3, 7) == pytest.approx(0.3)


def test_certainty_is_of_one_score_and_its_tracks():
    reduced = pl.DataFrame({"mean": [0.5, 0.01], "sd": [0.1, 0.1]})
    known = Certainty(2, Intervals(factors()))
    found = known.columns(reduced, "logSED", "^RNA:ActD")
    assert found["fold_sign"].to_list() == ["agreed", "open"]
    assert found["low"].null_count() == 0
    for other in (known.columns(reduced, "D2", "^RNA:ActD"), known.columns(reduced, "logSED"),
                  Certainty(2).columns(reduced, "logSED", "^RNA:ActD")):  # fmt: skip
        assert other["low"].null_count() == other["high"].null_count() == 2
        assert other["fold_sign"].to_list() == ["agreed", "open"]
    other_folds = Certainty(3, Intervals(factors())).columns(reduced, "logSED", "^RNA:ActD")
    assert other_folds["low"].null_count() == 2


def test_a_table_is_read_back_or_refused(tmp_path):
    path = tmp_path / "intervals.tsv"
    write_tsv(factors(), path)
    assert Intervals.read(path).table.equals(factors())
    assert Certainty.read(2, path).intervals is not None
    assert Certainty.read(2, None).intervals is None
    write_tsv(factors().drop("low"), path)
    with pytest.raises(InputError, match=r"intervals.tsv has no columns \['low'\]; expected"):
        Intervals.read(path)
    write_tsv(factors()[1:], path)
    with pytest.raises(InputError, match="expected rows that follow each other from 0 on"):
        Intervals.read(path)
