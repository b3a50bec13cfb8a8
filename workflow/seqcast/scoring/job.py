"""The work of one scoring job: files in, tables and their provenance out."""

from collections.abc import Mapping
from typing import Any

import polars as pl
import torch

from seqcast.annotation import read_annotation
from seqcast.genome import Genome
from seqcast.models.convert import read_safetensors
from seqcast.models.interface import load_model
from seqcast.provenance import provenance, versions
from seqcast.scoring.variant_effects import ScoreOptions, ScoreTables, score_variants, shard_rows
from seqcast.tracks import Tracks


def read_options(options: Mapping[str, Any]) -> ScoreOptions:
    """`ScoreOptions` from the section of a config file, whose lists are tuples here."""
    return ScoreOptions(**{k: tuple(v) if isinstance(v, list) else v for k, v in options.items()})


def open_model(
    files: Any, architecture: str, head: str | None, inference: Mapping[str, Any], threads: int
) -> tuple[torch.nn.Module, Tracks, dict[str, Any]]:
    """A fold's model, the tracks to predict, and the facts that results say of both.

    Parameters
    ----------
    files : namespace
        Paths ``weights`` (safetensors), ``hyperparameters`` and ``tracks``.
    inference : mapping
        The section of the config: device, precision.
    threads : int
        CPU threads of the job.
    """
    torch.set_num_threads(threads)
    model = load_model(
        architecture, files.weights, files.hyperparameters, head,
        device=inference["device"], precision=inference["precision"],
    )  # fmt: skip
    source = read_safetensors(files.weights)[1]
    facts = provenance(
        weights_sha256=source.get("source_sha256"),
        device=str(next(model.parameters()).device),
        precision=inference["precision"],
        versions=versions(),
    )
    return model, Tracks.read(files.tracks), facts


def score_shard(
    files: Any, architecture: str, head: str | None, options: Mapping[str, Any],
    inference: Mapping[str, Any], threads: int, shard: int, shards: int,
) -> tuple[ScoreTables, dict[str, Any]]:  # fmt: skip
    """Score the rows of one shard.

    Parameters
    ----------
    files : namespace
        Those of `open_model`, and ``variants`` (checked), ``annotation``, ``genome``.
    options : mapping
        The fields of `ScoreOptions`.
    """
    model, tracks, facts = open_model(files, architecture, head, inference, threads)
    variants = pl.read_parquet(files.variants)
    with Genome(files.genome) as genome:
        tables = score_variants(
            model, variants, genome, read_annotation(files.annotation), tracks,
            read_options(options), shard_rows(len(variants), shard, shards),
            inference["batch_size"], inference["workers"],
        )  # fmt: skip
    return tables, facts | {"options": dict(options)}
