"""What SLURM's commands print, read; and what is said of jobs that it would not run."""

import math
from pathlib import Path
from types import SimpleNamespace

import pytest

from seqcast.core.errors import InputError
from seqcast.plan import needs
from seqcast.plan.slurm import SINFO, SQUEUE, ask_slurm, check_cluster, minutes_of

PARTITIONS = """\
cpu*|4|8000|1-00:00:00|(null)
gpu|16|64000|infinite|gpu:a100:4(S:0-1),shard:8
gpu|64|256000|infinite|gpu:2
tiny|2|900|30:00|(null)
"""
FOLDER = Path("/data/run")


def job(name="score_variants", threads=1, is_local=False, **resources):
    """A job, as far as it is looked at."""
    return SimpleNamespace(
        name=name, threads=threads, is_local=is_local, resources=resources, is_group=lambda: False
    )


def group(*jobs, **changes):
    """A group of jobs, which is a job of more threads."""
    facts = {**vars(jobs[0]), "threads": sum(one.threads for one in jobs), **changes}
    return SimpleNamespace(**{**facts, "is_group": lambda: True}), jobs


def graph(jobs, groups=()):
    """Snakemake's graph, as far as it is asked."""
    together = {id(one): whole for whole, members in groups for one in members}
    return SimpleNamespace(
        needrun_jobs=lambda: [*jobs, *(one for _, members in groups for one in members)],
        get_job_group=lambda one: together.get(id(one)),
    )


def told(jobs, queue="", partitions=PARTITIONS, groups=()):
    """What is said of jobs; nothing if all is well."""
    answers = {SINFO: partitions, SQUEUE: queue}
    try:
        check_cluster(graph(jobs, groups), FOLDER, ask=lambda *command: answers[command])
    except InputError as error:
        return str(error)
    return ""


@pytest.mark.parametrize("jobs", [
    [job(gpu=0, mem_mb=8000, runtime=1440, threads=4)],
    [job(slurm_partition="gpu", gpu=4, mem_mb=256_000, runtime=10_000)],
    [job(gpu=1, is_local=True)],
    [job(mem_mb="<TBD>", runtime=None)],
    [],
])  # fmt: skip
def test_jobs_that_a_partition_can_run_are_not_spoken_of(jobs):
    assert told(jobs) == ""


@pytest.mark.parametrize(("found", "expected"), [
    (job(gpu=1), "score_variants requests 1 GPUs, and nodes of SLURM's partition by default have 0 "
     "at most; name another partition in the profile (slurm_partition), or set inference.device: "
     "cpu in the config"),
    (job(threads=8), "requests 8 CPUs, and nodes of SLURM's partition by default have 4 at most"),
    (job(mem_mb=9000), "use --set-resources score_variants:mem_mb=8000"),
    (job(slurm_partition="tiny", runtime=60), "requests 60 minutes, and nodes of SLURM's partition tiny have 30"),
    (job(slurm_partition="gpu", gpu=5), "requests 5 GPUs"),
    (job(slurm_partition="gpus"), "SLURM has no partition gpus (slurm_partition); it has cpu, gpu, tiny"),
])  # fmt: skip
def test_a_job_that_no_node_can_run_is_named_with_the_remedy(found, expected):
    assert expected in told([job(), found])


@pytest.mark.parametrize(("jobs", "warned"), [
    ([job(), job(slurm_partition="gpu", gpu=1)], True),
    ([job(), job(gpu=1, is_local=True)], False),
])  # fmt: skip
def test_gpus_that_the_installed_torch_would_not_use_are_told(monkeypatch, jobs, warned):
    monkeypatch.setattr(needs, "cpu_torch", lambda: "2.13.0+cpu")
    lines = []
    check_cluster(graph(jobs), FOLDER, tell=lines.append, ask=lambda *command: "")
    assert [line[:60] for line in lines] == (
        ["score_variants requests a GPU of SLURM, and torch 2.13.0+cpu"] * warned
    )


def test_a_group_is_as_large_as_its_jobs_together():
    small = [job("prepare_weights") for _ in range(4)]
    assert told([], groups=[group(*small)]) == ""
    small.append(job("prepare_weights"))
    assert told([], groups=[group(*small, name="weights_prepare_weights")]) == (
        "group weights_prepare_weights requests 5 CPUs, and nodes of SLURM's partition by default "
        "have 4 at most; name another partition in the profile (slurm_partition), or lower the "
        "group's number below group-components there, or take rules out of groups"
    )


def test_rules_are_named_once():
    jobs = [job(gpu=1), job(gpu=1), job("train", gpu=4)]
    assert told(jobs).startswith(
        "train (and 1 other rules, which request some) requests 4 GPUs, and nodes"
    )
    assert told(jobs).count("GPUs") == 1


def test_nothing_is_known_of_a_cluster_that_does_not_answer():
    assert told([job(gpu=1)], partitions="") == ""
    assert ask_slurm("false") == ""


QUEUE = """\
12|/data/run|rule_score_variants_wildcards_tiny_0
13_[1-4]|/data/run|group_tables|more
14|/data/other|rule_score_variants_wildcards_tiny_0
15|/data/run|(null)
"""


def test_jobs_of_an_earlier_start_stop_a_run():
    assert told([job()], QUEUE) == (
        "/data/run: SLURM has 2 jobs of an earlier start of Snakemake here, whose files this run "
        "would make again. Wait until they end (squeue --jobs 12,13_[1-4]), to keep what they make, "
        "or cancel them (scancel 12 13_[1-4]); then run the same command again"
    )
    assert told([job()], QUEUE.replace("/data/run", "/data/runs")) == ""


@pytest.mark.parametrize(("limit", "minutes"), [
    ("infinite", math.inf), ("UNLIMITED", math.inf), ("30:00", 30), ("1:30:30", 90.5),
    ("7-00:00:00", 10_080), ("1-12:00:00", 2160),
])  # fmt: skip
def test_a_limit_is_read(limit, minutes):
    assert minutes_of(limit) == minutes
