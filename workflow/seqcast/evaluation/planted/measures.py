"""How close predictions come to the truth: one row per measure and group."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from seqcast.core.store import read_tsv
from seqcast.evaluation.metrics.binary import classification_metrics
from seqcast.evaluation.metrics.bootstrap import Resampling, estimate
from seqcast.evaluation.metrics.correlations import LEAST_ROWS
from seqcast.evaluation.metrics.regression import regression_metrics
from seqcast.evaluation.metrics.table import VALUES, row_of

SCHEMA = {
    "measure": pl.String, "group": pl.String, **VALUES, "bar": pl.String, "verdict": pl.String,
    "note": pl.String,
}  # fmt: skip
CAUSAL, MATCHED, DECOY = "causal", "matched", "decoy"  # kinds
ALL, DECOYS, SHUFFLED, GENES = "all", "decoys", "shuffled labels", "held-out genes"
CEILING = "ceiling: expected coverage"
LOSSES = "two U against one U lost"
NOISE = "causal and matched"
BASES = "bases of maps"
CALIBRATION = "calibration_slope"
HALF_LIFE_R, HALF_LIFE_SIGN, WITHIN = "half_life_r", "half_life_sign", "within elements"
LEAST_GROUPS = 2  # genes that an interval needs


@dataclass(frozen=True)
class Measured:
    """One number with its interval, null where it is not defined."""

    measure: str
    group: str
    value: float | None
    ci_low: float | None
    ci_high: float | None
    n: int
    note: str = ""


def separation(
    table: pl.DataFrame, positive: str, group: str, how: Resampling, size: str = "size",
    note: str = "",
) -> Iterator[Measured]:  # fmt: skip
    """AUROC and average precision of the magnitude of a column: one kind against another.

    Parameters
    ----------
    table : DataFrame
        ``kind``, ``gene_id`` and the column; of two kinds.
    positive : str
        The kind that should have the larger sizes.
    group : str
    how : Resampling
    size : str
    note : str

    Yields
    ------
    Measured
        ``auroc``, ``average_precision``; without a value where a kind has fewer than two rows, and
        without an interval for a single gene.
        ``n`` counts both kinds.
    """
    rows = table.drop_nulls(size)
    labels = (rows["kind"] == positive).cast(pl.Int8)
    names = {"auroc": "roc_auc", "average_precision": "average_precision"}
    positives = int((labels == 1).sum())
    if not 1 < positives < len(labels) - 1:
        counts = f"{positives} and {len(labels) - positives} rows of either kind"
        for name in names:
            yield Measured(name, group, None, None, None, len(rows), counts)
        return
    resamples = how.resamples if rows["gene_id"].n_unique() >= LEAST_GROUPS else 0
    found = classification_metrics(
        labels, rows[size].abs(), np.inf, resamples, how.seed, groups=rows["gene_id"].to_numpy()
    )
    for name, metric in names.items():
        row = row_of(found, metric)
        chance = f"{positives / len(labels):.2f} by chance" if name == "average_precision" else ""
        told = "; ".join(filter(None, [note, chance]))
        yield Measured(name, group, row["value"], row["ci_low"], row["ci_high"], len(rows), told)


def agreement(
    names: dict[str, str], group: str, columns: tuple[np.ndarray, np.ndarray, np.ndarray],
    how: Resampling, note: str = "",
) -> Iterator[Measured]:  # fmt: skip
    """Correlations of predicted with true numbers.

    Parameters
    ----------
    names : dict of str to str
        Metric of `regression_metrics` to the name of the measure.
    group : str
    columns : (ndarray, ndarray, ndarray)
        True numbers, predicted ones (NaN if there is none), and the gene of each.
    how : Resampling
    note : str
    """
    true, predicted, genes = columns
    known = ~(np.isnan(true) | np.isnan(predicted))
    if known.sum() < LEAST_ROWS:
        for name in names.values():
            few = f"fewer than {LEAST_ROWS} rows have both numbers"
            yield Measured(name, group, None, None, None, int(known.sum()), few)
        return
    genes = genes[known]
    resamples = how.resamples if len(np.unique(genes)) >= LEAST_GROUPS else 0
    found = regression_metrics(true[known], predicted[known], resamples, how.seed, groups=genes)
    for metric, name in names.items():
        row = row_of(found, metric)
        told = "; ".join(filter(None, [note, row["note"]]))
        yield Measured(name, group, row["value"], row["ci_low"], row["ci_high"], row["n"], told)


def average(
    measure: str, group: str, values: np.ndarray, genes: np.ndarray, how: Resampling,
    note: str = "", weights: np.ndarray | None = None,
) -> Measured:  # fmt: skip
    """Mean of one number per row, such as a fraction of rows, with its interval over genes."""
    values = np.asarray(values, dtype=np.float64)
    weights = np.ones(len(values)) if weights is None else weights
    if not len(values):
        return Measured(measure, group, None, None, None, 0, note or "no rows")

    def estimator(counts: np.ndarray) -> dict[str, np.ndarray]:
        return {measure: (counts @ (values * weights)) / (counts @ weights)}

    found = estimate(estimator, len(values), how.draws(np.ones(len(values), bool), genes))[measure]
    return Measured(measure, group, *found, len(values), note)


def calibration_slope(
    group: str, columns: tuple[np.ndarray, np.ndarray, np.ndarray], how: Resampling, note: str = ""
) -> Measured:  # fmt: skip
    """Slope of the least-squares line of true over predicted effects: 1 where sizes are right.

    Above 1 predictions are too small by that factor, once the intercept is right.

    Parameters
    ----------
    group : str
    columns : (ndarray, ndarray, ndarray)
        See `agreement`.
    how : Resampling
        Of the interval, over genes.
    note : str
    """
    true, predicted, genes = columns
    known = ~(np.isnan(true) | np.isnan(predicted))
    true, predicted, genes = true[known], predicted[known], genes[known]
    if len(true) < LEAST_ROWS or np.ptp(predicted) == 0:
        few = f"fewer than {LEAST_ROWS} rows have both numbers, or all predictions are the same"
        return Measured(CALIBRATION, group, None, None, None, len(true), few)

    def estimator(counts: np.ndarray) -> dict[str, np.ndarray]:
        return {CALIBRATION: calibration_lines(true, predicted, counts)[0]}

    found = estimate(estimator, len(true), how.draws(np.ones(len(true), bool), genes))[CALIBRATION]
    return Measured(CALIBRATION, group, *found, len(true), note)


def calibration_lines(
    true: np.ndarray, predicted: np.ndarray, counts: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Slopes and intercepts of true over predicted effects in resamples.

    Parameters
    ----------
    true, predicted : ndarray, shape=(rows,)
    counts : ndarray, shape=(resamples, rows)
        How often each row is drawn.

    Returns
    -------
    (ndarray, ndarray)
        Shape (resamples,); NaN where all predictions that were drawn are the same.
    """
    rows = counts.sum(axis=1)
    mean_x, mean_y = counts @ predicted / rows, counts @ true / rows
    spread = counts @ predicted**2 / rows - mean_x**2
    together = counts @ (predicted * true) / rows - mean_x * mean_y
    with np.errstate(invalid="ignore", divide="ignore"):
        slopes = np.where(spread > 0, together / spread, np.nan)
    return slopes, mean_y - slopes * mean_x


