"""HTML page that sets models of coverage and models of mRNAs next to each other."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl

from seqcast.core.provenance import is_untrained, model_in_words
from seqcast.evaluation.variants.agreement import Comparison, Measure
from seqcast.evaluation.variants.cross_model import (
    CALLED,
    Across,
    leading,
    most_different,
)
from seqcast.genome.variants import OUTCOMES, REASONS
from seqcast.report.pages.rendering import UNDESCRIBED, render

STRONGEST = 15  # rows shown of each of the two first measures
DIFFERING = 15  # rows shown on which models differ most


def untrained_models(models: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Models of which a fold has random weights.

    Parameters
    ----------
    models : mapping
        Model to its provenance: ``origin`` (`provenance.ORIGINS`), one name or a list of them.
    """
    return [model for model, facts in models.items() if is_untrained(facts)]


def comparison_html(
    dataset: str,
    compared: Comparison,
    models: Mapping[str, Mapping[str, Any]],
    truth: pl.DataFrame | None = None,
    descriptions: Mapping[str, str] = UNDESCRIBED,
    across: Across | None = None,
) -> str:
    """The page of one set of variants.

    Parameters
    ----------
    dataset : str
    compared : Comparison
    models : mapping
        As `joined_scores.read_scored` returns it.
    truth : DataFrame, optional
        As `known_effects.tell_causal` returns it.
    descriptions : mapping, optional
        Model to what the table of models says of it.
    across : Across, optional
        As `cross_model.read_across` returns it.

    Returns
    -------
    str
        A whole HTML document.
    """
    statuses = compared.statuses
    explained = OUTCOMES | REASONS
    return render(
        "comparison.html",
        dataset=dataset,
        models=statuses.columns[1:],
        told=models_in_words(compared.measures, models),
        statuses=[
            {"status": status, "explanation": explained.get(status, ""), "counts": counts}
            for status, *counts in statuses.iter_rows()
        ],
        sums=[int(statuses[model].sum()) for model in statuses.columns[1:]],
        correlations=compared.correlations.to_dicts(),
        untrained=untrained_models(models),
        same_weights=[words for made in models.values() for words in made.get("same_weights", [])],
        truth=[] if truth is None else truth.to_dicts(),
        descriptions=descriptions,
        **_strongest(compared.table, compared.measures),
        **(_across(across, compared.measures) if across else {"across": False}),
    )


def models_in_words(
    measured: Sequence[Measure], models: Mapping[str, Mapping[str, Any]]
) -> list[str]:
    """Each model with its folds, and those of coverage with the tracks that they are reduced over.

    Parameters
    ----------
    measured : sequence of Measure
    models : mapping
        As `joined_scores.read_scored` returns it.
    """
    over = {m.model: f": {m.score} over {m.over}" for m in measured if m.over}
    return [
        model_in_words({**made, "model": model}) + over.get(model, "")
        for model, made in models.items()
    ]


def _strongest(table: pl.DataFrame, measured: Sequence[Measure]) -> dict[str, Any]:
    """The rows that the first measure of either kind puts first, with their places in both."""
    main = [measure for measure in measured if measure.is_main]
    first = [next(m for m in main if m.kind == kind) for kind in ("coverage", "mrna")]
    places = [_places(measure.size(table)) for measure in first]
    best = np.fmin(*places)
    order = np.argsort(best, kind="stable")  # NaN, without a place, at the end
    chosen = order[: int((best <= STRONGEST).sum())]
    rows = table[chosen.tolist()].to_dicts()
    for row, at in zip(rows, chosen, strict=True):
        row["numbers"] = [row[measure.column] for measure in main]
        row["places"] = [None if np.isnan(place[at]) else int(place[at]) for place in places]
    headings = [(measure.model, _unsized(measure.score)) for measure in main]
    pairs = int(np.isfinite(best).sum())
    return {"rows": rows, "pairs": pairs, "headings": headings, "leading": first}


def _across(across: Across, measured: Sequence[Measure]) -> dict[str, Any]:
    """Calls, the stack, and the rows on which models differ most."""
    table, numbers, among = across
    named = leading(measured)
    rows = most_different(table, DIFFERING).to_dicts()
    for row in rows:
        row["shares"] = [row[f"{measure.model}.percentile"] for measure in named]
        row["numbers"] = [row[measure.column] for measure in named]
    matched = table.filter(pl.col("kind") == "matched").drop_nulls(f"{named[0].model}.percentile")
    of_measure = {
        key: numbers.filter(pl.col("measure").str.starts_with(key)).to_dicts()
        for key in ("called", "auroc")
    }
    return {
        "across": True, "called": of_measure["called"], "stack": of_measure["auroc"],
        "differing": rows, "named": named, "least": CALLED, "among": among,
        "controls": matched.height,
    }  # fmt: skip


def _unsized(score: str) -> str:
    """The name of a score that is shown with its sign."""
    return score.strip("|") if score.startswith("|") else score


def _places(sizes: np.ndarray) -> np.ndarray:
    """Place of each row by size, 1 for the largest (of equals the first), NaN without a size."""
    order = np.argsort(-sizes, kind="stable")
    places = np.full(len(sizes), np.nan)
    places[order] = np.arange(1, len(sizes) + 1)
    places[np.isnan(sizes)] = np.nan
    return places
