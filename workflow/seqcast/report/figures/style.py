"""What all figures share: colours that colour-blind readers tell apart, sizes, and how to save.

Nothing here touches matplotlib's global state; figures are made by `new_figure`, not by pyplot.
"""

from pathlib import Path
from textwrap import fill
from typing import Any

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from seqcast.core.store import atomic

# Okabe and Ito, "Color Universal Design", 2008; black and yellow left out.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00")
REF_LINE, REF_FILL = "#7a7a7a", "#d0d0d0"
ALT_LINE = COLOURS[1]
GENE = "#2b2b2b"
GUIDE = "#a0a0a0"
WARNING = "#b00020"
TITLE_PT, LABEL_PT, TICK_PT = 10, 9, 8
LETTERS_AN_INCH = 15  # of TICK_PT
DPI = 150


def new_figure(width_in: float, height_in: float) -> Figure:
    """A figure, laid out so that labels do not overlap; sizes in inches."""
    return Figure(figsize=(width_in, height_in), layout="constrained", facecolor="white")


def tidy(ax: Axes) -> Axes:
    """Open frame, small ticks; returns `ax`."""
    ax.spines[["top", "right"]].set_visible(False)
    ax.tick_params(labelsize=TICK_PT, length=3)
    ax.xaxis.label.set_fontsize(LABEL_PT)
    ax.yaxis.label.set_fontsize(LABEL_PT)
    return ax


def plain(text: str, longest: int = 60) -> str:
    """A user's text for a figure: cut where it is long, and no formula between its dollars."""
    cut = text if len(text) <= longest else f"{text[: longest - 3]}..."
    return cut.replace("$", r"\$")


def head(fig: Figure, *parts: str) -> Figure:
    """Name what a figure is of, above it, such as dataset, model and folds; returns `fig`."""
    text = plain("; ".join(parts), 300)
    lines = fill(text, int(fig.get_figwidth() * LETTERS_AN_INCH))
    fig.suptitle(lines, x=0.01, ha="left", fontsize=TICK_PT)
    return fig


def warn(fig: Figure, *warnings: str) -> Figure:
    """Say in red below a figure what makes its numbers worthless; returns `fig`."""
    if warnings:
        text = plain("; ".join(warnings), 200)
        lines = fill(text, int(fig.get_figwidth() * LETTERS_AN_INCH))
        fig.supxlabel(lines, color=WARNING, fontsize=TICK_PT)
    return fig


def say(ax: Axes, text: str) -> Axes:
    """Empty axes with a sentence instead of data; returns `ax`."""
    ax.set_axis_off()
    ax.text(0.5, 0.5, text, ha="center", va="center", fontsize=LABEL_PT, transform=ax.transAxes)
    return ax


def save(fig: Figure, path: str | Path) -> None:
    """Write a figure as PNG or SVG, by suffix: atomic, and the same bytes for the same figure.

    Raises
    ------
    ValueError
        If the suffix is another one.
    """
    metadata: dict[str, dict[str, Any]] = {
        ".png": {"Software": None},
        ".svg": {"Date": None, "Creator": None},
    }
    suffix = Path(path).suffix
    if suffix not in metadata:
        raise ValueError(f"figures are written as .png or .svg, not as {path}")
    # the salt replaces random ids of SVG elements
    with atomic(path) as temporary, rc_context({"svg.hashsalt": "seqcast"}):
        fig.savefig(temporary, dpi=DPI, metadata=metadata[suffix])
