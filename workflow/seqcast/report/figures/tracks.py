"""Predicted coverage of both alleles along a gene, and what it says about decay."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from seqcast.genome.annotation import Gene
from seqcast.report.figures.style import (
    ALT_LINE,
    COLOURS,
    GENE,
    GUIDE,
    LABEL_PT,
    REF_FILL,
    REF_LINE,
    TICK_PT,
    plain,
    tidy,
)
from seqcast.report.strongest_coverage import shown_bins

ROWS = 6  # time points that one figure can show legibly
STRIP_HEIGHT, LEAST_STRIP_HEIGHT, GENE_HEIGHT = 0.16, 0.45, 0.75  # in rows; first: a time point


def ref_alt_tracks(
    fig: Figure | SubFigure,
    ref: np.ndarray,
    alt: np.ndarray,
    labels: Sequence[str],
    start: int,
    bin_size_bp: int,
    gene: Gene,
    position: int,
    variant: str = "",
) -> Figure | SubFigure:
    """Coverage of both alleles at each time, their difference, and the gene below.

    Parameters
    ----------
    fig : Figure
        Empty; 9 x (1.2 + 0.9 rows) inches suit it.
    ref, alt : ndarray, shape=(rows, bins)
        Predicted coverage of the gene's strand, one row per time point, the first at the top.
    labels : sequence of str
        One per row.
    start : int
        0-based coordinate of the first base of bin 0.
    bin_size_bp : int
    gene : Gene
        It and the variant are shown with a margin, as far as the predictions reach.
    position : int
        0-based position of the variant, marked with a dashed line.
    variant : str
        Its name, written next to the gene.

    Returns
    -------
    Figure
        All rows have one scale of coverage.
    """
    low, high = shown_bins(gene, position, start, bin_size_bp, ref.shape[1])
    edges = start + bin_size_bp * np.arange(low, high + 1)
    ref, alt = (np.asarray(x, dtype=float)[:, low:high] for x in (ref, alt))
    rows = len(ref)
    strip = max(STRIP_HEIGHT * rows, LEAST_STRIP_HEIGHT)
    axes = fig.subplots(rows + 2, 1, sharex=True, height_ratios=[1] * rows + [strip, GENE_HEIGHT])
    _draw_coverage(axes[:rows], ref, alt, edges, labels)
    axes[rows // 2].set_ylabel(
        f"predicted coverage{' ' if rows > 2 else chr(10)}per {bin_size_bp} bp",
        fontsize=LABEL_PT, y=0.5 if rows % 2 else 1.1,
    )  # fmt: skip
    difference_strip(axes[rows], alt - ref, edges, labels)
    gene_model(axes[rows + 1], gene, (int(edges[0]), int(edges[-1])))
    _mark_variant(axes, position + 0.5, variant)
    _format_positions(axes[-1], gene.chrom)
    return fig


def difference_strip(
    ax: Axes, difference: np.ndarray, edges: np.ndarray, labels: Sequence[str]
) -> Axes:
    """ALT minus REF as colours, orange where the alternative has more.

    Parameters
    ----------
    ax : Axes
    difference : ndarray, shape=(rows, bins)
    edges : ndarray, shape=(bins + 1,)
        Coordinates of the bins.
    labels : sequence of str
        One per row, the first at the top.

    Returns
    -------
    Axes
        With a colour bar to its right.
    """
    widest = float(np.abs(difference).max()) or 1.0
    lines = np.arange(len(difference) + 1)
    mesh = ax.pcolormesh(
        edges, lines, difference, cmap="PuOr_r", vmin=-widest, vmax=widest, rasterized=True
    )
    ax.invert_yaxis()
    ax.set_yticks(lines[:-1] + 0.5, labels if max(map(len, labels)) <= 6 else [""] * len(labels))
    ax.set_title("ALT − REF", fontsize=TICK_PT, loc="left", pad=2)
    tidy(ax)
    ax.tick_params(axis="y", length=0, labelsize=TICK_PT - 1)
    bar = ax.figure.colorbar(
        mesh, cax=ax.inset_axes((1.01, 0, 0.012, 1)), ticks=[-widest, 0, widest]
    )
    bar.ax.set_yticklabels([f"−{widest:.3g}", "0", f"+{widest:.3g}"], fontsize=TICK_PT - 1)
    bar.ax.tick_params(length=2)
    bar.outline.set_visible(False)
    return ax


def gene_model(ax: Axes, gene: Gene, limits: tuple[int, int]) -> Axes:
    """Exons as boxes, introns as a line, chevrons in the direction of transcription.

    Parameters
    ----------
    ax : Axes
    gene : Gene
    limits : (start, end)
        0-based half-open interval on show.

    Returns
    -------
    Axes
        Without a vertical axis; exons lie at height 0.
    """
    ax.plot([gene.start, gene.end], [0, 0], color=GENE, linewidth=1, solid_capstyle="butt",
            zorder=1)  # fmt: skip
    ax.broken_barh(
        [(a, b - a) for a, b in gene.exons], (-0.35, 0.7), facecolor=GENE, edgecolor=GENE,
        linewidth=0.5, zorder=2,
    )  # fmt: skip
    step = (limits[1] - limits[0]) / 40
    at = np.arange(gene.start + step / 2, gene.end - step / 4, step)
    inside = np.array([any(a <= x < b for a, b in gene.exons) for x in at], dtype=bool)
    marker = ">" if gene.strand == "+" else "<"
    for places, colour in ((at[~inside], GENE), (at[inside], "white")):
        ax.scatter(
            places, np.zeros(len(places)), s=9, marker=marker, color=colour, linewidths=0, zorder=3
        )
    centre = (max(gene.start, limits[0]) + min(gene.end, limits[1])) / 2
    ax.text(
        centre, -0.6, f"{plain(gene.gene_name or gene.gene_id)} ({gene.strand.replace('-', '−')})",
        ha="center", va="top", fontsize=LABEL_PT, fontstyle="italic",
    )  # fmt: skip
    ax.set(ylim=(-1.9, 1.5), xlim=limits, yticks=[])
    tidy(ax).spines["left"].set_visible(False)
    return ax


def time_course_curve(
    ax: Axes, hours: Sequence[float], ref_sums: np.ndarray, alt_sums: np.ndarray
) -> Axes:
    """What is left of the transcript over time, for both alleles.

    Parameters
    ----------
    ax : Axes
    hours : sequence of float
        Ascending.
    ref_sums, alt_sums : ndarray, shape=(len(hours),)
        Coverage summed over the gene's exons.

    Returns
    -------
    Axes
        log2 of each sum relative to the same allele's at the first time: the steeper, the faster
        the decay. Sums that are not positive leave gaps.
    """
    for sums, colour, marker, label in (
        (ref_sums, REF_LINE, "o", "REF"),
        (alt_sums, ALT_LINE, "s", "ALT"),
    ):
        sums = np.asarray(sums, dtype=float)
        levels = np.log2(np.where(sums > 0, sums, np.nan))
        ax.plot(hours, levels - levels[0], color=colour, marker=marker, markersize=4,
                linewidth=1.4, label=label)  # fmt: skip
    ax.axhline(0, color=GUIDE, linewidth=0.6, zorder=0)
    ax.set_xticks(sorted(set(hours) - _crowded(hours)))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:g}"))
    ax.yaxis.set_major_locator(MaxNLocator(5))
    ax.set_xlabel("hours after transcription stops")
    ax.set_ylabel(f"log2 (gene sum / sum at {hours[0]:.3g} h)")
    return tidy(ax)


def _draw_coverage(
    axes: np.ndarray, ref: np.ndarray, alt: np.ndarray, edges: np.ndarray, labels: Sequence[str]
) -> None:
    top = float(max(ref.max(), alt.max(), 0)) or 1.0
    for ax, r, a, label in zip(axes, ref, alt, labels, strict=True):
        ax.stairs(r, edges, fill=True, color=REF_FILL, zorder=1)
        ax.stairs(r, edges, color=REF_LINE, linewidth=0.8, label="REF", zorder=2)
        ax.stairs(a, edges, color=ALT_LINE, linewidth=1, label="ALT", zorder=3)
        ax.set_ylim(0, 1.05 * top)
        ax.yaxis.set_major_locator(MaxNLocator(3))
        ax.set_title(plain(label, 90), fontsize=TICK_PT, loc="left", pad=2)
        tidy(ax)
    axes[0].legend(loc="lower right", bbox_to_anchor=(1, 0.98), ncols=2, frameon=False,
                   fontsize=TICK_PT, borderaxespad=0)  # fmt: skip


def _mark_variant(axes: np.ndarray, x: float, name: str) -> None:
    """A dashed line through all rows, named above the gene on the side with room."""
    for ax in axes:
        ax.axvline(x, color=COLOURS[0], linewidth=0.9, linestyle=(0, (4, 2)), zorder=4)
    low, high = axes[-1].get_xlim()
    is_left = x < (low + high) / 2
    axes[-1].annotate(
        plain(name, 30), (x, 1.4), xytext=(4 if is_left else -4, 0), textcoords="offset points",
        va="top", ha="left" if is_left else "right", fontsize=TICK_PT, color=COLOURS[0],
    )  # fmt: skip


def _format_positions(ax: Axes, contig: str) -> None:
    low, high = ax.get_xlim()
    unit_bp, unit = (1_000_000, "Mb") if high - low >= 1_000_000 else (1_000, "kb")
    ax.xaxis.set_major_locator(MaxNLocator(7))
    ticks = ax.get_xticks() / unit_bp
    decimals = next(d for d in range(7) if np.allclose(ticks, ticks.round(d), rtol=0, atol=1e-9))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x / unit_bp:,.{decimals}f}"))
    ax.set_xlabel(f"position on {plain(contig)} ({unit})")


def _crowded(hours: Sequence[float]) -> set[float]:
    """Times too near to the one before for a label of their own."""
    kept, crowded = hours[0], set()
    for hour in hours[1:]:
        if hour - kept < 0.1 * (hours[-1] - hours[0]):
            crowded.add(hour)
        else:
            kept = hour
    return crowded
