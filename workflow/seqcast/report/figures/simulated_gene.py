"""One simulated gene: what was planted in it, above what is measured of it."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter, MaxNLocator

from seqcast.report.figures.style import (
    COLOURS,
    GENE,
    GUIDE,
    LABEL_PT,
    TICK_PT,
    new_figure,
    plain,
    tidy,
)
from seqcast.simulate.gene_view import GeneView

# name in elements.tsv: what the legend says
LABELS = {
    "TATA": "TATA box", "GC_BOX": "GC box", "INR": "initiator", "ARE": "AU-rich element",
    "PUM": "Pumilio site", "MIR": "microRNA site", "STB": "stabilising element",
    "PAS": "poly(A) signal", "DSE": "downstream U/GU",
}  # fmt: skip
PROMOTER, ENDS = COLOURS[4], GENE
COLOUR = {
    "TATA": PROMOTER, "GC_BOX": "#9bd0ee", "INR": "#2b7fab", "ARE": COLOURS[1],
    "PUM": COLOURS[0], "MIR": COLOURS[3], "STB": COLOURS[2], "PAS": ENDS, "DSE": GUIDE,
}  # fmt: skip
TRACK_COLOUR = {"ARE": COLOUR["ARE"], "PUM": COLOUR["PUM"], "CAGE": PROMOTER}
FILL = "#8c8c8c"
LEAST_BP = 8  # narrower features are drawn as wide
ROW_IN, MODEL_IN, WIDTH_IN = 0.45, 1.7, 9.0
GROUPS = ("ActD", "4sU")  # tracks of a time course share a scale


def simulated_gene(view: GeneView) -> Figure:
    """Draw a gene's elements, exons and poly(A) sites above its coverage tracks.

    Parameters
    ----------
    view : GeneView
        Of `read_gene_view`.

    Returns
    -------
    Figure
        Positions are those of the contig; time courses have one scale each. Elements that do
        nothing where they lie (decoys) are hatched.
    """
    rows = len(view.tracks)
    fig = new_figure(WIDTH_IN, MODEL_IN + ROW_IN * rows)
    axes = fig.subplots(
        rows + 1, 1, sharex=True, height_ratios=[MODEL_IN] + [ROW_IN] * rows, squeeze=False
    )[:, 0]
    _draw_model(axes[0], view)
    tops = _tops(view)
    names = sorted(view.tracks, key=lambda name: list(map(_group, view.tracks)).index(_group(name)))
    for ax, name in zip(axes[1:], names, strict=True):
        _draw_track(ax, view, name, view.tracks[name], tops[name])
    axes[-1].set(xlim=(view.start, view.end), xlabel=f"position on {plain(view.chrom)} (kb)")
    axes[-1].xaxis.set_major_locator(MaxNLocator(8))
    axes[-1].xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x / 1000:,.2f}"))
    fig.supylabel("coverage per base", fontsize=LABEL_PT)
    return fig


def _draw_model(ax: Axes, view: GeneView) -> None:
    """Introns as a line, exons as boxes, coding parts as higher ones, elements on top."""
    low, high = min(s for s, _ in view.exons), max(e for _, e in view.exons)
    ax.plot([low, high], [0, 0], color=GENE, linewidth=1, zorder=1)
    for intervals, height in ((view.exons, 0.3), (view.coding, 0.6)):
        ax.broken_barh(
            [(s, e - s) for s, e in intervals], (-height / 2, height), facecolor="#d0d0d0",
            edgecolor=GENE, linewidth=0.6, zorder=2,
        )  # fmt: skip
    drawn = [name for name in LABELS if name in view.elements["element"].to_list()]
    for row in view.elements.iter_rows(named=True):
        width = max(row["end"] - row["start"], LEAST_BP)
        start = (row["start"] + row["end"] - width) / 2
        is_decoy = row["region"] in ("intron", "intergenic")
        colour = COLOUR[row["element"]]
        ax.broken_barh(
            [(start, width)], (-0.45, 0.9), facecolor="white" if is_decoy else colour,
            edgecolor=colour, hatch="////" if is_decoy else None, linewidth=0.7, zorder=3,
        )  # fmt: skip
    _mark_ends(ax, view)
    ax.legend(
        handles=[Patch(color=COLOUR[name], label=LABELS[name]) for name in drawn],
        loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=5, frameon=False, fontsize=TICK_PT,
        handlelength=1,
    )  # fmt: skip
    strand = view.strand.replace("-", "−")
    ax.set(ylim=(-0.9, 1.4), yticks=[])
    ax.set_title(f"{plain(view.gene_name)} ({strand})", loc="left", fontsize=LABEL_PT,
                 fontstyle="italic")  # fmt: skip
    tidy(ax).spines[["left", "bottom"]].set_visible(False)
    ax.tick_params(bottom=False)


def _mark_ends(ax: Axes, view: GeneView) -> None:
    """The TSS with the direction of transcription, and the cleavage sites."""
    forward = view.strand == "+"
    tss = min(s for s, _ in view.exons) if forward else max(e for _, e in view.exons)
    step = (0.04 if forward else -0.04) * (view.end - view.start)
    ax.plot([tss, tss], [0, 0.85], color=GENE, linewidth=1, zorder=1)
    ax.annotate("", (tss + step, 0.85), (tss, 0.85), arrowprops={"arrowstyle": "->", "color": GENE})
    ax.text(tss, 0.95, "TSS", ha="center", va="bottom", fontsize=TICK_PT)
    for site, place in view.cleavage.items():
        ax.plot([place, place], [0, 0.85], color=GENE, linewidth=0.8, linestyle=":", zorder=1)
        ax.text(place, 0.95, f"{site} end", ha="center", va="bottom", fontsize=TICK_PT)


def _draw_track(ax: Axes, view: GeneView, name: str, values: np.ndarray, top: float) -> None:
    colour = next((c for key, c in TRACK_COLOUR.items() if key in name), FILL)
    edges = np.arange(view.start, view.end + 1)
    ax.stairs(values, edges, fill=True, color=colour, rasterized=True)
    ax.set_ylim(0, 1.05 * top)
    ax.yaxis.set_major_locator(MaxNLocator(2))
    label = name.removeprefix("RNA:").replace(":", " ").replace("sim ", "").removesuffix(" sim")
    ax.text(1.005, 0.5, plain(label, 20), transform=ax.transAxes, fontsize=TICK_PT, va="center",
            ha="left")  # fmt: skip
    tidy(ax)


def _group(name: str) -> str:
    """Return the time course that a track belongs to, or the track itself."""
    return next((group for group in GROUPS if group in name), name)


def _tops(view: GeneView) -> dict[str, float]:
    """Highest value that each track's axis shows: shared within a time course."""
    highest: dict[str, float] = {}
    for name, values in view.tracks.items():
        highest[_group(name)] = max(highest.get(_group(name), 0.0), float(values.max()))
    return {name: highest[_group(name)] or 1.0 for name in view.tracks}
