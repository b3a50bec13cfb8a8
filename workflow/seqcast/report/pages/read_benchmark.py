"""The page of a benchmark: our numbers next to the published ones, and what they took."""

from collections.abc import Mapping
from typing import Any

import polars as pl

from seqcast.core.provenance import ORIGINS
from seqcast.evaluation.metrics.binary import COUNTS, RATES
from seqcast.report.pages.rendering import count, figure, render

NAMES = {
    "roc_auc": "ROC AUC", "average_precision": "AP", "f1": "F1", "mcc": "MCC",
    "not_scored": "unscored", "tn": "TN", "fp": "FP", "fn": "FN", "tp": "TP",
}  # fmt: skip


def benchmark_html(
    benchmark: str, citation: str, metrics: pl.DataFrame, times: pl.DataFrame,
    published: pl.DataFrame,
) -> str:  # fmt: skip
    """The page of one benchmark, without scripts or outside resources.

    Parameters
    ----------
    benchmark, citation : str
    metrics : DataFrame
        As `read_metrics.evaluate` returns it.
    times : DataFrame
        As `read_metrics.timings` returns it.
    published : DataFrame
        `read_metrics.PUBLISHED`; tools that this run does not have get rows of their own.

    Returns
    -------
    str
        A whole HTML document.
    """
    references = metrics["reference"].unique(maintain_order=True).to_list()
    untrained = pl.col("origin").str.contains(ORIGINS["random"], literal=True)
    return render(
        "benchmark.html",
        {"figure": figure, "count": count},
        benchmark=benchmark,
        citation=citation,
        protocols=metrics["protocol"].unique(maintain_order=True).to_list(),
        columns=[NAMES.get(name, name) for name in RATES],
        counts=[NAMES.get(name, name) for name in COUNTS],
        tables=[_table(name, metrics, published) for name in references],
        untrained=metrics.filter(untrained)["tool"].unique(maintain_order=True).to_list(),
        times=times.to_dicts(),
    )


def _table(reference: str, metrics: pl.DataFrame, published: pl.DataFrame) -> dict[str, Any]:
    """Rows of one reference: each tool, and below it its published numbers."""
    here = metrics.filter(pl.col("reference") == reference)
    told = published.filter((pl.col("reference") == reference) & (pl.col("sample") == ""))
    tools = here["tool"].unique(maintain_order=True).to_list()
    rows = []
    for tool in [*tools, *(t for t in told["tool"].unique(maintain_order=True) if t not in tools)]:
        found = {row["metric"]: row for row in here.filter(pl.col("tool") == tool).to_dicts()}
        if found:
            rows.append(_row(tool, next(iter(found.values()))["origin"], found))
        theirs = {
            row["metric"]: {"value": row["value"], "ci_low": None, "ci_high": None, "note": ""}
            for row in told.filter(pl.col("tool") == tool).to_dicts()
        }
        if theirs:
            rows.append(_row(tool, "published", theirs))
    notes = here.filter(pl.col("note") != "").select("tool", "metric", "note").to_dicts()
    said: dict[str, list[str]] = {}
    for note in notes:
        name = NAMES.get(note["metric"], note["metric"])
        said.setdefault(f"{note['tool']}: {note['note']}", []).append(name)
    return {
        "reference": reference,
        "reads": here.filter(pl.col("metric") == "not_scored")["n"].max(),
        "rows": rows,
        "notes": [f"{', '.join(names)} of {text}" for text, names in said.items()],
    }


def _row(tool: str, origin: str, found: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    nothing = {"value": None, "ci_low": None, "ci_high": None}
    return {
        "tool": tool,
        "origin": origin,
        "figures": [found.get(name, nothing) for name in RATES],
        "counts": [found.get(name, nothing)["value"] for name in COUNTS],
    }
