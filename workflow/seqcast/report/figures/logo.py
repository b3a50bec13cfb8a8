"""Sequence logos: one glyph per base, as high as a number.

logomaker would draw them too. It needs pandas and pyplot, which nothing else here does, and makes
a patch of every glyph: 3.5 s of CPU for 200 bases, a hundred times as long.
"""

from functools import cache

import numpy as np
from matplotlib.axes import Axes
from matplotlib.font_manager import FontProperties
from matplotlib.patches import PathPatch
from matplotlib.path import Path
from matplotlib.textpath import TextPath

from seqcast.report.figures.style import COLOURS, GUIDE

COLOUR_OF = {"A": COLOURS[2], "C": COLOURS[0], "G": COLOURS[5], "T": COLOURS[1]}
WIDTH = 0.94  # of a base


def draw_logo(ax: Axes, sequence: str, heights: np.ndarray) -> Axes:
    """Draw the bases of a sequence, base i from x = i to i + 1.

    Parameters
    ----------
    ax : Axes
        Its limits are left alone.
    sequence : str
        Of A, C, G, T; any other base leaves a gap.
    heights : ndarray, shape=(bases,)
        Of each glyph; below 0 it hangs from the axis, upside down. NaN leaves a gap.

    Returns
    -------
    Axes
    """
    ax.axhline(0, color=GUIDE, linewidth=0.6, zorder=1)
    for base, colour in COLOUR_OF.items():
        outline, codes = _glyph(base)
        places = [i for i, h in enumerate(heights) if sequence[i] == base and np.isfinite(h)]
        placed = [outline * (WIDTH, heights[i]) + (i + (1 - WIDTH) / 2, 0) for i in places]
        if placed:
            path = Path(np.concatenate(placed), np.tile(codes, len(placed)))
            ax.add_patch(PathPatch(path, facecolor=colour, linewidth=0, zorder=2))
    return ax


@cache
def _glyph(base: str) -> tuple[np.ndarray, np.ndarray]:
    """The outline of a base, stretched over the unit square: vertices (n, 2), codes (n,)."""
    path = TextPath((0, 0), base, size=1, prop=FontProperties(family="DejaVu Sans", weight="bold"))
    vertices = np.asarray(path.vertices)
    low, high = vertices.min(axis=0), vertices.max(axis=0)
    return (vertices - low) / (high - low), np.asarray(path.codes)
