"""Decay rates of genes, fitted to predicted and to measured coverage over a time course."""

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from seqcast.core.errors import InputError
from seqcast.core.store import read_tsv, write_tsv
from seqcast.core.text_files import read_cells
from seqcast.evaluation.coverage.decay_fits import (
    HEK293_GAPDH,
    Course,
    DecayOptions,
    find_course,
    fit_decays,
    reference_values,
)
from seqcast.evaluation.coverage.gene_matrices import GeneMatrix
from seqcast.evaluation.metrics.bootstrap import RESAMPLES
from seqcast.evaluation.metrics.correlations import LEAST_ROWS
from seqcast.evaluation.metrics.regression import regression_metrics
from seqcast.evaluation.metrics.table import SCHEMA, with_keys

logger = logging.getLogger(__name__)

VALID = "valid"
GAPDH = "HEK293_GAPDH"  # name of the published divisors in the config
RATE = "log2_decay_rate"
KEPT = (RATE, "half_life_h", "amplitude", "rmse", "status")
MANY_AT_BOUND = 0.1  # of the genes


class CourseFiles(NamedTuple):
    """What `evaluate_coverage` wrote, and the targets table of the set.

    Coverage is divided by the table's ``scale``, which may be another at each time. Its
    ``norm_factor``, which makes times comparable, stays.
    """

    gene_preds: str | Path
    gene_targets: str | Path
    genes: str | Path
    tracks: str | Path
    targets: str | Path


class DecayFiles(NamedTuple):
    """TSV files of `decay_table` and `decay_metrics`."""

    decay: str | Path
    metrics: str | Path


def fit_time_course(
    files: CourseFiles, outputs: DecayFiles, pattern: str, options: Mapping[str, Any],
    seed: int = 0,
) -> None:  # fmt: skip
    """Fit decay rates of genes to predicted and to measured coverage over a time course.

    Parameters
    ----------
    files : CourseFiles
    outputs : DecayFiles
    pattern : str
        Regular expression on descriptions of tracks, see `find_course`.
    options : mapping
        ``decay_shape`` and ``decay_half_life_h`` (may be None), see `DecayOptions.of_times`;
        ``compat``, "borzuki" for the published bounds of `DecayOptions`; ``decay_reference``:
        empty; a gene that is taken as stable, predicted and measured apart; or "HEK293_GAPDH", the
        published divisors.
    seed : int
        Of the bootstrap intervals.

    Raises
    ------
    InputError
        If the pattern finds fewer than three times, or the reference gene is missing.
    """
    described = dict(read_tsv(files.tracks).select("identifier", "description").iter_rows())
    scales, fits = scales_of(files.targets), []
    for path in (files.gene_preds, files.gene_targets):
        matrix = unscaled(GeneMatrix.read(path), scales)
        names = matrix.identifiers.tolist()
        course = find_course(names, [described[name] for name in names], pattern)
        divisors = divisors_of(matrix, course, options["decay_reference"])
        curve = curve_of(course.times_h, options)
        fits.append(
            fit_decays(matrix.genes, course.times_h, course.values(matrix), divisors, curve)
        )
    _tell_scales(course, scales)
    table = decay_table(read_tsv(files.genes), *fits)
    write_tsv(table, outputs.decay)
    metrics = decay_metrics(table, seed)
    _tell_bounds(metrics, curve)
    write_tsv(metrics, outputs.metrics)


def decay_table(
    genes: pl.DataFrame, predicted: pl.DataFrame, measured: pl.DataFrame
) -> pl.DataFrame:
    """Decay rates side by side, one row per gene of the annotation.

    Parameters
    ----------
    genes : DataFrame
        As of `GeneAccuracy.genes`.
    predicted, measured : DataFrame
        As of `fit_decays`.

    Returns
    -------
    DataFrame
        gene_id, gene_name, chrom; status: "valid", why the gene was not evaluated, or why its
        measured or else predicted rate is none (measured_rate_at_bound and such); then `KEPT` of
        both fits, named ``predicted_``... and ``measured_``... Rates are log2 of 1/h.
    """
    table = genes.select("gene_id", "gene_name", "chrom", "status")
    for name, fit in (("predicted", predicted), ("measured", measured)):
        columns = fit.select("gene_id", **{f"{name}_{column}": pl.col(column) for column in KEPT})
        table = table.join(columns, on="gene_id", how="left", maintain_order="left")
    guess, truth = pl.col("predicted_status"), pl.col("measured_status")
    return table.with_columns(
        status=pl.when(pl.col("status") != VALID).then("status")
        .when(truth != VALID).then(pl.format("measured_{}", truth))
        .when(guess != VALID).then(pl.format("predicted_{}", guess))
        .otherwise(pl.lit(VALID))
    )  # fmt: skip


