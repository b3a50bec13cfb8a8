"""Recipes are read strictly, and the schedule is the published one."""

import json
from dataclasses import dataclass
from pathlib import Path

import pytest
import torch

from seqcast.core.errors import InputError
from seqcast.training.recipe import Recipe, TaskOptions, learning_rate, read_recipe
from seqcast.training.task_options import ReadAugmentation

LEAST = {"learning_rate": 1e-3, "batch_size": 8, "epochs": 2}


def written(folder: Path, **values: object) -> Path:
    path = folder / "recipe.json"
    path.write_text(json.dumps(values))
    return path


def test_rates_rise_and_fall_as_in_transformers() -> None:
    # transformers' get_linear_schedule_with_warmup: step / warm-up, then (total - step) / (total -
    # warm-up); by hand for 10 steps, int(0.25 * 10) = 2 of them warm-up
    recipe = Recipe(learning_rate=8.0, batch_size=1, steps=10, warmup=0.25)
    assert [learning_rate(recipe, step, 10) for step in range(11)] == [
        0, 4, 8, 7, 6, 5, 4, 3, 2, 1, 0
    ]  # fmt: skip


def test_rates_may_stay() -> None:
    recipe = Recipe(learning_rate=8.0, batch_size=1, steps=4, warmup=0.5, decay="none")
    assert [learning_rate(recipe, step, 4) for step in range(4)] == [0, 4, 8, 8]


def test_epochs_or_steps() -> None:
    assert Recipe(learning_rate=1, batch_size=1, epochs=3).total_steps(7) == 21
    assert Recipe(learning_rate=1, batch_size=1, steps=3).total_steps(7) == 3


def test_a_recipe_and_the_section_of_its_task(tmp_path: Path) -> None:
    path = written(tmp_path, **LEAST, reads={"reverse_complement": True, "substitution_rate": 0})
    recipe, options = read_recipe(path, ReadAugmentation)
    assert recipe == Recipe(learning_rate=1e-3, batch_size=8, epochs=2)
    assert options == ReadAugmentation(reverse_complement=True)
    assert read_recipe(written(tmp_path, **LEAST), ReadAugmentation)[1] == ReadAugmentation()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"learningrate": 1}, "learningrate is 1; expected one of the keys learning_rate"),
        ({"learning_rate": "fast"}, "learning_rate is 'fast'; expected float or int"),
        ({"learning_rate": 0}, "learning_rate is 0; expected a number above 0"),
        ({"learning_rate": float("nan")}, "learning_rate is nan; expected a finite number"),
        ({"learning_rate": float("inf")}, "learning_rate is inf; expected a finite number"),
        ({"weight_decay": float("inf")}, "weight_decay is inf; expected a finite number"),
        ({"gradient_clip_norm": float("inf")}, "gradient_clip_norm is inf; expected a finite"),
        ({"learning_rate": 10**400}, "learning_rate is a number of 1329 bits; expected one of 64"),
        ({"epochs": 10**400}, "epochs is a number of 1329 bits; expected one of 64"),
        (
            {"epochs": 2**63},
            "epochs is 9223372036854775808; expected a number of at most 1,000,000,0",
        ),
        ({"epochs": float("inf")}, "epochs is inf; expected int or null"),
        ({"micro_batch_size": 9}, "micro_batch_size is 9; expected at most batch_size, 8"),
        ({"epochs": 2.5}, "epochs is 2.5; expected int or null"),
        ({"epochs": True}, "epochs is True; expected int or null"),
        ({"steps": 5}, r"epochs and steps is \(2, 5\); expected exactly one"),
        ({"epochs": None}, "expected exactly one of the two"),
        ({"warmup": 1.0}, "warmup is 1.0; expected a share"),
        ({"warmup": 0.1, "warmup_steps": 5}, r"warmup and warmup_steps is \(0.1, 5\); expected at"),
        ({"warmup_steps": 0}, "warmup_steps is 0; expected a number above 0"),
        ({"ema_decay": 1}, "ema_decay is 1; expected a share"),
        ({"min_epochs": 0}, "min_epochs is 0; expected a number above 0"),
        ({"weight_decay": -0.1}, "weight_decay is -0.1"),
        ({"precision": "fp16"}, "precision is 'fp16'; expected one of"),
        ({"decay": "cosine"}, "decay is 'cosine'; expected one of"),
        ({"seed": -1}, "seed is -1; expected 0 to 9223372036854775807"),
        ({"seed": 2**63}, "seed is 9223372036854775808; expected 0 to 9223372036854775807"),
        ({"patience": 0}, "patience is 0"),
        ({"reads": {"flip": True}}, "reads.flip is True; expected one of the keys"),
        ({"reads": {"substitution_rate": 1}}, "substitution_rate is 1; expected a share"),
        ({"reads": {"shortest_crop_nt": 0}}, "shortest_crop_nt is 0; expected 1 or more"),
        ({"reads": [1]}, r"reads is \[1\]; expected an object"),
    ],
)
def test_mistakes_are_named_with_the_file(tmp_path: Path, change: dict, message: str) -> None:
    path = written(tmp_path, **(LEAST | change))
    with pytest.raises(InputError, match=message) as caught:
        read_recipe(path, ReadAugmentation)
    assert str(caught.value).startswith(str(path))


