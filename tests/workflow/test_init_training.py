"""`seqcast init-training`: from tracks to a trained model, and what it refuses."""

import json
from pathlib import Path

import polars as pl
import pytest
import yaml

from seqcast.cli import main
from seqcast.models.convert import read_safetensors
from seqcast.plan.run import plan_run
from seqcast.simulate import Parameters, simulate_genome
from tests.workflow.conftest import Workflow

FEW = Parameters(contigs=(("chrS1", 24), ("chrS2", 12)), causal_snvs=2, causal_indels=2, decoys=2,
                 planted_snvs=5, planted_decoys=2, planted_ares=1)  # fmt: skip


@pytest.fixture(scope="module")
def simulated(tmp_path_factory) -> Path:
    """A genome with its tracks, in files of a lab."""
    folder = tmp_path_factory.mktemp("lab")
    simulate_genome(FEW, 3, folder, measured=True)
    return folder


@pytest.fixture
def call(simulated, tmp_path, monkeypatch, capsys):
    """Run the command where the user stands; returns status, output and errors.

    No step is timed: see the last test.
    """
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("seqcast.training.step_times.seconds_per_window", lambda *_: 0.5)

    def run(folder: str, *arguments: object, tracks: str = "coverage/sim_actd_*.bw",
            genome: Path | None = None):  # fmt: skip
        given = [] if "--samples" in arguments else [f"--bigwig={simulated}/{tracks}"]
        status = main(["init-training", folder, f"--genome={genome or simulated / 'genome.fa'}",
                       f"--annotation={simulated}/annotation.gtf", *given,
                       *map(str, arguments)])  # fmt: skip
        return status, *capsys.readouterr()

    return run


def test_the_config_is_one_that_a_run_takes(call, tmp_path, root, monkeypatch):
    status, told, errors = call("run")
    assert (status, errors) == (0, "")
    config = tmp_path / "run/config"
    targets = pl.read_csv(config / "targets.tsv", separator="\t")
    assert targets["description"].to_list() == [
        f"RNA:ActD:sim {h}h" for h in (0, 2, 4, 8) for _ in "+-"]  # fmt: skip
    assert targets["strand_pair"].to_list() == [1, 0, 3, 2, 5, 4, 7, 6]
    assert targets["group"].unique().to_list() == ["sim ActD"]
    params = json.loads((config / "network.json").read_text())["model"]
    windows = json.loads((config / "windows.json").read_text())
    assert (params["head_human"]["units"], params["seq_length"]) == (8, windows["window_bp"])
    assert "  sim_actd_2h-.bw  sim     ActD   2h    -          -" in told
    assert "30 steps per minute" in told  # of 4 windows of 0.5 s
    assert "correct samples.tsv" in told
    monkeypatch.chdir(tmp_path / "run")
    loaded = yaml.safe_load(Path("config/config.yaml").read_text())
    assert loaded["coverage_accuracy"] == {
        "decay_courses": {"my_tracks": "^RNA:ActD:"}, "decay_shape": "decay"}  # fmt: skip
    plan = plan_run(loaded, root / "workflow/schemas")
    assert "results/training/my_tracks.foldf0c0.learning_curve.png" in plan.targets


def test_a_corrected_sheet_is_taken(call, tmp_path):
    call("run")
    sheet = tmp_path / "run/samples.tsv"
    table = pl.read_csv(sheet, separator="\t").with_columns(pl.col("hours") / 2, sample=pl.lit("x"))
    table.write_csv(sheet, separator="\t")
    assert call("run", "--samples", sheet)[0] == 2  # a config is there
    assert call("run", "--samples", sheet, "--force")[0] == 0
    targets = pl.read_csv(tmp_path / "run/config/targets.tsv", separator="\t")
    assert targets["description"][2] == "RNA:ActD:x 1h"
    assert Path(targets["file"][0]).is_file()


def test_a_fine_tuning_takes_windows_and_folds_of_its_base(call, tmp_path, root, monkeypatch):
    status, _, errors = call(
        "run", "--from", "borzuki_tiny", "--mode", "houlsby", "--folds", "0", "1")  # fmt: skip
    assert (status, errors) == (2, errors)
    assert "takes windows of 16,384 bp, of which the genome has too few: 2 contigs" in errors
    monkeypatch.setattr("seqcast.plan.training_choices.PARTITIONS", {3: 1})
    assert call("run", "--from", "borzuki_tiny", "--mode", "houlsby", "--folds", "0", "1")[0] == 0
    config = tmp_path / "run/config"
    rows = [line.split("\t") for line in (config / "trainings.tsv").read_text().splitlines()[1:]]
    assert [(row[0], Path(row[3]).name) for row in rows] == [
        ("my_tracks_f0", "fold0.safetensors"), ("my_tracks_f1", "fold1.safetensors")]  # fmt: skip
    assert json.loads((config / "network.json").read_text())["model"]["adapter"] == "houlsby"
    monkeypatch.chdir(tmp_path / "run")
    plan_run(yaml.safe_load(Path("config/config.yaml").read_text()), root / "workflow/schemas")


