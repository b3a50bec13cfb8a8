"""Exported folders hold the model: read again here, and by transformers where a Python has it."""

import json
import os
import subprocess

import pytest
import torch
from safetensors import safe_open

from seqcast.cli import main
from seqcast.core.errors import InputError
from seqcast.evaluation.verification.verify_weights import VerifiedFiles, verify_weights
from seqcast.models.convert import write_safetensors
from seqcast.models.export import export_model
from seqcast.models.interface import build_model, load_model
from seqcast.models.originals import TRANSFORMERS, find_python
from seqcast.models.shipped import shipped_model
from tests.seqcast.datasets.properties.toys import HYPERPARAMETERS
from tests.seqcast.models.helix_examples import TINY as HELIX
from tests.seqcast.models.readseeker.test_network import TINY as BERT

READ = "ACGTTGCAAGGCTNACGT" * 5
MRNA = "EAUGEGCCGGAUUACANE".replace("NE", "N") * 3


@pytest.fixture(scope="module")
def python():
    try:
        return find_python(TRANSFORMERS)
    except InputError as error:
        if os.environ.get("SEQCAST_VERIFY_PYTHON") and "no package" not in str(error):
            raise
        pytest.skip(str(error))


def write_model(folder, architecture, params):
    """Files of a network of random weights: ours, not those of a hub."""
    torch.manual_seed(2)
    model = build_model(architecture, params).eval().requires_grad_(False)
    model.draw_alive()
    write_safetensors(model.state_dict(), folder / "ours.safetensors", {})
    (folder / "params.json").write_text(json.dumps(params))
    return model, (architecture, folder / "ours.safetensors", folder / "params.json")


CASES = {
    "readseeker": (BERT, READ), "helix_mrna": (HELIX, MRNA), "mrna_property": (HYPERPARAMETERS, MRNA),
}  # fmt: skip


@pytest.mark.parametrize("architecture", CASES)
def test_a_folder_is_read_again(architecture, tmp_path):
    params, sequence = CASES[architecture]
    model, files = write_model(tmp_path, architecture, params)
    export_model(*files, tmp_path / "out")
    again = load_model(architecture, tmp_path / "out/model.safetensors",
                       tmp_path / "out/config.json", device="cpu") \
        if architecture != "mrna_property" else None  # fmt: skip
    with safe_open(tmp_path / "out/model.safetensors", "pt") as file:
        assert file.metadata() == {"format": "pt"}
        names = set(file.keys())
    if again is None:  # its config.json is told of by the tensors' names
        assert names == set(model.state_dict())
        assert json.loads((tmp_path / "out/config.json").read_text())["config"]["hidden_size"]
        return
    tokens = model.tokenize([sequence])
    assert torch.equal(again(tokens), model(tokens))


def test_the_vocabulary_lies_with_a_read_classifier(tmp_path):
    _, files = write_model(tmp_path, "readseeker", BERT)
    export_model(*files, tmp_path / "out")
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        "config.json", "model.safetensors", "tokenizer_config.json", "vocab.txt"}  # fmt: skip
    assert len((tmp_path / "out/vocab.txt").read_text().splitlines()) == 4101
    config = json.loads((tmp_path / "out/config.json").read_text())
    assert config["id2label"] == {"0": "non_coding", "1": "coding"}


def test_transformers_reads_the_folder_of_a_read_classifier(python, tmp_path):
    model, files = write_model(tmp_path, "readseeker", BERT)
    export_model(*files, tmp_path / "out")
    kmers = " ".join(READ[i : i + 6] for i in range(len(READ) - 5))
    code = (
        "import sys, transformers as t\n"
        "folder, kmers = sys.argv[1:]\n"
        "tokens = t.AutoTokenizer.from_pretrained(folder)(kmers, return_tensors='pt')\n"
        "model = t.AutoModelForSequenceClassification.from_pretrained(folder)\n"
        "print(tokens['input_ids'][0].tolist(), model(**tokens).logits[0].tolist())\n"
    )
    done = subprocess.run([python, "-c", code, tmp_path / "out", kmers],
                          capture_output=True, text=True, check=True)  # fmt: skip
    ids, logits = json.loads(f"[{done.stdout.replace('] [', '], [')}]")
    tokens = model.tokenize([READ])
    assert ids == tokens[0].tolist()
    assert logits == pytest.approx(model(tokens)[0].tolist(), abs=1e-5)


@pytest.mark.parametrize("architecture", ["readseeker", "helix_mrna"])
def test_our_tensors_are_verified_against_transformers(architecture, python, tmp_path):
    _, (_, weights, params) = write_model(tmp_path, architecture, CASES[architecture][0])
    files = VerifiedFiles(params, prepared=weights)
    found = verify_weights(files, tmp_path / "v.json", {"architecture": architecture})
    assert (found["verdict"], found["published"]) == ("verified", False)
    assert found["largest_relative_difference"] < 2e-5


@pytest.mark.parametrize(
    ("architecture", "weights", "params"),
    [
        ("readseeker", "readseeker/tiny_model/pytorch_model.bin", "config.json"),
        ("helix_mrna", "helix_mrna/published_config/model.safetensors", "config.json"),
        ("helix_mrna", "helix_mrna/small_bias_k3/model.safetensors", "config.json"),
    ],
)
def test_golden_networks_are_verified(architecture, weights, params, python, shared, tmp_path):
    path = shared / "reference" / weights
    files = VerifiedFiles(path.with_name(params), path)
    found = verify_weights(files, tmp_path / "v.json", {"architecture": architecture})
    assert (found["verdict"], found["published"]) == ("verified", True)
    assert found["largest_relative_difference"] < 2e-5


def test_the_command_makes_a_folder_once(tmp_path, capsys):
    _, (architecture, weights, params) = write_model(tmp_path, "readseeker", BERT)
    call = ["export", str(weights), "--architecture", architecture, "--hyperparameters",
            str(params), "-o", str(tmp_path / "out")]  # fmt: skip
    assert main(call) == 0
    assert main(call) == 2
    assert "is there already; give another name" in capsys.readouterr().err


def test_other_models_have_no_such_form(tmp_path):
    ours = shipped_model("six_frame")
    with pytest.raises(InputError, match="no other tool reads models of architecture 'six_frame'"):
        export_model("six_frame", ours.weights[0], ours.hyperparameters, tmp_path / "out")
