"""Two genomes that train one network together: a training a fold, a model a head."""

import json
from pathlib import Path

import polars as pl
import pytest
import yaml

from seqcast.models.convert import read_safetensors
from seqcast.simulate import simulate_genome, species_parameters
from tests.workflow.conftest import Workflow, new_folder
from tests.workflow.small_coverage import (
    CONFIG,
    FEW,
    HYPERPARAMETERS,
    RECIPE,
    SET,
    TABLES,
    TARGETS,
    WINDOWS,
)

pytestmark = pytest.mark.slow

TRACKS = {"human": 22, "mouse": 4}
PARAMS = {
    "model": HYPERPARAMETERS["model"]
    | {f"head_{h}": HYPERPARAMETERS["model"]["head_human"] | {"units": n} for h, n in TRACKS.items()}
}  # fmt: skip
MODELS = [
    ("duo_human", "borzuki", "coverage", "params.json", "human", TARGETS, ""),
    ("duo_mouse", "borzuki", "coverage", "params.json", "mouse", "other/few.tsv", ""),
]
FOLDS = [(model, "f0c0", "train", "duo") for model, *_ in MODELS]
# the mouse comes first: heads are matched by name, not by the order of the hyperparameters
TRAININGS = [("duo", "mouse=other, human=sim", "", "", "recipe.json")]
OTHER = SET | {
    "dataset": "other",
    "assembly": "other",
    "path": "other/few.tsv",
    "settings": "other.json",
}
SCORED = [f"results/variant_effects/{model}/few.ensemble.parquet" for model, *_ in MODELS]
TESTED = ("results/coverage_accuracy/duo_human/sim.foldf0c0.tracks.tsv",
          "results/coverage_accuracy/duo_mouse/other.foldf0c0.tracks.tsv")  # fmt: skip
CURVES = [f"results/training/{model}.fold{fold}.learning_curve.png" for model, fold, *_ in FOLDS]


def configure(run: Workflow, demo_tables: dict, **tables: list[tuple]) -> None:
    """Tables of two genomes, other rows where they are given; one small set of variants."""
    assemblies = [*demo_tables["assemblies"],
                  ("other", "other/genome.fa", "other/annotation.gtf", "")]  # fmt: skip
    variants = ("few", "variants", "other", "other/variants.vcf", 1, "", "", "", "")
    shared = {"models": MODELS, "folds": FOLDS, "trainings": TRAININGS,
              "datasets": [variants, SET, OTHER]}  # fmt: skip
    run.configure({**TABLES, "assemblies": assemblies, **shared, **tables}, **CONFIG)


@pytest.fixture(scope="module")
def tables_only(
    root: Path, demo_tables: dict, tmp_path_factory: pytest.TempPathFactory
) -> Workflow:
    """A second genome whose tracks are fewer, and nothing made yet."""
    run = new_folder(root, tmp_path_factory.mktemp("coverage_heads"))
    species = species_parameters("b", {"chrT1": 24, "chrT2": 12}, FEW)
    simulate_genome(species, 2, run.folder / "other", measured=True)
    lines = (run.folder / "other/targets.tsv").read_text().splitlines(keepends=True)
    (run.folder / "other/few.tsv").write_text("".join(lines[: 1 + TRACKS["mouse"]]))
    settings = {"windows": WINDOWS, "other": WINDOWS | {"fixed": {"chrT2": "test"}}}
    for name, content in {"params": PARAMS, "recipe": RECIPE, **settings}.items():
        (run.folder / f"{name}.json").write_text(json.dumps(content))
    configure(run, demo_tables)
    return run


@pytest.fixture(scope="module")
def run(tables_only: Workflow, tmp_path_factory: pytest.TempPathFactory) -> Workflow:
    """Both models trained, scored on variants and tested."""
    run = tables_only.copy(tmp_path_factory.mktemp("trained") / "run")
    planned = run.planned("--nocolor", *SCORED, *TESTED, *CURVES)
    assert (planned["train_heads"], planned["take_head"]) == (1, 2)
    assert "train" not in planned
    run.succeed(*SCORED, *TESTED, *CURVES)
    return run


