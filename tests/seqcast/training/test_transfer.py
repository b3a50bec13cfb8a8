"""Fine-tuning: what a mode trains and what it leaves alone, what it learns, and its plain weights."""

import copy
import json
import logging
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from seqcast.core.errors import InputError
from seqcast.genome.sequence import one_hot_of_codes
from seqcast.models.borzuki.config import BorzukiConfig
from seqcast.models.convert import read_safetensors, write_safetensors
from seqcast.models.interface import load_model
from seqcast.training.adapters import merge_adapter, with_adapter, write_adapter
from seqcast.training.coverage import CoverageSet, CoverageTask
from seqcast.training.coverage_network import CoverageNetwork, starting_network
from seqcast.training.loop import train_heads
from seqcast.training.outputs import ADAPTER
from seqcast.training.recipe import Recipe
from seqcast.training.task_options import (
    CoverageOptions,
    TransferOptions,
)
from seqcast.training.transfer import TERM
from tests.seqcast.training.test_coverage_network import PARAMS
from tests.seqcast.training.test_train_coverage import RECIPE as JOB_RECIPE
from tests.seqcast.training.test_train_coverage import run, write_windows
from tests.seqcast.training.toys_coverage import ToyStore, interrupt, same

LENGTH_BP = 64
RECIPE = Recipe(
    learning_rate=0.01, batch_size=8, epochs=12, warmup_steps=5, decay="none", seed=3,
    gradient_clip_norm=1.0, select_by="pearsonr",
)  # fmt: skip
OPTIONS = {
    "full": TransferOptions("full"),
    "linear": TransferOptions("linear"),
    "lora": TransferOptions("lora", rank=4, alpha=8, key_and_output=True),
    "houlsby": TransferOptions("houlsby"),
    "locon": TransferOptions("locon", rank=2, alpha=4, convs=3, conv_rank=4, conv_alpha=8),
}


def params_of(mode: str = "", **heads: int) -> dict:
    model = copy.deepcopy(PARAMS["model"]) | {"seq_length": LENGTH_BP}
    for head, units in heads.items():
        model[f"head_{head}"] = model["head_human"] | {"units": units}
    adapter = {"adapter": "houlsby", "adapter_latent": 3} if mode == "houlsby" else {}
    return {"model": model | adapter}


class OtherAssay(ToyStore):
    """How far bases A and T of a token of 16 bp differ in number, twice: more than a head can tell."""

    def targets(self, i: int) -> np.ndarray:
        tokens = self.bases[i].reshape(-1, 16)
        found = 2 * np.abs((tokens == 0).sum(1) - (tokens == 3).sum(1)).repeat(2)
        return np.stack([found, found]).astype(np.float16)


def task_of(store: ToyStore, transfer: TransferOptions | None, *heads: str) -> CoverageTask:
    rows = np.arange(len(store))
    pair = np.arange(len(store.targets(0)))[::-1] if transfer else np.array([1, 0, 2])
    sets = [
        CoverageSet(head, store, rows[rows % 4 > 0], rows[rows % 4 == 0], pair)
        for head in heads or ("human",)
    ]
    options = CoverageOptions(total_weight=1, augment_shift_bp=0, transfer=transfer)
    return CoverageTask(sets, options)


@pytest.fixture(autouse=True, scope="module")
def _one_thread():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def base(tmp_path_factory) -> Path:
    """Weights trained on bases A, bases T, bases C and G of bins of 8 bp."""
    network = starting_network("borzuki", params_of(), ["human"], 0)
    _, best = train_heads(network, task_of(ToyStore(160, 1), None), RECIPE)
    path = tmp_path_factory.mktemp("base") / "base.safetensors"
    write_safetensors(network.weights_of("human", best[""]), path, {"head": "human"})
    return path


def start(base: Path | None, mode: str, tracks: int = 2, **changes: object) -> CoverageNetwork:
    options = replace(OPTIONS[mode], **changes)
    params = params_of(mode, human=tracks)
    return starting_network("borzuki", params, ["human"], 0, base, transfer=options)


