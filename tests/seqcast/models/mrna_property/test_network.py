"""The network of properties: pooling token by token, freezing, and what its weights tell."""

from pathlib import Path

import pytest
import torch

from seqcast.core.errors import InputError
from seqcast.models.convert import write_safetensors
from seqcast.models.interface import build_model, load_model
from seqcast.models.mrna_property.network import MrnaProperty
from tests.seqcast.datasets.properties.toys import BODY, HYPERPARAMETERS

SEQUENCES = ["ACGU", "EAUGEGGCUAA", "ACGUNACGUACGUACGU", "A"]


def network(seed: int = 0, **params: object) -> MrnaProperty:
    torch.manual_seed(seed)
    model = MrnaProperty.from_params({**HYPERPARAMETERS, **params})
    model.initialise()
    return model.eval()


def save(model: torch.nn.Module, path: Path) -> Path:
    write_safetensors(model.state_dict(), path, {})
    return path


@pytest.mark.parametrize("pooling", [["last", "mean"], ["mean"], ["last"], ["mean", "last"]])
def test_pooling_is_that_of_each_sequence_alone(pooling: list[str]) -> None:
    model = network(pooling=pooling)
    with torch.no_grad():
        found = model.pooled(model.tokenize(SEQUENCES))
        for sequence, pooled in zip(SEQUENCES, found, strict=True):
            features = model.body(model.body.tokenize([sequence]))[0]
            own = features[: len(sequence)]  # the end token follows
            parts = {"last": own[-1], "mean": own.sum(0) / len(sequence)}
            expected = torch.cat([parts[name] for name in pooling])
            torch.testing.assert_close(pooled, expected, atol=1e-5, rtol=1e-5)


def test_labels_come_in_their_unit() -> None:
    model = network(outputs=2)
    tokens = model.tokenize(SEQUENCES)
    labels = torch.tensor([[1.0, 100.0], [3.0, 300.0]])
    with torch.no_grad():
        before = model(tokens)
        model.scale_labels(labels)
        torch.testing.assert_close(
            model(tokens), before * torch.tensor([1.0, 100.0]) + labels.mean(0)
        )


@pytest.mark.parametrize(
    ("params", "outputs", "tensors"),
    [
        ({}, 1, {"label_mean", "label_sd", "head.output.weight", "head.output.bias"}),
        ({"kind": "regression", "outputs": 3}, 3, {"label_mean"}),
        ({"kind": "binary", "outputs": 1}, 1, {"head.output.weight"}),
        ({"kind": "multiclass", "outputs": 4}, 4, {"head.output.weight"}),
        ({"head": {"kind": "mlp", "hidden": 7, "dropout": 0.5}}, 1, {"head.hidden.weight"}),
    ],
)
def test_weights_tell_kind_and_outputs(
    tmp_path: Path, params: dict, outputs: int, tensors: set
) -> None:
    model = network(**params)
    assert tensors <= set(model.state_dict())
    assert not any("lm_head" in name for name in model.state_dict())
    path = save(model, tmp_path / "w.safetensors")
    plain = HYPERPARAMETERS | ({"head": params["head"]} if "head" in params else {})
    read = load_model("mrna_property", path, plain, device="cpu")
    assert (read.kind, read.outputs) == (params.get("kind", "regression"), outputs)
    tokens = model.tokenize(SEQUENCES)
    with torch.no_grad():
        assert torch.equal(read(tokens), model(tokens))
        assert read(tokens).shape == (4, outputs)


def test_other_kinds_than_the_weights_have_are_refused(tmp_path: Path) -> None:
    path = save(network(), tmp_path / "w.safetensors")
    with pytest.raises(InputError, match="outputs is 1, the hyperparameters say 2"):
        load_model("mrna_property", path, HYPERPARAMETERS | {"outputs": 2}, device="cpu")
    body = save(build_model("helix_mrna", BODY), tmp_path / "body.safetensors")
    with pytest.raises(InputError, match=r"no tensor head\.output\.weight.*as initial"):
        load_model("mrna_property", body, HYPERPARAMETERS, device="cpu")