def test_processes_are_those_of_the_config(tables_only: Workflow, tmp_path: Path) -> None:
    other = tables_only.copy(tmp_path / "copy")
    config = yaml.safe_load((other.folder / "config.yaml").read_text())
    (other.folder / "config.yaml").write_text(
        yaml.safe_dump(config | {"training": {"processes": 2}, "inference": {"device": "auto"}})
    )
    planned = other.run("-n", "results/training/duo.foldf0c0.heads").stdout
    assert planned.count("gpu=2") == 1


def test_each_model_has_weights_and_history_of_its_head(run: Workflow) -> None:
    folder, trunks = run.folder / "results/training", []
    whole = pl.read_csv(folder / "duo.foldf0c0.heads.history.tsv", separator="\t")
    for model, head in (("duo_human", "human"), ("duo_mouse", "mouse")):
        tensors, facts = read_safetensors(folder / f"{model}.foldf0c0.head.safetensors")
        assert tensors["head.bias"].shape == (TRACKS[head],)
        assert (facts["model"], facts["head"], facts["fold"]) == (model, head, "f0c0")
        assert (facts["training"], facts["origin"]) == ("duo", "train")
        history = pl.read_csv(folder / f"{model}.foldf0c0.head.history.tsv", separator="\t")
        assert history["validation_loss"].to_list() == whole[f"validation_loss_{head}"].to_list()
        assert facts["step"] == str(history.filter("best")["step"][-1])
        trunks.append(facts["data_sha256"])
    assert trunks[0] == trunks[1]
    assert not list((folder / "checkpoints").glob("*.pt"))


def test_each_model_is_scored_and_tested_on_the_tracks_of_its_head(run: Workflow) -> None:
    for path, tested, targets in zip(SCORED, TESTED, (TARGETS, "other/few.tsv"), strict=True):
        tracks = pl.read_csv(run.folder / targets, separator="\t")
        strands = tracks.filter(pl.col("strand_pair") >= tracks[:, 0]).height  # a pair is one
        scores = pl.read_parquet(run.folder / path).filter(status="scored")
        assert scores.height > 0
        assert scores["logSED"].dtype.size == strands
        found = pl.read_csv(run.folder / tested, separator="\t")
        assert found["identifier"].to_list() == tracks["identifier"].to_list()


def test_nothing_is_left_to_do_and_no_model_starts_another_training(
    run: Workflow, demo_tables: dict, tmp_path: Path
) -> None:
    assert run.planned("--nocolor", *SCORED, *TESTED, *CURVES) == {}
    other = run.copy(tmp_path / "copy")
    configure(other, demo_tables, models=MODELS[1:], folds=FOLDS[1:])  # without the other model
    assert other.planned("--nocolor", SCORED[1], CURVES[1]) == {}
    for path in other.folder.glob("results/training/duo_mouse.*"):
        path.unlink()
    configure(other, demo_tables)  # as if the second model came later
    jobs = other.planned("--nocolor", *CURVES)
    assert jobs == {"take_head": 1, "plot_learning_curve": 1}


def test_each_fold_has_a_training_and_each_head_a_set_to_be_tested_on(
    tables_only: Workflow, tmp_path: Path, demo_tables: dict
) -> None:
    other = tables_only.copy(tmp_path / "copy")
    more = [(model, "f1c0", *rest) for model, _, *rest in FOLDS]
    configure(other, demo_tables, folds=FOLDS + more)
    jobs = other.planned("--nocolor")
    assert (jobs["train_heads"], jobs["store_targets"]) == (2, 2)
    assert (jobs["evaluate_coverage"], jobs["plot_accuracy"]) == (4, 2)


def test_a_model_may_have_folds_of_both_kinds(tables_only: Workflow, tmp_path: Path,
                                              demo_tables: dict) -> None:  # fmt: skip
    other = tables_only.copy(tmp_path / "copy")
    alone = ("alone", "sim", "", "", "recipe.json")
    folds = [("duo_human", "f0", "train", "duo"), ("duo_human", "f0c0", "train", "alone")]
    configure(other, demo_tables, models=MODELS[:1], folds=folds, trainings=[*TRAININGS, alone])
    jobs = other.planned("--nocolor")
    assert [jobs[r] for r in ("train", "train_heads", "take_head")] == [1, 1, 1]
