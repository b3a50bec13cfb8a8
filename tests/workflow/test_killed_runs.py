"""Runs that are killed, locked, shared or seen late: a restart ends where an undisturbed run does."""

import os
import random
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path

import pytest
from polars.testing import assert_frame_equal

from seqcast.core.store import read_table
from tests.workflow.test_faults import FIRST_SEED, ROUNDS
from tests.workflow.test_run import SCORES, SET, wait_for

pytestmark = pytest.mark.slow

HEADS = max(2, ROUNDS // 10)  # rounds in which Snakemake is killed
FINAL = [f"{SCORES}/{SET}.{name}.parquet" for name in
         ("fold0", "fold1", "window.fold0", "window.fold1", "ensemble", "window.ensemble")]  # fmt: skip
SLOWEST_START_S, RUN_S = 2.0, 12.0


def hidden(folder: Path) -> set[str]:
    """What jobs have left of their work."""
    tops = ("results", "resources/assemblies", "resources/models")
    found = {str(p) for top in tops for p in (folder / top).rglob(".*")}
    return {path for path in found if not path.endswith(".snakemake_timestamp")}


@pytest.fixture
def unscored(finished, tmp_path):
    """The finished run without its scores."""
    run = finished.copy(tmp_path / "run")
    for path in FINAL:
        (run.folder / path).unlink()
    return run


def wait_for_end(group: int) -> None:
    """Wait for jobs that a killed Snakemake left behind."""
    end = time.monotonic() + 60
    with suppress(ProcessLookupError):
        while time.monotonic() < end:
            os.killpg(group, 0)
            time.sleep(0.1)


def test_a_run_that_is_killed_again_and_again_comes_to_the_same_end(finished, unscored):
    whole = {path: read_table(finished.folder / path) for path in FINAL}
    rng, groups = random.Random(FIRST_SEED), []
    for turn in range(HEADS):
        with unscored.start("--rerun-incomplete", *FINAL) as process:
            with suppress(subprocess.TimeoutExpired):
                process.communicate(timeout=rng.uniform(SLOWEST_START_S, RUN_S))
            if turn % 2 == 0 and process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            process.kill()  # in every other turn, the jobs live on
            groups.append(process.pid)
        for path, table in whole.items():
            if (unscored.folder / path).exists():
                assert_frame_equal(read_table(unscored.folder / path), table, check_exact=True)
        unscored.succeed("--unlock")
    unscored.succeed("--rerun-incomplete", *FINAL)
    for group in groups:
        wait_for_end(group)
    for path, table in whole.items():
        assert_frame_equal(read_table(unscored.folder / path), table, check_exact=True)
    assert hidden(unscored.folder) == set()


def test_a_second_snakemake_is_refused_and_told_why(finished, tmp_path):
    run = finished.copy(tmp_path / "run")
    target = f"{SCORES}/{SET}.ensemble.tsv.gz"
    before = (run.folder / target).read_bytes()
    (run.folder / target).unlink()
    first = run.start(target)
    wait_for(lambda: list((run.folder / ".snakemake/locks").glob("*")), first)
    os.killpg(first.pid, signal.SIGSTOP)
    try:
        second = run.run(target)
    finally:
        os.killpg(first.pid, signal.SIGCONT)
    assert second.returncode == 1
    assert "Directory cannot be locked" in second.stderr
    assert "--unlock" in second.stderr
    assert "Traceback" not in second.stderr
    _, told = first.communicate()
    assert first.returncode == 0, told
    assert (run.folder / target).read_bytes() == before


def test_two_configs_share_what_is_prepared(finished, tmp_path):
    other = finished.copy(tmp_path / "run", "results", ".snakemake", "resources")
    (other.folder / "resources").symlink_to(finished.folder / "resources")
    planned = other.planned("--rerun-incomplete", *FINAL)
    assert planned["score_variants"] == 4
    assert planned.keys().isdisjoint({"prepare_genome", "prepare_annotation", "prepare_weights",
                                      "simulate_genome"})  # fmt: skip


LATE = """
import os, pathlib, subprocess
rename = pathlib.Path.replace
def replace(self, target):
    if "seqcast" in os.environ.get("LATE", "") and str(target).endswith(".tsv.gz"):
        rename(self, f"{target}.late")
        subprocess.Popen(["sh", "-c", 'sleep 2; mv "$0.late" "$0"', str(target)], start_new_session=True)
    else:
        rename(self, target)
pathlib.Path.replace = replace
"""


def test_an_output_may_be_seen_late(finished, tmp_path, monkeypatch):
    """As on a network file system."""
    run = finished.copy(tmp_path / "run")
    target = f"{SCORES}/{SET}.ensemble.tsv.gz"
    before = (run.folder / target).read_bytes()
    (run.folder / target).unlink()
    (tmp_path / "late").mkdir()
    (tmp_path / "late/sitecustomize.py").write_text(LATE)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "late"))
    monkeypatch.setenv("LATE", "seqcast")
    run.succeed("--latency-wait", "30", target)
    assert (run.folder / target).read_bytes() == before
