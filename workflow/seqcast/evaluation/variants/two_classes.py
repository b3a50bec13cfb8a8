"""Positives against negatives that are not matched."""

from collections.abc import Iterator, Sequence
from functools import partial

import numpy as np
import polars as pl

from seqcast.evaluation.metrics.bootstrap import Estimate, Resampling
from seqcast.evaluation.variants.definition import Definition
from seqcast.evaluation.variants.discrimination import (
    RATES,
    Resampled,
    Row,
    Scores,
    both_classes,
    classes_of,
    difference_rows,
    groups_or_rows,
    left_out_row,
    pairs_of,
    rates_of,
    results_table,
)
from seqcast.evaluation.variants.labelled_variants import parts_of


def two_classes(
    labelled: pl.DataFrame, methods: Sequence[Scores], definition: Definition, how: Resampling
) -> pl.DataFrame:
    """AUROC and average precision of each method among the scored variants of each part.

    Parameters
    ----------
    labelled : DataFrame
        See `labelled_variants.read_labelled`.
    methods : sequence of Scores
    definition : Definition
    how : Resampling
        Of the bootstrap over groups, or over variants if the file names none.

    Returns
    -------
    DataFrame
        See `results_table`; ``n`` are variants. ``not_scored`` counts what takes no part. Then the
        differences of `pairs_of` the methods, on the variants that both score.
    """
    rows: list[Row] = []
    labels = classes_of(labelled)
    resampled = Resampled(
        lambda used: partial(rates_of, labels[used]), groups_or_rows(labelled), how
    )
    for part in parts_of(labelled, definition):
        for scores in methods:
            used = part.members & scores.scored
            rows += _of_method(scores, part.name, labels, used, resampled)
            rows.append(left_out_row(scores, part, used, ""))
        differences = []
        for a, b in pairs_of(methods):
            used = part.members & a.scored & b.scored
            if both_classes(labels[used]):
                differences.append(resampled.difference(a, b, used, int(used.sum())))
        rows += difference_rows(differences, part.name)
    return results_table(rows)


def _of_method(
    scores: Scores, part: str, labels: np.ndarray, used: np.ndarray, resampled: Resampled
) -> Iterator[Row]:
    """Rows of one method."""
    y, n = labels[used], int(used.sum())
    if both_classes(y):
        for metric, drawn in resampled.of(scores, used).items():
            yield Row(scores.method, part, metric, drawn.estimate, n, f"{int(y.sum())} positives")
        return
    for metric in RATES:
        told = f"{int(y.sum())} positives and {int((y == 0).sum())} negatives are scored"
        yield Row(scores.method, part, metric, Estimate(), n, told)
