"""How well scores distinguish two classes of variants that are matched in groups.

Three kinds of numbers that do not mix. A bootstrap draws whole groups with replacement, as often as
there are; its interval says how much the number depends on which groups the set holds, and its
differences between methods are of the same resamples. Draws of a fraction of the set without
replacement, as in the Borzuki notebooks, spread less; they have metrics of their own
(``..._of_draws``). So has the mean over chromosomes of TraitGym.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import polars as pl

from seqcast.evaluation.metrics.binary import TwoClasses, metrics_of_counts
from seqcast.evaluation.metrics.bootstrap import Estimate, Resampling, estimate
from seqcast.evaluation.metrics.table import MINUS, NOT_SCORED, SCHEMA
from seqcast.evaluation.variants.labelled_variants import Part

KEYS = {"method": pl.String, "part": pl.String}
RATES = ("roc_auc", "average_precision")
DISTANCE, RANDOM, SALUKI = "distance", "random", "saluki"  # methods that are no models of ours
OF_DRAWS, SD, DIFFERENCE = "_of_draws", "_sd", "_difference"
NO_DISTANCE = "no_distance"
# Why a scored variant takes no part all the same.
LEFT_OUT = {
    NO_DISTANCE: "the file does not give the distance that the part is bounded by",
    "without_partner": "no scored variant of the other class is in its group, within the part",
    "group_without_positive": "no scored positive is in its group",
}
QUANTILES = (0.1, 0.9)  # of draws, as the Borzuki notebooks give them
SHARE = 0.8  # of the pairs or positives, in a draw


@dataclass(frozen=True)
class Scores:
    """Scores of a method for labelled variants.

    Attributes
    ----------
    method : str
    values : ndarray, shape=(rows,)
        NaN if there is none.
    status : ndarray of str, shape=(rows,)
        Of `labelled_variants.STATUSES`.
    """

    method: str
    values: np.ndarray
    status: np.ndarray

    @property
    def scored(self) -> np.ndarray:
        """Which rows have a score, bool."""
        return ~np.isnan(self.values)


@dataclass(frozen=True)
class Row:
    """A row of the results, less the name of the benchmark."""

    method: str
    part: str
    metric: str
    estimate: Estimate
    n: int
    note: str = ""

    @property
    def cells(self) -> tuple:
        """Its cells, in order of `results_table`."""
        return (self.method, self.part, self.metric, *self.estimate, self.n, self.note)


def results_table(rows: Sequence[Row]) -> pl.DataFrame:
    """Rows as a table of ``method``, ``part`` and `metrics.table.SCHEMA`."""
    return pl.DataFrame([row.cells for row in rows], schema={**KEYS, **SCHEMA}, orient="row")


def rates_of(labels: np.ndarray, scores: np.ndarray, counts: np.ndarray) -> dict[str, np.ndarray]:
    """`RATES` of draws, (draws,) each; ``counts`` (draws, rows) may be weighted."""
    classes = TwoClasses.of(labels.astype(np.int64), scores)
    found = metrics_of_counts(*classes.members(counts), 0)
    return {name: found[name] for name in RATES}


def bootstrapped(
    rates: Callable[[np.ndarray, np.ndarray], Mapping[str, np.ndarray]],
    scores: Mapping[str, np.ndarray], groups: np.ndarray, how: Resampling,
) -> dict[tuple[str, str], Estimate]:  # fmt: skip
    """Metrics of some methods on the same rows, and their differences, with 95 % intervals.

    Parameters
    ----------
    rates : callable
        Scores and counts of resamples (resamples, rows) to metrics, (resamples,) each.
    scores : mapping
        Method to its scores, (rows,).
    groups : ndarray of int, shape=(rows,)
        Groups that are drawn as a whole, 0 and on.
    how : Resampling

    Returns
    -------
    dict
        Method and metric to the estimate; "a minus b" and ``<metric>_difference`` for each two.
    """

    def estimator(counts: np.ndarray) -> dict[tuple[str, str], np.ndarray]:
        of_methods = {method: rates(values, counts) for method, values in scores.items()}
        found = {(m, name): v for m, one in of_methods.items() for name, v in one.items()}
        for a, b in combinations(scores, 2):
            for name, values in of_methods[a].items():
                difference = values - of_methods[b][name]
                found[a + MINUS + b, f"{name}{DIFFERENCE}"] = difference
        return found

    return estimate(estimator, len(groups), how.of_groups(groups))


def difference_rows(found: Mapping[tuple[str, str], Estimate], part: str, n: int) -> Iterator[Row]:
    """The rows of the differences among what `bootstrapped` finds."""
    for (method, metric), value in found.items():
        if metric.endswith(DIFFERENCE):
            yield Row(method, part, metric, value, n)


def summarised_draws(drawn: Mapping[str, np.ndarray]) -> Iterator[tuple[str, Estimate]]:
    """Mean of draws with their 10 % and 90 % quantiles, then their standard deviation."""
    for name, values in drawn.items():
        known = values[~np.isnan(values)]  # a draw may lack a class
        of_draws, spread = Estimate(), Estimate()
        if len(known) > 1:
            of_draws = Estimate(*map(float, (known.mean(), *np.quantile(known, QUANTILES))))
            spread = Estimate(float(known.std(ddof=1)))
        yield f"{name}{OF_DRAWS}", of_draws
        yield f"{name}{OF_DRAWS}{SD}", spread


def not_scored_row(method: str, part: str, excluded: Mapping[str, int], rows: int) -> Row:
    """How many of the rows of a part take no part, and why."""
    told = "; ".join(f"{n} {reason}" for reason, n in sorted(excluded.items()) if n)
    value = Estimate(float(sum(excluded.values())))
    return Row(method, part, NOT_SCORED, value, rows, told)


def left_out_row(scores: Scores, part: Part, used: np.ndarray, other: str) -> Row:
    """How many rows of a part are not used, and why; `other` is said of those that are scored."""
    left_out = reasons(scores, part.members, used, other) + Counter({NO_DISTANCE: part.unknown})
    rows = int(part.members.sum()) + part.unknown
    return not_scored_row(scores.method, part.name, left_out, rows)


def reasons(scores: Scores, rows: np.ndarray, used: np.ndarray, other: str) -> Counter[str]:
    """Why rows are not used: their status, or, of scored ones, `other`."""
    left_out = rows & ~used
    return Counter(
        other if scored else status
        for scored, status in zip(scores.scored[left_out], scores.status[left_out], strict=True)
    )


def numbers_of(names: Sequence[Any]) -> np.ndarray:
    """Numbers of groups, 0 and on."""
    return np.unique(np.asarray(names, dtype=str), return_inverse=True)[1]


def classes_of(labelled: pl.DataFrame) -> np.ndarray:
    """Class of each variant, 0 or 1; -1 if it has none."""
    return labelled["label"].fill_null(-1).to_numpy().astype(np.int64)


def groups_or_rows(labelled: pl.DataFrame) -> np.ndarray:
    """Numbers of the groups of labelled variants, 0 and on; what is in none is one of its own."""
    alone = pl.concat_str(pl.lit("row"), pl.int_range(pl.len()), separator=" ")
    return numbers_of(labelled.select(pl.coalesce("group", alone)).to_series().to_list())


def both_classes(labels: np.ndarray) -> bool:
    """Whether there are members of each class."""
    return bool((labels == 1).any() and (labels == 0).any())
