"""Recipes of read classification are read whole, and without torch."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from seqcast.core.errors import InputError
from seqcast.training.reads_recipe import ReadAugmentation, read_reads_recipe

LEAST = {"learning_rate": 1e-3, "batch_size": 8, "epochs": 2}


def test_settings_of_the_loop_and_of_reads(tmp_path: Path) -> None:
    path = tmp_path / "recipe.json"
    path.write_text(json.dumps(LEAST | {"select_by": "auc", "reads": {"shortest_crop_nt": 9}}))
    recipe, options = read_reads_recipe(path)
    assert (recipe.batch_size, recipe.select_by) == (8, "auc")
    assert options == ReadAugmentation(shortest_crop_nt=9)


def test_weights_are_chosen_by_a_value_of_this_task(tmp_path: Path) -> None:
    path = tmp_path / "recipe.json"
    path.write_text(json.dumps(LEAST | {"select_by": "f1"}))
    message = r"recipe\.json: select_by is 'f1'; expected one of loss, accuracy, auc"
    with pytest.raises(InputError, match=message):
        read_reads_recipe(path)


def test_the_workflow_reads_recipes_without_torch() -> None:
    code = "import sys, seqcast.training.reads_recipe; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("name", ["readseeker", "readseeker_small"])
def test_shipped_recipes_are_read(root: Path, name: str) -> None:
    recipe, _ = read_reads_recipe(root / f"config/training/{name}.json")
    if name == "readseeker":  # the published run: bnwlf/ReadSeeker f5ec670
        published = {"learning_rate": 2e-5, "epochs": 5, "batch_size": 50, "warmup": 0.1,
                     "weight_decay": 0.01, "gradient_clip_norm": 1.0, "seed": 42}  # fmt: skip
        assert published.items() <= recipe.facts().items()
