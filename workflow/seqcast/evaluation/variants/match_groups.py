"""Positives against several negatives each, matched in groups, as TraitGym gives them.

Two published conventions, whose numbers are not to be compared: the mean over draws of 80 % of the
positives with all of their negatives (Borzuki), and the mean over chromosomes of the average
precision within each (TraitGym).
"""

from collections.abc import Iterator, Sequence

import numpy as np
import polars as pl

from seqcast.evaluation.metrics.binary import TwoClasses, metrics_of_counts
from seqcast.evaluation.metrics.bootstrap import Drawn, Estimate, Resampling
from seqcast.evaluation.variants.definition import Definition
from seqcast.evaluation.variants.discrimination import (
    RATES,
    SHARE,
    Rates,
    Resampled,
    Row,
    Scores,
    both_classes,
    classes_of,
    difference_rows,
    groups_or_rows,
    left_out_row,
    numbers_of,
    pairs_of,
    rates_of,
    results_table,
    summarised_draws,
)
from seqcast.evaluation.variants.labelled_variants import parts_of

ROUNDS = 1000
BY_CHROMOSOME, STANDARD_ERROR = "auprc_by_chromosome", "auprc_by_chromosome_se"
NO_POSITIVE = "group_without_positive"


def match_groups(
    labelled: pl.DataFrame, methods: Sequence[Scores], definition: Definition, how: Resampling,
    rounds: int = ROUNDS,
) -> pl.DataFrame:  # fmt: skip
    """Metrics of each method among the scored variants of each part.

    Negatives of a group without a scored positive take no part; positives without negatives do.

    Parameters
    ----------
    labelled : DataFrame
        See `labelled_variants.read_labelled`.
    methods : sequence of Scores
    definition : Definition
    how : Resampling
        Of the bootstrap over groups; its seed is that of the draws too.
    rounds : int
        Draws.

    Returns
    -------
    DataFrame
        See `results_table`. For each method and part: ``roc_auc`` and ``average_precision`` with
        95 % intervals; of draws of 80 % of the positives with the negatives of their groups their
        mean, 10 % and 90 % quantiles, and deviation (``..._of_draws``, ``..._of_draws_sd``);
        ``auprc_by_chromosome`` (average precision within each chromosome that has a positive, its
        positives as weight) and its standard error. Its interval is 1.96 of those to both sides:
        percentiles are too high, as within a chromosome a resample of few groups repeats some.
        ``n`` are rows. ``not_scored`` counts what takes no part. Then the differences of
        `pairs_of` the methods, on the rows that both score.
    """
    rows: list[Row] = []
    labels = classes_of(labelled)
    groups, contigs = groups_or_rows(labelled), numbers_of(labelled["chrom"].to_list())
    resampled = Resampled(lambda used: _rates(labels[used], contigs[used]), groups, how)
    for part in parts_of(labelled, definition):
        for scores in methods:
            used = with_positive(labels, groups, part.members & scores.scored)
            rows += _of_method(scores, part.name, labels, groups, used, resampled, rounds)
            rows.append(left_out_row(scores, part, used, NO_POSITIVE))
        differences = []
        for a, b in pairs_of(methods):
            used = with_positive(labels, groups, part.members & a.scored & b.scored)
            if both_classes(labels[used]):
                differences.append(resampled.difference(a, b, used, int(used.sum())))
        rows += difference_rows(differences, part.name, _difference)
    return results_table(rows)


def with_positive(labels: np.ndarray, groups: np.ndarray, there: np.ndarray) -> np.ndarray:
    """Which of the rows that are there have a positive in their group."""
    size = groups.max(initial=-1) + 1
    return there & (np.bincount(groups[there & (labels == 1)], minlength=size) > 0)[groups]


