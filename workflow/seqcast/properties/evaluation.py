"""What each method reaches on a property, beside the published numbers.

All methods are measured on the same rows: those with a usable sequence, label and part. What a
method does not predict counts as ``not_scored``.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from seqcast import class_metrics, metrics, regression_metrics
from seqcast.errors import InputError
from seqcast.properties.data import PropertyData
from seqcast.properties.duplicates import learned_from
from seqcast.properties.predictions import PREDICTION, PROBABILITY
from seqcast.properties.splits import COLUMN_ROUND
from seqcast.provenance import ORIGINS
from seqcast.store import read_provenance

PUBLISHED = {
    "property": pl.String, "method": pl.String, "metric": pl.String, "part": pl.String,
    "value": pl.Float64, "source": pl.String,
}  # fmt: skip
COLUMNS = {
    "method": pl.String, "origin": pl.String, "part": pl.String, "duplicates": pl.String,
    "output": pl.String, "metric": pl.String, "value": pl.Float64, "ci_low": pl.Float64,
    "ci_high": pl.Float64, "sd": pl.Float64, "n": pl.Int64, "note": pl.String,
    "source": pl.String,
}  # fmt: skip
WITH, WITHOUT = "with", "without"  # values of the column `duplicates`
VALIDATION, TEST = "validation", "test"
OUT_OF_FOLD, OVER_FOLDS = "out_of_fold", "over_folds"
BASELINE, GIVEN = "baseline", "published"  # values of the column `origin`, beside ORIGINS
CEILING = "ceiling"  # published method: what nothing can pass, such as the noise of the labels
METRICS = {
    "regression": regression_metrics.METRICS,
    "binary": metrics.METRICS,
    "multiclass": class_metrics.METRICS,
}
ESTIMATES = {
    "regression": regression_metrics.ESTIMATES,
    "binary": metrics.RATES,
    "multiclass": class_metrics.ESTIMATES,
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
    published: pl.DataFrame, resamples: int = 1000, seed: int = 0,
) -> pl.DataFrame:  # fmt: skip
    """Metrics of all methods on each part.

    Parameters
    ----------
    data : PropertyData
    numbers : ndarray of int, shape=(rows,)
        Of the sequences, as of `duplicates.sequence_numbers`.
    methods : mapping
        Name to its table of predictions (parquet), a row a row of `data`.
    published : DataFrame
        `PUBLISHED`; rows of other properties are left out.
    resamples, seed : int
        Of the intervals; each method is measured on the same resamples.

    Returns
    -------
    DataFrame
        `COLUMNS`. Parts are ``validation`` and ``test``; of k folds ``out_of_fold`` (all rows,
        each predicted by the model that did not learn from it) and ``over_folds`` (mean and
        standard deviation ``sd`` of the folds' test parts, n of them, no interval). Where rows of
        a part have the sequence of a training row, a second block with ``duplicates`` "without"
        leaves them out. Published numbers come last, with origin "published" and their source.

    Raises
    ------
    InputError
        If there is no method, a table of predictions is of other sequences or lacks a column, or
        a published metric is none of this kind of property.
    """
    name, kind = data.definition.name, data.definition.kind
    if not methods:
        raise InputError(f"property {name}: no method predicts it; expected one or more")
    told = published.filter(pl.col("property") == name)
    if strange := [metric for metric in told["metric"] if metric not in METRICS[kind]]:
        raise InputError(
            f"property {name}: a published number is of {strange[0]!r}; of a {kind} expected one "
            f"of {', '.join(METRICS[kind])}"
        )
    parts = list(parts_of(data, numbers))
    tables = []
    for method, path in methods.items():
        values, facts = _values(data, path), read_provenance(path)
        about = {"method": method, "origin": _origin(facts)}
        excuse = str(facts.get("left_out") or "")
        for part in parts:
            found = _measured(data, part.rows, values, excuse, resamples, seed)
            tables.append(_block(found, **about, part=part.name, duplicates=part.duplicates))
        if data.definition.split.folds:
            found = _over_folds(data, values, excuse)
            tables.append(_block(found, **about, part=OVER_FOLDS, duplicates=WITH))
    output = "" if len(data.definition.labels) > 1 else data.definition.labels[0]
    tables.append(_block(told, origin=GIVEN, output=output))
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


def overall(table: pl.DataFrame) -> pl.DataFrame:
    """Rows of the whole property: of several labels their mean, and the published numbers."""
    several = regression_metrics.MEAN in table["output"]
    ours = pl.col("output") == regression_metrics.MEAN if several else pl.lit(True)
    return table.filter(ours | (pl.col("origin") == GIVEN))


def best_methods(table: pl.DataFrame, kind: str) -> list[str]:
    """The best model and the best baseline, chosen by what is no test.

    Parameters
    ----------
    table : DataFrame
        As of `evaluate_methods`.
    kind : str
        Of the property.

    Returns
    -------
    list of str
        At most two methods: the greatest `MAIN` metric of the validation part; of k folds, which
        have none, of all rows out of fold.
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


def read_published(path: str | Path | None) -> pl.DataFrame:
    """Published numbers (TSV with the columns of `PUBLISHED`); no rows where there is no file.

    Raises
    ------
    InputError
        If a column is missing or a value is no number.
    """
    if not path:
        return pl.DataFrame(schema=PUBLISHED)
    table = pl.read_csv(path, separator="\t", infer_schema=False, quote_char=None).fill_null("")
    if missing := [name for name in PUBLISHED if name not in table.columns]:
        raise InputError(
            f"{path} has no column {missing[0]}; expected {', '.join(PUBLISHED)} between tabs"
        )
    try:
        return table.select(pl.col(name).cast(kind) for name, kind in PUBLISHED.items())
    except pl.exceptions.PolarsError as error:
        raise InputError(f"{path}: a value is no number: {error}") from error


def read_evaluation(path: str | Path) -> pl.DataFrame:
    """The table that `evaluate_methods` gave and `store.write_tsv` wrote."""
    table = pl.read_csv(path, separator="\t", infer_schema=False, quote_char=None)
    told = [name for name, kind in COLUMNS.items() if kind == pl.String]
    return table.select(pl.col(name).cast(kind) for name, kind in COLUMNS.items()).with_columns(
        pl.col(told).fill_null("")
    )


def _values(data: PropertyData, path: str | Path) -> np.ndarray:
    """Predicted labels or probabilities, (rows, columns); NaN where there are none."""
    table = pl.read_parquet(path)
    if table["id"].to_list() != list(data.ids):
        raise InputError(
            f"{path} is not of the sequences of property {data.definition.name}: their ids "
            "differ. Make it again, the set has changed since."
        )
    wanted = [f"{PROBABILITY}_{name}" for name in data.classes] or [
        f"{PREDICTION}_{name}" for name in data.definition.labels
    ]
    if missing := [name for name in wanted if name not in table.columns]:
        raise InputError(f"{path} has no column {missing[0]}; expected {', '.join(wanted)}")
    columns = [table[name].cast(pl.Float64).fill_null(float("nan")) for name in wanted]
    return np.stack([column.to_numpy() for column in columns], axis=1)


def _measured(
    data: PropertyData, rows: np.ndarray, values: np.ndarray, excuse: str, resamples: int, seed: int
) -> pl.DataFrame:
    """Metrics of some rows: output, metric, value, ci_low, ci_high, n, note."""
    kind, truth, guess = data.definition.kind, data.labels[rows], values[rows]
    if np.isnan(guess).any(axis=1).all():
        return _nothing(data, len(rows), excuse or "no row of this part has a prediction")
    if kind == "regression":
        names = data.definition.labels
        return regression_metrics.regression_metrics(truth, guess, resamples, seed, names)
    label = truth[:, 0].astype(int)
    if kind == "binary":
        found = metrics.classification_metrics(label, guess[:, 1], THRESHOLD, resamples, seed)
    else:
        found = class_metrics.class_metrics(label, guess, data.classes, resamples, seed)
    return found.with_columns(output=pl.lit(data.definition.labels[0]))


def _nothing(data: PropertyData, rows: int, reason: str) -> pl.DataFrame:
    """Metrics of a method that predicts none of some rows: only how many they are."""
    names = list(data.definition.labels)
    names += [regression_metrics.MEAN] * (len(names) > 1)
    estimates = [
        (name, metric, rows if metric == "not_scored" else None, rows, reason)
        for name in names
        for metric in METRICS[data.definition.kind]
    ]
    kept = {name: COLUMNS[name] for name in ("output", "metric", "value", "n", "note")}
    return pl.DataFrame(estimates, schema=kept, orient="row")


def _over_folds(data: PropertyData, values: np.ndarray, excuse: str) -> pl.DataFrame:
    """Mean and standard deviation of each metric over the test parts of the folds."""
    folds = [_measured(data, one.test, values, excuse, 0, 0) for one in data.rounds()]
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


def _origin(facts: Mapping[str, Any]) -> str:
    """What the page says of a method's weights."""
    origin = facts.get("origin") or "not recorded"
    folds = [origin] if isinstance(origin, str) else origin
    return ", ".join(dict.fromkeys(ORIGINS.get(name, str(name)) for name in folds))


def _block(found: pl.DataFrame, **about: str) -> pl.DataFrame:
    """Rows of the result: what was found, what they are about, and empty cells for the rest."""
    named = found.with_columns(pl.lit(value).alias(name) for name, value in about.items())
    empty = {kind: "" if kind == pl.String else None for kind in COLUMNS.values()}
    return named.select(
        (pl.col(name) if name in named.columns else pl.lit(empty[kind])).cast(kind).alias(name)
        for name, kind in COLUMNS.items()
    )
