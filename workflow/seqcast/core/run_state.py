"""How far a run of the workflow is, from what its jobs told (`run_log`)."""

import os
import socket
import time
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from seqcast.core.errors import InputError
from seqcast.core.run_log import EVENTS, Event, read_events

ENDED = ("end", "fail")


class RunState(NamedTuple):
    """A run at one moment.

    Attributes
    ----------
    jobs, done : int
        Jobs of the run, and those that ended well.
    waiting : dict of str to int
        Jobs that have not begun, by rule; no rule without one.
    failed : list of str
        Jobs that ended otherwise.
    running : list of dict
        What each job under way told last.
    killed : list of str
        Jobs that began and neither ended nor live, as far as this machine can tell.
    seconds_left : float, optional
        Estimated from the jobs that ended, those of earlier runs here included, and from what
        those under way told. None: not known, as no job has ended.
    is_alive : bool, optional
        Whether Snakemake is running. None: it was started on another machine.
    host, pid : str, int
        Where it was started, and as which process.
    """

    jobs: int
    done: int
    waiting: dict[str, int]
    failed: list[str]
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
    by_event = {event: [one for one in latest.values() if one["event"] == event] for event in ENDED}
    under_way = [one for one in latest.values() if one["event"] not in ENDED]
    running = [one for one in under_way if _lives(one) is not False]
    killed = [one for one in under_way if one not in running]
    waiting: Counter[str] = Counter(head["jobs"])
    waiting -= Counter(one["rule"] for one in latest.values())
    left_s = _seconds_left(
        waiting + Counter(one["rule"] for one in killed), by_event["end"], running, events,
        head["time"], time.time() if now is None else now,
    )  # fmt: skip
    return RunState(
        sum(head["jobs"].values()), len(by_event["end"]), dict(waiting), _names(by_event["fail"]),
        running, _names(killed), left_s, _lives(head), head["host"], head["pid"],
    )  # fmt: skip


def _names(events: Iterable[Event]) -> list[str]:
    """Jobs of events."""
    return sorted(one["job"] for one in events)


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
    waiting: Mapping[str, int], ended: Iterable[Event], running: Iterable[Event],
    events: Iterable[Event], since: float, now: float,
) -> float | None:  # fmt: skip
    """Work that is left, as many jobs at once as there were so far.

    Jobs take what those of their rule took on average, in this run and in earlier ones here.
    """
    took: dict[str, list[float]] = {}
    begun: dict[str, float] = {}
    for one in events:
        if one["event"] == "end":
            took.setdefault(one["rule"], []).append(one["wall_s"])
        elif one["event"] == "begin":
            begun[one["job"]] = one["time"]
    if not took:
        return None
    means = {rule: sum(times) / len(times) for rule, times in took.items()}
    all_s = [wall_s for times in took.values() for wall_s in times]
    usual_s = sum(all_s) / len(all_s)
    ages_s = [now - begun.get(one["job"], float(one["time"])) for one in running]
    waiting_s = sum(number * means.get(rule, usual_s) for rule, number in waiting.items())
    under_way_s = sum(
        _left_of(one, means.get(one["rule"], usual_s) - age_s, now)
        for one, age_s in zip(running, ages_s, strict=True)
    )
    at_once = max(1.0, (sum(one["wall_s"] for one in ended) + sum(ages_s)) / max(now - since, 1e-9))
    return round((waiting_s + under_way_s) / at_once, 1)


def _left_of(event: Event, usual_s: float, now: float) -> float:
    """Seconds that a job under way still takes: what it told last, or what is usual."""
    told = event["event"] == "progress"
    return max(0.0, float(event["left_s"]) - (now - event["time"]) if told else usual_s)
