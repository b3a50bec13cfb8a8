"""The job from labelled mRNAs to a fine-tuned model."""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import polars as pl
import pytest
import torch

from seqcast.core.errors import InputError
from seqcast.core.store import file_sha256, read_provenance
from seqcast.models.convert import read_safetensors, write_safetensors
from seqcast.models.interface import build_model, load_model
from seqcast.predict.properties.fine_tuned import fold_number, model_texts
from tests.seqcast.datasets.properties.toys import BODY, HYPERPARAMETERS
from tests.seqcast.predict.properties.toy_property import RECIPE, predict, run, write_files


@pytest.fixture
def files(tmp_path: Path) -> SimpleNamespace:
    return write_files(tmp_path)


def test_trained_weights_load_and_predict_what_they_did_not_learn(files, tmp_path: Path) -> None:
    weights, history = run(files, tmp_path)
    assert history["step"].to_list() == [0, 3, 6]
    facts = read_safetensors(weights)[1]
    assert facts["origin"] == "train"
    assert (facts["property"], facts["labels"], facts["round"]) == ("toy", '["Value"]', "split")
    assert (facts["train_rows"], facts["validation_rows"], facts["seed"]) == ("48", "16", "3")
    assert facts["train_rows_with_cds"] == "48"
    assert facts["transcripts_sha256"] == file_sha256(files.transcripts)
    assert not (tmp_path / "last.pt").exists()
    found = predict(files, tmp_path, ["0"])
    assert found.group_by("part").agg(pl.col("prediction_Value").count()).sort("part").rows() == [
        ("test", 16), ("train", 0), ("validation", 16)]  # fmt: skip
    model = load_model("mrna_property", weights, HYPERPARAMETERS, device="cpu")
    table = pl.read_parquet(files.transcripts)
    texts, _ = model_texts(table, model)
    row = int(np.flatnonzero(table["Split"] == "test")[0])
    with torch.no_grad():
        expected = model(model.tokenize([texts[row]])).item()
    assert found["prediction_Value"][row] == pytest.approx(expected, rel=1e-5)
    made = read_provenance(tmp_path / "p.parquet")
    assert made["property"] == "toy"
    assert made["weights_sha256"] == file_sha256(weights)


@pytest.mark.parametrize("prefix", ["", "backbone."])
def test_a_published_body_gets_a_drawn_head(files, tmp_path: Path, prefix: str) -> None:
    torch.manual_seed(8)
    body = build_model("helix_mrna", BODY)
    body.initialise()
    state = {
        (n if n.startswith("lm_head") else prefix + n): t for n, t in body.state_dict().items()
    }
    files.initial = str(tmp_path / "body.safetensors")
    write_safetensors(state, Path(files.initial), {})
    frozen = {**RECIPE, "property": {"trainable_blocks": 0, "train_norm": False}}
    Path(files.recipe).write_text(json.dumps(frozen))
    weights, _ = run(files, tmp_path)
    found, facts = read_safetensors(weights)
    for name, tensor in body.state_dict().items():
        if not name.startswith("lm_head"):
            assert torch.equal(found[f"body.{name}"], tensor)
    assert facts["initial_sha256"] == file_sha256(files.initial)
    # and a whole model goes on from its own head
    files.initial = str(weights)
    (tmp_path / "on").mkdir()
    _, history = run(files, tmp_path / "on")
    assert history["validation_loss"][0] == pytest.approx(float(facts["validation_loss"]), rel=1e-4)


SIX_FRAME = Path(__file__).parents[3] / "config/hyperparameters/six_frame.json"
BODY_WANTED = (
    r"cannot start this training: expected weights of the body, a helix_mrna of the section config "
    r"of the hyperparameters, or of a whole mrna_property that was trained before"
)
WHOLE_WANTED = (
    r"cannot start this training: they are of a body and a head, and so expected to be of the "
    r"same body, pooling and head, and of a property of the same kind and number of outputs"
)


@pytest.mark.parametrize(
    ("architecture", "shape", "message"),
    [
        ("helix_mrna", BODY | {"state_size": 4}, rf"{BODY_WANTED}.*3 of another shape"),
        ("six_frame", json.loads(SIX_FRAME.read_text()), rf"{BODY_WANTED}.*missing"),
        ("mrna_property", HYPERPARAMETERS | {"outputs": 2}, rf"{WHOLE_WANTED}.*outputs is 2"),
        ("mrna_property", HYPERPARAMETERS | {"kind": "binary"}, rf"{WHOLE_WANTED}.*kind is binary"),
        ("mrna_property", HYPERPARAMETERS | {"pooling": ["mean"]}, rf"{WHOLE_WANTED}.*head.output"),
    ],
)
def test_weights_of_something_else_do_not_start_a_training(
    files, tmp_path: Path, architecture: str, shape: dict, message: str
) -> None:
    other = build_model(architecture, shape)
    files.initial = str(tmp_path / "other.safetensors")
    write_safetensors(other.state_dict(), Path(files.initial), {})
    with pytest.raises(InputError, match=rf"other\.safetensors {message}") as told:
        run(files, tmp_path)
    assert "trainings.tsv" in str(told.value)


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        ({"kind": "binary"}, "kind is 'binary', but property toy needs 'regression'"),
        ({"outputs": 2}, "outputs is 2, but property toy needs 1; leave the key out"),
    ],
)
def test_hyperparameters_of_another_property(
    files, tmp_path: Path, shape: dict, message: str
) -> None:
    Path(files.hyperparameters).write_text(json.dumps(HYPERPARAMETERS | shape))
    with pytest.raises(InputError, match=message):
        run(files, tmp_path)


def test_mistakes_are_told(files, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="'helix_mrna' does not predict properties of mRNAs"):
        run(files, tmp_path, architecture="helix_mrna")
    with pytest.raises(InputError, match="fold 'a' of a model of task property; expected 0, 1"):
        fold_number("a")
    Path(files.recipe).write_text(json.dumps(RECIPE | {"select_by": "auc"}))
    with pytest.raises(InputError, match="select_by is 'auc'; expected one of loss, spearman"):
        run(files, tmp_path)
    too_many: dict[str, Any] = {**RECIPE, "property": {"trainable_blocks": 3}}
    Path(files.recipe).write_text(json.dumps(too_many))
    with pytest.raises(InputError, match="trainable_blocks is 3, but the body has 2 blocks"):
        run(files, tmp_path)


def test_features_are_standardised_over_the_training_rows(files, tmp_path: Path) -> None:
    shape = {**HYPERPARAMETERS, "head": {"standardise": True}, "pooling": ["mean"]}
    Path(files.hyperparameters).write_text(json.dumps(shape))
    Path(files.recipe).write_text(
        json.dumps({**RECIPE, "property": {"trainable_blocks": 0, "train_norm": False}})
    )
    weights, _ = run(files, tmp_path)
    model = load_model("mrna_property", weights, shape, device="cpu")
    table = pl.read_parquet(files.transcripts)
    texts, _ = model_texts(table, model)
    rows = np.flatnonzero(table["Split"] == "train")
    with torch.no_grad():
        pooled = torch.cat([model.pooled(model.tokenize([texts[row]])) for row in rows])
    torch.testing.assert_close(model.head.feature_mean, pooled.mean(0), atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(
        model.head.feature_sd, pooled.std(0, correction=0), atol=1e-5, rtol=1e-3
    )
    assert predict(files, tmp_path, ["0"])["prediction_Value"].null_count() == len(rows)
