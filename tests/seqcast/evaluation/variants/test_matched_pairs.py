"""Pairs up to each distance: against plain loops over pairs."""

import numpy as np
import polars as pl
import pytest
from sklearn.metrics import average_precision_score, roc_auc_score

from seqcast.evaluation.metrics.bootstrap import Resampling
from seqcast.evaluation.variants.definition import Definition
from seqcast.evaluation.variants.discrimination import Scores
from seqcast.evaluation.variants.matched_pairs import matched_pairs, pair_draws, paired

DEFINITION = Definition.of({"strata": "PD<=1000,50"})


def labelled_pairs(n=60, seed=1):
    """Positives with one to three negatives, some without; scores with ties and gaps."""
    rng = np.random.default_rng(seed)
    rows = []
    for i in range(n):
        rows.append((1, f"p{i}", float(rng.integers(0, 120))))
        rows += [(0, f"p{i}", float(rng.integers(0, 120))) for _ in range(i % 4)]
    rows.append((0, "nobody", 3.0))
    rows.append((0, None, None))
    schema = {"label": pl.Int8, "group": pl.String, "distance_bp": pl.Float64}
    labelled = pl.DataFrame(rows, schema=schema, orient="row")
    values = np.round(rng.normal(labelled["label"].to_numpy(), 1.5), 1)
    status = np.full(len(values), "scored", dtype=object)
    values[5], status[5] = np.nan, "gene_not_scored"
    return labelled, Scores("model", values, status), rng


def row(table, metric, part, method="model"):
    return table.row(
        by_predicate=(pl.col("metric") == metric) & (pl.col("part") == part)
        & (pl.col("method") == method), named=True,
    )  # fmt: skip


def plain_pairs(labelled, values, bound):
    """(score of the positive, scores of its negatives) of each pair that is scored."""
    found = {}
    for (label, group, bp), value in zip(labelled.rows(), values, strict=True):
        if group is not None and bp is not None and bp <= bound and not np.isnan(value):
            found.setdefault(group, ([], []))[1 - label].append(value)
    return [(p[0], n) for p, n in found.values() if p and n]


def test_each_positive_counts_as_much_as_its_negatives():
    labelled, scores, rng = labelled_pairs()
    other = Scores("other", rng.normal(size=len(labelled)), scores.status)
    table = matched_pairs(labelled, [scores, other], DEFINITION, Resampling(200), rounds=20)
    for bound in (1000, 50):
        part, pairs = f"PD<={bound}", plain_pairs(labelled, scores.values, bound)
        positives = [(1, p, 1.0) for p, _ in pairs]
        negatives = [(0, n, 1 / len(ns)) for _, ns in pairs for n in ns]
        y, s, w = map(np.array, zip(*positives, *negatives, strict=True))
        auc, precision = row(table, "roc_auc", part), row(table, "average_precision", part)
        assert auc["value"] == pytest.approx(roc_auc_score(y, s, sample_weight=w), abs=1e-12)
        assert precision["value"] == pytest.approx(
            average_precision_score(y, s, sample_weight=w), abs=1e-12
        )
        assert auc["n"] == len(pairs)
        assert auc["ci_low"] < auc["value"] < auc["ci_high"]
        wins = [np.mean([(p > n) + (p == n) / 2 for n in ns]) for p, ns in pairs]
        assert row(table, "pairwise_accuracy", part)["value"] == pytest.approx(np.mean(wins))
        drawn = row(table, "roc_auc_of_draws", part)
        assert drawn["n"] == int(0.8 * len(pairs))
        assert drawn["value"] == pytest.approx(auc["value"], abs=0.05)
        difference = row(table, "roc_auc_difference", part, "model minus other")
        assert difference["n"] <= auc["n"]
    left_out = row(table, "not_scored", "PD<=1000")
    assert left_out["n"] == len(labelled)
    assert left_out["value"] == len(labelled) - len(y_of(labelled, scores, 1000))
    assert "1 gene_not_scored; 1 no_distance; " in left_out["note"]
    assert "without_partner" in left_out["note"]


def y_of(labelled, scores, bound):
    return [x for p, ns in plain_pairs(labelled, scores.values, bound) for x in (p, *ns)]


def test_a_difference_is_of_the_pairs_that_both_score():
    labelled, scores, _ = labelled_pairs()
    same = Scores("same", scores.values.copy(), scores.status)
    same.values[:40] = np.nan
    table = matched_pairs(labelled, [scores, same], DEFINITION, Resampling(50), rounds=5)
    found = table.filter(method="model minus same", metric="roc_auc_difference")
    assert found["value"].to_list() == found["ci_low"].to_list() == [0, 0]


def test_draws_keep_pairs():
    labels, groups = np.array([1, 0, 0, 1, 0, 1, 0, 1, 0]), np.array([0, 0, 0, 1, 1, 2, 2, 3, 3])
    drawn = pair_draws(labels, groups, 50, seed=0)
    for counts in drawn:
        assert counts.sum() == 2 * int(0.8 * 4)
        for group in range(4):
            members = counts[groups == group]
            assert members.sum() in (0, 2)
            assert labels[groups == group] @ members == members.sum() / 2
    assert drawn[:, [1, 2]].any(axis=0).all()  # either negative of a positive
    assert np.array_equal(drawn, pair_draws(labels, groups, 50, seed=0))


def test_rows_that_have_a_partner():
    labels, groups = np.array([1, 0, 1, 0]), np.array([0, 0, 1, 2])
    assert paired(labels, groups, np.ones(4, dtype=bool)).tolist() == [True, True, False, False]
    assert not paired(labels, groups, np.array([True, False, True, True])).any()


def test_no_pair_is_said():
    labelled, _, _ = labelled_pairs()
    nothing = Scores(
        "none", np.full(len(labelled), np.nan), np.full(len(labelled), "not_in_scores")
    )
    table = matched_pairs(labelled, [nothing], DEFINITION, Resampling(5), rounds=3)
    first = table.row(0, named=True)
    assert (first["value"], first["n"], first["note"]) == (
        None, 0, "no pair of which both are scored")  # fmt: skip
    assert table.filter(metric="not_scored")["note"][0].endswith("not_in_scores")


def test_ties_everywhere_are_chance():
    labelled, _, _ = labelled_pairs()
    flat = Scores("flat", np.zeros(len(labelled)), np.full(len(labelled), "scored"))
    table = matched_pairs(labelled, [flat], DEFINITION, Resampling(20), rounds=3)
    for metric in ("roc_auc", "average_precision", "pairwise_accuracy", "roc_auc_of_draws"):
        assert row(table, metric, "PD<=50", "flat")["value"] == pytest.approx(0.5, abs=1e-12)
