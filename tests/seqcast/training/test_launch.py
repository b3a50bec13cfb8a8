"""Processes that are started together end together, and say once what went wrong."""

import json
import logging
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from seqcast.core.errors import InputError
from seqcast.training.launch import run_together
from tests.seqcast.training import launch_jobs

TEXT = "µ\n" * 9
SOON_S = 30  # a loaded machine's


@pytest.fixture(autouse=True)
def _tests_can_be_imported(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = [str(root), os.environ.get("PYTHONPATH", "")]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, path)))


def is_alive(pid: int) -> bool:
    """Whether a process is there and does not only wait for its parent to look."""
    found = subprocess.run(
        ["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return found.stdout.strip()[:1] not in ("", "Z")


def soon(holds) -> bool:
    """Whether something comes true."""
    end = time.monotonic() + SOON_S
    while not (found := holds()) and time.monotonic() < end:
        time.sleep(0.02)
    return bool(found)


def test_each_process_knows_its_place_and_the_first_one_logs(tmp_path: Path, caplog, capfd) -> None:
    with caplog.at_level(logging.INFO, "seqcast"):
        run_together(launch_jobs.report, {"folder": str(tmp_path), "text": TEXT}, 3)
    found = [json.loads((tmp_path / f"{rank}.json").read_text()) for rank in range(3)]
    assert [(f["RANK"], f["LOCAL_RANK"]) for f in found] == [("0", "0"), ("1", "1"), ("2", "2")]
    assert {(f["WORLD_SIZE"], f["MASTER_ADDR"], f["text"]) for f in found} == {
        ("3", "127.0.0.1", TEXT)}  # fmt: skip
    told = sorted((record.levelname, record.getMessage()) for record in caplog.records)
    assert told == [("ERROR", "the second one's trouble"), ("INFO", f"process 0 has {TEXT!r}")]
    assert capfd.readouterr() == ("", "a library's chatter")


@pytest.mark.parametrize(
    ("how", "kind", "message"),
    [
        ("input", InputError, r"^the table is 3 rows long; expected 4, add one$"),
        ("bug", RuntimeError, r"(?s)^process 2 of 2 failed:\nTraceback .*KeyError: 'missing'\n$"),
        ("kill", RuntimeError, r"^process 2 of 2 was ended by SIGKILL .*; it said nothing$"),
        ("exit", RuntimeError, r"^process 2 of 2 ended with status 7; a library's last words$"),
    ],
)
def test_one_failure_ends_all_and_is_told(how: str, kind: type, message: str, capfd) -> None:
    start = time.monotonic()
    with pytest.raises(kind, match=message):
        run_together(launch_jobs.fail, {"how": how, "rank": "1"}, 2)
    assert time.monotonic() - start < SOON_S
    assert capfd.readouterr() == ("", "")


def test_the_cause_is_told_and_not_what_follows_from_it(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="process 2 of 2 was ended by SIGKILL"):
        run_together(launch_jobs.mourn, {"folder": str(tmp_path)}, 2)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL, signal.SIGINT])
def test_no_process_outlives_the_one_that_started_it(
    number: int, root: Path, tmp_path: Path
) -> None:
    command = [sys.executable, "-m", launch_jobs.__name__, str(tmp_path)]
    starter = subprocess.Popen(command, cwd=root, stderr=subprocess.PIPE)
    files = [tmp_path / f"{rank}.pid" for rank in range(2)]
    assert soon(lambda: all(path.exists() and path.read_text() for path in files))
    pids = [int(path.read_text()) for path in files]
    assert all(map(is_alive, pids))
    starter.send_signal(number)
    starter.communicate(timeout=SOON_S)
    assert starter.returncode == -number
    assert soon(lambda: not any(map(is_alive, pids)))
