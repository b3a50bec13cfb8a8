"""What the first section of a run's page says: counts of statuses, and how good models are."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from seqcast.core.store import read_tsv
from seqcast.evaluation.metrics.published import ours
from seqcast.genome.variants import OUTCOMES, REASONS
from seqcast.report.pages.benchmarks import NAMES, BenchmarkResults
from seqcast.report.pages.planted_truth import QUESTIONS

METHODS = 3  # of each benchmark


def statuses(rows: pl.DataFrame) -> list[dict[str, Any]]:
    """Count and meaning of each status of `allele_rows.allele_rows`, "scored" first."""
    counts = rows["status"].value_counts(name="n").to_dicts()
    counts.sort(key=lambda row: (row["status"] != "scored", -row["n"], row["status"]))
    meanings = OUTCOMES | REASONS
    return [{**row, "meaning": meanings.get(row["status"], "")} for row in counts]


def planted_line(model: str, path: str | Path, chapter: str | None) -> dict[str, Any]:
    """How many acceptance tests on simulated ground truth a model meets, and which it does not.

    Parameters
    ----------
    model : str
    path : path
        Table of `planted_metrics.evaluate`.
    chapter : str, optional
        Anchor of the page of all numbers.
    """
    found = {(row["measure"], row["group"]): row for row in read_tsv(path).to_dicts()}
    asked = [(words, found[key]["verdict"]) for key, words in QUESTIONS.items() if key in found]
    missed = [words for words, verdict in asked if not verdict.startswith("met")]
    return {"model": model, "asked": len(asked), "met": len(asked) - len(missed), "missed": missed,
            "chapter": chapter}  # fmt: skip


def benchmark_lines(found: Sequence[BenchmarkResults]) -> list[Mapping[str, Any]]:
    """The best methods of each benchmark by its first metric, in the first part that has it."""
    lines: list[Mapping[str, Any]] = []
    for one in found:
        for metric in one.metrics[:1]:
            known = ours(one.results).filter(pl.col("value").is_not_null(), metric=metric)
            first = known.filter(part=known["part"][0]) if len(known) else known
            best = first.sort("value", descending=True, maintain_order=True).head(METHODS)
            lines += [{**row, "metric": NAMES.get(metric, metric)} for row in best.to_dicts()]
    return lines
