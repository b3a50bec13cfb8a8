"""Which training dataset each head learns; what does not fit is told before any job."""

import json
from types import SimpleNamespace as Job

import pytest

from seqcast.core.errors import InputError
from tests.seqcast.plan.coverage_tables import ALONE, PARAMS, SET, SHARED, changed, write_files
from tests.workflow.small_coverage import RECIPE

TAKEN = "results/training/duo_mouse.foldf0c0.head"


@pytest.fixture
def plan(planned, tmp_path):
    write_files(tmp_path)
    (tmp_path / "longer.json").write_text('{"window_bp": 4096}')
    return planned


def test_a_training_of_one_set_has_the_models_head(plan):
    found = plan(ALONE).coverage_trainings
    job = Job(model="small", fold="f1c0")
    assert (found.takers, found.shared) == ([], [])
    assert found.facts(job) == {
        "model": "small", "fold": "f1c0", "architecture": "borzuki", "training": "alone",
        "head": "human"}  # fmt: skip
    assert found.files(job) == {
        "stores": ["results/coverage_sets/sim.zarr"],
        "digests": ["results/coverage_sets/sim.digest"],
        "targets": ["human.tsv"],
        "outputs": "results/training/small.foldf1c0.outputs.tsv",
    }
    assert found.tables(job) == {"targets": ["human.tsv", "human.tsv"]}


def test_a_training_of_several_is_of_no_model(plan):
    found = plan(SHARED)
    trained = found.coverage_trainings
    assert (found.training_jobs.models, trained.takers) == ([], ["duo_human", "duo_mouse"])
    job = Job(training="duo", fold="f0c0")
    assert trained.files(job)["targets"] == ["mouse.tsv", "human.tsv"]
    assert "outputs" not in trained.files(job)
    assert trained.facts(job)["head"] == "mouse,human"
    mouse = Job(model="duo_mouse", fold="f0c0")
    assert trained.shared_heads(mouse) == {
        "heads": "results/training/duo.foldf0c0.heads",
        "history": "results/training/duo.foldf0c0.heads.history.tsv",
    }
    assert found.trainings.weights(mouse) == f"{TAKEN}.safetensors"
    assert found.trainings.history(mouse) == f"{TAKEN}.history.tsv"
    assert trained.dataset_of("duo_mouse", "f0c0") == "second"
    with pytest.raises(InputError, match=r"is of training duo, .*: ask for that file"):
        trained.files(mouse)  # it would train all heads for one


def test_weights_that_a_training_started_from_saw_their_sets_too(plan):
    first = "results/training/duo_human.foldf0c0.head.safetensors"
    more = {
        name: [*rows, *ALONE[name]] for name, rows in SHARED.items() if name[0] in "mft"
    }  # models, folds, trainings
    tables = SHARED | more | {"folds": [*SHARED["folds"], ("small", "f0c1", "train", "alone")],
                              "trainings": changed(more["trainings"], 1, 3, first)}  # fmt: skip
    found = plan(tables).coverage_trainings
    assert found.seen_by("small", "f0c1") == ["second", "sim"]
    assert found.seen_by("duo_human", "f0c0") == ["second", "sim"]
    assert plan(SHARED).coverage_trainings.seen_by("small", "none") == []


def test_weights_of_tracks_follow_their_descriptions(plan, tmp_path):
    job = Job(model="small", fold="f0c0")
    assert plan(ALONE).coverage_trainings.track_weights(job) == []
    recipe = RECIPE | {"coverage": {"track_weights": {"human [12]": 4.0}}}
    (tmp_path / "recipe.json").write_text(json.dumps(recipe))
    assert plan(ALONE).coverage_trainings.track_weights(job) == [[1.0, 4.0, 4.0]]


def test_what_is_still_to_be_fetched_is_checked_by_its_job(plan, tmp_path):
    for name in ("params.json", "recipe.json", "human.tsv"):
        (tmp_path / name).unlink()
    assert plan(ALONE).coverage_trainings.shapes == {}