@pytest.fixture(scope="module")
def trained(base: Path) -> dict:
    """Mode to the network, its plain weights at first, those of its best step, and its history."""
    found = {}
    for mode, options in OPTIONS.items():
        network = start(base, mode)
        before = copy.deepcopy(network.weights_of("human", network.state_dict()))
        history, best = train_heads(network, task_of(OtherAssay(160, 2), options), RECIPE)
        network.load_state_dict(best[""])
        found[mode] = (network, before, network.weights_of("human", best[""]), history)
    return found


def windows(seed: int = 0) -> torch.Tensor:
    codes = np.random.default_rng(seed).integers(0, 5, size=(4, LENGTH_BP)).astype(np.uint8)
    return one_hot_of_codes(torch.from_numpy(codes))


@pytest.mark.parametrize("mode", OPTIONS)
def test_a_mode_learns_what_was_planted(trained: dict, mode: str) -> None:
    reached = {name: history["validation_pearsonr"] for name, (*_, history) in trained.items()}
    assert abs(reached[mode][0]) < 0.2
    assert reached[mode].max() > 0.3
    if mode != "linear":  # a head alone cannot tell it from the base's features
        assert reached[mode].max() > reached["linear"].max() + 0.03
    assert reached["full"].max() > 0.75


ATTENTION = {f"transformer.0.attention.{name}.weight" for name in ("query", "value")}
CHANGED = {
    "linear": set(),
    "lora": ATTENTION | {f"transformer.0.attention.{n}.weight" for n in ("key", "output")},
    "houlsby": {
        f"transformer.0.{part}"
        for norm in ("attention", "feed_forward")
        for part in (
            *(f"{norm}_norm.{n}" for n in ("weight", "bias")),
            *(f"{norm}_adapter.{m}.{n}" for m in ("down", "up") for n in ("weight", "bias")),
        )
    },
    "locon": ATTENTION | {f"tower.blocks.{i}.conv.weight" for i in range(3)},
}


@pytest.mark.parametrize("mode", CHANGED)
def test_all_but_what_a_mode_trains_keeps_its_bits(trained: dict, mode: str) -> None:
    _, before, after, _ = trained[mode]
    changed = {name for name in after if not torch.equal(before[name], after[name])}
    assert changed == CHANGED[mode] | {"head.weight", "head.bias"}


def test_full_fine_tuning_trains_all(trained: dict) -> None:
    network, before, after, _ = trained["full"]
    kept = {name for name in after if torch.equal(before[name], after[name])}
    assert all("num_batches" in name for name in kept)
    assert all(parameter.requires_grad for parameter in network.parameters())


@pytest.mark.parametrize("mode", OPTIONS)
def test_it_starts_as_the_base(base: Path, mode: str) -> None:
    found = start(base, mode).eval().of("human")
    expected = load_model("borzuki", base, params_of(), device="cpu")
    with torch.inference_mode():
        assert torch.equal(found.trunk(windows()), expected.trunk(windows()))
    assert found.tracks == 2


