"""A mutagenesis map: coverage and exons of the gene, a logo, and the effect of each allele."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from seqcast.core.store import write_tsv
from seqcast.genome.annotation import Gene
from seqcast.genome.variants import COMPLEMENT
from seqcast.predict.maps.effect_maps import BASES
from seqcast.report.figures.logo import draw_logo
from seqcast.report.figures.map_views import MapView
from seqcast.report.figures.style import (
    COLOURS,
    GENE,
    GUIDE,
    LABEL_PT,
    REF_FILL,
    REF_LINE,
    TICK_PT,
    TITLE_PT,
    new_figure,
    plain,
    save,
    say,
    tidy,
)

WIDTH_IN = 9.6
LOGO_BASES, ZOOM_BASES = 200, 100  # glyphs that can be read, and those of a longer region shown
ELEMENT_BASES = 9  # over which the strongest element is sought
LOWERS, RAISES = "#5e3c99", "#b35806"  # what replacing a base does, as in the colour map
REGION = COLOURS[4]
HEIGHTS_IN = {"coverage": 0.8, "gene": 0.65, "bars": 1.2, "logo": 1.5, "gradients": 0.7,
             "alleles": 1.15}  # fmt: skip
UNSCORED_IN = 1.3
GRADIENT = "gradient_x_input"


class _Drawn(NamedTuple):
    """A map in the direction of the gene."""

    sequence: str
    importance: np.ndarray
    spread: np.ndarray
    effects: np.ndarray
    attribution: np.ndarray | None


def plot_map(view: MapView) -> Figure:
    """Draw a map in the direction of its gene.

    From the top: predicted coverage of the reference along the gene, with the region shaded; the
    gene's exons, coding parts higher; the importance of each base with its standard deviation over
    folds, as a logo or, above `LOGO_BASES`, as bars with a logo of the strongest element below;
    gradient x input, where `view` has it; the effect of each allele as a colour.

    Parameters
    ----------
    view : MapView

    Returns
    -------
    Figure
    """
    drawn = _oriented(view)
    if not np.isfinite(drawn.importance).any():
        fig = new_figure(WIDTH_IN, UNSCORED_IN)
        fig.suptitle(_title(view), x=0.01, ha="left", fontsize=TITLE_PT)
        say(fig.subplots(), f"no base was scored ({view.bases['status'].mode().sort()[0]})")
        return fig
    fig = new_figure(WIDTH_IN, sum(HEIGHTS_IN[name] for name in _rows(view, drawn)) + 0.9)
    fig.suptitle(_title(view), x=0.01, ha="left", fontsize=TITLE_PT)
    draw_map(fig, view)
    return fig


def draw_map(fig: Figure | SubFigure, view: MapView) -> None:
    """Draw the rows of `plot_map` into a figure, without a title."""
    drawn = _oriented(view)
    names = _rows(view, drawn)
    is_long, place = len(drawn.sequence) > LOGO_BASES, names.index("alleles")
    top = sum(name in names for name in ("coverage", "gene"))
    heights = [HEIGHTS_IN[name] for name in names]
    axes = list(fig.subplots(len(names), 1, height_ratios=heights, squeeze=False)[:, 0])
    _draw_context(view, axes[:top])
    if is_long:
        zoomed = strongest_stretch(drawn.importance, ZOOM_BASES)
        _draw_bars(axes[top], drawn, zoomed)
        _draw_zoom(axes[place + 1], view, drawn, zoomed)
    else:
        _draw_importance(axes[top], drawn, slice(0, len(drawn.sequence)))
    if drawn.attribution is not None:
        _draw_attribution(axes[top + 1], drawn.attribution)
    _draw_alleles(axes[place], view, drawn)
    _draw_marks(axes[top], view)
    for ax in axes[top : place + 1]:
        ax.set_xlim(0, len(drawn.sequence))
        _format_positions(ax, view)
    for ax in axes[top:place]:
        ax.tick_params(labelbottom=False)
        ax.set_xlabel("")


def _rows(view: MapView, drawn: _Drawn) -> list[str]:
    """What is drawn, from the top."""
    is_long = len(drawn.sequence) > LOGO_BASES
    return [
        *["coverage"] * (view.coverage is not None), *["gene"] * (view.gene is not None),
        "bars" if is_long else "logo", *["gradients"] * (drawn.attribution is not None), "alleles",
        *["logo"] * is_long,
    ]  # fmt: skip


def write_figures(views: Sequence[MapView], folder: Path) -> None:
    """Write the figure of each map into a folder, with the bases that it shows.

    ``<rank>.png``, ``<rank>.svg`` and ``<rank>.tsv``, ranks counted from 1 in the order of `views`.
    """
    for rank, view in enumerate(views, start=1):
        drawn = plot_map(view)
        for suffix in ("png", "svg"):
            save(drawn, folder / f"{rank}.{suffix}")
        write_tsv(view.bases, folder / f"{rank}.tsv")


def strongest_stretch(importance: np.ndarray, width: int) -> slice:
    """Bases around the strongest element: where a short running mean of magnitudes is greatest."""
    sizes = np.nan_to_num(np.abs(importance))
    centre = int(np.convolve(sizes, np.ones(ELEMENT_BASES), mode="same").argmax())
    first = min(max(centre - width // 2, 0), max(len(sizes) - width, 0))
    return slice(first, min(first + width, len(sizes)))


def _oriented(view: MapView) -> _Drawn:
    """Bases and numbers in the gene's direction, on its strand; deletions come last, if any."""
    table = view.bases
    effects = table.select(*BASES).cast(pl.Float64).fill_null(np.nan).to_numpy()
    sequence = "".join(table["ref"])
    if GRADIENT not in table.columns:
        table = table.with_columns(pl.lit(None).alias(GRADIENT))
    numbers = [table[n].cast(pl.Float64).fill_null(np.nan).to_numpy()
               for n in ("importance", "importance_sd", "deletion", GRADIENT)]  # fmt: skip
    if view.is_reversed:
        sequence = sequence[::-1].translate(COMPLEMENT)
        effects = effects[::-1, ::-1]  # columns A, C, G, T: complement is the reversed order
        numbers = [column[::-1] for column in numbers]
    importance, spread, deletions, attribution = numbers
    if np.isfinite(deletions).any():
        effects = np.column_stack([effects, deletions])
    known = attribution if np.isfinite(attribution).any() else None
    return _Drawn(sequence, importance, spread, effects, known)


