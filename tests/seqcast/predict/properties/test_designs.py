"""New sequences and a fine-tuned model: every row has its status, columns the training's names."""

import json
import logging
from typing import Any

import numpy as np
import polars as pl
import pytest
import torch

from seqcast.core.errors import InputError
from seqcast.models.mrna_property.network import MrnaProperty
from seqcast.predict.properties.designs import check_predicts, output_names, predict_designs
from seqcast.predict.properties.fine_tuned import probabilities
from seqcast.transcripts.given import judge_sequences
from seqcast.transcripts.records import table_of
from tests.seqcast.datasets.properties.toys import BODY, HYPERPARAMETERS
from tests.seqcast.predict.embeddings.small_helix import small_helix

TEXTS = ["AUGGCCUAA", "ACG-U", "", "acgtacgtacgt", "A" * 600, "NNN"]
STATUSES = ["predicted", "other_letter", "no_sequence", "predicted", "too_long", "no_known_base"]


def network(about: dict[str, Any] | None = None, **params: object) -> MrnaProperty:
    torch.manual_seed(0)
    model = MrnaProperty.from_params({**HYPERPARAMETERS, **params}).eval()
    model.about = {k: v if isinstance(v, str) else json.dumps(v) for k, v in (about or {}).items()}
    return model


def designs(texts: list[str], cds: str = "") -> pl.DataFrame:
    given = {"id": [f"d{i}" for i in range(len(texts))], "sequence": texts}
    return judge_sequences(pl.DataFrame(given), "here", cds)


def test_a_row_a_sequence_and_the_numbers_of_each_alone() -> None:
    model = network({"labels": ["half_life_h", "yield"]}, outputs=2)
    found = predict_designs(model, designs(TEXTS))
    assert found.columns == [
        "row", "id", "gene_id", "length_nt", "status", "flags", "problem",
        "prediction_half_life_h", "prediction_yield",
    ]  # fmt: skip
    assert found["status"].to_list() == STATUSES
    assert found["id"].to_list() == [f"d{i}" for i in range(6)]
    assert found["problem"][1] == "'-' at 3"
    for name, text in ((0, "AUGGCCUAA"), (3, "ACGUACGUACGU")):
        with torch.no_grad():
            expected = model(model.tokenize([text]))[0].tolist()
        assert found.row(name)[-2:] == pytest.approx(expected, abs=1e-5)
    for row in (1, 2, 4, 5):
        assert found.row(row)[-2:] == (None, None)


def test_codons_are_marked_where_the_cds_is_known() -> None:
    model = network({"labels": ["y"]})
    found = predict_designs(model, designs(["AUGGCCUAA"], "whole"))
    with torch.no_grad():
        expected = model(model.tokenize(["EAUGEGCCEUAA"])).item()
    assert found["prediction_y"][0] == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("kind", ["binary", "multiclass"])
def test_classes_have_their_names(kind: str) -> None:
    names = ["low, or none", "high", "mid"][: 2 + (kind == "multiclass")]
    outputs = 1 if kind == "binary" else 3
    model = network({"classes": names, "labels": ["level"]}, kind=kind, outputs=outputs)
    found = predict_designs(model, designs(TEXTS))
    assert found.columns[7:] == ["prediction", *(f"probability_{name}" for name in names)]
    with torch.no_grad():
        logits = model(model.tokenize(["AUGGCCUAA"]))
    expected = probabilities(logits, kind)[0].tolist()
    assert found.row(0)[8:] == pytest.approx(expected, abs=1e-5)
    assert found["prediction"][0] == names[int(np.argmax(expected))]
    assert found["prediction"].null_count() == len(STATUSES) - STATUSES.count("predicted")


@pytest.mark.parametrize(
    ("about", "expected"),
    [
        ({"classes": ["a", "b"]}, ("a", "b")),
        ({"classes": '["0", "1"]'}, ("0", "1")),
        ({}, ("class0", "class1")),
        ({"classes": "down,up"}, ("class0", "class1")),
        ({"classes": '"ab"'}, ("class0", "class1")),
        ({"classes": ["a", "b", "c"]}, ("class0", "class1")),
    ],
)
def test_names_that_the_weights_lack_are_numbers(about: dict, expected: tuple) -> None:
    assert output_names(network(about, kind="binary", outputs=1)) == expected


def test_a_model_that_says_nan_gives_a_status() -> None:
    model = network({"labels": ["y"]})
    model.label_mean.fill_(float("nan"))
    found = predict_designs(model, designs(TEXTS[:2]))
    assert found["status"].to_list() == ["prediction_not_finite", "other_letter"]
    assert found["prediction_y"].null_count() == 2


def test_no_rows_and_rows_that_are_all_too_long() -> None:
    model = network({"labels": ["y"]}, config=BODY | {"max_tokens": 5})
    assert predict_designs(model, table_of([])).schema["prediction_y"] == pl.Float64
    assert predict_designs(model, designs(["ACGUACGU"]))["status"].to_list() == ["too_long"]


@pytest.mark.parametrize(
    ("learned", "marks", "warned"), [("48", True, True), ("20", True, False), ("48", False, False)]
)
def test_lacking_codon_marks_are_warned_of(caplog, learned: str, marks: bool, warned: bool) -> None:
    about = {"train_rows": "48", "train_rows_with_cds": learned}
    model = network(about, codon_marks=marks)
    with caplog.at_level(logging.WARNING):
        predict_designs(model, designs(TEXTS[:2]))
    assert ("1 of 1 sequences have no CDS" in caplog.text) == warned
    caplog.clear()
    predict_designs(model, designs(TEXTS[:1], "whole"))
    assert not caplog.text


def test_models_of_another_task_are_refused() -> None:
    with pytest.raises(InputError, match="a HelixMrna predicts no property; expected a model of"):
        check_predicts(small_helix())
