"""Borzuki in TensorFlow, where SEQCAST_VERIFY_PYTHON names a Python that has it.

Measured with tensorflow-cpu 2.15.1: largest relative differences of 2e-6 to 5e-6 for the golden
files of trained and reduced networks, 1e-5 for the full-size network of random weights.
"""

import os

import h5py
import pytest

from seqcast.core.errors import InputError
from seqcast.evaluation.verification.verify_weights import VerifiedFiles, verify_weights
from seqcast.models.borzuki.network import Borzuki
from seqcast.models.originals import find_python
from tests.seqcast.evaluation.verification.stand_in import small_network, write_files
from tests.seqcast.models.test_convert import write_keras

REAL = ("real_tiny/data/model.h5", "real_tiny/data/params.json", "human")
CASES = [REAL] + [
    (f"{folder}/model{i}.h5", f"{folder}/params.json", head)
    for folder in ("reduced_hl_clip_like", "reduced_hl_clip_micro_like", "reduced_crop_upsample")
    for i, head in enumerate(("human", "mouse"))
]
FACTS = {"architecture": "borzuki"}


@pytest.fixture(scope="module", autouse=True)
def python():
    try:
        return find_python(Borzuki.original)
    except InputError as error:
        if os.environ.get("SEQCAST_VERIFY_PYTHON"):
            raise  # named, and of no use
        pytest.skip(str(error))


def write_published(path, model):
    """A file that Keras takes for one of its own."""
    write_keras(path, model)
    with h5py.File(path, "a") as file:
        file["model_weights"].attrs.update({"keras_version": "2.15.0", "backend": "tensorflow"})


@pytest.mark.parametrize("suffix", ["h5", "safetensors"])
def test_a_published_file_and_our_tensors_are_verified(suffix, tmp_path):
    model = small_network()
    prepared, params = write_files(tmp_path, model)
    weights = tmp_path / f"prepared.{suffix}"
    if suffix == "h5":
        write_published(weights, model)
    found = verify_weights(VerifiedFiles(params, weights, prepared), tmp_path / "v.json", FACTS)
    assert found["verdict"] == "verified"
    assert found["published"] == (suffix == "h5")
    assert found["largest_relative_difference"] < 1e-5
    assert found["original_versions"]["tensorflow"]


def test_weights_that_are_not_those_of_the_file_are_found(tmp_path):
    _, params = write_files(tmp_path, small_network())
    prepared, _ = write_files(tmp_path, small_network(seed=4), "other.safetensors")
    write_published(tmp_path / "published.h5", small_network())
    files = VerifiedFiles(params, tmp_path / "published.h5", prepared)
    assert verify_weights(files, tmp_path / "v.json", FACTS)["verdict"] == "differs"


@pytest.mark.parametrize(("weights", "params", "head"), CASES)
def test_golden_networks_are_verified_on_the_human_genome(shared, weights, params, head, tmp_path):
    folder = shared / "reference/borzuki"
    genome = folder / "real_tiny/data/hg38_1m.fa.gz"
    files = VerifiedFiles(folder / params, folder / weights, sequences=genome)
    found = verify_weights(files, tmp_path / "v.json", FACTS, head, number=1)
    assert (found["verdict"], found["published"]) == ("verified", True)
    assert found["largest_relative_difference"] < 2e-5
