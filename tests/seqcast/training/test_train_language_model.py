"""The job from tables of transcripts to weights that the workflow can load."""

import json
import logging
from pathlib import Path
from types import SimpleNamespace

import polars as pl
import pytest
import torch

from seqcast.core.errors import InputError
from seqcast.models.convert import read_safetensors
from seqcast.models.interface import build_model, load_model
from seqcast.training.next_token import (
    NextTokenTask,
    TextTrainingFiles,
    read_texts,
    train_language_model,
)
from seqcast.training.task_options import TextOptions
from tests.seqcast.training.test_next_token import MICRO, drawn_texts
from tests.seqcast.training.toys import interrupted_behind, run_job

RECIPE = {"learning_rate": 0.02, "batch_size": 8, "steps": 12, "seed": 3, "evaluate_every": 4}


def write_table(path: Path, count: int, seed: int) -> list[str]:
    """A table of transcripts, and the texts that are in it; two rows cannot be used."""
    texts = drawn_texts(count, seed)
    rows = [(text.replace("E", ""), 10, 40, "valid") for text in texts]
    rows += [(None, None, None, "iupac_code"), ("ACGU" * 20, None, None, "valid")]
    schema = {
        "sequence": pl.String,
        "cds_start": pl.Int64,
        "cds_end": pl.Int64,
        "status": pl.String,
    }
    pl.DataFrame(rows, schema, orient="row").write_parquet(path)
    return [*texts, "ACGU" * 20]


@pytest.fixture
def files(tmp_path: Path) -> SimpleNamespace:
    names = {"recipe": "recipe.json", "hyperparameters": "config.json"}
    found = SimpleNamespace(**{k: str(tmp_path / v) for k, v in names.items()})
    found.train = [str(tmp_path / "a.parquet"), str(tmp_path / "b.parquet")]
    found.validation = str(tmp_path / "dev.parquet")
    for seed, path in enumerate([*found.train, found.validation]):
        write_table(Path(path), 30, seed)
    Path(found.recipe).write_text(json.dumps(RECIPE))
    Path(found.hyperparameters).write_text(json.dumps(MICRO))
    return found


def run(files: SimpleNamespace, folder: Path, architecture: str = "helix_mrna"):
    facts = {"architecture": architecture, "model": "tiny", "fold": "0", "training": "toy"}
    return run_job(train_language_model, TextTrainingFiles, files, folder, facts)


def test_trained_weights_load_and_say_how_they_came_about(files, tmp_path: Path) -> None:
    weights, history = run(files, tmp_path)
    assert history["step"].to_list() == [0, 4, 8, 12]
    assert history["validation_loss"][-1] < history["validation_loss"][0]
    model = load_model("helix_mrna", weights, files.hyperparameters, device="cpu")
    assert model.has_lm_head
    facts = read_safetensors(weights)[1]
    assert (facts["origin"], facts["training"]) == ("train", "toy")
    assert json.loads(facts["recipe"]) == RECIPE
    best = history.filter("best")[-1]
    assert float(facts["validation_loss"]) == best["validation_loss"].item()
    assert not (tmp_path / "checkpoints/last.pt").exists()


def test_an_interrupted_job_goes_on_to_the_same_weights(files, tmp_path: Path, caplog) -> None:
    (tmp_path / "a").mkdir()
    whole, history = run(files, tmp_path / "a")
    with interrupted_behind(NextTokenTask, 2):  # the checkpoint is of the last of these
        run(files, tmp_path)
    assert not (tmp_path / "out").exists()
    with caplog.at_level(logging.INFO, "seqcast"):
        resumed, again = run(files, tmp_path)
    assert "step 4" in caplog.text
    assert again.equals(history)
    first, second = (read_safetensors(path)[0] for path in (whole, resumed))
    assert all(torch.equal(first[name], second[name]) for name in first)


def test_training_goes_on_from_given_weights(files, tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    files.initial, before = run(files, tmp_path / "a")
    _, history = run(files, tmp_path)
    assert history["validation_loss"][0] == pytest.approx(before["validation_loss"].min())


def test_texts_are_the_usable_rows_marked_as_the_model_knows(files, caplog) -> None:
    model = build_model("helix_mrna", MICRO)
    with caplog.at_level(logging.WARNING, "seqcast"):
        marked = read_texts(files.train, model, TextOptions())
    assert "2 of 64 sequences are not usable" in caplog.text
    assert marked.texts == [*drawn_texts(30, 0), "ACGU" * 20, *drawn_texts(30, 1), "ACGU" * 20]
    bare = read_texts(files.train, model, TextOptions(codon_marks=False))
    assert bare.texts == [text.replace("E", "") for text in marked.texts]


def test_a_table_in_both_sets_is_refused(files, tmp_path: Path) -> None:
    files.validation = [files.train[1], files.validation]
    with pytest.raises(InputError, match=r"b\.parquet is in both train and validation"):
        run(files, tmp_path)


def test_what_cannot_be_trained_is_refused(files, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="'six_frame' predicts no tokens"):
        run(files, tmp_path, "six_frame")
    pl.read_parquet(files.validation).with_columns(status=pl.lit("iupac_code")).write_parquet(
        files.validation
    )
    with pytest.raises(InputError, match=r"dev\.parquet: none of 0 usable sequences"):
        run(files, tmp_path)
