"""The HTML page of classified reads: how many, what was said of them, with which model."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl

from seqcast.core.provenance import model_in_words
from seqcast.core.store import read_provenance, read_table
from seqcast.reads.outcomes import FLAGS, LABELS, STATUSES
from seqcast.report.pages.rendering import UNDESCRIBED, render


def reads_summary_html(
    tables: Mapping[tuple[str, str], str | Path], descriptions: Mapping[str, str] = UNDESCRIBED
) -> str:
    """The page of all sets of reads of a run, without scripts or outside resources.

    Parameters
    ----------
    tables : mapping
        (model, dataset) to its table of classified reads (parquet).
    descriptions : mapping, optional
        Model to what the table of models says of it.

    Returns
    -------
    str
        A whole HTML document.
    """
    rows = [_row(model, dataset, path) for (model, dataset), path in tables.items()]
    untrained = {row["model"] for row in rows if "random" in row["origin"]}
    return render(
        "reads.html", rows=rows, statuses=STATUSES, flags=FLAGS, untrained=sorted(untrained),
        same_weights=list(dict.fromkeys(found for row in rows for found in row["same_weights"])),
        descriptions=descriptions,
    )  # fmt: skip


def count_reads(table: pl.DataFrame) -> dict[str, int]:
    """Reads of a table: ``all``, and by label, status and flag.

    A read has one status, one label or none, and any number of flags.
    """
    flags = table["flags"].str.split(",").list.explode(keep_nulls=False, empty_as_null=False)
    found = {"all": len(table)}
    for values, known in [(table["label"], LABELS), (table["status"], STATUSES), (flags, FLAGS)]:
        counted = dict(values.value_counts().iter_rows())
        found |= {name: counted.get(name, 0) for name in known}
    return found


def _row(model: str, dataset: str, path: str | Path) -> dict[str, Any]:
    facts = read_provenance(path)
    table = read_table(path, columns=["label", "status", "flags"])
    origin = facts.get("origin", [])
    return {
        "model": model,
        "called": model_in_words({"model": model, **facts}),
        "dataset": dataset,
        "origin": origin if isinstance(origin, list) else [origin],
        "threshold": facts["options"]["threshold"],
        "options": {k: v for k, v in facts["options"].items() if k != "threshold"},
        "records": facts.get("records", {}),
        "counts": count_reads(table),
        "same_weights": facts.get("same_weights", []),
    }
