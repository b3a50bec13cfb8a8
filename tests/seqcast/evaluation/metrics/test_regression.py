"""Metrics of predicted numbers: values by hand, scipy and scikit-learn on each resample."""

import numpy as np
import polars as pl
import pytest
from scipy import stats
from sklearn import metrics as sk

from seqcast.core.errors import InputError
from seqcast.evaluation.metrics.regression import ESTIMATES, METRICS, regression_metrics


def rows(table: pl.DataFrame, output: str = "output0") -> dict[str, dict]:
    part = table.filter(pl.col("output") == output)
    return {row["metric"]: row for row in part.iter_rows(named=True)}


def plain(truth, guess):
    """The four estimates by scipy and scikit-learn."""
    return {
        "spearman": stats.spearmanr(truth, guess).statistic,
        "pearson": stats.pearsonr(truth, guess).statistic,
        "r2": sk.r2_score(truth, guess),
        "rmse": sk.root_mean_squared_error(truth, guess),
    }


def example(n=60, outputs=1, decimals=6, seed=3):
    rng = np.random.default_rng(seed)
    truth = rng.normal(10, 2, size=(n, outputs)).round(decimals)
    return truth, (0.6 * truth + rng.normal(4, 1.5, size=(n, outputs))).round(decimals)


def test_values_by_hand():
    found = rows(regression_metrics([1, 2, 3, 4], [2, 1, 4, 3], resamples=0))
    assert list(found) == list(METRICS)
    # d = (1, 1, 1, 1): 1 - 6 * 4 / (4 * 15)
    assert found["spearman"]["value"] == pytest.approx(0.6)
    assert found["pearson"]["value"] == pytest.approx(0.6)
    assert found["r2"]["value"] == pytest.approx(1 - 4 / 5)
    assert found["rmse"]["value"] == pytest.approx(1)
    assert found["not_scored"]["value"] == 0
    assert {row["ci_low"] for row in found.values()} == {None}


@pytest.mark.parametrize("decimals", [0, 6])  # with many ties, and with none
def test_points_and_intervals_equal_those_of_scipy_on_the_same_resamples(decimals):
    truth, guess = example(decimals=decimals, outputs=2)
    found = regression_metrics(truth, guess, resamples=150, seed=7, outputs=("a", "b"))
    draws = np.random.default_rng(7).integers(60, size=(150, 60))
    oracle = {name: [plain(truth[d, i], guess[d, i]) for d in draws] for i, name in enumerate("ab")}
    oracle["mean"] = [
        {k: (a[k] + b[k]) / 2 for k in a} for a, b in zip(oracle["a"], oracle["b"], strict=True)
    ]
    for i, name in enumerate("ab"):
        for metric, value in plain(truth[:, i], guess[:, i]).items():
            assert rows(found, name)[metric]["value"] == pytest.approx(value, abs=1e-12)
    for name, drawn in oracle.items():
        for metric in ESTIMATES:
            row = rows(found, name)[metric]
            ends = np.quantile([d[metric] for d in drawn], [0.025, 0.975])
            assert [row["ci_low"], row["ci_high"]] == pytest.approx(ends.tolist(), abs=1e-10)
    mean = rows(found, "mean")["spearman"]["value"]
    assert mean == pytest.approx(
        sum(rows(found, name)["spearman"]["value"] for name in "ab") / 2, abs=1e-12
    )


def test_a_large_offset_costs_no_digits():
    truth, guess = example()
    near = regression_metrics(truth, guess, resamples=50)
    far = regression_metrics(truth + 1e6, guess + 1e6, resamples=50)
    for name in ("value", "ci_low", "ci_high"):
        pair = (table[name].drop_nulls().to_list() for table in (near, far))
        assert next(pair) == pytest.approx(next(pair), rel=1e-6)


@pytest.mark.parametrize(
    ("labels", "predictions", "undefined", "what"),
    [
        ([1, 2, 3], [5, 5, 5], {"spearman", "pearson"}, "the predictions of the 3"),
        ([1, 2, 3], [0.1 + 0.2, 0.3, 0.3], {"spearman", "pearson"}, "the predictions of the 3"),
        ([4, 4, 4], [1, 2, 3], {"spearman", "pearson", "r2"}, "the labels of the 3"),
        ([0, 0], [0, 0], {"spearman", "pearson", "r2"}, "the labels and predictions of the 2"),
        ([1], [2], {"spearman", "pearson", "r2"}, "of the 1 scored row"),
    ],
)
def test_what_is_constant_has_no_correlation_and_says_so(labels, predictions, undefined, what):
    found = rows(regression_metrics(labels, predictions, resamples=20))
    for name in ESTIMATES:
        row = found[name]
        assert (row["value"] is None) == (name in undefined)
        assert (row["ci_low"] is None) == (name in undefined)
        assert (what in row["note"]) == (name in undefined)


