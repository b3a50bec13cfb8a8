"""First-order effects from files: of one shard, a job of a run; and from Python."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import polars as pl

from seqcast.core.provenance import merge_folds
from seqcast.core.store import read_table, write_table
from seqcast.genome.annotation import Annotation, read_annotation
from seqcast.genome.fasta import Genome
from seqcast.genome.tracks import Tracks
from seqcast.genome.user_files import opened
from seqcast.genome.variants import check_variants, guard_build, read_variants
from seqcast.models.interface import CoverageModel
from seqcast.predict.attributions.attribution_tables import tidy_effects
from seqcast.predict.attributions.first_order_effects import (
    AttributionOptions,
    approximate_effects,
    place_variants,
)
from seqcast.predict.fold_model import FoldFiles, open_model
from seqcast.predict.inference import geometry_of
from seqcast.predict.variants.ensemble import average_scores
from seqcast.predict.variants.score_options import ScoreOptions


class AttributedFiles(NamedTuple):
    """What first-order effects are computed from: weights of all folds, variants, genes, genome."""

    weights: tuple[str | Path, ...]
    hyperparameters: str | Path
    tracks: str | Path
    variants: str | Path
    annotation: str | Path
    genome: str | Path


def approximate_shard(
    files: AttributedFiles, output: str | Path, facts: Mapping[str, Any],
    head: str | None, options: Mapping[str, Any], inference: Mapping[str, Any], threads: int,
    shard: int, shards: int,
) -> None:  # fmt: skip
    """Write the mean over folds of one shard (`approximate_effects`, `ensemble.average_scores`).

    No window is in two shards, so that they change no number.

    Parameters
    ----------
    files : AttributedFiles
    output : path
    facts : mapping
        Provenance; ``architecture`` names the class of the model, ``fold`` and ``origin`` are lists
        of one for each file of weights.
    options : mapping
        The fields of `AttributionOptions`, those of ``score`` as `ScoreOptions.of` takes them.
    """
    chosen = AttributionOptions(
        options["track_groups"], tuple(options.get("genes", ())), options["integrated_steps"],
        ScoreOptions.of(options["score"]),
    )  # fmt: skip
    variants, tables, of_folds = read_table(files.variants), [], []
    annotation = read_annotation(files.annotation)
    with Genome(files.genome) as genome:
        for weights, fold, origin in zip(
            files.weights, facts["fold"], facts["origin"], strict=True
        ):
            paths = FoldFiles(weights, files.hyperparameters, files.tracks)
            model, tracks, made = open_model(paths, facts["architecture"], head, inference, threads)
            is_here = _shards(place_variants(variants, geometry_of(model)), shards) == shard
            here = variants.filter(is_here)
            tables.append(approximate_effects(model, here, genome, annotation, tracks, chosen))
            told = {"options": dict(options), **facts, "fold": fold, "origin": origin}
            of_folds.append({**made, **told})
    about = merge_folds(of_folds)
    write_table(average_scores(tables, about.get("same_weights", ())), output, about)


def screen_variants(
    model: CoverageModel | Sequence[CoverageModel],
    variants: str | Path | pl.DataFrame,
    genome: str | Path | Genome,
    annotation: str | Path | Annotation,
    tracks: str | Path | Tracks,
    track_groups: Mapping[str, str] = MappingProxyType({"all": ""}),
    genes: Sequence[str] = (),
    integrated_steps: int = 0,
    **options: Any,
) -> pl.DataFrame:
    """First-order effects of substitutions on genes: approximations of logSED, by gradients.

    Parameters
    ----------
    model : CoverageModel or sequence of CoverageModel
        As `load_model` returns it; several are folds, whose mean and spread count.
    variants : path or DataFrame
        VCF or BCF, or variants as `variants.check_variants` returns them.
    genome : path or Genome
    annotation : path or Annotation
        GTF, GFF3, or parquet of `Annotation.write`.
    tracks : path or Tracks
    track_groups : mapping of str to str
    genes : sequence of str
    integrated_steps : int
        See `AttributionOptions`.
    **options
        Fields of `ScoreOptions`: reverse_complement, shifts_bp, span, unclip ...

    Returns
    -------
    DataFrame
        Of `attribution_tables.tidy_effects`: one row per variant, gene and group of tracks, with
        ``first_order_effect`` and its standard deviation over folds.

    Raises
    ------
    InputError
        If a file or an option is wrong, or the variants seem to be of another genome build.
    """
    folds = list(model) if isinstance(model, Sequence) else [model]
    genome, annotation, tracks = opened(genome, annotation, tracks)
    if not isinstance(variants, pl.DataFrame):
        variants = check_variants(read_variants(variants), genome, "exclude")
        guard_build(variants)
    chosen = AttributionOptions(
        track_groups, tuple(genes), integrated_steps, ScoreOptions(**options)
    )
    tables = [
        approximate_effects(fold, variants, genome, annotation, tracks, chosen) for fold in folds
    ]
    return tidy_effects(average_scores(tables), list(track_groups))


def _shards(placed: pl.DataFrame, shards: int) -> pl.Series:
    """Which shard each variant belongs to: as many windows in each, unscored ones in the first."""
    windows = placed.drop_nulls("start").select("contig", "start").unique(maintain_order=True)
    numbered = windows.with_columns(shard=pl.int_range(pl.len()) * shards // max(len(windows), 1))
    found = placed.join(numbered, on=["contig", "start"], how="left", maintain_order="left")
    return found["shard"].fill_null(0)