def group_draws(
    labels: np.ndarray, groups: np.ndarray, rounds: int, seed: int, share: float = SHARE
) -> np.ndarray:
    """Draws of a fraction of the positives with all negatives of their groups.

    Returns
    -------
    ndarray of int, shape=(rounds, rows)
        1 where a row is drawn.
    """
    rng = np.random.default_rng(seed)
    positives = np.flatnonzero(labels == 1)
    drawn = np.zeros((rounds, len(labels)), dtype=np.int64)
    for counts in drawn:
        taken = rng.permutation(positives)[: int(share * len(positives))]
        there = np.zeros(groups.max() + 1, dtype=bool)
        there[groups[taken]] = True
        counts[:] = there[groups] & (labels == 0)
        counts[taken] = 1
    return drawn


def auprc_by_chromosome(
    labels: np.ndarray, scores: np.ndarray, contigs: np.ndarray, counts: np.ndarray
) -> np.ndarray:
    """Mean of the average precision within each chromosome, its positives as weight.

    TraitGym weights by rows, which is the same where each positive has as many negatives.

    Parameters
    ----------
    labels, scores, contigs : ndarray, shape=(rows,)
    counts : ndarray of int, shape=(resamples, rows)

    Returns
    -------
    ndarray, shape=(resamples,)
        NaN if there is no positive.
    """
    total, weight = np.zeros(len(counts)), np.zeros(len(counts))
    for contig in np.unique(contigs):
        here = contigs == contig
        negative, positive = TwoClasses.of(labels[here], scores[here]).members(counts[:, here])
        precision = metrics_of_counts(negative, positive, 0)["average_precision"]
        total += np.where(positive.any(axis=1), precision, 0) * positive.sum(axis=1)
        weight += positive.sum(axis=1)
    return np.divide(total, weight, out=np.full(len(counts), np.nan), where=weight > 0)


def _rates(labels: np.ndarray, contigs: np.ndarray) -> Rates:
    """All metrics of scores in resamples."""

    def rates(scores: np.ndarray, counts: np.ndarray) -> dict[str, np.ndarray]:
        by_chromosome = auprc_by_chromosome(labels, scores, contigs, counts)
        return {**rates_of(labels, scores, counts), BY_CHROMOSOME: by_chromosome}

    return rates


def _difference(metric: str, drawn: Drawn) -> Estimate:
    """Estimate of a difference."""
    return _spread(drawn, low=-1)[0] if metric == BY_CHROMOSOME else drawn.estimate


def _spread(drawn: Drawn, low: float = 0) -> tuple[Estimate, Estimate]:
    """A value with 1.96 standard errors to both sides, at most to `low` and 1; and the error."""
    point, known = drawn.point, drawn.values[~np.isnan(drawn.values)]
    if len(known) < 2:
        return Estimate(point), Estimate()
    error = float(known.std(ddof=1))
    ends = max(low, point - 1.96 * error), min(1, point + 1.96 * error)
    return Estimate(point, *map(float, ends)), Estimate(error)


def _of_method(
    scores: Scores, part: str, labels: np.ndarray, groups: np.ndarray, used: np.ndarray,
    resampled: Resampled, rounds: int,
) -> Iterator[Row]:  # fmt: skip
    """Rows of a method in a part."""
    name, n = scores.method, int(used.sum())
    y, s, group = labels[used], scores.values[used], numbers_of(groups[used])
    positives = int(y.sum())
    if not both_classes(y):
        why = f"{positives} positives and {n - positives} negatives are scored"
        for metric in (*RATES, BY_CHROMOSOME):
            yield Row(name, part, metric, Estimate(), n, why)
        return
    told = f"{positives} positives"
    for metric, found in resampled.of(scores, used).items():
        if metric == BY_CHROMOSOME:
            value, error = _spread(found)
            yield Row(name, part, metric, value, n, told)
            yield Row(name, part, STANDARD_ERROR, error, n, told)
        else:
            yield Row(name, part, metric, found.estimate, n, told)
    drawn = rates_of(y, s, group_draws(y, group, rounds, resampled.how.seed))
    for metric, value in summarised_draws(drawn):
        yield Row(name, part, metric, value, n, f"{rounds} draws of 80 % of {told}")
