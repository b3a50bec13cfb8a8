"""Metrics of several classes: scikit-learn on the point and on each resample."""

import numpy as np
import polars as pl
import pytest
from sklearn import metrics as sk
from sklearn.preprocessing import label_binarize

from seqcast.core.errors import InputError
from seqcast.evaluation.metrics.multiclass import ESTIMATES, METRICS, class_metrics

CLASSES = ("low", "mid", "high")


def rows(table: pl.DataFrame) -> dict[str, dict]:
    return {row["metric"]: row for row in table.iter_rows(named=True)}


def plain(truth, guess):
    """The four estimates by scikit-learn."""
    picked = guess.argmax(axis=1)
    return {
        "accuracy": sk.accuracy_score(truth, picked),
        "mcc": sk.matthews_corrcoef(truth, picked),
        "macro_roc_auc": sk.roc_auc_score(truth, guess, multi_class="ovr", average="macro"),
        "macro_average_precision": sk.average_precision_score(
            label_binarize(truth, classes=[0, 1, 2]), guess, average="macro"
        ),
    }


def example(decimals=6):
    rng = np.random.default_rng(3)
    truth = np.repeat([0, 1, 2], (30, 20, 10))
    # eighths add up to 1 exactly, as scikit-learn asks
    guess = rng.dirichlet([1, 1, 1], size=60) * 0.5 + np.eye(3)[truth] * 0.2 + 0.1
    if decimals == 0:
        first = rng.integers(0, 5, size=(60, 2)) / 8
        guess = np.column_stack([first, 1 - first.sum(axis=1)])
    return truth, guess


@pytest.mark.parametrize("decimals", [0, 6])  # with many ties, and with none
def test_points_and_intervals_equal_those_of_scikit_learn_on_the_same_resamples(decimals):
    truth, guess = example(decimals)
    found = rows(class_metrics(truth, guess, CLASSES, resamples=120, seed=7))
    assert list(found) == list(METRICS)
    for name, value in plain(truth, guess).items():
        assert found[name]["value"] == pytest.approx(value, abs=1e-12)
    streams = np.random.default_rng(7).spawn(3)
    members = [np.flatnonzero(truth == kind) for kind in range(3)]
    parts = [
        m[rng.integers(len(m), size=(120, len(m)))] for rng, m in zip(streams, members, strict=True)
    ]
    drawn = [plain(truth[pick], guess[pick]) for pick in np.concatenate(parts, axis=1)]
    for name in ESTIMATES:
        ends = np.quantile([one[name] for one in drawn], [0.025, 0.975])
        row = found[name]
        assert [row["ci_low"], row["ci_high"]] == pytest.approx(ends.tolist(), abs=1e-12)


def test_groups_are_drawn_whole():
    truth, guess = example()
    groups = np.arange(60) % 12  # each has all classes, but for a few
    found = rows(class_metrics(truth, guess, CLASSES, resamples=80, seed=7, groups=groups))
    drawn = []
    for draw in np.random.default_rng(7).integers(12, size=(80, 12)):
        picked = np.concatenate([np.flatnonzero(groups == i) for i in draw])
        drawn.append(plain(truth[picked], guess[picked]))
    for name in ESTIMATES:
        ends = np.quantile([one[name] for one in drawn], [0.025, 0.975])
        ours = [found[name]["ci_low"], found[name]["ci_high"]]
        assert ours == pytest.approx(ends.tolist(), abs=1e-12)


def test_resamples_of_groups_that_lack_a_class_are_left_out():
    truth, guess = example()
    found = rows(class_metrics(truth, guess, CLASSES, resamples=80, groups=truth))
    assert found["macro_roc_auc"]["ci_low"] <= found["macro_roc_auc"]["ci_high"]


def test_a_class_that_is_absent_leaves_no_areas_and_says_so():
    truth, guess = example()
    found = rows(class_metrics(truth[:50], guess[:50], CLASSES, resamples=10))
    for name in ("macro_roc_auc", "macro_average_precision"):
        assert found[name]["value"] is found[name]["ci_low"] is None
        assert found[name]["note"] == "class high has 0 scored member(s); at least 2 are needed"
    assert found["mcc"]["value"] is not None
    one = rows(class_metrics(truth[:30], guess[:30], CLASSES, resamples=10))
    assert one["mcc"]["value"] is None
    assert one["mcc"]["note"] == "all scored rows are of one class"
    assert one["accuracy"]["value"] is not None


def test_one_predicted_class_gives_mcc_0_and_says_so():
    truth, _ = example()
    found = rows(class_metrics(truth, np.tile([0.5, 0.3, 0.2], (60, 1)), CLASSES, resamples=10))
    assert found["mcc"]["value"] == 0
    assert "0 by convention" in found["mcc"]["note"]
    assert found["macro_roc_auc"]["value"] == 0.5


def test_rows_without_probabilities_are_counted_apart():
    truth, guess = example()
    full = class_metrics(truth, guess, CLASSES, resamples=10)
    more = class_metrics(
        [*truth, 0, 2],
        [*guess.tolist(), [None] * 3, [0.5, float("nan"), 0.5]],
        CLASSES,
        resamples=10,
    )
    assert more.head(4).equals(full.head(4))
    assert (rows(more)["not_scored"]["value"], rows(more)["not_scored"]["n"]) == (2, 62)


def test_intervals_do_not_depend_on_how_many_resamples_are_held_at_once(monkeypatch):
    tables = []
    for cells in (1, 200, 1 << 20):
        monkeypatch.setattr("seqcast.evaluation.metrics.bootstrap.CELLS_AT_ONCE", cells)
        tables.append(class_metrics(*example(), CLASSES, resamples=30))
    assert tables[0].equals(tables[1])
    assert tables[0].equals(tables[2])


@pytest.mark.parametrize(
    ("labels", "probabilities", "message"),
    [
        ([0, 1], [[0.5, 0.5]] * 2, r"shape \(2, 2\); expected \(2, 3\)"),
        ([0, 3], [[0.2, 0.3, 0.5]] * 2, "a label is 3; expected 0 to 2"),
        ([0, 1], [[0.2, 0.3, float("inf")]] * 2, "infinite"),
        ([0, 1], [["a", 0, 1]] * 2, "no number"),
        ([0, 1], [[None] * 3] * 2, "none of 2 rows"),
    ],
)
def test_what_the_user_can_mend(labels, probabilities, message):
    with pytest.raises(InputError, match=message):
        class_metrics(labels, probabilities, CLASSES)