def _title(view: MapView) -> str:
    chrom, tracks = view.bases["chrom"][0], view.tracks or view.bases["tracks"][0]
    place = f"{chrom}:{view.start + 1:,}-{view.end:,}, {len(view.bases):,} bp"
    gene = view.bases["gene_name"][0] or view.bases["gene_id"][0]
    strand = f" ({view.gene.strand.replace('-', '−')} strand)" if view.gene else ""
    of_gene = f"{plain(gene)}{strand}: " if gene else "no gene: "
    head = f"{of_gene}{plain(place)}; {plain(view.score)}, tracks {plain(tracks)}"
    return "\n".join(filter(None, [head, plain(view.made_by, 120)]))


def _draw_context(view: MapView, axes: Sequence[Axes]) -> None:
    """Coverage and exons along the gene; around the region without a gene."""
    first, last = view.start, view.end
    margin: float = 5 * (last - first)
    if view.gene is not None:
        first, last = min(view.gene.start, first), max(view.gene.end, last)
        margin = 0.03 * (last - first)
    limits = (
        (last + margin, first - margin) if view.is_reversed else (first - margin, last + margin)
    )
    for ax in axes:
        ax.axvspan(view.start, view.end, color=REGION, alpha=0.3, linewidth=0, zorder=0)
        ax.set_xlim(*limits)
        ax.xaxis.set_major_locator(MaxNLocator(8, integer=True))
        ax.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:,.0f}"))
        ax.tick_params(labelsize=TICK_PT - 1, labelbottom=ax is axes[-1])
    if view.coverage is not None:
        _draw_coverage(axes[0], view, view.coverage)
    if view.gene is not None:
        _draw_gene(axes[-1], view, view.gene)


