"""Predictors of known worth get the numbers that they deserve."""

import numpy as np
import polars as pl
import pytest
from sklearn.metrics import roc_auc_score

from seqcast.evaluation.metrics.bootstrap import Resampling
from seqcast.evaluation.planted.measures import BARS, BASES, HALF_LIFE_R, HALF_LIFE_SIGN, WITHIN
from seqcast.evaluation.planted.planted_metrics import (
    called_shares,
    distance_bins,
    evaluate,
    graded_pairs,
    log_rate,
    shuffled_areas,
)
from tests.seqcast.evaluation.planted import planted

HOW = Resampling(100, 0)
# of maps and of half-lives, which are measured apart
ELSEWHERE = {("map_auroc", BASES), (HALF_LIFE_R, WITHIN), (HALF_LIFE_SIGN, "all")}


def rates(predicted=None):
    true = np.geomspace(0.05, 3, 40)
    return pl.DataFrame(
        {
            "gene_id": [f"G{i}" for i in range(40)],
            "status": ["compared"] * 40,
            "true_rate_per_h": true,
            "expected_rate_per_h": true,
            "predicted_rate_per_h": true if predicted is None else predicted,
        }
    )


def measured(*folds, genes=None):
    table = evaluate(planted.compared(*folds), rates() if genes is None else genes, HOW)
    assert not table.select("measure", "group").is_duplicated().any()
    return {(m, g): row for m, g, *row in table.iter_rows()}


def test_the_truth_itself_reaches_one():
    found = measured(planted.perfect())
    groups = {g for m, g in found if m == "auroc"} - {"decoys", "shuffled labels"}
    assert len(groups) == 1 + 5 + 5 + 6 + 1
    for group in groups:
        if found["auroc", group][0] is not None:
            assert found["auroc", group][0] == found["average_precision", group][0] == 1, group
    for name in ("actd", "decay", "4su", "total", "cage", "clip"):
        assert found["effect_spearman", name][0] == pytest.approx(1, abs=1e-3)  # float32 ties
        assert found["effect_pearson", name][0] == pytest.approx(1)
        assert found["sign_accuracy", name][0] == 1
    assert found["graded_share", "two U against one U lost"][0] == 1
    for n in ("one U lost", "two U lost"):
        assert found["graded_mean_predicted", n][0] == pytest.approx(
            found["graded_mean_true", n][0]
        )
    assert found["decay_r", "held-out genes"][0] == pytest.approx(1)
    assert found["auroc", "decoys"][0] == 0.5  # all of them are exactly 0
    for kind in ("decoy", "matched"):
        assert (found["called_share", kind][0], found["called_share", kind][5]) == (0, "met")
    for group in ("all", "element ARE", "element PAS"):
        assert found["calibration_slope", group][0] == pytest.approx(1, abs=1e-5)
    assert found["auroc", "shuffled labels"][0] == pytest.approx(0.5, abs=0.02)
    assert found["fold_disagreement", "causal and matched"][0] is None  # one fold
    assert set(BARS) - set(found) == ELSEWHERE


def test_the_truth_with_the_wrong_sign_reaches_minus_one_and_none():
    found = measured(-planted.perfect(), genes=rates(1 / np.geomspace(0.05, 3, 40)))
    assert found["auroc", "all"][0] == 1  # sizes have no sign
    assert found["effect_spearman", "actd"][0] == pytest.approx(-1, abs=1e-3)
    assert found["sign_accuracy", "actd"][0] == found["sign_accuracy", "decay"][0] == 0
    assert found["graded_share", "two U against one U lost"][0] == 0
    assert found["decay_r", "held-out genes"][0] == pytest.approx(-1)
    assert found["decay_r", "ceiling: expected coverage"][0] == pytest.approx(1)
    for key in (("effect_spearman", "actd"), ("sign_accuracy", "actd")):
        assert found[key][5] == "not met"


