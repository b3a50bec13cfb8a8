"""A property of mRNAs: measured against predicted, and all methods next to the published ones."""

from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

from seqcast.evaluation.metrics.published import GIVEN
from seqcast.evaluation.metrics.table import BASELINE
from seqcast.evaluation.properties.property_metrics import (
    CEILING,
    MAIN,
    OUT_OF_FOLD,
    TEST,
    VALIDATION,
    WITH,
    best_methods,
    overall,
)
from seqcast.predict.properties.predictions import LABEL, PREDICTION, PROBABILITY
from seqcast.report.figures.style import (
    COLOURS,
    GUIDE,
    LABEL_PT,
    REF_LINE,
    TICK_PT,
    TITLE_PT,
    new_figure,
    plain,
    say,
    tidy,
)

NAMES = {
    "spearman": "Spearman correlation", "pearson": "Pearson correlation", "r2": "R²",
    "rmse": "RMSE", "roc_auc": "ROC AUC", "macro_roc_auc": "mean ROC AUC",
    "average_precision": "average precision", "macro_average_precision": "mean average precision",
    "mcc": "MCC", "f1": "F1",
}  # fmt: skip
WIDTH_IN, TOP_IN, METHOD_IN = 8.4, 3.7, 0.24
MODEL_COLOUR, BASELINE_COLOUR, GIVEN_COLOUR = COLOURS[0], COLOURS[1], COLOURS[2]
LOWEST = -1.0  # of a correlation or R²; what lies below is drawn at the edge


def plot_property(
    name: str, kind: str, labels: Sequence[str], table: pl.DataFrame,
    predictions: Mapping[str, pl.DataFrame],
) -> Figure:  # fmt: skip
    """Best model and best baseline on the test rows, and below a mark a method with its interval.

    All on the same rows: those that all methods predict.

    Parameters
    ----------
    name, kind : str
        Of the property.
    labels : sequence of str
        The first is drawn.
    table : DataFrame
        As of `property_metrics.evaluate_methods`.
    predictions : mapping
        Method to its table of predictions.

    Returns
    -------
    Figure
        Numbers: scatter. Two classes: ROC curves. More: shares of each class that are predicted
        as each. Published numbers of the same rows are diamonds, a ceiling a line.
    """
    shown = overall(table)
    methods = _methods(shown)
    height = TOP_IN + METHOD_IN * len(methods) + 1.0
    figure = new_figure(WIDTH_IN, height)
    heights = [TOP_IN, height - TOP_IN]
    above, below = figure.subfigures(2, 1, squeeze=False, height_ratios=heights).ravel()
    draw = {"regression": _scatter, "binary": _roc, "multiclass": _confusion}[kind]
    chosen, shared = best_methods(table, kind), _shared(predictions)
    for ax, place in zip(above.subplots(1, 2), range(2), strict=True):
        if place < len(chosen):
            method = chosen[place]
            baseline = BASELINE in shown.filter(method=method)["origin"]
            colour = BASELINE_COLOUR if baseline else MODEL_COLOUR
            draw(ax, predictions[method].filter(shared), labels[0], colour)
            ax.set_title(_title(shown, method, kind), fontsize=TITLE_PT, loc="left")
        else:
            say(ax, "No other method predicted this property.")
    axes = below.subplots(1, 2, sharey=True)
    for ax, metric in zip(axes, _panels(shown, kind), strict=True):
        _dots(ax, shown, methods, metric)
    _explain(below, shown, name)
    return figure


def _shared(predictions: Mapping[str, pl.DataFrame]) -> pl.Series:
    """Rows of the test part, or of all folds, that all methods predict, as `common_rows`."""
    tested = (pl.col("part") == TEST) | pl.col("part").str.starts_with("fold")
    there = [
        table.select(
            (tested & pl.all_horizontal(pl.col(rf"^({PREDICTION}|{LABEL})(_.*)?$").is_not_null()))
            .fill_null(False).alias(method)
        ).to_series()
        for method, table in predictions.items()
    ]  # fmt: skip
    return (
        pl.DataFrame([one for one in there if one.any()] or there)
        .select(pl.all_horizontal(pl.all()))
        .to_series()
    )


def _methods(table: pl.DataFrame) -> list[str]:
    """All methods, ours first; not the ceiling."""
    known = table.filter(pl.col("value").is_not_null() | (pl.col("origin") != GIVEN))
    return [m for m in known["method"].unique(maintain_order=True) if m != CEILING]


