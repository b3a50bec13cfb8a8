"""Baselines from tables to tables of predictions."""

import logging

import numpy as np
import polars as pl
import pytest

from seqcast.core.store import read_provenance
from seqcast.datasets.properties.labelled import STATUSES, PropertyFiles
from seqcast.predict.properties import BASELINES
from seqcast.predict.properties.predict_baseline import LEFT_OUT, predict_baseline
from tests.seqcast.datasets.properties.toys import definition, transcripts


def predict(tmp_path, table, method, **cells):
    table.write_parquet(tmp_path / "t.parquet")
    files = PropertyFiles(tmp_path / "t.parquet")
    output = tmp_path / f"{method}.parquet"
    predict_baseline(files, output, method, definition(**cells), 0, {"code": "x"})
    return pl.read_parquet(output), read_provenance(output)


def test_codon_usage_finds_a_label_that_follows_from_it(tmp_path):
    table = transcripts(300, noise=0.1)
    r2 = {}
    for method in BASELINES:
        found, facts = predict(tmp_path, table, method)
        assert len(found) == 300
        assert facts["left_out"] == ""
        assert facts["features"] == BASELINES[method]
        test = found.filter(part="test")
        assert found.filter(part="train")["prediction_Value"].null_count() == 180
        error = (test["prediction_Value"] - test["label_Value"]).to_numpy()
        r2[method] = 1 - np.mean(error**2) / np.var(test["label_Value"].to_numpy())
    assert r2["codon_usage"] > 0.9
    assert r2["length_gc"] < r2["codon_usage"]


def test_a_baseline_that_cannot_be_is_left_out_with_its_reason(tmp_path, caplog):
    table = transcripts().with_columns(
        pl.lit(None, pl.Int64).alias(name) for name in ("cds_start", "cds_end")
    )
    with caplog.at_level(logging.WARNING):
        found, facts = predict(tmp_path, table, "codon_usage")
    assert set(found["status"]) == {LEFT_OUT}
    assert LEFT_OUT in STATUSES
    assert found["prediction_Value"].null_count() == len(table)
    assert found["label_Value"].null_count() == 0
    assert "60 of 60 usable sequences have no CDS" in facts["left_out"]
    assert facts["left_out"] in caplog.text


@pytest.mark.parametrize("kind", ["binary", "multiclass"])
def test_classes(tmp_path, kind):
    table = transcripts(200)
    cuts = [0.5] if kind == "binary" else [0.33, 0.66]
    names = ["low", "mid", "top"]
    bins = np.searchsorted(np.quantile(table["Value"], cuts), table["Value"].to_numpy())
    table = table.with_columns(pl.Series("Value", [names[i] for i in bins]))
    found, _ = predict(tmp_path, table, "kmer", kind=kind)
    test = found.filter(part="test")
    assert (test["prediction"] == test["label"]).mean() > 0.6
    assert test.select(pl.sum_horizontal("^probability_.*$")).to_series().to_list() == (
        pytest.approx([1] * len(test))
    )
