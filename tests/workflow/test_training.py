"""Training by Snakemake: weights, history and figure; an interrupted training goes on."""

import json
import os
import signal
import time
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from seqcast.models.convert import read_safetensors
from seqcast.reads.dnabert import write_dnabert
from tests.workflow.conftest import Workflow, new_folder

pytestmark = pytest.mark.slow

CONFIG = {
    "hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 32,
    "max_position_embeddings": 64, "max_seq_length": 60,
}  # fmt: skip
RECIPE = {"learning_rate": 3e-3, "batch_size": 20, "warmup": 0.1, "seed": 42, "evaluate_every": 10}
STEPS = {"quick": 40, "long": 400}
WEIGHTS = "results/training/tiny.fold{}.safetensors"


@pytest.fixture(scope="module")
def run(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Workflow:
    """A model of two folds, whose trainings differ in length."""
    run = new_folder(root, tmp_path_factory.mktemp("training"))
    for name, count in (("train", 200), ("dev", 60)):
        rng = np.random.default_rng(count)
        shares = ((0.4, 0.1, 0.1, 0.4), (0.1, 0.4, 0.4, 0.1))
        rows = [("".join(rng.choice(list("ACGT"), 50, p=shares[i % 2])), i % 2)
                for i in range(count)]  # fmt: skip
        write_dnabert(run.folder / f"{name}.tsv", ["Sequence", "Label"], rows)
    (run.folder / "config.json").write_text(json.dumps(CONFIG))
    trainings = []
    for name, steps in STEPS.items():
        (run.folder / f"{name}.json").write_text(json.dumps(RECIPE | {"steps": steps}))
        trainings.append((name, "train.tsv", "dev.tsv", "", f"{name}.json"))
    run.configure(
        {"models": [("tiny", "readseeker", "reads", "config.json", "", "", "")],
         "folds": [("tiny", 0, "train", "quick"), ("tiny", 1, "train", "long")],
         "trainings": trainings},
    )  # fmt: skip
    return run


def test_a_fold_is_trained_and_its_curve_drawn(run: Workflow) -> None:
    figure = "results/training/tiny.fold0.learning_curve.png"
    assert run.planned("--nocolor", figure) == {"train": 1, "plot_learning_curve": 1}
    run.succeed(figure)
    assert run.planned("--nocolor", figure) == {}
    history = pl.read_csv(run.folder / "results/training/tiny.fold0.history.tsv", separator="\t")
    assert history["step"][-1] == STEPS["quick"]
    facts = read_safetensors(run.folder / WEIGHTS.format(0))[1]
    assert (facts["origin"], facts["training"]) == ("train", "quick")


def test_other_rules_take_the_trained_weights(run: Workflow) -> None:
    weights = "resources/models/tiny.fold0.safetensors"
    run.succeed(weights)
    assert read_safetensors(run.folder / weights)[1]["origin"] == "train"


def test_a_killed_training_goes_on(run: Workflow) -> None:
    checkpoint = run.folder / "results/training/checkpoints/tiny.fold1.pt"
    process = run.start(WEIGHTS.format(1))
    deadline = time.monotonic() + 120
    while not checkpoint.exists() and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    assert checkpoint.exists()
    run.succeed("--unlock")
    run.succeed("--rerun-incomplete", WEIGHTS.format(1))
    assert "resumed from" in (run.folder / "logs/train/tiny.fold1.log").read_text()
    assert not checkpoint.exists()


def test_a_mistake_in_a_recipe_costs_no_weights(run: Workflow, tmp_path: Path) -> None:
    other = run.copy(tmp_path / "copy")
    weights = other.folder / WEIGHTS.format(0)
    weights.parent.mkdir(parents=True, exist_ok=True)
    weights.write_text("finished")
    (other.folder / "quick.json").write_text("{")
    result = other.run(WEIGHTS.format(0))
    printed = result.stdout + result.stderr
    assert result.returncode != 0
    assert "trainings.tsv: training quick: quick.json: not valid JSON" in printed
    assert "Traceback" not in printed
    assert weights.read_text() == "finished"
