"""The loop against AdamW written out by hand, and what it keeps, repeats and refuses."""

from dataclasses import replace

import pytest
import torch

from seqcast.core.errors import InputError
from seqcast.training import loop
from seqcast.training.loop import train
from seqcast.training.recipe import Recipe, learning_rate
from tests.seqcast.training.toys import RECIPE, Network, Regression, network, run

PLAIN = replace(RECIPE, epochs=2, gradient_clip_norm=0.5)  # a norm that most gradients exceed


def plain_adamw(model: Network, recipe: Recipe) -> list[float]:
    """Loshchilov and Hutter 2019, algorithm 2, number by number; returns the norms before clipping."""
    task = Regression()
    parameters = dict(model.named_parameters())
    first = {name: torch.zeros_like(p) for name, p in parameters.items()}
    second = {name: torch.zeros_like(p) for name, p in parameters.items()}
    total, step, norms = recipe.epochs * task.steps_an_epoch(recipe), 0, []
    for epoch in range(recipe.epochs):
        for batch in task.batches(recipe, epoch, 0):
            x = torch.cat([part[0] for _, part in batch])
            y = torch.cat([part[1] for _, part in batch])
            loss = ((model(x) - y) ** 2).mean()
            gradients = dict(
                zip(parameters, torch.autograd.grad(loss, list(parameters.values())), strict=True)
            )
            norms.append(sum((g**2).sum().item() for g in gradients.values()) ** 0.5)
            rate, step = learning_rate(recipe, step, total), step + 1
            for name, p in parameters.items():
                g = gradients[name] * min(1, recipe.gradient_clip_norm / norms[-1])
                first[name] = 0.9 * first[name] + 0.1 * g
                second[name] = 0.999 * second[name] + 0.001 * g**2
                decay = 0 if "bias" in name or "layers.1" in name else recipe.weight_decay
                m, v = first[name] / (1 - 0.9**step), second[name] / (1 - 0.999**step)
                with torch.no_grad():
                    p -= rate * (m / (v.sqrt() + 1e-8) + decay * p)
    return norms


def test_steps_are_those_of_adamw_written_out() -> None:
    ours, plain = network(dropout=0), network(dropout=0)
    history = train(ours, Regression(), replace(PLAIN, select_by="agreement"))
    norms = plain_adamw(plain, PLAIN)
    assert history["best"][-1]  # so that `ours` holds the last weights
    for name, expected in plain.state_dict().items():
        torch.testing.assert_close(ours.state_dict()[name], expected, rtol=2e-5, atol=2e-6)
    means = [sum(norms[i : i + 3]) / len(norms[i : i + 3]) for i in range(0, len(norms), 3)]
    assert history["gradient_norm"][1:].to_list() == pytest.approx(means, rel=1e-4)


@pytest.mark.parametrize("size", [1, 3])
def test_parts_add_up_to_the_batch(size: int) -> None:
    models = [network(dropout=0) for _ in range(2)]
    for model, micro in zip(models, (None, size), strict=True):
        history = train(model, Regression(), replace(PLAIN, micro_batch_size=micro))
        assert history["step"].to_list() == [0, 3, 6, 9, 12, 14]
    for name, expected in models[0].state_dict().items():
        torch.testing.assert_close(models[1].state_dict()[name], expected, rtol=1e-5, atol=1e-6)


def test_history_says_what_happened() -> None:
    _, history = run()
    assert history.columns == [
        "step", "epoch", "learning_rate", "train_loss", "gradient_norm", "validation_loss",
        "validation_agreement", "best",
    ]  # fmt: skip
    assert history["train_loss"][0] is None  # before the first step
    assert history["epoch"].to_list()[:3] == [0, 3 / 7, 6 / 7]
    assert history["learning_rate"][-1] == learning_rate(RECIPE, 27, 28)
    assert history["validation_loss"][-1] < history["validation_loss"][0] / 2


