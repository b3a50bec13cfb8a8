"""What the jobs that train models take, each task its own."""

from inspect import signature
from types import SimpleNamespace as Job
from typing import get_type_hints

import pytest

from seqcast.models.architectures import imported
from seqcast.training.tasks import TRAININGS
from tests.seqcast.plan.coverage_tables import ALONE, SHARED, write_files
from tests.seqcast.plan.test_properties import TABLES as PROPERTIES
from tests.seqcast.plan.test_trainings import MRNAS, READS

TABLES = {"coverage": ALONE, "reads": READS, "embedding": MRNAS, "property": PROPERTIES}
JOBS = {
    "coverage": Job(model="small", fold="f0c0"),
    "reads": Job(model="seeker", fold="0"),
    "embedding": Job(model="helix", fold="0"),
    "property": Job(model="tuned", fold="0"),
}
BESIDES = {"digests", "outputs"}  # they say whether a training is anew, or may be


@pytest.fixture
def jobs(planned, tmp_path):
    """A function from tables to `TrainingJobs`."""
    write_files(tmp_path)
    for name in ("train.tsv", "dev.tsv", "start.bin", "published.tsv", "tuned.json"):
        (tmp_path / name).touch()

    recipes = [tmp_path / name for name in ("later.json", "recipe.json")]

    def jobs(tables, **config):
        for path in recipes:  # planning reads none that is still to be made, and jobs need them
            path.unlink(missing_ok=True)
        found = planned(tables, **config).training_jobs
        for path in recipes:
            path.touch()
        return found

    return jobs


@pytest.mark.parametrize("task", TRAININGS)
def test_the_job_of_a_task_has_what_its_function_takes(jobs, task):
    found, job = jobs(TABLES[task]), JOBS[task]
    assert found.task(job) == task
    assert found.models == [job.model]
    function, kind = map(imported, TRAININGS[task])
    assert set(found.files(job)) - BESIDES <= set(kind._fields)
    assert set(kind._field_defaults) >= set(kind._fields) - set(found.files(job))
    assert get_type_hints(function)["files"] is kind
    signature(function).bind(
        files=None, outputs=None, facts=found.facts(job), device="cpu", threads=1,
        **found.options(job),
    )  # fmt: skip


def test_processes_of_a_training_have_a_gpu_and_threads_each(jobs):
    options = {"training": {"processes": 3}, "inference": {"threads": 2}}
    found = jobs(ALONE, **options)
    assert [found.gpus(JOBS["coverage"]), found.threads(JOBS["coverage"])] == [3, 6]
    assert [found.memory_mb(JOBS["coverage"], n) for n in (1, 2)] == [64_000, 128_000]
    found = jobs(READS, **options)
    assert [found.gpus(JOBS["reads"]), found.threads(JOBS["reads"])] == [1, 2]
    assert [found.runtime_min(JOBS["reads"], n) for n in (1, 2)] == [1440, 2880]
    found = jobs(ALONE, training={"processes": 3}, inference={"threads": 2, "device": "cpu"})
    assert [found.gpus(JOBS["coverage"]), found.threads(JOBS["coverage"])] == [0, 6]


def test_heads_that_models_share_are_trained_as_one_model(jobs):
    found, job = jobs(SHARED), Job(training="duo", fold="f0c0")
    assert found.models == []
    assert found.task(job) == "coverage"
    assert found.files(job)["targets"] == ["mouse.tsv", "human.tsv"]
    assert found.facts(job)["head"] == "mouse,human"