def test_effects_that_shrink_are_told_by_element_and_within_one_sign():
    truth = planted.perfect()
    element = planted.effects()["element"].to_numpy()
    shrunk = np.where(element == "PAS", 0.25, 0.5)[:, None] * truth
    found = measured(shrunk)
    for name in ("ARE", "PUM", "MIR", "STB"):
        assert found["effect_share", f"element {name}"][0] == pytest.approx(0.5, rel=1e-5)
        assert found["calibration_slope", f"element {name}"][0] == pytest.approx(2, rel=1e-4)
    assert found["effect_share", "element PAS"][0] == pytest.approx(0.25, rel=1e-5)
    assert 0.25 < found["effect_share", "all"][0] < 0.5
    low, high = found["effect_share", "all"][1:3]
    assert low < found["effect_share", "all"][0] < high
    assert found["effect_share", "all"][0] == pytest.approx(_plain_share(shrunk), rel=1e-5)
    assert measured(-truth)["effect_share", "all"][0] == pytest.approx(-1, rel=1e-5)
    # one size a sign: nothing but the sign is right, and Spearman over both is high all the same
    signs = measured(np.sign(truth.mean(axis=1, keepdims=True)) * np.ones_like(truth))
    assert signs["effect_spearman", "actd"][0] > 0.7
    for word in ("raised", "lowered"):
        assert found["effect_spearman", f"actd, {word}"][0] > 0.8
        within = signs["effect_spearman", f"actd, {word}"][0]
        assert within is None or abs(within) < 0.4


def _plain_share(values):
    """Sums over causal variants, one at a time."""
    table = planted.compared(values).filter(kind="causal", status="compared")
    predicted = true = 0.0
    for row in table.iter_rows(named=True):
        predicted += row["predicted_actd"] * np.sign(row["true_actd"])
        true += abs(row["true_actd"])
    return predicted / true


def test_sizes_the_wrong_way_round_reach_zero():
    sizes = 1 / (0.1 + np.abs(planted.perfect()))
    found = measured(sizes)
    assert found["auroc", "all"][0] == 0
    assert found["auroc", "element ARE"][0] == 0


def test_chance_is_a_half_on_average():
    rng = np.random.default_rng(11)
    areas, signs, graded = [], [], []
    for _ in range(12):
        noise = rng.normal(size=(planted.perfect().shape[0], 1)) * np.ones((1, 11))
        table = evaluate(planted.compared(noise), rates(), Resampling(0))
        found = {(m, g): v for m, g, v, *_ in table.iter_rows()}
        areas.append(found["auroc", "all"])
        signs.append(found["sign_accuracy", "actd"])
        graded.append(found["graded_share", "two U against one U lost"])
    for drawn in (areas, signs, graded):
        assert np.mean(drawn) == pytest.approx(0.5, abs=3 * np.std(drawn) / np.sqrt(12))


def test_folds_that_differ_where_they_err():
    truth = planted.perfect()
    rng = np.random.default_rng(0)
    error = np.exp(rng.normal(size=(len(truth), 1))) * np.ones((1, truth.shape[1]))
    found = measured(truth + 3 * error, truth + error)  # mean errs by 2, spread sqrt 2
    assert found["fold_disagreement", "causal and matched"][0] == pytest.approx(1, abs=1e-3)
    assert found["fold_disagreement", "causal and matched"][5] == "met"
    opposite = measured(truth + 1 / error + error, truth + 1 / error - error)
    assert opposite["fold_disagreement", "causal and matched"][0] == pytest.approx(-1, abs=1e-3)


def test_groups_have_the_variants_that_they_name():
    values = np.random.default_rng(3).normal(size=planted.perfect().shape)
    table = planted.compared(values)
    found = measured(values)
    both = table.filter(pl.col("kind").is_in(["causal", "matched"]))
    causal = (both["kind"] == "causal").to_numpy()
    assert found["auroc", "all"][0] == pytest.approx(roc_auc_score(causal, both["size"]))
    of_are = both.filter(kind="causal", element="ARE")["pair"].to_list()
    own = both.filter(pl.col("pair").is_in(of_are))
    assert found["auroc", "element ARE"][3] == len(own) == 2 * len(of_are)
    expected = roc_auc_score((own["kind"] == "causal").to_numpy(), own["size"])
    assert found["auroc", "element ARE"][0] == pytest.approx(expected)
    counts = [found["auroc", group][3] for group in distance_bins()]
    assert sum(counts) == len(both)
    near = both.filter(pl.col("pas_distance_bp") < 30)
    assert counts[0] == len(near)


