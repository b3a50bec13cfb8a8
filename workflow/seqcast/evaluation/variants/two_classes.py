"""Positives against negatives that are not matched."""

from collections.abc import Iterator, Sequence
from itertools import combinations

import numpy as np
import polars as pl

from seqcast.evaluation.metrics.bootstrap import Estimate, Resampling
from seqcast.evaluation.variants.definition import Definition
from seqcast.evaluation.variants.discrimination import (
    RATES,
    Row,
    Scores,
    bootstrapped,
    both_classes,
    classes_of,
    difference_rows,
    groups_or_rows,
    left_out_row,
    numbers_of,
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
        differences between each two methods, on the variants that both score.
    """
    rows: list[Row] = []
    labels = classes_of(labelled)
    groups = groups_or_rows(labelled)
    for part in parts_of(labelled, definition):
        for scores in methods:
            used = part.members & scores.scored
            rows += _of_methods([scores], part.name, labels, groups, used, how)
            rows.append(left_out_row(scores, part, used, ""))
        for pair in combinations(methods, 2):
            used = part.members & pair[0].scored & pair[1].scored
            rows += _of_methods(pair, part.name, labels, groups, used, how)
    return results_table(rows)


def _of_methods(
    methods: Sequence[Scores], part: str, labels: np.ndarray, groups: np.ndarray,
    used: np.ndarray, how: Resampling,
) -> Iterator[Row]:  # fmt: skip
    """Rows of one method, or of the difference of two."""
    y, n = labels[used], int(used.sum())
    told = f"{int(y.sum())} positives"
    values = {one.method: one.values[used] for one in methods}
    if both_classes(y):
        group = numbers_of(groups[used])
        found = bootstrapped(lambda scores, c: rates_of(y, scores, c), values, group, how)
        if len(methods) > 1:
            yield from difference_rows(found, part, n)
        else:
            for (method, metric), value in found.items():
                yield Row(method, part, metric, value, n, told)
    elif len(methods) == 1:
        for metric in RATES:
            told = f"{int(y.sum())} positives and {int((y == 0).sum())} negatives are scored"
            yield Row(methods[0].method, part, metric, Estimate(), n, told)
