"""Results of a benchmark: a dot a method with its interval, or a curve a method over parts.

Baselines are squares and dashed curves; their colours are counted apart from those of models.
"""

import re
from collections.abc import Sequence

import numpy as np
import polars as pl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from seqcast.evaluation.metrics.published import GIVEN, ours
from seqcast.evaluation.metrics.table import BASELINE
from seqcast.report.figures.style import (
    COLOURS,
    GUIDE,
    LABEL_PT,
    TICK_PT,
    new_figure,
    plain,
    say,
    tidy,
    warn,
)

BOUND = re.compile(r"(\w+)<=(\d+(?:\.\d+)?)")  # a part up to a bound
LEAST_OF_A_CURVE = 3  # parts
MOST_DOTS = 40  # methods and parts of a panel
PANEL_IN, LINE_IN = 4.2, 0.26
CHANCE = {"roc_auc": 0.5, "pairwise_accuracy": 0.5, "sign_roc_auc": 0.5, "class_roc_auc": 0.5,
          "roc_auc_of_draws": 0.5, "spearman": 0.0, "pearson": 0.0}  # fmt: skip


def plot_benchmark(
    results: pl.DataFrame, metrics: Sequence[str], names: Sequence[str],
    untrained: Sequence[str] = (),
) -> Figure:  # fmt: skip
    """A panel per metric.

    Parameters
    ----------
    results : DataFrame
        `metrics.table.RESULTS` of one benchmark. Published numbers of the same rows are drawn as
        open diamonds, those of other rows not at all.
    metrics : sequence of str
    names : sequence of str
        Of the metrics, on axes.
    untrained : sequence of str
        Methods with random weights, which the figure names.

    Returns
    -------
    Figure
    """
    shown = [results.filter(pl.col("metric") == m, pl.col("value").is_not_null()) for m in metrics]
    kept = [
        (table, m, n) for table, m, n in zip(shown, metrics, names, strict=True) if len(ours(table))
    ]
    if not kept:
        figure = new_figure(4, 1.5)
        say(figure.subplots(), "no method has a number")
        return figure
    curves = [bounds_of(table) for table, _, _ in kept]
    lines = max(1 if bounds else len(ours(table))
                for (table, _, _), bounds in zip(kept, curves, strict=True))  # fmt: skip
    height = 2.8 if any(curves) else min(lines, MOST_DOTS) * LINE_IN + 0.9
    figure = new_figure(PANEL_IN * len(kept), height)
    axes = figure.subplots(1, len(kept), squeeze=False)[0]
    for ax, (table, metric, name), bounds in zip(axes, kept, curves, strict=True):
        _curves(ax, table, bounds) if bounds else _dots(ax, table)
        _axes(ax, metric, name, vertical=bool(bounds))
    if untrained:
        warn(figure, f"UNTRAINED random weights: {', '.join(untrained)}")
    return figure


def bounds_of(table: pl.DataFrame) -> dict[str, float]:
    """Part to its bound, where the parts are what lies within ever larger distances; else empty."""
    found = {part: BOUND.fullmatch(part) for part in table["part"].unique(maintain_order=True)}
    if len(found) < LEAST_OF_A_CURVE or not all(found.values()):
        return {}
    return {part: float(match[2]) for part, match in found.items() if match}


def _curves(ax: Axes, table: pl.DataFrame, bounds: dict[str, float]) -> None:
    """Value over the bound of the parts, with the interval as a band."""
    mine = ours(table)
    for (method,), rows in mine.group_by("method", maintain_order=True):
        colour, dashes, _ = _look(mine, str(method))
        ordered = rows.with_columns(at=pl.col("part").replace_strict(bounds)).sort("at")
        low, value, high = (ordered[n].to_numpy() for n in ("ci_low", "value", "ci_high"))
        ax.fill_between(ordered["at"], low, high, color=colour, alpha=0.15, linewidth=0)
        ax.plot(ordered["at"], value, color=colour, marker="o", markersize=3, linewidth=1.2,
                linestyle=dashes, label=plain(str(method), 30))  # fmt: skip
        given = table.filter(pl.col("origin") == GIVEN, pl.col("method") == method)
        at = given["part"].replace_strict(bounds, return_dtype=pl.Float64)
        ax.plot(at, given["value"], color=colour, marker="D", markersize=5, linestyle="none",
                fillstyle="none")  # fmt: skip
    ax.set_xscale("log")
    ax.set_xticks(list(bounds.values()), [f"{bound:g}" for bound in bounds.values()])
    ax.minorticks_off()
    ax.set_xlabel(f"largest {next(iter(bounds)).split('<=')[0]} (bp)")
    ax.legend(frameon=False, fontsize=TICK_PT)


def _dots(ax: Axes, table: pl.DataFrame) -> None:
    """A line a method and part, the first on top."""
    mine = ours(table).head(MOST_DOTS)
    several = mine["part"].n_unique() > 1
    labels = []
    for line, row in enumerate(mine.iter_rows(named=True)):
        colour, _, marker = _look(mine, row["method"])
        if row["ci_low"] is not None:
            ax.plot([row["ci_low"], row["ci_high"]], [line, line], color=colour, linewidth=1.4)
        ax.plot(row["value"], line, color=colour, marker=marker, markersize=5)
        given = table.filter(origin=GIVEN, method=row["method"], part=row["part"])["value"]
        ax.plot(given, np.full(len(given), line), color=colour, marker="D", markersize=6,
                linestyle="none", fillstyle="none")  # fmt: skip
        part = f", {row['part']}" if several and row["part"] else ""
        labels.append(plain(f"{row['method']}{part}", 44))
    ax.set_yticks(range(len(labels)), labels)
    ax.set_ylim(len(labels) - 0.5, -0.5)


def _axes(ax: Axes, metric: str, name: str, vertical: bool) -> None:
    """Label the axis of the metric, and draw what chance reaches."""
    tidy(ax)
    set_label = ax.set_ylabel if vertical else ax.set_xlabel
    set_label(name, fontsize=LABEL_PT)
    if metric in CHANCE:
        draw = ax.axhline if vertical else ax.axvline
        draw(CHANCE[metric], color=GUIDE, linewidth=0.8, linestyle=":", zorder=0)


def _look(mine: pl.DataFrame, method: str) -> tuple[str, str, str]:
    """Colour, dashes and marker of a method: baselines are dashed and squares."""
    is_baseline = pl.col("origin").fill_null("") == BASELINE
    baselines = mine.filter(is_baseline)["method"].unique(maintain_order=True).to_list()
    if method in baselines:
        return COLOURS[baselines.index(method) % len(COLOURS)], "--", "s"
    models = mine.filter(~is_baseline)["method"].unique(maintain_order=True).to_list()
    return COLOURS[models.index(method) % len(COLOURS)], "-", "o"
