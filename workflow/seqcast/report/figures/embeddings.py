"""Features of a set of sequences in two dimensions, and what is known without a model."""

import numpy as np
import polars as pl
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, NullLocator

from seqcast.core.provenance import ORIGINS
from seqcast.core.store import array_values
from seqcast.report.figures.style import (
    COLOURS,
    LABEL_PT,
    REF_FILL,
    TICK_PT,
    TITLE_PT,
    new_figure,
    plain,
    say,
    tidy,
)

MOST_POINTS = 5000
LEAST_SEQUENCES = 3
BINS = 40
TICK_SHARE = 0.2  # of an axis of lengths, at least between two ticks: a label of six digits


def plot_embeddings(table: pl.DataFrame, model: str, dataset: str, origin: str) -> Figure:
    """Two principal components of the pooled features, by length and by CDS; and all lengths.

    Components are those of all embedded sequences, centred, not scaled; of more than `MOST_POINTS`
    a random part is drawn.

    Parameters
    ----------
    table : DataFrame
        Embeddings (`embedding_outcomes.columns`).
    model, dataset : str
        For the title.
    origin : str
        Of the weights, a key of `provenance.ORIGINS`.
    """
    pooling = "mean" if table["embedding_mean"].count() else "last"
    embedded = table.filter(pl.col(f"embedding_{pooling}").is_not_null())
    coding = embedded["embedding_mean_cds"].is_not_null().to_numpy()
    panels = 3 if 0 < coding.sum() < len(coding) else 2
    figure = new_figure(3.3 * panels, 3.2)
    warning = f" ({ORIGINS[origin]})" if origin == "random" else ""
    figure.suptitle(
        f"{plain(dataset)}, {plain(model)}{warning}: {len(embedded):,} of {len(table):,} sequences "
        "embedded",
        fontsize=TITLE_PT,
    )
    *scatters, lengths = figure.subplots(1, panels)
    _plot_lengths(lengths, table)
    values, _ = array_values(embedded[f"embedding_{pooling}"])
    if len(values) < LEAST_SEQUENCES or not values.var(0).any():
        for ax in scatters:
            say(ax, "Too few different sequences.")
        return figure
    points, shares = principal_components(values)
    shown = np.random.default_rng(0).permutation(len(points))[:MOST_POINTS]
    for ax in scatters:
        for set_label, axis, share in zip(
            (ax.set_xlabel, ax.set_ylabel), "12", shares, strict=True
        ):
            set_label(f"PC{axis} of {pooling} ({share:.0%} of variance)")
        ax.locator_params(nbins=5)
        tidy(ax)
    _plot_by_length(figure, scatters[0], points[shown], embedded["length_nt"].to_numpy()[shown])
    if panels == 3:
        _plot_by_cds(scatters[1], points[shown], coding[shown])
    return figure


