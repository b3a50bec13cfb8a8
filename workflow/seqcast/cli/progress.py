"""The command `seqcast progress`: how far a run of the workflow is."""

import sys
from collections.abc import Iterator
from pathlib import Path

from seqcast.core.progress import duration_in_words
from seqcast.core.run_log import Event
from seqcast.core.run_state import RunState, run_state


def progress(folder: Path = Path(), /) -> None:
    """Tell how far a run of the workflow is.

    Jobs that run, wait, are done or failed, why they failed, and about how long the rest takes.

    Parameters
    ----------
    folder : Path
        Of the run, where Snakemake works.
    """
    logs = folder / "logs"
    state = run_state(logs)
    sys.stdout.writelines(f"{line}\n" for line in _lines(state, logs))


def _lines(state: RunState, logs: Path) -> Iterator[str]:
    """The state of a run, to read."""
    yield f"{state.done:,} of {state.jobs:,} jobs done, {_head(state)}"
    if state.done < state.jobs and state.seconds_left is not None:
        left = duration_in_words(state.seconds_left)
        yield f"about {left} left, if as many jobs run at once as so far"
    for title, lines in (
        ("Running", [_running(one) for one in state.running]),
        ("Failed", [_failed(name, logs) for name in state.failed]),
        ("Ended without a word: killed, or the machine went down", state.killed),
        ("Waiting", [f"{n:>6,}  {rule}" for rule, n in sorted(state.waiting.items())]),
    ):
        if lines:
            yield f"\n{title}"
            yield from (f"  {line}" for line in lines)


def _head(state: RunState) -> str:
    """Whether Snakemake runs."""
    where = f"process {state.pid} on {state.host}"
    if state.is_alive is None:
        return f"started by {where}, which this machine cannot see"
    return f"Snakemake is running ({where})" if state.is_alive else "Snakemake is not running"


def _running(event: Event) -> str:
    """A job under way, and what it told last."""
    name = f"{event['job']} on {event['host']}"
    if event["event"] != "progress":
        return name
    return (
        f"{name}: {event['done']:,} of {event['total']:,} {event['unit']}s, "
        f"{event['per_s']:.3g} per s, {duration_in_words(event['left_s'])} left"
    )


def _failed(job: str, logs: Path) -> str:
    """A job that failed, with the last line of its log, which says why."""
    log = logs / f"{job}.log"
    lines = log.read_text(errors="replace").split("\n") if log.is_file() else []
    why = next((line for line in reversed(lines) if line.strip()), "no log")
    return f"{log}: {why}"
