"""The metrics of a property, written as the table of results of its benchmark.

What a number is of stands in the column ``part``: the part of the split, then
``/without_duplicates``, ``/own_rows`` and ``/label=`` where they apply, such as
``test/without_duplicates``. Standard deviations over folds have rows of their own.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl

from seqcast.core.store import read_tsv, write_tsv
from seqcast.datasets.properties.duplicates import count_parts, sequence_numbers
from seqcast.datasets.properties.labelled import read_property_data
from seqcast.evaluation.metrics.published import is_published, read_published, warned
from seqcast.evaluation.metrics.regression import MEAN
from seqcast.evaluation.metrics.table import RESULTS
from seqcast.evaluation.properties.property_metrics import (
    COLUMNS,
    COMMON,
    OVER_FOLDS,
    OWN,
    WITH,
    WITHOUT,
    evaluate_methods,
)

WITHOUT_DUPLICATES, OWN_ROWS, OF_LABEL = "/without_duplicates", "/own_rows", "/label="
SD = f"sd_{OVER_FOLDS}"  # the part of a standard deviation over the folds


class PredictedFiles(NamedTuple):
    """Files of a property, what methods predict of it, and numbers that others published."""

    transcripts: str | Path
    predictions: tuple[str | Path, ...]
    clusters: str | Path | None = None
    published: str | Path | None = None


def evaluate_property(
    files: PredictedFiles, metrics: str, parts: str, methods: Sequence[str],
    definition: tuple[str, Mapping[str, Any]], seed: int, resamples: int,
) -> None:  # fmt: skip
    """Write the metrics of all methods, and what the parts are.

    Parameters
    ----------
    files : PredictedFiles
        Predictions in the order of `methods`; clusters where the property's groups are clusters.
    metrics, parts : path
        TSV of `RESULTS` and of `duplicates.COUNTS`.
    methods : sequence of str
    definition : (str, mapping)
        Name of the property and its row of benchmarks.tsv.
    seed : int
        Of the folds of a k-fold and of the resamples.
    resamples : int
        Of the intervals.

    Raises
    ------
    InputError
        See `evaluate_methods`.
    """
    data, table = read_property_data(files.transcripts, files.clusters, definition, seed)
    name, numbers = data.definition.name, sequence_numbers(table["sequence"])
    tables = dict(zip(methods, files.predictions, strict=True))
    published = read_published(files.published, name)
    found = evaluate_methods(data, numbers, tables, published, resamples, seed)
    write_tsv(warned(to_results(found, name)), metrics)
    write_tsv(count_parts(numbers, data), parts)


def read_evaluation(path: str | Path, labels: Sequence[str]) -> pl.DataFrame:
    """The metrics that `evaluate_property` wrote of a property with these labels.

    Returns
    -------
    DataFrame
        As of `evaluate_methods`.
    """
    return from_results(read_tsv(path, RESULTS), labels)


def to_results(table: pl.DataFrame, benchmark: str) -> pl.DataFrame:
    """Metrics of a property in the columns of all benchmarks.

    Parameters
    ----------
    table : DataFrame
        As of `evaluate_methods`.
    benchmark : str
        Name of the property.

    Returns
    -------
    DataFrame
        `RESULTS`. Of several labels, the part of their mean names no label.
    """
    several = MEAN in table["output"]
    of_one = ~pl.col("output").is_in([MEAN, ""]) & several
    part = pl.concat_str(
        "part",
        pl.when(duplicates=WITHOUT).then(pl.lit(WITHOUT_DUPLICATES)),
        pl.when(rows=OWN).then(pl.lit(OWN_ROWS)),
        pl.when(of_one).then(pl.lit(OF_LABEL) + pl.col("output")),
        ignore_nulls=True,
    )
    # published numbers have a source and no note, ours no source
    named = table.with_columns(
        benchmark=pl.lit(benchmark), part=part, note=pl.col("note") + pl.col("source")
    )
    spread = named.filter(pl.col("sd").is_not_null()).with_columns(
        value="sd", part=pl.col("part").str.replace(OVER_FOLDS, SD, literal=True)
    )
    told = is_published("origin")
    blocks = [named.filter(~told), spread, named.filter(told)]
    return pl.concat(blocks).select(pl.col(name).cast(kind) for name, kind in RESULTS.items())


def from_results(results: pl.DataFrame, labels: Sequence[str]) -> pl.DataFrame:
    """What `to_results` took, of a property with these labels."""
    told, part = is_published("origin"), pl.col("part")
    about = results.with_columns(
        duplicates=pl.when(part.str.contains(WITHOUT_DUPLICATES, literal=True))
        .then(pl.lit(WITHOUT)).otherwise(pl.lit(WITH)),
        rows=pl.when(part.str.contains(OWN_ROWS, literal=True))
        .then(pl.lit(OWN)).otherwise(pl.lit(COMMON)),
        output=part.str.extract(f"{OF_LABEL}(.*)")
        .fill_null(MEAN if len(labels) > 1 else labels[0]),
        source=pl.when(told).then("note").otherwise(pl.lit("")),
        part=part.str.extract("^([^/]*)"),
    )  # fmt: skip
    about = about.with_columns(
        *(pl.when(told).then(pl.lit("")).otherwise(name).alias(name)
          for name in ("duplicates", "rows", "note")),
        output=pl.when(told & (len(labels) > 1)).then(pl.lit("")).otherwise("output"),
    )  # fmt: skip
    keys = ["method", "origin", "output", "metric"]
    spread = about.filter(part=SD).select(*keys, part=pl.lit(OVER_FOLDS), sd="value")
    table = about.filter(pl.col("part") != SD)
    return table.join(spread, on=[*keys, "part"], how="left", maintain_order="left").select(
        pl.col(name).cast(kind) for name, kind in COLUMNS.items()
    )
