"""Match groups: draws of positives, and average precision by chromosome."""

import numpy as np
import polars as pl
import pytest
from sklearn.metrics import average_precision_score, roc_auc_score

from seqcast.evaluation.metrics.bootstrap import Resampling
from seqcast.evaluation.variants.definition import Definition
from seqcast.evaluation.variants.discrimination import Scores
from seqcast.evaluation.variants.match_groups import auprc_by_chromosome, group_draws, match_groups

DEFINITION = Definition.of({"strata": "consequence=utr"})


def labelled_groups(n=30, seed=2):
    rng = np.random.default_rng(seed)
    rows = [("chr1", 0, "nobody", "utr"), ("chr1", 0, None, None), ("chr9", 1, None, None)]
    for i in range(n):
        rows += [(f"chr{i % 4}", int(k == 0), f"g{i}", "utr" if i % 2 else "intron")
                 for k in range(5)]  # fmt: skip
    schema = {"chrom": pl.String, "label": pl.Int8, "group": pl.String, "category": pl.String}
    labelled = pl.DataFrame(rows, schema=schema, orient="row").with_columns(distance_bp=None)
    values = np.round(rng.normal(labelled["label"].to_numpy(), 1), 1)
    return labelled, Scores("model", values, np.full(len(values), "scored"))


def value(table, metric, part="all", method="model"):
    return table.filter(metric=metric, part=part, method=method).row(0, named=True)


def test_the_two_published_conventions():
    labelled, scores = labelled_groups()
    other = Scores("other", -scores.values, scores.status)
    table = match_groups(labelled, [scores, other], DEFINITION, Resampling(200), rounds=300)
    used = (labelled["group"].is_not_null() & (labelled["group"] != "nobody")).to_numpy()
    used |= labelled["label"].to_numpy() == 1
    y, s = labelled["label"].to_numpy()[used], scores.values[used]
    assert value(table, "roc_auc")["value"] == pytest.approx(roc_auc_score(y, s))
    precision = value(table, "average_precision")
    assert precision["value"] == pytest.approx(average_precision_score(y, s))
    assert (precision["n"], precision["note"]) == (151, "31 positives")
    drawn = value(table, "average_precision_of_draws")
    assert drawn["ci_high"] - drawn["ci_low"] < precision["ci_high"] - precision["ci_low"]
    chrom = labelled["chrom"].to_numpy()[used]
    parts = [
        ((here := chrom == c) @ y, average_precision_score(y[here], s[here])) for c in set(chrom)
    ]
    expected = sum(n * p for n, p in parts) / sum(n for n, _ in parts)
    found = value(table, "auprc_by_chromosome")
    assert found["value"] == pytest.approx(expected)
    error = value(table, "auprc_by_chromosome_se")["value"]
    assert found["ci_low"] == pytest.approx(expected - 1.96 * error)
    left_out = value(table, "not_scored")
    assert (left_out["value"], left_out["n"]) == (2, 153)
    assert left_out["note"] == "2 group_without_positive"
    assert value(table, "roc_auc", "consequence=utr")["n"] == 75
    difference = value(table, "roc_auc_difference", method="model minus other")
    assert difference["value"] == pytest.approx(2 * value(table, "roc_auc")["value"] - 1)


def test_a_draw_has_all_negatives_of_its_positives():
    labels, groups = np.array([1, 0, 0, 1, 0, 1, 1]), np.array([0, 0, 0, 1, 1, 2, 2])
    for counts in group_draws(labels, groups, 40, seed=1):
        assert counts @ labels == int(0.8 * 4)
        for group in range(3):
            negatives = counts[(groups == group) & (labels == 0)]
            has_positive = counts[(groups == group) & (labels == 1)].any()
            assert (negatives == has_positive).all()


def test_chromosomes_in_resamples():
    rng = np.random.default_rng(0)
    labels, scores = rng.integers(0, 2, 30), np.round(rng.normal(size=30), 1)
    contigs, counts = rng.integers(0, 3, 30), rng.integers(0, 3, (5, 30))
    counts[0, labels == 1] = 0
    found = auprc_by_chromosome(labels, scores, contigs, counts)
    assert np.isnan(found[0])
    for got, drawn in zip(found[1:], counts[1:], strict=True):
        total = weight = 0
        for contig in range(3):
            at = np.repeat(np.flatnonzero(contigs == contig), drawn[contigs == contig])
            if n := labels[at].sum():
                total += n * average_precision_score(labels[at], scores[at])
                weight += n
        assert got == pytest.approx(total / weight)


def test_one_class_is_said():
    labelled, scores = labelled_groups()
    one = Scores("one", np.where(labelled["label"].to_numpy() == 1, 1.0, np.nan),
                 np.where(labelled["label"].to_numpy() == 1, "scored", "not_in_scores"))  # fmt: skip
    table = match_groups(labelled, [one, scores], DEFINITION, Resampling(5), rounds=3)
    found = value(table, "auprc_by_chromosome", method="one")
    assert found["value"] is None
    assert found["note"] == "31 positives and 0 negatives are scored"
    assert table.filter(method="one minus model").is_empty()
