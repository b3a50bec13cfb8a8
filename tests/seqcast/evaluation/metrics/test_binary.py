"""Metrics of two classes: hand-made counts, scikit-learn as oracle of the fast bootstrap."""

import numpy as np
import polars as pl
import pytest
from sklearn import metrics as sk

from seqcast.core.errors import InputError
from seqcast.evaluation.metrics.binary import METRICS, TwoClasses, classification_metrics

LABELS = [1, 1, 1, 0, 0, 0]
SCORES = [0.9, 0.5, 0.2, 0.6, 0.2, 0.1]


def rows(table: pl.DataFrame) -> dict[str, dict]:
    return {row["metric"]: row for row in table.iter_rows(named=True)}


def test_values_by_hand():
    found = rows(classification_metrics(LABELS, SCORES, resamples=0))
    assert list(found) == list(METRICS)
    value = {name: row["value"] for name, row in found.items()}
    assert (value["tn"], value["fp"], value["fn"], value["tp"]) == (2, 1, 1, 2)
    assert value["accuracy"] == pytest.approx(4 / 6)
    # pairs (1, 0) in order: 3 + 2 + (0 + 1/2 + 1) of 9
    assert value["roc_auc"] == pytest.approx(6.5 / 9)
    assert value["f1"] == pytest.approx(4 / 6)
    assert value["mcc"] == pytest.approx((2 * 2 - 1) / 9)
    # thresholds 0.9, 0.5, 0.2: a third of recall each, at precision 1, 2/3, 3/5
    assert value["average_precision"] == pytest.approx((1 + 2 / 3 + 3 / 5) / 3)
    assert (value["recall"], value["specificity"]) == (pytest.approx(2 / 3),) * 2
    assert {row["n"] for row in found.values()} == {6, 3}
    assert {row["ci_low"] for row in found.values()} == {None}


def test_published_counts_give_the_published_metrics():
    # readseeker's E. coli row: 7797 515 225 8087, FragGeneScan's of SARS-CoV-2: 0 8 5756 734038
    for counts, accuracy, f1, mcc in [
        ((7797, 515, 225, 8087), 0.955486, 0.956249, 0.911527),
        ((0, 8, 5756, 734038), 0.992209, 0.996089, -0.000291),
    ]:
        labels = np.repeat([0, 0, 1, 1], counts)
        scores = np.repeat([0.0, 1.0, 0.0, 1.0], counts)
        found = rows(classification_metrics(labels, scores, resamples=0))
        assert [found[name]["value"] for name in ("accuracy", "f1", "mcc")] == [
            pytest.approx(accuracy, abs=5e-7), pytest.approx(f1, abs=5e-7), pytest.approx(mcc, abs=5e-7)
        ]  # fmt: skip


def test_a_score_at_the_threshold_is_class_1():
    found = rows(classification_metrics([1, 1, 0, 0], [0.7, 0.69, 0.7, 0.1], 0.7, resamples=0))
    assert [found[name]["value"] for name in ("tp", "fn", "fp", "tn")] == [1, 1, 1, 1]


def plain_bootstrap(labels, scores, threshold, resamples, seed):
    """The same resamples, each measured by scikit-learn."""
    members = [np.flatnonzero(labels == kind) for kind in (0, 1)]
    streams = np.random.default_rng(seed).spawn(2)
    drawn = [part[rng.integers(len(part), size=(resamples, len(part)))]
             for rng, part in zip(streams, members, strict=True)]  # fmt: skip
    found = {name: [] for name in METRICS[:7]}
    for picks in zip(*drawn, strict=True):
        pick = np.concatenate(picks)
        y, s = labels[pick], scores[pick]
        p = s >= threshold
        found["accuracy"].append(sk.accuracy_score(y, p))
        found["roc_auc"].append(sk.roc_auc_score(y, s))
        found["average_precision"].append(sk.average_precision_score(y, s))
        found["f1"].append(sk.f1_score(y, p))
        found["mcc"].append(sk.matthews_corrcoef(y, p))
        found["recall"].append(sk.recall_score(y, p))
        found["specificity"].append(sk.recall_score(y, p, pos_label=0))
    return {name: np.quantile(values, [0.025, 0.975]) for name, values in found.items()}


@pytest.mark.parametrize("decimals", [1, 6])  # with many ties, and with none
def test_intervals_equal_those_of_scikit_learn_on_the_same_resamples(decimals):
    rng = np.random.default_rng(3)
    labels = np.repeat([1, 0], (60, 40))
    scores = (rng.normal(size=100) + labels).round(decimals)
    found = rows(classification_metrics(labels, scores, 0.5, resamples=200, seed=7))
    for name, expected in plain_bootstrap(labels, scores, 0.5, 200, 7).items():
        assert [found[name]["ci_low"], found[name]["ci_high"]] == pytest.approx(expected.tolist())
    assert found["tp"]["ci_low"] is None


