"""A benchmark of variants, from files to its table of results."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Self

import numpy as np
import polars as pl

from seqcast.core.errors import InputError
from seqcast.core.provenance import origins_in_words, provenance
from seqcast.core.store import read_provenance, write_table, write_tsv
from seqcast.evaluation.metrics.bootstrap import Resampling
from seqcast.evaluation.metrics.published import as_results, read_published, warned
from seqcast.evaluation.metrics.table import RESULTS, with_keys, with_origins
from seqcast.evaluation.variants.borzuki_notebooks import notebook_results
from seqcast.evaluation.variants.coefficients import coefficients
from seqcast.evaluation.variants.definition import Definition
from seqcast.evaluation.variants.discrimination import (
    DISTANCE,
    KEYS,
    RANDOM,
    SALUKI,
    Scores,
    results_table,
)
from seqcast.evaluation.variants.joined_scores import ABOUT
from seqcast.evaluation.variants.labelled_variants import SCORED, join_scores, read_labelled
from seqcast.evaluation.variants.match_groups import match_groups
from seqcast.evaluation.variants.matched_pairs import matched_pairs
from seqcast.evaluation.variants.method_scores import (
    TrackScores,
    distance_scores,
    random_scores,
    random_tracks,
    read_folds,
    read_saluki,
    read_tracks,
    tables_by_model,
)
from seqcast.evaluation.variants.two_classes import two_classes
from seqcast.predict.variants.ranking import select_tracks

BORZUKI = "borzuki"  # the one `compat`
COEFFICIENTS = "coefficients"
PROTOCOLS = {
    "classification": two_classes, "matched_pairs": matched_pairs, "match_groups": match_groups,
}  # fmt: skip


class VariantFiles(NamedTuple):
    """What a benchmark is made of; score tables in the order of the files of variants.

    Attributes
    ----------
    truth : sequence of path
        The files of variants: positives and negatives, or one of both.
    scores : mapping
        Model to, for each file of variants, the score tables of its folds (or sed.h5).
    tracks : mapping
        Model to its track table, if it has one.
    saluki : sequence of sequence of path
        For each file of variants the ssd.tsv of each Saluki model; none, no such method.
    published : path, optional
        Table of published numbers.
    labels : sequence of path
        For each file of variants another that says what they are; none, they say it themselves.
    """

    truth: Sequence[str | Path]
    scores: Mapping[str, Sequence[Sequence[str | Path]]]
    tracks: Mapping[str, str | Path] = {}
    saluki: Sequence[Sequence[str | Path]] = ()
    published: str | Path | None = None
    labels: Sequence[str | Path] = ()

    @classmethod
    def of(
        cls, truth: Sequence[str | Path], folds: Mapping[str, int], scores: Sequence[str | Path],
        tracks: Sequence[str | Path], published: str | Path | Sequence[str | Path],
        labels: Sequence[str | Path] = (), saluki: Sequence[str | Path] = (),
    ) -> Self:  # fmt: skip
        """Files from what a job has: lists under each name.

        Parameters
        ----------
        truth : sequence of path
        folds : mapping
            Model to its number of folds.
        scores : sequence of path, length models x files of variants x folds
            See `tables_by_model`.
        tracks : sequence of path
            Of the first models.
        published : path, or an empty sequence if there is none
        labels : sequence of path
        saluki : sequence of path
            As many for each file of variants.
        """
        given = published if isinstance(published, str | Path) else None
        described = dict(zip(folds, tracks, strict=False))
        named = tables_by_model(scores, folds)
        each = len(saluki) // len(truth)
        starts = range(0, len(saluki), each or 1)
        models = tuple(saluki[start : start + each] for start in starts)
        return cls(truth, named, described, models, given, labels)


class VariantTables(NamedTuple):
    """Results (TSV), and the labelled variants with scores and statuses (parquet)."""

    results: str | Path
    variants: str | Path


def evaluate_variants(
    files: VariantFiles, made: VariantTables, benchmark: Mapping[str, Any],
    report: Mapping[str, Any], how: Resampling | None = None, compat: str | None = None,
) -> None:  # fmt: skip
    """Write the results of a benchmark of variants, and the rows that they rest on.

    Parameters
    ----------
    files : VariantFiles
    made : VariantTables
        ``results`` has the columns `RESULTS`, published numbers last; ``variants`` has all rows of
        the files, with ``<method>.score`` and ``<method>.status``.
    benchmark : mapping
        A row of benchmarks.tsv: ``benchmark``, ``protocol``, and `Definition.of`; ``score`` and
        ``tracks``, if they are not those of the report.
    report : mapping
        ``score`` and ``tracks`` of the configuration.
    how : Resampling, optional
        Of intervals; its seed is that of all draws.
    compat : {"borzuki"}, optional
        The arithmetic and draws of Borzuki's notebooks (`borzuki_notebooks`); of coefficients, that
        of the original program, with 0 for what lacks a score.

    Raises
    ------
    InputError
        If the protocol is not known, or a file cannot be evaluated by it: see `read_labelled`,
        `read_folds` and `read_saluki`.
    """
    how = how or Resampling()
    definition, name = Definition.of(benchmark), str(benchmark["protocol"])
    if name != COEFFICIENTS and name not in PROTOCOLS:
        known = ", ".join((*PROTOCOLS, COEFFICIENTS))
        raise InputError(f"protocol is {name!r}; expected one of {known}")
    if compat not in (None, BORZUKI):
        raise InputError(f"compat is {compat!r}; expected {BORZUKI} or none")
    of_row = {name: benchmark.get(name) or report.get(name) or "" for name in ("score", "tracks")}
    labelled = read_labelled(files.truth, definition, name == COEFFICIENTS, files.labels)
    if name == COEFFICIENTS:
        tissues = _track_scores(files, labelled, of_row["score"], how.seed, compat == BORZUKI)
        selected = {one.method: _selected(one, of_row["tracks"]) for one in tissues}
        results, methods = coefficients(
            labelled, tissues, definition.genes, selected, how, compat == BORZUKI
        )
    else:
        methods = all_scores(files, labelled, definition, of_row, how.seed)
        results = PROTOCOLS[name](labelled, methods, definition, how)
        if compat == BORZUKI:
            draws = _notebook_draws(files, labelled, definition, of_row, how.seed)
            results = results.update(draws, on=[*KEYS, "metric"], how="full")
    told = as_results(read_published(files.published, benchmark["benchmark"]))
    origins = {model: origins_in_words(about(tables)) for model, tables in files.scores.items()}
    results = with_origins(results, origins)
    named = with_keys(results, benchmark=benchmark["benchmark"]).select(list(RESULTS))
    write_tsv(warned(pl.concat([named, told])), made.results)
    facts = provenance(
        **{name: value for name, value in benchmark.items() if value is not None},
        models={model: about(paths) for model, paths in files.scores.items()},
        seed=how.seed, resamples=how.resamples, compat=compat,
    )  # fmt: skip
    write_table(labelled.with_columns(_columns(methods)), made.variants, facts)


def _columns(methods: Sequence[Scores]) -> list[pl.Series]:
    """Scores and statuses as columns."""
    columns = []
    for one in methods:
        columns.append(pl.Series(f"{one.method}.score", one.values).fill_nan(None))
        columns.append(pl.Series(f"{one.method}.status", one.status.tolist(), pl.String))
    return columns


def _notebook_draws(
    files: VariantFiles, labelled: pl.DataFrame, definition: Definition,
    options: Mapping[str, str], seed: int,
) -> pl.DataFrame:  # fmt: skip
    """`borzuki_notebooks.notebook_results` of all models, as a table."""
    half = {model: model_scores(files, model, options, half=True) for model in files.scores}
    saluki = saluki_scores(files, original=True) if files.saluki else None
    return results_table(list(notebook_results(labelled, half, saluki, definition, seed)))


def _track_scores(
    files: VariantFiles, labelled: pl.DataFrame, score: str, seed: int, half: bool
) -> list[TrackScores]:
    """Scores of models track by track, and random ones."""
    found = []
    for model, tables in files.scores.items():
        sides = [
            read_tracks(model, folds, score, files.tracks.get(model), half) for folds in tables
        ]
        rows = pl.concat(
            side.rows.with_columns(file=pl.lit(file, pl.Int64)) for file, side in enumerate(sides)
        )
        values = np.concatenate([side.values for side in sides])
        found.append(TrackScores(model, rows, values, sides[0].tracks))
    return [*found, *(random_tracks(RANDOM, one, seed) for one in found[:1])]


def _selected(scores: TrackScores, tracks_like: str) -> np.ndarray:
    """Positions of the tracks that count."""
    return select_tracks(scores.tracks, tracks_like or None)


def all_scores(
    files: VariantFiles, labelled: pl.DataFrame, definition: Definition,
    options: Mapping[str, str], seed: int,
) -> list[Scores]:  # fmt: skip
    """Scores of the models, then of the baselines, for labelled variants."""
    found = []
    for model in files.scores:
        scores = model_scores(files, model, options)
        joined = join_scores(labelled, scores, definition.genes)
        values = joined["score"].fill_null(np.nan).to_numpy()
        found.append(Scores(model, values, joined["status"].to_numpy()))
    if files.saluki:
        found.append(_of_saluki(labelled, saluki_scores(files)))
    if definition.distance:
        found.append(_baseline(DISTANCE, labelled, distance_scores(labelled), "no_distance"))
    return [*found, _baseline(RANDOM, labelled, random_scores(labelled, seed), "")]


def model_scores(
    files: VariantFiles, model: str, options: Mapping[str, str], half: bool = False
) -> pl.DataFrame:
    """`read_folds` of a model, of all files of variants; options ``score`` and ``tracks``."""
    tracks = files.tracks.get(model)
    return pl.concat(
        read_folds(folds, options["score"], tracks, options["tracks"] or None, half).with_columns(
            file=pl.lit(file, pl.Int64)
        )
        for file, folds in enumerate(files.scores[model])
    )


def saluki_scores(files: VariantFiles, original: bool = False) -> pl.DataFrame:
    """`read_saluki` of all files of variants."""
    found = pl.concat(read_saluki(paths, original) for paths in files.saluki)
    return found.group_by("variant", maintain_order=True).agg(pl.col("score").max())


def about(tables: Sequence[Sequence[str | Path]]) -> list[dict[str, Any]]:
    """What score tables say of the folds that made them; nothing of files of other programs."""
    facts = [
        read_provenance(path) for paths in tables for path in paths if str(path).endswith("parquet")
    ]
    return [{name: made[name] for name in ABOUT if name in made} for made in facts]


def _baseline(name: str, labelled: pl.DataFrame, values: np.ndarray, lacking: str) -> Scores:
    """Scores of a baseline; what is not usable has none."""
    status = labelled["usable"].to_numpy().astype(object)
    status[(status == SCORED) & np.isnan(values)] = lacking
    return Scores(name, np.where(status == SCORED, values, np.nan), status)


def _of_saluki(labelled: pl.DataFrame, scores: pl.DataFrame) -> Scores:
    """Scores of Saluki, by ID."""
    joined = labelled.join(scores, on="variant", how="left", maintain_order="left")
    values = joined["score"].fill_null(np.nan).to_numpy()
    return _baseline(SALUKI, labelled, values, "not_in_scores")
