"""Fixtures shared by all tests."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

import seqcast  # noqa: F401 - sets how torch's threads wait, before anything loads torch

ROOT = Path(__file__).resolve().parents[1]
# how long an example takes says nothing on a machine that is shared
settings.register_profile("seqcast", deadline=None)
settings.load_profile("seqcast")


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
    """Keep a module, and all that share the finished run, on one worker: they share fixtures."""
    for item in items:
        shares = "finished" in getattr(item, "fixturenames", ())
        group = "finished" if shares else item.nodeid.split("::")[0]
        item.add_marker(pytest.mark.xdist_group(group))
