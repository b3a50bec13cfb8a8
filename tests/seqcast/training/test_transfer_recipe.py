"""Section ``transfer`` of recipes of coverage models, and the presets that have one."""

import json
from pathlib import Path

import pytest

from seqcast.core.errors import InputError
from seqcast.training.recipe import read_recipe
from seqcast.training.task_options import TRANSFER_MODES, CoverageOptions, TransferOptions


@pytest.mark.parametrize(
    ("section", "message"),
    [
        ({"mode": "ia3"}, "mode is 'ia3'; expected one of full, linear, lora, houlsby, locon"),
        ({}, "the recipe lacks coverage.transfer.mode"),
        ({"mode": "lora", "rank": 0}, "coverage.transfer.rank is 0; expected a number above 0"),
        ({"mode": "lora", "rank": 1.5}, "coverage.transfer.rank is 1.5; expected int"),
        ({"mode": "lora", "alpha": -1}, "coverage.transfer.alpha is -1"),
        ({"mode": "locon", "convs": 0}, "coverage.transfer.convs is 0"),
        ({"mode": "lora", "convs": 2}, "transfer.convs is 2; expected no such key, as mode lora"),
        ({"mode": "linear", "width": 2}, "coverage.transfer.width is 2; expected one of the keys"),
        ("lora", "coverage.transfer is 'lora'; expected an object of settings"),
    ],
)
def test_mistakes_in_the_section(tmp_path: Path, section: object, message: str) -> None:
    path = tmp_path / "recipe.json"
    settings = {"learning_rate": 1e-3, "batch_size": 8, "epochs": 2}
    path.write_text(json.dumps(settings | {"coverage": {"transfer": section}}))
    with pytest.raises(InputError, match=message):
        read_recipe(path, CoverageOptions)


@pytest.mark.parametrize("mode", TRANSFER_MODES)
def test_presets_are_the_examples_of_the_original(root: Path, mode: str) -> None:
    # section train of baskerville's tests/data/transfer/json/params_lora.json (544073b), whose
    # patience is how many evaluations may be worse; docs/transfer_human/transfer.md: 1e-5 for full
    recipe, options = read_recipe(root / f"config/training/borzuki_{mode}.json", CoverageOptions)
    found = (recipe.batch_size, recipe.warmup_steps, recipe.gradient_clip_norm, recipe.patience,
             recipe.min_epochs, recipe.epochs, recipe.beta1, recipe.beta2, options.total_weight)  # fmt: skip
    assert found == (2, 20000, 0.1, 5 + 1, 10, 50, 0.9, 0.999, 0.2)
    assert recipe.learning_rate == (1e-5 if mode == "full" else 1e-4)
    # defaults of hound_transfer.py: adapter_latent 8, lora_alpha 16, conv_select 4, conv_latent 4,
    # locon_alpha 1
    assert options.transfer == TransferOptions(
        mode, True, rank=8, alpha=16, convs=4, conv_rank=4, conv_alpha=1
    )
