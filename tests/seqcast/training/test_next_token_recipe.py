"""Recipes of language models."""

import json
from pathlib import Path

import pytest

from seqcast.core.errors import InputError
from seqcast.training.next_token_recipe import TextOptions, read_next_token_recipe

GOOD = {"learning_rate": 1e-3, "batch_size": 4, "steps": 10}


def read(folder: Path, **settings: object):
    path = folder / "recipe.json"
    path.write_text(json.dumps(GOOD | settings))
    return read_next_token_recipe(path)


def test_texts_are_marked_and_whole_by_default(tmp_path: Path) -> None:
    recipe, options = read(tmp_path)
    assert (recipe.steps, options) == (10, TextOptions(codon_marks=True, longest_tokens=None))
    _, options = read(
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
def test_mistakes_are_named(tmp_path: Path, settings: dict, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read(tmp_path, **settings)


def test_the_shipped_recipe_is_valid(root: Path) -> None:
    recipe, options = read_next_token_recipe(root / "config/training/helix_tiny.json")
    assert recipe.select_by == "loss"
    assert options.codon_marks
