"""The contract that every architecture keeps, and the doors to models."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch
import yaml

from seqcast.core.errors import InputError
from seqcast.models import layers
from seqcast.models.architectures import ARCHITECTURES, architecture_of, coverage_shape
from seqcast.models.interface import (
    build_model,
    load_model,
    read_hyperparameters,
)
from tests.seqcast.models.borzuki.test_network import TINY
from tests.seqcast.models.helix.test_helix_mrna import TINY as TINY_HELIX
from tests.seqcast.models.readseeker.test_network import TINY as TINY_READSEEKER
from tests.seqcast.models.test_coverage import DILATED, DILATED_PARAMS

ROOT = Path(__file__).resolve().parents[3]
COVERAGE = {"borzuki": TINY}
READS = {
    "readseeker": TINY_READSEEKER,
    "six_frame": read_hyperparameters(ROOT / "config/hyperparameters/six_frame.json"),
}
EMBEDDINGS = {
    "helix_mrna": TINY_HELIX,
    "mamba2_mrna": read_hyperparameters(ROOT / "tests/golden/mamba2_mrna/config.json"),
}
PROPERTIES = {
    "mrna_property": {
        "architecture": "helix_mrna",
        "config": TINY_HELIX,
        "head": {"kind": "linear"},
    }
}
OWN = {DILATED: DILATED_PARAMS}  # not in the table
EXAMPLES = COVERAGE | READS | EMBEDDINGS | PROPERTIES


def test_every_architecture_has_an_example():
    assert EXAMPLES.keys() == ARCHITECTURES.keys()


def test_tasks_are_those_of_the_examples_and_of_the_schema():
    tasks = {"coverage": COVERAGE, "reads": READS, "embedding": EMBEDDINGS, "property": PROPERTIES}
    schema = yaml.safe_load((ROOT / "workflow/schemas/models.schema.yaml").read_text())
    allowed = {
        rule["if"]["properties"]["task"]["const"]: rule["then"]["properties"]["architecture"][
            "enum"
        ]
        for rule in schema["allOf"]
        if "enum" in rule["then"]["properties"].get("architecture", {})
    }
    assert [name for names in allowed.values() for name in names] == list(ARCHITECTURES)
    for task, examples in tasks.items():
        assert {architecture_of(name).task for name in examples} == {task}
        assert allowed[task] == list(examples)


@pytest.mark.parametrize("architecture", COVERAGE | OWN)
def test_the_shape_needs_no_network(architecture):
    params = (COVERAGE | OWN)[architecture]
    shape = coverage_shape(architecture, params)
    for head, tracks in shape.heads.items():
        assert build_model(architecture, params, head).tracks == tracks
    model = build_model(architecture, params)
    assert model.tracks == next(iter(shape.heads.values()))
    for name in ("window_length_bp", "bin_size_bp", "crop_bins"):
        assert getattr(shape, name) == getattr(model, name)


def test_shapes_are_read_without_torch():
    code = (
        "import json, sys; from seqcast.models.architectures import coverage_shape;"
        "coverage_shape('borzuki', json.load(sys.stdin)); assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], input=json.dumps(TINY), text=True, check=True)


def test_only_coverage_has_a_shape():
    with pytest.raises(InputError, match="'six_frame' is of task reads; expected one of task cov"):
        coverage_shape("six_frame", READS["six_frame"])


@pytest.mark.parametrize("architecture", COVERAGE | OWN)
def test_coverage_contract(architecture):
    model = build_model(architecture, (COVERAGE | OWN)[architecture], "human").eval()
    bins = model.window_length_bp // model.bin_size_bp - 2 * model.crop_bins
    with torch.inference_mode():
        coverage = model(torch.zeros(1, 4, model.window_length_bp))
    assert coverage.shape == (1, model.tracks, bins)
    assert (coverage >= 0).all()


@pytest.mark.parametrize("architecture", COVERAGE | OWN)
def test_contract_of_training_and_fine_tuning(architecture):
    model = build_model(architecture, (COVERAGE | OWN)[architecture], "human")
    model.initialise()
    ours, theirs = (dict(one.named_parameters()) for one in (model, model.with_head("mouse")))
    shared = {name for name in ours if ours[name] is theirs[name]}
    assert shared == {name for name in ours if not name.startswith("head.")}
    assert (
        len(theirs["head.bias"])
        == coverage_shape(architecture, (COVERAGE | OWN)[architecture]).heads["mouse"]
    )
    members = {name for name, _ in model.named_children()}
    assert {name.partition(".")[0] for name in ours} == members  # no tensors of its own
    assert model.regularisation().shape == ()
    trunk = [part for name, part in model.named_modules() if not name.startswith("head")]
    for parts in (model.projections(True), model.convolutions(), model.adapters()):
        assert all(any(part is one for one in trunk) for part in parts)
    few, more = model.projections(False), model.projections(True)
    assert 0 < len(few) <= len(more)
    assert all(part.weight.ndim == 2 for part in more)
    assert all(part.weight.ndim > 2 and part.groups == 1 for part in model.convolutions())


@pytest.mark.parametrize("architecture", READS)
def test_reads_contract(architecture):
    torch.manual_seed(1)
    model = build_model(architecture, READS[architecture])
    model.initialise()
    model.eval()
    sequences = ["ACGTTGCATTAGGC" * 8, "GATTACA" * 9, "ACGTNNRYACGTACTGAC" * 3]
    with torch.inference_mode():
        together = model(model.tokenize(sequences))
        alone = torch.cat([model(model.tokenize([sequence])) for sequence in sequences])
    assert together.shape == (3, len(model.classes))
    assert model.classes == ("non_coding", "coding")
    assert (
        0 < model.token_nt <= model.min_length_nt <= model.tested_length_nt <= model.max_length_nt
    )
    torch.testing.assert_close(together, alone, rtol=0, atol=1e-5)  # padding changes nothing


@pytest.mark.parametrize("architecture", EMBEDDINGS)
def test_embeddings_contract(architecture):
    torch.manual_seed(1)
    model = build_model(architecture, EMBEDDINGS[architecture])
    model.initialise()
    model.eval()
    sequences = ["AUGGCUUAA" * 9, "ACGUN", "GGCAUUAGC" * 30]
    with torch.inference_mode():
        tokens = model.tokenize(sequences)
        features, real = model(tokens), model.real(tokens)
        alone = [model(model.tokenize([sequence]))[0, :-1] for sequence in sequences]
        state = model.hidden_states(tokens, [0, model.depth])[1]
        finished, logits = model.finish(state), model.logits(features)
    assert features.shape == (*tokens.shape, model.width)
    assert real.sum(1).tolist() == [len(sequence) for sequence in sequences]
    for row, chosen, expected in zip(features, real, alone, strict=True):
        torch.testing.assert_close(row[chosen], expected, rtol=0, atol=1e-5)  # nor does the batch
    torch.testing.assert_close(finished[real], features[real])
    assert logits.shape[:2] == tokens.shape
    assert max(map(len, sequences)) < model.max_tokens


@pytest.mark.parametrize("architecture", PROPERTIES)
def test_properties_contract(architecture):
    model = build_model(architecture, PROPERTIES[architecture])
    model.initialise()
    with torch.inference_mode():
        labels = model.eval()(model.tokenize(["AUGGCUUAA", "ACGU"]))
    assert labels.shape == (2, model.outputs)
    assert model.kind == "regression"


def example_inputs(model, empty=False):
    """What a model of any task takes: a few sequences of unlike lengths, or none."""
    if model.task == "coverage":
        codes = torch.randint(4, (0 if empty else 2, model.window_length_bp))
        return torch.nn.functional.one_hot(codes, 4).mT.float()
    return model.tokenize([] if empty else ["ACGTTGCATTAGGC" * 8, "GATTACA" * 9, "ACGT" * 30])


@pytest.mark.parametrize("architecture", EXAMPLES)
def test_each_form_of_dense_layers_gives_the_same(architecture, monkeypatch):
    torch.manual_seed(3)
    model = build_model(
        architecture, EXAMPLES[architecture], *["human"] * (architecture in COVERAGE)
    )
    model.initialise()
    model.eval()
    some, none, made = example_inputs(model), example_inputs(model, empty=True), []
    for values in (sys.maxsize, 0):  # torch's own products, then oneDNN's
        monkeypatch.setattr(layers, "ONEDNN_VALUES", values)
        with torch.inference_mode():
            made.append(model(some))
            assert model(none).shape == (0, *model(none).shape[1:])
    # some fifty sums of up to a thousand products: see ROUNDING in test_coverage_accuracy.py
    tolerance = 6e-8 * (50 * 1000) ** 0.5 * made[0].abs().max().item()
    torch.testing.assert_close(*made, rtol=0, atol=tolerance)


def test_unknown_names_list_the_known_ones(tmp_path):
    with pytest.raises(
        InputError,
        match="unknown architecture 'enformer'; known: borzuki, readseeker, six_frame, helix_mrna",
    ):
        build_model("enformer", TINY, "human")
    with pytest.raises(
        InputError, match="head 'rat' is not in the hyperparameters; they have human, mouse"
    ):
        build_model("borzuki", TINY, "rat")
    (tmp_path / "w.safetensors").touch()
    with pytest.raises(InputError, match="compat 'x': architecture 'borzuki': it has none"):
        build_model("borzuki", TINY, compat="x")
    with pytest.raises(InputError, match="precision 'fp8'; expected one of fp32, tf32, bf16"):
        load_model("borzuki", tmp_path / "w.safetensors", TINY, precision="fp8")


def test_hyperparameters_must_be_readable(tmp_path):
    with pytest.raises(InputError, match="no such file; expected hyperparameters"):
        read_hyperparameters(tmp_path / "none.json")
    (tmp_path / "bad.json").write_text("{")
    with pytest.raises(InputError, match="not valid JSON"):
        read_hyperparameters(tmp_path / "bad.json")
