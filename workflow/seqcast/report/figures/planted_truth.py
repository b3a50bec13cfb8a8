"""Predictions for a simulated genome against the truth that was planted there."""

from collections.abc import Sequence

import numpy as np
import polars as pl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from seqcast.evaluation.metrics.binary import TwoClasses
from seqcast.evaluation.planted.measures import (
    ALL,
    BARS,
    CALIBRATION,
    CEILING,
    DECOY,
    GENES,
    LOSSES,
    MATCHED,
    calibration_lines,
)
from seqcast.evaluation.planted.planted_half_lives import TRUE as TRUE_HALF_LIFE
from seqcast.evaluation.planted.planted_metrics import ELEMENTS, graded_pairs
from seqcast.evaluation.planted.planted_variants import COMPARED
from seqcast.evaluation.planted.readouts import MAIN
from seqcast.report.figures.planted_half_lives import draw_changes, draw_correlations
from seqcast.report.figures.planted_maps import draw_planted_maps
from seqcast.report.figures.style import (
    COLOURS,
    GENE,
    GUIDE,
    REF_LINE,
    TICK_PT,
    TITLE_PT,
    new_figure,
    plain,
    say,
    tidy,
    warn,
)

WIDTH_IN, HEIGHT_IN = 10.2, 6.6
COLOUR_OF = dict(zip(ELEMENTS, COLOURS, strict=False))
UNDEFINED = "undefined"
POINT_SIZE, POINT_ALPHA = 13, 0.75
CALLED = {DECOY: "decoys", "decoy matched": "neutral\nnear decoys", MATCHED: "matched"}


def plot_planted_truth(
    variants: pl.DataFrame, genes: pl.DataFrame, measures: pl.DataFrame, title: str,
    untrained: bool = False, bases: pl.DataFrame | None = None,
) -> Figure:  # fmt: skip
    """Six panels: calibration, ROC curves, AUROC by distance, decay, graded losses, false calls.

    With changes of half-lives two more, with maps further two: the importance of bases, coloured by
    what was planted there, and the ROC curve of bases.

    Parameters
    ----------
    variants, genes, measures : DataFrame
        As `planted_variants`, `planted_decay` and `planted_metrics` make them.
    title : str
    untrained : bool
        Say in red that weights are random.
    bases : DataFrame, optional
        As `planted_maps` makes it.
    """
    maps = pl.DataFrame() if bases is None else bases
    has_lives = TRUE_HALF_LIFE in variants.columns
    rows = 2 + has_lives + (not maps.is_empty())
    figure = new_figure(WIDTH_IN, HEIGHT_IN * rows / 2)
    grid = figure.add_gridspec(rows, 3)
    used = variants.filter(pl.col("status") == COMPARED)
    values = {(row["measure"], row["group"]): row for row in measures.iter_rows(named=True)}
    panels = [figure.add_subplot(grid[row, column]) for row in range(2) for column in range(3)]
    _effects(panels[0], used.filter(kind="causal"), values)
    _curves(panels[1], used, values)
    _distances(panels[2], values)
    _decay(panels[3], genes.filter(pl.col("status") == COMPARED), values)
    _graded(panels[4], graded_pairs(used), values)
    _called(panels[5], values)
    if has_lives:
        lives = figure.add_subplot(grid[2, 0]), figure.add_subplot(grid[2, 1:])
        panels += [draw_changes(lives[0], used, values, COLOUR_OF),
                   draw_correlations(lives[1], values)]  # fmt: skip
    if not maps.is_empty():
        panels += draw_planted_maps(figure, grid[-1, :2], grid[-1, 2], maps, values, COLOUR_OF)
    for letter, ax in zip("abcdefghij", panels, strict=False):
        ax.set_title(letter, loc="left", fontsize=TITLE_PT, fontweight="bold")
    figure.suptitle(plain(title), fontsize=TITLE_PT, x=0.01, ha="left")
    if untrained:
        warn(figure, "UNTRAINED random weights")
    return figure


