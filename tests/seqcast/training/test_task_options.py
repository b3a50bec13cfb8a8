"""Sections of recipes; the published settings are those of the published params.json."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from seqcast.core.errors import InputError
from seqcast.training.recipe import Recipe, read_recipe
from seqcast.training.task_options import (
    CoverageOptions,
    PropertyOptions,
    ReadAugmentation,
    TextOptions,
    check_track_weights,
    weights_of_tracks,
)

LEAST = {"learning_rate": 1e-3, "batch_size": 8, "epochs": 2}
COVERAGE = LEAST | {"select_by": "pearsonr"}


def written(folder: Path, **values: object) -> Path:
    path = folder / "recipe.json"
    path.write_text(json.dumps(values))
    return path


def test_a_recipe_and_its_section(tmp_path: Path) -> None:
    path = written(tmp_path, **COVERAGE, coverage={"weight_range": 8, "per_example": False})
    recipe, options = read_recipe(path, CoverageOptions)
    assert recipe == Recipe(**COVERAGE)
    assert options == CoverageOptions(weight_range=8, per_example=False)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"select_by": "auc"}, "select_by is 'auc'; expected one of loss, pearsonr, r2"),
        ({"coverage": {"total_weight": -1}}, "coverage.total_weight is -1; expected 0 or more"),
        ({"coverage": {"weight_range": 0.5}}, "coverage.weight_range is 0.5; expected 1 or more"),
        ({"coverage": {"weight_exp": 0}}, "coverage.weight_exp is 0; expected a number above 0"),
        ({"coverage": {"augment_shift_bp": -3}}, "coverage.augment_shift_bp is -3"),
        (
            {"coverage": {"augment_shift_bp": 10**6}},
            "augment_shift_bp is 1000000; expected 0 to 1024",
        ),
        (
            {"coverage": {"weight_range": float("inf")}},
            "coverage.weight_range is inf; expected a fin",
        ),
        (
            {"coverage": {"total_weight": float("inf")}},
            "coverage.total_weight is inf; expected a fin",
        ),
        ({"coverage": {"augment_shift_bp": 1.5}}, "coverage.augment_shift_bp is 1.5; expected int"),
        (
            {"coverage": {"track_weights": {"8h": 0}}},
            r"coverage.track_weights\['8h'\] is 0; expected a number above 0",
        ),
        (
            {"coverage": {"track_weights": {"8h": float("nan")}}},
            r"track_weights\['8h'\] is nan; expected a number above 0",
        ),
        ({"coverage": {"track_weights": {"(8h": 2}}}, r"\['\(8h'\] is of no regular expression"),
        ({"coverage": {"track_weights": ["8h"]}}, "track_weights is .* expected dict or null"),
        ({"coverage": {"shift": 3}}, "coverage.shift is 3; expected one of the keys total_weight"),
    ],
)
def test_mistakes_are_named_with_the_file(tmp_path: Path, change: dict, message: str) -> None:
    path = written(tmp_path, **(COVERAGE | change))
    with pytest.raises(InputError, match=message) as caught:
        read_recipe(path, CoverageOptions)
    assert str(caught.value).startswith(str(path))


def test_weights_of_tracks_by_their_descriptions() -> None:
    said = ["RNA:ActD:a 0h", "RNA:ActD:a 8h", "CAGE"]
    weights = weights_of_tracks({"ActD.* 8h": 4, "ActD": 2.5}, said)
    assert weights is not None
    assert weights.tolist() == [2.5, 4, 1]  # the first pattern that is found
    assert weights_of_tracks(None, said) is None


def test_a_weight_of_no_track_is_refused() -> None:
    check_track_weights({"ActD": 2}, ["CAGE", "RNA:ActD"])
    check_track_weights(None, [])
    with pytest.raises(InputError, match="'CLIP' is found in the description of none of 1 tracks"):
        check_track_weights({"CAGE": 2, "CLIP": 2}, ["CAGE"])


@pytest.mark.parametrize(
    ("name", "published"), [("borzuki", "hl_clip"), ("borzuki_micro", "hl_clip_micro")]
)
def test_published_settings(root: Path, shared: Path, name: str, published: str) -> None:
    recipe, options = read_recipe(root / f"config/training/{name}.json", CoverageOptions)
    params = json.loads((shared / f"reference/borzuki/arch/{published}/params.json").read_text())
    train, model = params["train"], params["model"]
    assert {
        "batch_size": recipe.batch_size, "learning_rate": recipe.learning_rate,
        "total_weight": options.total_weight, "weight_range": options.weight_range,
        "weight_exp": options.weight_exp, "warmup_steps": recipe.warmup_steps,
        "global_clipnorm": recipe.gradient_clip_norm, "adam_beta1": recipe.beta1,
        "adam_beta2": recipe.beta2,
        "patience": recipe.patience - 1,  # the original stops when there were more
        "train_epochs_min": recipe.min_epochs, "train_epochs_max": recipe.epochs,
    } == {key: train[key] for key in train if key not in ("shuffle_buffer", "optimizer", "loss")}  # fmt: skip
    assert (options.augment_rc, options.augment_shift_bp, options.per_example) == (
        model["augment_rc"], model["augment_shift"], False,
    )  # fmt: skip
    # baskerville's trainer.py (544073b): Adam with Keras' epsilon, the best mean Pearson is kept
    assert (train["optimizer"], train["loss"]) == ("adam", "poisson_mn")
    assert (recipe.epsilon, recipe.weight_decay, recipe.decay) == (1e-7, 0, "none")
    assert recipe.select_by == "pearsonr"


def test_settings_of_the_loop_and_of_reads(tmp_path: Path) -> None:
    path = tmp_path / "recipe.json"
    path.write_text(json.dumps(LEAST | {"select_by": "auc", "reads": {"shortest_crop_nt": 9}}))
    recipe, options = read_recipe(path, ReadAugmentation)
    assert (recipe.batch_size, recipe.select_by) == (8, "auc")
    assert options == ReadAugmentation(shortest_crop_nt=9)


def test_weights_are_chosen_by_a_value_of_this_task(tmp_path: Path) -> None:
    path = tmp_path / "recipe.json"
    path.write_text(json.dumps(LEAST | {"select_by": "f1"}))
    message = r"recipe\.json: select_by is 'f1'; expected one of loss, accuracy, auc"
    with pytest.raises(InputError, match=message):
        read_recipe(path, ReadAugmentation)


def test_the_workflow_reads_recipes_without_torch() -> None:
    code = "import sys, seqcast.training.task_options; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("name", ["readseeker", "readseeker_small"])
def test_recipes_of_reads_are_read(root: Path, name: str) -> None:
    recipe, _ = read_recipe(root / f"config/training/{name}.json", ReadAugmentation)
    if name == "readseeker":  # the published run: bnwlf/ReadSeeker f5ec670
        published = {"learning_rate": 2e-5, "epochs": 5, "batch_size": 50, "warmup": 0.1,
                     "weight_decay": 0.01, "gradient_clip_norm": 1.0, "seed": 42}  # fmt: skip
        assert published.items() <= recipe.facts().items()


def read_texts(folder: Path, **settings: object):
    return read_recipe(written(folder, **(LEAST | settings)), TextOptions)


def test_texts_are_marked_and_whole_by_default(tmp_path: Path) -> None:
    recipe, options = read_texts(tmp_path)
    assert (recipe.epochs, options) == (2, TextOptions(codon_marks=True, longest_tokens=None))
    _, options = read_texts(
        tmp_path, texts={"codon_marks": False, "longest_tokens": 512, "part_tokens": 99}
    )
    assert options == TextOptions(False, 512, 99)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"texts": {"longest_tokens": 1}}, r"texts\.longest_tokens is 1; expected 2 or more"),
        ({"texts": {"part_tokens": 0}}, r"texts\.part_tokens is 0; expected 1 or more"),
        ({"texts": {"longest": 5}}, r"texts\.longest is 5; expected one of the keys codon_marks"),
        ({"select_by": "perplexity"}, "select_by is 'perplexity'; expected loss"),
        ({"reads": {}}, "reads is {}; expected one of the keys learning_rate"),
    ],
)
def test_mistakes_in_texts_are_named(tmp_path: Path, settings: dict, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_texts(tmp_path, **settings)


def test_the_recipe_of_texts_is_valid(root: Path) -> None:
    recipe, options = read_recipe(root / "config/training/helix_tiny.json", TextOptions)
    assert recipe.select_by == "loss"
    assert options.codon_marks


@pytest.mark.parametrize(
    ("section", "options", "blocks"),
    [
        ({}, PropertyOptions("all", True, None), None),
        ({"trainable_blocks": 0, "train_norm": False}, PropertyOptions(0, False, None), 0),
        ({"trainable_blocks": 5, "part_tokens": 100}, PropertyOptions(5, True, 100), 5),
    ],
)
def test_settings_of_fine_tuning_are_read(
    tmp_path: Path, section: dict, options: PropertyOptions, blocks
) -> None:
    found = read_recipe(written(tmp_path, **LEAST, property=section), PropertyOptions)[1]
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
        read_recipe(written(tmp_path, **LEAST, property=section), PropertyOptions)


def test_weights_are_chosen_by_what_the_kind_has(tmp_path: Path) -> None:
    path = written(tmp_path, **LEAST, select_by="auc")
    assert read_recipe(path, PropertyOptions)[0].select_by == "auc"
    assert read_recipe(path, PropertyOptions, "binary")[0].select_by == "auc"
    with pytest.raises(InputError, match="expected one of loss, spearman for a property of kind"):
        read_recipe(path, PropertyOptions, "regression")
    written(tmp_path, **LEAST, select_by="r2")
    with pytest.raises(InputError, match="expected one of loss, spearman, accuracy, auc"):
        read_recipe(path, PropertyOptions)


def test_the_maintainers_recipe(root: Path) -> None:
    recipe, options = read_recipe(root / "config/training/helix_maintainer.json", PropertyOptions)
    assert (recipe.epochs, recipe.learning_rate, recipe.weight_decay) == (30, 1e-4, 0.01)
    assert (recipe.warmup, recipe.decay, recipe.gradient_clip_norm) == (0, "none", None)
    assert (options.blocks, options.train_norm) == (5, False)


def test_our_recipe_stops_early(root: Path) -> None:
    recipe, options = read_recipe(
        root / "config/training/helix_early_stopping.json", PropertyOptions
    )
    assert recipe.patience == 10
    assert options.blocks is None