def _panels(table: pl.DataFrame, kind: str) -> tuple[str, str]:
    """The two metrics to compare by: the second gives way to one that was published."""
    first, second = MAIN[kind]
    told = table.filter(pl.col("origin") == GIVEN)["metric"].unique(maintain_order=True)
    others = [metric for metric in told if metric != first]
    return first, second if second in others or not others else others[0]


def _value(table: pl.DataFrame, method: str, metric: str) -> dict | None:
    """The row of a method's metric on the test part."""
    found = table.filter(
        pl.col("method") == method,
        pl.col("metric") == metric,
        pl.col("part").is_in([TEST, OUT_OF_FOLD]),
        pl.col("duplicates") == WITH,
    )
    return found.row(0, named=True) if len(found) else None


def _title(table: pl.DataFrame, method: str, kind: str) -> str:
    told = [f"{plain(method, 34)}"]
    for metric in MAIN[kind]:
        row = _value(table, method, metric)
        if row and row["value"] is not None:
            told.append(f"{NAMES.get(metric, metric)} {row['value']:.2f}".replace("-", "−"))
    return f"{told[0]}\n{', '.join(told[1:])}"


def _scatter(ax: Axes, rows: pl.DataFrame, label: str, colour: str) -> None:
    """Measured against predicted, on equal axes."""
    truth, guess = rows[f"{LABEL}_{label}"].to_numpy(), rows[f"{PREDICTION}_{label}"].to_numpy()
    if not len(rows):
        say(ax, "No row has a prediction.")
        return
    both = np.concatenate([truth, guess])
    margin = 0.04 * (np.ptp(both) or 1.0)
    ends = (both.min() - margin, both.max() + margin)
    ax.plot(ends, ends, color=GUIDE, linewidth=0.8, zorder=0)
    alpha = float(np.clip(60 / np.sqrt(len(rows)) / 10, 0.15, 0.7))
    ax.scatter(guess, truth, s=12, color=colour, alpha=alpha, linewidths=0)
    ax.set(xlim=ends, ylim=ends, aspect="equal")
    ax.set_xlabel(f"predicted: {plain(label, 30)}")
    ax.set_ylabel(f"measured: {plain(label, 30)}")
    tidy(ax)


def _roc(ax: Axes, rows: pl.DataFrame, label: str, colour: str) -> None:
    """ROC curve of the second class."""
    from sklearn.metrics import roc_curve  # here, as it takes a second: regressions need none

    second = [name for name in rows.columns if name.startswith(f"{PROBABILITY}_")][1]
    positive = rows[LABEL] == second.removeprefix(f"{PROBABILITY}_")
    if positive.n_unique() < 2:
        say(ax, "All test rows are of one class: no curve.")
        return
    false_rate, true_rate, _ = roc_curve(positive, rows[second])
    ax.plot([0, 1], [0, 1], color=GUIDE, linewidth=0.8, zorder=0)
    ax.plot(false_rate, true_rate, color=colour, linewidth=1.4)
    ax.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02), aspect="equal", xticks=[0, 0.5, 1],
           yticks=[0, 0.5, 1])  # fmt: skip
    ax.set_xlabel("false positive rate")
    ax.set_ylabel("true positive rate")
    tidy(ax)


def _confusion(ax: Axes, rows: pl.DataFrame, label: str, colour: str) -> None:
    """Fraction of each measured class that is predicted as each, with the number of rows."""
    from sklearn.metrics import confusion_matrix  # as in `_roc`

    prefix = f"{PROBABILITY}_"
    names = [name.removeprefix(prefix) for name in rows.columns if name.startswith(prefix)]
    counts = confusion_matrix(rows[LABEL], rows[PREDICTION], labels=names)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    shades = LinearSegmentedColormap.from_list("shades", ["white", colour])
    ax.imshow(shares, cmap=shades, vmin=0, vmax=1)
    for (i, j), share in np.ndenumerate(shares):
        ink = "white" if share > 0.6 else "black"
        text = f"{share:.0%}\n{counts[i, j]}"
        ax.text(j, i, text, ha="center", va="center", fontsize=TICK_PT, color=ink)
    ticks, shown = range(len(names)), [plain(name, 14) for name in names]
    ax.set_xticks(ticks, shown)
    ax.set_yticks(ticks, shown)
    ax.set_xlabel(f"predicted: {plain(label, 30)}")
    ax.set_ylabel(f"measured: {plain(label, 30)}")
    tidy(ax)


