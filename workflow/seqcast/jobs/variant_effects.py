"""Score one shard of a set of variants with one fold of a model."""

from collections.abc import Mapping
from typing import Any

from seqcast.annotation import read_annotation
from seqcast.genome import Genome
from seqcast.jobs.model import open_model, read_options
from seqcast.scoring.tables import ScoreTables
from seqcast.scoring.variant_effects import score_variants, shard_rows
from seqcast.store import read_table


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
    variants = read_table(files.variants)
    with Genome(files.genome) as genome:
        tables = score_variants(
            model, variants, genome, read_annotation(files.annotation), tracks,
            read_options(options), shard_rows(len(variants), shard, shards),
            inference["batch_size"], inference["workers"],
        )  # fmt: skip
    return tables, facts | {"options": dict(options)}
