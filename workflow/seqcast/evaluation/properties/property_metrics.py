"""What each method reaches on a property, next to the published numbers.

Methods are compared on the same rows of a part, those that all of them predict; a method that
predicts none (left out, for one) takes no rows from the others. Rows of the part that are lost so
count as ``not_scored``. A method that predicts more rows is also measured on all of its own.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from seqcast.core.errors import InputError
from seqcast.datasets.properties.duplicates import learned_from
from seqcast.datasets.properties.labelled import PropertyData
from seqcast.datasets.properties.splits import COLUMN_ROUND
from seqcast.evaluation.metrics import binary, multiclass, regression
from seqcast.evaluation.metrics.bootstrap import RESAMPLES
from seqcast.evaluation.metrics.published import GIVEN, as_results
from seqcast.evaluation.metrics.table import BASELINE, NOT_SCORED
from seqcast.evaluation.properties.methods import Method, read_method

COLUMNS = {
    "method": pl.String, "origin": pl.String, "part": pl.String, "duplicates": pl.String,
    "rows": pl.String, "output": pl.String, "metric": pl.String, "value": pl.Float64,
    "ci_low": pl.Float64, "ci_high": pl.Float64, "sd": pl.Float64, "n": pl.Int64,
    "note": pl.String, "source": pl.String,
}  # fmt: skip
WITH, WITHOUT = "with", "without"  # values of the column `duplicates`
COMMON, OWN = "common", "own"  # values of the column `rows`
VALIDATION, TEST = "validation", "test"
OUT_OF_FOLD, OVER_FOLDS = "out_of_fold", "over_folds"
CEILING = "ceiling"  # published method: what nothing can pass, such as the noise of the labels
METRICS = {
    "regression": regression.METRICS,
    "binary": binary.METRICS,
    "multiclass": multiclass.METRICS,
}
ESTIMATES = {
    "regression": regression.ESTIMATES,
    "binary": binary.RATES,
    "multiclass": multiclass.ESTIMATES,
}  # without counts
# By these methods are compared; the first chooses the best one.
MAIN = {
    "regression": ("spearman", "r2"),
    "binary": ("roc_auc", "accuracy"),
    "multiclass": ("accuracy", "macro_roc_auc"),
}
THRESHOLD = 0.5  # least probability of the second of two classes that predicts it


@dataclass(frozen=True)
class Part:
    """Rows that are measured together.

    Attributes
    ----------
    name, duplicates : str
    rows : ndarray of int
    """

    name: str
    duplicates: str
    rows: np.ndarray


def evaluate_methods(
    data: PropertyData, numbers: np.ndarray, methods: Mapping[str, str | Path],
    published: pl.DataFrame, resamples: int = RESAMPLES, seed: int = 0,
) -> pl.DataFrame:  # fmt: skip
    """Metrics of all methods on each part.

    Parameters
    ----------
    data : PropertyData
    numbers : ndarray of int, shape=(rows,)
        Of the sequences, as of `duplicates.sequence_numbers`.
    methods : mapping
        Name to its table of predictions (parquet), one row per row of `data`.
    published : DataFrame
        `PUBLISHED`, of this property.
    resamples, seed : int
        Of the intervals; on common rows each method is measured on the same resamples. Where folds
        keep groups together, resamples draw whole groups.

    Returns
    -------
    DataFrame
        `COLUMNS`. Parts are ``validation`` and ``test``; of k folds ``out_of_fold`` (all rows,
        each predicted by the model that did not learn from it) and ``over_folds`` (mean and
        standard deviation ``sd`` of the folds' test parts, n of them, no interval). Where rows of
        a part have the sequence of a training row, a second block with ``duplicates`` "without"
        leaves them out. ``rows`` is "common" where the numbers are of the rows that all methods
        predict (`common_rows`), and "own" in a further block of a method that predicts more of
        them. Published numbers come last, with their origin and source.

    Raises
    ------
    InputError
        If there is no method, a table of predictions is of other sequences or lacks a column, or
        a published metric is none of this kind of property.
    """
    name, kind = data.definition.name, data.definition.kind
    if not methods:
        raise InputError(f"property {name}: no method predicts it; expected one or more")
    if strange := [metric for metric in published["metric"] if metric not in METRICS[kind]]:
        raise InputError(
            f"property {name}: a published number is of {strange[0]!r}; of a {kind} expected one "
            f"of {', '.join(METRICS[kind])}"
        )
    read = [read_method(data, method, path) for method, path in methods.items()]
    values = [method.values for method in read]
    parts = [(part, common_rows(values, part.rows)) for part in parts_of(data, numbers)]
    tables = []
    for method in read:
        about = {"method": method.name, "origin": method.origin}
        for part, common in parts:
            where = {"part": part.name, "duplicates": part.duplicates}
            found = _measured(data, part.rows, common, method, resamples, seed)
            tables.append(_block(found, **about, **where, rows=COMMON))
            own = common_rows([method.values], part.rows)
            if method.predicts(part.rows).any() and len(own) > len(common):
                found = _measured(data, part.rows, own, method, resamples, seed)
                tables.append(_block(found, **about, **where, rows=OWN))
        if data.definition.split.folds:
            found = _over_folds(data, method, values)
            tables.append(_block(found, **about, part=OVER_FOLDS, duplicates=WITH, rows=COMMON))
    output = "" if len(data.definition.labels) > 1 else data.definition.labels[0]
    told = as_results(published).with_columns(source="note", note=pl.lit(""))
    tables.append(_block(told, output=output))
    return pl.concat(tables)


def parts_of(data: PropertyData, numbers: np.ndarray) -> Iterator[Part]:
    """Rows to measure, each part with and, where that differs, without duplicates of training."""
    rounds = data.rounds()
    if rounds[0].name == COLUMN_ROUND:
        seen = learned_from(numbers, rounds[0])
        named = [(name, rounds[0].parts()[name]) for name in (VALIDATION, TEST)]
    else:
        seen = np.zeros(len(numbers), dtype=bool)
        for one in rounds:
            seen[one.test] = learned_from(numbers, one)[one.test]
        named = [(OUT_OF_FOLD, np.sort(np.concatenate([one.test for one in rounds])))]
    for name, rows in named:
        yield Part(name, WITH, rows)
        if seen[rows].any() and not seen[rows].all():
            yield Part(name, WITHOUT, rows[~seen[rows]])


def common_rows(values: Sequence[np.ndarray], rows: np.ndarray) -> np.ndarray:
    """Those of some rows that all methods predict.

    Parameters
    ----------
    values : sequence of ndarray, shape=(rows of the table, columns)
        Predictions of each method, NaN if there is none. Methods that predict none of `rows`
        do not count.
    rows : ndarray of int

    Returns
    -------
    ndarray of int
        All of `rows` where no method predicts any.
    """
    there = [~np.isnan(one[rows]).any(axis=1) for one in values]
    return rows[np.all([one for one in there if one.any()], axis=0)] if np.any(there) else rows


def overall(table: pl.DataFrame) -> pl.DataFrame:
    """What is compared: of several labels their mean, on common rows, and what was published."""
    several = regression.MEAN in table["output"]
    ours = pl.col("output") == regression.MEAN if several else pl.lit(True)
    return table.filter((ours & (pl.col("rows") != OWN)) | (pl.col("origin") == GIVEN))


def best_methods(table: pl.DataFrame, kind: str) -> list[str]:
    """The best model and the best baseline, to be shown.

    Parameters
    ----------
    table : DataFrame
        As of `evaluate_methods`.
    kind : str
        Of the property.

    Returns
    -------
    list of str
        At most two methods: the greatest `MAIN` metric of the validation part. k folds have no
        such part, and methods of several kinds no common score of their rounds' validation rows:
        there it is the greatest of all rows out of fold. Those are the rows that are shown, so
        the best one's number is optimistically biased.
    """
    found = overall(table).filter(
        pl.col("part").is_in([VALIDATION, OUT_OF_FOLD]),
        pl.col("duplicates") == WITH,
        pl.col("metric") == MAIN[kind][0],
        pl.col("origin") != GIVEN,
        pl.col("value").is_not_null(),
    )
    is_baseline = pl.col("origin") == BASELINE
    chosen = [found.filter(of).sort("value", descending=True) for of in (~is_baseline, is_baseline)]
    return [part["method"][0] for part in chosen if len(part)]


def _measured(
    data: PropertyData, part: np.ndarray, rows: np.ndarray, method: Method, resamples: int,
    seed: int,
) -> pl.DataFrame:  # fmt: skip
    """Metrics of those rows of a part: output, metric, value, ci_low, ci_high, n, note.

    The other rows of the part are not scored.
    """
    if not method.predicts(part).any():
        excuse = method.excuse or "no row of this part has a prediction"
        return _nothing(data, len(part), excuse)
    if not len(rows):
        return _nothing(data, len(part), "no row of this part is predicted by all methods")
    kind, truth = data.definition.kind, data.labels[part]
    guess = np.where(np.isin(part, rows)[:, None], method.values[part], np.nan)
    groups = None if data.groups is None else np.array(data.groups)[part]
    if kind == "regression":
        names = data.definition.labels
        found = regression.regression_metrics(truth, guess, resamples, seed, names, groups)
    elif kind == "binary":
        found = binary.classification_metrics(
            truth[:, 0].astype(int), guess[:, 1], THRESHOLD, resamples, seed, groups=groups
        )
    else:
        found = multiclass.class_metrics(
            truth[:, 0].astype(int), guess, data.classes, resamples, seed, groups
        )
    if kind != "regression":
        found = found.with_columns(output=pl.lit(data.definition.labels[0]))
    said = (
        pl.when(pl.col("metric") == NOT_SCORED).then(pl.lit(method.lacks(part))).otherwise("note")
    )
    return found.with_columns(note=said)


def _nothing(data: PropertyData, rows: int, reason: str) -> pl.DataFrame:
    """Metrics of a method that predicts none of some rows: only how many they are."""
    names = list(data.definition.labels)
    names += [regression.MEAN] * (len(names) > 1)
    estimates = [
        (name, metric, rows if metric == NOT_SCORED else None, rows, reason)
        for name in names
        for metric in METRICS[data.definition.kind]
    ]
    kept = {name: COLUMNS[name] for name in ("output", "metric", "value", "n", "note")}
    return pl.DataFrame(estimates, schema=kept, orient="row")


def _over_folds(data: PropertyData, method: Method, values: Sequence[np.ndarray]) -> pl.DataFrame:
    """Mean and standard deviation of each metric over the test parts of the folds."""
    tests = [one.test for one in data.rounds()]
    folds = [_measured(data, test, common_rows(values, test), method, 0, 0) for test in tests]
    rows = []
    for place, metric in enumerate(folds[0]["metric"]):
        if metric not in ESTIMATES[data.definition.kind]:
            continue
        found = [fold.row(place, named=True) for fold in folds]
        known = [row["value"] for row in found if row["value"] is not None]
        note = next((row["note"] for row in found if row["value"] is None), "")
        if note and known:
            note = f"not defined in {len(folds) - len(known)} of {len(folds)} folds: {note}"
        mean = None if note else float(np.mean(known))
        sd = None if note else float(np.std(known, ddof=1))
        rows.append((found[0]["output"], metric, mean, sd, len(known), note))
    kept = {name: COLUMNS[name] for name in ("output", "metric", "value", "sd", "n", "note")}
    return pl.DataFrame(rows, schema=kept, orient="row")


def _block(found: pl.DataFrame, **about: str) -> pl.DataFrame:
    """Rows of the result: what was found, what they are about, and empty cells for the rest."""
    named = found.with_columns(pl.lit(value).alias(name) for name, value in about.items())
    empty = {kind: "" if kind == pl.String else None for kind in COLUMNS.values()}
    return named.select(
        (pl.col(name) if name in named.columns else pl.lit(empty[kind])).cast(kind).alias(name)
        for name, kind in COLUMNS.items()
    )
