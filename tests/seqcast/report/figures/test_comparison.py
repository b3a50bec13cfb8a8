"""Panels of compared sizes: every pair of ALT and gene that both have is one point."""

from itertools import pairwise

import numpy as np
import polars as pl
import pytest
from matplotlib.figure import Figure

from seqcast.evaluation.variants.agreement import Measure, measures
from seqcast.evaluation.variants.joined_scores import compare_models
from seqcast.report.figures.comparison import plot_comparison, scatter_sizes
from seqcast.report.figures.style import new_figure, save
from tests.seqcast.evaluation.variants.tables import COVERAGE, MRNA, coverage, mrna


def figure(models, untrained=()):
    table = compare_models(*models)
    return plot_comparison(table, measures(*models), untrained), table


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


def labels_shown(fig: Figure, axis) -> list:
    """Boxes of an axis' labels that lie within its limits, in order."""
    fig.draw_without_rendering()
    low, high = axis.get_view_interval()
    shown = [tick.label1 for tick in axis.get_major_ticks() if low <= tick.get_loc() <= high]
    return [text.get_window_extent() for text in shown if text.get_text()]


@pytest.mark.parametrize("smallest", [0.0, 1e-12, 2.1e-3, 9.9e-3])
@pytest.mark.parametrize("decades", [1.5, 3, 6, 12])
def test_labels_of_sizes_do_not_touch(smallest: float, decades: float):
    sizes = np.concatenate([[smallest], np.geomspace(2e-3, 2e-3 * 10**decades, 98)])
    table = pl.DataFrame({"x": sizes, "y": sizes, "region": ["cds"] * len(sizes)})
    fig = new_figure(4, 3.6)
    ax = scatter_sizes(fig.subplots(), table, *(Measure("m", c, c, "mrna") for c in "xy"))
    assert ax.get_xscale() == ax.get_yscale() == ("symlog" if smallest < 1e-3 else "log")
    across, up = labels_shown(fig, ax.xaxis), labels_shown(fig, ax.yaxis)
    assert min(len(across), len(up)) >= 2
    assert all(a.x1 < b.x0 for a, b in pairwise(across))
    assert all(a.y1 < b.y0 for a, b in pairwise(up))
    for low, high in (ax.get_xlim(), ax.get_ylim()):
        assert -0.002 < low < sizes.min()  # every point is inside, 0 too
        assert sizes.max() < high < 20 * sizes.max()
