"""One shard of a set of variants, scored from files; a job that was killed resumes."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl

from seqcast.core.contents import contents_of
from seqcast.core.store import read_table, write_table
from seqcast.core.unfinished import UnfinishedTables
from seqcast.genome.annotation import read_annotation
from seqcast.genome.fasta import Genome
from seqcast.genome.polya_sites import with_polya_sites
from seqcast.predict.fold_model import FoldFiles, open_model
from seqcast.predict.variants.score_options import ScoreOptions
from seqcast.predict.variants.variant_effects import VariantScorer, in_input_order


class ShardFiles(NamedTuple):
    """Files that a shard is scored from: a fold, checked variants, genes and their genome."""

    weights: str | Path
    hyperparameters: str | Path
    tracks: str | Path
    variants: str | Path
    annotation: str | Path
    genome: str | Path
    polya_sites: str | Path | None = None


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

    What is scored is kept meanwhile (`unfinished`); a job that was killed resumes from there, and
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
    given = {name: path for name, path in files._asdict().items() if path}
    identity = [facts, head, batch_size, shard, shards, contents_of(given)]
    kept = UnfinishedTables(outputs.gene, outputs._fields, {"identity": identity})
    with Genome(files.genome) as genome:
        annotation = read_annotation(files.annotation)
        if files.polya_sites:
            annotation = with_polya_sites(annotation, files.polya_sites, genome)
        scorer = VariantScorer(
            model, genome, annotation, tracks, ScoreOptions.of(options), batch_size,
            inference["workers"],
        )  # fmt: skip
        work = scorer.work(variants)
        rows = work.shard(shard, shards)

        def score(begin: int) -> Iterator[tuple[int, dict[str, pl.DataFrame]]]:
            for stop, tables in scorer.in_parts(variants, work, rows, begin, kept.due):
                yield stop, vars(tables)

        found = kept.complete(range(len(work.placed(rows, annotation))), score)
    for level, path in outputs._asdict().items():
        write_table(in_input_order(found[level]), path, facts)
    kept.remove()
