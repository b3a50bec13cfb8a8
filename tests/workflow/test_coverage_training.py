"""A coverage model trained by the workflow on a simulated genome, and used with no other change."""

import json
import shutil
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import torch
import yaml

from seqcast.datasets.coverage.target_store import CoverageStore
from seqcast.models.convert import read_safetensors
from seqcast.predict.coverage.coverage_files import read_coverage
from tests.workflow.conftest import Workflow, new_folder
from tests.workflow.small_coverage import (
    CONFIG,
    RECIPE,
    SET,
    TABLES,
    TARGETS,
    WINDOW_BP,
    write_settings,
)

pytestmark = pytest.mark.slow

PREDICTED = "results/coverage/small/regions.ensemble.zarr"


@pytest.fixture(scope="module")
def run(root: Path, demo_tables: dict, tmp_path_factory: pytest.TempPathFactory) -> Workflow:
    """Two folds of a small model, trained and run on a region of the test contig."""
    run = new_folder(root, tmp_path_factory.mktemp("coverage_training"))
    write_settings(run)
    (run.folder / "regions.bed").write_text("chrS2\t1000\t7000\n")
    regions = ("regions", "windows", "simulated", "regions.bed", 1, "", "", "", "")
    own = {"assemblies": demo_tables["assemblies"], "datasets": [regions, SET]}
    run.configure(TABLES | own, **CONFIG)
    run.succeed(PREDICTED, "results/training/small.foldf0c0.learning_curve.png")
    return run


