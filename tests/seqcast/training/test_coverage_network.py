"""One trunk and several heads: what they share, what files hold, and where they start."""

import json
from pathlib import Path

import pytest
import torch

from seqcast.core.errors import InputError
from seqcast.models.convert import write_safetensors
from seqcast.models.interface import build_model, load_model
from seqcast.training.coverage_network import CoverageNetwork, starting_network

PARAMS = {
    "model": {
        "seq_length": 256, "augment_rc": True, "augment_shift": 3, "activation": "gelu",
        "norm_type": "batch", "bn_momentum": 0.9, "kernel_initializer": "lecun_normal",
        "l2_scale": 5e-7,
        "trunk": [
            {"name": "conv_dna", "filters": 8, "kernel_size": 7, "norm_type": None,
             "activation": "linear", "pool_size": 2},
            {"name": "res_tower", "filters_init": 8, "filters_end": 16, "divisible_by": 4,
             "kernel_size": 5, "num_convs": 1, "pool_size": 2, "repeat": 3},
            {"name": "transformer_tower", "key_size": 4, "heads": 2, "num_position_features": 8,
             "dropout": 0.1, "kernel_initializer": "he_normal", "repeat": 1},
            {"name": "unet_conv", "kernel_size": 3},
        ],
        "head_human": {"name": "final", "units": 3, "activation": "softplus"},
        "head_mouse": {"name": "final", "units": 2, "activation": "softplus"},
    }
}  # fmt: skip
HEADS = ["human", "mouse"]


def network(heads: list[str] = HEADS, seed: int = 0, **options) -> CoverageNetwork:
    return starting_network("borzuki", PARAMS, heads, seed, **options)


def windows() -> torch.Tensor:
    return torch.nn.functional.one_hot(torch.arange(512).reshape(2, 256) % 4).float().mT


def test_heads_share_all_but_themselves() -> None:
    model = network()
    human, mouse = model.of("human"), model.of("mouse")
    assert human.stem.conv.weight is mouse.stem.conv.weight
    assert human.head.weight is not mouse.head.weight
    counted = {name for name, _ in model.named_parameters()}
    alone = dict(human.named_parameters())
    assert counted == {f"network.{n}" for n in alone} | {"heads.mouse.weight", "heads.mouse.bias"}
    assert (human(windows()).shape, mouse(windows()).shape) == ((2, 3, 32), (2, 2, 32))
    model.eval()
    assert not any(part.training for part in (human, mouse, mouse.head))
    model.train()
    assert human.training
    assert mouse.training


def test_a_step_of_one_head_moves_the_trunk_of_both() -> None:
    model = network()
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    model.of("mouse")(windows()).sum().backward()
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.grad is not None:
                parameter -= 0.1 * parameter.grad
    moved = {n for n, tensor in model.state_dict().items() if not torch.equal(tensor, before[n])}
    assert {"network.stem.conv.weight", "heads.mouse.bias"} <= moved
    assert "network.head.bias" not in moved
    after = model.weights_of("mouse", model.state_dict())
    for name, tensor in model.of("mouse").state_dict().items():
        assert torch.equal(after[name], tensor)


def test_weights_of_a_head_are_a_network_of_their_own(tmp_path: Path) -> None:
    model = network().eval()
    for head in HEADS:
        path = tmp_path / f"{head}.safetensors"
        write_safetensors(model.weights_of(head, model.state_dict()), path, {"head": head})
        loaded = load_model("borzuki", path, PARAMS, head, device="cpu")
        with torch.inference_mode():
            torch.testing.assert_close(loaded(windows()), model.of(head)(windows()))


def test_a_seed_draws_the_weights_of_the_architecture() -> None:
    assert torch.equal(network().network.head.weight, network().network.head.weight)
    assert not torch.equal(network().network.head.weight, network(seed=1).network.head.weight)
    torch.manual_seed(0)
    expected = build_model("borzuki", PARAMS, "human")
    expected.initialise()
    torch.manual_seed(7)
    found = network(["human"]).of("human").state_dict()
    after = torch.rand(1)
    assert all(torch.equal(found[n], tensor) for n, tensor in expected.state_dict().items())
    torch.manual_seed(7)
    assert torch.equal(torch.rand(1), after)  # the caller's random numbers are left alone


