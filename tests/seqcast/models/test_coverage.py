"""A coverage architecture that seqcast does not have is trained, fine-tuned and run like Borzuki."""

import copy
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from seqcast.core.errors import InputError
from seqcast.models.convert import read_safetensors, write_safetensors
from seqcast.models.interface import load_model
from seqcast.training.coverage import CoverageTask
from seqcast.training.coverage_network import CoverageNetwork, starting_network
from seqcast.training.loop import train_heads
from seqcast.training.task_options import TransferOptions
from tests.docs.pages import blocks
from tests.seqcast.training.test_transfer import RECIPE, OtherAssay, task_of, windows
from tests.seqcast.training.toys_coverage import ToyStore, interrupt, same

DILATED = "tests.seqcast.models.dilated_cnn:DilatedCnn"
DILATED_PARAMS = {
    "window_length_bp": 64, "bin_size_bp": 8, "channels": 8, "blocks": 2,
    "heads": {"human": 3, "mouse": 2},
}  # fmt: skip
PROJECTIONS = {f"blocks.{i}.projection.weight" for i in range(2)}
CONVOLUTIONS = {f"blocks.{i}.convolution.weight" for i in range(2)}
MODES = {
    "linear": (TransferOptions("linear"), set()),
    "lora": (TransferOptions("lora", rank=2, alpha=4), PROJECTIONS),
    "locon": (
        TransferOptions("locon", rank=2, alpha=4, convs=2, conv_rank=2),
        PROJECTIONS | CONVOLUTIONS,
    ),
    "locon of all": (
        TransferOptions("locon", rank=2, alpha=4, convs=3, conv_rank=2),
        PROJECTIONS | CONVOLUTIONS | {"stem.weight", "stem.bias"},
    ),
}


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[float]]:
    """Weights trained on bases A, bases T, bases C and G of bins of 8 bp, and the losses."""
    network = starting_network(DILATED, DILATED_PARAMS, ["human"], 0)
    history, best = train_heads(network, task_of(ToyStore(80, 1), None), replace(RECIPE, epochs=6))
    path = tmp_path_factory.mktemp("base") / "base.safetensors"
    write_safetensors(network.weights_of("human", best[""]), path, {"head": "human"})
    return path, history["validation_loss"].to_list()


def tuned(base: Path, options: TransferOptions) -> CoverageNetwork:
    return starting_network(DILATED, DILATED_PARAMS, ["mouse"], 0, base, transfer=options)


def trunk_of(state: dict) -> dict:
    """Without the norms' counters of batches, which decide nothing and are not taken."""
    return {n: t for n, t in state.items() if not n.startswith("head.") and "num_batches" not in n}


def test_the_page_shows_this_architecture(root: Path) -> None:
    page = root / "docs/how-to/add-architecture.md"
    shown = [block.text for block in blocks(page) if block.language == "python"]
    assert shown == [(root / "tests/seqcast/models/dilated_cnn.py").read_text()]


def test_it_learns_from_a_start_that_is_drawn(base) -> None:
    _, losses = base
    assert losses[-1] < losses[0] - 0.2
    drawn = [starting_network(DILATED, DILATED_PARAMS, ["human"], seed) for seed in (0, 0, 1)]
    assert same(drawn[0].state_dict(), drawn[1].state_dict())
    assert not same(drawn[0].state_dict(), drawn[2].state_dict())


@pytest.mark.parametrize("mode", MODES)
def test_fine_tuning_changes_the_layers_that_it_names(base, tmp_path: Path, mode: str) -> None:
    options, expected = MODES[mode]
    network = tuned(base[0], options)
    own = network.network
    given = load_model(DILATED, base[0], DILATED_PARAMS, "human", device="cpu")
    before = copy.deepcopy(network.weights_of("mouse", network.state_dict()))
    assert same(trunk_of(before), trunk_of(given.state_dict()))
    task = task_of(OtherAssay(40, 2), options, "mouse")
    history, best = train_heads(network, task, replace(RECIPE, epochs=3))
    assert min(history["validation_loss"]) < history["validation_loss"][0]
    after = network.weights_of("mouse", best[""])
    assert after.keys() == before.keys()  # low-rank terms are in the weights
    changed = {name for name in after if not torch.equal(before[name], after[name])}
    assert changed == expected | {"head.weight", "head.bias"}
    network.load_state_dict(best[""])
    write_safetensors(after, tmp_path / "tuned.safetensors", {})
    loaded = load_model(DILATED, tmp_path / "tuned.safetensors", DILATED_PARAMS, device="cpu")
    assert loaded.head_name == "mouse"  # by the number of outputs
    with torch.inference_mode():
        torch.testing.assert_close(loaded(windows()), own.eval()(windows()))


def test_an_interrupted_training_goes_on_to_the_same_bits(base, tmp_path: Path) -> None:
    options = MODES["lora"][0]
    task = task_of(OtherAssay(40, 2), options, "mouse")
    short = replace(RECIPE, epochs=2, evaluate_every=2)

    class Stopped(CoverageTask):
        left = 6

        def loss(self, model, part):
            self.left -= 1
            if not self.left:
                interrupt()
            return super().loss(model, part)

    straight, stopped, resumed = (tuned(base[0], options) for _ in range(3))
    _, best = train_heads(straight, task, short)
    checkpoint = tmp_path / "last.pt"
    with pytest.raises(KeyboardInterrupt):
        train_heads(stopped, Stopped(task.sets, task.options), short, checkpoint)
    _, again = train_heads(resumed, task, short, checkpoint)
    assert same(straight.state_dict(), resumed.state_dict())
    assert same(best[""], again[""])


def test_two_heads_share_a_trunk(base) -> None:
    network = starting_network(DILATED, DILATED_PARAMS, ["human", "mouse"], 0, base[0])
    given = read_safetensors(base[0])[0]
    human, mouse = (network.weights_of(h, network.state_dict()) for h in ("human", "mouse"))
    assert same(trunk_of(human), trunk_of(given))
    assert same(trunk_of(mouse), trunk_of(given))
    assert torch.equal(human["head.weight"], given["head.weight"])
    assert len(mouse["head.bias"]) == 2
    network.double()
    with torch.inference_mode():
        coverage = [network.eval().of(head)(windows().double()) for head in ("human", "mouse")]
    assert [one.shape[1] for one in coverage] == [3, 2]
    assert network.of("mouse").weights is network.of("human").weights


def test_modes_for_layers_that_it_lacks_are_refused(base) -> None:
    with pytest.raises(InputError, match="'houlsby', and the network has no adapters"):
        tuned(base[0], TransferOptions("houlsby"))
    with pytest.raises(InputError, match="convs is 4; expected at most 3, the convolutions"):
        tuned(base[0], TransferOptions("locon", rank=2, convs=4))
    with pytest.raises(InputError, match="head 'rat' is not in the hyperparameters; they have hum"):
        starting_network(DILATED, DILATED_PARAMS, ["rat"], 0)
    with pytest.raises(InputError, match=r"hyperparameters \['chanels'"):
        starting_network(DILATED, {"chanels": 8}, ["human"], 0)
