"""The page of all properties: methods next to published numbers, and how the rows were split."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from seqcast.core.provenance import ORIGINS
from seqcast.datasets.properties.labelled import MEANINGS, VALID, Property
from seqcast.evaluation.metrics.published import GIVEN, is_published, ours
from seqcast.evaluation.properties.property_metrics import (
    CEILING,
    ESTIMATES,
    OUT_OF_FOLD,
    OVER_FOLDS,
    OWN,
    TEST,
    VALIDATION,
    WITHOUT,
)
from seqcast.predict.properties import BASELINES
from seqcast.report.pages.rendering import UNDESCRIBED, count, figure, render

NAMES = {
    "spearman": "Spearman", "pearson": "Pearson", "r2": "R²", "rmse": "RMSE",
    "roc_auc": "ROC AUC", "average_precision": "AP", "f1": "F1", "mcc": "MCC",
    "macro_roc_auc": "ROC AUC (macro)", "macro_average_precision": "AP (macro)",
}  # fmt: skip
PARTS = {
    TEST: "Test", VALIDATION: "Validation", OUT_OF_FOLD: "All rows, each out of its fold",
    OVER_FOLDS: "Mean over the folds ± standard deviation",
}  # fmt: skip


@dataclass(frozen=True)
class PropertyResults:
    """What the page tells of one property.

    Attributes
    ----------
    definition : Property
    about : mapping
        The cells ``meaning``, ``description``, ``citation`` and dataset of benchmarks.tsv, and
        ``licence`` and ``url`` of the file where it is a source.
    metrics : DataFrame
        As of `property_metrics.evaluate_methods`.
    parts : DataFrame
        As of `duplicates.count_parts`.
    """

    definition: Property
    about: Mapping[str, str]
    metrics: pl.DataFrame
    parts: pl.DataFrame


def properties_html(
    results: Sequence[PropertyResults], descriptions: Mapping[str, str] = UNDESCRIBED
) -> str:
    """The page, without scripts or outside resources.

    Parameters
    ----------
    results : sequence of PropertyResults
        In the order of the page.
    descriptions : mapping, optional
        Model to what the table of models says of it.

    Returns
    -------
    str
        A whole HTML document.
    """
    untrained = [
        method
        for result in results
        for method in result.metrics.filter(
            pl.col("origin").str.contains(ORIGINS["random"], literal=True)
        )["method"].to_list()
    ]
    return render(
        "properties.html",
        {"figure": figure, "count": count},
        baselines=BASELINES,
        meanings=MEANINGS,
        untrained=list(dict.fromkeys(untrained)),
        properties=[_property(result) for result in results],
        descriptions=descriptions,
    )


def _property(result: PropertyResults) -> dict[str, Any]:
    kind, table = result.definition.kind, result.metrics
    used = result.parts.filter(pl.col("status") == VALID)
    return {
        "name": result.definition.name,
        "labels": ", ".join(result.definition.labels),
        "kind": kind,
        "several": len(result.definition.labels) > 1,
        "split": _split(result.definition),
        "about": result.about,
        "columns": [NAMES.get(name, name) for name in ESTIMATES[kind]],
        "groups": [_group(group, kind) for group in _groups(table)],
        "parts": used.to_dicts(),
        "unused": result.parts.filter(pl.col("status") != VALID).to_dicts(),
        "grouped": _is_grouped(result.definition),
        "notes": _notes(table),
        "sources": [s for s in table["source"].unique(maintain_order=True) if s],
    }


def _split(definition: Property) -> str:
    """How rows were put into parts, in words."""
    split = definition.split
    if not split.folds:
        return f"The column {split.column} of the data says the part of each row."
    kept = f"equal {split.column}" if split.column else ""
    if split.identity is not None:
        kept = f"{split.identity:.0%}".replace("%", " %") + " sequence identity or more"
    together = f"rows of {kept} stay in one fold" if kept else "rows are folded one by one"
    return (
        f"{split.folds} folds; {together}. The model of a round learns from {split.folds - 2} "
        "folds, chooses by the next one and is tested on the fold that names the round."
    )


def _is_grouped(definition: Property) -> bool:
    """Whether folds keep rows together, and resamples draw them together."""
    split = definition.split
    return bool(split.folds and (split.column or split.identity))


def _groups(table: pl.DataFrame) -> list[pl.DataFrame]:
    """Rows that belong together: a part of ours with what was published of it, then the rest."""
    own, given = ours(table), table.filter(pl.col("origin") == GIVEN)
    groups = []
    kinds = own.select("part", "duplicates", "rows").unique(maintain_order=True)
    for part, duplicates, which in sorted(kinds.rows(), key=lambda kind: kind[2] == OWN):
        rows = own.filter(
            pl.col("part") == part, pl.col("duplicates") == duplicates, pl.col("rows") == which
        )
        if duplicates != WITHOUT and which != OWN:
            rows = pl.concat([rows, given.filter(pl.col("part") == part)])
        groups.append(rows)
    beside = (pl.col("origin") == GIVEN) & pl.col("part").is_in(own["part"].unique().to_list())
    rest = table.filter(is_published("origin") & ~beside)
    first = [rows for rows in groups if rows["part"][0] in (TEST, OUT_OF_FOLD)]
    return [*first, *(rows for rows in groups if rows["part"][0] not in (TEST, OUT_OF_FOLD)),
            *([rest] if len(rest) else [])]  # fmt: skip


def _group(rows: pl.DataFrame, kind: str) -> dict[str, Any]:
    own = ours(rows)
    title = "Published, of other rows" if own.is_empty() else _title(own)
    by = rows.partition_by("method", "origin", "output", maintain_order=True)
    return {"title": title, "rows": [_row(found, kind) for found in by]}


def _title(own: pl.DataFrame) -> str:
    """Part of some rows, and how many of it they rest on."""
    title = PARTS.get(own["part"][0], own["part"][0])
    if own["duplicates"][0] == WITHOUT:
        title += " without those whose sequence a training row has"
    if own["rows"][0] == OWN:
        return f"{title}, each method on all rows that it predicts"
    lost = own.filter(pl.col("metric") == "not_scored", pl.col("value").is_not_null())
    if lost.is_empty():
        return title
    size, least = lost.select(pl.col("n").max(), pl.col("value").min()).row(0)
    if 0 < least < size:
        return f"{title}, {count(size - least)} of {count(size)} rows: those that all predict"
    return f"{title}, {count(size)} rows"


def _row(found: pl.DataFrame, kind: str) -> dict[str, Any]:
    cells = {row["metric"]: row for row in found.to_dicts()}
    nothing = {"value": None, "ci_low": None, "ci_high": None, "sd": None}
    method = found["method"][0]
    return {
        "method": method,
        "origin": "noise ceiling" if method == CEILING else found["origin"][0],
        "ours": len(ours(found)) > 0,
        "output": found["output"][0],
        "figures": [cells.get(name, nothing) for name in ESTIMATES[kind]],
        "not_scored": cells.get("not_scored", nothing)["value"],
    }


def _notes(table: pl.DataFrame) -> list[str]:
    """What is not defined and why, one line per method and reason."""
    said: dict[str, list[str]] = {}
    for row in table.filter(pl.col("note") != "").to_dicts():
        said.setdefault(f"{row['method']}: {row['note']}", []).append(row["metric"])
    every = max((len(set(names)) for names in ESTIMATES.values()), default=0)
    lines = []
    for text, names in said.items():
        known = [NAMES.get(n, n) for n in dict.fromkeys(names) if n != "not_scored"]
        few = known and len(known) < min(every, 4)
        lines.append(f"{', '.join(known)} of {text}" if few else text)
    return lines