def decay_metrics(table: pl.DataFrame, seed: int = 0, resamples: int = RESAMPLES) -> pl.DataFrame:
    """Agreement of predicted and measured log2 decay rates.

    Parameters
    ----------
    table : DataFrame
        As of `decay_table`.

    Returns
    -------
    DataFrame
        genes ("valid", or "fitted": also those at a bound of the fit), then the columns of
        `regression_metrics`. Where genes are at a bound, "fitted" has no r2 and no rmse, which
        would be of the bounds. Without three genes a single row says so. Last come three rows of
        genes "at_bound": in ``value``, how many of the n "fitted" are at a bound ``measured``,
        ``predicted``, or in ``either``.
    """
    tables = []
    fitted = table.filter(
        pl.all_horizontal(
            pl.col(f"{name}_log2_decay_rate").is_not_null() for name in ("predicted", "measured")
        )
    )
    for name, rows in ((VALID, table.filter(status=VALID)), ("fitted", fitted)):
        if rows.height < LEAST_ROWS:
            note = f"fewer than {LEAST_ROWS} genes"
            row = ("pearson", None, None, None, rows.height, note)
            found = with_keys(pl.DataFrame([row], schema=SCHEMA, orient="row"), output=RATE)
        else:
            found = regression_metrics(
                rows["measured_log2_decay_rate"].to_numpy(),
                rows["predicted_log2_decay_rate"].to_numpy(),
                resamples, seed, [RATE],
            )  # fmt: skip
        tables.append(with_keys(found, genes=name))
    at_bound = _at_bound(fitted)
    if at_bound["value"].to_list()[-1]:
        hidden = pl.col("metric").is_in(["r2", "rmse"])
        tables[-1] = tables[-1].with_columns(
            *(pl.when(~hidden).then(name).alias(name) for name in ("value", "ci_low", "ci_high")),
            note=pl.when(hidden).then(pl.lit("genes at a bound of the fit")).otherwise("note"),
        )
    return pl.concat([*tables, at_bound])


def _at_bound(fitted: pl.DataFrame) -> pl.DataFrame:
    """How many fitted genes are at a bound of the fit, as rows of `decay_metrics`."""
    at_bound = {
        name: fitted[f"{name}_status"].str.ends_with("_at_bound")
        for name in ("measured", "predicted")
    }
    at_bound["either"] = at_bound["measured"] | at_bound["predicted"]
    rows = [
        (name, float(column.sum()), None, None, fitted.height, "")
        for name, column in at_bound.items()
    ]
    found = pl.DataFrame(rows, schema=SCHEMA, orient="row")
    return with_keys(found, genes="at_bound", output=RATE)


def scales_of(path: str | Path) -> dict[str, float]:
    """Factor of the training targets of each track; 1 where a targets table says none."""
    table = read_cells(path, "a table of tracks")
    if "scale" not in table.columns:
        return dict.fromkeys(table["identifier"], 1.0)
    factors = table.select("identifier", pl.col("scale").cast(pl.Float64).fill_null(1.0))
    return dict(factors.iter_rows())


def curve_of(times_h: np.ndarray, options: Mapping[str, Any]) -> DecayOptions:
    """The curve that the config file asks for."""
    half_life_h = options.get("decay_half_life_h") or ()
    if options.get("compat") is None:
        return DecayOptions.of_times(times_h, options["decay_shape"], half_life_h)
    if half_life_h:
        raise InputError(
            "decay_half_life_h with compat, whose half-lives are at least 0.69 h; expected one of "
            "the two. Leave one out."
        )
    return DecayOptions(options["decay_shape"])


def _tell_bounds(metrics: pl.DataFrame, curve: DecayOptions) -> None:
    """Warn where the bounds of the fit decide the rates of many genes."""
    for metric, genes, of in metrics.filter(genes="at_bound").select("metric", "value", "n").rows():
        if metric != "either" and genes > MANY_AT_BOUND * of:
            logger.warning(
                "%d of %d genes have a %s rate or amplitude at a bound of the fit: their numbers "
                "are those of the bound. Half-lives from %.3g to %.3g h can be "
                "distinguished with these times. Sample at other times, or set "
                "coverage_accuracy.decay_half_life_h.",
                genes, of, metric, *curve.half_life_h,
            )  # fmt: skip


def _tell_scales(course: Course, scales: Mapping[str, float]) -> None:
    """Warn where times have other scales: those of libraries would be meant to stay."""
    found = {scales[name] for names in course.members for name in names}
    if len(found) > 1:
        logger.warning(
            "the tracks of the time course have scales from %g to %g, which rates are fitted "
            "without. Factors that make libraries comparable, such as those of spike-ins, belong "
            "into the column norm_factor of the targets table.", min(found), max(found),
        )  # fmt: skip


def unscaled(matrix: GeneMatrix, scales: Mapping[str, float]) -> GeneMatrix:
    """log2(1 + coverage) without the factors of the tracks."""
    factors = np.array([scales[name] for name in matrix.identifiers])
    values = np.log2(1 + (2**matrix.values - 1) / factors)
    return GeneMatrix(matrix.genes, matrix.identifiers, values)


def divisors_of(matrix: GeneMatrix, course: Course, reference: str) -> np.ndarray | None:
    """What coverage at each time is divided by."""
    if not reference:
        return None
    if reference != GAPDH:
        return reference_values(matrix, course, reference)
    if lost := sorted(set(course.times_h.tolist()) - set(HEK293_GAPDH)):
        raise InputError(
            f"the time course has {lost} h, of which {GAPDH} says nothing; expected times of "
            f"{list(HEK293_GAPDH)} h. Name a reference gene, or leave decay_reference empty."
        )
    return np.array([HEK293_GAPDH[hours] for hours in course.times_h.tolist()])