@dataclass(frozen=True)
class Bar:
    """What a value has to reach: at least `low`, or above it where `strict`; at most `high`."""

    low: float = -np.inf
    high: float | None = None
    strict: bool = False

    @property
    def text(self) -> str:
        """The threshold in a table."""
        if self.high is not None and self.low == -np.inf:
            return f"<= {self.high:.2f}"
        if self.high is not None:
            return f"{self.low:.2f} to {self.high:.2f}"
        return f"{'>' if self.strict else '>='} {self.low:.2f}"

    def holds(self, value: float) -> bool:
        """Whether a value reaches it."""
        above = value > self.low if self.strict else value >= self.low
        return above and (self.high is None or value <= self.high)

    def verdict(self, found: Measured) -> str:
        """In words, with what the interval leaves open."""
        if found.value is None:
            return "not measured"
        if found.ci_low is None or found.ci_high is None:
            return "met" if self.holds(found.value) else "not met"
        if not self.holds(found.value):
            meets = found.ci_high >= self.low and (self.high is None or found.ci_low <= self.high)
            return "not met, but the interval reaches it" if meets else "not met"
        if self.holds(found.ci_low) and self.holds(found.ci_high):
            return "met"
        return "met, but the interval reaches beyond it"


# Chosen for the demo's genome and its two small networks. Those without a number in the aim, graded
# losses and disagreement of folds, ask for the right direction only. Of decoys it counts how many
# would be taken for causal: their AUROC against neutral variants sees the order of sizes alone, and
# is 1 where all of them have a hundredth of the size of causal ones.
BARS: dict[tuple[str, str], Bar] = {
    ("auroc", ALL): Bar(0.95),
    ("effect_spearman", "actd"): Bar(0.80),
    ("sign_accuracy", "actd"): Bar(0.95),
    ("decay_r", GENES): Bar(0.85),
    ("called_share", DECOY): Bar(high=0.10),
    ("called_share", MATCHED): Bar(high=0.03),
    ("auroc", SHUFFLED): Bar(0.45, 0.55),
    ("graded_share", LOSSES): Bar(0.5, strict=True),
    ("fold_disagreement", NOISE): Bar(0.0, strict=True),
    ("map_auroc", BASES): Bar(0.90),
    (HALF_LIFE_R, WITHIN): Bar(0.85),
    (HALF_LIFE_SIGN, ALL): Bar(0.95),
}


def measure_table(found: list[Measured]) -> pl.DataFrame:
    """`measures.SCHEMA`: one row per measure, with threshold and verdict if it has them."""
    rows = []
    for m in found:
        bar = BARS.get((m.measure, m.group))
        told = ("", "") if bar is None else (bar.text, bar.verdict(m))
        rows.append((m.measure, m.group, m.value, m.ci_low, m.ci_high, m.n, *told, m.note))
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def read_measures(path: str | Path) -> pl.DataFrame:
    """Read back what `measure_table` made and `store.write_tsv` wrote."""
    return read_tsv(path, SCHEMA)
