"""ROC curves: one panel per reference, the tools of a panel over each other."""

import polars as pl
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure

from seqcast.report.figures.style import COLOURS, GUIDE, TICK_PT, TITLE_PT, plain, say, tidy

COLUMNS = 3
PANEL_IN = (3.1, 3.3)  # width, height
LINES = ("-", (0, (5, 2)), (0, (1, 1.2)), (0, (5, 2, 1, 2)))  # distinguished without colour too


def roc_size(references: int) -> tuple[float, float]:
    """Width and height in inches that suit so many panels."""
    rows, columns = -(-references // COLUMNS), min(references, COLUMNS)
    return PANEL_IN[0] * max(columns, 1) + 0.3, PANEL_IN[1] * max(rows, 1)


def roc_curves(
    fig: Figure | SubFigure, curves: pl.DataFrame, metrics: pl.DataFrame
) -> Figure | SubFigure:
    """One panel per reference with the ROC curves of all tools.

    Parameters
    ----------
    fig : Figure
        Empty; of the size `roc_size`.
    curves : DataFrame
        `read_metrics.ROC`.
    metrics : DataFrame
        As `read_metrics.evaluate` returns it, without published numbers: names the panels and
        tools, and gives the areas of the legends and the points at the threshold.

    Returns
    -------
    Figure
        A tool has one colour in all panels. A reference without curves says why: one of its
        classes has next to no reads.
    """
    references = metrics["part"].unique(maintain_order=True).to_list()
    tools = metrics["method"].unique(maintain_order=True).to_list()
    rows = -(-len(references) // COLUMNS)
    axes = fig.subplots(rows, min(len(references), COLUMNS), squeeze=False).ravel()
    for ax in axes[len(references) :]:
        ax.set_axis_off()
    for ax, reference in zip(axes, references, strict=False):
        here = metrics.filter(pl.col("part") == reference)
        roc_panel(ax, curves.filter(pl.col("part") == reference), here, tools)
        ax.set_title(plain(reference, 40), fontsize=TITLE_PT)
    return fig


def roc_panel(ax: Axes, curves: pl.DataFrame, metrics: pl.DataFrame, tools: list[str]) -> Axes:
    """ROC curves of one reference.

    Parameters
    ----------
    ax : Axes
    curves, metrics : DataFrame
        As of `roc_curves`, of one reference.
    tools : list of str
        All tools, in the order of their colours.

    Returns
    -------
    Axes
        The legend has the areas with their intervals; a dot marks the published threshold.
    """
    if curves.is_empty():
        return say(ax, _why_empty(metrics))
    ax.plot([0, 1], [0, 1], color=GUIDE, linewidth=0.8, zorder=0)
    for i, tool in enumerate(tools):
        curve = curves.filter(pl.col("method") == tool)
        if curve.is_empty():
            continue
        found = {row["metric"]: row for row in metrics.filter(pl.col("method") == tool).to_dicts()}
        colour, line = COLOURS[i % len(COLOURS)], LINES[i // len(COLOURS) % len(LINES)]
        ax.plot(
            curve["false_positive_rate"], curve["true_positive_rate"], color=colour,
            linestyle=line, linewidth=1.4, label=_label(tool, found["roc_auc"]), zorder=2,
        )  # fmt: skip
        ax.plot(
            1 - found["specificity"]["value"], found["recall"]["value"], marker="o",
            markersize=5, color=colour, markeredgecolor="white", markeredgewidth=0.7, zorder=3,
        )  # fmt: skip
    ax.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02), aspect="equal",
           xticks=[0, 0.5, 1], yticks=[0, 0.5, 1],
           xlabel="false positive rate", ylabel="true positive rate")  # fmt: skip
    ax.legend(loc="lower right", fontsize=TICK_PT, handlelength=1.6, framealpha=0.85,
              edgecolor="none", alignment="left", borderaxespad=0.3,
              title="area under the curve", title_fontsize=TICK_PT)  # fmt: skip
    return tidy(ax)


def _label(tool: str, auc: dict[str, float | None]) -> str:
    """Tool, area and its interval."""
    interval = "" if auc["ci_low"] is None else f" ({auc['ci_low']:.3f}–{auc['ci_high']:.3f})"
    return f"{plain(tool, 24)} {auc['value']:.3f}{interval}"


def _why_empty(metrics: pl.DataFrame) -> str:
    """What to say instead of curves: the members of each class, and the recall of each tool."""
    rows = {(row["method"], row["metric"]): row for row in metrics.to_dicts()}
    tools = metrics["method"].unique(maintain_order=True).to_list()
    coding, other = (rows[tools[0], name]["n"] for name in ("recall", "accuracy"))
    lines = [
        f"{coding:,} coding and {other - coding:,} non-coding reads:",
        "no curve",
        "",
        "recall",
    ]
    for tool in tools:
        value = rows[tool, "recall"]["value"]
        lines.append(f"{plain(tool, 24)} {'undefined' if value is None else f'{value:.3f}'}")
    return "\n".join(lines)
