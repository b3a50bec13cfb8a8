"""Kill jobs at points that seeds draw: ``python -m tests.workflow.kills ROUNDS FIRST_SEED``.

One process imports what jobs need and forks a child for each try, which costs no start of Python.
A child is killed before a line of `seqcast.core` (where files get their names), which line is drawn
from all that an undisturbed job runs there, or at any time. Then nobody may see a file or folder
under an output's name that is not whole; the next tries, the last one undisturbed, make the outputs
of a job that nothing disturbed, and leave nothing else. The answer is JSON on stdout: how many
rounds of each job were killed in earnest, and what went wrong.
"""

import hashlib
import json
import os
import random
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any, NamedTuple

import numpy as np
import polars as pl
import pyarrow.compute  # noqa: F401 - here, as children would load it each time anew

from seqcast.core import unfinished
from seqcast.core.download import fetch
from seqcast.core.seals import written_by
from seqcast.core.store import file_sha256, read_provenance, read_table, write_table
from seqcast.predict.coverage.coverage_files import (
    average_coverage,
    create_coverage_store,
    read_coverage,
)
from seqcast.predict.variants.ensemble import average_folds, gather_shards
from seqcast.predict.variants.score_shard import ShardFiles, ShardTables, score_shard
from tests.seqcast.http_server import Site, serve
from tests.seqcast.predict.variants.shard_job import write_job

CORE = str(Path(unfinished.__file__).parent)
MOST_KILLS = 2  # of a round, one after the other
PIECE = 100_000  # bytes that a server sends at once
BODY = np.random.default_rng(0).bytes(3_000_000)


@dataclass(frozen=True)
class Work:
    """A job: what it does in a folder, and the outputs that it makes there."""

    run: Callable[[Path], object]
    outputs: tuple[str, ...]


class Ended(NamedTuple):
    """How a child ended: its exit status, or minus the signal; lines of `CORE`; what it returned."""

    status: int
    lines: int
    result: Any


class SlowSite(Site):
    """Sends its file in pieces, so that a transfer can be killed."""

    def send(self, request: Any, body: bytes) -> None:
        """See `Site.send`."""
        request.close_connection = True
        for at in range(0, len(body), PIECE):
            request.wfile.write(body[at : at + PIECE])
            time.sleep(0.015)


def write_inputs(folder: Path) -> dict[str, Any]:
    """Make the inputs of all jobs; returns the arguments of `score_shard`."""
    rng = np.random.default_rng(1)
    for fold in "01":
        table = pl.DataFrame({"row": range(40), "status": "scored"}).with_columns(
            pl.Series("SED", rng.normal(size=(40, 3)), dtype=pl.Array(pl.Float32, 3))
        )
        for shard in range(3):  # interleaved
            write_table(table[shard::3], folder / f"{fold}.{shard}.parquet", {"fold": fold})
        gather_shards([folder / f"{fold}.{shard}.parquet" for shard in range(3)],
                      folder / f"{fold}.parquet", by="row")  # fmt: skip
    windows = pl.DataFrame({"contig": ["c"], "start": [0], "end": [512]})
    tracks = pl.DataFrame({"identifier": ["a", "b"]})
    for fold in "01":
        with create_coverage_store(folder / f"{fold}.zarr", windows, tracks, 16, {}) as append:
            append(rng.normal(size=(2, 16)).astype(np.float32))
    return write_job(folder)


def works(folder: Path, job: dict[str, Any], site: Site) -> dict[str, Work]:
    """The jobs on inputs of a folder."""
    job["files"] = ShardFiles(*job["files"])

    def gather(to: Path) -> None:
        gather_shards(
            [folder / f"0.{shard}.parquet" for shard in range(3)], to / "a.parquet", "row"
        )

    return {
        "inference": Work(
            lambda to: score_shard(**job, outputs=ShardTables(*(to / name for name in SCORES))), SCORES
        ),
        "gathering": Work(gather, ("a.parquet",)),
        "ensemble": Work(
            lambda to: average_folds([folder / "0.parquet", folder / "1.parquet"], to / "a.parquet"),
            ("a.parquet",),
        ),
        "ensemble of coverage": Work(
            lambda to: average_coverage([folder / "0.zarr", folder / "1.zarr"], to / "a.zarr"),
            ("a.zarr",),
        ),
        "download": Work(
            lambda to: fetch(site.url, to / "a.bin", lock=to / "a.sha256"), ("a.bin", "a.sha256")
        ),
    }  # fmt: skip


SCORES = ("gene.parquet", "window.parquet")


def contents(folder: Path, outputs: tuple[str, ...]) -> dict[str, str | None]:
    """Digests of what outputs hold, None where one is missing."""
    return {name: _digest(folder / name) if (folder / name).exists() else None for name in outputs}


def _digest(path: Path) -> str:
    if path.suffix == ".zarr":
        with read_coverage(path) as found:
            held = repr((found.values[0].tolist(), found.windows.to_dict(as_series=False),
                         found.provenance))  # fmt: skip
    elif path.suffix == ".parquet":
        held = repr((read_table(path).to_dict(as_series=False), read_provenance(path)))
    else:
        held = file_sha256(path)
    return hashlib.sha256(held.encode()).hexdigest()


