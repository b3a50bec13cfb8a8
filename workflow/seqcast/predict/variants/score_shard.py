"""Score one shard of a set of variants with one fold of a model."""

from collections.abc import Iterator, Mapping
from types import SimpleNamespace
from typing import Any

import polars as pl

from seqcast.core.contents import contents_of
from seqcast.core.store import read_table, write_table
from seqcast.core.unfinished import UnfinishedTables
from seqcast.genome.annotation import read_annotation
from seqcast.genome.fasta import Genome
from seqcast.predict.fold_model import open_model, read_options
from seqcast.predict.variants.variant_effects import score_in_parts, shard_rows

LEVELS = ("gene", "window")


def score_shard(
    files: Mapping[str, str], outputs: Mapping[str, str], facts: Mapping[str, Any],
    head: str | None, options: Mapping[str, Any], inference: Mapping[str, Any], threads: int,
    shard: int, shards: int,
) -> None:  # fmt: skip
    """Score the rows of one shard.

    What is scored is kept meanwhile (`unfinished`); a job that was killed goes on from there, and
    its numbers are the same to the last bit.

    Parameters
    ----------
    files : mapping
        Those of `open_model`, and ``variants`` (checked), ``annotation``, ``genome``.
    outputs : mapping
        Paths of the tables ``gene`` and ``window`` (`scoring.tables`).
    facts : mapping
        Provenance; ``architecture`` names the class of the model.
    options : mapping
        The fields of `ScoreOptions`.
    """
    model, tracks, made = open_model(
        SimpleNamespace(**files), facts["architecture"], head, inference, threads
    )
    facts = {**made, "options": dict(options), **facts}
    batch_size, variants = inference["batch_size"], read_table(files["variants"])
    rows = shard_rows(len(variants), shard, shards)
    identity = [facts, head, batch_size, rows.start, rows.stop, contents_of(files)]
    kept = UnfinishedTables(outputs["gene"], LEVELS, {"identity": identity})
    with Genome(files["genome"]) as genome:

        def score(start: int) -> Iterator[tuple[int, dict[str, pl.DataFrame]]]:
            for stop, tables in score_in_parts(
                model, variants, genome, read_annotation(files["annotation"]), tracks,
                read_options(options), range(start, rows.stop), batch_size, inference["workers"],
                kept.due,
            ):  # fmt: skip
                yield stop, vars(tables)

        found = kept.complete(rows, score)
    for level in LEVELS:
        write_table(found[level], outputs[level], facts)
    kept.remove()
