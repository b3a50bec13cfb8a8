"""Distribution of the probabilities of a set of reads."""

import numpy as np
import polars as pl
from matplotlib.figure import Figure

from seqcast.report.figures.style import (
    COLOURS,
    GUIDE,
    LABEL_PT,
    TICK_PT,
    head,
    new_figure,
    say,
    tidy,
)

BINS = 50


def plot_probabilities(table: pl.DataFrame, model: str, dataset: str, threshold: float) -> Figure:
    """Histogram of ``p_coding``, in the colours of the two labels.

    Parameters
    ----------
    table : DataFrame
        Classified reads (`reads.outcomes.COLUMNS`).
    model, dataset : str
        For the title, the model with its folds.
    threshold : float
        Where coding begins.
    """
    figure = new_figure(5.2, 2.9)
    ax = figure.subplots()
    scored = table.filter(pl.col("status") == "scored")
    head(figure, dataset, model, f"{len(scored):,} of {len(table):,} reads scored")
    if not len(scored):
        say(ax, "No read could be scored.")
        return figure
    # no bar holds both labels
    edges = np.unique([*np.linspace(0, 1, BINS + 1), threshold])
    for label, colour in [("non_coding", COLOURS[0]), ("coding", COLOURS[1])]:
        values = scored.filter(pl.col("label") == label)["p_coding"].to_numpy()
        called = f"{label.replace('_', '-')} ({len(values) / len(scored):.1%})"
        ax.hist(values, bins=edges.tolist(), color=colour, label=called)
    ax.axvline(threshold, color=GUIDE, linewidth=1, linestyle="--")
    ax.set_xlim(0, 1)
    ax.set_xlabel("probability of coding", fontsize=LABEL_PT)
    ax.set_ylabel("reads", fontsize=LABEL_PT)
    ax.legend(frameon=False, fontsize=TICK_PT)
    tidy(ax)
    return figure
