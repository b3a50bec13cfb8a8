"""Profiles are found by the oldest Snakemake that seqcast takes and by the newest; what jobs request."""

import json
import os
import re
import subprocess
from graphlib import TopologicalSorter
from pathlib import Path

import pytest
import yaml
from snakemake.cli import get_profile_dir
from snakemake_interface_executor_plugins.registry import ExecutorPluginRegistry

from seqcast.plan.needs import NEEDS, TRAINING_NEEDS
from seqcast.training.tasks import TRAININGS
from tests.workflow.test_house import RULES

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
    stated = {
        name: re.findall(r"^        (mem_mb|runtime|disk_mb)=\w+,$", body, flags=re.MULTILINE)
        for name, body in RULES.items()
    }
    keys = {"mem_mb": "memory_mb", "runtime": "runtime_min", "disk_mb": "disk_mb"}
    needed = {
        name: [key for key, field in keys.items() if getattr(need, field)]
        for name, need in NEEDS.items()
    }
    assert {name: found for name, found in stated.items() if found} == needed
    for line in ("mem_mb=plan.training_jobs.memory_mb", "runtime=plan.training_jobs.runtime_min"):
        assert line in RULES["train"]  # which depend on the task
    assert set(TRAINING_NEEDS) == set(TRAININGS)


def test_whether_a_rule_requests_a_gpu_is_for_the_config_to_say():
    stated = re.findall(r"^        gpu=(.+),$", "".join(RULES.values()), flags=re.MULTILINE)
    assert set(stated) == {"plan.gpus", "plan.training_jobs.gpus"}


def test_pages_and_figures_that_need_little_are_made_where_snakemake_runs():
    """As a job of a cluster, each would take two starts of Snakemake for a second of work."""
    local = {name for name, body in RULES.items() if "    localrule: True\n" in body}
    little = {name for name in RULES if name.startswith(("plot_", "summarise_"))} - set(NEEDS)
    assert little - local == set()
    assert [name for name in local if "    resources:\n" in RULES[name]] == []


@pytest.mark.slow
def test_a_group_of_jobs_waits_for_none_that_waits_for_it(workflow):
    profile = yaml.safe_load((ROOT / "config/profiles/slurm/profile.yaml").read_text())
    dag = json.loads(workflow.run("--d3dag", config="config/demo.yaml").stdout)
    rules = {node["id"]: node["value"]["rule"] for node in dag["nodes"]}
    assert set(profile["groups"]) <= set(rules.values()) | {"export_scores_h5"}
    groups = {job: profile["groups"].get(rule, job) for job, rule in rules.items()}
    needs = {job: {edge["u"] for edge in dag["edges"] if edge["v"] == job} for job in rules}
    together = {job: {job} for job in rules}  # as Snakemake joins them: along direct dependencies
    for job in rules:
        for other in needs[job]:
            if groups[job] == groups[other] and together[job] is not together[other]:
                together[job] |= together[other]
                for member in together[other]:
                    together[member] = together[job]
    name = {job: min(members) for job, members in together.items()}
    outside = {name[job]: set() for job in rules}
    for job in rules:
        outside[name[job]] |= {name[other] for other in needs[job]} - {name[job]}
    assert len(list(TopologicalSorter(outside).static_order())) == len(outside) < len(rules)