def forked(
    work: Callable[[], object], at_line: int | None = None, after_s: float | None = None
) -> Ended:
    """Run something in a child, so that no thread of a library is ever in this process.

    Parameters
    ----------
    at_line : int, optional
        Of `CORE`: the child kills itself before it runs that many.
    after_s : float, optional
        When the child is killed.
    """
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        status, counter = 1, Lines(at_line)
        try:
            sys.settrace(counter.of_call)
            with written_by("a_job"):
                result = work()
            sys.settrace(None)
            os.write(writing, json.dumps([counter.n, result], default=str).encode())
            status = 0
        except BaseException:  # what is wrong is on stderr, and in the status
            sys.settrace(None)
            traceback.print_exc()
        finally:
            os._exit(status)
    os.close(writing)
    if after_s is not None:
        time.sleep(after_s)
        os.kill(child, signal.SIGKILL)
    with os.fdopen(reading, "rb") as pipe:
        told = pipe.read()
    _, status = os.waitpid(child, 0)
    return Ended(os.waitstatus_to_exitcode(status), *(json.loads(told) if told else (0, None)))


class Lines:
    """Counts lines of `CORE` that are run, and kills the process before one."""

    def __init__(self, last: int | None) -> None:
        self.n, self.last = 0, last

    def of_call(self, frame: FrameType, event: str, value: object) -> Any:
        """What `sys.settrace` asks at each call."""
        return self.of_line if frame.f_code.co_filename.startswith(CORE) else None

    def of_line(self, frame: FrameType, event: str, value: object) -> Any:
        """What it asks in functions of `CORE`."""
        if event == "line":
            self.n += 1
            if self.n == self.last:
                os.kill(os.getpid(), signal.SIGKILL)
        return self.of_line


@dataclass
class Undisturbed:
    """What a job makes, and how long it takes."""

    contents: dict[str, str | None]
    lines: int
    seconds: float

    @classmethod
    def of(cls, work: Work, folder: Path) -> "Undisturbed":
        """Of a job that is run here."""
        begun = time.monotonic()
        ended = forked(lambda: work.run(folder))
        seconds = time.monotonic() - begun
        assert ended.status == 0
        return cls(forked(lambda: contents(folder, work.outputs)).result, ended.lines, seconds)


def round_of(
    work: Work, whole: Undisturbed, folder: Path, rng: random.Random
) -> tuple[int, list[str]]:
    """Kill a job a few times, and let it end: number of kills, and what went wrong."""
    problems, kills = [], 0
    if rng.random() < 0.3:  # of an earlier run, to be replaced
        forked(lambda: work.run(folder))
    for _ in range(rng.randint(1, MOST_KILLS)):
        point = {"at_line": rng.randint(1, whole.lines)}
        if rng.random() < 0.3:
            point = {"after_s": rng.uniform(0, whole.seconds)}
        status = forked(lambda: work.run(folder), **point).status
        kills += status == -signal.SIGKILL
        if status not in (0, -signal.SIGKILL):
            problems.append(f"status {status} at {point}")
        for name, found in forked(lambda: contents(folder, work.outputs)).result.items():
            if found not in (None, whole.contents[name]):
                problems.append(f"{name} is not whole after a kill at {point}")
    if status := forked(lambda: work.run(folder)).status:
        problems.append(f"status {status} undisturbed")
    if forked(lambda: contents(folder, work.outputs)).result != whole.contents:
        problems.append("the outputs differ in the end")
    left = sorted({p.name for p in folder.iterdir()} - set(work.outputs))
    return kills, problems + [f"{name} is left" for name in left]


def rounds(folder: Path, number: int, first_seed: int) -> Iterator[tuple[str, int, list[str]]]:
    """Name of the job, kills, and problems of each round."""
    unfinished.LEAST_S = unfinished.MOST_S = 0  # a part for each window
    with serve(SlowSite(BODY)) as site:
        (folder / "inputs").mkdir()
        job = forked(lambda: write_inputs(folder / "inputs")).result
        jobs = works(folder / "inputs", job, site)
        whole = {}
        for name, work in jobs.items():
            (place := folder / f"whole {name}").mkdir()
            whole[name] = Undisturbed.of(work, place)
        for seed in range(first_seed, first_seed + number):
            name = list(jobs)[seed % len(jobs)]
            (place := folder / "round").mkdir()
            kills, problems = round_of(jobs[name], whole[name], place, random.Random(seed))
            yield name, kills, [f"{name}, seed {seed}: {problem}" for problem in problems]
            shutil.rmtree(place)


def main() -> None:
    """Answer for the numbers of the command line."""
    number, first_seed = map(int, sys.argv[1:])
    kills: Counter[str] = Counter()
    tried: Counter[str] = Counter()
    problems = []
    with ExitStack() as stack:
        stack.enter_context(redirect_stdout(sys.stderr))
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        for name, killed, found in rounds(folder, number, first_seed):
            tried[name] += 1
            kills[name] += killed
            problems += found
    print(json.dumps({"rounds": tried, "kills": kills, "problems": problems}))


if __name__ == "__main__":
    main()
