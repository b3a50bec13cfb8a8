"""What the jobs of a run tell while they run: lines of JSON in ``logs/progress.jsonl``.

A run begins with a line of its jobs, a number for each rule. Each job adds a line when it begins,
some while it works, and one when it ends. Jobs write side by side: a line is one write to the end
of the file, which a local disk keeps apart, and readers pass over a line that is broken. No job
fails because this file cannot be written.
"""

import json
import os
import socket
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from resource import RUSAGE_CHILDREN, RUSAGE_SELF, getrusage
from typing import Any

EVENTS = "progress.jsonl"
# Between lines of a job: a day of work has some 200.
LEAST_S, SHARE = 5.0, 0.02
RSS_UNIT = 1e6 if sys.platform == "darwin" else 1e6 / 1024  # bytes there, kB elsewhere

Event = dict[str, Any]


@dataclass
class Job:
    """A job that tells how far it is.

    Attributes
    ----------
    logs : path
        The folder ``logs`` of the run.
    name : str
        The job's log file below it, without ``.log``; it begins with the rule.
    items : int
        Worked on so far.
    unit : str
        What an item is, in the singular; empty where nothing is counted.
    items_s : float
        Seconds that they took.
    """

    logs: Path
    name: str
    items: int = 0
    unit: str = ""
    items_s: float = 0.0
    begun_s: float = field(default_factory=time.monotonic)
    told_s: float = field(default_factory=time.monotonic)

    @property
    def rule(self) -> str:
        """The rule of the workflow."""
        return self.name.split("/")[0]

    def tell(self, event: str, **facts: object) -> None:
        """Add a line."""
        _append(self.logs, {"event": event, "rule": self.rule, "job": self.name, **facts})
        self.told_s = time.monotonic()

    def is_due(self) -> bool:
        """Whether it is time for another line."""
        now_s = time.monotonic()
        return now_s - self.told_s >= max(LEAST_S, SHARE * (now_s - self.begun_s))

    def costs(self) -> dict[str, object]:
        """What the process of the job took so far, its children included."""
        used = [getrusage(who) for who in (RUSAGE_SELF, RUSAGE_CHILDREN)]
        return {
            "wall_s": round(_age_s(self.begun_s), 2),
            "cpu_s": round(sum(one.ru_utime + one.ru_stime for one in used), 2),
            "max_rss_mb": round(max(one.ru_maxrss for one in used) / RSS_UNIT),
            "items": self.items, "unit": self.unit, "items_s": round(self.items_s, 3), **_gpu(),
        }  # fmt: skip


_job: ContextVar[Job | None] = ContextVar("job_of_run_log", default=None)


@contextmanager
def telling(log_path: Path) -> Iterator[None]:
    """Tell when a job begins and ends; nothing where its log is in no folder ``logs``."""
    if (job := _job_of(log_path)) is None:
        yield
        return
    token = _job.set(job)
    job.tell("begin")
    try:
        yield
    except BaseException:
        job.tell("fail", **job.costs())
        raise
    else:
        job.tell("end", **job.costs())
    finally:
        _job.reset(token)


def counted(items: Iterable, total: int, unit: str) -> Iterator:
    """The items, while the job at hand tells how many there were, of how many, and what is left."""
    if (job := _job.get()) is None:
        yield from items
        return
    begun_s = time.monotonic()
    before_s, job.unit = job.items_s, unit
    for done, item in enumerate(items, start=1):
        yield item
        job.items += 1
        job.items_s = before_s + time.monotonic() - begun_s
        if job.is_due():
            rate = done / max(time.monotonic() - begun_s, 1e-9)
            job.tell("progress", done=done, total=total, unit=unit, per_s=round(rate, 4),
                     left_s=round((total - done) / rate, 1), **_gpu())  # fmt: skip


def begin_run(logs: str | Path, rules: Iterable[str]) -> None:
    """Tell that a run begins, with the rule of each of its jobs; that of all targets is none."""
    jobs = Counter(rule for rule in rules if rule != "all")
    _append(Path(logs), {"event": "run", "jobs": dict(jobs)})


def read_events(logs: str | Path) -> list[Event]:
    """All lines of a run's folder ``logs``, in order; none where nothing was told."""
    path = Path(logs) / EVENTS
    if not path.is_file():
        return []
    found = []
    for line in path.read_bytes().splitlines():
        with suppress(ValueError):
            event = json.loads(line)
            if isinstance(event, dict) and "event" in event:
                found.append(event)
    return found


def log_folder(log_path: Path) -> tuple[Path, Path] | None:
    """The last folder ``logs`` of a path and what is below it; None without such a folder."""
    parts = log_path.parts
    at = max((i for i, part in enumerate(parts[:-1]) if part == "logs"), default=None)
    return None if at is None else (Path(*parts[: at + 1]), Path(*parts[at + 1 :]))


def _job_of(log_path: Path) -> Job | None:
    found = log_folder(log_path)
    return Job(found[0], str(found[1].with_suffix(""))) if found else None


def _append(logs: Path, event: Mapping[str, object]) -> None:
    who = {"time": round(time.time(), 3), "host": socket.gethostname(), "pid": os.getpid()}
    line = json.dumps({**event, **who}).encode() + b"\n"
    with suppress(OSError):
        logs.mkdir(parents=True, exist_ok=True)
        file = os.open(logs / EVENTS, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o666)
        try:
            os.write(file, line)
        finally:
            os.close(file)


def _age_s(begun_s: float) -> float:
    """Seconds since this process was started; since `begun_s` where the system does not tell."""
    with suppress(OSError, LookupError, ValueError):
        ticks = int(Path("/proc/self/stat").read_text().rpartition(")")[2].split()[19])
        return time.clock_gettime(time.CLOCK_BOOTTIME) - ticks / os.sysconf("SC_CLK_TCK")
    return time.monotonic() - begun_s


def _gpu() -> dict[str, object]:
    """Name of the GPU in use, and the most of its memory that was taken."""
    torch = sys.modules.get("torch")  # not imported for this
    if torch is None or not torch.cuda.is_initialized():
        return {}
    taken_mb = torch.cuda.max_memory_allocated() / 1e6
    return {"gpu": torch.cuda.get_device_name(), "gpu_mb": round(taken_mb)}
