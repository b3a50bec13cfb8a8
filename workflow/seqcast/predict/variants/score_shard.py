"""Score one shard of a set of variants with one fold of a model."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl

from seqcast.core.contents import contents_of
from seqcast.core.store import read_table, write_table
from seqcast.core.unfinished import UnfinishedTables
from seqcast.genome.annotation import read_annotation
from seqcast.genome.fasta import Genome
from seqcast.predict.fold_model import FoldFiles, open_model, read_options
from seqcast.predict.variants.variant_effects import score_in_parts, shard_rows


class ShardFiles(NamedTuple):
    """Files that a shard is scored from: a fold, checked variants, genes and their genome."""

    weights: str | Path
    hyperparameters: str | Path
    tracks: str | Path
    variants: str | Path
    annotation: str | Path
    genome: str | Path


class ShardTables(NamedTuple):
    """Paths of the two tables of a shard (`score_tables`)."""

    gene: str | Path
    window: str | Path


def score_shard(
    files: ShardFiles, outputs: ShardTables, facts: Mapping[str, Any],
    head: str | None, options: Mapping[str, Any], inference: Mapping[str, Any], threads: int,
    shard: int, shards: int,
) -> None:  # fmt: skip
    """Score the rows of one shard.

    What is scored is kept meanwhile (`unfinished`); a job that was killed goes on from there, and
    its numbers are the same to the last bit.

    Parameters
    ----------
    files : ShardFiles
    outputs : ShardTables
    facts : mapping
        Provenance; ``architecture`` names the class of the model.
    options : mapping
        The fields of `ScoreOptions`.
    """
    fold = FoldFiles(files.weights, files.hyperparameters, files.tracks)
    model, tracks, made = open_model(fold, facts["architecture"], head, inference, threads)
    facts = {**made, "options": dict(options), **facts}
    batch_size, variants = inference["batch_size"], read_table(files.variants)
    rows = shard_rows(len(variants), shard, shards)
    identity = [facts, head, batch_size, rows.start, rows.stop, contents_of(files._asdict())]
    kept = UnfinishedTables(outputs.gene, outputs._fields, {"identity": identity})
    with Genome(files.genome) as genome:

        def score(start: int) -> Iterator[tuple[int, dict[str, pl.DataFrame]]]:
            for stop, tables in score_in_parts(
                model, variants, genome, read_annotation(files.annotation), tracks,
                read_options(options), range(start, rows.stop), batch_size, inference["workers"],
                kept.due,
            ):  # fmt: skip
                yield stop, vars(tables)

        found = kept.complete(rows, score)
    for level, path in outputs._asdict().items():
        write_table(found[level], path, facts)
    kept.remove()
