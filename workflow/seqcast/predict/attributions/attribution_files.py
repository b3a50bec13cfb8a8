"""First-order effects as a job of a run: those of one fold and shard."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl

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
from seqcast.predict.variants.score_options import ScoreOptions


class AttributedFiles(NamedTuple):
    """What first-order effects are computed from: a fold, variants, genes and their genome."""

    weights: str | Path
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
    """Write the table of one shard (`approximate_effects`), which no window shares with another.

    Parameters
    ----------
    files : AttributedFiles
    output : path
    facts : mapping
        Provenance; ``architecture`` names the class of the model.
    options : mapping
        The fields of `AttributionOptions`, those of ``score`` as `ScoreOptions.of` takes them.
    """
    fold = FoldFiles(files.weights, files.hyperparameters, files.tracks)
    model, tracks, made = open_model(fold, facts["architecture"], head, inference, threads)
    chosen = AttributionOptions(
        options["track_groups"], tuple(options.get("genes", ())), options["integrated_steps"],
        ScoreOptions.of(options["score"]),
    )  # fmt: skip
    variants = read_table(files.variants)
    is_here = _shards(place_variants(variants, geometry_of(model)), shards) == shard
    with Genome(files.genome) as genome:
        annotation = read_annotation(files.annotation)
        table = approximate_effects(
            model, variants.filter(is_here), genome, annotation, tracks, chosen
        )
    write_table(table, output, {**made, "options": dict(options), **facts})


def _shards(placed: pl.DataFrame, shards: int) -> pl.Series:
    """Which shard each variant belongs to: as many windows in each, unscored ones in the first."""
    windows = placed.drop_nulls("start").select("contig", "start").unique(maintain_order=True)
    numbered = windows.with_columns(shard=pl.int_range(pl.len()) * shards // max(len(windows), 1))
    found = placed.join(numbered, on=["contig", "start"], how="left", maintain_order="left")
    return found["shard"].fill_null(0)
