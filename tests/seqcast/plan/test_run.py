"""The runs that the repository ships are planned, without Snakemake."""

import pytest
import yaml

from seqcast.plan import needs
from seqcast.plan.run import plan_run

CONFIGS = ("config", "published", "published_coverage", "demo", "demo_train", "mrna_benchmarks")


@pytest.mark.parametrize("name", CONFIGS)
def test_a_shipped_config_says_what_it_makes(root, monkeypatch, name):
    monkeypatch.chdir(root)
    config = yaml.safe_load((root / f"config/{name}.yaml").read_text())
    plan = plan_run(config, root / "workflow/schemas")
    assert plan.targets
    assert len(plan.targets) == len(set(plan.targets))
    assert {path.split("/")[0] for path in plan.targets} == {"results"}
    assert not any("{" in path or "//" in path for path in plan.targets)


def test_all_shipped_configs_are_here(root):
    assert {path.stem for path in (root / "config").glob("*.yaml")} == set(CONFIGS)


@pytest.mark.parametrize(("named", "gpus"), [("auto", 1), ("cuda:1", 1), ("cpu", 0)])
def test_a_job_that_uses_the_cpu_anyway_requests_no_gpu(planned, named, gpus):
    assert planned({}, inference={"device": named}).gpus == gpus


@pytest.mark.parametrize(("named", "warned"), [("cuda", True), ("auto", False), ("cpu", False)])
def test_a_gpu_that_the_installed_torch_cannot_use_is_told(planned, monkeypatch, named, warned):
    monkeypatch.setattr(needs, "cpu_torch", lambda: "2.13.0+cpu")
    told = planned({}, inference={"device": named}).warnings
    assert [line.startswith("inference.device is cuda, and torch 2.13.0+cpu") for line in told] == (
        [True] * warned
    )


@pytest.mark.parametrize(("kind", "warning"), [
    ("reads", "datasets.tsv: nothing is made of dataset given: models.tsv has no model of task "
     "reads, which its kind, reads, needs"),
    ("mrna", "no model of task embedding, which its kind, mrna, needs"),
    ("windows", None),
    ("variants", None),
])  # fmt: skip
def test_a_dataset_that_no_model_takes_is_told(planned, kind, warning):
    tables = {
        "assemblies": [("sim", "genome.fa", "genes.gtf", "")],
        "models": [("tiny", "borzuki", "coverage", "params.json", "human", "targets.tsv", "")],
        "folds": [("tiny", "0", "random", "10")],
        "datasets": [("given", kind, "sim" * (kind != "mrna"), "given.gz", 1)],
    }
    plan = planned(tables)
    assert len(plan.warnings) == (warning is not None)
    assert all(warning in line for line in plan.warnings)
    assert bool(plan.targets) == (warning is None)


def test_datasets_of_a_benchmark_of_programs_or_a_property_are_taken(planned):
    rows = [("sample", "labelled_reads", "", "dev.tsv", 1), ("mrnas", "mrna", "", "m.fa", 1)]
    tables = {"datasets": rows, "benchmarks": [("one", "reads", "sample", "classification")]}
    assert [line for line in planned(tables).warnings if "sample" in line] == []
    labelled = [("gc3", "property", "mrnas", "regression", "gc3", "kfold:3")]
    assert planned(tables | {"benchmarks": labelled + tables["benchmarks"]}).warnings == []
