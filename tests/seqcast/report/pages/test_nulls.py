"""The page of null variants, and the figure of their calibration."""

import re

import numpy as np
import polars as pl
import pytest

from seqcast.evaluation.variants.null_calibration import calibrate
from seqcast.report.figures.nulls import plot_calibration
from seqcast.report.pages.nulls import nulls_html
from tests.seqcast.predict.nulls.examples import FACTS, MIXTURE, Drawn, made


@pytest.fixture(scope="module")
def nulls(tmp_path_factory):
    scores = Drawn(np.random.default_rng(5)).scores(400)
    return made(tmp_path_factory.mktemp("nulls"), scores, MIXTURE, {**FACTS, "model": "model <1>"})


def test_the_page_says_what_nulls_are(nulls):
    page = re.sub(r"\s+", " ", nulls_html(nulls, calibrate(nulls)))
    assert f"<h1>Null variants: {nulls.name}</h1>" in page
    assert "model &lt;1&gt;, mean of folds 0 and 1. 400 null variants, 800 pairs" in page
    for told in (
        "common.vcf",
        "c0ffee",
        "chr1 (100,000 bp)",
        "1,000 bp",
        "beef, feed",
        "all 3 tracks",
    ):
        assert told in page
    assert "<td>coding</td><td>utr3</td>" in page


def test_the_page_says_in_which_classes_the_halves_differ(nulls):
    found = calibrate(nulls)
    said = f"In none of {len(found)} rows do the halves differ."
    assert said in re.sub(r"\s+", " ", nulls_html(nulls, found.with_columns(p_value_holm=0.05)))
    one = pl.when(pl.int_range(pl.len()) == 1).then(0.049).otherwise(1.0)
    page = re.sub(r"\s+", " ", nulls_html(nulls, found.with_columns(p_value_holm=one)))
    assert f"differ</b> in 1 of {len(found)} rows: logSED, {found['null_class'][1]}. Take" in page


def test_classes_with_few_nulls_are_not_tested(tmp_path):
    few = made(tmp_path, Drawn(np.random.default_rng(5)).scores(20))
    assert "No class has enough null variants" in nulls_html(few, calibrate(few))
    (ax,) = plot_calibration(few).axes
    assert "too few null variants" in ax.texts[0].get_text()


def test_the_figure_has_a_line_per_class(nulls):
    (ax,) = plot_calibration(nulls).axes
    found = calibrate(nulls)
    assert len(ax.lines) == 1 + len(found)  # and the diagonal
    assert [text.get_text() for text in ax.get_legend().get_texts()] == [
        f"{name} (n = {n})" for name, n in found.select("null_class", "held_out").rows()]  # fmt: skip
    expected, observed = ax.lines[1].get_xydata().T
    assert np.corrcoef(expected, observed)[0, 1] > 0.9
