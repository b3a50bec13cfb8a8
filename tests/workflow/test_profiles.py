"""Profiles are found by the oldest Snakemake that seqcast takes and by the newest; what jobs request."""

import re
from pathlib import Path

import pytest
from snakemake.cli import get_profile_dir

from seqcast.plan.needs import NEEDS, TRAINING_NEEDS
from seqcast.training.tasks import TRAININGS

ROOT = Path(__file__).resolve().parents[2]
PROFILES = sorted(ROOT.glob("profiles/*/")) + sorted(ROOT.glob("config/profiles/*/"))


@pytest.mark.parametrize("folder", PROFILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_profile_has_the_name_of_now_and_the_one_of_before(folder):
    assert (folder / "profile.yaml").is_file()
    # before 9.19, Snakemake knows config.yaml alone
    assert (folder / "config.yaml").readlink() == Path("profile.yaml")
    _, found = get_profile_dir(str(folder))
    assert found.resolve() == folder / "profile.yaml"


def test_rules_state_what_the_plan_says_that_they_need():
    texts = "\n".join(path.read_text() for path in (ROOT / "workflow/rules").glob("*.smk"))
    stated = {
        name: re.findall(r"^        (mem_mb|runtime|disk_mb)=\w+,$", body, flags=re.MULTILINE)
        for name, body in re.findall(
            r"^rule (\w+):\n(.*?)(?=^\S|\Z)", texts, re.MULTILINE | re.DOTALL
        )
    }
    keys = {"mem_mb": "memory_mb", "runtime": "runtime_min", "disk_mb": "disk_mb"}
    needed = {
        name: [key for key, field in keys.items() if getattr(need, field)]
        for name, need in NEEDS.items()
    }
    assert {name: found for name, found in stated.items() if found} == needed
    (train,) = re.findall(r"^rule train:\n(.*?)(?=^\S)", texts, re.MULTILINE | re.DOTALL)
    for line in ("mem_mb=plan.training_jobs.memory_mb", "runtime=plan.training_jobs.runtime_min"):
        assert line in train  # which depend on the task
    assert set(TRAINING_NEEDS) == set(TRAININGS)


@pytest.mark.slow
def test_the_profile_of_clusters_plans_what_a_job_requests(workflow, coverage_tables):
    workflow.configure(coverage_tables)
    # executors are plugins, of which a test needs none
    profile = [f"--profile={ROOT / 'config/profiles/slurm'}", "--executor=local", "--dry-run"]
    planned = workflow.succeed(*profile, "--cores=4")
    jobs = re.findall(r"^rule (\w+):\n.*?resources: (.*?)$", planned, re.MULTILINE | re.DOTALL)
    requested = dict(jobs)
    assert "mem_mb=4000, " in requested["score_variants"]
    assert "runtime=720" in requested["score_variants"]
    assert "gpu=1" in requested["score_variants"]
    assert "disk_mb=20000" in requested["predict_coverage"]
    assert "runtime=60" in requested["gather_shards"]  # of the profile
    assert "mem_mb=8000" in requested["gather_shards"]
    assert "Warning" not in planned
