"""What variants do to the half-lives of genes, by the decay of their predicted coverage.

Both alleles of a fold get a decay rate of their own, fitted as in the evaluation of coverage
(`fit_decays`) to the scores REF and ALT of the tracks of a time course, but without its penalty,
which is for noisy measurements: it pulls rates together, and so effects to 0. The effect is the
log2 ratio of the half-lives, ALT over REF. Coverage at time 0 does not enter it: an allele with
twice the RNA and the same decay has no effect here, though its logSED is 1.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl

from seqcast.core.errors import InputError
from seqcast.core.provenance import merge_folds
from seqcast.core.store import (
    array_columns,
    array_values,
    column_names,
    count_rows,
    empty_table,
    read_frames,
    read_provenance,
    read_table,
    write_chunks,
    write_text_table,
)
from seqcast.evaluation.coverage.decay_fits import (
    AMPLITUDE_AT_BOUND,
    CONSTANT,
    NO_COVERAGE,
    RATE_AT_BOUND,
    VALID,
    DecayOptions,
    fit_decays,
)
from seqcast.genome.time_courses import TimeCourse, fitted_courses
from seqcast.predict.nulls.percentiles import read_percentiles, reported

ALLELES = ("REF", "ALT")
SCORED, NO_COURSE = "scored", "no_time_course"
# why there is no effect: the first of these that an allele of a fold has
FAILED = (NO_COVERAGE, CONSTANT, RATE_AT_BOUND, AMPLITUDE_AT_BOUND)
IDENTITY = ("row", "variant", "chrom", "pos", "ref", "alt", "gene_id", "gene_name")
NUMBERS = (
    "ref_half_life_h", "alt_half_life_h", "delta_log2_half_life", "delta_log2_half_life_sd",
)  # fmt: skip


class HalfLifeFiles(NamedTuple):
    """Tables of `write_half_life_effects`: parquet, and text (gzip)."""

    table: str | Path
    text: str | Path


def write_half_life_effects(
    folds: Sequence[str | Path], tracks: str | Path, outputs: HalfLifeFiles
) -> None:
    """Write `half_life_effects` of tables, which are never held as a whole.

    Parameters
    ----------
    folds : sequence of path
        Gene scores of each fold of a model, of the same variants.
    tracks : path
        Which track each position of the scores is.
    outputs : HalfLifeFiles

    Raises
    ------
    InputError
        If the folds have different rows, or no scores REF and ALT.
    """
    facts = merge_folds([read_provenance(fold) for fold in folds])
    if len({count_rows(fold) for fold in folds}) > 1:
        raise _other_rows()
    courses = fitted_courses(read_table(tracks))
    same_weights = facts.get("same_weights", ())

    # a fold has many scores of hundreds of tracks, of which two are needed
    empty = half_life_effects([empty_table(fold) for fold in folds], courses)
    needed = {*IDENTITY, "status", *ALLELES}
    columns = [name for name in column_names(folds[0]) if name in needed]
    parts = zip(*(read_frames(fold, columns) for fold in folds), strict=True)
    effects = (half_life_effects(part, courses, same_weights) for part in parts)
    facts |= {"courses": [course.name for course in courses]}
    write_chunks(effects, empty.schema, outputs.table, facts)
    write_text_table(read_table(outputs.table), outputs.text)


def mean_changes(path: str | Path, scores: pl.DataFrame) -> pl.DataFrame:
    """Half-lives of the rows of a score table, in one number each: means over time courses.

    Parameters
    ----------
    path : path
        Table of `write_half_life_effects`.
    scores : DataFrame
        Of the same rows: the scores of a fold, or their mean.

    Returns
    -------
    DataFrame
        `NUMBERS`, one row per row of `scores`. Half-lives are geometric means over the courses
        that are scored, the change the mean, and the spread over folds that of a course on
        average. Null where no course is scored.

    Raises
    ------
    InputError
        If the rows are others.
    """
    half_lives = read_table(path)
    identity = [name for name in IDENTITY if name in half_lives.columns]
    courses = max(1, half_lives["course"].n_unique())
    if not half_lives[::courses].select(identity).equals(scores.select(identity)):
        raise InputError(
            f"{path} and the scores have different rows; expected the same variants of each. "
            "Delete the older table and run again"
        )
    lives = [pl.col(name).log(2) for name in NUMBERS[:2]]
    of_row = half_lives.select(
        pl.when(pl.col("status") == SCORED).then(value).alias(name)
        for name, value in zip(NUMBERS, [*lives, *map(pl.col, NUMBERS[2:])], strict=True)
    ).with_columns(at=pl.int_range(pl.len()) // courses)
    means = of_row.group_by("at", maintain_order=True).mean().drop("at")
    return means.with_columns(pl.lit(2.0).pow(pl.col(name)).alias(name) for name in NUMBERS[:2])


def further_columns(
    scores: pl.DataFrame, score: str, half_lives: str | Path | None, percentiles: str | Path | None
) -> pl.DataFrame:
    """What rankings and VCF files show of the rows of a score table besides one of its scores.

    Parameters
    ----------
    scores : DataFrame
    score : str
    half_lives, percentiles : path or empty
        Of `write_half_life_effects` and `write_percentiles`, of the same rows.

    Returns
    -------
    DataFrame
        Columns of `mean_changes`, then of `percentiles.reported`; none of what is not given.
    """
    added: list[pl.Series] = []
    if half_lives:
        added += mean_changes(half_lives, scores).get_columns()
    if percentiles:
        added += reported(read_percentiles(percentiles, scores), score).get_columns()
    return pl.DataFrame(added)


def half_life_effects(
    folds: Sequence[pl.DataFrame], courses: Sequence[TimeCourse], same_weights: Sequence[str] = ()
) -> pl.DataFrame:
    """Half-lives of the genes of both alleles, and their change.

    Parameters
    ----------
    folds : sequence of DataFrame
        Gene scores of each fold: identity, ``status``, and the scores REF and ALT, lists of one
        number per track, coverage (not log2).
    courses : sequence of TimeCourse
        Of `time_courses.fitted_courses`.
    same_weights : sequence of str
        Folds that have the same weights (`provenance.same_weights`): there is no spread then.

    Returns
    -------
    DataFrame
        One row per row of a fold and course, in this order: `IDENTITY` as far as the scores have
        it; ``course``; ``status``; ``ref_half_life_h`` and ``alt_half_life_h``, geometric means
        over folds; ``delta_log2_half_life``, log2 of ALT over REF, mean over folds, positive if ALT
        is more stable; and ``delta_log2_half_life_sd``, the sample standard deviation over folds.
        The status is that of the scores, and of those that are scored "no_time_course" (one row,
        if there is no course) or why a rate could not be fitted for an allele of a fold:
        `FAILED`. At a bound of the rate the half-lives are given, as bounds, and the change is not.

    Raises
    ------
    InputError
        If the folds have different rows, or no scores REF and ALT.
    """
    first = folds[0]
    identity = first.select(name for name in IDENTITY if name in first.columns)
    for fold in folds:
        if missing := set(ALLELES) - set(array_columns(fold)):
            raise InputError(
                f"the scores have no {' and no '.join(sorted(missing))}; expected the coverage of "
                "both alleles. Add REF and ALT to variant_effects.gene_scores"
            )
        if not fold.select(identity.columns).equals(identity):
            raise _other_rows()
    statuses = [fold["status"].to_numpy() for fold in folds]
    status = np.select([s != SCORED for s in statuses], statuses, SCORED).astype(object)
    if not courses:
        status[status == SCORED] = NO_COURSE
    named: list[str | None] = [course.name for course in courses]
    fits = [_of_course(folds, course, status, bool(same_weights)) for course in courses]
    tables = [
        identity.with_columns(pl.lit(name, pl.String).alias("course")).hstack(fit)
        for name, fit in zip(named or [None], fits or [_nothing(status)], strict=True)
    ]
    order = pl.Series("order", np.tile(np.arange(len(first)), len(tables)), pl.Int64)
    return pl.concat(tables).with_columns(order).sort("order", maintain_order=True).drop("order")


def _other_rows() -> InputError:
    return InputError(
        "the folds have scores of different rows; expected the same variants of each. Delete the "
        "older table and run again"
    )


def _nothing(status: np.ndarray) -> pl.DataFrame:
    """Rows without numbers."""
    schema = {"status": pl.String, **dict.fromkeys(NUMBERS, pl.Float64)}
    return pl.DataFrame({"status": status.tolist()}, schema_overrides=schema).select(
        "status", *(pl.lit(None, pl.Float64).alias(name) for name in NUMBERS)
    )


def _of_course(
    folds: Sequence[pl.DataFrame], course: TimeCourse, status: np.ndarray, no_spread: bool
) -> pl.DataFrame:
    """Status and `NUMBERS` of each row by one course; `status` is that of the scores."""
    scored = np.flatnonzero(status == SCORED)
    found = status.copy()
    log2_life = np.full((len(ALLELES), len(folds), len(status)), np.nan)
    failed = np.full((len(ALLELES), len(folds), len(scored)), VALID, dtype=object)
    for i, allele in enumerate(ALLELES):
        for j, fold in enumerate(folds):
            log2_life[i, j, scored], failed[i, j] = _fit(fold[allele], scored, course)
    for reason in reversed(FAILED):  # the first of them is written last
        found[scored[(failed == reason).any(axis=(0, 1))]] = reason
    change = log2_life[1] - log2_life[0]
    change[:, found != SCORED] = np.nan
    spread = np.full(len(status), np.nan)
    if len(folds) > 1 and not no_spread:
        spread = change.std(axis=0, ddof=1)
    lives = 2 ** log2_life.mean(axis=1)
    numbers = dict(zip(NUMBERS, (*lives, change.mean(axis=0), spread), strict=True))
    table = pl.DataFrame(
        {"status": found.tolist(), **numbers}, schema_overrides={"status": pl.String}
    )
    return table.with_columns(pl.selectors.float().fill_nan(None))


def _fit(
    scores: pl.Series, scored: np.ndarray, course: TimeCourse
) -> tuple[np.ndarray, np.ndarray]:
    """`log2_half_lives` of the scored rows."""
    values, _ = array_values(scores)
    coverage = np.stack([values[scored][:, list(rows)].mean(axis=1) for rows in course.tracks], 1)
    return log2_half_lives(coverage, np.array(course.hours))


def log2_half_lives(coverage: np.ndarray, hours: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Half-lives of one allele of each row.

    Parameters
    ----------
    coverage : ndarray, shape=(rows, times)
        Not log2; in the same unit at all times.
    hours : ndarray, shape=(times,)
        Ascending.

    Returns
    -------
    log2_half_lives : ndarray of float64, shape=(rows,)
        log2 of h; NaN if there is no rate.
    statuses : ndarray of str, shape=(rows,)
        Of `fit_decays`.
    """
    options = replace(DecayOptions.of_times(hours), penalty=0.0)
    fits = fit_decays(np.arange(len(coverage)), hours, coverage, options=options)
    lives = fits["half_life_h"].fill_null(np.nan).to_numpy()
    return np.log2(lives), fits["status"].to_numpy()
