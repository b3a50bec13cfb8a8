"""Recipes of coverage models; the published settings are those of the published params.json."""

import json
from pathlib import Path

import pytest

from seqcast.core.errors import InputError
from seqcast.training.coverage_recipe import (
    CoverageOptions,
    check_track_weights,
    read_coverage_recipe,
    weights_of_tracks,
)
from seqcast.training.recipe import Recipe

LEAST = {"learning_rate": 1e-3, "batch_size": 8, "epochs": 2, "select_by": "pearsonr"}


def written(folder: Path, **values: object) -> Path:
    path = folder / "recipe.json"
    path.write_text(json.dumps(values))
    return path


def test_a_recipe_and_its_section(tmp_path: Path) -> None:
    path = written(tmp_path, **LEAST, coverage={"weight_range": 8, "per_example": False})
    recipe, options = read_coverage_recipe(path)
    assert recipe == Recipe(**LEAST)
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
    path = written(tmp_path, **(LEAST | change))
    with pytest.raises(InputError, match=message) as caught:
        read_coverage_recipe(path)
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
    recipe, options = read_coverage_recipe(root / f"config/training/{name}.json")
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
