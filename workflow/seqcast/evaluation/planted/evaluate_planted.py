"""Compare what a model says of a simulated genome with the truth that was planted there."""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl

from seqcast.core.provenance import provenance
from seqcast.core.store import read_provenance, read_table, write_table, write_tsv
from seqcast.datasets.coverage.target_store import CoverageStore
from seqcast.evaluation.metrics.bootstrap import Resampling
from seqcast.evaluation.planted.planted_decay import compare_genes, expected_sums
from seqcast.evaluation.planted.planted_half_lives import with_half_lives
from seqcast.evaluation.planted.planted_intervals import with_intervals
from seqcast.evaluation.planted.planted_maps import COLUMNS, compare_bases, read_elements
from seqcast.evaluation.planted.planted_metrics import evaluate
from seqcast.evaluation.planted.planted_tables import (
    check_held_out,
    read_effects,
    read_pairs,
    track_factors,
)
from seqcast.evaluation.planted.planted_variants import Scores, compare_variants
from seqcast.evaluation.planted.readouts import time_course
from seqcast.genome.annotation import read_annotation
from seqcast.predict.coverage.coverage_files import read_coverage
from seqcast.predict.variants.effect_intervals import Intervals
from seqcast.simulate.genome import draw_genome
from seqcast.simulate.species import species_parameters


class PlantedFiles(NamedTuple):
    """What a model says of a simulated genome, and the truth that was planted there.

    Attributes
    ----------
    scores, tracks : path
        Gene table of the ensemble, and the table of its tracks.
    coverage : path
        Store of the ensemble.
    targets : path
        The model's table of tracks.
    annotation : path
    effects, planted, genes, elements : path
        planted_effects.tsv, planted_variants.vcf, genes.tsv and elements.tsv of the simulation.
    fold_scores, fold_coverage : tuple of path
        As `scores` and `coverage`, of each fold.
    stores : tuple of path
        What the model was trained on.
    maps : path, optional
        `map_files.MapTables.bases` of regions on the genome.
    intervals : path, optional
        The model's table of `effect_intervals`; used where it is of these scores, tracks and folds.
    half_lives : path, optional
        Of `half_life_effects.write_half_life_effects`.
    """

    scores: str | Path
    tracks: str | Path
    coverage: str | Path
    targets: str | Path
    annotation: str | Path
    effects: str | Path
    planted: str | Path
    genes: str | Path
    elements: str | Path
    fold_scores: tuple[str | Path, ...] = ()
    fold_coverage: tuple[str | Path, ...] = ()
    stores: tuple[str | Path, ...] = ()
    maps: str | Path | None = None
    intervals: str | Path | None = None
    half_lives: str | Path | None = None


class PlantedTables(NamedTuple):
    """Measures (TSV of `measures.SCHEMA`), and tables of variants, genes and bases (parquet)."""

    measures: str | Path
    variants: str | Path
    genes: str | Path
    bases: str | Path


def evaluate_planted_truth(
    files: PlantedFiles, made: PlantedTables, held_out: Sequence[str],
    simulation: Mapping[str, Any], options: Mapping[str, Any], report: Mapping[str, Any],
    facts: Mapping[str, Any], how: Resampling | None = None,
) -> None:  # fmt: skip
    """Write the measures, and the tables of variants, genes and bases that they rest on.

    Parameters
    ----------
    files : PlantedFiles
    made : PlantedTables
    held_out : sequence of str
        Contigs that no fold was trained on.
    simulation : mapping
        ``seed``, ``species``, and ``genes``, ``numbers`` and ``grammar`` of `species_parameters`.
    options : mapping
        Of `ScoreOptions`, as the model was scored with; ``unscale`` is used.
    report : mapping
        ``score`` (of the scale of logSED) and ``tracks`` (pattern of the tracks of the size, or
        nothing).
    facts : mapping
        Provenance.
    how : Resampling, optional
        Of the intervals.

    Raises
    ------
    InputError
        See `planted_tables`, `planted_variants`, `planted_decay`.
    """
    stores = {str(path): CoverageStore.open(path) for path in files.stores}
    check_held_out(stores, held_out)
    unscale = bool(options.get("unscale", False))
    made_scores = read_provenance(files.scores)
    same_weights = made_scores.get("same_weights", [])
    scores = Scores(
        read_table(files.scores),
        tuple(read_table(path) for path in files.fold_scores),
        read_table(files.tracks),
        report["score"],
        same_weights,
    )
    factors = track_factors(files.targets, scores.tracks["identifier"], unscale)
    tracks_like, effects = report.get("tracks") or None, read_effects(files.effects)
    variants = compare_variants(
        effects, read_pairs(files.planted), scores, factors, held_out, tracks_like
    )
    variants = _with_intervals(variants, files, scores.score, tracks_like)
    if files.half_lives:
        variants = with_half_lives(variants, effects, read_table(files.half_lives))
    genes = _compare_genes(files, held_out, simulation, unscale)
    bases = pl.DataFrame(schema=COLUMNS)
    if files.maps:
        bases = compare_bases(read_table(files.maps), read_elements(files.elements), held_out)
    about = provenance(
        **facts,
        held_out=list(held_out),
        origin=made_scores.get("origin"),
        fold=made_scores.get("fold", []),
        same_weights=same_weights,
    )
    write_table(variants, made.variants, about)
    write_table(genes, made.genes, about)
    write_table(bases, made.bases, about)
    write_tsv(evaluate(variants, genes, how, bases), made.measures)


def _with_intervals(
    variants: pl.DataFrame, files: PlantedFiles, score: str, tracks_like: str | None
) -> pl.DataFrame:
    """Variants with the ends of their intervals, if the model has intervals of these scores."""
    if not files.intervals:
        return variants
    intervals = Intervals.read(files.intervals)
    is_of_these = intervals.is_of(score, tracks_like, len(files.fold_scores))
    return with_intervals(variants, intervals) if is_of_these else variants


def _compare_genes(
    files: PlantedFiles, held_out: Sequence[str], simulation: Mapping[str, Any], unscale: bool
) -> pl.DataFrame:
    """`compare_genes` from files."""
    truth = pl.read_csv(files.genes, separator="\t")
    of_species = {
        name: value for name, value in simulation.items() if name not in ("species", "seed")
    }
    parameters = species_parameters(simulation["species"], **of_species)
    expected = expected_sums(draw_genome(parameters, simulation["seed"]), truth, held_out)
    course = [f"{name}+" for name in time_course()[0]]
    with ExitStack() as stack:
        coverage, *folds = (
            stack.enter_context(read_coverage(path))
            for path in (files.coverage, *files.fold_coverage)
        )
        return compare_genes(
            truth, read_annotation(files.annotation), coverage, folds, expected,
            track_factors(files.targets, course, unscale), held_out,
        )  # fmt: skip