@pytest.mark.parametrize("mode", OPTIONS)
def test_the_file_is_a_plain_network(trained: dict, tmp_path: Path, mode: str) -> None:
    network, _, after, _ = trained[mode]
    path = tmp_path / "weights.safetensors"
    write_safetensors(after, path, {})
    loaded = load_model("borzuki", path, params_of(mode, human=2), device="cpu")
    with torch.inference_mode():
        found, expected = loaded(windows()), network.eval().of("human")(windows())
    torch.testing.assert_close(found, expected, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("mode", [mode for mode in OPTIONS if mode != "full"])
def test_an_adapter_gives_the_trained_weights_to_the_bit(
    trained: dict, base: Path, tmp_path: Path, mode: str
) -> None:
    network, _, after, history = trained[mode]
    paths = [tmp_path / f"{name}.safetensors" for name in ("adapter", "merged", "other")]
    parts = network.parts_of("human", network.state_dict())
    made = {"architecture": "borzuki", "hyperparameters": json.dumps(params_of(mode, human=2))}
    write_adapter(paths[0], parts, network.trained, history, made)
    merge_adapter(paths[0], base, paths[1])
    found = read_safetensors(paths[1])[0]
    assert same(found, {name: after[name] for name in found})
    assert set(after) - set(found) <= {name for name in after if "num_batches" in name}
    learned = set(read_safetensors(paths[0])[0])
    assert not {name for name in learned if name.startswith(("stem.", "unet."))}
    assert sum(t.numel() for t in read_safetensors(paths[0])[0].values()) < sum(
        tensor.numel() for tensor in after.values()
    )
    state, facts = read_safetensors(base)
    state["stem.conv.weight"][0] += 1e-6
    write_safetensors(state, paths[2], facts)
    with pytest.raises(InputError, match=r"other.safetensors: its backbone is not the one"):
        merge_adapter(paths[0], paths[2], tmp_path / "no.safetensors")
    with pytest.raises(InputError, match=r"base.safetensors is no adapter; expected"):
        merge_adapter(base, base, tmp_path / "no.safetensors")
    assert not (tmp_path / "no.safetensors").exists()


@pytest.mark.parametrize("mode", ["lora", "locon", "linear"])
def test_an_adapter_that_learned_nothing_leaves_the_base(base: Path, mode: str) -> None:
    network = start(base, mode)
    parts = network.parts_of("human", network.state_dict())
    learned = {n: t for n, t in parts.items() if n in network.trained or TERM in n}
    given = read_safetensors(base)[0]
    found = with_adapter(given, learned)
    own = {name for name in given if not name.startswith("head.")}
    assert all(torch.equal(found[name], given[name]) for name in own)


def test_terms_are_those_of_the_original(trained: dict) -> None:
    # baskerville's adapters.py: the output of the layer, plus that of two layers times alpha / rank
    network, before, after, _ = trained["locon"]
    x, state = torch.rand(2, 20, 16), network.state_dict()

    def term(layer: str, part: str) -> torch.Tensor:
        return state[f"network.{layer}.parametrizations.weight.0.{part}"]

    layer = "transformer.0.attention.value"
    expected = (
        x @ before[f"{layer}.weight"].T + (x @ term(layer, "down").T) @ term(layer, "up").T * 2
    )
    found = x @ after[f"{layer}.weight"].T
    torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-5)
    layer, image = (
        "tower.blocks.2.conv",
        torch.rand(2, before["tower.blocks.2.conv.weight"].shape[1], 1, 20),
    )
    down = torch.conv2d(image, term(layer, "down"), padding=(0, 2))
    up = torch.conv2d(down, term(layer, "up")[:, :, None, None]) * 2
    plain = torch.conv2d(image, before[f"{layer}.weight"], padding=(0, 2))
    found = torch.conv2d(image, after[f"{layer}.weight"], padding=(0, 2))
    torch.testing.assert_close(found, plain + up, rtol=1e-5, atol=1e-5)
    assert up.abs().max() > 0.01  # else this test says nothing


def test_terms_are_not_rounded_by_bf16(trained: dict) -> None:
    network, _, after, _ = trained["lora"]
    with torch.autocast("cpu", torch.bfloat16):
        weight = network.network.transformer[0].attention.query.weight
    assert torch.equal(weight, after["transformer.0.attention.query.weight"])


@pytest.mark.parametrize("mode", OPTIONS)
def test_gradients_and_modes_are_where_they_should_be(base: Path, mode: str) -> None:
    network = start(base, mode)
    network.eval().train()
    network.of("human")(windows()).sum().backward()
    for name, parameter in network.named_parameters():
        assert (parameter.grad is not None) == parameter.requires_grad, name
    own = network.network
    assert own.unet[0].norm.training == (mode == "full")
    assert own.transformer[0].attention.training == (mode != "linear")
    assert network.training


def test_counts_are_logged(base: Path, caplog) -> None:
    with caplog.at_level(logging.INFO, "seqcast"):
        start(base, "lora", rank=3, key_and_output=False)
    # 16 channels, 2 heads: queries of 4 each, values of 8; a head of 2 tracks
    trained, head = 3 * (16 + 8) + 3 * (16 + 16) + 2 * 17, 2 * 17
    assert f"trained parameters: {trained} of " in caplog.text
    assert f", {head} of them of heads" in caplog.text
    assert "took the backbone without its head; randomly initialised heads: human" in caplog.text


