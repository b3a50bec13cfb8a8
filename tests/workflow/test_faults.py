"""Faults as clusters have them: kills at any moment, full and read-only disks, damage, clocks.

A dozen rounds of kills here; ``make test-faults`` runs many (SEQCAST_FAULT_ROUNDS: how many,
SEQCAST_SEED: from which seed on).
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from seqcast.core.errors import InputError, WriteError
from seqcast.core.seals import written_by
from seqcast.core.store import read_table, write_table
from seqcast.predict.variants.ensemble import average_folds, gather_shards
from seqcast.predict.variants.score_shard import ShardTables, score_shard
from tests.seqcast.predict.variants.shard_job import flip, write_job

pytestmark = pytest.mark.slow

ROUNDS = int(os.environ.get("SEQCAST_FAULT_ROUNDS", "12"))
FIRST_SEED = int(os.environ.get("SEQCAST_SEED", "0"))


def test_a_job_that_is_killed_anywhere_leaves_nothing_half_done(root):
    command = [sys.executable, "-m", "tests.workflow.kills", str(ROUNDS), str(FIRST_SEED)]
    result = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr[-4000:]
    found = json.loads(result.stdout)
    print(found["rounds"], found["kills"])  # shown by make test-faults
    assert found["problems"] == []
    assert sum(found["rounds"].values()) == ROUNDS
    assert sum(found["kills"].values()) >= ROUNDS // 2


@pytest.fixture(scope="module")
def job(tmp_path_factory):
    """Arguments of a small job."""
    return write_job(tmp_path_factory.mktemp("job"))


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Callable[[str], Path]]:
    """A disk of its own, to be mounted with options, and again with others."""
    folder = tmp_path / "disk"
    folder.mkdir()

    def mount(options: str) -> Path:
        again = "remount," if os.path.ismount(folder) else ""
        command = ["mount", "-t", "tmpfs", "-o", again + options, "tmpfs", str(folder)]
        if os.geteuid() or subprocess.run(command, capture_output=True, check=False).returncode:
            pytest.skip("only root can mount a disk, where it may at all")
        return folder

    yield mount
    if os.path.ismount(folder):
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def outputs(folder: Path) -> ShardTables:
    return ShardTables(folder / "gene.parquet", folder / "window.parquet")


@pytest.mark.parametrize(("bad", "good", "message"), [
    ("size=4k", "size=10m", "gene.parquet cannot be written: No space left on device"),
    ("ro", "rw", "cannot be written: Read-only file system"),
])  # fmt: skip
def test_a_disk_that_takes_nothing_stops_a_job_that_goes_on_later(
    job, disk, tmp_path, bad, good, message
):
    folder = disk(bad)
    with pytest.raises(WriteError, match=message):
        score_shard(**job, outputs=outputs(folder))
    assert [p.name for p in folder.iterdir() if not p.name.startswith(".")] == []
    disk(good)
    with written_by("score_variants"):
        score_shard(**job, outputs=outputs(folder))
    (tmp_path / "whole").mkdir()
    score_shard(**job, outputs=outputs(tmp_path / "whole"))
    assert sorted(p.name for p in folder.iterdir()) == ["gene.parquet", "window.parquet"]
    for found, right in zip(outputs(folder), outputs(tmp_path / "whole"), strict=True):
        assert_frame_equal(read_table(found), read_table(right), check_exact=True)


@pytest.mark.parametrize("name", ["weights", "variants", "annotation"])
def test_a_damaged_input_is_named_and_nothing_is_made(tmp_path, name):
    job = write_job(tmp_path)
    flip(Path(getattr(job["files"], name)))
    (tmp_path / "made").mkdir()
    with pytest.raises(InputError, match="is damaged or truncated") as error:
        score_shard(**job, outputs=outputs(tmp_path / "made"))
    assert getattr(job["files"], name) in str(error.value)
    assert list((tmp_path / "made").iterdir()) == []


@pytest.mark.parametrize("task", [gather_shards, average_folds])
def test_a_damaged_shard_is_named_and_nothing_is_made(tmp_path, task):
    table = pl.DataFrame({"row": range(99), "status": "scored"})
    paths = [tmp_path / f"{i}.parquet" for i in range(2)]
    with written_by("score_variants"):
        for path in paths:
            write_table(table, path, {"fold": path.stem})
    flip(paths[1])
    with pytest.raises(InputError, match=r"1\.parquet is damaged .* the rule score_variants makes"):
        task(paths, tmp_path / "out.parquet")
    assert sorted(tmp_path.iterdir()) == paths