def _effects(ax: Axes, causal: pl.DataFrame, values: dict) -> Axes:
    """True over predicted effects of causal variants, with the line of each element."""
    columns = [f"predicted_{MAIN}", f"true_{MAIN}"]
    if causal.drop_nulls(columns).is_empty():
        return say(ax, "no causal variant was scored")
    ends = np.concatenate([causal[name].drop_nulls().to_numpy() for name in columns])
    identity = [min(ends.min(), 0), max(ends.max(), 0)]
    ax.axhline(0, color=GUIDE, linewidth=0.6, zorder=0)
    ax.axvline(0, color=GUIDE, linewidth=0.6, zorder=0)
    ax.plot(identity, identity, color=REF_LINE, linewidth=0.9, zorder=1)
    for element, colour in COLOUR_OF.items():
        own = causal.filter(element=element).drop_nulls(columns)
        slope = _number(values.get((CALIBRATION, f"element {element}")), "%.2f")
        predicted, true = (own[name].to_numpy() for name in columns)
        ax.scatter(predicted, true, s=POINT_SIZE, color=colour, alpha=POINT_ALPHA, linewidths=0,
                   label=f"{element} {slope}")  # fmt: skip
        if slope != UNDEFINED:
            _line(ax, true, predicted, colour)
    ax.legend(fontsize=TICK_PT, frameon=False, handletextpad=0.1, loc="upper left", title="slope",
              title_fontsize=TICK_PT, alignment="left")  # fmt: skip
    lines = [("effect_spearman", "ρ"), ("sign_accuracy", "right sign")]
    _note(ax, [f"{word} = {_number(values.get((m, MAIN)))}" for m, word in lines])
    ax.set_xlabel("predicted effect, log2 (ActD mean)")
    ax.set_ylabel("true effect, log2")
    return tidy(ax)


def _line(ax: Axes, true: np.ndarray, predicted: np.ndarray, colour: str) -> None:
    """The least-squares line of true over predicted effects, as far as there are points."""
    (slope,), (intercept,) = calibration_lines(true, predicted, np.ones((1, len(true))))
    ends = np.array([predicted.min(), predicted.max()])
    ax.plot(ends, intercept + slope * ends, color=colour, linewidth=1.0, zorder=2)


def _curves(ax: Axes, used: pl.DataFrame, values: dict) -> Axes:
    """ROC curves of causal against matched controls, all and by element."""
    both = used.filter(pl.col("kind").is_in(["causal", "matched"])).drop_nulls("size")
    subsets = {ALL: both} | {
        element: both.filter(
            pl.col("pair").is_in(both.filter(kind="causal", element=element)["pair"].implode())
        )
        for element in ELEMENTS
    }
    ax.plot([0, 1], [0, 1], color=GUIDE, linewidth=0.8, zorder=0)
    for name, rows in subsets.items():
        row = values.get(("auroc", ALL if name == ALL else f"element {name}"))
        if row is None or row["value"] is None:
            continue
        causal = (rows["kind"] == "causal").to_numpy()
        false, true = TwoClasses.of(causal, rows["size"].to_numpy()).curve()
        main = name == ALL
        ax.plot(false, true, color=GENE if main else COLOUR_OF[name],
                linewidth=1.8 if main else 1.1, label=f"{name} {row['value']:.3f}",
                zorder=3 if main else 2)  # fmt: skip
    if not ax.get_legend_handles_labels()[0]:
        return say(ax, "no causal and matched controls were scored")
    ax.legend(loc="lower right", fontsize=TICK_PT, frameon=False, handlelength=1.4,
              title="AUROC", title_fontsize=TICK_PT, alignment="left")  # fmt: skip
    ax.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02), aspect="equal", xticks=[0, 0.5, 1],
           yticks=[0, 0.5, 1], xlabel="false positive rate (matched controls)",
           ylabel="true positive rate (causal variants)")  # fmt: skip
    return tidy(ax)


def _distances(ax: Axes, values: dict) -> Axes:
    """AUROC by distance to the cleavage site."""
    prefix = "distance "
    rows = [row for (m, group), row in values.items() if m == "auroc" and group.startswith(prefix)]
    _areas(ax, rows, [row["group"].removeprefix(prefix).removesuffix(" bp") for row in rows])
    ax.set_xlabel("distance to the cleavage site, bp")
    return ax


def _decay(ax: Axes, genes: pl.DataFrame, values: dict) -> Axes:
    """Fitted against true decay rates; rings: of the expected coverage."""
    if genes.is_empty():
        return say(ax, "no gene lies in predicted windows")
    true = genes["true_rate_per_h"].to_numpy()
    ends = [true.min(), true.max()]
    ax.plot(ends, ends, color=REF_LINE, linewidth=0.9, zorder=1)
    least = true.min() / 3  # what lies below is drawn at the edge
    predicted, expected = (
        np.maximum(genes[f"{name}_rate_per_h"].to_numpy(), least)
        for name in ("predicted", "expected")
    )
    names = [
        f"{label}, r = {_number(values.get(('decay_r', group)))}"
        for label, group in (("predicted", GENES), ("expected coverage", CEILING))
    ]
    ax.scatter(true, predicted, s=POINT_SIZE, color=COLOURS[0], alpha=POINT_ALPHA, linewidths=0,
               label=names[0])  # fmt: skip
    ax.scatter(true, expected, s=POINT_SIZE, facecolors="none", edgecolors=GENE, linewidths=0.6,
               label=names[1])  # fmt: skip
    ax.set(
        xscale="log", yscale="log", xlabel="true decay rate, 1/h", ylabel="fitted decay rate, 1/h"
    )
    ax.legend(fontsize=TICK_PT, frameon=False, handletextpad=0.1, loc="upper left")
    return tidy(ax)


