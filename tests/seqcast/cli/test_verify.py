"""`seqcast verify`: 0 for the same numbers, 1 for others, 2 where they cannot be compared."""

import json

import pytest

from seqcast.cli import main
from seqcast.evaluation.verification.verdicts import JOB
from seqcast.evaluation.verification.verify_weights import VerifiedFiles, write_job
from seqcast.models.borzuki.network import Borzuki
from seqcast.models.originals import Original
from tests.seqcast.evaluation.verification.stand_in import (
    original_that_copies,
    small_network,
    write_files,
    write_plain,
)


@pytest.fixture
def call(tmp_path, monkeypatch, capsys):
    """The command on a small network, whose original has the numbers of the plain one."""
    monkeypatch.delenv("SEQCAST_VERIFY_PYTHON", raising=False)
    model = small_network()
    weights, params = write_files(tmp_path, model)
    facts = {"architecture": "borzuki"}
    write_job(VerifiedFiles(params, weights), tmp_path / "job", facts, number=1, seed=7)
    write_plain(tmp_path / "job" / JOB, tmp_path / "plain.npz", model)
    monkeypatch.setattr(Borzuki, "original", original_that_copies(tmp_path, tmp_path / "plain.npz"))
    write_files(tmp_path, small_network(seed=4), "other.safetensors")

    def run(*arguments):
        options = {"--architecture": "borzuki", "--hyperparameters": params, "--seed": 7,
                   "--number": 1, "-o": tmp_path / "v.json"}  # fmt: skip
        options |= dict(zip(arguments[::2], arguments[1::2], strict=True))
        words = [str(word) for option in options.items() for word in option]
        status = main(["verify", str(weights), *words])
        return status, capsys.readouterr().err

    return run


def test_the_same_numbers_and_others(call, tmp_path):
    status, said = call()
    assert status == 0
    assert "prepared.safetensors: verified against Plain 1.2.3 on 1 window: " in said
    status, said = call("--prepared", str(tmp_path / "other.safetensors"))
    assert status == 1
    assert "DIFFERS from Plain 1.2.3 on 1 window: relative difference " in said
    assert json.loads((tmp_path / "v.json").read_text())["verdict"] == "differs"


def test_what_cannot_be_compared_here_is_no_pass(call, tmp_path, monkeypatch):
    lacking = Original("Nothing", "no_such_package", "program.py", "pip install nothing==1")
    monkeypatch.setattr(Borzuki, "original", lacking)
    status, said = call()
    assert status == 2
    assert "cannot be verified here: a Python with Nothing is needed" in said
    assert json.loads((tmp_path / "v.json").read_text())["verdict"] == "not_verified"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--number", "0"], "--number 0: expected 1 to 1000"),
        (["--seed", "-1"], "--seed -1: expected 0 or more"),
        (["--sequences", "no.fa"], "no.fa does not exist"),
        (["--head", "rat"], "head 'rat' is not in the hyperparameters"),
        (["--python", "/nonexistent"], "/nonexistent cannot be run as a Python"),
    ],
)
def test_mistakes_are_told(call, arguments, said):
    status, told = call(*arguments)
    assert status == 2
    assert said in told
