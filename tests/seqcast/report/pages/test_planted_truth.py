"""What the page says: bars in words, statuses, and a warning of untrained weights."""

import re

import numpy as np
import polars as pl

from seqcast.core.provenance import is_untrained
from seqcast.evaluation.metrics.bootstrap import Resampling
from seqcast.evaluation.planted import planted_decay
from seqcast.evaluation.planted.measures import BARS
from seqcast.evaluation.planted.planted_half_lives import with_half_lives
from seqcast.evaluation.planted.planted_intervals import with_intervals
from seqcast.evaluation.planted.planted_maps import compare_bases
from seqcast.evaluation.planted.planted_metrics import evaluate
from seqcast.predict.variants.effect_intervals import Intervals
from seqcast.report.pages.planted_truth import NAMES, QUESTIONS, planted_truth_html
from tests.seqcast.evaluation.planted import planted
from tests.seqcast.evaluation.planted.test_planted_half_lives import half_lives, truth
from tests.seqcast.evaluation.planted.test_planted_maps import elements, maps
from tests.seqcast.evaluation.planted.test_planted_metrics import rates
from tests.seqcast.predict.variants.test_effect_intervals import factors


def page(variants, genes, facts):
    bases = compare_bases(maps(), elements(), ["chrS2"])
    variants = with_intervals(variants, Intervals(factors()))
    variants = with_half_lives(variants, planted.effects(), half_lives(truth()))
    measures = evaluate(variants, genes, Resampling(20), bases)
    assert set(measures["measure"]) == set(NAMES)
    html = planted_truth_html("model <1>", measures, variants, genes, facts)
    return re.sub(r"\s+", " ", html)


def test_bars_are_told_in_words():
    text = page(
        planted.compared(planted.perfect(), planted.perfect()), rates(),
        {"held_out": ["chrS2"], "origin": "train", "fold": ["0", "1"]},
    )  # fmt: skip
    assert set(QUESTIONS) == set(BARS)
    assert "model &lt;1&gt;" in text
    assert "All numbers are for chrS2, held out from all folds" in text
    assert "Predictions: model &lt;1&gt;, mean of folds 0 and 1." in text
    assert (
        "Acceptance tests: 11 of 12 passed" in text
    )  # folds do not differ: that one is not measured
    assert "not measured" in text
    assert "≥ 0.95" in text
    assert "≤ 0.03" in text
    assert "UNTRAINED" not in text
    assert "(0.45" not in text  # no interval beside the bar


def test_failures_and_statuses_are_told():
    table = planted.compared(-planted.perfect())
    status = pl.when(pl.col("kind") == "decoy").then(pl.lit("gene_not_scored")).otherwise("status")
    genes = rates(np.full(40, np.nan)).with_columns(status=pl.lit("outside_windows"))
    text = page(table.with_columns(status=status), genes, {"origin": ["train", "random"]})
    assert "UNTRAINED random weights" in text
    assert 'class="untrained">not met' in text
    assert "scored, but not in the gene that it was planted in" in text
    assert planted_decay.STATUSES["outside_windows"] in text
    assert re.search(r"decoy</td><td class=\"n\">6</td><td class=\"n\">0</td>", text)


def test_untrained_is_what_has_a_random_fold():
    assert is_untrained({"origin": "random"})
    assert not is_untrained({"origin": ["train", "source"]})
    assert not is_untrained({})
