"""The runs that the repository ships are planned, without Snakemake."""

import pytest
import yaml

from seqcast.plan.run import plan_run

CONFIGS = ("config", "published", "demo", "demo_train", "mrna_benchmarks")


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