def _dots(ax: Axes, table: pl.DataFrame, methods: list[str], metric: str) -> None:
    """One line per method: test value with interval, validation as a ring, published ones."""
    here = table.filter(pl.col("metric") == metric, pl.col("value").is_not_null())
    for row in here.filter(pl.col("duplicates") != "without").to_dicts():
        if row["method"] == CEILING:
            ax.axvline(row["value"], color=REF_LINE, linewidth=1.2, linestyle="--", zorder=0)
            continue
        y, x = methods.index(row["method"]), max(row["value"], LOWEST)
        is_test = row["part"] in (TEST, OUT_OF_FOLD)
        if row["origin"] == GIVEN:
            face = GIVEN_COLOUR if is_test else "none"
            ax.plot(x, y, marker="D", markersize=5, color=GIVEN_COLOUR, markerfacecolor=face)
            continue
        colour = BASELINE_COLOUR if row["origin"] == BASELINE else MODEL_COLOUR
        if is_test:
            if row["ci_low"] is not None:
                ends = np.maximum([row["ci_low"], row["ci_high"]], LOWEST)
                ax.plot(ends, [y, y], color=colour, linewidth=1.4)
            mark = "o" if row["value"] >= LOWEST else "<"  # lies further to the left
            ax.plot(x, y, marker=mark, markersize=5, color=colour)
        elif row["part"] == VALIDATION:
            ax.plot(x, y, marker="o", markersize=5, color=colour, markerfacecolor="none", alpha=0.7)
    for method in set(table.filter(pl.col("origin") != GIVEN)["method"]) - set(here["method"]):
        ax.text(0.5, methods.index(method), "left out", color=REF_LINE, fontsize=TICK_PT,
                ha="center", va="center", transform=ax.get_yaxis_transform())  # fmt: skip
    if here["value"].min() is not None and here["value"].min() < 0:  # type: ignore[operator]
        ax.axvline(0, color=GUIDE, linewidth=0.8, zorder=0)
    ax.set_yticks(range(len(methods)), [plain(name, 34) for name in methods])
    ax.set_ylim(len(methods) - 0.4, -0.6)
    ax.grid(axis="y", color="#eeeeee", linewidth=0.8)
    ax.set_axisbelow(True)
    ax.set_xlabel(NAMES.get(metric, metric))
    tidy(ax)


def _explain(figure: Figure, table: pl.DataFrame, name: str) -> None:
    """Say what marks and colours mean, those that are there."""
    there = set(table["origin"])
    given = table.filter(pl.col("origin") == GIVEN)["method"].to_list()
    test = "rows, out of fold" if OUT_OF_FOLD in table["part"] else "test rows"
    rows = table.filter(pl.col("part").is_in([TEST, OUT_OF_FOLD]), pl.col("duplicates") == WITH)
    size = rows.filter(pl.col("value").is_not_null())["n"].max()
    if isinstance(size, int):
        test = f"{size:,} {test}"
    lost = rows.filter(pl.col("metric") == "not_scored", pl.col("value") < pl.col("n"))
    test += ", those that all methods predict" * bool((lost["value"] > 0).any())
    words = [(MODEL_COLOUR, "o", "models")] * bool(there - {BASELINE, GIVEN})
    words += [(BASELINE_COLOUR, "o", "baselines")] * (BASELINE in there)
    words += [(GIVEN_COLOUR, "D", "published")] * any(m != CEILING for m in given)
    words += [(REF_LINE, "--", "ceiling")] * (CEILING in given)
    rings = ["rings: validation rows"] * (VALIDATION in table["part"])
    title = ", ".join([f"filled: {test}, bars 95 % intervals", *rings])
    handles = []
    ax = figure.axes[0]
    for colour, mark, text in words:
        marker, line = ("", mark) if mark == "--" else (mark, "none")
        handles += ax.plot([], [], color=colour, markersize=5, label=text, marker=marker,
                           linestyle=line)  # fmt: skip
    figure.legend(handles=handles, loc="outside lower center", ncols=len(handles), frameon=False,
                  fontsize=TICK_PT, title=title, title_fontsize=TICK_PT)  # fmt: skip
    figure.suptitle(f"{plain(name)}: all methods", fontsize=LABEL_PT, x=0.01, ha="left")