def principal_components(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Two principal components of centred features, by numpy: scikit-learn loads for a second.

    Parameters
    ----------
    values : ndarray, shape=(rows, width)

    Returns
    -------
    points : ndarray, shape=(rows, 2)
        The largest weight of each component is positive, as in scikit-learn.
    shares : ndarray, shape=(2,)
        Of the variance.
    """
    centred = values.astype(np.float64) - values.mean(0, dtype=np.float64)
    variances, components = np.linalg.eigh(centred.T @ centred)  # ascending
    first = components[:, :-3:-1]
    first = first * np.sign(first[np.abs(first).argmax(0), [0, 1]])
    return centred @ first, variances[:-3:-1] / variances.sum()


def _plot_by_length(figure: Figure, ax: Axes, points: np.ndarray, length_nt: np.ndarray) -> None:
    low, high = length_nt.min(), max(length_nt.max(), length_nt.min() + 1)
    drawn = ax.scatter(
        points[:, 0], points[:, 1], c=length_nt, s=7, linewidth=0, cmap="viridis", rasterized=True,
        norm=LogNorm(low, high),
    )  # fmt: skip
    bar = figure.colorbar(drawn, ax=ax, shrink=0.8)
    ticks = length_ticks(low, high)
    bar.set_ticks(ticks, labels=[f"{tick:,}" for tick in ticks])
    bar.minorticks_off()
    bar.set_label("length (nt)", fontsize=LABEL_PT)
    bar.ax.tick_params(labelsize=TICK_PT)


def _plot_by_cds(ax: Axes, points: np.ndarray, coding: np.ndarray) -> None:
    # in the order in which they were drawn at random, so that neither hides the other
    colours = np.array(COLOURS)[coding.astype(int)]
    ax.scatter(points[:, 0], points[:, 1], c=colours, s=7, linewidth=0, rasterized=True)
    for colour, called, n in [
        (COLOURS[1], "with CDS", coding.sum()), (COLOURS[0], "no CDS", (~coding).sum())
    ]:  # fmt: skip
        ax.scatter([], [], s=14, color=colour, label=f"{called} ({n:,} shown)")
    _legend_above(ax)


def _plot_lengths(ax: Axes, table: pl.DataFrame) -> None:
    """Histogram of all lengths, those that are not embedded apart."""
    embedded = pl.col("status") == "embedded"
    known = table.filter(pl.col("length_nt") > 0)
    if known.is_empty():
        say(ax, "No sequence has a length.")
        return
    lengths = known["length_nt"].to_numpy()
    edges = np.geomspace(lengths.min(), lengths.max() + 1, BINS + 1)
    parts = {"embedded": known.filter(embedded), "not embedded": known.filter(~embedded)}
    parts = {name: part for name, part in parts.items() if len(part)}
    colours = {"embedded": COLOURS[2], "not embedded": REF_FILL}
    ax.hist(
        [part["length_nt"].to_numpy() for part in parts.values()], bins=edges.tolist(),
        stacked=True, color=[colours[name] for name in parts],
        label=[f"{name} ({len(part):,})" for name, part in parts.items()],
    )  # fmt: skip
    ax.set_xscale("log")
    ticks = length_ticks(*ax.get_xlim())
    ax.set_xticks(ticks, [f"{tick:,}" for tick in ticks])
    ax.xaxis.set_minor_locator(NullLocator())
    ax.set_xlabel("length (nt)")
    ax.set_ylabel("sequences")
    _legend_above(ax)
    tidy(ax)


def length_ticks(low: float, high: float) -> list[int]:
    """Few round lengths between two, so far apart on a logarithmic axis that labels have room.

    Parameters
    ----------
    low, high : float
        The ends of the axis, 0 < low < high.
    """
    decades = 10.0 ** np.arange(np.floor(np.log10(low)), np.ceil(np.log10(high)) + 1)
    steps = [1, 2, 2.5, 5, 10]
    locators = [MaxNLocator(n, integer=True, steps=steps) for n in (4, 3, 2)]
    even = [np.asarray(locator.tick_values(low, high)) for locator in locators]
    parts = (1, 1.5, 2, 3, 5, 7), (1, 2, 5), (1, 3), (1,)
    uneven = [np.outer(decades, part).ravel() for part in parts]
    best = np.array([np.ceil(low)])
    for ticks in (*even, *uneven, decades[::2]):
        inside = ticks[(ticks >= low) & (ticks <= high) & (ticks % 1 == 0)]
        gaps = np.diff(np.log(inside)) / np.log(high / low)
        if len(gaps) and gaps.min() >= TICK_SHARE and len(inside) > len(best):
            best = inside
    return best.astype(int).tolist()


def _legend_above(ax: Axes) -> None:
    """A legend that covers no data."""
    ax.legend(
        frameon=False, fontsize=TICK_PT, ncols=1, loc="lower left", bbox_to_anchor=(0, 1),
        borderaxespad=0.2, handletextpad=0.3,
    )  # fmt: skip
