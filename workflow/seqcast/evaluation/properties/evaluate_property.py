"""Measure all methods on a property."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from seqcast.core.store import write_tsv
from seqcast.datasets.properties.duplicates import count_parts, sequence_numbers
from seqcast.datasets.properties.labelled import read_property_data
from seqcast.evaluation.properties.property_metrics import evaluate_methods
from seqcast.evaluation.properties.published import read_published


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
        TSV of `evaluation.COLUMNS` and of `duplicates.COUNTS`.
    methods : sequence of str
    definition : (str, mapping)
        Name of the property and its row of properties.tsv.
    seed : int
        Of the folds of a k-fold and of the resamples.
    resamples : int
        Of the intervals.

    Raises
    ------
    InputError
        See `evaluation.evaluate_methods`.
    """
    data, table = read_property_data(files.transcripts, files.clusters, definition, seed)
    numbers = sequence_numbers(table["sequence"])
    tables = dict(zip(methods, files.predictions, strict=True))
    published = read_published(files.published)
    write_tsv(evaluate_methods(data, numbers, tables, published, resamples, seed), metrics)
    write_tsv(count_parts(numbers, data), parts)
