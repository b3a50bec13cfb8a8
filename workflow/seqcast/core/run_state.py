"""How far a run of the workflow is, from what its jobs told (`run_log`)."""

import os
import socket
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from seqcast.core.errors import InputError
from seqcast.core.run_log import EVENTS, Event, read_events

ENDED = ("end", "fail")


class RunState(NamedTuple):
    """A run at one moment.

    Attributes
    ----------
    jobs, done, failed : int
        Jobs of the run; those that ended well, and that did not.
    running : list of dict
        What each job under way told last.
    killed : list of str
        Jobs that began and neither ended nor live, as far as this machine can tell.
    seconds_left : float, optional
        Estimated from the jobs that ended, and from what those under way told. None: not known.
    is_alive : bool, optional
        Whether Snakemake is running. None: it was started on another machine.
    host, pid : str, int
        Where it was started, and as which process.
    """

    jobs: int
    done: int
    failed: int
    running: list[Event]
    killed: list[str]
    seconds_left: float | None
    is_alive: bool | None
    host: str
    pid: int


def run_state(logs: str | Path, now: float | None = None) -> RunState:
    """The state of the run that was started last.

    Parameters
    ----------
    logs : path
        Its folder ``logs``.
    now : float, optional
        Seconds since 1970. Default: the time.

    Raises
    ------
    InputError
        If no run was started there.
    """
    events = read_events(logs)
    at = max((i for i, one in enumerate(events) if one["event"] == "run"), default=None)
    if at is None:
        raise InputError(
            f"{Path(logs) / EVENTS} tells of no run; expected the folder of a run that has begun. "
            "Give the folder that Snakemake works in."
        )
    head, told = events[at], [one for one in events[at + 1 :] if "job" in one]
    latest = {one["job"]: one for one in told}
    begun: dict[str, float] = {one["job"]: one["time"] for one in told if one["event"] == "begin"}
    ended = [one for one in latest.values() if one["event"] == "end"]
    under_way = [one for one in latest.values() if one["event"] not in ENDED]
    running = [one for one in under_way if _lives(one) is not False]
    left_s = _seconds_left(
        head, ended, [(one, begun.get(one["job"], float(one["time"]))) for one in running],
        time.time() if now is None else now,
    )  # fmt: skip
    return RunState(
        sum(head["jobs"].values()), len(ended),
        sum(one["event"] == "fail" for one in latest.values()), running,
        sorted(one["job"] for one in under_way if _lives(one) is False), left_s, _lives(head),
        head["host"], head["pid"],
    )  # fmt: skip


def _lives(event: Event) -> bool | None:
    """Whether the process of an event runs; None where it is on another machine."""
    if event["host"] != socket.gethostname():
        return None
    try:
        os.kill(event["pid"], 0)
    except ProcessLookupError:
        return False
    except OSError:
        pass  # of another user
    return True


def _seconds_left(
    head: Event, ended: Sequence[Event], running: Sequence[tuple[Event, float]], now: float
) -> float | None:
    """Work that is left, by the mean of each rule's jobs, as many at once as there were so far."""
    if not ended:
        return None
    took: dict[str, list[float]] = {}
    for one in ended:
        took.setdefault(one["rule"], []).append(one["wall_s"])
    means = {rule: sum(times) / len(times) for rule, times in took.items()}
    usual_s = sum(one["wall_s"] for one in ended) / len(ended)
    begun = Counter(one["rule"] for one in ended) + Counter(one["rule"] for one, _ in running)
    waiting_s = sum(
        max(0, number - begun[rule]) * means.get(rule, usual_s)
        for rule, number in head["jobs"].items()
    )
    under_way_s = sum(_left_of(one, begin, means.get(one["rule"], usual_s), now)
                      for one, begin in running)  # fmt: skip
    worked_s = sum(one["wall_s"] for one in ended) + sum(now - begin for _, begin in running)
    at_once = max(1.0, worked_s / max(now - head["time"], 1e-9))
    return round((waiting_s + under_way_s) / at_once, 1)


def _left_of(event: dict[str, Any], begin: float, usual_s: float, now: float) -> float:
    """Seconds that a job under way still takes: what it told last, or what is usual."""
    if event["event"] == "progress":
        return max(0.0, float(event["left_s"]) - (now - event["time"]))
    return max(0.0, usual_s - (now - begin))
