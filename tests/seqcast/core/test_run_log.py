"""Jobs tell how far they are, and what they cost."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from seqcast.core import run_log
from seqcast.core.costs import job_costs, run_costs
from seqcast.core.errors import InputError
from seqcast.core.logs import reporting
from seqcast.core.progress import progress
from seqcast.core.run_log import begin_run, read_events
from seqcast.core.run_state import run_state

JOB = "score/m/a.fold0.0"


def told(logs: Path, name: str = JOB, items: int = 3) -> None:
    """A job that counts to a number."""
    with reporting(logs / f"{name}.log"):
        assert list(progress(items, "variant")(range(items))) == list(range(items))


def test_a_job_tells_its_begin_its_progress_and_its_end(tmp_path, monkeypatch):
    monkeypatch.setattr(run_log, "LEAST_S", 0)
    monkeypatch.setattr(run_log, "SHARE", 0)
    told(tmp_path / "logs")
    events = read_events(tmp_path / "logs")
    assert [one["event"] for one in events] == ["begin", "progress", "progress", "progress", "end"]
    assert {(one["rule"], one["job"], one["pid"]) for one in events} == {
        ("score", JOB, os.getpid())
    }
    assert [(one["done"], one["total"], one["unit"]) for one in events[1:-1]] == [
        (1, 3, "variant"), (2, 3, "variant"), (3, 3, "variant")]  # fmt: skip
    assert events[-2]["left_s"] == 0
    assert (events[-1]["items"], events[-1]["unit"]) == (3, "variant")
    assert events[-1]["cpu_s"] > 0
    assert events[-1]["max_rss_mb"] > 10


def test_a_quick_job_tells_no_progress_and_one_that_fails_its_end(tmp_path):
    told(tmp_path / "logs")
    with pytest.raises(SystemExit), reporting(tmp_path / "logs/map/b.log"):
        raise InputError("wrong")
    events = [(one["event"], one["job"]) for one in read_events(tmp_path / "logs")]
    assert events == [("begin", JOB), ("end", JOB), ("begin", "map/b"), ("fail", "map/b")]


def test_nothing_is_told_outside_of_a_run(tmp_path):
    told(tmp_path, "a")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.log"]
    assert read_events(tmp_path) == []


def test_a_line_that_is_broken_is_passed_over(tmp_path):
    told(tmp_path)
    (tmp_path / run_log.EVENTS).write_bytes(
        b'{"event": "begin", "jo\n[1]\n\xff\n{"event": "end"}\n'
    )
    assert read_events(tmp_path) == [{"event": "end"}]


def test_jobs_side_by_side_break_no_line(tmp_path):
    code = f"""
import sys; from pathlib import Path
from seqcast.core.run_log import telling
for i in range(200):
    with telling(Path({str(tmp_path)!r}) / "logs" / sys.argv[1] / f"{{i}}.log"):
        pass
"""
    running = [subprocess.Popen([sys.executable, "-c", code, name]) for name in "ab"]
    assert [process.wait() for process in running] == [0, 0]
    lines = (tmp_path / "logs" / run_log.EVENTS).read_text().splitlines()
    assert len(lines) == len(read_events(tmp_path / "logs")) == 2 * 2 * 200


def test_costs_are_those_of_the_last_time_and_add_up(tmp_path):
    logs = tmp_path / "logs"
    for name, items in ((JOB, 9), (JOB, 3), ("score/m/b", 4), ("draw", 0)):
        told(logs, name, items)
    (logs / f"{JOB}.benchmark.tsv").write_text("s\tio_in\tio_out\n1.5\t2.25\t-\n")
    jobs = {row["job"]: row for row in job_costs(logs).to_dicts()}
    assert {name: row["items"] for name, row in jobs.items()} == {JOB: 3, "score/m/b": 4, "draw": 0}
    assert (jobs[JOB]["read_mb"], jobs[JOB]["written_mb"]) == (2.25, None)
    assert jobs["draw"]["gpu"] == ""
    rules = {row["rule"]: row for row in run_costs(logs).to_dicts()}
    assert [rules["score"][name] for name in ("jobs", "items", "unit")] == [2, 7, "variant"]
    assert rules["score"]["wall_s"] == pytest.approx(
        jobs[JOB]["wall_s"] + jobs["score/m/b"]["wall_s"]
    )
    assert rules["draw"]["items_per_s"] is None
    assert run_costs(tmp_path / "none").columns == run_costs(logs).columns


def write_events(logs: Path, *events: dict) -> None:
    """Lines of a run on this machine, at 100 s and later."""
    here = {"host": socket.gethostname(), "pid": os.getpid()}
    logs.mkdir(exist_ok=True)
    (logs / run_log.EVENTS).write_text(
        "".join(json.dumps({**here, **one}) + "\n" for one in events)
    )


def of_job(event: str, name: str, time: float, **facts: object) -> dict:
    """A line of a job."""
    return {"event": event, "rule": name.split("/")[0], "job": name, "time": time, **facts}


def test_the_state_of_a_run(tmp_path):
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    write_events(
        tmp_path,
        {"event": "run", "jobs": {"a": 9}, "time": 0},
        {"event": "run", "jobs": {"a": 5, "b": 2}, "time": 100},
        of_job("begin", "a/1", 100), of_job("end", "a/1", 110, wall_s=10.0),
        of_job("begin", "a/2", 100), of_job("end", "a/2", 110, wall_s=10.0),
        of_job("begin", "a/3", 110), of_job("begin", "a/4", 110, pid=ended.pid),
        of_job("begin", "b/1", 110), of_job("begin", "b/2", 110), of_job("fail", "b/2", 113),
        of_job("progress", "b/1", 114, done=5, total=10, unit="read", per_s=1.5, left_s=8.0),
    )  # fmt: skip
    state = run_state(tmp_path, now=115)
    assert (state.jobs, state.done, state.failed, state.is_alive) == (7, 2, ["b/2"], True)
    assert [one["job"] for one in state.running] == ["a/3", "b/1"]
    assert (state.killed, state.waiting) == (["a/4"], {"a": 1})
    # a/4 once more, and another a, as long as others; a/3 has 5 s to go, b/1 told 7 s
    assert state.seconds_left == pytest.approx((2 * 10 + 5 + 7) / ((20 + 5 + 5) / 15))


def test_a_run_that_has_just_begun_lasts_as_its_jobs_did_in_earlier_ones(tmp_path):
    write_events(
        tmp_path,
        {"event": "run", "jobs": {"a": 2, "b": 1}, "time": 0},
        of_job("begin", "a/1", 0), of_job("end", "a/1", 30, wall_s=30.0),
        of_job("begin", "a/2", 0), of_job("end", "a/2", 10, wall_s=10.0),
        {"event": "run", "jobs": {"a": 3, "b": 1}, "time": 100},
    )  # fmt: skip
    state = run_state(tmp_path, now=101)
    assert (state.done, state.waiting) == (0, {"a": 3, "b": 1})
    assert state.seconds_left == pytest.approx(3 * 20 + 20)  # of b, what is usual


def test_a_folder_without_a_run_is_refused(tmp_path):
    told(tmp_path / "logs")
    with pytest.raises(InputError, match=r"progress\.jsonl tells of no run"):
        run_state(tmp_path / "logs")
    begin_run(tmp_path / "new/logs", ["a", "a", "b", "all"])
    state = run_state(tmp_path / "new/logs")
    assert (state.jobs, state.done, state.seconds_left, state.is_alive) == (3, 0, None, True)
