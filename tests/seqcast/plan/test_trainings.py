"""Trainings of reads and mRNAs, and what every training needs."""

import json
from types import SimpleNamespace as Job

import pytest

from seqcast.core.errors import InputError
from seqcast.plan.run import plan_run
from tests.seqcast.plan.coverage_tables import ALONE, changed, write_files
from tests.workflow.small_coverage import RECIPE

READS = {
    "models": [("seeker", "readseeker", "reads", "params.json", "", "", "")],
    "folds": [("seeker", "0", "train", "genes"), ("seeker", "1", "random", "3")],
    "trainings": [("genes", "train.tsv", "dev.tsv", "", "later.json")],
}
MRNAS = {
    "models": [("helix", "helix_mrna", "embedding", "params.json", "", "", "")],
    "folds": [("helix", "0", "train", "texts")],
    "datasets": [(name, "mrna", "", f"{name}.fa", 1) for name in ("a", "b", "c")],
    "trainings": [("texts", "a,b", "c", "start.bin", "later.json")],
}


@pytest.fixture
def plan(planned, tmp_path):
    write_files(tmp_path)
    for name in ("later.json", "train.tsv", "dev.tsv", "start.bin"):
        (tmp_path / name).touch()
    (tmp_path / "later.json").unlink()
    return planned


def test_files_of_a_training_are_those_that_it_names(plan, tmp_path):
    found = plan(READS).trainings
    (tmp_path / "later.json").touch()
    job = Job(model="seeker", fold="0")
    assert found.files("train", "validation", "initial", "recipe")(job) == {
        "train": "train.tsv", "validation": "dev.tsv", "recipe": "later.json",
        "hyperparameters": "params.json"}  # fmt: skip
    assert found.facts(job) == {
        "model": "seeker", "fold": "0", "architecture": "readseeker", "training": "genes"}  # fmt: skip
    assert found.targets == ["results/training/seeker.fold0.learning_curve.png"]
    assert found.weights(job) == "results/training/seeker.fold0.safetensors"
    assert found.history(job) == "results/training/seeker.fold0.history.tsv"
    assert found.weights(Job(model="seeker", fold="1")) == []


def test_a_language_model_learns_from_tables_of_transcripts(plan):
    found = plan(MRNAS).trainings.texts(Job(model="helix", fold="0"))
    assert found == {
        "train": ["results/transcripts/a.parquet", "results/transcripts/b.parquet"],
        "validation": ["results/transcripts/c.parquet"],
    }


@pytest.mark.parametrize(("tables", "message"), [
    (READS | {"folds": changed(READS["folds"], 0, 3, "gene")},
     "folds.tsv: 'gene' has no row in trainings.tsv, which has genes"),
    (READS | {"folds": changed(READS["folds"], 0, 3, "")},
     "folds.tsv: a name of trainings.tsv is empty; expected one of genes"),
    (MRNAS | {"trainings": changed(MRNAS["trainings"], 0, 1, "a,")},
     "trainings.tsv: a name of datasets.tsv is empty; expected one of a, b, c"),
    (ALONE | {"trainings": changed(ALONE["trainings"], 0, 1, "human=")},
     "trainings.tsv: a name of datasets.tsv is empty; expected one of sim"),
    (READS | {"trainings": changed(READS["trainings"], 0, 2, "")},
     "training genes: validation is empty; name the data that choose the weights"),
    (READS | {"trainings": changed(READS["trainings"], 0, 2, "train.tsv")},
     "train and validation are both train.tsv; give validation data that share no genome"),
    (ALONE | {"trainings": changed(ALONE["trainings"], 0, 2, "sim")},
     "training alone: validation is sim; leave it empty: of sim, the parts of its windows say"),
    (MRNAS | {"trainings": changed(MRNAS["trainings"], 0, 1, "a,c")},
     "c is in both train and validation; give validation data that share no gene"),
    (MRNAS | {"trainings": changed(MRNAS["trainings"], 0, 1, "a,d")},
     "trainings.tsv: 'd' has no row in datasets.tsv, which has a, b, c"),
    (READS | {"trainings": changed(READS["trainings"], 0, 4, "params.json")},
     "trainings.tsv: training genes: params.json: model is"),
])  # fmt: skip
def test_a_mistake_is_told_with_its_training(plan, tables, message):
    with pytest.raises(InputError, match=message):
        plan(tables)


def test_a_table_that_the_config_lacks_is_told(configured, root, tmp_path):
    config = configured(READS)
    del config["tables"]["trainings"]
    message = "folds.tsv: 'genes' has no row, as the config has no tables.trainings; add that table"
    with pytest.raises(InputError, match=message):
        plan_run(config, root / "workflow/schemas")


@pytest.mark.parametrize(("text", "message"), [
    ("{", "not valid JSON"),
    (json.dumps({"batch_size": 20, "steps": 40}), "the recipe lacks learning_rate"),
    (json.dumps(RECIPE | {"select_by": "f1"}), "select_by is 'f1'"),
])  # fmt: skip
def test_a_recipe_is_read_before_its_job_removes_finished_weights(plan, tmp_path, text, message):
    (tmp_path / "later.json").write_text(text)
    with pytest.raises(InputError, match=f"trainings.tsv: training genes: later.json: {message}"):
        plan(READS)
    spare = [("spare", *READS["trainings"][0][1:]), (*READS["trainings"][0][:4], "recipe.json")]
    good = RECIPE | {"select_by": "loss"}
    (tmp_path / "recipe.json").write_text(json.dumps(good))
    assert plan(READS | {"trainings": spare}).trainings.trained  # that of no fold is not read


def test_a_batch_is_no_smaller_than_its_processes(plan):
    assert plan(ALONE, training={"processes": 4}).trainings.trained
    with pytest.raises(InputError, match=r"has batches of 4 windows for 5 processes; lower"):
        plan(ALONE, training={"processes": 5})


def test_fine_tuning_starts_from_something(plan, tmp_path):
    recipe = RECIPE | {"coverage": {"transfer": {"mode": "lora"}}}
    (tmp_path / "recipe.json").write_text(json.dumps(recipe))
    with pytest.raises(InputError, match=r"recipe recipe.json fine-tunes, but initial is empty"):
        plan(ALONE)