@pytest.mark.parametrize("head", HEADS)
def test_it_starts_from_the_trunk_and_the_head_that_fits(tmp_path: Path, head: str) -> None:
    given, path = network(seed=1), tmp_path / "given.safetensors"
    write_safetensors(given.weights_of(head, given.state_dict()), path, {})
    drawn, found = network(), network(initial=path)
    trunk = [n for n in found.network.state_dict() if not n.startswith("head.")]
    for name in trunk:
        assert torch.equal(found.network.state_dict()[name], given.network.state_dict()[name])
    for name in HEADS:
        expected = given if name == head else drawn
        assert torch.equal(found.of(name).head.weight, expected.of(name).head.weight)


def test_a_file_that_names_its_head_gives_it_to_no_other(tmp_path: Path) -> None:
    same = {"model": PARAMS["model"] | {"head_mouse": PARAMS["model"]["head_human"]}}
    given = starting_network("borzuki", same, HEADS, 1)
    path = tmp_path / "given.safetensors"
    write_safetensors(given.weights_of("mouse", given.state_dict()), path, {"head": "mouse"})
    found = starting_network("borzuki", same, HEADS, 0, path)
    drawn = starting_network("borzuki", same, HEADS, 0)
    assert torch.equal(found.of("mouse").head.weight, given.of("mouse").head.weight)
    assert torch.equal(found.of("human").head.weight, drawn.of("human").head.weight)


@pytest.mark.parametrize(("learned", "is_taken"), [
    (None, True), (["a", "b"], True), (["b", "a"], False),
])  # fmt: skip
def test_a_head_of_other_tracks_is_drawn(tmp_path: Path, caplog, learned, is_taken) -> None:
    given, path = network(["mouse"], 1), tmp_path / "given.safetensors"
    facts = {"tracks": json.dumps(["a", "b"])}
    write_safetensors(given.weights_of("mouse", given.state_dict()), path, facts)
    found = network(["mouse"], initial=path, tracks={"mouse": learned} if learned else None)
    expected = given if is_taken else network(["mouse"])
    assert torch.equal(found.of("mouse").head.weight, expected.of("mouse").head.weight)
    assert torch.equal(found.of("mouse").stem.conv.weight, given.of("mouse").stem.conv.weight)
    assert ("as mouse learns other tracks" in caplog.text) != is_taken


def test_it_starts_from_a_published_file(shared: Path) -> None:
    folder = shared / "reference/borzuki/reduced_hl_clip_micro_like"
    found = starting_network("borzuki", _params(folder), HEADS, 0, folder / "model1.h5")
    expected = load_model("borzuki", folder / "model1.h5", _params(folder), "mouse", device="cpu")
    state = found.of("mouse").state_dict()
    assert all(torch.equal(state[n], t) for n, t in expected.state_dict().items())


def _params(folder: Path) -> dict:
    return json.loads((folder / "params.json").read_text())


def test_weights_of_another_trunk_are_refused(tmp_path: Path) -> None:
    wider = {"model": PARAMS["model"] | {"trunk": [dict(b) for b in PARAMS["model"]["trunk"]]}}
    wider["model"]["trunk"][0]["filters"] = 12
    given, path = starting_network("borzuki", wider, HEADS, 1), tmp_path / "wider.safetensors"
    write_safetensors(given.weights_of("human", given.state_dict()), path, {})
    with pytest.raises(InputError, match=r"wider.safetensors cannot start .*stem.conv.weight is "):
        network(initial=path)
    write_safetensors({"other.weight": torch.ones(2)}, path, {})
    with pytest.raises(InputError, match=r"missing .*1 left over \['other.weight'\]"):
        network(initial=path)
    with pytest.raises(InputError, match="no such file of weights"):
        network(initial=tmp_path / "none.safetensors")


def test_gradients_may_be_computed_from_fewer_activations() -> None:
    assert not network().of("mouse").checkpoint_activations
    assert network(checkpoint_activations=True).of("mouse").checkpoint_activations
