"""How well scores distinguish two classes of variants that are matched in groups.

Three kinds of numbers that do not mix. A bootstrap draws whole groups with replacement, as often as
there are; its interval says how much the number depends on which groups the set holds, and its
differences between methods are of the same resamples. Draws of a fraction of the set without
replacement, as in the Borzuki notebooks, spread less; they have metrics of their own
(``..._of_draws``). So has the mean over chromosomes of TraitGym.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from seqcast.evaluation.metrics.binary import TwoClasses, metrics_of_counts
from seqcast.evaluation.metrics.bootstrap import Drawn, Estimate, Resampling, draw
from seqcast.evaluation.metrics.paired import holm, p_value
from seqcast.evaluation.metrics.table import MINUS, NOT_SCORED, SCHEMA
from seqcast.evaluation.variants.labelled_variants import Part

KEYS = {"method": pl.String, "part": pl.String}
RATES = ("roc_auc", "average_precision")
OF_DRAWS, SD, DIFFERENCE = "_of_draws", "_sd", "_difference"
P, HOLM = "_p", "_p_holm"  # behind the name of a difference
NO_DISTANCE = "no_distance"
# Why a scored variant takes no part all the same.
LEFT_OUT = {
    NO_DISTANCE: "the file does not give the distance that the part is bounded by",
    "without_partner": "no scored variant of the other class is in its group, within the part",
    "group_without_positive": "no scored positive is in its group",
}
QUANTILES = (0.1, 0.9)  # of draws, as the Borzuki notebooks give them
SHARE = 0.8  # of the pairs or positives, in a draw


Rates = Callable[[np.ndarray, np.ndarray], Mapping[str, np.ndarray]]


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
    is_model : bool
        Baselines are compared with models, not with each other.
    """

    method: str
    values: np.ndarray
    status: np.ndarray
    is_model: bool = True

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


@dataclass
class Resampled:
    """Metrics of methods in the same resamples of the rows of a benchmark, each computed once.

    Attributes
    ----------
    rates_of_rows : callable
        Of the rows that are used, bool (rows,), to a function from scores and counts of resamples
        (resamples, rows) to metrics, (resamples,) each.
    groups : ndarray, shape=(rows,)
        Names or numbers of groups that are drawn as a whole.
    how : Resampling
    """

    rates_of_rows: Callable[[np.ndarray], Rates]
    groups: np.ndarray
    how: Resampling
    _known: dict[tuple[str, bytes], dict[str, Drawn]] = field(default_factory=dict, repr=False)

    def of(self, scores: Scores, used: np.ndarray) -> dict[str, Drawn]:
        """Metrics of a method on some of the rows."""
        key = scores.method, used.tobytes()
        if key not in self._known:
            rates, values = self.rates_of_rows(used), scores.values[used]
            group = numbers_of(self.groups[used])
            self._known[key] = draw(
                lambda counts: rates(values, counts), len(values), self.how.of_groups(group)
            )
        return self._known[key]

    def difference(self, a: Scores, b: Scores, used: np.ndarray, n: int) -> "Difference":
        """The difference of two methods on some of the rows; `n` is what the rows count as."""
        of_a, of_b = self.of(a, used), self.of(b, used)
        return Difference(
            a.method + MINUS + b.method, {name: of_a[name] - of_b[name] for name in of_a}, n
        )


class Difference(NamedTuple):
    """Metrics of one method less those of another, on the rows that both score."""

    method: str
    drawn: Mapping[str, Drawn]
    n: int


def pairs_of(methods: Sequence[Scores]) -> Iterator[tuple[Scores, Scores]]:
    """The pairs that are compared: models with each other and with baselines."""
    return (pair for pair in combinations(methods, 2) if any(one.is_model for one in pair))


def difference_rows(
    found: Sequence[Difference], part: str,
    estimate_of: Callable[[str, Drawn], Estimate] = lambda _, drawn: drawn.estimate,
) -> Iterator[Row]:  # fmt: skip
    """Rows of all differences of a part, their p-values, and these corrected for their number.

    Parameters
    ----------
    found : sequence of Difference
        All comparisons of the part: p-values of a metric are one family.
    part : str
    estimate_of : callable
        Metric and draws to the estimate.
    """
    metrics = list(dict.fromkeys(metric for one in found for metric in one.drawn))
    raw = {m: [p_value(one.drawn[m]) if m in one.drawn else None for one in found] for m in metrics}
    corrected = {metric: holm(values) for metric, values in raw.items()}
    for i, (method, drawn, n) in enumerate(found):
        for metric, values in drawn.items():
            name, p = f"{metric}{DIFFERENCE}", raw[metric][i]
            yield Row(method, part, name, estimate_of(metric, values), n)
            if p is not None:
                family = sum(one is not None for one in raw[metric])
                yield Row(method, part, f"{name}{P}", Estimate(p), n)
                told = f"Holm's correction; comparisons: {family}"
                yield Row(method, part, f"{name}{HOLM}", Estimate(corrected[metric][i]), n, told)


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
