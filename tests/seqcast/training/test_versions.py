"""Weights stay until others are made, and come back with what made them."""

import json
from pathlib import Path

import pytest

from seqcast.core.errors import InputError
from seqcast.training.outputs import ADAPTER, TrainingOutputs
from seqcast.training.versions import KEPT, made_of, train_once


class Run:
    """A training in a folder, whose weights say the recipe."""

    def __init__(self, folder: Path, name: str = "tiny.fold0.safetensors") -> None:
        self.weights, self.history = folder / "training" / name, folder / "training/history.tsv"
        self.recipe, self.trained = folder / "recipe.json", 0

    def train(self, outputs, recipe):
        """Write as a training does: the history, then the weights."""
        self.trained += 1
        weights, history, _ = outputs
        Path(history).parent.mkdir(parents=True, exist_ok=True)
        Path(history).write_text("loss\n")
        if recipe == "bad":
            raise InputError("the loss is not finite")
        if Path(weights).suffix == ".heads":
            Path(weights).mkdir()
            Path(weights, "human.safetensors").write_text(recipe)
        else:
            Path(weights).write_text(recipe)
            if recipe == "lora":
                Path(weights).with_suffix(ADAPTER).write_text("terms")

    def start(self, recipe):
        """What Snakemake does: outputs are removed, the job runs, those of a failed job too."""
        self.recipe.write_text(json.dumps(recipe))
        for path in (self.history, self.weights):
            if path.is_file():
                path.unlink()
        found = made_of({"recipe": str(self.recipe)}, facts={"fold": "0"})
        outputs = TrainingOutputs(self.weights, self.history, "last.pt")
        train_once(self.train, outputs, found, recipe=recipe)


@pytest.fixture
def run(tmp_path):
    return Run(tmp_path)


def test_a_recipe_that_fails_leaves_the_weights_of_before(run, caplog):
    run.start("good")
    with pytest.raises(InputError, match="not finite"):
        run.start("bad")
    assert "the weights of before are still in" in caplog.text
    run.start("good")  # and they come back, without training
    assert (run.weights.read_text(), run.trained) == ("good", 2)
    assert run.history.read_text() == "loss\n"


def test_an_adapter_is_that_of_the_weights_next_to_it(run):
    adapter = run.weights.with_suffix(ADAPTER)
    for recipe, is_there in (("lora", True), ("full", False), ("lora", True), ("bad", False)):
        if recipe == "bad":
            with pytest.raises(InputError):
                run.start(recipe)
        else:
            run.start(recipe)
        assert adapter.exists() == is_there
    assert run.trained == 3  # the second time, weights and adapter come from their version
    run.start("lora")
    assert adapter.read_text() == "terms"
    assert len(list(run.weights.parent.glob("versions/*/*/weights.safetensors"))) == KEPT


def test_versions_are_told_apart_and_the_last_ones_kept(run):
    for recipe in ("a", "b", "c", "d"):
        run.start(recipe)
        assert run.weights.read_text() == recipe
    assert len(list(run.weights.parent.glob("versions/*/*"))) == KEPT
    run.start("c")
    assert (run.weights.read_text(), run.trained) == ("c", 4)
    run.start("a")
    assert (run.weights.read_text(), run.trained) == ("a", 5)


def test_heads_in_a_folder_have_versions_too(tmp_path):
    run = Run(tmp_path, "duo.foldf0c0.heads")
    for recipe, trained in [("a", 1), ("b", 2), ("a", 2)]:
        run.start(recipe)
        assert (run.weights / "human.safetensors").read_text() == recipe
        assert run.trained == trained


def test_all_that_decides_weights_is_in_a_version(tmp_path):
    files = {}
    for name in ("recipe", "train"):
        (tmp_path / name).write_text(name)
        files[name] = str(tmp_path / name)
    (tmp_path / "store.zarr").mkdir()
    files["stores"] = [str(tmp_path / "store.zarr")]
    first = made_of(files, facts={"fold": "0"})
    assert first == made_of(dict(reversed(files.items())), facts={"fold": "0"})
    assert first != made_of(files, facts={"fold": "1"})
    (tmp_path / "train").write_text("other")
    assert first != made_of(files, facts={"fold": "0"})
