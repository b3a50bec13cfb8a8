"""Composition and k-mers as baselines: features by hand, and no leak between chromosomes."""

from itertools import product

import numpy as np
import polars as pl
import pytest
from sklearn.linear_model import RidgeCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from seqcast.evaluation.variants.baselines.sequence_models import (
    FAR_BP,
    FLANK_BP,
    PENALTIES,
    composition_features,
    kmer_features,
    predicted_elsewhere,
)
from seqcast.genome.annotation import Gene
from seqcast.genome.sequence import reverse_complement

RNG = np.random.default_rng(2)
BASES = "".join(RNG.choice(list("ACGT"), 3000))
WORDS = ["".join(word) for k in range(1, 6) for word in product("ACGT", repeat=k)]
EDITS = pl.DataFrame(
    [("c", 1500, 1501, "G"), ("c", 1500, 1504, ""), ("c", 1500, 1500, "TTT"), ("c", None, None, None)],
    schema={"contig": pl.String, "start": pl.Int64, "end": pl.Int64, "insert": pl.String}, orient="row",
)  # fmt: skip
MINUS = Gene("g", "g", "c", "-", ((1000, 2000),))


def fetch(contig, start, end):
    return BASES[start:end]


def slow_frequencies(text):
    """Of each word, in order: occurrences over places."""
    return [
        sum(text[i : i + len(word)] == word for i in range(len(text) - len(word) + 1))
        / max(1, len(text) - len(word) + 1)
        for word in WORDS
    ]


@pytest.mark.parametrize("gene", [None, MINUS])
def test_changed_kmers_are_those_counted_by_hand(gene):
    found = kmer_features(EDITS, [gene] * 4, fetch)
    for row, (_, start, end, insert) in enumerate(EDITS.head(3).iter_rows()):
        texts = [BASES[start - 4 : start] + middle + BASES[end : end + 4]
                 for middle in (insert, BASES[start:end])]  # fmt: skip
        if gene:
            texts = [reverse_complement(text) for text in texts]
        alt, ref = map(slow_frequencies, texts)
        expected = np.subtract(alt, ref)
        np.testing.assert_allclose(found[row, : len(WORDS)], expected, atol=1e-12)
    assert found.shape == (4, len(WORDS) + 4 + 16)
    assert np.isnan(found[3]).all()


def test_composition():
    found = composition_features(EDITS, [MINUS, None, MINUS, None], fetch)
    window = BASES[1500 - FLANK_BP : 1501 + FLANK_BP]
    wide = BASES[1500 - FAR_BP : 1501 + FAR_BP]
    gc = [sum(base in "GC" for base in text) / len(text) for text in (window, wide)]
    change = 1 - (BASES[1500] in "GC")
    np.testing.assert_allclose(found[0], [*gc, change, 0, *[np.log2(1000)] * 2])
    np.testing.assert_allclose(found[1:3, 3], np.log2([5, 4]))
    assert found[1, 4:].tolist() == [0, 0]


def planted(rows=240, chromosomes=4):
    """Features of which the first two tell the class."""
    labels = np.arange(rows) % 2
    features = np.random.default_rng(3).normal(size=(rows, 30))
    features[:, :2] += labels[:, None]
    contigs = np.array([f"c{i // 2 % chromosomes}" for i in range(rows)])
    return features, labels, contigs


def test_it_learns_what_holds_on_all_chromosomes():
    features, labels, contigs = planted()
    values, status = predicted_elsewhere(features, labels, contigs)
    assert set(status) == {"scored"}
    wins = values[labels == 1][:, None] > values[labels == 0]
    assert wins.mean() > 0.75


@pytest.mark.parametrize("features", [20, 400])  # fewer and more than rows
@pytest.mark.parametrize("seed", [0, 1])
def test_the_regression_is_that_of_scikit_learn(features, seed):
    rng = np.random.default_rng(seed)
    x, y = rng.normal(size=(120, features)), rng.integers(0, 2, 120)
    x[:, 3], x[:, 5] = 7.0, x[:, 4]  # constant, and the same twice
    contigs = np.repeat(["a", "b"], 60)
    found, _ = predicted_elsewhere(x, y, contigs)
    model = make_pipeline(StandardScaler(), RidgeCV(PENALTIES))
    expected = model.fit(x[:60], 2.0 * y[:60] - 1).predict(x[60:])
    np.testing.assert_allclose(found[60:], expected, atol=1e-9)


def test_no_label_of_a_chromosome_changes_its_own_scores():
    features, labels, contigs = planted()
    here = contigs == "c1"
    before, _ = predicted_elsewhere(features, labels, contigs)
    after, _ = predicted_elsewhere(features, np.where(here, 1 - labels, labels), contigs)
    np.testing.assert_array_equal(before[here], after[here])
    assert (before[~here] != after[~here]).any()


def test_labels_without_meaning_give_chance():
    features, _, contigs = planted(400)
    labels = np.random.default_rng(8).integers(0, 2, 400)
    values, _ = predicted_elsewhere(features[:, 2:], labels, contigs)
    wins = values[labels == 1][:, None] > values[labels == 0]
    assert abs(wins.mean() - 0.5) < 0.1  # 3.5 standard errors


def test_too_few_to_learn_from():
    features, labels, contigs = planted(40, 2)
    _, status = predicted_elsewhere(features, np.where(contigs == "c0", labels, -1), contigs)
    assert set(status[contigs == "c0"]) == {"too_few_to_train"}
    assert set(status[contigs == "c1"]) == {"scored"}
    _, alone = predicted_elsewhere(features, labels, np.full(40, "c0"))
    assert set(alone) == {"too_few_to_train"}


def test_rows_without_features_have_no_score():
    features, labels, contigs = planted()
    features[5] = np.nan
    values, _ = predicted_elsewhere(features, labels, contigs)
    assert np.flatnonzero(np.isnan(values)).tolist() == [5]