@pytest.mark.parametrize("decimals", [1, 6])
def test_groups_are_drawn_whole(decimals):
    rng = np.random.default_rng(3)
    labels = rng.integers(2, size=100)
    scores = (rng.normal(size=100) + labels).round(decimals)
    groups = rng.integers(20, size=100)
    found = rows(classification_metrics(labels, scores, 0.5, 100, 7, groups=groups))
    names, drawn = np.unique(groups), []
    for draw in np.random.default_rng(7).integers(len(names), size=(100, len(names))):
        pick = np.concatenate([np.flatnonzero(groups == names[i]) for i in draw])
        y, s = labels[pick], scores[pick]
        drawn.append((sk.accuracy_score(y, s >= 0.5), sk.roc_auc_score(y, s),
                      sk.average_precision_score(y, s), sk.f1_score(y, s >= 0.5)))  # fmt: skip
    names = ("accuracy", "roc_auc", "average_precision", "f1")
    for name, values in zip(names, zip(*drawn, strict=True), strict=True):
        ends = np.quantile(values, [0.025, 0.975])
        assert [found[name]["ci_low"], found[name]["ci_high"]] == pytest.approx(ends.tolist())


def test_intervals_do_not_depend_on_how_many_resamples_are_held_at_once(monkeypatch):
    labels, scores = np.array(LABELS * 5), np.array(SCORES * 5) + np.arange(30) / 1000
    tables = []
    for cells in (1, 200, 1 << 20):
        monkeypatch.setattr("seqcast.evaluation.metrics.bootstrap.CELLS_AT_ONCE", cells)
        tables.append(classification_metrics(labels, scores, resamples=100))
    assert tables[0].equals(tables[1])
    assert tables[0].equals(tables[2])


def test_the_same_seed_gives_the_same_intervals():
    tables = [classification_metrics(LABELS, SCORES, resamples=50, seed=s) for s in (1, 1, 2)]
    assert tables[0].equals(tables[1])
    assert not tables[0].equals(tables[2])


def test_rows_without_a_score_are_counted_apart():
    full = classification_metrics(LABELS, SCORES, resamples=20)
    for none in (None, float("nan")):
        more = classification_metrics([*LABELS, 1, 0], [*SCORES, none, none], resamples=20)
        assert rows(more)["not_scored"]["value"] == 2
        assert rows(more)["not_scored"]["n"] == 8
        assert more.head(-1).equals(full.head(-1))
    assert rows(full)["not_scored"]["value"] == 0


@pytest.mark.parametrize("others", [0, 1])
def test_one_sided_sets_have_recall_and_no_auc(others):
    found = rows(
        classification_metrics([1, 1, 1, 1] + [0] * others, [0.9, 0.8, 0.7, 0.1] + [0.2] * others)
    )
    assert found["recall"]["value"] == 0.75
    assert found["recall"]["n"] == 4
    for name in ("roc_auc", "average_precision", "mcc"):
        assert found[name]["value"] is found[name]["ci_low"] is None
        assert f"class 0 has {others} scored member(s)" in found[name]["note"]
    assert (found["specificity"]["value"] is None) == (others == 0)
    assert found["accuracy"]["ci_low"] is not None


def test_how_many_of_a_class_are_needed_can_be_told():
    labels, scores = [1] * 20 + [0] * 3, [0.9] * 20 + [0.1] * 3
    for least, value in [(3, 1.0), (4, None)]:
        found = rows(classification_metrics(labels, scores, resamples=0, least_of_a_class=least))
        assert found["roc_auc"]["value"] == found["mcc"]["value"] == value
    assert "at least 4 are needed" in found["mcc"]["note"]


def test_only_class_0():
    found = rows(classification_metrics([0, 0], [0.1, 0.2]))
    assert found["accuracy"]["value"] == found["specificity"]["value"] == 1
    assert found["recall"]["value"] is found["f1"]["value"] is None
    assert "class 1 has no scored member" in found["recall"]["note"]


def test_one_predicted_class_gives_mcc_0_and_says_so():
    found = rows(classification_metrics([0, 0, 1, 1], [0.6, 0.7, 0.8, 0.9]))
    assert found["mcc"]["value"] == 0
    assert "never predicted" in found["mcc"]["note"]


@pytest.mark.parametrize(
    ("labels", "scores", "message"),
    [
        ([1, 0], [0.5], "2 labels but 1 scores"),
        ([1, 2], [0.5, 0.5], "a label is 2"),
        ([1, None], [0.5, 0.5], "a label is None; expected 0 or 1"),
        (["1", "0"], [0.5, 0.5], "a label is '1'"),
        ([1, 0], [0.5, float("inf")], "infinite"),
        ([1, 0], ["high", "low"], "a score is no number"),
        ([1, 0], [None, None], "none of 2 rows has a score"),
        ([], [], "none of 0 rows has a score"),
    ],
)
def test_what_the_user_can_mend(labels, scores, message):
    with pytest.raises(InputError, match=message):
        classification_metrics(labels, scores)


def test_curve_passes_through_the_points_of_scikit_learn():
    rng = np.random.default_rng(5)
    truth = rng.random(60) < 0.4
    scores = rng.integers(0, 12, 60) / 4
    false, true, _ = sk.roc_curve(truth, scores, drop_intermediate=False)
    found = TwoClasses.of(truth, scores).curve()
    np.testing.assert_allclose(found, [false, true])
