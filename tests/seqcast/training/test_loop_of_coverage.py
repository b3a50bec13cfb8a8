"""Trainings of coverage models: heads that choose their weights, what is kept, repeated, refused."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from seqcast.core.errors import InputError
from seqcast.training.loop import train, train_heads
from tests.seqcast.training.toys_coverage import OPTIONS, RECIPE, same, toy_network, toy_task

WAIT = "data_wait_share"  # a time, and so never the same


@pytest.fixture(autouse=True)
def _one_thread():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def test_one_head_learns_what_its_tracks_are() -> None:
    model = toy_network(1)
    history = train(model, toy_task(1), replace(RECIPE, epochs=20, evaluate_every=None))
    assert history.columns == [
        "step", "epoch", "learning_rate", "train_loss", "gradient_norm", "validation_loss",
        "validation_pearsonr", "validation_r2", WAIT, "best",
    ]  # fmt: skip
    assert history["validation_pearsonr"][0] < 0.5
    assert history["validation_pearsonr"].max() > 0.9
    assert history["step"].to_list() == list(range(0, 141, 7))
    assert history[WAIT][0] is None
    assert history[WAIT][1:].is_between(0, 1).all()


def test_each_head_has_the_weights_it_was_best_with() -> None:
    model, task = toy_network(), toy_task()
    wild = replace(RECIPE, learning_rate=0.2, epochs=6, ema_decay=None)
    history, best = train_heads(model, task, wild)
    assert list(best) == ["human", "mouse"]
    steps = {head: history.filter(column)["step"][-1]
             for head, column in (("human", "best"), ("mouse", "best_mouse"))}  # fmt: skip
    assert steps["human"] != steps["mouse"]  # else this test says nothing
    for head, column in (("human", "best"), ("mouse", "best_mouse")):
        values = history[f"validation_pearsonr_{head}"]
        assert history.filter(column)[f"validation_pearsonr_{head}"][-1] == values.max()
        model.load_state_dict(best[head])
        model.eval()
        with torch.inference_mode():
            found = task.validate(model, RECIPE)
        assert found[f"pearsonr_{head}"] == values.max()
        assert same(model.weights_of(head, best[head]), model.of(head).state_dict())


def test_training_ends_when_all_heads_are_out_of_patience() -> None:
    wild = replace(RECIPE, learning_rate=0.3, epochs=60, ema_decay=None, evaluate_every=None)
    history, _ = train_heads(toy_network(), toy_task(), replace(wild, patience=3))
    last = [history[column].arg_true()[-1] for column in ("best", "best_mouse")]
    # the slower head: three evaluations after its last best one
    assert len(history) == max(last) + 4
    assert history["epoch"][-1] < 60
    longer, _ = train_heads(toy_network(), toy_task(), replace(wild, patience=3, min_epochs=30))
    assert longer["epoch"][-1] >= 30
    assert longer.drop(WAIT)[: len(history)].equals(history.drop(WAIT))


def test_a_killed_training_of_two_heads_goes_on_to_the_same_bits(root: Path, tmp_path: Path):
    path = tmp_path / "last.pt"
    command = [sys.executable, "-m", "tests.seqcast.training.toys_coverage", "kill", path]
    killed = subprocess.run(command, cwd=root, capture_output=True, check=False)
    assert killed.returncode == -9, killed.stderr.decode()
    found = torch.load(path, weights_only=True)
    assert found["progress"]["step"] == 10  # of 33; batch 18 is asked for at step 14
    assert found["average"].keys() == dict(toy_network().named_parameters()).keys()
    straight, resumed = toy_network(), toy_network()
    history, best = train_heads(straight, toy_task(), RECIPE)
    again, best_again = train_heads(resumed, toy_task(), RECIPE, path)
    assert again.drop(WAIT).equals(history.drop(WAIT))
    assert same(straight.state_dict(), resumed.state_dict())
    assert all(same(best[head], best_again[head]) for head in ("human", "mouse"))


def test_a_loss_that_is_not_finite_names_the_windows(tmp_path: Path) -> None:
    task, path = toy_task(1), tmp_path / "last.pt"
    spoilt = int(task.sets[0].training[5])
    task.sets[0].store.spoilt.add(spoilt)
    place = f"chr1:{64 * spoilt}-{64 * spoilt + 64} (head human, shift "
    with pytest.raises(InputError, match="went astray at step") as caught:
        train(toy_network(1), task, RECIPE, path)
    said = tmp_path / "last.pt.batch.txt"
    assert place in str(caught.value)
    assert str(said) in str(caught.value)
    assert place in said.read_text()
    assert "loss nan" in said.read_text()
    with pytest.raises(InputError, match="went astray") as caught:  # the mended file goes on
        train(toy_network(1), task, RECIPE, path)
    task.sets[0].store.spoilt.clear()
    mended = train(toy_network(1), task, RECIPE, path)
    assert not said.exists()
    assert mended.drop(WAIT).equals(train(toy_network(1), toy_task(1), RECIPE).drop(WAIT))


def test_another_penalty_or_genome_is_another_training(tmp_path: Path) -> None:
    path = tmp_path / "last.pt"
    short = replace(RECIPE, epochs=1)
    train_heads(toy_network(), toy_task(), short, path)
    with pytest.raises(InputError, match="of another training: data was"):
        train_heads(toy_network(), toy_task(options=replace(OPTIONS, total_weight=1)), short, path)
    with pytest.raises(InputError, match="of another training: data was"):
        train_heads(toy_network(1), toy_task(1), short, path)
    with pytest.raises(InputError, match=r"recipe's ema_decay was 0.8 and is None"):
        train_heads(toy_network(), toy_task(), replace(short, ema_decay=None), path)
