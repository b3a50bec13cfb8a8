"""Who leads a benchmark, in words."""

import polars as pl
import pytest

from seqcast.evaluation.metrics.table import RESULTS
from seqcast.report.pages.benchmark_verdicts import verdicts


def table(model, baseline, difference=None, ci=(None, None), p=None, part="all"):
    """Results of two models, of which the first is better, and two baselines."""

    def row(method, origin, metric, value, low=None, high=None):
        return ("b", method, origin, part, metric, value, low, high, 9, "")

    rows = [
        row("worse", "given weights", "roc_auc", model - 0.1),
        row("best", "given weights", "roc_auc", model),
        row("random", "baseline", "roc_auc", baseline - 0.2),
        row("CADD", "baseline", "roc_auc", baseline),
        row("CADD", "published", "roc_auc", 0.99),
    ]
    if difference is not None:
        rows.append(row("best minus CADD", "difference", "roc_auc_difference", difference, *ci))
        rows.append(row("best minus CADD", "difference", "roc_auc_difference_p_holm", p))
    return pl.DataFrame(rows, schema=RESULTS, orient="row")


@pytest.mark.parametrize(
    ("results", "sentence"),
    [
        (
            table(0.9, 0.8, 0.1, (0.05, 0.15), 0.0004),
            "AUC: best (0.900) is ahead of the best baseline, CADD (0.800), by 0.100 (95 % interval 0.050 to "
            "0.150; p < 0.001 after Holm's correction).",
        ),
        (
            table(0.7, 0.8, -0.1, (-0.25, 0.05), 0.21, part="PD<=50"),
            "AUC, PD<=50: no model is the best. CADD (0.800), a baseline, is ahead of best (0.700), the best model, "
            "by 0.100 (95 % interval −0.050 to 0.250; p = 0.210 after Holm's correction), which may be chance.",
        ),
        (table(0.7, 0.7, 0.0), "AUC: best (0.700) and CADD (0.700), the best baseline, are equal."),
        (
            table(0.7, 0.8),
            "AUC: best (0.700) and CADD (0.800), the best baseline, have no rows that both score.",
        ),
        (
            table(0.7, 0.8, -0.1),
            "AUC: no model is the best. CADD (0.800), a baseline, is ahead of best (0.700), the best model, by 0.100.",
        ),
    ],
)  # fmt: skip
def test_sentences(results, sentence):
    assert verdicts(results, "roc_auc", "AUC") == [sentence]


def test_nothing_is_said_without_both_sides():
    results = table(0.9, 0.8)
    assert verdicts(results.filter(origin="baseline"), "roc_auc", "AUC") == []
    assert verdicts(results, "accuracy", "accuracy") == []
