"""Panels of compared sizes: every pair of ALT and gene that both have is one point."""

import numpy as np
import polars as pl

from seqcast.comparison.agreement import measures
from seqcast.comparison.joined import compare_models
from seqcast.plots.comparison import plot_comparison
from seqcast.plots.style import save
from tests.seqcast.comparison.tables import COVERAGE, MRNA, coverage, mrna


def figure(models, untrained=()):
    table = compare_models(*models)
    return plot_comparison(table, measures(*models), "set", untrained), table


def points(ax):
    return np.concatenate([collection.get_offsets() for collection in ax.collections])


def test_points_are_the_pairs_that_both_have(tmp_path):
    rows = [
        (*row[:3], row[3] or ((1, 1, 1) if row[2] == "no_gene_in_window" else None))
        for row in COVERAGE
    ]
    rows = [(r, "G4", "scored", v) if r == 5 else (r, g, s, v) for r, g, s, v in rows]
    fig, table = figure(([coverage(rows=rows)], [mrna()]))
    distance, likelihood = fig.axes
    both = table.drop_nulls(["borzuki.logSED_mean_abs", "helix.LLR"])
    assert len(both) == 2
    assert sorted(map(tuple, points(distance))) == sorted(
        both.select("helix.L2_mean", "borzuki.logSED_mean_abs").rows())  # fmt: skip
    assert sorted(points(likelihood)[:, 0]) == sorted(both["helix.LLR"].abs())
    assert likelihood.get_xlabel() == "|LLR|, helix"
    assert [len(c.get_offsets()) for c in distance.collections] == [1, 1]  # a colour a region
    assert distance.get_title(loc="right") == "n = 2"
    (legend,) = fig.legends
    assert [text.get_text() for text in legend.get_texts()] == ["CDS", "3' UTR"]
    save(fig, tmp_path / "figure.png")


def test_untrained_models_are_named():
    fig, _ = figure(([coverage(), coverage("micro")], [mrna()]), ["helix"])
    assert fig.get_supxlabel() == "UNTRAINED random weights: helix"
    assert len(fig.axes) == 4


def test_without_a_language_model_head_there_is_no_panel_for_it():
    rows = [(*row[:7], None) for row in MRNA]
    fig, _ = figure(([coverage()], [mrna(rows=rows)]))
    assert [ax.get_xlabel() for ax in fig.axes] == ["L2_mean, helix"]


def test_nothing_scored(tmp_path):
    nothing = [(0, None, "alt_star", None)], [(0, None, None, None, None, "alt_star", None, None)]
    fig, _ = figure(([coverage(rows=nothing[0])], [mrna(rows=nothing[1])]))
    assert fig.axes[0].texts[0].get_text() == "no variant was scored by models of both kinds"
    apart = [(0, "G9", "scored", (1, 1, 1))], [MRNA[0]]
    fig, table = figure(([coverage(rows=apart[0])], [mrna(rows=apart[1])]))
    assert table["borzuki.status"].to_list() == ["no_gene_in_window"]
    save(fig, tmp_path / "figure.png")
    assert isinstance(table, pl.DataFrame)
