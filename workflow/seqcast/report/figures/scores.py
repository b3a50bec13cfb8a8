"""How large the scores of a set are, and how well the folds of a model agree on them."""

from collections.abc import Mapping

import numpy as np
import polars as pl
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure

from seqcast.evaluation.metrics.correlations import pearson, spearman, varying
from seqcast.predict.variants.ranking import VARIANT, reduce_score, strongest_genes
from seqcast.report.figures.style import COLOURS, GUIDE, TICK_PT, plain, say, tidy

BINS = 41  # odd: one bin is centred on zero


def score_distribution(
    ax: Axes,
    ensembles: Mapping[str, pl.DataFrame],
    score: str = "logSED",
    selected: np.ndarray | None = None,
    signed: bool = False,
) -> Axes:
    """Distribution over variants of the mean score over tracks, one line a set.

    A variant stands with the gene it changes most (`ranking.strongest_genes`).

    Parameters
    ----------
    ax : Axes
    ensembles : mapping
        Label of the set to its score table.
    score : str
    selected : ndarray of int, optional
        Tracks to average over. Default: all.
    signed : bool
        False: cumulative fraction of variants by mean |score|, on a log axis; zeros make the line
        start above 0. True: histogram of the mean score, ALT minus REF, counts on a log axis.

    Returns
    -------
    Axes
        The legend gives the number of variants scored and not scored.
    """
    best = {name: strongest_genes(table, score, selected) for name, table in ensembles.items()}
    column = "mean" if signed else "mean_abs"
    values = {name: table[column].to_numpy() for name, table in best.items()}
    if not any(len(x) for x in values.values()):
        return say(ax, "no variant was scored")
    draw = _draw_histograms if signed else _draw_cumulative
    draw(
        ax,
        values,
        [f"{plain(name)}: {_counts(ensembles[name], len(x))}" for name, x in values.items()],
    )
    ax.set_xlabel(f"mean {score} (ALT − REF)" if signed else f"mean |{score}|")
    ax.legend(
        fontsize=TICK_PT, frameon=False, loc="lower left", bbox_to_anchor=(0, 1), borderaxespad=0.2
    )
    return tidy(ax)


def score_distributions(
    fig: Figure | SubFigure,
    ensembles: Mapping[str, pl.DataFrame],
    score: str = "logSED",
    selected: np.ndarray | None = None,
) -> Figure | SubFigure:
    """Both forms of `score_distribution` side by side; returns `fig` (8 x 3.6 inches suit it)."""
    left, right = fig.subplots(1, 2)
    score_distribution(left, ensembles, score, selected)
    score_distribution(right, ensembles, score, selected, signed=True)
    if legend := right.get_legend():
        legend.remove()
    return fig


def fold_agreement(
    ax: Axes,
    fold_a: pl.DataFrame,
    fold_b: pl.DataFrame,
    score: str = "logSED",
    selected: np.ndarray | None = None,
    labels: tuple[str, str] = ("fold 0", "fold 1"),
) -> Axes:
    """Mean score over tracks in one fold against another, a point per variant and gene.

    Parameters
    ----------
    ax : Axes
    fold_a, fold_b : DataFrame
        Score tables of the same rows.
    score : str
    selected : ndarray of int, optional
        Tracks to average over. Default: all.
    labels : tuple of str
        Names of the folds.

    Returns
    -------
    Axes
        With the line of identity, and both correlations where they are defined.

    Raises
    ------
    ValueError
        If the tables have other rows or score other rows.
    """
    key = [*VARIANT, "gene_id", "status"]
    if not fold_a.select(key).equals(fold_b.select(key)):
        raise ValueError("the two folds have other variants, genes or statuses in their rows")
    x, y = (_row_means(fold, score, selected) for fold in (fold_a, fold_b))
    if not len(x):
        return say(ax, "no variant was scored")
    low, high = min(x.min(), y.min()), max(x.max(), y.max())
    pad = 0.05 * (high - low) or 1.0
    limits = (low - pad, high + pad)
    ax.plot(limits, limits, color=GUIDE, linewidth=0.8, zorder=1)
    size = float(np.clip(20_000 / len(x), 3, 16))
    ax.scatter(x, y, s=size, color=COLOURS[0], alpha=0.5, linewidths=0, rasterized=True, zorder=2)
    ax.set(xlim=limits, ylim=limits, aspect="equal")
    ax.set_xlabel(f"mean {score}, {labels[0]}")
    ax.set_ylabel(f"mean {score}, {labels[1]}")
    ax.text(0.03, 0.97, correlation_text(x, y), transform=ax.transAxes, va="top", fontsize=TICK_PT,
            bbox={"facecolor": "white", "alpha": 0.8, "edgecolor": "none", "pad": 1})  # fmt: skip
    ax.locator_params(nbins=4)
    return tidy(ax)


