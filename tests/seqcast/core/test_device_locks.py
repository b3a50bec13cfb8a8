"""Processes of one machine take different devices; what ends, however it ends, frees its own."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from seqcast.core import device_locks
from seqcast.core.device_locks import claim
from seqcast.core.errors import InputError

DEVICES = ["GPU-5fd6", "GPU-0e11", "MIG-77/2/0"]  # made up
JOB = """
import sys
from pathlib import Path
from seqcast.core.device_locks import claim
print(claim(sys.argv[2:], Path(sys.argv[1])), flush=True)
sys.stdin.read()  # computes until it is told
"""


@contextmanager
def job(folder: Path, *devices: str) -> Iterator[tuple[int | None, subprocess.Popen]]:
    """A process that computes on one of the devices; which, and the process."""
    command = [sys.executable, "-c", JOB, folder, *devices]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        found = process.stdout.readline().strip()
        yield None if found == "None" else int(found), process
        process.stdin.close()


@pytest.fixture(autouse=True)
def nothing_held(monkeypatch):
    """This process begins with no device, and ends without those of a test."""
    monkeypatch.setattr(device_locks, "_held", held := {})
    yield
    for file in held.values():
        file.close()


def test_jobs_take_different_devices_and_none_where_all_are_taken(tmp_path):
    with job(tmp_path, *DEVICES) as (first, _), job(tmp_path, *DEVICES) as (second, _):
        assert claim(DEVICES, tmp_path) == 2
        with job(tmp_path, *DEVICES) as (fourth, _):
            assert (first, second, fourth) == (0, 1, None)


def test_a_process_keeps_the_device_that_it_has(tmp_path):
    with job(tmp_path, *DEVICES):
        assert [claim(DEVICES, tmp_path) for _ in range(3)] == [1, 1, 1]
        assert claim(DEVICES[1:], tmp_path) == 0  # the same, known by another number


@pytest.mark.parametrize("ending", [signal.SIGKILL, signal.SIGTERM, None])
def test_a_job_that_ends_frees_its_device(tmp_path, ending):
    with job(tmp_path, *DEVICES) as (found, process):
        assert found == 0
        if ending:
            process.send_signal(ending)
            process.wait()
    assert claim(DEVICES, tmp_path) == 0


def test_another_job_is_seen_whatever_devices_each_is_shown(tmp_path):
    with job(tmp_path, DEVICES[1]) as (only, _):
        assert only == 0
        assert claim(DEVICES[1:], tmp_path) == 1


def test_a_program_that_a_job_starts_does_not_keep_its_device(tmp_path):
    code = JOB.replace("sys.stdin.read()", "import subprocess; subprocess.Popen(['sleep', '20'])")
    subprocess.run([sys.executable, "-c", code, tmp_path, "GPU-5fd6"], check=True)
    assert claim(["GPU-5fd6"], tmp_path) == 0


def test_locks_of_another_user_are_refused(tmp_path):
    (tmp_path / "locks").symlink_to(tmp_path)
    with pytest.raises(InputError, match=r"locks is a link or belongs to another user"):
        claim(DEVICES, tmp_path / "locks")
    if os.getuid() == 0:
        (tmp_path / "theirs").mkdir()
        os.chown(tmp_path / "theirs", 12345, -1)
        with pytest.raises(InputError, match="set TMPDIR to a folder of your own"):
            claim(DEVICES, tmp_path / "theirs")
