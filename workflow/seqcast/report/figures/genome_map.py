"""Where the windows of a training dataset lie on its genome, by what a fold does with them."""

from collections.abc import Mapping

import polars as pl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from seqcast.report.figures.style import COLOURS, REF_FILL, TICK_PT, new_figure, plain, tidy

MOST_CONTIGS = 30
WIDTH_IN, HEAD_IN, ROW_IN = 8.4, 0.9, 0.2
ROLES = {"train": REF_FILL, "valid": COLOURS[4], "test": COLOURS[1]}
SAID = {"train": "learned from", "valid": "chose the weights", "test": "tested on"}
BAR = 0.7  # of a row


def plot_windows(windows: pl.DataFrame, roles: Mapping[str, str]) -> Figure:
    """A row per contig, windows coloured by role.

    Parameters
    ----------
    windows : DataFrame
        chrom, start, end (0-based half-open), part.
    roles : mapping
        Part to "train", "valid" or "test"; windows of other parts are left out.

    Returns
    -------
    Figure
        Of the `MOST_CONTIGS` contigs with the most windows, in the order of the table; the axis
        says how many are left out. The legend counts all windows of a role.
    """
    used = windows.with_columns(
        role=pl.col("part").replace_strict(dict(roles), default=None)
    ).drop_nulls("role")
    counts = used.group_by("chrom", maintain_order=True).len()
    kept = set(counts.sort("len", descending=True, maintain_order=True)["chrom"][:MOST_CONTIGS])
    shown = [name for name in counts["chrom"] if name in kept]
    figure = new_figure(WIDTH_IN, HEAD_IN + ROW_IN * len(shown))
    ax = figure.subplots()
    for role, colour in ROLES.items():
        for place, contig in enumerate(shown):
            rows = used.filter(chrom=contig, role=role)
            starts, ends = (rows[name].to_numpy() / 1e6 for name in ("start", "end"))
            pairs = list(zip(starts, ends - starts, strict=True))
            ax.broken_barh(pairs, (place - BAR / 2, BAR), facecolors=colour, linewidth=0)
    ax.set_yticks(range(len(shown)), [plain(name, 24) for name in shown])
    ax.invert_yaxis()
    left_out = len(counts) - len(shown)
    ax.set_xlabel("Mb" + f"; {left_out} contigs with fewer windows not shown" * (left_out > 0))
    _legend(ax, dict(used["role"].value_counts().iter_rows()))
    tidy(ax)
    return figure


def _legend(ax: Axes, counts: Mapping[str, int]) -> None:
    handles = [
        Patch(color=colour, label=f"{SAID[role]}: {counts[role]:,}")
        for role, colour in ROLES.items()
        if role in counts
    ]
    ax.legend(handles=handles, frameon=False, fontsize=TICK_PT, loc="lower left",
              bbox_to_anchor=(0, 1), ncols=len(ROLES), title="windows", title_fontsize=TICK_PT,
              alignment="left")  # fmt: skip
