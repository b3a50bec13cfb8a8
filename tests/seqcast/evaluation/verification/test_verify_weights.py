"""Verdicts: the same numbers are verified, any tensor out of place is found, nothing passes unseen."""

import json
import math

import numpy as np
import pytest
import torch

from seqcast.core.errors import InputError
from seqcast.core.store import file_sha256
from seqcast.evaluation.verification.verdicts import (
    JOB,
    TOLERANCE,
    difference,
    in_words,
    last_verdict,
    summarise_verdicts,
    write_verdict,
)
from seqcast.evaluation.verification.verify_weights import VerifiedFiles, verify_weights, write_job
from seqcast.models.borzuki.network import Borzuki
from seqcast.models.convert import read_safetensors, tensors_sha256
from seqcast.models.shipped import shipped_model
from tests.seqcast.evaluation.verification.stand_in import (
    original_that_copies,
    small_network,
    write_files,
    write_plain,
)

FACTS = {"model": "small", "fold": "0", "architecture": "borzuki", "origin": "source"}


@pytest.fixture(scope="module")
def model():
    return small_network()


@pytest.fixture(scope="module")
def original(model, tmp_path_factory):
    """What the plain network says of the sequences that seed 0 gives."""
    folder = tmp_path_factory.mktemp("original")
    prepared, params = write_files(folder, model)
    write_job(VerifiedFiles(params, prepared=prepared), folder / "job", FACTS, number=2)
    write_plain(folder / "job" / JOB, folder / "original.npz", model)
    return folder / "original.npz"


def verdict_of(network, original, folder):
    prepared, params = write_files(folder, network)
    write_job(VerifiedFiles(params, prepared=prepared), folder / "job", FACTS, number=2)
    return write_verdict(folder / "job", original, folder / "verdict.json")


def test_the_same_weights_are_verified(model, original, tmp_path):
    found = verdict_of(model, original, tmp_path)
    assert found == json.loads((tmp_path / "verdict.json").read_text())
    assert found["verdict"] == "verified"
    assert 0 < found["largest_relative_difference"] < 1e-5
    tensors, _ = read_safetensors(tmp_path / "prepared.safetensors")
    assert found["tensors_sha256"] == tensors_sha256(tensors)
    assert found | FACTS == found
    assert (found["sequences"], found["kind"], found["published"]) == (2, "windows", False)
    words = in_words(found | {"largest_relative_difference": 3.4e-6})
    assert words == "verified against TensorFlow 2.0 on 2 windows: 3e-6"


TENSORS = [name for name, t in small_network().state_dict().items() if t.numel() > 1]


@pytest.mark.parametrize("name", TENSORS)
def test_any_tensor_out_of_order_is_found(name, original, tmp_path):
    network = small_network()
    tensor = network.state_dict()[name]
    flat = tensor.flatten().clone()
    tensor.copy_(flat.roll(1).view(tensor.shape))
    found = verdict_of(network, original, tmp_path)
    assert found["verdict"] == "differs"
    assert in_words(found).startswith("DIFFERS from TensorFlow")


def epsilon(kind, value):
    def change(network):
        for part in network.modules():
            if isinstance(part, kind):
                part.eps = value

    return change


@pytest.mark.parametrize(
    "change", [epsilon(torch.nn.BatchNorm1d, 1e-5), epsilon(torch.nn.LayerNorm, 1e-5)]
)
def test_a_wrong_constant_is_found(change, original, tmp_path, monkeypatch):
    made = Borzuki.__init__

    def changed(self, *arguments):
        made(self, *arguments)
        change(self)

    monkeypatch.setattr(Borzuki, "__init__", changed)
    assert verdict_of(small_network(), original, tmp_path)["verdict"] == "differs"


def test_differences_are_of_each_track_for_itself():
    theirs = [np.array([[1.0, 2.0], [1000.0, 0.0]]), np.array([[-4.0], [0.0]])]
    ours = [theirs[0] + [[0.0, 0.1], [0.5, 0.0]], theirs[1]]
    assert difference(ours, theirs) == pytest.approx((0.5, 0.1 / 4))
    assert difference(theirs, theirs) == (0, 0)
    silent = [np.zeros((1, 3))]
    assert difference(silent, silent).relative == 0
    assert difference([silent[0] + 1e-9], silent).relative == math.inf
    assert math.isnan(difference([silent[0] * math.nan], [silent[0] + 1]).relative)
    with pytest.raises(InputError, match=r"\(1, 3\)"):
        difference(silent, [np.zeros((1, 2))])


