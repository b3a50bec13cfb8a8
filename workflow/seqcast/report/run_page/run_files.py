"""The page of a run of the workflow, from its files."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl

from seqcast.core.provenance import versions
from seqcast.core.store import column_names, read_provenance, read_table
from seqcast.genome.annotation import read_annotation
from seqcast.report.pages.benchmarks import read_benchmarks
from seqcast.report.pages.rendering import relative_to
from seqcast.report.pages.training import overall_verdicts
from seqcast.report.run_page.allele_rows import FURTHER, ScoredSet, needed
from seqcast.report.run_page.chapters import Chapter, read_chapters
from seqcast.report.run_page.coverage_views import Drawn, set_views
from seqcast.report.run_page.overview import benchmark_lines, planted_line
from seqcast.report.run_page.page import PageContent
from seqcast.report.run_page.variant_details import (
    GENE_ROW,
    Details,
    with_columns_of,
    with_details,
)
from seqcast.report.strongest_coverage import read_top


class RunFiles(NamedTuple):
    """Files that the page of a run is made from; those of variants are one per pair (`AboutRun`).

    Attributes
    ----------
    scores, tracks, ranked, strongest, genes : tuple of path
        Ensemble tables, track tables, ranked tables, predictions of the strongest variants, and
        tables of genes.
    half_lives : tuple of path
        Of the pairs of `AboutRun.with_half_lives`.
    bases : tuple of path
        Tables of the bases of maps, of some models.
    comparisons : tuple of path
        Tables of compared models, of some datasets.
    planted : tuple of path
        Tables of measures on simulated ground truth, of some models.
    benchmarks : tuple of path
        Tables of results.
    pages, figures : tuple of path
        Chapters.
    verdicts : tuple of path
        On folds that the run trained (`training_verdicts`).
    """

    scores: tuple[str | Path, ...] = ()
    tracks: tuple[str | Path, ...] = ()
    ranked: tuple[str | Path, ...] = ()
    strongest: tuple[str | Path, ...] = ()
    genes: tuple[str | Path, ...] = ()
    half_lives: tuple[str | Path, ...] = ()
    bases: tuple[str | Path, ...] = ()
    comparisons: tuple[str | Path, ...] = ()
    planted: tuple[str | Path, ...] = ()
    benchmarks: tuple[str | Path, ...] = ()
    pages: tuple[str | Path, ...] = ()
    figures: tuple[str | Path, ...] = ()
    verdicts: tuple[str | Path, ...] = ()


@dataclass(frozen=True)
class AboutRun:
    """What the config and tables say of a run.

    Attributes
    ----------
    pairs : sequence of (str, str)
        Model and dataset of each table of scores.
    with_half_lives : sequence of (str, str)
        Model and dataset of each table of half-lives.
    mapped : sequence of str
        Model of each table of bases.
    compared : sequence of str
        Dataset of each of the comparisons.
    planted : sequence of str
        Model of each table of measures.
    benchmarks : sequence of mapping
        Rows of benchmarks.tsv (`benchmarks.read_benchmarks`).
    score, tracks : str
        Of the config's section report.
    descriptions : mapping
        Model to what the table of models says of it.
    command : str
        What makes the run again.
    snakemake_version : str
    """

    pairs: Sequence[tuple[str, str]]
    with_half_lives: Sequence[tuple[str, str]]
    mapped: Sequence[str]
    compared: Sequence[str]
    planted: Sequence[str]
    benchmarks: Sequence[Mapping[str, Any]]
    score: str
    tracks: str
    descriptions: Mapping[str, str]
    command: str
    snakemake_version: str


def read_run(files: RunFiles, about: AboutRun, at: str | Path, costs: pl.DataFrame) -> PageContent:
    """Gather what the page of a run says.

    Parameters
    ----------
    files : RunFiles
    about : AboutRun
    at : path
        Where the page will be: its links are relative to it.
    costs : DataFrame
        What the run took (`costs.run_costs`).

    Raises
    ------
    InputError
        If a file is damaged.
    """
    details = _details(files, about)
    sets = [
        _scored_set(pair, paths, about.score, of)
        for pair, of, *paths in zip(
            about.pairs, details, files.scores, files.tracks, files.ranked, strict=True
        )
    ]
    chapters = read_chapters(files.pages, files.figures, at)
    return PageContent(
        title="seqcast run", sets=sets, facts=[read_provenance(path) for path in files.scores],
        score=about.score, tracks_like=about.tracks or None, views=_views(files, sets),
        details={(one.dataset, one.model): of for one, of in zip(sets, details, strict=True)},
        chapters=chapters, descriptions=about.descriptions,
        further={
            "planted": _planted(files, about, chapters),
            "trainings": _trainings(files, at, chapters),
            "benchmarks": benchmark_lines(read_benchmarks(files.benchmarks, about.benchmarks)),
            "files": [
                {"model": model, "dataset": dataset, "path": relative_to(path, at)}
                for (model, dataset), path in zip(about.pairs, files.scores, strict=True)
            ],
            "command": about.command,
            "costs": costs.to_dicts(),
            "versions": {**versions(), "snakemake": about.snakemake_version},
        },
    )  # fmt: skip


def _details(files: RunFiles, about: AboutRun) -> list[Details]:
    """Of each pair."""
    lives = dict(zip(map(tuple, about.with_half_lives), files.half_lives, strict=True))
    models = dict(zip(about.compared, files.comparisons, strict=True))
    bases: dict[str, list[pl.DataFrame]] = {}
    for model, path in zip(about.mapped, files.bases, strict=True):
        bases.setdefault(model, []).append(read_table(path))
    return [
        Details(
            read_table(lives[model, dataset]) if (model, dataset) in lives else None,
            read_table(models[dataset]) if dataset in models else None,
            pl.concat(bases[model], how="vertical_relaxed") if model in bases else None,
        )
        for model, dataset in about.pairs
    ]


def _scored_set(
    pair: tuple[str, str], paths: Sequence[str | Path], score: str, of: Details
) -> ScoredSet:
    """The scores of a pair, from the paths of scores, tracks and ranked rows."""
    scores, tracks, ranked = paths
    table = read_table(scores, needed(column_names(scores), score))
    known = column_names(ranked)
    shown = [name for name in (*GENE_ROW, *FURTHER) if name in known]
    table = with_details(with_columns_of(table, [read_table(ranked, shown)]), of)
    model, dataset = pair
    return ScoredSet(dataset, model, table, read_table(tracks))


def _views(files: RunFiles, sets: Sequence[ScoredSet]) -> dict[tuple[Any, ...], Mapping[str, Any]]:
    """What is drawn of the strongest variants of each set."""
    read = cache(read_annotation)
    found: dict[tuple[Any, ...], Mapping[str, Any]] = {}
    for one, ranked, strongest, genes in zip(
        sets, files.ranked, files.strongest, files.genes, strict=True
    ):
        found |= set_views(one, Drawn(read_table(ranked), read_top(strongest), read(genes)))
    return found


def _planted(files: RunFiles, about: AboutRun, chapters: Sequence[Chapter]) -> list[dict[str, Any]]:
    """A line for each model that was compared with simulated ground truth."""
    pages = {str(path): one.name for path, one in zip(files.pages, chapters, strict=False)}
    return [
        planted_line(model, path, pages.get(str(Path(path).with_suffix(".html"))))
        for model, path in zip(about.planted, files.planted, strict=True)
    ]


def _trainings(
    files: RunFiles, at: str | Path, chapters: Sequence[Chapter]
) -> list[dict[str, Any]]:
    """What the folds of the run's models are worth, with links to their chapters."""
    anchors = {one.path: f"#{one.name}" for one in chapters}
    found = overall_verdicts(files.verdicts, at)
    return [{**one, "href": anchors.get(one["href"], one["href"])} for one in found]