@pytest.mark.parametrize(
    ("blocks", "norm", "trained"),
    [
        (None, False, {"embeddings", "layers.0", "layers.1", "norm_f", "head"}),
        (0, False, {"head"}),
        (0, True, {"norm_f", "head"}),
        (1, False, {"layers.1", "head"}),
        (2, True, {"layers.0", "layers.1", "norm_f", "head"}),
    ],
)
def test_freezing_counts_blocks_from_the_last(blocks: int | None, norm: bool, trained: set) -> None:
    model = network()
    model.freeze(blocks, norm)
    found = {name.removeprefix("body.") for name, p in model.named_parameters() if p.requires_grad}
    assert {".".join(n.split(".")[: 2 if n.startswith("layers") else 1]) for n in found} == trained
    frozen = {n for n, p in model.named_parameters() if not p.requires_grad}
    # nothing below the first trained block takes part in the gradients
    model.train()
    model(model.tokenize(SEQUENCES)).sum().backward()
    assert {n for n, p in model.named_parameters() if p.grad is None} == frozen


def test_too_many_blocks() -> None:
    with pytest.raises(InputError, match="trainable_blocks is 3, but the body has 2 blocks"):
        network().freeze(3, True)


def test_codon_marks_may_be_left_out() -> None:
    assert network().codon_mark == "E"
    assert network(codon_marks=False).codon_mark is None


def test_the_body_may_be_described_by_a_file(tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    path.write_text('{"hidden_size": 16, "layers_block_type_string": "M", "num_hidden_layers": 1, '
                    '"num_heads": 4, "head_dim": 8, "num_attention_heads": 4, '
                    '"num_key_value_heads": 2, "time_step_limit": [0.0, Infinity]}')  # fmt: skip
    model = network(config=str(path))
    assert (model.body.depth, model.max_tokens) == (1, 12288)


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"architecture": None}, "lack 'architecture'"),
        ({"config": None}, "lack 'config'"),
        (
            {"architecture": "six_frame"},
            "'six_frame' gives no embeddings; expected one of task embedding",
        ),
        ({"architecture": "helix"}, "unknown architecture 'helix'"),
        ({"layers": 3}, "unknown key 'layers'"),
        ({"head": {"size": 3}}, r"unknown key 'head\.size'"),
        ({"head": "mlp"}, "head is 'mlp'; expected an object"),
        ({"head": {"kind": "rnn"}}, r"head\.kind is 'rnn'; expected linear or mlp"),
        ({"head": {"dropout": 1}}, r"head\.dropout is 1; expected a share"),
        ({"head": {"hidden": 0}}, r"head\.hidden is 0"),
        ({"head": {"standardise": 1}}, r"head\.standardise is 1; expected a bool"),
        ({"pooling": []}, r"pooling is \[\]; expected last, mean or both"),
        ({"pooling": ["max"]}, "pooling"),
        ({"pooling": "mean"}, "pooling is 'mean'; expected a list"),
        ({"codon_marks": "no"}, "codon_marks is 'no'; expected a bool"),
        ({"kind": "ranking"}, "kind is 'ranking'"),
        ({"kind": "binary", "outputs": 2}, "outputs is 2; expected what binary has"),
        ({"kind": "multiclass"}, "outputs is 1; expected what multiclass has"),
        ({"config": 3}, "config is 3"),
        ({"config": "none.json"}, r"none\.json: no such file"),
    ],
)
def test_hyperparameters_that_do_not_work(params: dict, message: str) -> None:
    given = {k: v for k, v in {**HYPERPARAMETERS, **params}.items() if v is not None}
    with pytest.raises(InputError, match=message):
        MrnaProperty.from_params(given)


def test_there_is_no_choice_of_heads() -> None:
    with pytest.raises(InputError, match="leave the head empty"):
        MrnaProperty.from_params(HYPERPARAMETERS, "human")


def test_features_may_be_standardised_first() -> None:
    plain, scaled = network(), network(head={"standardise": True})
    scaled.load_state_dict(plain.state_dict(), strict=False)
    pooled = 3 + 0.01 * torch.randn(50, 32)
    pooled[:, 0] = 1.5  # the same in all rows
    torch.testing.assert_close(scaled.standardised(pooled), plain.standardised(pooled))
    scaled.scale_features(pooled)
    mean, spread = pooled.mean(0), pooled.std(0, correction=0)
    spread[0] = 1
    expected = plain.standardised((pooled - mean) / spread)
    torch.testing.assert_close(scaled.standardised(pooled), expected)
    assert {"head.feature_mean", "head.feature_sd"} <= set(scaled.state_dict())
    assert "head.feature_sd" not in plain.state_dict()
