"""The page of a benchmark: our numbers next to the published ones, and what they took."""

from collections.abc import Mapping
from typing import Any

import polars as pl

from seqcast.core.provenance import ORIGINS
from seqcast.evaluation.metrics.binary import COUNTS, RATES
from seqcast.evaluation.metrics.published import GIVEN, OTHER_ROWS, ours
from seqcast.report.pages.rendering import UNDESCRIBED, count, figure, render

NAMES = {
    "roc_auc": "ROC AUC", "average_precision": "AP", "f1": "F1", "mcc": "MCC",
    "not_scored": "unscored", "tn": "TN", "fp": "FP", "fn": "FN", "tp": "TP",
}  # fmt: skip


def benchmark_html(
    benchmark: str, about: Mapping[str, str], metrics: pl.DataFrame, times: pl.DataFrame,
    descriptions: Mapping[str, str] = UNDESCRIBED,
) -> str:  # fmt: skip
    """The page of one benchmark, without scripts or outside resources.

    Parameters
    ----------
    benchmark : str
    about : mapping
        The cells ``description`` and ``citation`` of benchmarks.tsv.
    metrics : DataFrame
        As `read_metrics.evaluate` returns it. Published numbers of the same reads stand below those
        of their tool, others in a block of their own; tools that this run does not have get rows.
    times : DataFrame
        As `read_metrics.timings` returns it.
    descriptions : mapping, optional
        Model to what the table of models says of it.

    Returns
    -------
    str
        A whole HTML document.
    """
    untrained = pl.col("origin").str.contains(ORIGINS["random"], literal=True)
    return render(
        "benchmark.html",
        {"figure": figure, "count": count},
        benchmark=benchmark,
        about=about,
        columns=[NAMES.get(name, name) for name in RATES],
        counts=[NAMES.get(name, name) for name in COUNTS],
        tables=[
            _table(part, metrics) for part in ours(metrics)["part"].unique(maintain_order=True)
        ],
        untrained=metrics.filter(untrained)["method"].unique(maintain_order=True).to_list(),
        times=times.to_dicts(),
        descriptions=descriptions,
    )


def _table(part: str, metrics: pl.DataFrame) -> dict[str, Any]:
    """Rows of one reference: tools, each above its published numbers; those of other reads."""
    here = metrics.filter(part=part)
    found = ours(here)
    beside, others = here.filter(origin=GIVEN), here.filter(origin=OTHER_ROWS)
    compared = pl.concat([found, beside])
    rows = [
        row
        for (tool,), of_tool in compared.group_by("method", maintain_order=True)
        for row in _rows(tool, of_tool)
    ]
    notes = found.filter(pl.col("note") != "").select("method", "metric", "note").to_dicts()
    said: dict[str, list[str]] = {}
    for note in notes:
        name = NAMES.get(note["metric"], note["metric"])
        said.setdefault(f"{note['method']}: {note['note']}", []).append(name)
    return {
        "reference": part,
        "reads": found.filter(pl.col("metric") == "not_scored")["n"].max(),
        "rows": rows,
        "others": [row for (tool,), of_tool in others.group_by("method", maintain_order=True)
                   for row in _rows(tool, of_tool)],
        "notes": [f"{', '.join(names)} of {text}" for text, names in said.items()],
        "sources": pl.concat([beside, others])["note"].unique(maintain_order=True).to_list(),
    }  # fmt: skip


def _rows(tool: Any, found: pl.DataFrame) -> list[dict[str, Any]]:
    """Rows of a tool: one for each origin of its numbers, ours first."""
    return [
        _row(tool, origin, {row["metric"]: row for row in rows.to_dicts()})
        for (origin,), rows in found.group_by("origin", maintain_order=True)
    ]


def _row(tool: str, origin: str, found: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    nothing = {"value": None, "ci_low": None, "ci_high": None}
    return {
        "tool": tool,
        "origin": origin,
        "figures": [found.get(name, nothing) for name in RATES],
        "counts": [found.get(name, nothing)["value"] for name in COUNTS],
    }
