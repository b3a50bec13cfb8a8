"""Positives against negatives that were matched to them one by one, by distance (eQTLs)."""

from collections.abc import Iterator, Sequence

import numpy as np
import polars as pl

from seqcast.evaluation.metrics.bootstrap import Estimate, Resampling
from seqcast.evaluation.variants.definition import Definition
from seqcast.evaluation.variants.discrimination import (
    OF_DRAWS,
    RATES,
    SHARE,
    Rates,
    Resampled,
    Row,
    Scores,
    classes_of,
    difference_rows,
    left_out_row,
    numbers_of,
    pairs_of,
    rates_of,
    results_table,
    summarised_draws,
)
from seqcast.evaluation.variants.labelled_variants import parts_of

ROUNDS = 100
PAIRWISE = "pairwise_accuracy"
NO_PARTNER = "without_partner"


def matched_pairs(
    labelled: pl.DataFrame, methods: Sequence[Scores], definition: Definition, how: Resampling,
    rounds: int = ROUNDS,
) -> pl.DataFrame:  # fmt: skip
    """Metrics of each method among the pairs of each part.

    A group is a positive with the negatives that name it. A variant takes part up to a distance if
    its own distance is not larger, it is scored, and so is a partner.

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
        See `results_table`. For each method and part (``PD<=500``): ``roc_auc``,
        ``average_precision`` and ``pairwise_accuracy`` (how often a positive has a higher score
        than its own negative; equal ones count one half), with 95 % intervals of the bootstrap.
        Where a positive has k negatives each counts 1/k, so that chance is 0.5. Of draws of 80 % of
        the pairs, each positive with one of its negatives: mean, quantiles and deviation
        (``roc_auc_of_draws``, ``..._of_draws_sd``). ``n`` are positives, of draws pairs in each.
        ``not_scored`` counts what takes no part. Then the differences of `pairs_of` the methods, on
        the pairs that both score.
    """
    rows: list[Row] = []
    labels = classes_of(labelled)
    groups = numbers_of(labelled["group"].fill_null("").to_list())
    resampled = Resampled(
        lambda used: _pair_rates(labels[used], numbers_of(groups[used])), groups, how
    )
    grouped = labelled["group"].is_not_null().to_numpy()
    for part in parts_of(labelled, definition):
        there = grouped & part.members
        for scores in methods:
            used = paired(labels, groups, there & scores.scored)
            rows += _of_method(scores, part.name, labels, groups, used, resampled, rounds)
            rows.append(left_out_row(scores, part, used, NO_PARTNER))
        differences = []
        for a, b in pairs_of(methods):
            used = paired(labels, groups, there & a.scored & b.scored)
            if n := int((labels[used] == 1).sum()):
                differences.append(resampled.difference(a, b, used, n))
        rows += difference_rows(differences, part.name)
    return results_table(rows)


def paired(labels: np.ndarray, groups: np.ndarray, there: np.ndarray) -> np.ndarray:
    """Which of the rows that are there have a member of the other class in their group."""
    size = groups.max(initial=-1) + 1
    sides = [np.bincount(groups[there & (labels == c)], minlength=size) > 0 for c in (0, 1)]
    return there & (sides[0] & sides[1])[groups] if size else there


def pair_weights(labels: np.ndarray, groups: np.ndarray) -> np.ndarray:
    """1 for a positive; for a negative the positives of its group over its negatives."""
    negatives, positives = (np.bincount(groups[labels == c], minlength=groups.max() + 1)
                            for c in (0, 1))  # fmt: skip
    return np.where(labels == 1, 1.0, (positives / np.maximum(negatives, 1))[groups])


def pair_draws(
    labels: np.ndarray, groups: np.ndarray, rounds: int, seed: int, share: float = SHARE
) -> np.ndarray:
    """Draws of a fraction of the pairs, each positive with a negative of its group, none twice.

    Returns
    -------
    ndarray of int, shape=(rounds, rows)
        1 where a row is drawn.
    """
    rng = np.random.default_rng(seed)
    size = groups.max() + 1
    pairs_of = np.minimum(*(np.bincount(groups[labels == c], minlength=size) for c in (0, 1)))
    side = 2 * groups + labels
    first = np.concatenate([[0], np.cumsum(np.bincount(side, minlength=2 * size))[:-1]])
    number = np.cumsum(pairs_of) - pairs_of
    drawn = np.zeros((rounds, len(labels)), dtype=np.int64)
    for counts in drawn:
        order = np.lexsort((rng.random(len(labels)), side))
        rank = np.arange(len(labels)) - first[side[order]]
        group = groups[order]
        taken = np.zeros(pairs_of.sum(), dtype=bool)
        taken[rng.permutation(len(taken))[: int(share * len(taken))]] = True
        in_pair = rank < pairs_of[group]
        at = np.where(in_pair, number[group] + rank, 0)
        counts[order] = in_pair & taken[at]
    return drawn


def _pair_rates(labels: np.ndarray, groups: np.ndarray) -> Rates:
    """Metrics of scores in resamples of groups."""
    weights = pair_weights(labels, groups)
    positive = labels == 1

    def rates(scores: np.ndarray, counts: np.ndarray) -> dict[str, np.ndarray]:
        wins = np.zeros(len(labels))
        for at in np.flatnonzero(positive):
            others = scores[(groups == groups[at]) & ~positive]
            wins[at] = np.mean((scores[at] > others) + (scores[at] == others) / 2)
        pairwise = counts @ wins / counts[:, positive].sum(axis=1)
        return {**rates_of(labels, scores, counts * weights), PAIRWISE: pairwise}

    return rates


def _of_method(
    scores: Scores, part: str, labels: np.ndarray, groups: np.ndarray, used: np.ndarray,
    resampled: Resampled, rounds: int,
) -> Iterator[Row]:  # fmt: skip
    """Rows of a method in a part."""
    name, n = scores.method, int((labels[used] == 1).sum())
    if not n:
        for metric in (*RATES, PAIRWISE):
            yield Row(name, part, metric, Estimate(), 0, "no pair of which both are scored")
        return
    y, s, group = labels[used], scores.values[used], numbers_of(groups[used])
    for metric, found in resampled.of(scores, used).items():
        yield Row(name, part, metric, found.estimate, n)
    drawn = pair_draws(y, group, rounds, resampled.how.seed)
    pairs = int(drawn[0].sum()) // 2
    if not pairs:
        for metric in RATES:
            yield Row(name, part, f"{metric}{OF_DRAWS}", Estimate(), 0, "80 % of the pairs is none")
        return
    for metric, value in summarised_draws(rates_of(y, s, drawn)):
        yield Row(name, part, metric, value, pairs, f"{rounds} draws of 80 % of the pairs")
