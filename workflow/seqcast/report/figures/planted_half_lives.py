"""Panels of changes of half-lives: predictions, the truth, and how far any model could come."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import polars as pl
from matplotlib.axes import Axes

from seqcast.evaluation.planted.measures import (
    ALL,
    BARS,
    CALIBRATION,
    CAUSAL,
    CEILING,
    HALF_LIFE_R,
    WITHIN,
    calibration_lines,
)
from seqcast.evaluation.planted.planted_half_lives import DESTABILISING, PREDICTED, TRUE
from seqcast.report.figures.style import COLOURS, GUIDE, REF_LINE, TICK_PT, say, tidy

Values = Mapping[tuple[str, str], Mapping[str, Any]]
POINT_SIZE, ALPHA = 13, 0.75
MARKS = {"": ("o", COLOURS[0], "predicted"), f"{CEILING}, ": ("D", REF_LINE, "expected coverage")}
APART = 0.12  # of a prediction and its ceiling


def draw_changes(ax: Axes, used: pl.DataFrame, values: Values, colours: Mapping[str, str]) -> Axes:
    """True over predicted changes of causal variants, with the line of all of them."""
    causal = used.filter(pl.col("element").is_in(DESTABILISING), kind=CAUSAL).drop_nulls(
        [TRUE, PREDICTED]
    )
    if causal.is_empty():
        return say(ax, "no causal variant has a change of half-life")
    true, predicted = (causal[name].to_numpy() for name in (TRUE, PREDICTED))
    ends = np.array([min(true.min(), predicted.min(), 0), max(true.max(), predicted.max(), 0)])
    ax.plot(ends, ends, color=GUIDE, linewidth=0.8, zorder=0)
    for element in DESTABILISING:
        own = causal.filter(element=element)
        ax.scatter(own[PREDICTED], own[TRUE], s=POINT_SIZE, color=colours[element], alpha=ALPHA,
                   linewidths=0, label=element)  # fmt: skip
    if len(causal) > 1 and np.ptp(predicted) > 0:
        (slope,), (at_0,) = calibration_lines(true, predicted, np.ones((1, len(true))))
        reach = np.array([predicted.min(), predicted.max()])
        ax.plot(reach, at_0 + slope * reach, color=REF_LINE, linewidth=1.2)
    slope_row = values.get((CALIBRATION, "half-lives"))
    title = "" if not slope_row or slope_row["value"] is None else f"slope {slope_row['value']:.2f}"
    ax.legend(fontsize=TICK_PT, frameon=False, loc="upper left", handletextpad=0.1, title=title,
              title_fontsize=TICK_PT, alignment="left")  # fmt: skip
    ax.set(xlabel="predicted change of half-life, log2", ylabel="true change, log2")
    return tidy(ax)


def draw_correlations(ax: Axes, values: Values) -> Axes:
    """Correlations by group with intervals, next to those of the expected coverage."""
    groups = [WITHIN, ALL, *(f"element {name}" for name in DESTABILISING)]
    bar = BARS[HALF_LIFE_R, WITHIN]
    ax.plot([-0.35, 0.35], [bar.low] * 2, color=REF_LINE, linewidth=1.2)
    for side, (prefix, (marker, colour, label)) in zip((-1, 1), MARKS.items(), strict=True):
        rows = [values.get((HALF_LIFE_R, prefix + group)) for group in groups]
        for place, row in enumerate(rows):
            if row is None or row["value"] is None:
                continue
            at = place + side * APART
            if row["ci_low"] is not None:
                ax.plot([at] * 2, [row["ci_low"], row["ci_high"]], color=colour, linewidth=1.5)
            ax.plot(at, row["value"], marker=marker, markersize=6, color=colour, linestyle="none",
                    label="_" if place else label)  # fmt: skip
    ns = [values.get((HALF_LIFE_R, group), {"n": 0})["n"] for group in groups]
    names = [group.removeprefix("element ") for group in groups]
    ax.set_xticks(range(len(groups)), [f"{a}\nn = {n}" for a, n in zip(names, ns, strict=True)])
    ax.set(ylabel="r of changes of half-lives", xlim=(-0.5, len(groups) - 0.5), ylim=(None, 1.03))
    ax.legend(fontsize=TICK_PT, frameon=False, loc="lower center", ncols=len(MARKS),
              bbox_to_anchor=(0.5, 1), borderaxespad=0.1)  # fmt: skip
    return tidy(ax)
