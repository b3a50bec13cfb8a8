"""Fixtures shared by all tests."""

import os
import re
from functools import cache
from pathlib import Path

import pytest
from hypothesis import settings
from xdist.scheduler import LoadScopeScheduling

import seqcast  # noqa: F401 - sets how torch's threads wait, before anything loads torch

ROOT = Path(__file__).resolve().parents[1]
# how long an example takes says nothing on a machine that is shared
settings.register_profile("seqcast", deadline=None)
settings.load_profile("seqcast")
# tests start hundreds of processes of Python, each of which would compile all that it imports
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


@pytest.fixture(scope="session")
def root() -> Path:
    """The repository's root folder."""
    return ROOT


@pytest.fixture(scope="session")
def shared() -> Path:
    """Golden data of the original programs and real regions: not part of the repository."""
    path = Path(os.environ.get("SEQCAST_SHARED", ROOT.parent / "shared"))
    if not path.is_dir():
        pytest.skip(f"golden data of the originals not present at {path} (set SEQCAST_SHARED)")
    return path


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run tests that take ``device`` on the CPU, and on a GPU where there is one."""
    if "device" in metafunc.fixturenames:
        import torch

        devices = ["cpu"] + (["cuda"] if torch.cuda.is_available() else [])
        metafunc.parametrize("device", devices)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let several workers begin with what takes long, lest one of them ends long after the others."""
    if "PYTEST_XDIST_WORKER" in os.environ:
        items.sort(key=_place_in_line)


def _place_in_line(item: pytest.Item) -> int:
    """0: the longest scope, 1: other runs of the workflow, 2: all else."""
    if _takes_finished_run(item.nodeid.split("::")[0]):
        return 0
    return 1 if item.get_closest_marker("slow") else 2


class ByModule(LoadScopeScheduling):
    """Keep a module, and all that share the finished run, on one worker: they share fixtures.

    Marks of groups do not reach this version of pytest-xdist: pytest 9.2 lets no plugin rename a
    test.
    """

    def _split_scope(self, nodeid: str) -> str:
        module = nodeid.split("::")[0]
        return "finished" if _takes_finished_run(module) else module


@cache
def _takes_finished_run(module: str) -> bool:
    """Whether a function of a module has the fixture ``finished`` among its parameters."""
    return re.search(r"[(,]\s*finished\b[\w: .]*[,)]", (ROOT / module).read_text()) is not None


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> ByModule:
    """How tests are shared out among workers."""
    config.option.loadscopereorder = False  # see `pytest_collection_modifyitems`
    return ByModule(config, log)
