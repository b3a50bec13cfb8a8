"""Write pages that hold their data: all that is in a page is gathered here."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import polars as pl

from seqcast.core.provenance import is_untrained
from seqcast.core.store import atomic
from seqcast.evaluation.coverage.training_verdicts import POOR
from seqcast.predict.variants.ranking import describe_tracks, select_tracks
from seqcast.report.pages.rendering import (
    count,
    figure,
    number,
    render,
    shorten,
    thousands,
)
from seqcast.report.run_page.allele_rows import (
    MOST_ROWS,
    ScoredSet,
    allele_key,
    allele_rows,
    listed_rows,
    table_data,
)
from seqcast.report.run_page.assets import charts, packed, scripts, styles, vendored
from seqcast.report.run_page.chapters import Chapter
from seqcast.report.run_page.gene_effects import gene_effects, track_groups
from seqcast.report.run_page.overview import statuses
from seqcast.report.run_page.variant_details import Details, variant_details

FILTERS: dict[str, Callable] = {
    "count": count, "figure": figure, "number": number, "shorten": shorten, "thousands": thousands,
}  # fmt: skip
STRONGEST = 10  # of the overview
NAMED = {"strongest_track": "Strongest track", "dataset": "Dataset", "model": "Model"}  # there
MOST_DETAILED = 500  # ALT alleles whose effects on all genes are in the page
WORDS = {
    "not_detailed": f"The page has the effects on all genes of its first {MOST_DETAILED} rows; "
    "those of this one are in the table of scores that Provenance names.",
    "not_drawn": "Coverage is predicted for the strongest variants only (report.top of the "
    "config); this is not one of them.",
    "effects": "Mean score over the tracks of each group, ALT minus REF; empty where the ALT "
    "allele has no score for the gene.",
    "coverage": "Predicted coverage of the gene's strand, mean over folds, in bins of {} bp; REF "
    "grey, ALT orange, the variant a dashed line. All rows have one scale. Genes: lines from the "
    "first to the last exon, bars for exons, higher bars for coding sequence.",
    "decay": "Sum of the predicted coverage of the gene's exons, relative to the first time.",
    "half_lives": "Of the gene that changes most, as the model predicts them: of a decay fitted to "
    "each fold, geometric means over the folds. Change: log2 of ALT over REF, positive if ALT is "
    "more stable; SD over folds.",
    "models": "Scores of the same ALT allele and gene. Percentile: the fraction of null "
    "variants of its class that have a smaller effect; without null variants, of the matched "
    "controls of the dataset, or of all its variants.",
    "map": "What the bases around the variant contribute to the gene in the reference: minus the "
    "mean effect of replacing a base by the three others (bars), and the effect of each "
    "replacement (colours; orange raises), for the group of tracks '{}'. Bases are those of the "
    "forward strand.",
}


@dataclass(frozen=True)
class PageContent:
    """What a page is made of.

    Attributes
    ----------
    title : str
    sets : sequence of ScoredSet
    facts : sequence of mapping
        Provenance of each set: ``origin``, ``same_weights``.
    score : str
    tracks_like : str, optional
        See `allele_rows`.
    views : mapping
        (dataset, model, `allele_key` values) to `coverage_view`.
    details : mapping
        (dataset, model) to its `Details`.
    chapters : sequence of Chapter
    descriptions : mapping
        Model to what the table of models says of it.
    further : mapping
        What the template ``run_page.html`` shows besides: ``answers``, ``planted``, ``trainings``,
        ``benchmarks``, ``files``, ``command``, ``versions``.
    """

    title: str
    sets: Sequence[ScoredSet]
    facts: Sequence[Mapping[str, Any]]
    score: str = "logSED"
    tracks_like: str | None = None
    views: Mapping[tuple[Any, ...], Mapping[str, Any]] = field(default_factory=dict)
    details: Mapping[tuple[str, str], Details] = field(default_factory=dict)
    chapters: Sequence[Chapter] = ()
    descriptions: Mapping[str, str] = field(default_factory=dict)
    further: Mapping[str, Any] = field(default_factory=dict)

    @cached_property
    def tables(self) -> list[pl.DataFrame]:
        """`allele_rows` of each set."""
        return [allele_rows(one, self.score, self.tracks_like) for one in self.sets]


def write_page(content: PageContent, path: str | Path, most_rows: int = MOST_ROWS) -> None:
    """Write a page as one HTML file, atomically; equal contents give equal bytes."""
    html = page_html(content, most_rows)
    with atomic(path) as temporary:
        temporary.write_text(html, encoding="utf-8")


def page_html(content: PageContent, most_rows: int = MOST_ROWS) -> str:
    """The whole document.

    Parameters
    ----------
    content : PageContent
    most_rows : int
        See `listed_rows`.
    """
    tables = content.tables
    rows = listed_rows(tables, most_rows) if tables else pl.DataFrame()
    total = sum(map(len, tables))
    nothing: dict[str, Any] = {
        "answers": [],
        "planted": [],
        "trainings": [],
        "benchmarks": [],
        "files": [],
        "costs": [],
        "command": "",
    }
    return render(
        "run_page.html", FILTERS,
        title=content.title, lead=_lead(content, tables), listed=total > 0, total=total,
        rows_in_words=_rows_in_words(total, len(rows)), score=content.score,
        tracks=_tracks_in_words(content),
        sets=[{**_names(one), "statuses": statuses(table)}
              for one, table in zip(content.sets, tables, strict=True)],
        untrained=_untrained(content), same_weights=same_weights_of(content.facts),
        descriptions=content.descriptions, chapters=content.chapters,
        **_strongest(rows), **_has(rows),
        packed=packed(_data(content, rows)), scripts=scripts(), styles=styles(),
        vendored=vendored(),
        **{**nothing, **content.further},
    )  # fmt: skip


def same_weights_of(facts: Sequence[Mapping[str, Any]]) -> list[str]:
    """Folds that are one model counted several times, each once."""
    told = [words for one in facts for words in one.get("same_weights", [])]
    return list(dict.fromkeys(told))


def _names(one: ScoredSet) -> dict[str, str]:
    return {"dataset": one.dataset, "model": one.model}


def _lead(content: PageContent, tables: Sequence[pl.DataFrame]) -> str:
    """How much was scored, in one sentence."""
    if not tables:
        return "No variants were scored in this run."
    scored = sum(int((table["status"] == "scored").sum()) for table in tables)
    total = sum(map(len, tables))
    models = ", ".join(dict.fromkeys(one.model for one in content.sets))
    datasets = ", ".join(dict.fromkeys(one.dataset for one in content.sets))
    return f"{scored:,} of {total:,} ALT alleles of {datasets} were scored by {models}."


def _rows_in_words(total: int, listed: int) -> str:
    if listed == total:
        return "One row per ALT allele, with the gene that it changes most."
    return (
        f"{total:,} ALT alleles are more than a page holds. Of each gene the strongest one is "
        "listed, with the number of ALT alleles that it stands for; those without a score are "
        "counted by status. All are in the tables that Provenance names."
    )


def _tracks_in_words(content: PageContent) -> str:
    told = [
        describe_tracks(
            len(select_tracks(one.tracks, content.tracks_like)), len(one.tracks),
            content.tracks_like,
        )
        for one in content.sets
    ]  # fmt: skip
    return "; ".join(dict.fromkeys(told))


def _untrained(content: PageContent) -> list[str]:
    """Models of which a fold has random weights."""
    pairs = zip(content.sets, content.facts, strict=True)
    return list(dict.fromkeys(one.model for one, facts in pairs if is_untrained(facts)))


def _strongest(rows: pl.DataFrame) -> dict[str, Any]:
    """The first rows that have a score; the columns in which they differ, and words for others."""
    if "size" not in rows.columns:
        return {"strongest": [], "differing": {}, "alike": []}
    first = rows.head(STRONGEST).filter(pl.col("size").is_not_null())
    differing = {name: title for name, title in NAMED.items() if first[name].n_unique() > 1}
    alike = [f"{title} of all: {first[name][0]}" for name, title in NAMED.items()
             if name not in differing and len(first)]  # fmt: skip
    return {"strongest": first.to_dicts(), "differing": differing, "alike": alike}


def _has(rows: pl.DataFrame) -> dict[str, bool]:
    """Which columns of the overview have a value."""
    asked = {"has_spread": "fold_sd", "has_percentile": "percentile",
             "has_consequence": "consequence"}  # fmt: skip
    return {
        name: column in rows.columns and rows[column].count() > 0 for name, column in asked.items()
    }


def _data(content: PageContent, rows: pl.DataFrame) -> dict[str, Any]:
    """What the scripts of the page read."""
    return {
        "table": table_data(rows), "charts": charts(), "words": WORDS,
        "groups": {one.model: list(track_groups(one.tracks)) for one in content.sets},
        "effects": _effects(content, rows.head(MOST_DETAILED)), "views": _views(content, rows),
        "details": _details(content, rows.head(MOST_DETAILED)), "links": _links(content),
        "poor": _poor(content),
    }  # fmt: skip


def _effects(content: PageContent, rows: pl.DataFrame) -> dict[str, list[list[Any]]]:
    """Place in the page to the effects on all genes of its ALT allele."""
    found: dict[str, list[list[Any]]] = {}
    places = rows.with_row_index("place_in_page")
    for one in content.sets:
        key = allele_key(one.scores)
        mine = places.filter(dataset=one.dataset, model=one.model).select("place_in_page", *key)
        scores = one.scores.join(mine, on=key, how="inner", maintain_order="left")
        effects = gene_effects(scores, content.score, track_groups(one.tracks))
        for place, effect in zip(scores["place_in_page"], effects, strict=True):
            found.setdefault(str(place), []).append(effect)
    return found


def _details(content: PageContent, rows: pl.DataFrame) -> dict[str, Any]:
    """Place in the page to the details of its ALT allele."""
    found: dict[str, Any] = {}
    places = rows.with_row_index("place_in_page")
    for one in content.sets:
        if (pair := (one.dataset, one.model)) in content.details:
            mine = places.filter(dataset=one.dataset, model=one.model)
            found |= variant_details(mine, allele_key(one.scores), content.details[pair])
    return found


def _poor(content: PageContent) -> dict[str, list[tuple[str, str]]]:
    """Model to words and link of each of its trainings that is poor."""
    found: dict[str, list[tuple[str, str]]] = {}
    for one in content.further.get("trainings", ()):
        if one["grade"] == POOR:
            words = f"POOR MODEL: {one['model']}, fold {one['fold']}; {one['note']}."
            found.setdefault(one["model"], []).append((words, one["href"]))
    return found


def _links(content: PageContent) -> dict[str, list[tuple[str, str]]]:
    """Model or dataset to the anchors and titles of the chapters that are about it."""
    names = {name for one in content.sets for name in (one.dataset, one.model)}
    return {
        name: [(one.name, one.title) for one in content.chapters if name in one.subjects]
        for name in sorted(names)
    }


def _views(content: PageContent, rows: pl.DataFrame) -> dict[str, Mapping[str, Any]]:
    """Place in the page to what is drawn of its ALT allele."""
    places: dict[tuple[Any, ...], int] = {}
    keys = {(one.dataset, one.model): allele_key(one.scores) for one in content.sets}
    for place, row in enumerate(rows.iter_rows(named=True)) if content.views else ():
        key = keys[row["dataset"], row["model"]]
        places[row["dataset"], row["model"], *(row[name] for name in key)] = place
    return {str(places[key]): view for key, view in content.views.items() if key in places}
