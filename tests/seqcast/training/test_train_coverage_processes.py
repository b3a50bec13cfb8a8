"""A coverage model that several processes of one job train: as one process does, and as exactly.

python -m tests.seqcast.training.test_train_coverage_processes FOLDER    (trains by two)
"""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import torch

from seqcast.core.errors import InputError
from seqcast.core.logs import USER_ERROR, reporting
from seqcast.models.convert import read_safetensors
from seqcast.training.train_coverage import CoverageTrainingFiles, train_coverage
from tests.seqcast.training.test_coverage_network import PARAMS
from tests.seqcast.training.test_train_coverage import RECIPE, write_windows
from tests.seqcast.training.toys import outputs_in

# What differs between one process and two is off: dropout, and running statistics of batch
# normalisation. Parts of two windows are normalised on their own in both.
STEADY = {"dropout": 0.0, "attention_dropout": 0.0, "position_dropout": 0.0}
SHAPE = PARAMS["model"] | {
    "bn_momentum": 1 - 1e-15,
    "trunk": [{**block, **STEADY} if block["name"] == "transformer_tower" else block
              for block in PARAMS["model"]["trunk"]],
}  # fmt: skip
EPOCHS, STEPS = 10, 4  # of an epoch
SETTINGS = RECIPE | {"epochs": EPOCHS, "micro_batch_size": 2, "select_by": "pearsonr"}
FACTS = {"architecture": "borzuki", "model": "tiny", "fold": "0", "training": "toy"}
SOON_S = 60  # a loaded machine's


def new_files(folder: Path, **recipe: object) -> CoverageTrainingFiles:
    """A recipe, hyperparameters and a store of 32 windows."""
    folder.mkdir(exist_ok=True)
    (folder / "recipe.json").write_text(json.dumps(SETTINGS | recipe))
    (folder / "params.json").write_text(json.dumps({"model": SHAPE}))
    write_windows(folder, "human", 32, 1)
    return files_of(folder)


def files_of(folder: Path) -> CoverageTrainingFiles:
    return CoverageTrainingFiles(
        stores=(str(folder / "human.zarr"),), targets=(str(folder / "human.txt"),),
        recipe=str(folder / "recipe.json"), hyperparameters=str(folder / "params.json"),
    )  # fmt: skip


def run(folder: Path, processes: int, made: str = "out", device: str = "cpu") -> Path:
    """Train in a folder of `new_files`, with a log as a job's."""
    out = folder / made
    with reporting(out / "log"):
        train_coverage(
            files_of(folder), outputs_in(out, folder / f"{made}.pt"), FACTS, device, processes,
            processes,
        )  # fmt: skip
    return out


def history_of(out: Path) -> pl.DataFrame:
    return pl.read_csv(out / "history.tsv", separator="\t").drop("data_wait_share")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("processes")
    new_files(folder)
    return folder


@pytest.fixture(scope="module")
def by_two(folder: Path) -> Path:
    """What two processes made."""
    return run(folder, 2)


def test_two_processes_make_what_one_makes(folder: Path, by_two: Path) -> None:
    alone = run(folder, 1, "alone")
    (first, facts), (both, told) = (
        read_safetensors(out / "weights.safetensors") for out in (alone, by_two)
    )
    assert (facts["processes"], told["processes"]) == ("1", "2")
    assert facts["step"] == told["step"] == str(EPOCHS * STEPS)
    for name, expected in first.items():
        torch.testing.assert_close(both[name], expected, rtol=1e-5, atol=1e-5)
    expected, found = history_of(alone), history_of(by_two)
    assert found.columns == expected.columns
    for name in ("step", "train_loss", "validation_loss"):
        np.testing.assert_allclose(found[name].to_numpy(), expected[name].to_numpy(), rtol=1e-5)


def test_the_first_process_alone_writes_and_logs(folder: Path, by_two: Path) -> None:
    assert sorted(path.name for path in by_two.iterdir()) == [
        "history.tsv", "log", "weights.safetensors"]  # fmt: skip
    log = (by_two / "log").read_text()
    assert log.count("step 0 of") == log.count(f"step {STEPS} of") == 1
    assert not (folder / "out.pt").exists()  # the checkpoint


def test_a_killed_job_leaves_no_process_and_goes_on_exactly(
    root: Path, folder: Path, by_two: Path
) -> None:
    command = [sys.executable, "-m", "tests.seqcast.training.test_train_coverage_processes", folder]
    path, end = folder / "killed.pt", time.monotonic() + SOON_S
    with subprocess.Popen(command, cwd=root, stderr=subprocess.PIPE) as job:
        while not path.exists() and time.monotonic() < end:
            time.sleep(0.005)
        listed = subprocess.run(
            ["ps", "-o", "pid=", "--ppid", str(job.pid)], capture_output=True, check=True
        )
        job.send_signal(signal.SIGTERM)
        assert job.wait(SOON_S) == -signal.SIGTERM
    children = listed.stdout.split()
    assert len(children) == 2
    while alive(children) and time.monotonic() < end:
        time.sleep(0.02)
    assert not alive(children)
    assert 0 < torch.load(path, weights_only=True)["progress"]["step"] < EPOCHS * STEPS
    with pytest.raises(SystemExit):
        run(folder, 1, "killed")
    assert "number of processes was 2 and is 1" in (folder / "killed/log").read_text()
    out = run(folder, 2, "killed")
    assert "resumed from" in (out / "log").read_text()
    assert history_of(out).equals(history_of(by_two))
    (again, _), (straight, _) = (
        read_safetensors(made / "weights.safetensors") for made in (out, by_two)
    )
    assert all(torch.equal(again[name], tensor) for name, tensor in straight.items())


def alive(pids: list[bytes]) -> bool:
    """Whether any of these processes is there."""
    return bool([pid for pid in pids if Path(f"/proc/{pid.decode()}").exists()])


def test_a_loss_that_is_no_number_is_told_as_by_one_process(tmp_path: Path, capfd) -> None:
    new_files(tmp_path, learning_rate=1e30, warmup_steps=1, gradient_clip_norm=None)
    told = []
    for processes in (1, 2):
        with pytest.raises(SystemExit) as error:
            run(tmp_path, processes)
        assert error.value.code == USER_ERROR
        out, err = capfd.readouterr()
        told.append(err)
        assert out == ""
        assert (tmp_path / "out/log").read_text().endswith(err)
        batch = tmp_path / "out.pt.batch.txt"
        assert str(batch) in err
        assert "went astray" in batch.read_text()
        batch.unlink()
        (tmp_path / "out.pt").unlink(missing_ok=True)
    assert told[0] == told[1]
    assert told[0].count("\n") == 1
    assert told[0].startswith("ERROR: training went astray at step ")
    assert not (tmp_path / "out/weights.safetensors").exists()


def test_more_processes_than_work_are_refused(folder: Path, monkeypatch) -> None:
    def refused(processes: int, device: str = "cpu") -> str:
        with pytest.raises(InputError) as error:
            train_coverage(
                files_of(folder), outputs_in(folder, folder), FACTS, device, 1, processes
            )
        return str(error.value)

    told = refused(5)
    assert told.startswith("training.processes is 5, but a batch of ")
    assert "has 4 windows" in told
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    assert "this job sees 1 GPUs; expected one for each" in refused(2, "auto")
    assert "inference.device is cuda:1, one GPU" in refused(2, "cuda:1")
    monkeypatch.setenv("WORLD_SIZE", "2")
    assert "torch's launcher started this one" in refused(2)


if __name__ == "__main__":
    os.environ["OMP_NUM_THREADS"] = "1"
    run(Path(sys.argv[1]), 2, "killed")
