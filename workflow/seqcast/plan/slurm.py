"""What SLURM is asked before the first job: can it run all jobs, and does it still run older ones.

It takes a job that no node can run, holds it back, and says ``BadConstraints`` at most; and what a
killed Snakemake submitted continues.
"""

import logging
import math
import re
import subprocess
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from seqcast.core.errors import InputError
from seqcast.plan.needs import no_gpu_build

logger = logging.getLogger(__name__)


class SubmittedJob(Protocol):
    """What is read of a job of Snakemake, or of a group of them, which is one job of SLURM."""

    name: str  # of its rule; of a group, also of the others
    is_local: bool  # it runs where Snakemake does
    threads: int
    resources: Mapping[str, Any]

    def is_group(self) -> bool:
        """Whether it is a group, whose jobs run side by side where none needs another."""


class Jobs(Protocol):
    """What is asked of Snakemake's graph of jobs."""

    def needrun_jobs(self) -> Iterable[SubmittedJob]:
        """All jobs of the run."""

    def get_job_group(self, job: SubmittedJob) -> SubmittedJob | None:
        """The group of a job that is in one."""


class Amounts(NamedTuple):
    """What a job requests, 0 where it does not say, or what a node offers to a job."""

    gpus: float
    cpus: float
    memory_mb: float
    runtime_min: float


class Nodes(NamedTuple):
    """Equal nodes of a partition."""

    partition: str
    is_default: bool  # it takes the jobs that name none
    offered: Amounts


class Request(NamedTuple):
    """What jobs of a rule, or a group, request, and of which partition; empty if they name none."""

    partition: str
    name: str
    amounts: Amounts
    is_group: bool


SINFO = ("sinfo", "--noheader", "--exact", "--format", "%P|%c|%m|%l|%G")
SQUEUE = ("squeue", "--noheader", "--me", "--format", "%i|%Z|%k")
# The unit of each amount, and what else to request.
WORDS = (
    ("GPUs", "set inference.device: cpu in the config"),
    ("CPUs", "set inference.threads in the config to {most:.0f} or less"),
    ("MB of memory", "use --set-resources {name}:mem_mb={most:.0f}"),
    ("minutes", "use --set-resources {name}:runtime={most:.0f}, with more shards in datasets.tsv"),
)
SMALLER_GROUPS = (
    "lower the group's number below group-components there, or take rules out of groups"
)
_DEFAULT = "*"  # ends the name of the default partition
_OF_SNAKEMAKE = re.compile("rule_|group_")  # how comments of its jobs begin
_GPUS = re.compile(r"\bgpu(?::[^,:()]+)?:(\d+)")  # gpu:2, gpu:h100:2(S:0)


def ask_slurm(*command: str) -> str:
    """What a command of SLURM prints; nothing if it fails, as where users may not ask."""
    told = subprocess.run(command, capture_output=True, text=True, check=False)
    return "" if told.returncode else told.stdout


def check_cluster(
    jobs: Jobs, folder: Path, error: type[BaseException] = InputError,
    tell: Callable[[str], object] = logger.warning,
    ask: Callable[..., str] = ask_slurm,
) -> None:  # fmt: skip
    """Stop a run before its first job if SLURM would not run all of its jobs.

    Parameters
    ----------
    jobs : Jobs
        Those of the run.
    folder : path
        Absolute: where Snakemake runs.
    error : type
        What is raised.
    tell : callable
        Is given what the user should know, if the run continues.
    ask : callable
        From the words of a command to what it prints.

    Raises
    ------
    InputError
        If jobs of an earlier start still run in the folder, or if jobs request what no node of
        their partition has: which jobs or rules, and the remedy.
    """
    if left := left_jobs(ask(*SQUEUE), folder):
        raise error(
            f"{folder}: SLURM has {len(left)} jobs of an earlier start of Snakemake here, whose "
            f"files this run would make again. Wait until they end (squeue --jobs "
            f"{','.join(left)}), to keep what they make, or cancel them (scancel "
            f"{' '.join(left)}); then run the same command again"
        )
    submitted = (job for job in jobs.needrun_jobs() if not job.is_local)
    requests = {request_of(jobs.get_job_group(job) or job) for job in submitted}
    if found := list(misfits(requests, nodes_of(ask(*SINFO)))):
        raise error("; ".join(found))
    if names := sorted({request.name for request in requests if request.amounts.gpus}):
        for line in no_gpu_build(f"{names[0]} requests a GPU of SLURM"):
            tell(line)


def left_jobs(told: str, folder: Path) -> list[str]:
    """Ids of the jobs that Snakemake submitted in a folder, of what `SQUEUE` prints."""
    rows = (line.split("|", 2) for line in told.splitlines())
    return [
        job
        for job, place, comment in rows
        if Path(place) == folder and _OF_SNAKEMAKE.match(comment)
    ]


def request_of(job: SubmittedJob) -> Request:
    """What a job requests."""
    asked = job.resources
    named = (asked.get("gpu"), job.threads, asked.get("mem_mb"), asked.get("runtime"))
    # text where an amount is not known before the inputs are there
    amounts = Amounts(*(float(one) if isinstance(one, int | float) else 0.0 for one in named))
    return Request(str(asked.get("slurm_partition") or ""), job.name, amounts, job.is_group())


def nodes_of(told: str) -> list[Nodes]:
    """Nodes of all partitions, of what `SINFO` prints."""
    found = []
    for line in told.splitlines():
        name, cpus, memory, limit, generic = line.split("|")
        gpus = sum(int(n) for n in _GPUS.findall(generic))
        offered = Amounts(gpus, int(cpus), int(memory), minutes_of(limit))
        found.append(Nodes(name.removesuffix(_DEFAULT), name.endswith(_DEFAULT), offered))
    return found


def minutes_of(limit: str) -> float:
    """A time limit in minutes, from ``infinite`` or ``days-hours:minutes:seconds``."""
    if not limit[:1].isdigit():
        return math.inf
    days, _, clock = limit.rpartition("-")
    hours, minutes, seconds = [0, 0, *map(int, clock.split(":"))][-3:]
    return int(days or 0) * 1440 + hours * 60 + minutes + seconds / 60


def misfits(requests: Iterable[Request], nodes: Sequence[Nodes]) -> Iterator[str]:
    """What no node can run: a sentence per partition and amount; none where no node is known."""
    for name, group in groupby(sorted(requests), key=lambda request: request.partition):
        offered = [n.offered for n in nodes if (n.partition == name if name else n.is_default)]
        if offered:
            yield from _too_much(name or "by default", list(group), offered)
        elif name and nodes:
            known = ", ".join(sorted({node.partition for node in nodes}))
            yield f"SLURM has no partition {name} (slurm_partition); it has {known}"


def _too_much(
    partition: str, requests: Sequence[Request], offered: Sequence[Amounts]
) -> Iterator[str]:
    most = Amounts(*map(max, zip(*offered, strict=True)))
    for i, (unit, remedy) in enumerate(WORDS):
        over = sorted((-r.amounts[i], r) for r in requests if r.amounts[i] > most[i])
        if over:
            worst = over[0][1]
            others = len({r.name for _, r in over}) - 1
            more = f" (and {others} other rules, which request some)" * bool(others)
            way = SMALLER_GROUPS if worst.is_group else remedy.format(name=worst.name, most=most[i])
            yield (
                f"{'group ' * worst.is_group}{worst.name}{more} requests {worst.amounts[i]:.0f} "
                f"{unit}, and nodes of SLURM's partition {partition} have {most[i]:.0f} at most; "
                f"name another partition in the profile (slurm_partition), or {way}"
            )
