"""Predictions by the folds of a fine-tuned model: of rows that none of them learned from."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import polars as pl
import pytest

from seqcast.core.errors import InputError
from seqcast.models.convert import read_safetensors
from seqcast.predict.properties.fine_tuned import predict_labels
from tests.seqcast.predict.properties.toy_property import predict, run, write_files


@pytest.fixture
def files(tmp_path: Path) -> SimpleNamespace:
    return write_files(tmp_path)


def test_replicates_have_their_own_seed_and_are_averaged(files, tmp_path: Path) -> None:
    for fold in ("0", "1"):
        run(files, tmp_path, fold)
    both = predict(files, tmp_path, ["0", "1"])["prediction_Value"].to_numpy()
    first, second = (predict(files, tmp_path, [f])["prediction_Value"].to_numpy() for f in "01")
    assert not np.allclose(first, second, equal_nan=True)
    np.testing.assert_allclose(both, (first + second) / 2)


def test_folds_of_a_property_are_rounds(files, tmp_path: Path) -> None:
    cells = {"labels": "high", "kind": "binary", "split": "kfold:3"}
    table = pl.read_parquet(files.transcripts)
    table = table.with_columns(
        high=pl.when(pl.col("Value") > 5).then(pl.lit("up")).otherwise(pl.lit("down"))
    )
    table.write_parquet(files.transcripts)
    seen = [run(files, tmp_path, fold, **cells)[0] for fold in ("0", "1", "2")]
    assert [read_safetensors(path)[1]["round"] for path in seen] == ["fold0", "fold1", "fold2"]
    assert read_safetensors(seen[0])[1]["classes"] == '["down", "up"]'
    found = predict(files, tmp_path, ["0", "1", "2"], **cells)
    assert found["prediction"].null_count() == 0
    sums = found["probability_down"] + found["probability_up"]
    np.testing.assert_allclose(sums.to_numpy(), 1, rtol=1e-6)
    alone = predict(files, tmp_path, ["1"], **cells)
    assert alone.filter(pl.col("part") == "fold1").equals(found.filter(pl.col("part") == "fold1"))
    assert set(alone.filter(pl.col("part") != "fold1")["status"]) == {"no_model"}
    assert alone["label"].null_count() == 0
    with pytest.raises(
        InputError, match="fold 3 of property toy, which has 3 folds; expected 0 to 2"
    ):
        run(files, tmp_path, "3", **cells)


def test_too_long_rows_are_kept_with_a_status(files, tmp_path: Path) -> None:
    table = pl.read_parquet(files.transcripts)
    long = {
        "sequence": table["sequence"].scatter(0, "A" * 600),
        "length_nt": table["length_nt"].scatter(0, 600),
    }
    table.with_columns(**long).write_parquet(files.transcripts)
    run(files, tmp_path)
    found = predict(files, tmp_path, ["0"])
    assert found["status"][0] == "too_long"
    assert found["prediction_Value"][0] is None
    assert found["label_Value"][0] == table["Value"][0]


def test_a_fold_that_says_nan_is_not_left_out_of_the_mean(
    files, tmp_path: Path, monkeypatch
) -> None:
    run(files, tmp_path)
    run(files, tmp_path, "1")
    calls = []

    def broken(model, texts, rows):
        calls.append(rows)
        values = predict_labels(model, texts, rows)
        values[0] = np.nan if len(calls) == 2 else values[0]
        return values

    monkeypatch.setattr("seqcast.predict.properties.predict_property.predict_labels", broken)
    found = predict(files, tmp_path, ["0", "1"])
    row = int(calls[0][0])
    assert (found["status"][row], found["prediction_Value"][row]) == ("prediction_not_finite", None)
    assert found.filter(status="prediction_not_finite").height == 1
