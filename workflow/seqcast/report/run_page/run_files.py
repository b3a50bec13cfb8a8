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
from seqcast.report.run_page.allele_rows import FURTHER, ScoredSet, needed
from seqcast.report.run_page.chapters import Chapter, read_chapters, relative_to
from seqcast.report.run_page.coverage_views import Drawn, set_views
from seqcast.report.run_page.overview import benchmark_lines, planted_line
from seqcast.report.run_page.page import PageContent
from seqcast.report.strongest_coverage import read_top

GENE_ROW = ["row", "gene_id"]


class RunFiles(NamedTuple):
    """Files that the page of a run is made from; those of variants are one per pair (`AboutRun`).

    Attributes
    ----------
    scores, tracks, ranked, strongest, genes : tuple of path
        Ensemble tables, track tables, ranked tables, predictions of the strongest variants, and
        tables of genes.
    comparisons : tuple of path
        Tables of compared models, of some datasets.
    planted : tuple of path
        Tables of measures on simulated ground truth, of some models.
    benchmarks : tuple of path
        Tables of results.
    pages, figures : tuple of path
        Chapters.
    """

    scores: tuple[str | Path, ...] = ()
    tracks: tuple[str | Path, ...] = ()
    ranked: tuple[str | Path, ...] = ()
    strongest: tuple[str | Path, ...] = ()
    genes: tuple[str | Path, ...] = ()
    comparisons: tuple[str | Path, ...] = ()
    planted: tuple[str | Path, ...] = ()
    benchmarks: tuple[str | Path, ...] = ()
    pages: tuple[str | Path, ...] = ()
    figures: tuple[str | Path, ...] = ()


@dataclass(frozen=True)
class AboutRun:
    """What the config and tables say of a run.

    Attributes
    ----------
    pairs : sequence of (str, str)
        Model and dataset of each table of scores.
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
    regions = {
        dataset: _further(path)
        for dataset, path in zip(about.compared, files.comparisons, strict=True)
    }
    sets = [
        _scored_set(pair, scores, tracks, about.score, [_further(ranked), regions.get(pair[1])])
        for pair, scores, tracks, ranked in zip(
            about.pairs, files.scores, files.tracks, files.ranked, strict=True
        )
    ]
    chapters = read_chapters(files.pages, files.figures, at)
    return PageContent(
        title="seqcast run", sets=sets, facts=[read_provenance(path) for path in files.scores],
        score=about.score, tracks_like=about.tracks or None, views=_views(files, sets),
        chapters=chapters, descriptions=about.descriptions,
        further={
            "planted": _planted(files, about, chapters),
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


def _further(path: str | Path) -> pl.DataFrame | None:
    """Columns of `FURTHER` that a ranked table or one of compared models has."""
    known = column_names(path)
    found = [name for name in FURTHER if name in known]
    if not found or "row" not in known:
        return None
    return read_table(path, [*GENE_ROW, *found]).unique(GENE_ROW, keep="first")


def _scored_set(
    pair: tuple[str, str], scores: str | Path, tracks: str | Path, score: str,
    further: Sequence[pl.DataFrame | None],
) -> ScoredSet:  # fmt: skip
    """The scores of a pair; of two further columns of one name, the first counts."""
    table = read_table(scores, needed(column_names(scores), score))
    for one in further:
        if one is not None and "row" in table.columns:
            new = [name for name in one.columns if name not in table.columns]
            table = table.join(
                one.select(*GENE_ROW, *new), on=GENE_ROW, how="left", maintain_order="left"
            )
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