@pytest.mark.parametrize(("tables", "message"), [
    ({"trainings": changed(SHARED["trainings"], 0, 1, "sim,second")},
     "training duo: train is sim,second; several sets each name a head of their own, such as"),
    ({"trainings": changed(SHARED["trainings"], 0, 1, "human=sim,human=second")},
     "several sets each name"),
    ({"trainings": changed(SHARED["trainings"], 0, 1, "human=sim,mouse=mus")},
     "trainings.tsv: 'mus' has no row in datasets.tsv, which has sim, second; correct"),
    ({"trainings": changed(SHARED["trainings"], 0, 1, "human=sim,mouse=second,rat=sim")},
     "head rat is not in params.json, which has human, mouse"),
    ({"models": changed(SHARED["models"], 1, 4, "rat")}, "head rat is not in params.json"),
    ({"models": changed(SHARED["models"], 1, 4, "")},
     "head of model duo_mouse is empty; expected one that its training duo has: mouse, human"),
    ({"models": changed(changed(SHARED["models"], 1, 4, "human"), 1, 5, "human.tsv")},
     "duo_human and duo_mouse both take head human of training duo, fold f0c0"),
    ({"models": changed(SHARED["models"], 1, 3, "larger.json")},
     "hyperparameters of duo_mouse are not those of duo_human"),
    ({"models": changed(SHARED["models"], 1, 3, "recipe.json")},
     r"models.tsv \(duo_mouse\), column hyperparameters: recipe.json: params: unknown section"),
])  # fmt: skip
def test_a_mistake_of_a_shared_training_is_told(plan, tables, message):
    with pytest.raises(InputError, match=message):
        plan(SHARED | tables)


@pytest.mark.parametrize(("tables", "message"), [
    ({"trainings": changed(ALONE["trainings"], 0, 1, "sin")}, "trainings.tsv: 'sin' has no row in"),
    ({"datasets": [SET | {"assembly": "sam"}]}, "datasets.tsv: 'sam' has no row in assemblies.tsv"),
    ({"datasets": [SET | {"settings": "longer.json"}]},
     r"datasets.tsv: window_bp of sim \(longer.json\) is 4096, but seq_length of params.json, which "
     "learns it, is 2048"),
    ({"datasets": [("sim", "reads", "", "r.fq")]}, "dataset sim is of kind reads; expected coverage"),
    ({"datasets": [SET | {"path": "mouse.tsv"}]},
     "mouse.tsv has 2 tracks, params.json, which learns it, has 3 units"),
    ({"models": changed(ALONE["models"], 0, 4, "rat"), "folds": [("small", 0, "random", 1)]},
     "models.tsv: model small: head rat is not in params.json, which has human, mouse"),
    ({"models": changed(ALONE["models"], 0, 4, "mouse")}, "human.tsv names output 2, models.tsv: small"),
    ({"folds": changed(ALONE["folds"], 1, 1, "f0")},
     "fold f0 of model small is the training that fold f0c0 is; expected one name for each"),
    ({"folds": changed(ALONE["folds"], 1, 1, "best")}, "fold 'best'; expected a number, or names such"),
    ({"trainings": changed(ALONE["trainings"], 0, 3, "results/training/small.foldf0c0.safetensors")},
     "fold f1c0 of model small starts from fold f0c0 of small, which learned from windows that will evaluate it"),
])  # fmt: skip
def test_a_mistake_of_a_training_of_one_set_is_told(plan, tables, message):
    with pytest.raises(InputError, match=message):
        plan(ALONE | tables)


@pytest.mark.parametrize(("file", "content", "message"), [
    ("recipe.json", RECIPE | {"coverage": {"track_weights": {"mouse": 2.0}}},
     "training alone: recipe.json: coverage.track_weights: 'mouse' is found in the description of none"),
    ("params.json", {"model": PARAMS["model"] | {"dropuot": 1}}, "params.json: .*dropuot"),
])  # fmt: skip
def test_a_mistake_in_a_file_is_told(plan, tmp_path, file, content, message):
    (tmp_path / file).write_text(json.dumps(content))
    with pytest.raises(InputError, match=message):
        plan(ALONE)
