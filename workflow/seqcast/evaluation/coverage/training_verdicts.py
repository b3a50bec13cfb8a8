"""Whether a trained fold of a coverage model is good enough to score with, in words.

Thresholds are chosen, not measured: below the lower one of an aspect most of what is measured is
not predicted. An aspect that a control reaches as well (the length of a gene alone, or predictions
of other genes) is poor, whatever its value.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from seqcast.core.store import read_tsv, write_tsv

GOOD, WEAK, POOR, OPEN = "good", "weak", "poor", "not measured"
GRADES = (POOR, WEAK, OPEN, GOOD)  # the worst first
OVERALL = "overall"
SUFFIX = ".verdict.tsv"
SCHEMA = {
    "model": pl.String, "fold": pl.String, "aspect": pl.String, "value": pl.Float64,
    "control": pl.Float64, "n": pl.Int64, "grade": pl.String, "note": pl.String,
}  # fmt: skip
RESTING = 0.05  # of the highest learning rate: below it, more steps of this recipe change little
LEAST_GAIN = 0.05  # of r above that of a control


@dataclass(frozen=True)
class Aspect:
    """What is asked of a fold, and from which values on.

    Attributes
    ----------
    name : str
    column : str
        Of the table of tracks; its median over tracks counts.
    weak, good : float
        Least values.
    controls : tuple of str
        Columns of what the length of a gene alone reaches.
    """

    name: str
    column: str
    weak: float
    good: float
    controls: tuple[str, ...] = ()


BINS = Aspect("r of bins within a track", "pearsonr", 0.3, 0.5)
ASPECTS = (
    BINS,
    Aspect("r over genes", "gene_pearsonr", 0.4, 0.6,
           ("gene_length_pearsonr", "gene_rolled_pearsonr")),
    Aspect("r over genes, per base", "gene_density_pearsonr", 0.3, 0.5),
)  # fmt: skip
DECAY = Aspect("r of log2 decay rates", "pearson", 0.3, 0.5)


class GradedFiles(NamedTuple):
    """Tables of one trained fold (TSV).

    Attributes
    ----------
    history : path
        Of `training.loop.train`.
    tracks : path
        Of `coverage_accuracy.track_table`, on windows that the fold never saw.
    decay_metrics : path, optional
        Of `time_course.decay_metrics`.
    """

    history: str | Path
    tracks: str | Path
    decay_metrics: str | Path | None = None


def write_verdict(files: GradedFiles, model: str, fold: str, output: str | Path) -> None:
    """Write the verdict on a fold: TSV of `SCHEMA`, see `verdict_of`."""
    decay = read_inferred(files.decay_metrics) if files.decay_metrics else None
    rows = verdict_of(read_inferred(files.tracks), read_inferred(files.history), decay)
    names = [pl.lit(model).alias("model"), pl.lit(fold).alias("fold")]
    write_tsv(rows.select(*names, pl.all()).select(*SCHEMA), output)


def read_verdicts(paths: Iterable[str | Path]) -> pl.DataFrame:
    """`SCHEMA`, of all folds of these files."""
    tables = [read_tsv(path, SCHEMA) for path in paths]
    return pl.concat([pl.DataFrame(schema=SCHEMA), *tables])


def verdict_of(
    tracks: pl.DataFrame, history: pl.DataFrame, decay: pl.DataFrame | None = None
) -> pl.DataFrame:
    """What a fold is good for.

    Parameters
    ----------
    tracks : DataFrame
        See `GradedFiles`, as the next two.
    history : DataFrame
    decay : DataFrame, optional

    Returns
    -------
    DataFrame
        `SCHEMA` without model and fold: a row for each of `ASPECTS` (medians over tracks; n tracks
        have the value), for decay rates where they were fitted, for the end of the training, and
        last `OVERALL`: the worst grade, and why.
    """
    rows = [_of_tracks(tracks, aspect) for aspect in ASPECTS]
    if decay is not None:
        rows.append(_of_decay(decay))
    rows.append(_of_end(history))
    worst = min((row["grade"] for row in rows), key=GRADES.index)
    reasons = [row["note"] for row in rows if row["grade"] == worst]
    value = rows[0]["value"]
    rows.append({"aspect": OVERALL, "value": value, "control": None, "n": rows[0]["n"],
                 "grade": worst, "note": "; ".join(reasons)})  # fmt: skip
    schema = {name: kind for name, kind in SCHEMA.items() if name not in ("model", "fold")}
    return pl.DataFrame(rows, schema=schema, orient="row")


def _of_tracks(tracks: pl.DataFrame, aspect: Aspect) -> dict[str, Any]:
    values = _numbers(tracks[aspect.column])
    controls = [_median(_numbers(tracks[name])) for name in aspect.controls]
    control = max((c for c in controls if c is not None), default=None)
    return _graded(aspect, _median(values), control, len(values), f"median of {len(values)} tracks")


def _of_decay(decay: pl.DataFrame) -> dict[str, Any]:
    valid = decay.filter(genes="valid", metric="pearson").row(0, named=True)
    bound = decay.filter(genes="at_bound", metric="either").row(0, named=True)
    told = f"{valid['n']} genes"
    if bound["value"]:
        told += f"; {bound['value']:.0f} of {bound['n']} fitted ones are at a bound of the fit"
    return _graded(DECAY, valid["value"], None, valid["n"], told)


def _graded(
    aspect: Aspect, value: float | None, control: float | None, n: int, of: str
) -> dict[str, Any]:
    if value is None:
        grade, note = OPEN, f"{aspect.name}: no value ({of})"
    else:
        grade = GOOD if value >= aspect.good else WEAK if value >= aspect.weak else POOR
        asked = f"; {aspect.weak if grade == POOR else aspect.good:.1f} is asked" * (grade != GOOD)
        note = f"{aspect.name} is {value:.2f} ({of}{asked})"
        if control is not None and value < control + LEAST_GAIN:
            grade = POOR
            note = f"{aspect.name} is {value:.2f}, and {control:.2f} that of a control ({of})"
    return {"aspect": aspect.name, "value": value, "control": control, "n": n, "grade": grade,
            "note": note}  # fmt: skip


def _of_end(history: pl.DataFrame) -> dict[str, Any]:
    """Whether the training ended because nothing improved any more."""
    step = history["step"].to_numpy()
    rate = history["learning_rate"].cast(pl.Float64).to_numpy()
    best, n = step[history["best"].to_numpy()][-1], len(history)
    kept = f"the best of {n} evaluations is that of step {best:,} of {step[-1]:,}"
    grade, note = GOOD, kept
    if n > 1 and best == step[0]:
        grade, note = POOR, f"of {n} evaluations the first is the best: nothing was learned after"
    elif best == step[-1] and rate[-1] > RESTING * rate.max():
        grade, note = WEAK, f"{kept}, the last, at a high learning rate: it had not finished"
    return {"aspect": "end of the training", "value": None, "control": None, "n": n,
            "grade": grade, "note": note}  # fmt: skip


def _numbers(values: pl.Series) -> pl.Series:
    """The finite ones of a column of a TSV, which is text where it has no number."""
    numbers = values.cast(pl.Float64, strict=False)
    return numbers.filter(numbers.is_finite().fill_null(False))


def _median(values: pl.Series) -> float | None:
    return float(np.median(values.to_numpy())) if len(values) else None


def read_inferred(path: str | Path) -> pl.DataFrame:
    """A table of results (TSV), its columns of the types that all of their values have."""
    return pl.read_csv(path, separator="\t", infer_schema_length=None)
