"""A benchmark of variants, from files to its table of results."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Self

import numpy as np
import polars as pl

from seqcast.core.errors import InputError
from seqcast.core.provenance import origins_in_words, provenance
from seqcast.core.store import read_provenance, write_table, write_tsv
from seqcast.evaluation.metrics.bootstrap import Estimate, Resampling
from seqcast.evaluation.metrics.published import as_results, read_published, warned
from seqcast.evaluation.metrics.table import NOT_SCORED, RESULTS, with_keys, with_origins
from seqcast.evaluation.variants.baselines.registry import (
    CONSERVATION,
    RANDOM,
    SCORE_TABLES,
    left_out,
)
from seqcast.evaluation.variants.baselines.score_baselines import (
    BaselineFiles,
    saluki_scores,
    score_baselines,
)
from seqcast.evaluation.variants.borzuki_notebooks import notebook_results
from seqcast.evaluation.variants.coefficients import coefficients
from seqcast.evaluation.variants.definition import Definition
from seqcast.evaluation.variants.discrimination import (
    KEYS,
    Row,
    Scores,
    results_table,
)
from seqcast.evaluation.variants.joined_scores import ABOUT
from seqcast.evaluation.variants.labelled_variants import (
    ALL,
    join_scores,
    parts_of,
    read_labelled,
)
from seqcast.evaluation.variants.match_groups import match_groups
from seqcast.evaluation.variants.matched_pairs import matched_pairs
from seqcast.evaluation.variants.method_scores import (
    TrackScores,
    random_tracks,
    read_folds,
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


Given = str | Path | Sequence[str | Path]


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
    baselines : BaselineFiles
    published : path, optional
        Table of published numbers.
    labels : sequence of path
        For each file of variants another that says what they are; none, they say it themselves.
    """

    truth: Sequence[str | Path]
    scores: Mapping[str, Sequence[Sequence[str | Path]]]
    tracks: Mapping[str, str | Path] = {}
    baselines: BaselineFiles = BaselineFiles()
    published: str | Path | None = None
    labels: Sequence[str | Path] = ()

    @classmethod
    def of(
        cls, truth: Sequence[str | Path], folds: Mapping[str, int], scores: Sequence[str | Path],
        tracks: Sequence[str | Path], published: Given, labels: Sequence[str | Path] = (),
        saluki: Sequence[str | Path] = (), beside: Sequence[str | Path] = (), **baselines: Any,
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
        beside : sequence of path
            Indexes that lie next to other files, and are not named to their readers.
        **baselines
            Other fields of `BaselineFiles`.
        """
        given = published if isinstance(published, str | Path) else None
        described = dict(zip(folds, tracks, strict=False))
        named = tables_by_model(scores, folds)
        each = len(saluki) // len(truth)
        starts = range(0, len(saluki), each or 1)
        models = tuple(saluki[start : start + each] for start in starts)
        others = BaselineFiles(saluki=models, **baselines)
        return cls(truth, named, described, others, given, labels)


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
        ``tracks``, if they are not those of the report; what `score_baselines` takes.
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
    baselines = score_baselines(labelled, files.baselines, benchmark, how.seed)
    if name == COEFFICIENTS:
        tissues = _track_scores(files, labelled, of_row["score"], how.seed, compat == BORZUKI)
        selected = {one.method: _selected(one, of_row["tracks"]) for one in tissues}
        results, methods = coefficients(
            labelled, tissues, definition.genes, selected, how, compat == BORZUKI,
            baselines=[one for one in baselines if one.method != RANDOM],
        )  # fmt: skip
    else:
        methods = [*_model_scores(files, labelled, definition, of_row), *baselines]
        results = PROTOCOLS[name](labelled, methods, definition, how)
        if compat == BORZUKI:
            draws = _notebook_draws(files, labelled, definition, of_row, how.seed)
            results = results.update(draws, on=[*KEYS, "metric"], how="full")
    part = ALL if name == COEFFICIENTS else next(parts_of(labelled, definition)).name
    results = pl.concat([results, _left_out(methods, labelled, benchmark, part)])
    write_tsv(_with_published(results, files, str(benchmark["benchmark"])), made.results)
    facts = provenance(
        **{name: value for name, value in benchmark.items() if value is not None},
        models={model: about(paths) for model, paths in files.scores.items()},
        seed=how.seed, resamples=how.resamples, compat=compat,
    )  # fmt: skip
    write_table(labelled.with_columns(_columns(methods)), made.variants, facts)


def _with_published(results: pl.DataFrame, files: VariantFiles, benchmark: str) -> pl.DataFrame:
    """The table of results, with origins, and published numbers last."""
    told = as_results(read_published(files.published, benchmark))
    origins = {model: origins_in_words(about(tables)) for model, tables in files.scores.items()}
    results = with_keys(with_origins(results, origins), benchmark=benchmark)
    return warned(pl.concat([results.select(list(RESULTS)), told]))


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
    given = files.baselines.saluki
    saluki = saluki_scores(given, original=True) if given else None
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


def _model_scores(
    files: VariantFiles, labelled: pl.DataFrame, definition: Definition,
    options: Mapping[str, str],
) -> list[Scores]:  # fmt: skip
    """Scores of the models for labelled variants."""
    found = []
    for model in files.scores:
        scores = model_scores(files, model, options)
        joined = join_scores(labelled, scores, definition.genes)
        values = joined["score"].fill_null(np.nan).to_numpy()
        found.append(Scores(model, values, joined["status"].to_numpy()))
    return found


def _left_out(
    methods: Sequence[Scores], labelled: pl.DataFrame, benchmark: Mapping[str, Any], part: str
) -> pl.DataFrame:
    """A row for each baseline that lacks what it needs, with the reason."""
    found = {one.method for one in methods}
    found |= {column for column in (CONSERVATION, SCORE_TABLES) if benchmark.get(column)}
    rows = len(labelled)
    return results_table(
        [Row(name, part, NOT_SCORED, Estimate(float(rows)), rows, f"left out: {reason}")
         for name, reason in left_out(found).items()]
    )  # fmt: skip


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


def about(tables: Sequence[Sequence[str | Path]]) -> list[dict[str, Any]]:
    """What score tables say of the folds that made them; nothing of files of other programs."""
    facts = [
        read_provenance(path) for paths in tables for path in paths if str(path).endswith("parquet")
    ]
    return [{name: made[name] for name in ABOUT if name in made} for made in facts]