def _draw_coverage(ax: Axes, view: MapView, coverage: np.ndarray) -> None:
    edges = view.coverage_start + view.bin_size_bp * np.arange(len(coverage) + 1)
    ax.stairs(coverage, edges, fill=True, color=REF_FILL, zorder=1)
    ax.stairs(coverage, edges, color=REF_LINE, linewidth=0.8, zorder=2)
    low, high = sorted(ax.get_xlim())
    shown = coverage[(edges[1:] > low) & (edges[:-1] < high)]  # without the neighbours of the gene
    ax.set_ylim(0, 1.05 * (float(shown.max(initial=0)) or 1.0))
    ax.yaxis.set_major_locator(MaxNLocator(2))
    ax.set_ylabel(f"REF\nper {view.bin_size_bp} bp")
    tidy(ax).tick_params(labelsize=TICK_PT - 1)


def _draw_gene(ax: Axes, view: MapView, gene: Gene) -> None:
    """Exons as boxes, coding parts higher, introns as a line."""
    ax.plot([gene.start, gene.end], [0, 0], color=GENE, linewidth=1, zorder=1)
    for intervals, height in ((gene.exons, 0.5), (view.coding, 1.0)):
        ax.broken_barh([(a, b - a) for a, b in intervals], (-height / 2, height), facecolor=GENE,
                       linewidth=0, zorder=2)  # fmt: skip
    ax.set(ylim=(-0.8, 0.8), yticks=[])
    ax.set_ylabel("exons,\nCDS" if view.coding else "exons", rotation=0, ha="right", va="center")
    tidy(ax).spines["left"].set_visible(False)


def _draw_importance(ax: Axes, drawn: _Drawn, shown: slice) -> None:
    """A logo, with the spread over folds as thin lines."""
    heights, spread = drawn.importance[shown], drawn.spread[shown]
    draw_logo(ax, drawn.sequence[shown], heights)
    known = np.isfinite(spread)
    at = np.arange(len(heights))[known] + 0.5
    ax.vlines(at, (heights - spread)[known], (heights + spread)[known], color=GENE, linewidth=0.5,
              alpha=0.6, zorder=3)  # fmt: skip
    _limit(ax, heights, spread)
    ax.set_ylabel("importance")
    tidy(ax)


def _draw_bars(ax: Axes, drawn: _Drawn, zoomed: slice) -> None:
    heights, spread = drawn.importance, np.nan_to_num(drawn.spread)
    at = np.arange(len(heights)) + 0.5
    ax.axvspan(zoomed.start, zoomed.stop, color=REGION, alpha=0.2, linewidth=0, zorder=0)
    colours = np.where(np.nan_to_num(heights) > 0, LOWERS, RAISES)
    ax.bar(at, heights, width=1, color=colours, linewidth=0, zorder=2)
    ax.vlines(
        at, heights - spread, heights + spread, color=GENE, linewidth=0.4, alpha=0.5, zorder=3
    )
    ax.axhline(0, color=GUIDE, linewidth=0.6, zorder=1)
    _limit(ax, heights, spread)
    ax.set_ylabel("importance")
    tidy(ax)


def _draw_attribution(ax: Axes, attribution: np.ndarray) -> None:
    """Gradient x input of each base, in the colours of the importance that it approximates."""
    at, heights = np.arange(len(attribution)) + 0.5, np.nan_to_num(attribution)
    ax.bar(at, heights, width=1, color=np.where(heights > 0, LOWERS, RAISES), linewidth=0)
    ax.axhline(0, color=GUIDE, linewidth=0.6, zorder=1)
    _limit(ax, heights, np.zeros_like(heights))
    ax.set_ylabel("gradient\nx input")
    tidy(ax)


