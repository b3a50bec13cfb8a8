"""The HTML page of embeddings: how many sequences, what was said of them, with which model."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from seqcast.core.provenance import ORIGINS, same_weights
from seqcast.core.store import read_provenance, read_table
from seqcast.predict.embeddings.embedding_outcomes import MEANINGS
from seqcast.report.pages.rendering import UNDESCRIBED, render

EMBEDDED = "embedded"


def embeddings_summary_html(
    tables: Iterable[str | Path], descriptions: Mapping[str, str] = UNDESCRIBED
) -> str:
    """The page of all embeddings of a run, without scripts or outside resources.

    Parameters
    ----------
    tables : iterable of path
        Tables of embeddings (parquet), one per fold of a model and set of sequences.
    descriptions : mapping, optional
        Model to what the table of models says of it.

    Returns
    -------
    str
        A whole HTML document.
    """
    rows = [_row(path) for path in tables]
    untrained = dict.fromkeys(row["called"] for row in rows if row["facts"]["origin"] == "random")
    sections = [
        (
            "Not embedded",
            "statuses",
            [name for name in _names(rows, "statuses") if name != EMBEDDED],
        ),
        ("Flags", "flags", _names(rows, "flags")),
    ]
    return render(
        "embeddings.html", rows=rows, untrained=list(untrained), sections=sections,
        meanings=MEANINGS, origins=ORIGINS, same_weights=same_weights(r["facts"] for r in rows),
        descriptions=descriptions,
    )  # fmt: skip


def count_sequences(table: pl.DataFrame) -> dict[str, Counter[str]]:
    """Sequences of a table by ``statuses``, one each, and ``flags``, any number each."""
    flags = table["flags"].str.split(",").list.explode(keep_nulls=False, empty_as_null=False)
    return {
        "statuses": Counter(table["status"].to_list()),
        "flags": Counter(name for name in flags.to_list() if name),
    }


def _names(rows: Sequence[dict[str, Any]], kind: str) -> list[str]:
    """Statuses or flags that occur, in the order in which their meanings are listed."""
    found = {name for row in rows for name in row[kind]}
    return [name for name in MEANINGS if name in found]


def _row(path: str | Path) -> dict[str, Any]:
    facts = read_provenance(path)
    names = ["status", "flags", "length_nt", "tokens", "log_likelihood", "log_likelihood_per_token"]
    table = read_table(path, columns=names)
    embedded = table.filter(pl.col("status") == EMBEDDED)
    thousands = facts["nucleotides"] / 1000
    return {
        "called": f"{facts['model']} fold {facts['fold']}",
        "dataset": facts["dataset"],
        "facts": facts,
        "all": len(table),
        "embedded": len(embedded),
        "lengths": [embedded["length_nt"].quantile(share) for share in (0, 0.5, 1)],
        "per_token": embedded["log_likelihood_per_token"].median(),
        "options": dict(_options(facts["options"])),
        "cpu_s_per_1000_nt": facts["cpu_s"] / thousands if thousands else None,
        **count_sequences(table),
    }


def _options(options: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Options in words, without those that are not used."""
    for name, value in options.items():
        if isinstance(value, bool):
            yield name, "yes" if value else "no"
        elif value not in (None, []):
            yield name, ", ".join(map(str, value)) if isinstance(value, list) else str(value)
