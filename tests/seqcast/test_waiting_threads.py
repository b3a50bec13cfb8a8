"""Threads of torch wait without spinning, or the user hears of it."""

import os
import subprocess
import sys

import pytest

TORCH_FIRST = "import sys, types; sys.modules['torch'] = types.ModuleType('torch'); "
SHOWN = "import os, {names}; print(os.environ['OMP_WAIT_POLICY'])"
UNSET = {name: value for name, value in os.environ.items()
         if name not in {"OMP_WAIT_POLICY", "GOMP_SPINCOUNT", "KMP_BLOCKTIME"}}  # fmt: skip


def said(command: str, **environment: str) -> tuple[str, str]:
    """What a Python of its own prints, and warns of."""
    ran = subprocess.run(
        [sys.executable, "-c", command], env=UNSET | environment, capture_output=True, text=True,
        check=True,
    )  # fmt: skip
    return ran.stdout.strip(), ran.stderr


def test_torch_before_seqcast_is_told_once():
    policy, warned = said(
        TORCH_FIRST + "import seqcast, importlib; importlib.import_module('seqcast')"
    )
    assert policy == ""
    assert warned.count("RuntimeWarning: torch was imported before seqcast") == 1
    assert "<string>:1: RuntimeWarning" in warned  # the user's line


@pytest.mark.parametrize(
    "given",
    [{"OMP_WAIT_POLICY": "ACTIVE"}, {"GOMP_SPINCOUNT": "0"}, {"KMP_BLOCKTIME": "0"}],
    ids=lambda given: next(iter(given)),
)
def test_a_choice_of_the_user_is_kept_in_silence(given):
    policy, warned = said(TORCH_FIRST + SHOWN.format(names="seqcast"), **given)
    assert policy == given.get("OMP_WAIT_POLICY", "PASSIVE")
    assert warned == ""


@pytest.mark.parametrize("names", ["seqcast", "benchmarks"])
def test_the_policy_is_set_before_torch(names, root, monkeypatch):
    monkeypatch.chdir(root)
    assert said(SHOWN.format(names=names)) == ("PASSIVE", "")
