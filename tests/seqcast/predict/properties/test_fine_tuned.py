"""What a fine-tuned model reads, and predicts in batches."""

import math

import numpy as np
import polars as pl
import pytest
import torch

from seqcast.models.mrna_property.network import MrnaProperty
from seqcast.predict.properties.fine_tuned import model_texts, predict_labels, probabilities
from tests.seqcast.datasets.properties.toys import BODY, HYPERPARAMETERS, transcripts


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
