"""Variants scored from files: one shard of a set, which a killed job resumes; or its plan alone."""

import logging
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl

from seqcast.core.contents import contents_of
from seqcast.core.store import read_table, write_table, write_tsv
from seqcast.core.unfinished import UnfinishedTables
from seqcast.genome.annotation import read_annotation
from seqcast.genome.fasta import Genome
from seqcast.genome.polya_sites import with_polya_sites
from seqcast.predict.fold_model import FoldFiles, open_model
from seqcast.predict.inference import geometry_of
from seqcast.predict.variants.score_options import ScoreOptions
from seqcast.predict.variants.shards import read_shard
from seqcast.predict.variants.variant_effects import VariantScorer, in_input_order
from seqcast.predict.variants.work_plan import estimate, gmac_of_forward, plan_of

logger = logging.getLogger(__name__)


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


def open_scorer(
    files: ShardFiles, architecture: str, head: str | None, options: Mapping[str, Any],
    inference: Mapping[str, Any], threads: int,
) -> tuple[VariantScorer, dict[str, Any]]:  # fmt: skip
    """What scores variants, and facts about the model; see `score_shard`."""
    if inference["precision"] == "bf16":
        logger.warning(
            "precision bf16 rounds by as much as most SNVs change the coverage, and does not keep "
            "their order; use fp32 to score variants"
        )
    fold = FoldFiles(files.weights, files.hyperparameters, files.tracks)
    model, tracks, made = open_model(fold, architecture, head, inference, threads)
    genome, annotation = Genome(files.genome), read_annotation(files.annotation)
    if files.polya_sites:
        annotation = with_polya_sites(annotation, files.polya_sites, genome)
    scorer = VariantScorer(
        model, genome, annotation, tracks, ScoreOptions.of(options), inference["batch_size"],
        inference["workers"],
    )  # fmt: skip
    return scorer, made


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
    scorer, made = open_scorer(files, facts["architecture"], head, options, inference, threads)
    variants, work = read_shard(
        files.variants, geometry_of(scorer.model), scorer.options, shard, shards
    )
    rows = range(variants.height)
    plan, _ = plan_of(scorer, work)
    plan.log()
    facts = {**made, "options": dict(options), "work": plan._asdict(), **facts}
    given = {name: path for name, path in files._asdict().items() if path}
    identity = [facts, head, scorer.batch_size, shard, shards, contents_of(given)]
    kept = UnfinishedTables(outputs.gene, outputs._fields, {"identity": identity})
    with scorer.genome:

        def score(begin: int) -> Iterator[tuple[int, dict[str, pl.DataFrame]]]:
            for stop, tables in scorer.in_parts(variants, work, rows, begin, kept.due):
                yield stop, vars(tables)

        found = kept.complete(range(len(work.placed(rows, scorer.annotation))), score)
    for level, path in outputs._asdict().items():
        write_table(in_input_order(found[level]), path, facts)
    kept.remove()


def write_plan(
    files: ShardFiles, output: str | Path, architecture: str, head: str | None,
    options: Mapping[str, Any], inference: Mapping[str, Any], threads: int, folds: int,
) -> None:  # fmt: skip
    """Write what scoring a set of variants with all folds of a model takes.

    Parameters
    ----------
    files : ShardFiles
        Of one fold, which is timed.
    output : path
        TSV: quantity, value.
    folds : int
        How many folds the model has.
    """
    scorer, _ = open_scorer(files, architecture, head, options, inference, threads)
    variants = read_table(files.variants)
    with scorer.genome:
        plan, chunks = plan_of(scorer, scorer.work(variants))
        found, gmac = estimate(scorer, variants, chunks), gmac_of_forward(scorer.model)
    saved = 1 - found.seconds / found.seconds_plain if found.seconds_plain else 0.0
    rows: dict[str, Any] = {
        **plan._asdict(), "folds": folds,
        "device": str(next(scorer.model.parameters()).device), "threads": threads,
        "forwards_plain": plan.forwards_plain * folds,
        "forwards_saved": round(plan.forwards_plain * folds * saved),
        "gmac_plain": plan.forwards_plain * folds * gmac, "memory_gb": found.memory_gb,
        "seconds_fold": found.seconds, "seconds": found.seconds * folds,
        "seconds_plain": found.seconds_plain * folds,
    }  # fmt: skip
    plan.log()
    logger.info("about %.3g s per fold, %.3g s without reuse", found.seconds, found.seconds_plain)
    cells = {
        "quantity": list(rows),
        "value": [
            f"{value:.4g}" if isinstance(value, float) else str(value) for value in rows.values()
        ],
    }
    write_tsv(pl.DataFrame(cells), output)