def test_windows_keep_the_test_contig_apart(run: Workflow) -> None:
    store = CoverageStore.open(run.folder / "results/coverage_sets/sim.zarr")
    parts = store.windows.group_by("part").agg(pl.col("chrom").unique()).rows_by_key("part")
    assert {name: chroms for name, ((chroms,),) in parts.items()} == {
        **{f"fold{i}": ["chrS1"] for i in range(3)}, "test": ["chrS2"]}  # fmt: skip
    assert len(store.identifiers) == 22
    assert store.targets(0).shape == (22, WINDOW_BP // 32)


def test_folds_differ_and_say_how_they_came_about(run: Workflow) -> None:
    facts = []
    for fold in ("f0c0", "f1c0"):
        weights = run.folder / f"results/training/small.fold{fold}.safetensors"
        facts.append(read_safetensors(weights)[1])
    assert [f["fold"] for f in facts] == ["f0c0", "f1c0"]
    assert {(f["origin"], f["training"], f["head"]) for f in facts} == {("train", "both", "human")}
    assert json.loads(facts[0]["recipe"]) == RECIPE
    history = pl.read_csv(
        run.folder / "results/training/small.foldf0c0.history.tsv", separator="\t"
    )
    assert history["epoch"].to_list() == [0, 1, 2]
    assert history["train_loss"][2] < history["train_loss"][1]


def test_what_was_trained_predicts_with_no_other_change(run: Workflow) -> None:
    with read_coverage(run.folder / PREDICTED) as coverage:
        values = np.asarray(coverage.values[:])
    assert values.shape[1] == 22
    assert np.isfinite(values).all()
    assert (values.std(axis=(0, 2)) > 0).all()
    assert run.planned("--nocolor", PREDICTED) == {}


def test_an_architecture_of_ones_own_is_trained_and_fine_tuned(
    run: Workflow, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = run.copy(tmp_path / "copy")
    shutil.copy(root / "tests/seqcast/models/dilated_cnn.py", other.folder)
    shape = {"window_length_bp": WINDOW_BP, "bin_size_bp": 32, "channels": 8, "blocks": 3}
    (other.folder / "dilated.json").write_text(json.dumps({**shape, "heads": {"human": 22}}))
    lora = {**RECIPE, "coverage": {"transfer": {"mode": "lora", "rank": 2}}}
    (other.folder / "lora.json").write_text(json.dumps(lora))
    network = "dilated_cnn:DilatedCnn\tcoverage\tdilated.json\thuman"
    for name, rows in {
        "models": [f"{model}\t{network}\t{TARGETS}\t" for model in ("dilated", "tuned")],
        "folds": [f"{model}\tf0c0\ttrain\t{model}" for model in ("dilated", "tuned")],
        "trainings": [
            "dilated\tsim\t\t\trecipe.json",
            "tuned\tsim\t\tresults/training/dilated.foldf0c0.safetensors\tlora.json",
        ],
    }.items():
        with (other.folder / f"{name}.tsv").open("a") as file:
            file.write("".join(f"{row}\n" for row in rows))
    monkeypatch.setenv("PYTHONPATH", str(other.folder))
    made = "results/coverage/tuned/regions.ensemble.zarr"
    other.succeed(made)
    first, tuned = (
        read_safetensors(other.folder / f"results/training/{model}.foldf0c0.safetensors")
        for model in ("dilated", "tuned")
    )
    assert tuned[1]["architecture"] == "dilated_cnn:DilatedCnn"
    changed = {name for name in tuned[0] if not torch.equal(first[0][name], tuned[0][name])}
    projections = {f"blocks.{i}.projection.weight" for i in range(3)}
    assert {name for name in changed if "num_batches" not in name} == projections | {
        "head.weight", "head.bias"}  # fmt: skip
    with read_coverage(other.folder / made) as coverage:
        assert np.isfinite(np.asarray(coverage.values[:])).all()
    code = (other.folder / "dilated_cnn.py").read_text()
    (other.folder / "dilated_cnn.py").write_text(code.replace("padding=7", "padding=3 + 4"))
    assert set(other.planned("--nocolor", made, PREDICTED)) == {
        "train", "prepare_weights", "predict_coverage", "ensemble_coverage"}  # fmt: skip


def test_tracks_are_checked_before_the_training(run: Workflow, tmp_path: Path) -> None:
    other, weights = run.copy(tmp_path / "copy"), "results/training/small.foldf0c0.safetensors"
    lines = (other.folder / TARGETS).read_text().splitlines(keepends=True)
    models = other.folder / "models.tsv"
    models.write_text(models.read_text().replace(TARGETS, "own.tsv"))
    (other.folder / "own.tsv").write_text("".join(lines[:5]))  # a subset trains nothing anew
    assert other.planned("--nocolor", weights) == {"check_tracks": 1}
    other.succeed(weights)
    assert other.planned("--nocolor", weights) == {}
    cells = [line.split("\t") for line in lines[1:3]]
    cells[0][1], cells[1][1] = cells[1][1], cells[0][1]
    (other.folder / "own.tsv").write_text("".join([lines[0], *map("\t".join, cells)]))
    result = other.run(weights)
    assert result.returncode != 0
    assert f"own.tsv: output 0 is '{cells[0][1]}'; expected" in result.stdout + result.stderr
    assert (other.folder / weights).exists()


def test_processes_that_share_a_training(run: Workflow, tmp_path: Path) -> None:
    other, weights = run.copy(tmp_path / "copy"), "results/training/small.foldf0c0.safetensors"
    config = yaml.safe_load((other.folder / "config.yaml").read_text())
    config |= {"training": {"processes": 2}, "inference": {"device": "auto"}}
    (other.folder / "config.yaml").write_text(yaml.safe_dump(config))
    planned = other.run("-n", weights)
    assert "threads: 2" in planned.stdout
    assert "gpu=2" in planned.stdout
    other.succeed(weights)
    assert read_safetensors(other.folder / weights)[1]["processes"] == "2"
    log = (other.folder / "logs/train/small.foldf0c0.log").read_text()
    assert log.count("step 0 of") == 1
    (other.folder / "recipe.json").write_text(json.dumps(RECIPE | {"learning_rate": 1e30}))
    failed = other.run(weights)
    assert failed.returncode != 0
    log = (other.folder / "logs/train/small.foldf0c0.log").read_text()
    assert log.count("ERROR: training went astray") == log.count("ERROR") == 1
    assert "Traceback" not in log
    said = failed.stdout + failed.stderr
    assert said.count("ERROR: training went astray") == 1
    assert "Traceback" not in said


def test_predictions_are_compared_with_the_planted_truth(run: Workflow, tmp_path: Path) -> None:
    other = run.copy(tmp_path / "copy")
    with (other.folder / "datasets.tsv").open("a") as file:
        for name, kind, path in (("planted", "variants", "planted_variants.vcf"),
                                 ("held_out", "windows", "held_out.bed")):  # fmt: skip
            file.write(f"{name}\t{kind}\tsimulated\tresources/simulated/{path}\t1\t\t\t\t\n")
    config = yaml.safe_load((other.folder / "config.yaml").read_text())
    config["planted_truth"] = {
        "variants": "planted", "coverage": "held_out", "held_out": ["chrS2"],
    }  # fmt: skip
    (other.folder / "config.yaml").write_text(yaml.safe_dump(config))
    made = [f"results/planted_truth/small.{kind}" for kind in ("png", "html")]
    assert other.planned("--nocolor", *made)["evaluate_planted_truth"] == 1
    other.succeed(*made)
    variants = pl.read_parquet(other.folder / "results/planted_truth/small.variants.parquet")
    vcf = (other.folder / "resources/simulated/planted_variants.vcf").read_text()
    assert len(variants) == sum(not line.startswith("#") for line in vcf.splitlines()) == 16
    genes = pl.read_parquet(other.folder / "results/planted_truth/small.genes.parquet")
    assert len(genes) == 12
    config["planted_truth"]["held_out"] = ["chrS1"]
    (other.folder / "config.yaml").write_text(yaml.safe_dump(config))
    failed = other.run("results/planted_truth/small.tsv")
    assert "but chrS1 is to be held out" in failed.stdout + failed.stderr
    config["planted_truth"]["coverage"] = "planted"
    (other.folder / "config.yaml").write_text(yaml.safe_dump(config))
    assert "planted_truth.coverage is 'planted'" in other.run("-n").stdout
    config["planted_truth"] |= {"coverage": "held_out", "held_out": []}
    (other.folder / "config.yaml").write_text(yaml.safe_dump(config))
    assert "planted_truth.held_out is empty" in other.run("-n").stdout
