"""The running mean of the weights, step by step, and the weights it leaves alone."""

from dataclasses import replace

import pytest
import torch

from seqcast.training.averaging import WeightAverage
from seqcast.training.coverage import CoverageTask
from seqcast.training.loop import train_heads
from tests.seqcast.training.toys_coverage import OPTIONS, RECIPE, same, toy_network, toy_task


def test_the_mean_of_weights_is_validated_and_kept() -> None:
    steps = replace(RECIPE, epochs=None, steps=4, evaluate_every=1, select_by="loss",
                    checkpoint_every=100, ema_decay=0.3)  # fmt: skip
    plain, averaged, seen = replace(steps, ema_decay=None), toy_network(1), []

    class Looks(CoverageTask):
        def validate(self, model, recipe):
            seen.append({k: v.clone() for k, v in model.state_dict().items()})
            return {"loss": -float(len(seen)), "pearsonr": 0.0, "r2": 0.0}

    bare = toy_network(1)
    train_heads(bare, Looks(toy_task(1).sets, OPTIONS), plain)
    weights, seen = seen, []
    _, best = train_heads(averaged, Looks(toy_task(1).sets, OPTIONS), steps)
    assert same(averaged.state_dict(), bare.state_dict())  # what is trained stays as it is
    name, expected = "network.conv.weight", weights[0]["network.conv.weight"]
    for step in range(1, 5):
        decay = min(0.3, (1 + step) / (10 + step))  # the ramp of TensorFlow's num_updates
        expected = decay * expected + (1 - decay) * weights[step][name]
        torch.testing.assert_close(seen[step][name], expected, rtol=1e-5, atol=1e-7)
        assert torch.equal(seen[step]["network.norm.running_mean"],
                           weights[step]["network.norm.running_mean"])  # fmt: skip
    assert same(best[""], seen[4])


def test_weights_come_back_whatever_happens_inside() -> None:
    model = torch.nn.Linear(2, 2)
    model.bias.requires_grad_(False)  # not trained, and so not averaged
    average, before = (
        WeightAverage(model, 0.9),
        {k: v.clone() for k, v in model.state_dict().items()},
    )
    with torch.no_grad():
        model.weight += 1
    average.update(100)
    inside = []

    def fails() -> None:
        with average.in_place():
            inside.append(model.weight.detach().clone())
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fails()
    torch.testing.assert_close(inside[0], before["weight"] + 0.1)
    torch.testing.assert_close(model.weight.detach(), before["weight"] + 1)
    assert average.values.keys() == {"weight"}