def test_the_mean_lacks_what_an_output_lacks():
    truth, guess = example(outputs=3)
    guess[:, 1] = 7
    found = regression_metrics(truth, guess, resamples=10, outputs=["a", "b", "c"])
    mean = rows(found, "mean")
    assert mean["spearman"]["value"] is mean["pearson"]["value"] is None
    assert mean["spearman"]["note"].startswith("not defined for b: the predictions")
    assert mean["rmse"]["value"] == pytest.approx(
        np.mean([rows(found, name)["rmse"]["value"] for name in "abc"])
    )


def test_resamples_without_variation_are_left_out():
    # one of five rows differs: a third of the resamples has constant labels
    found = rows(regression_metrics([0, 0, 0, 0, 1], [0.0, 0.1, 0.2, 0.3, 0.9], resamples=200))
    assert -1 <= found["spearman"]["ci_low"] <= found["spearman"]["ci_high"] <= 1


def test_rows_without_label_or_prediction_are_counted_apart():
    truth, guess = example(n=20)
    full = regression_metrics(truth, guess, resamples=20)
    more = regression_metrics(
        [*truth[:, 0], 1.0, None, 3.0], [*guess[:, 0], None, 2.0, float("nan")], resamples=20
    )
    assert more.head(4).equals(full.head(4))
    assert rows(more)["not_scored"]["value"] == 3
    assert rows(more)["not_scored"]["n"] == 23


def test_intervals_do_not_depend_on_how_many_resamples_are_held_at_once(monkeypatch):
    truth, guess = example(n=30)
    tables = []
    for cells in (1, 200, 1 << 20):
        monkeypatch.setattr("seqcast.evaluation.metrics.bootstrap.CELLS_AT_ONCE", cells)
        tables.append(regression_metrics(truth, guess, resamples=100, seed=1))
    assert tables[0].equals(tables[1])
    assert tables[0].equals(tables[2])
    assert not tables[0].equals(regression_metrics(truth, guess, resamples=100, seed=2))


def test_groups_are_drawn_whole():
    truth, guess = example()
    groups = np.repeat([f"gene{i}" for i in range(12)], 5)
    missing = np.where(np.arange(60) % 7 == 0, np.nan, guess[:, 0])
    found = rows(regression_metrics(truth, missing, resamples=80, seed=7, groups=groups))
    scored = np.flatnonzero(~np.isnan(missing))
    names = np.unique(groups[scored])
    drawn = []
    for draw in np.random.default_rng(7).integers(len(names), size=(80, len(names))):
        picked = np.concatenate([scored[groups[scored] == names[i]] for i in draw])
        drawn.append(plain(truth[picked, 0], missing[picked]))
    for metric in ESTIMATES:
        ends = np.quantile([one[metric] for one in drawn], [0.025, 0.975])
        ours = [found[metric]["ci_low"], found[metric]["ci_high"]]
        assert ours == pytest.approx(ends.tolist(), abs=1e-10)


def test_groups_of_one_row_are_rows():
    truth, guess = example()
    plainly = regression_metrics(truth, guess, resamples=30)
    assert plainly.equals(regression_metrics(truth, guess, resamples=30, groups=np.arange(60)))
    with pytest.raises(InputError, match="2 groups of 60 rows"):
        regression_metrics(truth, guess, groups=[1, 2])


@pytest.mark.parametrize(
    ("labels", "predictions", "message"),
    [
        ([1, 2], [1], r"labels have the shape \(2, 1\) but predictions \(1, 1\)"),
        ([1, 2], [1, float("inf")], "a prediction is infinite"),
        ([1, float("-inf")], [1, 2], "a label is infinite"),
        (["x", 2], [1, 2], "a label is no number"),
        ([1, 2], [None, None], "none of 2 rows has both"),
        ([], [], "none of 0 rows has both"),
    ],
)
def test_what_the_user_can_mend(labels, predictions, message):
    with pytest.raises(InputError, match=message):
        regression_metrics(labels, predictions)
