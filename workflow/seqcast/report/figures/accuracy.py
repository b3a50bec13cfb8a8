"""Accuracy of predicted coverage: models side by side, and predicted against measured values."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

from seqcast.evaluation.metrics.correlations import LEAST_ROWS, pearson
from seqcast.report.figures.style import (
    COLOURS,
    GENE,
    GUIDE,
    LABEL_PT,
    REF_LINE,
    TICK_PT,
    TITLE_PT,
    new_figure,
    plain,
    say,
    tidy,
)

WIDTH_IN, PANEL_IN, BOX_IN, HEAD_IN = 8.4, 2.8, 0.2, 1.2
COLUMNS = 3
MARKERS = ("D", "x")  # of controls
HOLLOW: dict[str, Any] = {"color": GENE, "markerfacecolor": "none", "markersize": 6}
LOWEST = -1.0  # of a correlation or R²; what lies below is drawn at the edge
MOST_CELLS, POINTS_A_CELL = 40, 3  # a side, to count how dense points lie
QUANTILES, LEAST_IN_QUANTILE = 10, 10
DENSITY = LinearSegmentedColormap.from_list("density", ["#b9d3e6", COLOURS[0], GENE])


def plot_accuracy_boxes(panels: Mapping[str, pl.DataFrame]) -> Figure:
    """Metrics of tracks, as boxes: one panel per metric, one block per group, one box per model.

    Parameters
    ----------
    panels : mapping
        Name of a metric to a table: model, group (both str; null: not shown), value (null or NaN:
        not shown), and a column of numbers for each control, which needs no model; its median is a
        mark on the box. One row per track.

    Returns
    -------
    Figure
        Box: quartiles; line: median; whiskers: the last point within 1.5 box lengths; dots: tracks.
        Models and groups in order of first appearance. A value below -1 is drawn at the edge.
    """
    tables = {
        metric: table.filter(
            pl.all_horizontal(pl.col("model", "group").is_not_null()), pl.col("value").is_finite()
        )
        for metric, table in panels.items()
    }
    every = pl.concat([table.select("model", "group") for table in tables.values()])
    models = every["model"].unique(maintain_order=True).to_list()
    groups = every["group"].unique(maintain_order=True).to_list()
    figure = new_figure(WIDTH_IN, HEAD_IN + BOX_IN * (len(models) + 1) * max(len(groups), 1))
    axes = figure.subplots(1, len(panels), squeeze=False)[0]
    marks: dict[str, str] = {}
    for ax, (metric, shown) in zip(axes, tables.items(), strict=True):
        controls = [name for name in shown.columns if name not in ("model", "group", "value")]
        marks |= dict(zip(controls, MARKERS, strict=False))
        if shown.is_empty():
            say(ax, f"No track has a {metric}.")
        else:
            _blocks(ax, shown, models, groups, marks)
            ax.set_xlabel(metric)
    if every.height:
        colours = [COLOURS[j % len(COLOURS)] for j in range(len(models))]
        handles = [axes[0].plot([], [], color=colour, linewidth=5)[0] for colour in colours]
        handles += [axes[0].plot([], [], marker, **HOLLOW)[0] for marker in marks.values()]
        figure.legend(handles, [plain(name) for name in [*models, *marks]], frameon=False,
                      loc="outside upper center", ncols=min(len(handles), COLUMNS),
                      fontsize=LABEL_PT)  # fmt: skip
    return figure


def _blocks(
    ax: Axes, shown: pl.DataFrame, models: Sequence[str], groups: Sequence[str],
    marks: Mapping[str, str],
) -> None:  # fmt: skip
    """Boxes of a panel, and the marks of its controls."""
    for i, group in enumerate(groups):
        for j, model in enumerate(models):
            rows = shown.filter(group=group, model=model)
            place = i * (len(models) + 1) + j
            values = np.maximum(rows["value"].to_numpy(), LOWEST)
            _box(ax, values, place, COLOURS[j % len(COLOURS)])
            for name, marker in marks.items():
                if name in rows.columns and (known := rows[name].drop_nulls()).len():
                    middle = np.maximum(np.median(known.to_numpy()), LOWEST)
                    ax.plot([middle], [place], marker, zorder=4, **HOLLOW)
    middles = [i * (len(models) + 1) + (len(models) - 1) / 2 for i in range(len(groups))]
    most = shown.group_by("group", "model").len().group_by("group").agg(pl.max("len"))
    counts = dict.fromkeys(groups, 0) | dict(most.iter_rows())
    units = ["track" if counts[group] == 1 else "tracks" for group in groups]
    names = [f"{plain(g, 40)}\n{counts[g]} {unit}" for g, unit in zip(groups, units, strict=True)]
    ax.set_yticks(middles, names)
    ax.invert_yaxis()
    ax.axvline(0, color=GUIDE, linewidth=0.8, zorder=0)
    tidy(ax)


def plot_predicted_measured(
    panels: Mapping[str, tuple[np.ndarray, np.ndarray]], unit: str, calibration: bool = False,
    notes: Mapping[str, str] | None = None,
) -> Figure:  # fmt: skip
    """Predicted against measured values, darker where more points lie.

    Parameters
    ----------
    panels : mapping
        Title to (predicted, measured), 1-D and of one length; pairs with NaN are left out.
    unit : str
        What the values are, as "log2(1 + coverage)"; both axes are named so.
    calibration : bool
        Also draw, for tenths of the points by prediction, the median measured value and the range
        of the middle 80 %.
    notes : mapping, optional
        Title to a further line below it.

    Returns
    -------
    Figure
        The title of a panel tells Pearson's correlation and the number of points. The line marks
        equal values.
    """
    rows = -(-max(len(panels), 1) // COLUMNS)
    columns = min(COLUMNS, max(len(panels), 1))
    figure = new_figure(PANEL_IN * columns + 0.4, PANEL_IN * rows + 0.5)
    axes = figure.subplots(rows, columns, squeeze=False).ravel()
    for ax in axes[len(panels) :]:
        ax.set_axis_off()
    if not panels:
        say(axes[0], "Nothing was predicted.")
    for ax, (title, (guess, truth)) in zip(axes, panels.items(), strict=False):
        there = np.isfinite(guess) & np.isfinite(truth)
        _density(ax, guess[there], truth[there], title, (notes or {}).get(title, ""))
        ax.set_xlabel(f"predicted {unit}")
        ax.set_ylabel(f"measured {unit}")
        if calibration:
            _tenths(ax, guess[there], truth[there])
    return figure


def _box(ax: Axes, values: np.ndarray, place: float, colour: str) -> None:
    if not len(values):
        return
    ax.boxplot(
        values, positions=[place], orientation="horizontal", widths=0.7, showfliers=False,
        manage_ticks=False, patch_artist=True,
        boxprops={"facecolor": colour, "alpha": 0.35, "edgecolor": colour},
        medianprops={"color": colour, "linewidth": 1.8},
        whiskerprops={"color": colour}, capprops={"color": colour},
    )  # fmt: skip
    spread = 0.25 * np.sin(np.arange(len(values)) * 2.4)  # apart, and the same each time
    ax.scatter(values, place + spread, s=5, color=colour, linewidths=0, zorder=3)


def _density(ax: Axes, guess: np.ndarray, truth: np.ndarray, title: str, note: str) -> None:
    """Points on equal axes, coloured by how many share their cell of a grid."""
    if not len(guess):
        say(ax, f"{plain(title, 40)}: no value.")
        return
    both = np.concatenate([guess, truth])
    margin = 0.04 * (np.ptp(both) or 1.0)
    ends = (both.min() - margin, both.max() + margin)
    side = int(np.clip(np.sqrt(len(guess) / POINTS_A_CELL), 1, MOST_CELLS))
    counts, *_ = np.histogram2d(guess, truth, bins=side, range=(ends, ends))
    cells = [
        np.minimum(((x - ends[0]) / (ends[1] - ends[0]) * side).astype(int), side - 1)
        for x in (guess, truth)
    ]
    dense = np.log1p(counts[cells[0], cells[1]])
    order = np.argsort(dense, kind="stable")
    ax.scatter(guess[order], truth[order], c=dense[order], cmap=DENSITY, s=6, linewidths=0,
               rasterized=True)  # fmt: skip
    ax.plot(ends, ends, color=GUIDE, linewidth=0.8, zorder=0)
    ax.set(xlim=ends, ylim=ends, aspect="equal")
    found = pearson(guess, truth) if len(guess) >= LEAST_ROWS else np.nan
    r = "" if np.isnan(found) else f"r = {found:.2f}, "
    lines = [plain(title, 40), f"{r}n = {len(guess)}", *([note] if note else [])]
    ax.set_title("\n".join(lines), fontsize=TITLE_PT, loc="left")
    tidy(ax)


def _tenths(ax: Axes, guess: np.ndarray, truth: np.ndarray) -> None:
    """Median and middle 80 % of the measured values in tenths by prediction."""
    if len(guess) < QUANTILES * LEAST_IN_QUANTILE:
        ax.text(0.98, 0.02, "too few points for tenths", transform=ax.transAxes, ha="right",
                fontsize=TICK_PT)  # fmt: skip
        return
    order = np.argsort(guess, kind="stable")
    parts = np.array_split(order, QUANTILES)
    at = [np.median(guess[part]) for part in parts]
    low, middle, high = np.array([np.quantile(truth[part], (0.1, 0.5, 0.9)) for part in parts]).T
    ax.errorbar(at, middle, (middle - low, high - middle), color=COLOURS[1], ecolor=REF_LINE,
                marker="o", markersize=4, linewidth=1.2, elinewidth=0.9)  # fmt: skip