def _graded(ax: Axes, pairs: pl.DataFrame, values: dict) -> Axes:
    """Predicted effects of one and of two lost U of AU-rich elements; diamonds: the true means."""
    if pairs.is_empty():
        return say(ax, "no pair of losses of an AU-rich element was scored")
    both = pairs.select("one", "two").to_numpy()
    ax.axhline(0, color=GUIDE, linewidth=0.6, zorder=0)
    ax.plot([0, 1], both.T, color=COLOUR_OF["ARE"], alpha=0.3, linewidth=0.8, marker=".")
    ax.plot([0, 1], both.mean(axis=0), color=GENE, linewidth=2, marker="o", label="mean predicted")
    true = pairs.select("true_one", "true_two").to_numpy().mean(axis=0)
    ax.plot([0, 1], true, color=COLOURS[1], linestyle="none", marker="D", label="mean true")
    ax.set_xticks([0, 1], ["one U lost", "two U lost"])
    ax.set(xlim=(-0.3, 1.3), ylabel="predicted effect, log2 (ActD mean)")
    low, high = ax.get_ylim()
    ax.set_ylim(low, high + 0.25 * (high - low))  # room for the legend
    share = values.get(("graded_share", LOSSES))
    ax.legend(fontsize=TICK_PT, frameon=False, loc="upper left",
              title=f"in this order: {_number(share)}", title_fontsize=TICK_PT)  # fmt: skip
    return tidy(ax)


def _called(ax: Axes, values: dict) -> Axes:
    """How many variants without an effect have the size of causal ones, with what is allowed."""
    rows = {group: values[("called_share", group)] for group in CALLED}
    for place, (group, row) in enumerate(rows.items()):
        bar = BARS.get(("called_share", group))
        if bar is not None and bar.high is not None:
            ax.plot([place - 0.35, place + 0.35], [bar.high] * 2, color=REF_LINE, linewidth=1.2)
        if row["value"] is not None:
            ax.plot([place] * 2, [row["ci_low"], row["ci_high"]], color=COLOURS[0], linewidth=1.5)
            ax.plot(place, row["value"], marker="o", markersize=6, color=COLOURS[0])
    ax.set_xticks(range(len(rows)), [f"{CALLED[group]}\nn = {row['n']}"
                                     for group, row in rows.items()])  # fmt: skip
    ax.set(xlim=(-0.5, len(rows) - 0.5), ylim=(-0.01, None),
           ylabel="fraction with the size of causal variants")  # fmt: skip
    return tidy(ax)


def _areas(ax: Axes, rows: Sequence[dict], labels: Sequence[str]) -> Axes:
    """AUROC of some groups with intervals; groups without one say so by their absence."""
    ax.axhline(0.5, color=GUIDE, linewidth=0.8, zorder=0)
    for place, row in enumerate(rows):
        if row["value"] is None:
            continue
        if row["ci_low"] is not None and row["ci_high"] is not None:
            ax.plot([place] * 2, [row["ci_low"], row["ci_high"]], color=COLOURS[0], linewidth=1.5)
        ax.plot(place, row["value"], marker="o", markersize=6, color=COLOURS[0])
    ax.set_xticks(range(len(rows)), [f"{label}\nn = {row['n']}"
                                     for label, row in zip(labels, rows, strict=True)])  # fmt: skip
    lowest = min((row["ci_low"] for row in rows if row["ci_low"] is not None), default=0.4)
    ax.set(xlim=(-0.5, len(rows) - 0.5), ylim=(min(0.3, lowest - 0.03), 1.03), ylabel="AUROC")
    return tidy(ax)


def _note(ax: Axes, lines: Sequence[str]) -> None:
    """Numbers in the lower right corner."""
    ax.text(0.98, 0.03, "\n".join(lines), ha="right", va="bottom", fontsize=TICK_PT,
            transform=ax.transAxes)  # fmt: skip


def _number(row: dict | None, form: str = "%.3f") -> str:
    """Value of a measure as a figure shows it."""
    return UNDEFINED if row is None or row["value"] is None else form % row["value"]
