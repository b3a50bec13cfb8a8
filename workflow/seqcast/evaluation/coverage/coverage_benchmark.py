"""Benchmarks of coverage models: what each protocol measures, in the one table of results."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl

from seqcast.core.job_files import named_files
from seqcast.core.provenance import origins_in_words
from seqcast.core.store import read_tsv, write_tsv
from seqcast.evaluation.coverage.clip import ClipFiles, evaluate_clip
from seqcast.evaluation.coverage.expression_course import ExpressionFiles, evaluate_expression
from seqcast.evaluation.coverage.panels import (
    FoldName,
    PanelFiles,
    Results,
    evaluate_panels,
)
from seqcast.evaluation.metrics.published import as_results, read_published, warned
from seqcast.evaluation.metrics.table import RESULTS, SCHEMA, with_keys, with_origins


class HalfLifeFiles(NamedTuple):
    """What `predict_saluki` wrote, one file per model."""

    metrics: tuple[str | Path, ...]
    predictions: tuple[str | Path, ...]


class CoverageBenchmarkFiles(NamedTuple):
    """TSV files: the table of results, and the rows that it rests on."""

    metrics: str | Path
    rows: str | Path


def evaluate_half_life(
    files: HalfLifeFiles, folds: Sequence[FoldName], options: Mapping[str, Any], seed: int = 0
) -> Results:
    """Agreement of half-lives with those that a regression finds in predicted coverage.

    Parameters
    ----------
    files : HalfLifeFiles
        In the order of the models of `folds`.
    folds : sequence of FoldName
    options : mapping
        None are read.
    seed : int
        Not read: intervals are those of `half_life_metrics`.

    Returns
    -------
    Results
        Of `half_life_metrics`, parts named as folds, and of `predict_half_lives`.
    """
    models = list(dict.fromkeys(fold.model for fold in folds))
    found, rows = [], []
    for model, metrics, predictions in zip(models, files.metrics, files.predictions, strict=True):
        table = read_tsv(metrics, SCHEMA).rename({"fold": "part"})
        found.append(with_keys(table, method=model).select("method", "part", *SCHEMA))
        rows.append(with_keys(read_tsv(predictions), method=model))
    return Results(pl.concat(found), pl.concat(rows))


PROTOCOLS: dict[str, tuple[type, Callable[..., Results]]] = {
    "panels": (PanelFiles, evaluate_panels),
    "clip": (ClipFiles, evaluate_clip),
    "expression_course": (ExpressionFiles, evaluate_expression),
    "half_life": (HalfLifeFiles, evaluate_half_life),
}


def evaluate_coverage_benchmark(
    given: Any, outputs: CoverageBenchmarkFiles, benchmark: str, protocol: str,
    folds: Sequence[tuple[str, str]], origins: Mapping[str, Sequence[str]],
    options: Mapping[str, Any], published: str | Path | None = None, seed: int = 0,
) -> None:  # fmt: skip
    """Write what the models of a benchmark of coverage reach, next to the published numbers.

    Parameters
    ----------
    given : Namedlist
        ``snakemake.input``, with the files of the protocol.
    outputs : CoverageBenchmarkFiles
    benchmark, protocol : str
        Name, and one of `PROTOCOLS`.
    folds : sequence of (str, str)
        Model and fold of each of the files.
    origins : mapping
        Model to the origins of the weights of its folds, keys of `provenance.ORIGINS`.
    options : mapping
        See the functions of `PROTOCOLS`.
    published : path, optional
        See `read_published`.
    seed : int
        Of the bootstrap intervals.

    Raises
    ------
    InputError
        See the functions of `PROTOCOLS`.
    """
    told = read_published(published, benchmark)
    kind, evaluate = PROTOCOLS[protocol]
    names = [FoldName(*fold) for fold in folds]
    found = evaluate(named_files(kind, given, beside=("index", "published")), names, options, seed)
    words = {model: origins_in_words([{"origin": keys}]) for model, keys in origins.items()}
    metrics = with_origins(found.metrics, words).with_columns(benchmark=pl.lit(benchmark))
    ours = metrics.select(pl.col(name).cast(kind) for name, kind in RESULTS.items())
    write_tsv(warned(pl.concat([ours, as_results(told)])), outputs.metrics)
    write_tsv(with_keys(found.rows, benchmark=benchmark), outputs.rows)
