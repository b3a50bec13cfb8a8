"""Sizes of effects in models of coverage against those in models of mRNAs."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.ticker import SymmetricalLogLocator

from seqcast.evaluation.variants.agreement import Measure
from seqcast.report.figures.style import COLOURS, TICK_PT, new_figure, plain, say, tidy, warn

REGIONS = {"utr5": "5' UTR", "cds": "CDS", "utr3": "3' UTR", "no_cds": "no CDS known"}
PANEL_IN = 3.1
WIDE = 20  # largest over smallest size; below it a linear axis has the better ticks
MOST_TICKS = 7  # of an axis with 0
MARGIN = 1.4  # between the outermost sizes and the ends of a logarithmic axis, a factor


def plot_comparison(
    table: pl.DataFrame, measured: Sequence[Measure], untrained: Sequence[str] = ()
) -> Figure:
    """A panel for each pair of main measures: coverage models down, mRNA models across.

    Parameters
    ----------
    table : DataFrame
        As `joined_scores.compare_models` returns it.
    measured : sequence of Measure
    untrained : sequence of str
        Models with random weights, which the figure names.

    Returns
    -------
    Figure
    """
    main = [m for m in measured if m.is_main and not np.isnan(m.size(table)).all()]
    rows, columns = ([m for m in main if m.kind == kind] for kind in ("coverage", "mrna"))
    if not rows or not columns:
        figure = new_figure(4, 2)
        say(figure.subplots(), "no variant was scored by models of both kinds")
        return figure
    figure = new_figure(PANEL_IN * len(columns) + 1.3, PANEL_IN * len(rows) + 0.5)
    axes = figure.subplots(len(rows), len(columns), squeeze=False)
    for line, y in zip(axes, rows, strict=True):
        for ax, x in zip(line, columns, strict=True):
            scatter_sizes(ax, table, x, y)
    drawn = [ax.get_legend_handles_labels() for ax in axes.flat]
    regions = {label: handle for pair in drawn for handle, label in zip(*pair, strict=True)}
    figure.legend(
        regions.values(), regions.keys(), loc="outside right upper", frameon=False, fontsize=TICK_PT
    )
    if untrained:
        names = ", ".join(untrained)
        warn(figure, f"UNTRAINED random weights: {names}")
    return figure


def scatter_sizes(ax: Axes, table: pl.DataFrame, x: Measure, y: Measure) -> Axes:
    """A point a pair of ALT and gene that both measures have, coloured by region.

    Axes are logarithmic where sizes differ widely; where some are 0, or far below the first
    percentile of the others, they are linear below the power of ten at that percentile.
    """
    sizes = np.stack([x.size(table), y.size(table)])
    both = ~np.isnan(sizes).any(axis=0)
    if not both.any():
        return say(ax, "no variant was scored by both")
    regions = table["region"].to_numpy()
    size = float(np.clip(20_000 / both.sum(), 3, 16))
    for (region, label), colour in zip(REGIONS.items(), COLOURS, strict=False):
        shown = sizes[:, both & (regions == region)]
        if not shown.size:
            continue
        ax.scatter(shown[0], shown[1], s=size, color=colour, alpha=0.6, linewidths=0, label=label,
                   rasterized=True)  # fmt: skip
    for name, values in zip("xy", sizes[:, both], strict=True):
        _scale(ax, name, values)
    ax.set_xlabel(f"{x.score}, {plain(x.model, 30)}")
    ax.set_ylabel(f"{y.score}, {plain(y.model, 30)}")
    ax.set_title(f"n = {both.sum():,}", fontsize=TICK_PT, loc="right")
    return tidy(ax)


def _scale(ax: Axes, name: str, values: np.ndarray) -> None:
    """Logarithmic where sizes differ widely, with a place for 0 if there are such."""
    above = values[values > 0]
    smallest = float(np.quantile(above, 0.01)) if above.size else 0.0
    if not smallest or values.max() <= WIDE * smallest:
        return
    of_axis: dict[str, tuple[Any, Any, Axis]] = {
        "x": (ax.set_xscale, ax.set_xlim, ax.xaxis), "y": (ax.set_yscale, ax.set_ylim, ax.yaxis),
    }  # fmt: skip
    set_scale, set_limits, axis = of_axis[name]
    decade = 10.0 ** math.floor(math.log10(smallest))
    low, high = values.min() / MARGIN, values.max() * MARGIN
    if values.min() < decade:
        # 0 stands a decade from the first power of ten: their labels do not touch
        set_scale("symlog", linthresh=decade, linscale=1)
        ticks = SymmetricalLogLocator(base=10, linthresh=decade)
        ticks.set_params(numticks=MOST_TICKS)
        axis.set_major_locator(ticks)
        set_limits(-0.3 * decade, high)
        return
    set_scale("log")
    if math.floor(math.log10(high)) - math.ceil(math.log10(low)) < 1:  # fewer than two labels
        low, high = decade / MARGIN, 10.0 ** math.ceil(math.log10(high)) * MARGIN
    set_limits(low, high)
