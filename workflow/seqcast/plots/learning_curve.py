"""The course of a training: losses, validation values and learning rate by step."""

from typing import Any

import numpy as np
import polars as pl
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from seqcast.plots.style import COLOURS, GUIDE, REF_LINE, TICK_PT, tidy

VALIDATION = "validation_"
NAMES = {"auc": "AUC", "loss": "loss", "accuracy": "accuracy"}


def learning_curve(fig: Figure | SubFigure, history: pl.DataFrame) -> Figure | SubFigure:
    """Draw a training's history as panels, one above the other.

    Parameters
    ----------
    fig : Figure
        5.6 x 5 inches suit it.
    history : DataFrame
        Of `training.loop.train`: step, train_loss, validation_loss and other validation values,
        learning_rate, best.

    Returns
    -------
    Figure
        Losses; other validation values, where there are any; learning rate. A grey line marks the
        evaluation whose weights are kept.
    """
    others = [
        column for column in history.columns
        if column.startswith(VALIDATION) and column != f"{VALIDATION}loss"
    ]  # fmt: skip
    heights = [3, 3, 1.2] if others else [3, 1.2]
    axes = fig.subplots(len(heights), 1, sharex=True, height_ratios=heights)
    best = history.filter("best")["step"][-1]
    for ax in axes:
        ax.axvline(best, color=GUIDE, linewidth=0.8, zorder=0, label=f"kept: step {best:,}")
    _draw_losses(axes[0], history)
    if others:
        _draw_values(axes[1], history, others)
    _draw_rate(axes[-1], history)
    for ax in axes:
        tidy(ax)
    axes[-1].set_xlabel("step of the optimiser")
    axes[-1].xaxis.set_major_locator(MaxNLocator(6, integer=True))
    axes[-1].xaxis.set_major_formatter(FuncFormatter(lambda step, _: f"{step:,.0f}"))
    fig.align_ylabels(list(axes))
    return fig


def _draw_losses(ax: Axes, history: pl.DataFrame) -> None:
    """Training loss over the steps between evaluations, validation loss at each."""
    steps = history["step"].to_numpy()
    train = history["train_loss"].cast(pl.Float64).to_numpy()
    # a mean over the steps before an evaluation belongs to the middle of them
    middle = np.concatenate([steps[:1], (steps[1:] + steps[:-1]) / 2])
    drawn = np.isfinite(train)
    ax.plot(middle[drawn], train[drawn], color=COLOURS[0], linewidth=1.4, label="training")
    ax.plot(steps, history[f"{VALIDATION}loss"].to_numpy(), color=COLOURS[1], linewidth=1.4,
            label="validation", **_marks(steps))  # fmt: skip
    ax.set_ylabel("loss")
    handles, labels = ax.get_legend_handles_labels()
    _legend(ax, handles[1:] + handles[:1], labels[1:] + labels[:1])  # what is kept comes last


def _draw_values(ax: Axes, history: pl.DataFrame, columns: list[str]) -> None:
    steps = history["step"].to_numpy()
    for i, column in enumerate(columns):
        name = column.removeprefix(VALIDATION)
        ax.plot(steps, history[column].to_numpy(), color=COLOURS[(i + 2) % len(COLOURS)],
                linewidth=1.4, label=NAMES.get(name, name), **_marks(steps))  # fmt: skip
    ax.set_ylabel("validation")
    handles, labels = ax.get_legend_handles_labels()
    _legend(ax, handles[1:], labels[1:])


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
              bbox_to_anchor=(0, 1), borderaxespad=0.1)  # fmt: skip


def _marks(steps: np.ndarray) -> dict[str, Any]:
    """Points on a line of few evaluations."""
    return {"marker": "o", "markersize": 3} if len(steps) <= 40 else {}
