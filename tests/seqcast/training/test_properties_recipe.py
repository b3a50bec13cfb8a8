"""Recipes of fine-tuning, and the presets that the repository ships."""

import json
from pathlib import Path

import pytest

from seqcast.core.errors import InputError
from seqcast.training.properties_recipe import PropertyOptions, read_property_recipe


def write(path: Path, **section: object) -> Path:
    recipe = {"learning_rate": 1e-4, "batch_size": 8, "epochs": 2, "property": section}
    path.write_text(json.dumps(recipe))
    return path


@pytest.mark.parametrize(
    ("section", "options", "blocks"),
    [
        ({}, PropertyOptions("all", True, None), None),
        ({"trainable_blocks": 0, "train_norm": False}, PropertyOptions(0, False, None), 0),
        ({"trainable_blocks": 5, "part_tokens": 100}, PropertyOptions(5, True, 100), 5),
    ],
)
def test_settings_are_read(tmp_path: Path, section: dict, options: PropertyOptions, blocks) -> None:
    found = read_property_recipe(write(tmp_path / "r.json", **section))[1]
    assert found == options
    assert found.blocks == blocks


@pytest.mark.parametrize(
    ("section", "message"),
    [
        (
            {"trainable_blocks": -1},
            r"property\.trainable_blocks is -1; expected 0 or more, or \"all\"",
        ),
        ({"trainable_blocks": "none"}, "trainable_blocks is 'none'"),
        ({"trainable_blocks": True}, "trainable_blocks is True"),
        ({"part_tokens": 0}, "part_tokens is 0"),
        ({"layers": 2}, r"property\.layers is 2; expected one of the keys trainable_blocks"),
    ],
)
def test_settings_that_do_not_work(tmp_path: Path, section: dict, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_property_recipe(write(tmp_path / "r.json", **section))


def test_weights_are_chosen_by_what_the_kind_has(tmp_path: Path) -> None:
    recipe = {"learning_rate": 1e-4, "batch_size": 8, "epochs": 2, "select_by": "auc"}
    (path := tmp_path / "r.json").write_text(json.dumps(recipe))
    assert read_property_recipe(path)[0].select_by == "auc"
    assert read_property_recipe(path, "binary")[0].select_by == "auc"
    with pytest.raises(InputError, match="expected one of loss, spearman for a property of kind"):
        read_property_recipe(path, "regression")
    path.write_text(json.dumps(recipe | {"select_by": "r2"}))
    with pytest.raises(InputError, match="expected one of loss, spearman, accuracy, auc"):
        read_property_recipe(path)


def test_the_maintainers_recipe(root: Path) -> None:
    recipe, options = read_property_recipe(root / "config/training/helix_maintainer.json")
    assert (recipe.epochs, recipe.learning_rate, recipe.weight_decay) == (30, 1e-4, 0.01)
    assert (recipe.warmup, recipe.decay, recipe.gradient_clip_norm) == (0, "none", None)
    assert (options.blocks, options.train_norm) == (5, False)


def test_our_recipe_stops_early(root: Path) -> None:
    recipe, options = read_property_recipe(root / "config/training/helix_early_stopping.json")
    assert recipe.patience == 10
    assert options.blocks is None
