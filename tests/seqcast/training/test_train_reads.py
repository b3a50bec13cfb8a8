"""The job from labelled reads to weights that the workflow can load."""

import json
import logging
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import polars as pl
import pytest
import torch

from seqcast.core.errors import InputError
from seqcast.core.store import file_sha256
from seqcast.models.convert import read_safetensors
from seqcast.models.interface import load_model
from seqcast.reads.dnabert import write_dnabert
from seqcast.training.reads import ReadTask, ReadTrainingFiles, train_reads
from tests.seqcast.training.toys import interrupted_behind, run_job

CONFIG = {
    "hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 32,
    "max_position_embeddings": 64, "vocab_size": 4101, "max_seq_length": 60,
    "hidden_dropout_prob": 0.1, "attention_probs_dropout_prob": 0.0,
}  # fmt: skip
RECIPE = {
    "learning_rate": 3e-3, "batch_size": 20, "epochs": 4, "warmup": 0.1, "weight_decay": 0.01,
    "seed": 42, "evaluate_every": 5, "reads": {"reverse_complement": True},
}  # fmt: skip
SHARES = {0: (0.4, 0.1, 0.1, 0.4), 1: (0.1, 0.4, 0.4, 0.1)}


def write_reads(path: Path, count: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    rows = (("".join(rng.choice(list("ACGT"), 50, p=SHARES[i % 2])), i % 2) for i in range(count))
    write_dnabert(path, ["Sequence", "Label"], rows)


@pytest.fixture
def files(tmp_path: Path) -> SimpleNamespace:
    paths = {"train": "train.tsv", "validation": "dev.tsv", "recipe": "recipe.json",
             "hyperparameters": "config.json"}  # fmt: skip
    found = SimpleNamespace(**{k: str(tmp_path / v) for k, v in paths.items()})
    write_reads(Path(found.train), 200, 1)
    write_reads(Path(found.validation), 60, 2)
    Path(found.recipe).write_text(json.dumps(RECIPE))
    Path(found.hyperparameters).write_text(json.dumps(CONFIG))
    return found


def run(
    files: SimpleNamespace, folder: Path, architecture: str = "readseeker"
) -> tuple[Path, pl.DataFrame]:
    facts = {"architecture": architecture, "model": "tiny", "fold": "0", "training": "toy"}
    return run_job(train_reads, ReadTrainingFiles, files, folder, facts)


def test_trained_weights_load_and_say_how_they_came_about(files, tmp_path: Path) -> None:
    weights, history = run(files, tmp_path)
    assert history["validation_auc"][-1] > 0.9
    assert history["step"].to_list() == list(range(0, 41, 5))
    model = load_model("readseeker", weights, files.hyperparameters, device="cpu")
    with torch.inference_mode():
        logits = model(model.tokenize(["GCGCCGGCGCGG" * 4, "ATATTAATTTAA" * 4]))
    assert logits.argmax(1).tolist() == [1, 0]
    facts = read_safetensors(weights)[1]
    assert facts["origin"] == "train"
    assert facts["training"] == "toy"
    assert json.loads(facts["recipe"]) == RECIPE
    assert facts["train_sha256"] == file_sha256(files.train)
    best = history.filter("best")[-1]
    assert float(facts["validation_loss"]) == best["validation_loss"].item()
    assert facts["step"] == str(best["step"].item())
    assert not (tmp_path / "checkpoints/last.pt").exists()


def test_an_interrupted_job_goes_on_to_the_same_weights(files, tmp_path: Path, caplog) -> None:
    (tmp_path / "a").mkdir()
    whole, history = run(files, tmp_path / "a")
    with interrupted_behind(ReadTask, 5):  # the checkpoint is of the last of these
        run(files, tmp_path)
    assert (tmp_path / "checkpoints/last.pt").exists()
    assert not (tmp_path / "out").exists()
    other = CONFIG | {"hidden_dropout_prob": 0.2}  # no weight shows it
    Path(files.hyperparameters).write_text(json.dumps(other))
    with pytest.raises(InputError, match=r"hidden_dropout_prob was 0\.1 and is 0\.2"):
        run(files, tmp_path)
    Path(files.hyperparameters).write_text(json.dumps(CONFIG))
    with caplog.at_level(logging.INFO, "seqcast"):
        resumed, again = run(files, tmp_path)
    assert "resumed from" in caplog.text
    assert "step 20" in caplog.text
    assert again.equals(history)
    first, second = (read_safetensors(path)[0] for path in (whole, resumed))
    assert all(torch.equal(first[name], second[name]) for name in first)


def test_training_goes_on_from_given_weights(files, tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    files.initial, _ = run(files, tmp_path / "a")
    weights, history = run(files, tmp_path)
    assert history["validation_auc"][0] > 0.9
    assert read_safetensors(weights)[1]["initial_sha256"] == file_sha256(files.initial)


def test_reads_of_one_class_are_refused_with_the_file(files, tmp_path: Path) -> None:
    write_dnabert(files.train, ["Sequence", "Label"], [("ACGTACGTAC", 1)] * 5)
    with pytest.raises(InputError, match=r"train\.tsv: 0 reads have label 0"):
        run(files, tmp_path)


def test_reads_that_validate_are_not_those_that_train(files, tmp_path: Path) -> None:
    files.validation = files.train
    with pytest.raises(InputError, match=r"train\.tsv holds the same reads and labels as"):
        run(files, tmp_path)


def test_crops_too_short_for_the_model_are_refused_at_the_start(files, tmp_path: Path) -> None:
    Path(files.recipe).write_text(json.dumps(RECIPE | {"reads": {"shortest_crop_nt": 5}}))
    Path(files.train).unlink()  # it is not looked at
    message = r"recipe\.json: reads\.shortest_crop_nt is 5; expected 6 or more"
    with pytest.raises(InputError, match=message):
        run(files, tmp_path)


def test_an_architecture_of_another_task_is_refused(files, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="architecture 'borzuki' does not classify reads"):
        run(files, tmp_path, "borzuki")
