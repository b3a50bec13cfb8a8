"""Held-out nulls: spread evenly where nothing differs, and not where something does."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from scipy.special import kolmogorov
from scipy.stats import ks_2samp, kstest

from seqcast.core.store import read_tsv
from seqcast.evaluation.variants.null_calibration import (
    CALIBRATION,
    LEAST,
    calibrate,
    exceedances,
    halves,
    kolmogorov_smirnov,
    write_calibration,
)
from tests.seqcast.predict.nulls.examples import Drawn, made


@pytest.fixture(scope="module")
def nulls(tmp_path_factory):
    return made(tmp_path_factory.mktemp("nulls"), Drawn(np.random.default_rng(5)).scores(1200))


def test_held_out_nulls_are_spread_evenly_in_each_class(nulls):
    found = calibrate(nulls)
    assert dict(found.schema) == CALIBRATION
    assert found["null_class"][-1] == "all"
    assert len(found) > 8
    # of the smallest of m p-values, 1 % are below 0.01 / m
    assert found["p_value"].min() > 0.01 / len(found)
    assert found["p_value_holm"].min() == min(1, found["p_value"].min() * len(found))
    covered = found.filter(pl.col("ci_low_0.05") <= 0.05, pl.col("ci_high_0.05") >= 0.05)
    assert len(covered) >= 0.8 * len(found)


def test_halves_that_differ_are_found(nulls):
    first = nulls.table.select(pl.col("gene_id").first().over("row")).to_series()
    odd = first.is_in(first.unique(maintain_order=True).gather_every(2, 1).implode())
    table = nulls.table.with_columns(logSED=pl.col("logSED") * (1 + 0.5 * odd.cast(pl.Float64)))
    found = calibrate(replace(nulls, table=table))
    row = found.filter(pl.col("null_class") == "all").row(0, named=True)
    assert row["p_value"] < 1e-6
    assert row["p_value"] < row["p_value_holm"] < 1e-4
    assert row["ci_low_0.05"] > 0.05


def test_halves_count_each_variant_once(nulls):
    sizes = {
        name: (len(reference), len(held_out)) for _, name, reference, held_out in halves(nulls)
    }
    assert sum(sizes["all"]) == nulls.definition["variants"] == 1200
    assert min(map(min, sizes.values())) >= LEAST


def test_exceedances_are_even_of_one_distribution():
    rng = np.random.default_rng(0)
    found = exceedances(rng.normal(size=2000), rng.normal(size=20_000))
    assert kstest(found, "uniform").pvalue > 0.01
    assert exceedances(np.array([9.0, -9.0]), np.arange(4.0)).tolist() == [0.2, 1.0]


@pytest.mark.parametrize(("n", "m", "shift"), [(30, 40, 0.0), (300, 200, 0.1), (25, 25, 2.0)])
def test_kolmogorov_and_smirnov_are_those_of_scipy(n, m, shift):
    rng = np.random.default_rng(n)
    a, b = rng.normal(size=n), rng.normal(size=m) + shift
    largest, p = kolmogorov_smirnov(a, b)
    assert largest == pytest.approx(ks_2samp(a, b).statistic)
    assert p == pytest.approx(kolmogorov(largest * np.sqrt(n * m / (n + m))), abs=1e-12)
    assert kolmogorov_smirnov(a, a) == (0, 1)


def test_few_nulls_are_in_no_class(tmp_path):
    nulls = made(tmp_path, Drawn(np.random.default_rng(2)).scores(2 * LEAST - 1))
    assert calibrate(nulls).is_empty()


def test_the_table_is_written(nulls, tmp_path):
    write_calibration(nulls.path, tmp_path / "c.tsv")
    found = read_tsv(tmp_path / "c.tsv", CALIBRATION)
    assert found["null_class"].to_list() == calibrate(nulls)["null_class"].to_list()