def test_a_head_that_fits_is_drawn_unless_it_is_wanted(base: Path) -> None:
    given = load_model("borzuki", base, params_of(), device="cpu").head.weight
    drawn = starting_network("borzuki", params_of(), ["human"], 0).network.head.weight
    assert torch.equal(start(base, "linear", 3).network.head.weight, drawn)
    assert torch.equal(start(base, "linear", 3, new_head=False).network.head.weight, given)


def test_all_convolutions_means_that_the_first_is_trained_itself(base: Path) -> None:
    own = start(base, "locon", convs=4).network
    assert own.stem.conv.weight.requires_grad
    assert not hasattr(own.stem.conv, "parametrizations")
    assert all(hasattr(block.conv, "parametrizations") for block in own.tower.blocks)


def test_several_heads_are_trained_with_one_trunk(base: Path) -> None:
    options, heads = OPTIONS["lora"], ["human", "mouse"]
    network = starting_network(
        "borzuki", params_of(human=2, mouse=2), heads, 0, base, transfer=options
    )
    before = network.state_dict()
    before = {head: copy.deepcopy(network.weights_of(head, before)) for head in heads}
    task = task_of(OtherAssay(40, 2), options, *heads)
    _, best = train_heads(network, task, replace(RECIPE, epochs=2))
    for head in heads:
        after = network.weights_of(head, best[head])
        changed = {name for name in after if not torch.equal(before[head][name], after[name])}
        assert changed == CHANGED["lora"] | {"head.weight", "head.bias"}