def test_files_that_are_no_recipe(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none\.json: no such file; expected a recipe"):
        read_recipe(tmp_path / "none.json", ReadAugmentation)
    (tmp_path / "broken.json").write_text("{")
    with pytest.raises(InputError, match="not valid JSON"):
        read_recipe(tmp_path / "broken.json", ReadAugmentation)
    (tmp_path / "list.json").write_text("[]")
    with pytest.raises(InputError, match="expected a JSON object"):
        read_recipe(tmp_path / "list.json", ReadAugmentation)
    (tmp_path / "latin.json").write_bytes(b'{"caf\xe9": 1}')
    with pytest.raises(InputError, match="not valid JSON"):
        read_recipe(tmp_path / "latin.json", ReadAugmentation)
    with pytest.raises(InputError, match=r"recipe\.json: the recipe lacks batch_size; there is no"):
        read_recipe(written(tmp_path, learning_rate=1.0), ReadAugmentation)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ('{"batch_size": 8, "learning_rate": 1, "epochs": 1, "learning_rate": 2}', "learning_rate"),
        (
            '{"batch_size": 8, "learning_rate": 1, "epochs": 1, "reads": '
            '{"shortest_crop_nt": 9, "shortest_crop_nt": 90}}',
            "shortest_crop_nt",
        ),
    ],
)
def test_a_key_is_not_there_twice(tmp_path: Path, text: str, key: str) -> None:
    path = tmp_path / "twice.json"
    path.write_text(text)
    with pytest.raises(InputError, match=f"twice.json: key '{key}' is there more than once"):
        read_recipe(path, ReadAugmentation)


def test_the_largest_seed_is_one_of_torch() -> None:
    recipe = Recipe(learning_rate=1, batch_size=1, steps=1, seed=2**63 - 1)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(recipe.seed)
        assert torch.initial_seed() == recipe.seed


def test_another_task_brings_its_own_section(tmp_path: Path) -> None:
    @dataclass(frozen=True)
    class Coverage(TaskOptions):
        SECTION = "coverage"
        shift_bp: int = 0

    path = written(tmp_path, **LEAST, coverage={"shift_bp": 3})
    assert read_recipe(path, Coverage)[1] == Coverage(3)


def test_warm_up_may_be_in_steps() -> None:
    # lr t / warmup, the first step 0, as Keras' WarmUp of baskerville's trainer.py (544073b)
    recipe = Recipe(learning_rate=8.0, batch_size=1, steps=9, warmup_steps=4, decay="none")
    assert [learning_rate(recipe, step, 9) for step in range(6)] == [0, 2, 4, 6, 8, 8]


def test_how_far_epsilon_is_from_that_of_keras() -> None:
    # numbers of Recipe's docstring: gradients of norm 0.1 over 42.8 million parameters
    recipe, gradient = Recipe(learning_rate=1, batch_size=1, steps=1, epsilon=1e-7), 1.5e-5
    shares = []
    for step in (1, 1000, 5000):
        keras = recipe.epsilon / (1 - recipe.beta2**step) ** 0.5
        shares.append((gradient + keras) / (gradient + recipe.epsilon) - 1)
    assert shares == pytest.approx([0.20, 0.0017, 0.000022], rel=0.05)
    assert pytest.approx(gradient, rel=0.03) == (0.1 / 42_838_282**0.5)
