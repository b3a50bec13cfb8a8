"""The conda environments name the versions of requirements.lock, in words that conda understands.

Whether a channel has each build, and whether the set solves, needs the channels: that is left to
``snakemake --sdm conda --conda-create-envs-only``.
"""

import importlib.metadata
import re
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement

from seqcast.plan.code import module_files
from tests.workflow.source_files import ROOT, SOURCES, read_source

ENVS = sorted((ROOT / "envs").glob("*.yaml"))
# Without those of programs that are run beside this package, with other versions.
OWN = [path for path in ENVS if path.stem != "tensorflow"]
PYPI_NAMES = {"matplotlib-base": "matplotlib"}  # where conda's name differs
TOOLS = {  # not dependencies of the package
    "python", "pip", "curl", "bedtools", "blast", "bowtie2", "fraggenescan", "mmseqs2",
    "pyrodigal", "samtools",
}  # fmt: skip


def parts(path: Path) -> tuple[dict[str, Any], list[str], list[str]]:
    """The file, its conda specs, and its pip specs."""
    env = yaml.safe_load(path.read_text())
    conda = [spec for spec in env["dependencies"] if isinstance(spec, str)]
    pip = [spec for part in env["dependencies"] if isinstance(part, dict) for spec in part["pip"]]
    return env, conda, pip


def pins(path: Path) -> dict[str, str]:
    """PyPI name -> version of every Python package that the environment pins."""
    _, conda, pip = parts(path)
    named = [spec.split("=", 1) for spec in conda] + [spec.split("==") for spec in pip]
    return {PYPI_NAMES.get(name, name): version for name, version in named if name not in TOOLS}


@pytest.fixture(scope="module")
def project(root: Path) -> dict[str, str]:
    """PyPI name -> version in the lock file, which `make` installs."""
    lines = (root / "requirements.lock").read_text().splitlines()
    return dict(line.split("==") for line in lines if not line.startswith("#"))


def test_the_lock_is_in_the_ranges_of_the_project_and_brings_no_copyleft(
    root: Path, project: dict[str, str]
) -> None:
    table = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    extras = table["optional-dependencies"]
    taken = [table["dependencies"], *(extras[name] for name in ("workflow", "slurm", "dev"))]
    wanted = [Requirement(spec) for specs in taken for spec in specs]
    outside = [str(one) for one in wanted if not one.specifier.contains(project[one.name])]
    assert outside == []
    floors = [one for one in wanted if ">=" in str(one)]
    assert all("<" in str(one) for one in floors)  # ranges are closed: both ends can be tested
    assert not {Requirement(spec).name for spec in extras["comparators"]} & set(project)


def test_the_families_of_rules_have_their_environment() -> None:
    assert {path.stem for path in ENVS} >= {"download", "torch", "tables", "report"}


@pytest.mark.parametrize("path", ENVS, ids=lambda path: path.stem)
def test_keys_channels_and_pins(path: Path) -> None:
    env, conda, pip = parts(path)
    assert set(env) == {"channels", "dependencies"}
    assert env["channels"] == ["conda-forge", "bioconda", "nodefaults"]
    assert "python=3.11" in conda  # the floor of requires-python, which the tests run on
    for spec in conda:
        # MMseqs2 counts releases, and names the commit behind the dot
        assert re.fullmatch(r"[a-z0-9.-]+=\d+(\.\w+)*", spec), f"{spec} is not pinned as name=1.2.3"
    for spec in pip:
        assert re.fullmatch(r"[a-z0-9-]+==\d+(\.\d+)*", spec), f"{spec} is not name==1.2.3"


@pytest.mark.parametrize("path", ENVS, ids=lambda path: path.stem)
def test_conda_reads_each_spec_as_written(path: Path) -> None:
    rattler = pytest.importorskip("rattler", reason="py-rattler is not installed")
    for spec in parts(path)[1]:
        match = rattler.MatchSpec(spec)
        name, version = spec.split("=")
        assert (match.name.normalized, str(match.version)) == (name, f"{version}.*")


@pytest.mark.parametrize("path", OWN, ids=lambda path: path.stem)
def test_versions_are_those_of_the_project(path: Path, project: dict[str, str]) -> None:
    found = pins(path)
    assert found == {name: project[name] for name in found}


@pytest.mark.parametrize("path", OWN, ids=lambda path: path.stem)
def test_versions_are_those_the_tests_run_with(path: Path) -> None:
    found = pins(path)
    # A local part such as "+cpu" names a build, not a version (PEP 440).
    here = {name: importlib.metadata.version(name).split("+")[0] for name in found}
    assert found == here


def test_torch_is_a_pip_wheel() -> None:
    specs = {path.stem: parts(path) for path in ENVS}
    conda_names = {spec.split("=")[0] for _, conda, _ in specs.values() for spec in conda}
    assert not conda_names & {"torch", "pytorch", "pytorch-gpu", "pytorch-cpu"}
    assert [s for s in specs["torch"][2] if s.startswith("torch==")]


# Programs in a Python of their own, which imports nothing of this package.
ELSEWHERE = {"keras_original.py": {"tensorflow"}, "transformers_original.py": {"transformers"}}
IMPORTED_AS = {
    "scikit-learn": "sklearn", "google-crc32c": "google_crc32c", "biopython": "Bio",
    "backports.zstd": "backports", "pyyaml": "yaml",
    "mutalyzer-hgvs-parser": "mutalyzer_hgvs_parser",
}  # fmt: skip


def packages_of(script: Path) -> set[str]:
    """Packages that a script loads, itself and through this one."""
    found: set[str] = set()
    seen, pending = set(), [script]
    while pending:
        path = pending.pop()
        if path not in seen:
            seen.add(path)
            names = read_source(path).loads
            pending += [file for name in names for file in module_files(name)]
            found |= {name.split(".")[0] for name in names}
    return found - {"seqcast"} - sys.stdlib_module_names


def test_the_package_depends_on_what_it_imports(root: Path) -> None:
    table = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    everywhere = {Requirement(spec).name for spec in table["dependencies"]}
    of_workflow = table["optional-dependencies"]["workflow"]
    in_plan = everywhere | {Requirement(spec).name for spec in of_workflow}
    for path in SOURCES:
        found = {name.split(".")[0] for name in read_source(path).imports}
        names = in_plan if path.parent.name == "plan" else everywhere
        known = {IMPORTED_AS.get(name, name) for name in names} | {"seqcast"}
        known |= {"compression"}  # of Python 3.14
        known |= ELSEWHERE.get(path.name, set())
        assert found - known <= set(sys.stdlib_module_names), path


RULES = {
    name: Path(env).name
    for path in (ROOT / "workflow/rules").glob("*.smk")
    for name, env in re.findall(r"^rule (\w+):\n(?s:.*?)conda:\s*\"(\S+)\"", path.read_text(),
                                flags=re.MULTILINE)
}  # fmt: skip


@pytest.mark.parametrize("rule", RULES)
def test_a_script_loads_what_its_environment_has(rule: str) -> None:
    named = {IMPORTED_AS.get(name, name) for name in pins(ROOT / "envs" / RULES[rule])}
    assert packages_of(ROOT / f"workflow/scripts/{rule}.py") - named == set()