def test_the_best_weights_are_kept() -> None:
    wild = replace(RECIPE, learning_rate=1.0, decay="none", warmup=0.0, gradient_clip_norm=None)
    model, history = run(wild)
    best = history.filter("best")[-1]
    assert 0 < best["step"].item() < history["step"][-1]
    assert best["validation_loss"].item() == history["validation_loss"].min()
    model.eval()
    with torch.no_grad():
        assert Regression().validate(model, wild)["loss"] == best["validation_loss"].item()


def test_other_values_are_chosen_by_the_largest() -> None:
    wild = replace(RECIPE, learning_rate=1.0, decay="none", warmup=0.0)
    by_loss, by_agreement = run(wild), run(replace(wild, select_by="agreement"))
    assert by_loss[1].equals(by_agreement[1])


def test_patience_ends_a_training_that_got_worse() -> None:
    wild = replace(RECIPE, learning_rate=1.0, decay="none", warmup=0.0, epochs=50)
    _, history = run(replace(wild, patience=3))
    assert history["best"].to_list()[-4:] == [True, False, False, False]
    assert len(history) < 50 * 7 / 3


def test_a_seed_is_a_training() -> None:
    (first, history), (second, again) = run(), run()
    assert history.equals(again)
    assert all(map(torch.equal, first.state_dict().values(), second.state_dict().values()))
    assert not history.equals(run(replace(RECIPE, seed=4))[1])


def test_the_callers_random_numbers_are_left_alone() -> None:
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    run(replace(RECIPE, epochs=1))
    assert torch.equal(torch.rand(3), expected)


def test_bf16_computes_otherwise_and_keeps_float32_weights() -> None:
    exact, rounded = run()[1], run(replace(RECIPE, precision="bf16"))
    assert {p.dtype for p in rounded[0].parameters()} == {torch.float32}
    losses = rounded[1]["validation_loss"].to_list()
    assert losses != exact["validation_loss"].to_list()
    assert losses == pytest.approx(exact["validation_loss"].to_list(), rel=0.1, abs=0.05)


@pytest.mark.parametrize("precision", ["fp32", "tf32"])
def test_convolutions_round_to_tf32_where_the_recipe_says_so(
    precision: str, device: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = []
    monkeypatch.setattr(loop, "use_precision", lambda *what: told.append(what))
    train(network().to(device), _OnDevice(device), replace(RECIPE, precision=precision, epochs=1))
    assert [(name, place.type) for name, place in told] == [(precision, device)]


def test_frozen_parameters_stay() -> None:
    model = network()
    model.layers[0].requires_grad_(False)
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    train(model, Regression(), RECIPE)
    same = {n for n, tensor in model.state_dict().items() if torch.equal(tensor, before[n])}
    assert same == {"layers.0.weight", "layers.0.bias"}


def test_a_loss_that_is_not_finite_stops_with_advice() -> None:
    with pytest.raises(InputError, match=r"at step 4 .*loss nan.*Lower learning_rate.*4 points"):
        run(spoil_at=4)


def test_a_warmup_ends_before_the_training() -> None:
    longest = replace(PLAIN, warmup=0.0, warmup_steps=13)  # of 14 steps: the last has the full rate
    assert run(longest)[1]["learning_rate"][-1] == longest.learning_rate
    with pytest.raises(InputError, match="warmup_steps is 14; expected fewer than the 14 of"):
        run(replace(longest, warmup_steps=14))


def test_validation_must_give_what_is_selected_by() -> None:
    with pytest.raises(InputError, match=r"select_by is 'auc'; .* gives loss, agreement"):
        run(replace(RECIPE, select_by="auc"))


def test_runs_on_each_device(device: str) -> None:
    model = network().to(device)
    history = train(model, _OnDevice(device), RECIPE)
    assert history["validation_loss"][-1] < history["validation_loss"][0]


class _OnDevice(Regression):
    def __init__(self, device: str) -> None:
        super().__init__()
        self.x, self.y = self.x.to(device), self.y.to(device)
