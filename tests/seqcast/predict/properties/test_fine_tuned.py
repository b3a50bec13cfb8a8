"""What a fine-tuned model reads, and predicts in batches."""

import math
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import polars as pl
import pytest
import torch

from seqcast.core.errors import InputError
from seqcast.models.convert import read_safetensors
from seqcast.models.mrna_property.network import MrnaProperty
from seqcast.predict.properties.fine_tuned import model_texts, predict_labels, probabilities
from tests.seqcast.datasets.properties.toys import BODY, HYPERPARAMETERS, transcripts
from tests.seqcast.predict.properties.toy_property import predict, run, write_files


def network(**params: object) -> MrnaProperty:
    torch.manual_seed(0)
    return MrnaProperty.from_params({**HYPERPARAMETERS, **params}).eval()


def test_texts_have_codon_marks_where_the_model_knows_them() -> None:
    table = transcripts(3).with_columns(
        sequence=pl.Series(["GAUGUAAC", "ACGU", "ACGU"]),
        cds_start=pl.Series([1, None, 0]), cds_end=pl.Series([7, None, 3]),
        status=pl.Series(["valid", "valid", "iupac_code"]),
    )  # fmt: skip
    texts, status = model_texts(table, network())
    assert texts == ["GEAUGEUAAC", "ACGU", ""]
    assert status == ["valid", "valid", "iupac_code"]
    assert model_texts(table, network(codon_marks=False))[0][0] == "GAUGUAAC"


def test_too_long_sequences_get_a_status() -> None:
    model = network(config=BODY | {"max_tokens": 9})
    table = transcripts(2).with_columns(
        sequence=pl.Series(["AUGUAAC", "AUGUAA"]), cds_start=pl.lit(0), cds_end=pl.lit(6)
    )  # 10 and 9 tokens with marks and end token
    assert model_texts(table, model) == (["", "EAUGEUAA"], ["too_long", "valid"])
    model.tokenize(["EAUGEUAA"])


@pytest.mark.parametrize("kind", ["regression", "binary", "multiclass"])
def test_batches_change_nothing(kind: str) -> None:
    model = network(kind=kind, outputs={"regression": 2, "binary": 1, "multiclass": 3}[kind])
    texts = [*model_texts(transcripts(20), model)[0], ""]
    rows = np.array([3, 17, 4, 0])
    found = predict_labels(model, texts, rows)
    assert found.dtype == np.float64
    with torch.no_grad():
        for row, values in zip(rows, found, strict=True):
            alone = probabilities(model(model.tokenize([texts[row]])), kind)[0]
            np.testing.assert_allclose(values, alone, atol=1e-5)
    if kind != "regression":
        np.testing.assert_allclose(found.sum(1), 1, rtol=1e-6)
    assert predict_labels(model, texts, rows[:0]).shape == (0, found.shape[1])


def test_a_logit_is_of_the_second_class() -> None:
    found = probabilities(torch.tensor([[math.log(3)]]), "binary")
    torch.testing.assert_close(found, torch.tensor([[0.25, 0.75]]))


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

    monkeypatch.setattr("seqcast.predict.properties.fine_tuned.predict_labels", broken)
    found = predict(files, tmp_path, ["0", "1"])
    row = int(calls[0][0])
    assert (found["status"][row], found["prediction_Value"][row]) == ("prediction_not_finite", None)
    assert found.filter(status="prediction_not_finite").height == 1
