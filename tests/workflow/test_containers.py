"""Recipes of containers name files, packages and versions that exist; building them needs an engine."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOCKER, APPTAINER = ROOT / "containers/Dockerfile", ROOT / "containers/seqcast.def"
PROGRAMS = {"bedtools", "bowtie2", "ca-certificates", "curl", "git", "mmseqs2", "ncbi-blast+", "samtools"}  # fmt: skip


def instructions(text: str) -> list[tuple[str, str]]:
    """Instructions of a Dockerfile with their arguments, lines joined and comments left out."""
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    joined = "\n".join(lines).replace("\\\n", " ")
    return [tuple(line.split(maxsplit=1)) for line in joined.splitlines() if line.strip()]


def sections(text: str) -> dict[str, str]:
    """Sections of an Apptainer definition."""
    parts = re.split(r"^%(\w+)\n", text, flags=re.MULTILINE)
    return {"head": parts[0], **dict(zip(parts[1::2], parts[2::2], strict=True))}


def test_the_dockerfile_copies_what_exists_and_installs_what_is_locked():
    found = instructions(DOCKER.read_text())
    assert {name for name, _ in found} == {"ARG", "FROM", "RUN", "WORKDIR", "COPY", "CMD"}
    copied = [name for kind, text in found if kind == "COPY" for name in text.split()[:-1]]
    assert [name for name in copied if not (ROOT / name).exists()] == []
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["readme"] in copied
    for linked in (ROOT / "workflow/seqcast/models/shipped").iterdir():  # the package's own files
        if linked.is_symlink():
            assert linked.resolve().relative_to(ROOT).parts[0] in copied
    (python,) = re.findall(r"BASE=python:(\S+?)-slim", DOCKER.read_text())
    assert f"python={python}\n" in (ROOT / "envs/torch.yaml").read_text()
    extras = project["optional-dependencies"]
    assert set(re.findall(r'"\.\[(\w+)\]"', DOCKER.read_text())) <= set(extras)
    run = "\n".join(text for kind, text in found if kind == "RUN")
    assert "--constraint requirements.lock" in run


def test_both_recipes_say_the_same():
    docker, parts = DOCKER.read_text(), sections(APPTAINER.read_text())
    assert set(parts) == {"head", "arguments", "files", "post", "runscript"}
    (base,) = re.findall(r"^ARG BASE=(\S+)", docker, re.MULTILINE)
    assert f"From: {base}\n" in parts["head"]
    copied = dict(line.split() for line in parts["files"].splitlines() if line.strip())
    assert all(target == f"/opt/seqcast/{name}" for name, target in copied.items())
    of_docker = [text.split()[:-1] for kind, text in instructions(docker) if kind == "COPY"]
    assert set(copied) == {name for names in of_docker for name in names}
    for recipe in (docker, parts["post"]):
        (programs,) = re.findall(r"--no-install-recommends \\\n +(.*?)(?: \\)?\n", recipe)
        assert set(programs.split()) == PROGRAMS
        assert re.findall(r'pip install .*?"(\.\[\w+\])"', recipe) == [".[workflow]", ".[storage]"]
    for name in re.findall(r"{{ *(\w+) *}}", parts["post"]):
        assert f"{name}=" in parts["arguments"]


def test_each_environment_has_its_lock_in_the_documented_command():
    page = (ROOT / "docs/how-to/run-in-a-cloud.md").read_text()
    (names,) = re.findall(r"for name in (.*); do", page)
    assert names.split() == sorted(path.stem for path in (ROOT / "envs").glob("*.yaml"))


@pytest.mark.parametrize("path", [DOCKER, APPTAINER], ids=lambda path: path.name)
def test_a_recipe_downloads_nothing_but_packages(path):
    assert not re.search(r"https?://|curl +-|wget", path.read_text())