def test_outputs_that_are_no_numbers_differ(model, original, tmp_path):
    with np.load(original) as given:
        arrays = dict(given)
    arrays["output0"] = arrays["output0"] * np.nan
    np.savez(tmp_path / "nan.npz", **arrays)
    assert verdict_of(model, tmp_path / "nan.npz", tmp_path)["verdict"] == "differs"


def test_other_shapes_are_not_verified(model, original, tmp_path):
    with np.load(original) as given:
        arrays = dict(given)
    arrays["output1"] = arrays["output1"][:, 1:]
    np.savez(tmp_path / "short.npz", **arrays)
    found = verdict_of(model, tmp_path / "short.npz", tmp_path)
    assert found["verdict"] == "not_verified"
    assert "shapes" in found["reason"]


def test_all_steps_at_once_with_a_program(model, original, tmp_path, monkeypatch):
    prepared, params = write_files(tmp_path, model)
    program = original_that_copies(tmp_path, original)
    monkeypatch.setattr(Borzuki, "original", program)
    monkeypatch.delenv("SEQCAST_VERIFY_PYTHON", raising=False)
    files = VerifiedFiles(params, weights=prepared)
    found = verify_weights(files, tmp_path / "v.json", FACTS, number=2)
    assert found["weights_sha256"] == file_sha256(prepared)
    assert in_words(found).startswith("verified against Plain 1.2.3 on 2 windows: ")
    assert found["tolerance"] == TOLERANCE
    assert {path.name for path in tmp_path.iterdir()} == {
        "params.json", "prepared.safetensors", "program.py", "v.json"}  # fmt: skip
    failing = tmp_path / "program.py"
    failing.write_text("raise RuntimeError('no such layer')\n")
    found = verify_weights(files, tmp_path / "v.json", FACTS, number=2)
    assert found["verdict"] == "not_verified"
    assert "RuntimeError: no such layer" in found["reason"]


def test_a_network_of_our_own_has_no_original(tmp_path):
    ours = shipped_model("six_frame")
    files = VerifiedFiles(ours.hyperparameters, ours.weights[0])
    found = verify_weights(files, tmp_path / "v.json", {"architecture": "six_frame"})
    assert found["verdict"] == "not_verified"
    assert in_words(found) == (
        "not verified: no other program is known here that computes six_frame"
    )


def test_nothing_to_verify_is_said(tmp_path):
    with pytest.raises(InputError, match="give one"):
        verify_weights(VerifiedFiles("params.json"), tmp_path / "v.json", FACTS)


def test_a_table_of_verdicts_fails_where_numbers_differ(model, original, tmp_path):
    verdict_of(model, original, tmp_path)
    same, other = tmp_path / "verdict.json", tmp_path / "other.json"
    summarise_verdicts([same], tmp_path / "t.tsv")
    header, row = (tmp_path / "t.tsv").read_text().splitlines()
    assert header.split("\t") == ["model", "fold", "verdict", "in_words"]
    assert row.startswith("small\t0\tverified\tverified against TensorFlow 2.0 on 2 windows: ")
    found = json.loads(same.read_text())
    other.write_text(json.dumps(found | {"fold": "1", "verdict": "differs"}))
    with pytest.raises(InputError, match="small, fold 1: DIFFERS from TensorFlow"):
        summarise_verdicts([same, other], tmp_path / "u.tsv")
    assert not (tmp_path / "u.tsv").exists()


def test_a_verdict_on_other_weights_does_not_count(model, original, tmp_path):
    verdict_of(model, original, tmp_path)
    path, prepared = tmp_path / "verdict.json", tmp_path / "prepared.safetensors"
    assert last_verdict(path, prepared)[0] == "verified"
    assert last_verdict(tmp_path / "none.json", prepared) == ("not_verified", "not verified here")
    write_files(tmp_path, small_network(seed=4))
    for weights in (prepared, tmp_path / "none.safetensors"):
        assert last_verdict(path, weights) == (
            "not_verified", "not verified here: the verdict is on other weights")  # fmt: skip