@pytest.mark.parametrize(
    ("arguments", "tracks", "message"),
    [
        ([], "coverage/none*.bw", "no such file, and no file matches it"),
        (["--window", "65536"], "coverage/sim_actd_*.bw", "--window 65536: too long for 2 contigs"),
        (["--folds", "9"], "coverage/sim_actd_*.bw", "--folds 9: expected a number below"),
        (["--mode", "full"], "coverage/sim_actd_*.bw", "--mode full: fine-tunes a model, and none"),
        (["--from", "hl_klip"], "coverage/sim_actd_*.bw", "--from hl_klip: no such model"),
        (["--bam", "a.bam"], "coverage/sim_actd_*.bw", "--bigwig and --bam given; expected one"),
        (["--library-type", "unstranded"], "coverage/sim_actd_*.bw", "of BAM files, but "),
        ([], "coverage/sim_actd_*+.bw", "strand + of sim_ActD_0h; expected + and -"),
        ([], "coverage/sim_actd_0h*.bw", "has one time, 0 h; expected two or more"),
    ],
)
def test_a_mistake_is_named_and_nothing_written(call, tmp_path, arguments, tracks, message):
    status, _, error = call("run", *arguments, tracks=tracks)
    assert status == 2
    assert message in error
    assert not (tmp_path / "run").exists()


def test_alignments_give_a_track_per_strand(call, simulated, tmp_path, root, monkeypatch):
    for hours in (0, 4):
        (tmp_path / f"a_ActD_{hours}h.bam").touch()  # a job reads them
    sheet = tmp_path / "samples.tsv"
    rows = "".join(f"a_ActD_{h}h.bam\ta\tActD\t{h}\n" for h in (0, 4))
    sheet.write_text(f"file\tsample\tassay\thours\n{rows}")
    status, _, error = call("run", "--samples", sheet)
    assert status == 2
    assert "which strand reads come from is not known; give --library-type" in error
    assert call("run", "--samples", sheet, "--library-type", "fr-firststrand")[0] == 0
    monkeypatch.chdir(tmp_path / "run")
    targets = pl.read_csv("config/targets.tsv", separator="\t")
    assert targets["file"].to_list() == [
        f"results/coverage_tracks/a_ActD_{h}h.{strand}.bw"
        for h in (0, 4) for strand in ("plus", "minus")]  # fmt: skip
    plan = plan_run(
        yaml.safe_load(Path("config/config.yaml").read_text()), root / "workflow/schemas"
    )
    assert plan.libraries.stranded == ["a_ActD_0h", "a_ActD_4h"]


def test_tracks_of_another_genome_are_refused(call, simulated, tmp_path):
    other = tmp_path / "other.fa"
    text = (simulated / "genome.fa").read_text()
    other.write_text(text.replace(">chrS1\n", ">chrS1\nACGTACGT"))
    status, _, error = call("run", genome=other)
    assert status == 2
    assert "expected a track of the same assembly" in error


@pytest.mark.slow
def test_from_tracks_to_a_trained_model(root, simulated, tmp_path, monkeypatch):
    """Start to end: the config, its dry-run, and a training of four steps."""
    monkeypatch.chdir(tmp_path)
    assert main(["init-training", "run", f"--genome={simulated}/genome.fa",
                 f"--annotation={simulated}/annotation.gtf",
                 f"--bigwig={simulated}/coverage/sim_actd_*.bw", "--device=cpu"]) == 0  # fmt: skip
    run = Workflow(root, tmp_path / "run")
    config, weights = "config/config.yaml", "results/training/my_tracks.foldf0c0.safetensors"
    page = "results/coverage_sets/my_tracks.preflight.html"
    planned = run.planned(config=config)
    assert planned["train"] == planned["check_targets"] == 1
    recipe = run.folder / "config/recipe.json"
    recipe.write_text(json.dumps(json.loads(recipe.read_text()) | {
        "steps": 4, "evaluate_every": 4, "precision": "fp32"}))  # fmt: skip
    run.succeed(weights, page, config=config)
    assert len(json.loads(read_safetensors(run.folder / weights)[1]["tracks"])) == 8
    assert "sim_ActD_8h+" in (run.folder / page).read_text()