def test_activations_may_be_computed_again(base: Path) -> None:
    gradients = []
    for again in (False, True):
        network = start(base, "locon").eval()  # without dropout
        network.network.checkpoint_activations = again
        network.network(windows()).sum().backward()
        gradients.append({n: p.grad for n, p in network.named_parameters() if p.requires_grad})
    for name, gradient in gradients[0].items():
        torch.testing.assert_close(gradients[1][name], gradient, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("mode", ["linear", "lora", "houlsby", "locon"])
def test_an_interrupted_fine_tuning_goes_on_to_the_same_bits(
    base: Path, tmp_path: Path, mode: str
) -> None:
    path, options = tmp_path / "last.pt", OPTIONS[mode]
    short = replace(RECIPE, epochs=2, evaluate_every=2, ema_decay=0.9)

    class Stopped(CoverageTask):
        def loss(self, model, part):
            self.left -= 1
            if not self.left:
                interrupt()
            return super().loss(model, part)

    task = task_of(OtherAssay(40, 2), options)
    straight, stopped, resumed = (start(base, mode) for _ in range(3))
    _, best = train_heads(straight, task, short)
    halted = Stopped(task.sets, task.options)
    halted.left = 6
    with pytest.raises(KeyboardInterrupt):
        train_heads(stopped, halted, short, path)
    other = replace(options, new_head=False)
    with pytest.raises(InputError, match="of another training: data was"):
        train_heads(start(base, mode), task_of(OtherAssay(40, 2), other), short, path)
    _, again = train_heads(resumed, task, short, path)
    assert same(straight.state_dict(), resumed.state_dict())
    assert same(best[""], again[""])


def test_it_starts_from_a_published_file(shared: Path) -> None:
    folder = shared / "reference/borzuki/reduced_hl_clip_micro_like"
    params = json.loads((folder / "params.json").read_text())
    expected = load_model("borzuki", folder / "model0.h5", params, device="cpu")
    params["model"] = {k: v for k, v in params["model"].items() if k != "head_mouse"}
    params["model"]["head_human"] = params["model"]["head_human"] | {"units": 12}
    found = starting_network(
        "borzuki", params, ["human"], 0, folder / "model0.h5", transfer=TransferOptions("locon")
    ).eval()
    x = one_hot_of_codes(torch.randint(0, 4, (1, expected.window_length_bp), dtype=torch.uint8))
    with torch.inference_mode():
        torch.testing.assert_close(found.network.trunk(x), expected.trunk(x), rtol=1e-6, atol=1e-6)
    assert found.network.tracks == 12


def test_adapters_of_a_file_are_taken(trained: dict, tmp_path: Path) -> None:
    path, after = tmp_path / "adapted.safetensors", trained["houlsby"][2]
    write_safetensors(after, path, {})
    found = starting_network(
        "borzuki", params_of("houlsby", human=2), ["human"], 0, path, transfer=OPTIONS["linear"]
    )
    name = "transformer.0.attention_adapter.up.weight"
    assert torch.equal(found.network.state_dict()[name], after[name])
    assert after[name].any()
    with pytest.raises(InputError, match=r"cannot start .* 8 left over \['transformer.0.att"):
        start(path, "lora")


def test_adapters_are_of_the_hyperparameters() -> None:
    # as baskerville's tests/data/transfer/json/load_model_houlsby.json (544073b) names them
    adapted = {"model": PARAMS["model"] | {"adapter": "houlsby", "adapter_latent": 8}}
    assert BorzukiConfig.from_params(adapted).adapter_width == 8
    assert BorzukiConfig.from_params(PARAMS).adapter_width == 0
    for change, message in (
        ({"adapter": "houlsby_se"}, "adapter is 'houlsby_se'; expected 'houlsby'"),
        (
            {"adapter": "houlsby", "adapter_latent": 0},
            "adapter_latent is 0; expected a whole number from 1",
        ),
    ):
        with pytest.raises(InputError, match=message):
            BorzukiConfig.from_params({"model": PARAMS["model"] | change})


def test_starts_that_are_refused(base: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"transfer.mode is 'lora', and there are no weights"):
        start(None, "lora")
    plain = params_of(human=2)
    with pytest.raises(InputError, match="'houlsby', and the network has no adapters"):
        starting_network("borzuki", plain, ["human"], 0, base, transfer=OPTIONS["houlsby"])
    with pytest.raises(InputError, match=r"8 missing .*_adapter"):
        starting_network(
            "borzuki", params_of("houlsby"), ["human"], 0, base, transfer=OPTIONS["lora"]
        )
    with pytest.raises(InputError, match=r"transfer.rank is 9; expected at most 8, the rank"):
        start(base, "lora", rank=9)
    with pytest.raises(InputError, match=r"transfer.convs is 5; expected at most 4"):
        start(base, "locon", convs=5)
    plain["model"]["trunk"] = [dict(block) for block in plain["model"]["trunk"]]
    plain["model"]["trunk"][0]["filters"] = 12
    with pytest.raises(InputError, match=r"base.safetensors cannot start .*stem.conv.weight is"):
        starting_network("borzuki", plain, ["human"], 0, base, transfer=OPTIONS["lora"])
    other = tmp_path / "readseeker.safetensors"
    write_safetensors({"bert.embeddings.weight": torch.ones(2)}, other, {})
    with pytest.raises(InputError, match=r"of another network: .*left over \['bert.embeddings"):
        start(other, "linear")


@pytest.mark.parametrize("mode", ["lora", "houlsby"])
def test_the_job_fine_tunes(tmp_path: Path, base: Path, mode: str) -> None:
    params, settings = params_of(mode, human=3), dict(JOB_RECIPE)
    params["model"]["seq_length"] = 256  # of the job's windows; the trunk does not depend on it
    settings["coverage"] = {"transfer": {"mode": mode} | ({"rank": 2} if mode == "lora" else {})}
    recipe, shape = tmp_path / "recipe.json", tmp_path / "params.json"
    recipe.write_text(json.dumps(settings))
    shape.write_text(json.dumps(params))
    store, table = write_windows(tmp_path, "human", 32, 1)
    files = SimpleNamespace(
        stores=store, targets=table, recipe=str(recipe), hyperparameters=str(shape)
    )
    with pytest.raises(InputError, match="no weights to start from"):
        run(files, tmp_path)
    files.initial = str(base)
    weights, history = run(files, tmp_path)
    assert history["validation_pearsonr"].max() > history["validation_pearsonr"][0] + 0.3
    state, facts = read_safetensors(weights)
    assert json.loads(facts["recipe"])["coverage"]["transfer"]["mode"] == mode
    merge_adapter(weights.with_suffix(ADAPTER), base, tmp_path / "merged.safetensors")
    merged, told = read_safetensors(tmp_path / "merged.safetensors")
    assert (same(merged, state), told) == (True, facts)
    load_model("borzuki", weights, shape, device="cpu")
