"""The page of scored variants that a command writes: the page of a run, of one table of scores."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from seqcast.core.provenance import versions
from seqcast.report.run_page.allele_rows import ScoredSet, needed
from seqcast.report.run_page.coverage_views import Drawn, set_views
from seqcast.report.run_page.page import PageContent, write_page


def write_variant_report(
    path: str | Path,
    scores: pl.DataFrame,
    tracks: pl.DataFrame,
    facts: Mapping[str, Any],
    score: str = "logSED",
    tracks_like: str | None = None,
    drawn: Drawn | None = None,
    answers: Sequence[str] = (),
) -> None:
    """Write scored variants as one HTML file, with a table that sorts and searches.

    Parameters
    ----------
    path : path
        The page.
    scores : DataFrame
        One row per ALT allele and gene, as `ensemble.average_scores` returns it.
    tracks : DataFrame
        Its track table.
    facts : mapping
        Its provenance: ``model``, ``origin``, ``same_weights``; ``variants``, the file that they
        came from; ``command``, and ``description`` of the model, which the page says.
    score : str
    tracks_like : str, optional
        Regular expression on descriptions: the tracks to average over. Default: all.
    drawn : Drawn, optional
        The variants whose coverage is shown. Default: none.
    answers : sequence of str
        Lines that say what the variants do (`answers.answer`).
    """
    dataset = Path(str(facts.get("variants", "variants"))).name
    kept = scores.select(needed(scores.columns, score))
    one = ScoredSet(dataset, str(facts.get("model", "model")), kept, tracks)
    content = PageContent(
        title=f"Variants of {dataset}", sets=[one], facts=[facts], score=score,
        tracks_like=tracks_like, views=set_views(one, drawn) if drawn else {},
        descriptions={one.model: facts["description"]} if facts.get("description") else {},
        further={
            "command": facts.get("command", ""), "versions": versions(), "answers": answers,
        },
    )  # fmt: skip
    write_page(content, path)
