"""Variants on which models differ most: what they say on each track, and of the mRNA."""

from collections.abc import Sequence

import numpy as np
import polars as pl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from seqcast.core.store import array_values
from seqcast.evaluation.variants.agreement import Measure
from seqcast.evaluation.variants.cross_model import most_different
from seqcast.evaluation.variants.joined_scores import Scored
from seqcast.report.figures.style import LABEL_PT, TICK_PT, new_figure, plain, say, warn

SHOWN = 12
ROW_IN, COLUMN_IN, NAMES_IN = 0.26, 0.27, 2.6


def plot_disagreement(
    table: pl.DataFrame, measured: Sequence[Measure], coverage: Sequence[Scored],
    score: str = "logSED", untrained: Sequence[str] = (),
) -> Figure:  # fmt: skip
    """Two heat maps: a score on each track of each coverage model, and ranks of scores of mRNAs.

    Parameters
    ----------
    table : DataFrame
        As `cross_model.with_calls` returns it.
    measured : sequence of Measure
        Of the comparison.
    coverage : sequence of Scored
        Models of coverage, with their tracks.
    score : str
        Of those.
    untrained : sequence of str
        Models with random weights, which the figure names.
    """
    rows = most_different(table, SHOWN)
    of_mrnas = [m for m in measured if m.kind == "mrna"]
    if rows.is_empty():
        figure = new_figure(4, 2)
        say(figure.subplots(), "no variant was scored by two models")
        return figure
    tracks = [_of_tracks(scored, rows, score) for scored in coverage]
    widths = [*(values.shape[1] for values in tracks), len(of_mrnas)]
    figure = new_figure(NAMES_IN + COLUMN_IN * sum(widths) + 1.6, 1.9 + ROW_IN * rows.height)
    axes = figure.subplots(1, len(widths), width_ratios=widths, squeeze=False)[0]
    for ax, values, scored in zip(axes, tracks, coverage, strict=False):
        names = scored.tracks["description"].to_list() if scored.tracks is not None else []
        most = float(np.nanmax(np.abs(values), initial=0.0)) or 1.0  # none is scored
        _heat(figure, ax, values, names, f"{score}, {scored.model}", "RdBu_r", most)
    ranks = np.stack([_ranks(m.size(table))[rows["place"].to_numpy()] for m in of_mrnas], axis=1)
    names = [f"{m.score}, {m.model}" for m in of_mrnas]
    _heat(figure, axes[-1], ranks, names, "fraction below", "cividis")
    axes[0].set_yticks(range(rows.height), [_name(row) for row in rows.to_dicts()])
    if untrained:
        warn(figure, f"UNTRAINED random weights: {', '.join(untrained)}")
    return figure


def _of_tracks(scored: Scored, rows: pl.DataFrame, score: str) -> np.ndarray:
    """Score of each row on each track, NaN without one."""
    table = scored.table.unique(["row", "gene_id"], keep="first")
    found = rows.join(table.select("row", "gene_id", score), on=["row", "gene_id"], how="left",
                      maintain_order="left")  # fmt: skip
    values, known = array_values(found[score])
    return np.where(known[:, None], values, np.nan)


def _ranks(sizes: np.ndarray) -> np.ndarray:
    """Fraction of the rows that have a smaller size; NaN without a size."""
    known = np.sort(sizes[~np.isnan(sizes)])
    shares = np.searchsorted(known, sizes) / max(len(known), 1)
    return np.where(np.isnan(sizes), np.nan, shares)


def _name(row: dict) -> str:
    gene = row["gene_name"] or row["gene_id"] or "no gene"
    return plain(f"{row['chrom']}:{row['pos']:,} {row['ref']}>{row['alt']}, {gene}", 44)


def _heat(
    figure: Figure, ax: Axes, values: np.ndarray, names: Sequence[str], label: str, colours: str,
    most: float | None = None,
) -> None:  # fmt: skip
    """Values by colour; grey without one. Of signed ones `most` is the end of the scale."""
    low, high = (0.0, 1.0) if most is None else (-most, most)
    shown = np.ma.masked_invalid(values)
    ax.set_facecolor("#d8d8d8")
    image = ax.imshow(shown, aspect="auto", cmap=colours, vmin=low, vmax=high)
    ax.set_xticks(range(len(names)), [plain(name, 30) for name in names], rotation=90)
    ax.set_yticks([])
    ax.tick_params(labelsize=TICK_PT, length=0)
    bar = figure.colorbar(image, ax=ax, location="top", shrink=0.9, aspect=25)
    bar.set_label(plain(label, 50), fontsize=LABEL_PT)
    bar.ax.tick_params(labelsize=TICK_PT)
