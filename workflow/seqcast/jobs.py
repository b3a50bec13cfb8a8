"""Jobs that run models: paths in, results and their provenance out."""

from collections.abc import Mapping, Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np
import polars as pl
import torch

from seqcast.annotation import read_annotation
from seqcast.coverage_files import create_coverage_store
from seqcast.genome import Genome
from seqcast.inference import predict_coverage
from seqcast.intervals import read_bed, tile_regions
from seqcast.models.convert import read_safetensors
from seqcast.models.interface import CoverageModel, load_model
from seqcast.progress import progress
from seqcast.provenance import provenance, versions
from seqcast.ranking import tracks_to_show
from seqcast.scoring.options import ScoreOptions
from seqcast.scoring.tables import ScoreTables
from seqcast.scoring.top import predict_top
from seqcast.scoring.variant_effects import check_fit, geometry_of, score_variants, shard_rows
from seqcast.tracks import Tracks


def read_options(options: Mapping[str, Any]) -> ScoreOptions:
    """`ScoreOptions` from the section of a config file, whose lists are tuples here."""
    fields: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in options.items()}
    return ScoreOptions(**fields)


def open_model(
    files: Any, architecture: str, head: str | None, inference: Mapping[str, Any], threads: int
) -> tuple[CoverageModel, Tracks, dict[str, Any]]:
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


def predict_regions(
    files: Any, path: str, facts: Mapping[str, Any], head: str | None, options: Mapping[str, Any],
    inference: Mapping[str, Any], threads: int,
) -> None:  # fmt: skip
    """Write the coverage of the regions of a BED file, tiled by the model's output.

    Parameters
    ----------
    files : namespace
        Those of `open_model`, and ``regions`` (BED), ``genome``.
    path : str
        The store of `coverage_files`.
    facts : mapping
        Provenance of the model; ``architecture`` names its class.
    options : mapping
        The fields of `ScoreOptions`; those of predictions are used.
    """
    model, tracks, made = open_model(files, facts["architecture"], head, inference, threads)
    check_fit(model, tracks)
    wanted, geometry = read_options(options), geometry_of(model)
    with Genome(files.genome) as genome:
        tiles = tile_regions(
            read_bed(files.regions), genome.contigs, geometry.bins * geometry.bin_size_bp
        )
        windows = [(contig, start - geometry.crop_bp) for contig, start, _ in tiles.iter_rows()]
        coverage = predict_coverage(
            model, genome, windows, tracks, wanted.reverse_complement, wanted.shifts_bp,
            wanted.unclip, wanted.unscale, workers=inference["workers"],
        )  # fmt: skip
        table = tracks.table(collapse=False)
        about = {**made, **facts, "options": dict(options)}
        with create_coverage_store(path, tiles, table, geometry.bins, about) as write:
            for window in progress(len(windows), "window")(coverage):
                write(window)


def predict_strongest(
    files: Any,
    weights: Sequence[str],
    architecture: str,
    head: str | None,
    options: Mapping[str, Any],
    inference: Mapping[str, Any],
    threads: int,
    top: int,
) -> dict[str, np.ndarray]:
    """Coverage of both alleles of the highest-ranked variants, for plots (`scoring.top`).

    Parameters
    ----------
    files : namespace
        Those of `open_model` less its weights, and ``variants``, ``ranked``, ``annotation``,
        ``genome``.
    weights : sequence of path
        Safetensors of the folds.
    """
    models, tracks = [], Tracks.read(files.tracks)
    for fold in weights:
        paths = SimpleNamespace(
            weights=fold, hyperparameters=files.hyperparameters, tracks=files.tracks
        )
        models.append(open_model(paths, architecture, head, inference, threads)[0])
    ranked = pl.read_parquet(files.ranked).head(top)
    with Genome(files.genome) as genome:
        return predict_top(
            models, pl.read_parquet(files.variants), ranked, genome,
            read_annotation(files.annotation), tracks, tracks_to_show(tracks.table()),
            read_options(options),
        )  # fmt: skip