def test_calls_without_an_effect_are_counted_at_the_sensitivity():
    table = planted.compared(planted.perfect()).with_row_index("number")
    sizes = {"causal": 1 + pl.col("number") / 1e6, "decoy": pl.lit(0.5), "matched": pl.lit(2.0)}
    size = pl.coalesce(
        *(pl.when(kind=kind).then(value) for kind, value in sizes.items()), pl.lit(0.0)
    )
    used = table.with_columns(size=size)
    found = {m.group: m for m in called_shares(used, HOW)}
    expected = {"matched": 1, "decoy": 0, "decoy matched": 0}
    expected |= {f"{kind}, PAS left out": value for kind, value in expected.items()}
    assert {group: m.value for group, m in found.items()} == expected
    least = np.sort(used.filter(kind="causal")["size"].to_numpy())
    fewest = least[len(least) // 10 + 1]  # more than nine tenths reach the one below
    at = used.with_columns(size=pl.when(kind="decoy").then(fewest).otherwise("size"))
    assert {m.group: m.value for m in called_shares(at, HOW)}["decoy"] == 1
    weak = used.with_columns(size=pl.when(kind="causal", element="PAS").then(0.1).otherwise("size"))
    called = {m.group: m.value for m in called_shares(weak, HOW)}
    assert (called["decoy"], called["decoy, PAS left out"]) == (1, 0)  # a fifth of them are PAS


def test_what_is_not_compared_does_not_count():
    table = planted.compared(planted.perfect())
    status = pl.when(pl.col("kind") == "decoy").then(pl.lit("trained_on")).otherwise("status")
    genes = rates().with_columns(
        status=pl.Series(["outside_windows", *["compared"] * 39]),
        predicted_rate_per_h=pl.Series([None, *np.geomspace(0.05, 3, 40)[1:]]),
    )
    found = {(m, g): row for m, g, *row in
             evaluate(table.with_columns(status=status), genes, HOW).iter_rows()}  # fmt: skip
    assert found["auroc", "decoys"][0] is None
    assert found["decay_r", "held-out genes"][3] == 39
    nothing = evaluate(table.with_columns(status=pl.lit("trained_on")), genes[:0], HOW)
    assert nothing["value"].null_count() == len(nothing)
    verdicts = nothing.filter(pl.col("bar") != "")["verdict"]
    assert len(verdicts) == len(BARS) - len(ELSEWHERE)
    assert set(verdicts) == {"not measured"}


def test_graded_pairs_count_in_the_direction_of_the_truth():
    table = planted.compared(-planted.perfect())
    pairs = graded_pairs(table)
    assert len(pairs) == planted.SMALL.planted_ares
    assert (pairs["true_two"] > pairs["true_one"]).all()
    assert (pairs["true_one"] > 0).all()
    assert pairs["one"].to_numpy() == pytest.approx(-pairs["true_one"].to_numpy(), abs=1e-6)


def test_shuffled_areas_are_areas():
    labels, sizes = np.array([True, True, False, False, False]), np.array([3.0, 2, 2, 1, 1])
    drawn = shuffled_areas(labels, sizes, 500, 0)
    rng = np.random.default_rng(0)
    shuffled = rng.permuted(np.tile(labels, (500, 1)), axis=1)
    expected = [roc_auc_score(row, sizes) for row in shuffled]
    assert drawn == pytest.approx(expected)
    assert shuffled_areas(np.ones(3, bool), sizes[:3], 5, 0) is None


def test_rates_below_the_least_count_as_that():
    found = log_rate(np.array([-1.0, 0.001, 0.5, np.nan]))
    assert found[:3] == pytest.approx(np.log([0.01, 0.01, 0.5]))
    assert np.isnan(found[3])
