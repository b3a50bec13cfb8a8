"""Histograms of probabilities: every scored read in one bar."""

import polars as pl
import pytest

from seqcast.reads.outcomes import COLUMNS
from seqcast.report.figures.reads import plot_probabilities


def table(values, threshold=0.5):
    rows = [
        (f"r{i}", 0, 300, p, None, None if p is None else ("coding" if p >= threshold else "non_coding"),
         "no_known_base" if p is None else "scored", "")
        for i, p in enumerate(values)
    ]  # fmt: skip
    return pl.DataFrame(rows, schema=COLUMNS, orient="row")


@pytest.mark.parametrize("values", [[0.0, 0.1, 0.5, 1.0, None], [0.7]])
def test_bars_count_the_scored_reads(values):
    figure = plot_probabilities(table(values), "model", "set", 0.5)
    (ax,) = figure.axes
    assert sum(bar.get_height() for bar in ax.patches) == len(values) - values.count(None)
    assert f"{len(values) - values.count(None)} of {len(values)} reads" in figure.get_suptitle()


def test_no_read_is_said():
    (ax,) = plot_probabilities(table([None]), "model", "set", 0.5).axes
    assert "No read could be scored." in [text.get_text() for text in ax.texts]
