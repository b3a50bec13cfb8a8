"""Expression of genes over a time course: at each time, its change, and the rate of its decay.

Predicted against measured coverage, as of HEK293 after 4sU: at each time, relative to the steady
state, and the rates of curves through the times. Folds and replicates of any number.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from seqcast.core.errors import InputError
from seqcast.core.store import read_tsv
from seqcast.datasets.coverage.fold_names import without_training
from seqcast.evaluation.coverage.composition import (
    LENGTH_GC,
    gene_composition,
    predict_from_composition,
)
from seqcast.evaluation.coverage.decay_fits import Course, find_course, fit_decays
from seqcast.evaluation.coverage.gene_matrices import TOLD, GeneMatrix, ensemble
from seqcast.evaluation.coverage.panels import FoldName, Results
from seqcast.evaluation.coverage.saluki import (
    ALL,
    neighbour_groups,
    read_half_lives,
)
from seqcast.evaluation.coverage.time_course import curve_of, divisors_of, scales_of, unscaled
from seqcast.evaluation.metrics.bootstrap import RESAMPLES
from seqcast.evaluation.metrics.correlations import LEAST_ROWS
from seqcast.evaluation.metrics.regression import regression_metrics
from seqcast.evaluation.metrics.table import NOT_SCORED, SCHEMA, with_keys
from seqcast.genome.annotation import gene_key
from seqcast.genome.tracks import compiled

STEADY, RATE, HALF_LIFE = "steady_state", "decay_rate", "half_life"  # parts of the tables
PREDICTED, MEASURED = "predicted", "measured"
PSEUDOCOUNT = 1e-6  # in logarithms of the original
SHOWN = ("spearman", "pearson", NOT_SCORED)


class ExpressionFiles(NamedTuple):
    """What expression over a time course is evaluated with.

    Attributes
    ----------
    gene_preds, gene_targets, genes, tracks : tuple of path
        What `evaluate_coverage` wrote, one per model and fold.
    targets : path
        The targets table of the set, whose ``scale`` coverage is divided by.
    genome, annotation : path
        Of the assembly, for the baseline of length and GC content.
    half_lives : tuple of path
        None, or one table of `read_half_lives`.
    """

    gene_preds: tuple[str | Path, ...]
    gene_targets: tuple[str | Path, ...]
    genes: tuple[str | Path, ...]
    tracks: tuple[str | Path, ...]
    targets: str | Path
    genome: str | Path
    annotation: str | Path
    half_lives: tuple[str | Path, ...] = ()


class TimeCourse(NamedTuple):
    """Tracks of a time course, and those of its steady state."""

    course: Course
    steady: tuple[str, ...]

    @property
    def times(self) -> list[str]:
        """Names of the times, the steady state last."""
        return [*(f"{hours:g}h" for hours in self.course.times_h), STEADY]

    def values(self, matrix: GeneMatrix) -> np.ndarray:
        """Coverage of genes at each of `times`, (genes, times): the mean of the tracks."""
        steady = (2 ** matrix.columns(self.steady) - 1).mean(axis=1)
        return np.column_stack([self.course.values(matrix), steady])


class Fold(NamedTuple):
    """Test genes of a fold: predictions, the mean of its replicates, and measurements."""

    predictions: GeneMatrix
    targets: GeneMatrix


def evaluate_expression(
    files: ExpressionFiles, folds: Sequence[FoldName], options: Mapping[str, Any], seed: int = 0
) -> Results:
    """How well models predict expression over a time course, its change and its decay.

    Parameters
    ----------
    files : ExpressionFiles
        Lists in the order of `folds`.
    folds : sequence of FoldName
        Trainings of one fold, as f3c0 and f3c1, are averaged.
    options : mapping
        ``course`` and ``steady_state``, regular expressions on descriptions of tracks;
        ``half_life_columns``, see `read_half_lives`; further those of `fit_time_course`.
    seed : int
        Of the bootstrap intervals.

    Returns
    -------
    Results
        Of `course_metrics` and `baselines`, and of `course_genes`.

    Raises
    ------
    InputError
        If a pattern finds no tracks, see `find_course`, or the reference gene is missing.
    """
    compat, scales = options["compat"] is not None, scales_of(files.targets)
    parts: dict[str, dict[str, list[Fold]]] = {}
    for name, guess, truth in zip(folds, files.gene_preds, files.gene_targets, strict=True):
        one = Fold(*(unscaled(GeneMatrix.read(path), scales) for path in (guess, truth)))
        parts.setdefault(name.model, {}).setdefault(without_training(name.fold), []).append(one)
    described = dict(read_tsv(files.tracks[0]).select("identifier", "description").iter_rows())
    names = one.targets.identifiers.tolist()
    course = find_steady(names, described, options["course"], options["steady_state"])
    labels = None
    if files.half_lives:
        gene_column, value_column = options["half_life_columns"]
        labels = read_half_lives(files.half_lives[0], gene_column, value_column, compat)
    found, rows = [], []
    for model, replicates in parts.items():
        means = {name: mean_fold(several) for name, several in replicates.items()}
        genes = course_genes(means, course, options)
        found.append(_of(model, course_metrics(genes, course.times, labels, compat, seed=seed)))
        rows.append(_of(model, genes))
    tested = [one["gene_id"].to_list() for one in rows[0].partition_by("fold")]
    composition = gene_composition(
        files.genome, files.annotation, rows[0]["gene_id"].unique().to_list()
    )
    groups = neighbour_groups(files.genes[0], tested)
    found.append(baselines(rows[0], course.times, composition, groups, labels, compat, seed=seed))
    return Results(pl.concat(found), pl.concat(rows))


def find_steady(
    identifiers: Sequence[str], described: Mapping[str, str], pattern: str, steady: str
) -> TimeCourse:
    """Tracks of a time course, and of its steady state.

    Parameters
    ----------
    identifiers : sequence of str
    described : mapping
        Identifier to description.
    pattern, steady : str
        Regular expressions, searched for anywhere: see `find_course`, and those of the steady
        state, such as ``RNA:4sU:HEK293_SS_R1``.

    Raises
    ------
    InputError
        If one finds no track or is broken.
    """
    said = [described[name] for name in identifiers]
    wanted = compiled(steady, "the pattern of the steady state, ")
    members = tuple(n for n, text in zip(identifiers, said, strict=True) if wanted.search(text))
    if not members:
        raise InputError(
            f"the pattern of the steady state, {steady!r}, matches the description of none of "
            f"{len(said)} tracks, such as {said[:TOLD]}; expected one or more"
        )
    return TimeCourse(find_course(identifiers, said, pattern), members)


def mean_fold(replicates: Sequence[Fold]) -> Fold:
    """Mean predicted coverage over models that were trained on the same fold; see `ensemble`."""
    return Fold(ensemble([one.predictions for one in replicates], coverage=True),
                replicates[0].targets)  # fmt: skip


def course_genes(
    folds: Mapping[str, Fold], course: TimeCourse, options: Mapping[str, Any]
) -> pl.DataFrame:
    """Coverage of genes at each time, and their decay rates.

    Parameters
    ----------
    folds : mapping
        Name to its test genes, without the scales of tracks.
    course : TimeCourse
    options : mapping
        Those of `fit_time_course`. With ``compat``, coverage of a gene that several folds test is
        added up and counts with the first, and a gene that is measured as 0 at the first or the
        last time has no rate. Otherwise it counts in each fold.

    Returns
    -------
    DataFrame
        fold, gene_id; for predicted and for measured: coverage at each of `TimeCourse.times` (such
        as ``predicted_1h``), ``_log2_decay_rate`` and ``_decay_status``.
    """
    compat = options["compat"] is not None
    curve = curve_of(course.course.times_h, options)
    tables = []
    for name, fold in (_added_up(folds) if compat else folds).items():
        table = pl.DataFrame({"fold": name, "gene_id": fold.targets.genes.tolist()})
        for kind, matrix in ((PREDICTED, fold.predictions), (MEASURED, fold.targets)):
            values = course.values(matrix)
            columns = {f"{kind}_{t}": values[:, i] for i, t in enumerate(course.times)}
            divisors = divisors_of(matrix, course.course, options["decay_reference"])
            fits = fit_decays(matrix.genes, course.course.times_h, values[:, :-1], divisors, curve)
            table = table.with_columns(
                **{n: pl.Series(v) for n, v in columns.items()},
                **{f"{kind}_log2_decay_rate": fits["log2_decay_rate"],
                   f"{kind}_decay_status": fits["status"]},
            )  # fmt: skip
        tables.append(table)
    found = pl.concat(tables)
    if not compat:
        return found
    ends = [f"{MEASURED}_{time}" for time in (course.times[0], course.times[-2])]
    kept = pl.all_horizontal(pl.col(ends) > 0)
    return found.with_columns(
        pl.when(kept).then(f"{kind}_log2_decay_rate").alias(f"{kind}_log2_decay_rate")
        for kind in (PREDICTED, MEASURED)
    )


def course_metrics(
    genes: pl.DataFrame, times: Sequence[str], half_lives: Mapping[str, float] | None = None,
    compat: bool = False, resamples: int = RESAMPLES, seed: int = 0,
) -> pl.DataFrame:  # fmt: skip
    """Agreement of predicted and measured expression, its change and its decay.

    Parameters
    ----------
    genes : DataFrame
        As of `course_genes`.
    times : sequence of str
        As of `TimeCourse.times`.
    half_lives : mapping, optional
        As of `read_half_lives`.
    compat : bool
        Logarithms of coverage + 1e-6, so that zeros become -20 and drive Pearson's correlation,
        and of ratios + 1e-6. Otherwise of coverage + 1, and of ratios as they are.
    resamples, seed : int
        Intervals are over resamples of genes.

    Returns
    -------
    DataFrame
        part, then `SCHEMA`: spearman, pearson, not_scored. Parts, for each fold and "all":
        ``f0/1h`` (coverage at a time), ``f0/1h/steady_state`` (the ratio of the two; genes with 0
        at either are not scored), ``f0/decay_rate`` (log2; also of genes at a bound of the fit)
        and, with half-lives, ``f0/half_life`` (the predicted log2 rate against them: a good model
        has a negative correlation).
    """
    tables = []
    for fold, rows in _folds(genes, compat):
        for part, pair in _pairs(rows, times, half_lives, compat).items():
            note = _told(rows) if part == RATE else ""
            tables.append(_agreement(f"{fold}/{part}", pair, rows, resamples, seed, note))
    return pl.concat(tables)


def baselines(
    genes: pl.DataFrame, times: Sequence[str], composition: pl.DataFrame,
    groups: Mapping[str, str], half_lives: Mapping[str, float] | None = None,
    compat: bool = False, resamples: int = RESAMPLES, seed: int = 0,
) -> pl.DataFrame:  # fmt: skip
    """What no model is needed for, as rows of `course_metrics` with a column method.

    Method "length_gc": what `predict_from_composition` finds for each part, with `groups`. Method
    "measured": measured rates for half-lives.
    """
    tables = []
    for fold, rows in _folds(genes, compat):
        for part, (truth, _) in _pairs(rows, times, half_lives, compat).items():
            guess = predict_from_composition(composition, rows["gene_id"].to_list(), truth, groups)
            table = _agreement(f"{fold}/{part}", (truth, guess), rows, resamples, seed)
            tables.append(_of(LENGTH_GC, table))
            if part == HALF_LIFE:
                pair = truth, rows[f"{MEASURED}_log2_decay_rate"]
                table = _agreement(f"{fold}/{part}", pair, rows, resamples, seed)
                tables.append(_of(MEASURED, table))
    return pl.concat(tables)


def _pairs(
    rows: pl.DataFrame, times: Sequence[str], half_lives: Mapping[str, float] | None, compat: bool
) -> dict[str, tuple[pl.Series, pl.Series]]:
    """Measured and predicted values of each part of a fold, see `course_metrics`."""
    found = {}
    for time in times:
        levels = [_level(rows[f"{kind}_{time}"], compat) for kind in (MEASURED, PREDICTED)]
        found[time] = levels[0], levels[1]
    for time in times[:-1]:
        measured, predicted = _changes(rows, time, compat)
        found[f"{time}/{STEADY}"] = measured, predicted
    rates = [rows[f"{kind}_log2_decay_rate"] for kind in (MEASURED, PREDICTED)]
    found[RATE] = rates[0], rates[1]
    if half_lives is not None:
        found[HALF_LIFE] = _labels(rows, half_lives), rates[1]
    return found


def _added_up(folds: Mapping[str, Fold]) -> dict[str, Fold]:
    """Folds in which each gene is once: with the first that has it, coverage added up."""
    owner: dict[str, str] = {}
    for name, fold in folds.items():
        for gene in fold.targets.genes.tolist():
            owner.setdefault(gene, name)
    found = {}
    for name, fold in folds.items():
        own = [gene for gene in fold.targets.genes.tolist() if owner[gene] == name]
        sums = []
        for kind in range(2):
            total = {gene: np.zeros(fold[kind].values.shape[1]) for gene in own}
            for other in folds.values():
                for gene, row in zip(other[kind].genes.tolist(), other[kind].values, strict=True):
                    if gene in total:
                        total[gene] += 2**row - 1
            values = np.log2(1 + np.array(list(total.values())))
            sums.append(GeneMatrix(np.array(own), fold[kind].identifiers, values))
        found[name] = Fold(*sums)
    return found


def _folds(genes: pl.DataFrame, compat: bool) -> list[tuple[str, pl.DataFrame]]:
    """Rows of each fold, and of all if it is not the only one."""
    folds = [(str(rows["fold"][0]), rows) for rows in genes.partition_by("fold")]
    return [*folds, (ALL, genes)] if len(folds) > 1 and not compat else folds


def _level(coverage: pl.Series, compat: bool) -> pl.Series:
    return (coverage + (PSEUDOCOUNT if compat else 1)).log(2)


def _changes(rows: pl.DataFrame, time: str, compat: bool) -> list[pl.Series]:
    """Measured and predicted log2 ratio to the steady state; null where one of the four is 0."""
    columns = [f"{kind}_{name}" for kind in (MEASURED, PREDICTED) for name in (time, STEADY)]
    kept = pl.all_horizontal(pl.col(columns) > 0)
    ratios = (
        pl.when(kept).then((pl.col(a) / pl.col(b) + (PSEUDOCOUNT if compat else 0)).log(2)).alias(a)
        for a, b in zip(columns[::2], columns[1::2], strict=True)
    )
    return rows.select(*ratios).get_columns()


def _labels(rows: pl.DataFrame, half_lives: Mapping[str, float]) -> pl.Series:
    """Half-lives of genes, null for genes without one."""
    found = [half_lives.get(gene_key(gene), np.nan) for gene in rows["gene_id"]]
    return pl.Series(found, dtype=pl.Float64).fill_nan(None)


def _told(rows: pl.DataFrame) -> str:
    """How many genes have rates that the bounds of the fit decide."""
    known = rows.drop_nulls([f"{kind}_log2_decay_rate" for kind in (MEASURED, PREDICTED)])
    either = pl.any_horizontal(
        pl.col(f"{kind}_decay_status").str.ends_with("_at_bound") for kind in (MEASURED, PREDICTED)
    )
    number = known.filter(either).height
    return f"{number} at a bound of the fit" if number else ""


def _agreement(
    part: str, pair: Sequence[pl.Series], rows: pl.DataFrame, resamples: int, seed: int,
    note: str = "",
) -> pl.DataFrame:  # fmt: skip
    """`SHOWN` of measured and predicted; of genes that several folds have, all rows are drawn."""
    truth, guess = pair
    both = int((truth.is_not_null() & guess.is_not_null()).sum())
    if both < LEAST_ROWS:
        told = f"fewer than {LEAST_ROWS} genes"
        none = [(name, None, None, None, both, told) for name in SHOWN[:2]]
        lost = (NOT_SCORED, len(truth) - both, None, None, len(truth), "")
        return with_keys(pl.DataFrame([*none, lost], schema=SCHEMA, orient="row"), part=part)
    genes = rows["gene_id"]
    groups = genes.to_list() if genes.is_duplicated().any() else None
    found = regression_metrics(truth.to_list(), guess.to_list(), resamples, seed, groups=groups)
    found = found.filter(pl.col("metric").is_in(SHOWN)).drop("output").with_columns(
        note=pl.when((pl.col("note") == "") & (pl.col("metric") != NOT_SCORED))
        .then(pl.lit(note)).otherwise("note")
    )  # fmt: skip
    return with_keys(found, part=part)


def _of(method: str, table: pl.DataFrame) -> pl.DataFrame:
    return with_keys(table, method=method)