def _limit(ax: Axes, heights: np.ndarray, spread: np.ndarray) -> None:
    """Limits with room for the spread, and for marks above."""
    spread = np.nan_to_num(spread)
    low, high = np.nanmin(heights - spread), np.nanmax(heights + spread)
    low, high = min(low, 0.0), max(high, 0.0)
    room = 0.08 * ((high - low) or 1.0)
    ax.set_ylim(low - room, high + room)
    ax.yaxis.set_major_locator(MaxNLocator(4))


def _draw_alleles(ax: Axes, view: MapView, drawn: _Drawn) -> None:
    """Effects as colours, orange above 0; the reference base as a point, unscored ones grey."""
    rows = [*BASES, "del"][: drawn.effects.shape[1]]
    widest = float(np.nanmax(np.abs(drawn.effects))) or 1.0
    ax.set_facecolor("#e4e4e4")
    mesh = ax.pcolormesh(
        np.arange(len(drawn.sequence) + 1), np.arange(len(rows) + 1), drawn.effects.T,
        cmap="PuOr_r", vmin=-widest, vmax=widest, rasterized=True,
    )  # fmt: skip
    known = [(i, BASES.index(base)) for i, base in enumerate(drawn.sequence) if base in BASES]
    x, y = np.transpose(known) + 0.5
    ax.scatter(x, y, s=1.2 if len(drawn.sequence) > LOGO_BASES else 3, color=GENE, linewidths=0)
    ax.set_yticks(np.arange(len(rows)) + 0.5, rows)
    ax.invert_yaxis()
    ax.set_ylabel("allele")
    tidy(ax).tick_params(axis="y", length=0)
    bar = ax.figure.colorbar(
        mesh, cax=ax.inset_axes((1.008, 0, 0.01, 1)), ticks=[-widest, 0, widest]
    )
    bar.ax.set_yticklabels([f"−{widest:.2g}", "0", f"+{widest:.2g}"], fontsize=TICK_PT - 1)
    bar.ax.tick_params(length=2)
    bar.outline.set_visible(False)


def _draw_zoom(ax: Axes, view: MapView, drawn: _Drawn, zoomed: slice) -> None:
    """The logo of a part of the region, at its own positions."""
    _draw_importance(ax, drawn, zoomed)
    ax.set_xlim(0, zoomed.stop - zoomed.start)
    _format_positions(ax, view, zoomed.start)
    ax.set_facecolor((REGION, 0.12))


def _draw_marks(ax: Axes, view: MapView) -> None:
    """Names above what is known to lie there."""
    inside = [mark for mark in view.marks if mark.start < view.end and mark.end > view.start]
    if inside:
        ax.set_title(" ", fontsize=TICK_PT)  # room for the names
    for mark in inside:
        ends = [_column(view, edge) for edge in (mark.start, mark.end)]
        low, high = min(ends), max(ends)
        ax.axvspan(low, high, color=mark.colour, alpha=0.18, linewidth=0, zorder=0)
        ax.text((low + high) / 2, 1.0, plain(mark.label), ha="center", va="bottom",
                fontsize=TICK_PT - 1, color=mark.colour,
                transform=ax.get_xaxis_transform())  # fmt: skip


def _column(view: MapView, edge: float) -> float:
    """Where an edge between two bases of the contig lies in the map."""
    return view.end - edge if view.is_reversed else edge - view.start


def _format_positions(ax: Axes, view: MapView, first: int = 0) -> None:
    """Positions as in a VCF, 1-based, below the middle of their bases."""
    low, high = sorted(
        view.end - x if view.is_reversed else view.start + 1 + x
        for x in (first, first + round(ax.get_xlim()[1]) - 1)
    )
    ticks = [t for t in MaxNLocator(9, integer=True).tick_values(low, high) if low <= t <= high]
    at = [(view.end - t if view.is_reversed else t - 1 - view.start) - first + 0.5 for t in ticks]
    ax.set_xticks(at, [f"{t:,.0f}" for t in ticks])
    way = ", 5' to 3' of the gene" if view.gene else ""
    ax.set_xlabel(f"position on {plain(view.bases['chrom'][0])}{way}", fontsize=LABEL_PT)