@pytest.mark.slow
def test_the_profile_of_clusters_plans_what_a_job_requests(workflow, coverage_tables):
    workflow.configure(coverage_tables, inference={"device": "auto", "threads": 1})
    # executors are plugins, of which a test needs none; without it, Snakemake refuses keys of the
    # plugin. Jobs of groups are printed otherwise.
    profile = yaml.safe_load((ROOT / "config/profiles/slurm/profile.yaml").read_text())
    left_out = ("slurm-", "group")
    general = {key: value for key, value in profile.items() if not key.startswith(left_out)}
    (workflow.folder / "profile").mkdir()
    (workflow.folder / "profile/profile.yaml").write_text(yaml.safe_dump(general))
    where = [f"--profile={workflow.folder / 'profile'}", "--executor=local", "--cores=4"]
    planned = workflow.succeed(*where, "--dry-run")
    jobs = re.findall(r"^rule (\w+):\n.*?resources: (.*?)$", planned, re.MULTILINE | re.DOTALL)
    requested = dict(jobs)
    assert "mem_mb=4000, " in requested["score_variants"]
    assert "runtime=720" in requested["score_variants"]
    assert "gpu=1" in requested["score_variants"]
    assert "disk_mb=20000" in requested["predict_coverage"]
    assert "runtime=60" in requested["gather_shards"]  # of the profile
    assert "mem_mb=8000" in requested["gather_shards"]
    assert "Warning" not in planned


CLOUDS = {"kubernetes", "aws-batch", "google-batch", "tes"}  # machines without a shared disk
BATCH = {"lsf", "pbs"}


def settings(name: str) -> dict:
    """The keys of a profile."""
    return yaml.safe_load((ROOT / f"config/profiles/{name}/profile.yaml").read_text())


@pytest.mark.parametrize("name", sorted(CLOUDS | BATCH))
def test_profiles_of_other_executors_state_what_their_jobs_need(name):
    found = settings(name)
    assert found["retries"] > 0
    assert found["rerun-incomplete"]
    assert "attempt" in found["default-resources"]["mem_mb"]
    assert ("default-storage-provider" in found) == (name in CLOUDS)
    head = (ROOT / f"config/profiles/{name}/profile.yaml").read_text().splitlines()[1]
    plugin = re.search(r"pip install (snakemake-executor-plugin-[\w-]+)", head)[1]
    assert plugin.removeprefix("snakemake-executor-plugin-") == found["executor"]


@pytest.mark.parametrize("name", ["aws-batch", "google-batch", "lsf"])
def test_all_rules_that_compute_on_a_gpu_say_so_in_the_words_of_the_executor(name):
    gpus = {rule for rule, body in RULES.items() if "        gpu=" in body}
    assert set(settings(name)["set-resources"]) == gpus


@pytest.mark.parametrize("name", sorted(CLOUDS | BATCH))
def test_an_executor_knows_the_keys_of_its_profile(name):
    registry = ExecutorPluginRegistry()
    registry.collect_plugins()
    found = settings(name)
    if not registry.is_installed(found["executor"]):
        pytest.skip(f"the plugin {found['executor']} is not installed")
    plugin = registry.get_plugin(found["executor"])
    mine = {key for key in found if key.startswith(f"{plugin.cli_prefix}-")}
    known = {
        f"{plugin.cli_prefix}-{name.replace('_', '-')}"
        for name in plugin.settings_cls.__dataclass_fields__
    }
    assert mine <= known


@pytest.mark.parametrize(("told", "state"), [
    ("    job_state = R\n", "running"), ("    job_state = Q\n", "running"), (None, "running"),
    ("    job_state = F\n    Exit_status = 0\n", "success"),
    ("    job_state = F\n    Exit_status = 271\n", "failed"), ("    job_state = F\n", "failed"),
])  # fmt: skip
def test_what_pbs_tells_of_a_job_is_told_to_snakemake(tmp_path, told, state):
    (tmp_path / "told").write_text(told or "")
    (tmp_path / "qstat").write_text(
        f"#!/bin/sh\ncat {tmp_path / 'told'}\nexit {int(told is None)}\n"
    )
    (tmp_path / "qstat").chmod(0o755)
    status = ROOT / "config/profiles/pbs/status.sh"
    path = f"{tmp_path}:{os.environ['PATH']}"
    found = subprocess.run(
        [status, "1.server"], env={"PATH": path}, capture_output=True, text=True, check=True
    )
    assert found.stdout.strip() == state
