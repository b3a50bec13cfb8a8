"""First-order effects as a job of a run: those of one shard, the mean over folds."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl

from seqcast.core.provenance import merge_folds
from seqcast.core.store import read_table, write_table
from seqcast.genome.annotation import read_annotation
from seqcast.genome.fasta import Genome
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


def _shards(placed: pl.DataFrame, shards: int) -> pl.Series:
    """Which shard each variant belongs to: as many windows in each, unscored ones in the first."""
    windows = placed.drop_nulls("start").select("contig", "start").unique(maintain_order=True)
    numbered = windows.with_columns(shard=pl.int_range(pl.len()) * shards // max(len(windows), 1))
    found = placed.join(numbered, on=["contig", "start"], how="left", maintain_order="left")
    return found["shard"].fill_null(0)
