"""The page of all benchmarks of a run: ours, published and baseline, and how numbers were made."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from seqcast.core.errors import InputError
from seqcast.core.provenance import ORIGINS
from seqcast.core.store import atomic, read_tsv, write_tsv
from seqcast.evaluation.metrics.published import (
    GIVEN,
    OTHER_ROWS,
    is_published,
    ours,
    unmatched,
)
from seqcast.evaluation.metrics.table import NOT_SCORED, RESULTS, VALUES
from seqcast.report.pages.benchmark_verdicts import (
    CORRECTED,
    DIFFERENCE,
    p_in_words,
    verdicts,
)
from seqcast.report.pages.rendering import TEMPLATES, count, figure, render

HIDDEN = (DIFFERENCE, "_difference_p", CORRECTED, "_sd", "_se")  # ends of metrics
# What is shown of each protocol, the first two in the figure; others are in the table of results.
SHOWN = {
    "classification": ("roc_auc", "average_precision"),
    "matched_pairs": ("roc_auc", "average_precision", "pairwise_accuracy", "roc_auc_of_draws",
                      "average_precision_of_draws"),
    "match_groups": ("auprc_by_chromosome", "average_precision_of_draws", "roc_auc",
                     "roc_auc_of_draws"),
    "coefficients": ("spearman", "sign_roc_auc", "pearson", "class_roc_auc"),
    "regression": ("spearman", "r2"),
    "binary": ("roc_auc", "average_precision"),
    "multiclass": ("accuracy", "macro_roc_auc"),
}  # fmt: skip
NAMES = {
    "roc_auc": "ROC AUC", "average_precision": "average precision", "r2": "R²",
    "roc_auc_of_draws": "ROC AUC, mean of draws of 80 %",
    "average_precision_of_draws": "average precision, mean of draws of 80 %",
    "auprc_by_chromosome": "AUPRC, mean over chromosomes", "pairwise_accuracy": "pairwise accuracy",
    "sign_roc_auc": "ROC AUC of the sign", "class_roc_auc": "ROC AUC of the class",
    "macro_roc_auc": "ROC AUC, mean over classes", "spearman": "Spearman", "pearson": "Pearson",
}  # fmt: skip
SENTENCES = {
    "matched_pairs": "A positive variant and the negatives matched to it form a group. Intervals "
    "are of a bootstrap over groups. Numbers of draws are means over 100 draws of 80 % of the "
    "pairs, without replacement, with the 10 % and 90 % quantiles: narrower than an interval.",
    "match_groups": "A positive variant and the negatives matched to it form a group. The AUPRC "
    "over chromosomes weights each by its positives, as TraitGym does; its interval is 1.96 "
    "standard errors. Numbers of draws are means over 1,000 draws of 80 % of the positives with "
    "their negatives, as Borzuki gives them, with the 10 % and 90 % quantiles. The two are "
    "different metrics.",
    "coefficients": "Signed scores are compared with the coefficients of fine-mapped eQTLs, "
    "tissue by tissue.",
    "classification": "Each method is evaluated on what it scored.",
}
DOI = re.compile(r"10\.\d{4,}/[^\s,;)\]}]+")


@dataclass(frozen=True)
class BenchmarkResults:
    """What the page tells of a benchmark.

    Attributes
    ----------
    about : mapping
        Its row of benchmarks.tsv, with ``resamples`` and ``seed`` where the config has them.
    results : DataFrame
        `metrics.table.RESULTS`.
    """

    about: Mapping[str, Any]
    results: pl.DataFrame

    @property
    def metrics(self) -> list[str]:
        """What is shown of it."""
        found = ours(self.results)["metric"].unique(maintain_order=True).to_list()
        wanted = [name for name in SHOWN.get(self.about["protocol"], ()) if name in found]
        rates = [
            name for name in found
            if name != NOT_SCORED and not name.endswith(HIDDEN)
        ]  # fmt: skip
        return wanted or rates[:2]

    @property
    def names(self) -> list[str]:
        """Names of its `metrics`, on axes."""
        return [NAMES.get(name, name) for name in self.metrics]

    @property
    def untrained(self) -> list[str]:
        """Methods with random weights."""
        random = pl.col("origin").fill_null("").str.contains(ORIGINS["random"], literal=True)
        return self.results.filter(random)["method"].unique(maintain_order=True).to_list()


def read_benchmarks(
    results: Sequence[str | Path], about: Sequence[Mapping[str, Any]]
) -> list[BenchmarkResults]:
    """Tables of results, with their rows of benchmarks.tsv.

    Raises
    ------
    InputError
        If a table lacks a column.
    """
    return [BenchmarkResults(row, _read(path)) for row, path in zip(about, results, strict=True)]


def write_benchmarks(
    found: Sequence[BenchmarkResults], figures: Sequence[str | Path], page: str | Path,
    table: str | Path,
) -> None:  # fmt: skip
    """Write the page of all benchmarks, and their results as one table.

    Parameters
    ----------
    found : sequence of BenchmarkResults
    figures : sequence of path
        SVG of each, which the page holds.
    page : path
        HTML. BibTeX entries are those whose key or DOI a citation or source names.
    table : path
        TSV of `metrics.table.RESULTS`.
    """
    write_tsv(pl.concat([one.results for one in found]), table)
    entries = (TEMPLATES / "citations.bib").read_text(encoding="utf-8")
    html = benchmarks_html(found, figures, cited(entries, found))
    with atomic(page) as temporary:
        temporary.write_text(html, encoding="utf-8")


def benchmarks_html(
    found: Sequence[BenchmarkResults], figures: Sequence[str | Path], entries: str
) -> str:
    """The page, its figures within it."""
    return render(
        "benchmarks.html", {"figure": figure, "count": count},
        sections=[_section(one, path) for one, path in zip(found, figures, strict=True)],
        entries=entries,
    )  # fmt: skip


def cited(bibliography: str, found: Sequence[BenchmarkResults]) -> str:
    """Entries of a BibTeX file whose key or DOI the benchmarks name."""
    texts = [str(one.about.get("citation") or "") for one in found]
    for one in found:
        texts += one.results.filter(is_published("origin"))["note"].unique().sort().to_list()
    said = " ".join(texts)
    kept = []
    for entry in re.split(r"\n(?=@)", bibliography.strip()):
        key = re.match(r"@\w+\{([^,\s]+),", entry)
        doi = DOI.search(entry)
        if key and (key[1] in said or (doi and doi[0] in said)):
            kept.append(entry.strip())
    return "\n\n".join(kept)


def _read(path: str | Path) -> pl.DataFrame:
    """A table of `RESULTS`."""
    table = read_tsv(path)
    if missing := [name for name in RESULTS if name not in table.columns]:
        raise InputError(f"{path} has no column {missing[0]}; expected {', '.join(RESULTS)}")
    numbers = (pl.col(name).replace("", None).cast(kind) for name, kind in VALUES.items())
    return table.with_columns(numbers).select(*RESULTS)


def _section(one: BenchmarkResults, path: str | Path) -> dict[str, Any]:
    """What the page tells of a benchmark."""
    results, about = one.results, one.about
    return {
        "about": about,
        "figure": Path(path).read_text(encoding="utf-8").partition("<svg")[2],
        "methods": _methods(one),
        "verdicts": [
            text
            for pair in list(zip(one.metrics, one.names, strict=True))[:1]
            for text in verdicts(results, *pair)
        ],
        "tables": [_table(results, metric) for metric in one.metrics],
        "differences": _differences(results, one.metrics),
        "others": _others(results),
        "unmatched": unmatched(results).to_dicts(),
        "not_scored": _not_scored(results),
        "untrained": one.untrained,
        "no_published": results.filter(is_published("origin")).is_empty(),
        "table": f"../benchmarks/{about['benchmark']}.tsv",
    }


def _methods(one: BenchmarkResults) -> str:
    """How the numbers were made, from the parameters of the run."""
    about, parts = one.about, [SENTENCES.get(one.about["protocol"], "")]
    told = {
        "score": "score",
        "tracks": "tracks",
        "genes": "gene named by INFO/",
        "split": "split by",
    }
    scored = [
        f"{words}{'' if words.endswith('/') else ': '}{about[cell]}"
        for cell, words in told.items()
        if about.get(cell) not in (None, "", "max")
    ]
    settings = "; ".join(scored)
    parts.append(f"{settings[0].upper()}{settings[1:]}." if settings else "")
    if about.get("resamples"):
        parts.append(
            f"95 % intervals: percentiles of {count(about['resamples'])} bootstrap resamples"
            + (f", seed {about['seed']}." if about.get("seed") is not None else ".")
        )
    return " ".join(filter(None, parts))


def _table(results: pl.DataFrame, metric: str) -> dict[str, Any]:
    """Methods by parts; a published number of the same rows is shown next to ours."""
    found = results.filter(metric=metric)
    mine, given = ours(found), found.filter(origin=GIVEN)
    parts = mine["part"].unique(maintain_order=True)
    published = {(r["method"], r["part"]): r for r in given.iter_rows(named=True)}
    rows = []
    for (method,), of_method in mine.group_by("method", maintain_order=True):
        cells = {row["part"]: row for row in of_method.iter_rows(named=True)}
        rows.append({
            "method": method,
            "origin": of_method["origin"][0] or "",
            "cells": [(cells.get(part), published.pop((method, part), None)) for part in parts],
        })  # fmt: skip
    beside = [method for method, part in published if part in parts]
    for method in dict.fromkeys(beside):
        given_here = [(None, published.get((method, part))) for part in parts]
        rows.append({"method": method, "origin": GIVEN, "cells": given_here})
    sizes = {part: mine.filter(part=part)["n"].max() for part in parts}
    return {
        "name": NAMES.get(metric, metric),
        "parts": [(part, sizes[part]) for part in parts],
        "rows": rows,
        "notes": [
            f"{row['method']}, {row['part']}: {row['note']}"
            for row in mine.filter(pl.col("value").is_null()).iter_rows(named=True)
            if row["note"]
        ],
    }


def _others(results: pl.DataFrame) -> list[dict[str, Any]]:
    """Published numbers of other rows: a table per metric, methods by parts, and their sources."""
    found, tables = results.filter(origin=OTHER_ROWS), []
    known = ours(results)["part"].unique(maintain_order=True).to_list()
    for (metric,), of_metric in found.group_by("metric", maintain_order=True):
        named = of_metric["part"].unique(maintain_order=True).to_list()
        parts = sorted(named, key=lambda part: known.index(part) if part in known else len(known))
        rows = [
            (method, [of_method.filter(part=part)["value"].to_list() for part in parts])
            for (method,), of_method in of_metric.group_by("method", maintain_order=True)
        ]
        sources = [
            (", ".join(rows["method"].unique(maintain_order=True)), note)
            for (note,), rows in of_metric.group_by("note", maintain_order=True)
        ]
        tables.append({"name": NAMES.get(str(metric), metric), "parts": parts, "rows": rows,
                       "sources": sources})  # fmt: skip
    return tables


def _differences(results: pl.DataFrame, metrics: Sequence[str]) -> list[dict[str, Any]]:
    """Differences of methods on the same rows, in the first part and metric that has any."""
    for metric in metrics:
        found = results.filter(metric=f"{metric}{DIFFERENCE}")
        if len(found):
            first = found.filter(part=found["part"][0])
            corrected = results.filter(metric=f"{metric}{CORRECTED}", part=found["part"][0])
            p = dict(corrected.select("method", "value").iter_rows())
            told = {"metric": NAMES.get(metric, metric), "compared": len(corrected)}
            return [
                {**row, **told, "p": p_in_words(p.get(row["method"]))} for row in first.to_dicts()
            ]
    return []


def _not_scored(results: pl.DataFrame) -> list[dict[str, Any]]:
    """Of the first part: how many rows of how many take no part in the numbers of a method."""
    left_out = ours(results).filter(pl.col("metric") == NOT_SCORED, pl.col("value") > 0)
    return left_out.unique("method", keep="first", maintain_order=True).to_dicts()