def fold_agreements(
    fig: Figure | SubFigure,
    folds: Mapping[str, pl.DataFrame],
    score: str = "logSED",
    selected: np.ndarray | None = None,
) -> Figure | SubFigure:
    """`fold_agreement` of each fold with the first one, side by side.

    Parameters
    ----------
    fig : Figure
        3.6 inches a panel suit it.
    folds : mapping
        Name of the fold to its score table, two folds or more.

    Returns
    -------
    Figure
    """
    first, *others = folds
    axes = fig.subplots(1, len(others), squeeze=False)[0]
    for ax, other in zip(axes, others, strict=True):
        fold_agreement(
            ax, folds[first], folds[other], score, selected, (f"fold {first}", f"fold {other}")
        )
    return fig


def correlation_text(x: np.ndarray, y: np.ndarray) -> str:
    """Pearson's r, Spearman's rho (ties share ranks) and n, or that they are not defined."""
    n = f"n = {len(x):,}"
    if not (varying(x) and varying(y)):
        return f"correlation undefined\n(one fold is constant)\n{n}"
    return f"Pearson r = {pearson(x, y):.3f}\nSpearman ρ = {spearman(x, y):.3f}\n{n}"


def _row_means(fold: pl.DataFrame, score: str, selected: np.ndarray | None) -> np.ndarray:
    """Mean over tracks of each scored row."""
    return reduce_score(fold, score, selected)["mean"].drop_nulls().to_numpy()


def _counts(ensemble: pl.DataFrame, scored: int) -> str:
    """Numbers of distinct variants for the legend."""
    missing = ensemble.select(VARIANT).n_unique() - scored
    return f"n = {scored:,}, {missing:,} not scored"


def _draw_cumulative(ax: Axes, values: Mapping[str, np.ndarray], labels: list[str]) -> None:
    for x, label, colour in zip(values.values(), labels, _colours(values), strict=True):
        if len(x):
            ax.ecdf(x, label=label, color=colour, linewidth=1.4)
        else:
            ax.plot([], [], label=label, color=colour)
    if any((x > 0).any() for x in values.values()):
        ax.set_xscale("log")
    ax.set_ylim(0, 1.02)
    ax.set_ylabel("cumulative fraction of variants")


def _draw_histograms(ax: Axes, values: Mapping[str, np.ndarray], labels: list[str]) -> None:
    widest = max(np.abs(x).max() for x in values.values() if len(x)) or 1.0
    edges = np.linspace(-widest, widest, BINS + 1)
    for x, label, colour in zip(values.values(), labels, _colours(values), strict=True):
        ax.stairs(
            np.histogram(x, edges)[0], edges, label=label, color=colour, linewidth=1.4, baseline=0.5
        )
    ax.axvline(0, color=GUIDE, linewidth=0.8, zorder=0)
    ax.set_yscale("log")
    ax.set_ylim(bottom=0.7)
    ax.locator_params(axis="x", nbins=6)
    ax.set_ylabel("number of variants")


def _colours(values: Mapping[str, np.ndarray]) -> list[str]:
    return [COLOURS[i % len(COLOURS)] for i in range(len(values))]
