"""Exceedances of nulls on held-out genes against what chance spreads evenly, class by class."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from seqcast.evaluation.variants.null_calibration import exceedances, halves
from seqcast.predict.nulls.null_tables import Nulls
from seqcast.report.figures.style import (
    COLOURS,
    GUIDE,
    TICK_PT,
    TITLE_PT,
    new_figure,
    plain,
    say,
    tidy,
)

PANEL_IN = (7.2, 3.6)  # width, height; the legend is on the right
LINES = ("-", (0, (5, 2)), (0, (1, 1.2)))  # distinguished without colour too
TICKS = (0.01, 0.1, 1.0)


def plot_calibration(nulls: Nulls) -> Figure:
    """One panel per score and group: held-out exceedances, sorted, against even ones.

    Parameters
    ----------
    nulls : Nulls

    Returns
    -------
    Figure
        A line per class, on the diagonal where percentiles are right; above it they are too low,
        below it too high. Axes are logarithmic, for the small exceedances that readers look at.
    """
    scores = list(nulls.columns)
    fig = new_figure(PANEL_IN[0], PANEL_IN[1] * len(scores))
    axes = fig.subplots(len(scores), 1, squeeze=False).ravel()
    found: dict[str, list[tuple[str, np.ndarray, int]]] = {name: [] for name in scores}
    for score, name, reference, held_out in halves(nulls):
        found[score].append((name, np.sort(exceedances(held_out, reference)), len(reference)))
    for ax, score in zip(axes, scores, strict=True):
        _panel(ax, found[score]).set_title(plain(score, 40), fontsize=TITLE_PT)
    return fig


def _panel(ax: Axes, classes: list[tuple[str, np.ndarray, int]]) -> Axes:
    if not classes:
        return say(ax, "too few null variants in each class")
    ax.plot([1e-3, 1], [1e-3, 1], color=GUIDE, linewidth=0.8, zorder=0)
    for i, (name, found, _) in enumerate(classes):
        even = np.arange(1, len(found) + 1) / (len(found) + 1)
        ax.plot(even, found, color=COLOURS[i % len(COLOURS)], linewidth=1.2,
                linestyle=LINES[i // len(COLOURS) % len(LINES)],
                label=f"{plain(name, 40)} (n = {len(found)})")  # fmt: skip
    least = min(found[0] for _, found, _ in classes) / 1.5
    ax.set(xscale="log", yscale="log", xlim=(least, 1.1), ylim=(least, 1.1),
           xlabel="expected exceedance, held-out nulls", ylabel="observed exceedance")  # fmt: skip
    for axis in (ax.xaxis, ax.yaxis):
        shown = [tick for tick in TICKS if tick >= least]
        axis.set_ticks(shown, [f"{tick:g}" for tick in shown])
        axis.set_ticks([], minor=True)
    ax.legend(loc="center left", bbox_to_anchor=(1.02, 0.5), fontsize=TICK_PT, handlelength=1.8,
              edgecolor="none")  # fmt: skip
    return tidy(ax)
