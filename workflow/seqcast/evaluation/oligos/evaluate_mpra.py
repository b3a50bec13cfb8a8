"""A benchmark of variants in a reporter assay, from files to its table of results."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import polars as pl
from sklearn.linear_model import Ridge

from seqcast.core.errors import InputError
from seqcast.core.provenance import origins_in_words, provenance
from seqcast.core.store import (
    read_provenance,
    read_table,
    read_tsv,
    write_table,
    write_tsv,
)
from seqcast.core.text_files import read_cells
from seqcast.evaluation.coverage.saluki import (
    PENALTY,
    SalukiFiles,
    fold_features,
    read_features,
    read_half_lives,
)
from seqcast.evaluation.metrics.bootstrap import Resampling
from seqcast.evaluation.metrics.published import as_results, read_published, warned
from seqcast.evaluation.metrics.regression import Column
from seqcast.evaluation.metrics.table import RESULTS, with_keys, with_origins
from seqcast.evaluation.oligos.mpra import (
    HALF_LIFE,
    Alleles,
    Controls,
    Linear,
    fit_quality,
    from_controls,
    from_half_lives,
    judge,
    numbers_of_cells,
    read_measurements,
)
from seqcast.evaluation.oligos.oligo_features import SCORED, OligoFeatures, oligo_features
from seqcast.evaluation.variants.discrimination import (
    Resampled,
    Row,
    Scores,
    difference_rows,
    not_scored_row,
    numbers_of,
    pairs_of,
    results_table,
)
from seqcast.genome.annotation import gene_key
from seqcast.predict.oligos.placements import read_contexts

SALUKI, GC = "saluki", "gc"  # methods that are no models of ours
MEASURES = ("spearman", "pearson")
NOT_PREDICTED = "not_predicted"
FIT = "fit"
INTERCEPT = "intercept"
REGRESSIONS = {"fold": pl.String, "feature": pl.String, "coefficient": pl.Float64}


class MpraFiles(NamedTuple):
    """What a benchmark of a reporter assay is made of.

    Attributes
    ----------
    measured : path
        See `mpra.read_measurements`.
    features : path
        Groups of tracks, see `saluki.read_features`.
    contexts : sequence of path
        Of each dataset of oligos: reference and alternative oligos take turns.
    scores : mapping
        Model to, for each dataset, the score tables of its folds.
    tracks : mapping
        Model to its track table.
    saluki : path, optional
        Saluki's predictions of sequences, tab-separated: seq, Prediction.
    published : path, optional
        See `read_published`.
    half_lives : mapping, optional
        Model to its regressions on half-lives (`fit_half_lives`); a model without has no such part.
    """

    measured: str | Path
    features: str | Path
    contexts: Sequence[str | Path]
    scores: Mapping[str, Sequence[Sequence[str | Path]]]
    tracks: Mapping[str, str | Path]
    saluki: str | Path | None = None
    published: str | Path | None = None
    half_lives: Mapping[str, str | Path] = {}


class MpraTables(NamedTuple):
    """Results (TSV), and the measured variants with predictions and statuses (parquet)."""

    results: str | Path
    variants: str | Path


def evaluate_mpra(
    files: MpraFiles, made: MpraTables, benchmark: str, how: Resampling | None = None,
    score: str = "logSED", compat: str | None = None,
) -> None:  # fmt: skip
    """Write how well models and baselines predict measured effects on stability.

    Parameters
    ----------
    files : MpraFiles
    made : MpraTables
        ``results`` has `metrics.table.RESULTS`, published numbers last; a part is a protocol of
        `mpra`, or the fit of controls in a context. ``variants`` has the measured variants of each
        model with its status, and one column per protocol and baseline.
    benchmark : str
        Its name.
    how : Resampling, optional
        Of intervals: all variants of a control are drawn together.
    score : str
    compat : {"borzuki"}, optional
        As published: scores in half precision, intercepts added, repeated ids and sequences kept.

    Raises
    ------
    InputError
        If a table lacks what is needed, or the datasets are not pairs.
    """
    how, measured = how or Resampling(), read_measurements(files.measured)
    as_published = compat is not None
    rows: list[Row] = []
    tables = []
    for i, model in enumerate(files.scores):
        alleles = read_alleles(files, model, score, as_published)
        judged = judge(measured, alleles, as_published)
        used = judged.filter(status=SCORED)
        controls = Controls.of(used)
        fits = {c: controls.fit(alleles.levels(controls.oligos, c)) for c in alleles.contexts}
        found = from_controls(used, alleles, controls, fits, as_published)
        if model in files.half_lives:
            names = list(read_features(files.features))
            models = read_half_life_models(files.half_lives[model], names)
            found[HALF_LIFE] = from_half_lives(used, alleles, models, as_published)
        table = _with_predictions(judged, found, files.saluki, as_published)
        tables.append(with_keys(table, model=model))
        for part in found:
            rows += _of_part(table, model, part, how, with_baselines=i == 0)
        for part, context, stability in fit_quality(alleles, controls, fits):
            fitted = Scores(model, stability, np.full(len(stability), SCORED))
            rows += _of_fit(fitted, controls.stability, f"{part}.{FIT}.{context}", how)
    write_tsv(_results(rows, files, benchmark), made.results)
    facts: dict[str, Any] = {"benchmark": benchmark, "score": score, "compat": compat}
    facts |= {"seed": how.seed, "resamples": how.resamples, "models": list(files.scores)}
    write_table(pl.concat(tables, how="diagonal"), made.variants, provenance(**facts))


def _results(rows: Sequence[Row], files: MpraFiles, benchmark: str) -> pl.DataFrame:
    """`RESULTS`: our rows, then the published ones."""
    origins = {
        model: origins_in_words(read_provenance(path) for folds in tables for path in folds)
        for model, tables in files.scores.items()
    }
    together = {f"{model}+{SALUKI}": origin for model, origin in origins.items()}
    table = with_keys(results_table(rows), benchmark=benchmark)
    ours = with_origins(table, origins | together).select(*RESULTS)
    return warned(pl.concat([ours, as_results(read_published(files.published, benchmark))]))


def read_alleles(files: MpraFiles, model: str, score: str, compat: bool) -> Alleles:
    """Features of reference and alternative oligos of a model, in all contexts.

    Raises
    ------
    InputError
        If datasets are not pairs, or two of them have a context in common.
    """
    tables = files.scores[model]
    if len(tables) % 2 or len(tables) != len(files.contexts):
        raise InputError(
            f"{len(tables)} datasets of oligos with {len(files.contexts)} tables of contexts; "
            "expected pairs: reference and alternative oligos take turns"
        )
    described = read_table(files.tracks[model]).select("identifier", "description")
    descriptions, patterns = dict(described.iter_rows()), read_features(files.features)
    parts = []
    for folds, path in zip(tables, files.contexts, strict=True):
        genes = {context.name: context.gene_id for context in read_contexts(path)}
        parts.append(oligo_features(folds, descriptions, patterns, genes, score, half=compat))
    return Alleles(_joined(parts[::2]), _joined(parts[1::2]))


def _joined(parts: Sequence[OligoFeatures]) -> OligoFeatures:
    rows = pl.concat([part.rows for part in parts])
    if (twice := rows.filter(rows.select("oligo", "context").is_duplicated())).height:
        raise InputError(
            f"context {twice['context'][0]} has oligo {twice['oligo'][0]!r} in two datasets; "
            "expected contexts of their own in each pair of datasets"
        )
    return OligoFeatures(rows, np.concatenate([part.values for part in parts]))


def fit_half_lives(
    files: SalukiFiles, output: str | Path, folds: Sequence[str], options: Mapping[str, Any]
) -> None:
    """Write the published regressions from features of genes to half-lives, of all genes, per fold.

    Parameters
    ----------
    files : SalukiFiles
    output : path
        TSV: fold, feature, coefficient; the feature `INTERCEPT` is none.
    folds : sequence of str
        See `saluki.predict_saluki`.
    options : mapping
        As there.
    """
    compat = options["compat"] is not None
    gene_column, value_column = options["half_life_columns"]
    labels = read_half_lives(files.half_lives, gene_column, value_column, compat)
    rows = []
    for fold, features in fold_features(files, folds).items():
        truth = np.array([labels.get(gene_key(gene), np.nan) for gene in features.genes.tolist()])
        known = np.isfinite(truth)
        ridge = Ridge(alpha=PENALTY).fit(features.values[known], truth[known])
        names = [*features.identifiers.tolist(), INTERCEPT]
        numbers = [*ridge.coef_.tolist(), float(ridge.intercept_)]
        rows += [(fold, *pair) for pair in zip(names, numbers, strict=True)]
    write_tsv(pl.DataFrame(rows, schema=REGRESSIONS, orient="row"), output)


def read_half_life_models(path: str | Path, features: Sequence[str]) -> list[Linear]:
    """Regressions that `fit_half_lives` wrote, one per fold.

    Raises
    ------
    InputError
        If they are of other features.
    """
    models = []
    for _, rows in read_tsv(path, REGRESSIONS).group_by("fold", maintain_order=True):
        known = dict(rows.select("feature", "coefficient").iter_rows())
        if known.keys() != {*features, INTERCEPT}:
            raise InputError(
                f"{path} has regressions on {sorted(known)[:5]} and others; expected the features "
                f"of the benchmark, such as {list(features)[:5]}. Give both the same table: "
                "oligos.track_groups and coverage_accuracy.half_life_features"
            )
        weights = np.array([known[name] for name in features])
        models.append(Linear(weights, known[INTERCEPT]))
    return models


def saluki_predictions(
    path: str | Path, sequences: Sequence[str], compat: bool = False
) -> np.ndarray:
    """Saluki's prediction for each sequence; NaN if there is none, or several that differ.

    With ``compat``, the last of several counts, as published.
    """
    table = read_cells(path, "a table of predictions", columns=("seq", "Prediction"))
    known: dict[str, float] = {}
    numbers = numbers_of_cells(table["Prediction"], path).fill_null(np.nan)
    for sequence, number in zip(table["seq"], numbers, strict=True):
        differs = known.get(sequence, number) != number
        known[sequence] = np.nan if differs and not compat else number
    return np.array([known.get(sequence, np.nan) for sequence in sequences])


def z_scores(values: np.ndarray) -> np.ndarray:
    """Values less their mean, over their standard deviation (n); NaN stays."""
    spread = np.nanstd(values)
    return (values - np.nanmean(values)) / (spread if spread else np.nan)


def _with_predictions(
    judged: pl.DataFrame, found: Mapping[str, np.ndarray], saluki: str | Path | None, compat: bool
) -> pl.DataFrame:
    """Variants with a column per protocol (null if there is no prediction) and baseline."""
    scored = (judged["status"] == SCORED).to_numpy()
    columns = {}
    for part, values in found.items():
        columns[part] = np.full(judged.height, np.nan)
        columns[part][scored] = values
    contents = [judged[name].str.to_uppercase().str.count_matches("[GC]") /
                judged[name].str.len_chars() for name in ("seq", "seq_ctrl")]  # fmt: skip
    columns[GC] = (contents[0] - contents[1]).fill_null(np.nan).to_numpy()
    if saluki:
        columns[SALUKI] = saluki_predictions(saluki, judged["seq"].to_list(), compat)
    return judged.with_columns(
        pl.Series(name, values).fill_nan(None) for name, values in columns.items()
    )


def _of_part(
    table: pl.DataFrame, model: str, part: str, how: Resampling, with_baselines: bool
) -> Iterator[Row]:
    """Rows of a protocol: the model, Saluki, both together, and the change of G and C content."""
    eligible = table["status"].is_in([SCORED, NOT_PREDICTED]).to_numpy()
    methods = {model: table[part].fill_null(np.nan).to_numpy()}
    if SALUKI in table.columns:
        methods[SALUKI] = table[SALUKI].fill_null(np.nan).to_numpy()
        both = eligible & np.isfinite(np.sum(list(methods.values()), axis=0))
        together = np.full(table.height, np.nan)
        together[both] = np.mean([z_scores(values[both]) for values in methods.values()], axis=0)
        methods[f"{model}+{SALUKI}"] = together
    methods[GC] = table[GC].fill_null(np.nan).to_numpy()
    labels = table["effect_size_T4T0"].to_numpy()
    groups = numbers_of(table["seq_ctrl"].to_list())
    resampled = Resampled(lambda used: partial(_rates, labels[used]), groups, how)
    scored = [Scores(name, values, table["status"].to_numpy()) for name, values in methods.items()]
    for one in scored:
        method, values = one.method, one.values
        if method in (SALUKI, GC) and not with_baselines:
            continue
        used = eligible & np.isfinite(values)
        yield from _correlations(one, labels, used, part, resampled)
        reasons = table["status"].filter(pl.Series(~used)).replace(SCORED, NOT_PREDICTED)
        counts = dict(reasons.value_counts().iter_rows())
        yield not_scored_row(method, part, counts, table.height)
    common = eligible & np.isfinite(np.sum(list(methods.values()), axis=0))
    pairs = pairs_of(scored) if common.any() else ()
    found = [resampled.difference(a, b, common, int(common.sum())) for a, b in pairs]
    yield from difference_rows(found, part)


def _of_fit(fitted: Scores, stability: np.ndarray, part: str, how: Resampling) -> Iterator[Row]:
    """Rows of a regression on what it was fitted to."""
    resampled = Resampled(
        lambda used: partial(_rates, stability[used]), np.arange(len(stability)), how
    )
    used = np.ones(len(stability), dtype=bool)
    yield from _correlations(fitted, stability, used, part, resampled)


def _correlations(
    scores: Scores, labels: np.ndarray, used: np.ndarray, part: str, resampled: Resampled
) -> Iterator[Row]:
    """Rows of a method, none where nothing is used."""
    if not used.any():
        return
    undefined = Column.of(labels[used], scores.values[used]).undefined
    for metric, drawn in resampled.of(scores, used).items():
        note = undefined.get(metric, "")
        yield Row(scores.method, part, metric, drawn.estimate, int(used.sum()), note)


def _rates(labels: np.ndarray, values: np.ndarray, counts: np.ndarray) -> dict[str, np.ndarray]:
    """Correlations of resamples, (resamples,) each."""
    column = Column.of(labels, values)
    found = column.estimates(counts)
    return {name: np.where(name in column.undefined, np.nan, found[name]) for name in MEASURES}
