"""Panels of mutagenesis maps of a simulated genome, with the elements that were planted there."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import polars as pl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.gridspec import SubplotSpec
from matplotlib.ticker import FuncFormatter, MaxNLocator

from seqcast.evaluation.metrics.binary import TwoClasses
from seqcast.evaluation.planted.measures import BASES
from seqcast.evaluation.planted.planted_maps import ELEMENT
from seqcast.predict.maps.effect_maps import SCORED
from seqcast.report.figures.style import GENE, GUIDE, TICK_PT, plain, say, tidy

SHOWN = 2  # maps
NO_FEATURE = "#8c8c8c"


def draw_planted_maps(
    figure: Figure, strips: SubplotSpec, curve: SubplotSpec, bases: pl.DataFrame,
    values: Mapping[tuple[str, str], Mapping[str, Any]], colours: Mapping[str, str],
) -> list[Axes]:  # fmt: skip
    """Draw the first maps below each other, and the ROC curve of all bases.

    Parameters
    ----------
    figure : Figure
    strips, curve : SubplotSpec
        Where the maps and the curve go.
    bases : DataFrame
        Of `planted_maps.compare_bases`.
    values : mapping
        Measure and group -> row of `measures.SCHEMA`.
    colours : mapping of str to str
        Of elements; other features are grey.

    Returns
    -------
    list of Axes
        The first map, and the curve.
    """
    maps = bases.partition_by("chrom", "gene_id", maintain_order=True)[:SHOWN]
    inner = strips.subgridspec(len(maps), 1)
    axes = [figure.add_subplot(inner[i]) for i in range(len(maps))]
    for ax, one in zip(axes, maps, strict=True):
        _draw_map(ax, one, colours)
    axes[-1].set_xlabel("position of the base")
    return [axes[0], _draw_curve(figure.add_subplot(curve), bases, values)]


def _draw_map(ax: Axes, bases: pl.DataFrame, colours: Mapping[str, str]) -> None:
    """Importance as bars, with the names of features above."""
    known = bases.drop_nulls("importance")
    names = known["planted"].to_list()
    shades = [NO_FEATURE if name is None else colours.get(name, GUIDE) for name in names]
    ax.bar(known["pos"], known["importance"], width=1, color=shades, linewidth=0)
    ax.axhline(0, color=GUIDE, linewidth=0.6, zorder=0)
    runs = bases.with_columns(run=pl.col("planted").rle_id()).drop_nulls("planted")
    for (_,), run in runs.group_by(["run"], maintain_order=True):
        name = run["planted"][0]
        ax.text(np.mean(run["pos"].to_numpy()), 1.0, plain(name), ha="center", va="bottom",
                fontsize=TICK_PT - 1, color=colours.get(name, NO_FEATURE),
                transform=ax.get_xaxis_transform())  # fmt: skip
    ax.set_ylabel(f"importance\n{plain(bases['gene_id'][0] or 'no gene')}")
    ax.set_xlim(bases["pos"][0] - 1, bases["pos"][-1] + 1)
    ax.yaxis.set_major_locator(MaxNLocator(3))
    ax.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:,.0f}"))
    tidy(ax)


def _draw_curve(
    ax: Axes, bases: pl.DataFrame, values: Mapping[tuple[str, str], Mapping[str, Any]]
) -> Axes:
    """ROC curve of bases of acting elements against all others."""
    scored = bases.filter(status=SCORED)
    row = values.get(("map_auroc", BASES))
    if row is None or row["value"] is None:
        return say(ax, "too few bases of elements were scored")
    is_element = (scored["kind"] == ELEMENT).to_numpy()
    false, true = TwoClasses.of(is_element, np.abs(scored["importance"].to_numpy())).curve()
    ax.plot([0, 1], [0, 1], color=GUIDE, linewidth=0.8, zorder=0)
    label = f"{int(is_element.sum())} of {len(scored)} bases\nAUROC {row['value']:.3f}"
    ax.plot(false, true, color=GENE, linewidth=1.8, label=label)
    ax.set(xlabel="fraction of other bases", ylabel="fraction of element bases")
    ax.legend(fontsize=TICK_PT, frameon=False, loc="lower right")
    return tidy(ax)
