"""The course of a training: losses, validation values and learning rate by step."""

from typing import Any

import numpy as np
import polars as pl
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from seqcast.report.figures.style import COLOURS, GUIDE, REF_LINE, TICK_PT, tidy

VALIDATION = "validation_"
NAMES = {"auc": "AUC", "accuracy": "accuracy"}  # shares, which can be drawn together
ALONE = {  # quantities that no other one shares an axis with
    "loss": "loss", "pearsonr": "Pearson's r", "r2": r"$R^2$", "spearman": "Spearman's r",
    "perplexity": "perplexity",
}  # fmt: skip
LOWEST_R2 = -1.0  # below it lies what says nothing: a mean of the targets has 0
WIDTH_IN, VALUES_IN, RATE_IN = 5.6, 1.7, 1.2


def size_in(history: pl.DataFrame) -> tuple[float, float]:
    """Width and height that suit `learning_curve`, in inches."""
    return WIDTH_IN, VALUES_IN * len(_panels(history)) + RATE_IN + 0.4


def learning_curve(fig: Figure | SubFigure, history: pl.DataFrame) -> Figure | SubFigure:
    """Draw a training's history as panels, one above the other.

    Parameters
    ----------
    fig : Figure
        Of `size_in`.
    history : DataFrame
        Of `training.loop.train_heads`: step, train_loss, validation_loss and other validation
        values, those of heads too, learning_rate, best.

    Returns
    -------
    Figure
        Losses; other validation values, if there are any, a panel for each quantity; learning
        rate. A grey line marks the evaluation whose weights are kept. R2 below -1 is not shown.
    """
    panels = _panels(history)
    heights = [VALUES_IN] * len(panels) + [RATE_IN]
    axes = fig.subplots(len(heights), 1, sharex=True, height_ratios=heights)
    best = history.filter("best")["step"][-1]
    for ax in axes:
        ax.axvline(best, color=GUIDE, linewidth=0.8, zorder=0, label=f"kept: step {best:,}")
    for ax, (label, curves) in zip(axes, panels.items(), strict=False):
        ax.set_ylabel(label)
        if label == ALONE["loss"]:
            _draw_training_loss(ax, history)
        _draw_values(ax, history, curves)
    _draw_rate(axes[-1], history)
    for ax in axes:
        tidy(ax)
    axes[-1].set_xlabel("step of the optimiser")
    axes[-1].xaxis.set_major_locator(MaxNLocator(6, integer=True))
    axes[-1].xaxis.set_major_formatter(FuncFormatter(lambda step, _: f"{step:,.0f}"))
    fig.align_ylabels(list(axes))
    return fig


def _panels(history: pl.DataFrame) -> dict[str, dict[str, str]]:
    """Label of each panel to its curves, losses first: name to column.

    Curves of heads have the heads' names; next to them, "validation" is the mean over heads.
    """
    panels: dict[str, dict[str, str]] = {ALONE["loss"]: {}}
    for column in history.columns:
        if not column.startswith(VALIDATION):
            continue
        quantity, _, head = column.removeprefix(VALIDATION).partition("_")
        label = ALONE.get(quantity, "validation")
        name = "validation" if quantity in ALONE else NAMES.get(quantity, quantity)
        panels.setdefault(label, {})[head or name] = column
    return panels


def _draw_training_loss(ax: Axes, history: pl.DataFrame) -> None:
    """The mean over the steps between evaluations."""
    steps = history["step"].to_numpy()
    train = history["train_loss"].cast(pl.Float64).to_numpy()
    # a mean over the steps before an evaluation belongs to the middle of them
    middle = np.concatenate([steps[:1], (steps[1:] + steps[:-1]) / 2])
    drawn = np.isfinite(train)
    ax.plot(middle[drawn], train[drawn], color=COLOURS[0], linewidth=1.4, label="training")


def _draw_values(ax: Axes, history: pl.DataFrame, curves: dict[str, str]) -> None:
    """Validation values at each evaluation, by their names, and the panel's legend."""
    steps = history["step"].to_numpy()
    for i, (name, column) in enumerate(curves.items()):
        ax.plot(steps, history[column].to_numpy(), color=COLOURS[(i + 1) % len(COLOURS)],
                linewidth=1.4, label=name, **_marks(steps))  # fmt: skip
    if ax.get_ylabel() == ALONE["r2"]:
        lowest, highest = ax.get_ylim()
        ax.set_ylim(*((lowest, highest) if lowest > LOWEST_R2 else (LOWEST_R2, 1)))
    handles, labels = ax.get_legend_handles_labels()
    kept = ax.get_ylabel() == ALONE["loss"]  # told once, at the end
    _legend(ax, handles[1:] + handles[:kept], labels[1:] + labels[:kept])


def _draw_rate(ax: Axes, history: pl.DataFrame) -> None:
    ax.plot(history["step"].to_numpy(), history["learning_rate"].to_numpy(), color=REF_LINE,
            linewidth=1.4)  # fmt: skip
    ax.set_ylim(bottom=0)
    ax.set_ylabel("learning rate")
    ax.ticklabel_format(axis="y", style="sci", scilimits=(-2, 3), useMathText=True)
    ax.yaxis.get_offset_text().set_fontsize(TICK_PT)
    ax.locator_params(axis="y", nbins=3)


def _legend(ax: Axes, handles: list, labels: list[str]) -> None:
    """Above the axes, in one row: no curve can hide it."""
    ax.legend(handles, labels, frameon=False, fontsize=TICK_PT, loc="lower left", ncols=len(labels),
              bbox_to_anchor=(0, 1), borderaxespad=0.1, columnspacing=1.2)  # fmt: skip


def _marks(steps: np.ndarray) -> dict[str, Any]:
    """Points on a line of few evaluations."""
    return {"marker": "o", "markersize": 3} if len(steps) <= 40 else {}
