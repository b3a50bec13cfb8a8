"""Facts of an ensemble: folds that are one, and how they are named."""

import pytest

from seqcast.core.provenance import merge_folds, model_in_words, same_weights


def facts(*weights, model="tiny", key="tensors_sha256"):
    return [{"model": model, "fold": str(i), key: name} for i, name in enumerate(weights)]


@pytest.mark.parametrize(("folds", "expected"), [
    (facts("a", "b", "c"), []),
    (facts("a", "a"), ["tiny, folds 0 and 1"]),
    (facts("a", "b", "a", "b", "a"), ["tiny, folds 0, 2 and 4", "tiny, folds 1 and 3"]),
    (facts("a") + facts("a", model="other"), []),  # a model may be listed under two names
    (facts("a", "b") * 2, []),  # tables of two datasets
    (facts(None, None), []),  # not known
    (facts("a", "a", key="weights_sha256"), ["tiny, folds 0 and 1"]),
    # one file as .h5 and as .safetensors
    ([{**f, "weights_sha256": f["fold"]} for f in facts("a", "a")], ["tiny, folds 0 and 1"]),
    ([{"tensors_sha256": "a"}] * 2, ["folds 0 and 1"]),
])  # fmt: skip
def test_folds_of_the_same_weights_are_found(folds, expected):
    assert same_weights(folds) == expected
    assert merge_folds(folds).get("same_weights", []) == expected


@pytest.mark.parametrize(("made", "words"), [
    ({"model": "tiny", "fold": "0"}, "tiny, fold 0"),
    ({"model": "tiny", "fold": ["0"]}, "tiny, fold 0"),
    ({"model": "tiny", "fold": ["0", "1"]}, "tiny, mean of folds 0 and 1"),
    ({"model": "tiny", "fold": ["0", "b", 2]}, "tiny, mean of folds 0, b and 2"),
    ({"model": "tiny"}, "tiny"),
])  # fmt: skip
def test_a_model_is_named_with_its_folds(made, words):
    assert model_in_words(made) == words
