"""Predict the coverage of regions with one fold of a model."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from seqcast.core.errors import InputError
from seqcast.core.progress import progress
from seqcast.genome.fasta import Genome
from seqcast.genome.intervals import read_bed, tile_regions
from seqcast.genome.tracks import Tracks
from seqcast.models.interface import CoverageModel
from seqcast.predict.coverage.coverage_files import create_coverage_store
from seqcast.predict.fold_model import FoldFiles, open_model
from seqcast.predict.inference import check_fit, geometry_of, predict_coverage
from seqcast.predict.variants.score_options import ScoreOptions


class RegionFiles(NamedTuple):
    """Files that the coverage of regions is predicted from: a fold, a BED of regions, a genome."""

    weights: str | Path
    hyperparameters: str | Path
    tracks: str | Path
    regions: str | Path
    genome: str | Path


def predict_regions(
    files: RegionFiles, path: str, facts: Mapping[str, Any], head: str | None,
    options: Mapping[str, Any], inference: Mapping[str, Any], threads: int,
) -> None:  # fmt: skip
    """Write the coverage of the regions of a BED file, tiled by the model's output.

    Parameters
    ----------
    files : RegionFiles
    path : str
        The store of `coverage_files`.
    facts : mapping
        Provenance of the model; ``architecture`` names its class.
    options : mapping
        The fields of `ScoreOptions`; those of predictions are used.
    """
    fold = FoldFiles(files.weights, files.hyperparameters, files.tracks)
    model, tracks, made = open_model(fold, facts["architecture"], head, inference, threads)
    about = {**made, **facts, "options": dict(options)}
    with Genome(files.genome) as genome:
        write_coverage(
            model, tracks, read_bed(files.regions), genome, path, about, ScoreOptions.of(options),
            inference["batch_size"], inference["workers"],
        )  # fmt: skip


def write_coverage(
    model: CoverageModel, tracks: Tracks, regions: pl.DataFrame, genome: Genome,
    path: str | Path, facts: Mapping[str, Any], wanted: ScoreOptions, batch_size: int = 1,
    workers: int = 0,
) -> None:  # fmt: skip
    """Write the coverage of regions, tiled by the output of a model.

    Parameters
    ----------
    model : CoverageModel
    tracks : Tracks
    regions : DataFrame
        As `intervals.read_bed` returns them.
    genome : Genome
    path : path
        The store of `coverage_files`.
    facts : mapping
        Provenance.
    wanted : ScoreOptions
        Those of predictions are used.
    batch_size, workers : int
        As of `inference.predict_coverage`.
    """
    check_fit(model, tracks)
    geometry = geometry_of(model)
    tiles = tile_regions(regions, genome.contigs, geometry.bins * geometry.bin_size_bp)
    windows = [(contig, start - geometry.crop_bp) for contig, start, _ in tiles.iter_rows()]
    coverage = predict_coverage(
        model, genome, windows, tracks, wanted.reverse_complement, wanted.shifts_bp, batch_size,
        workers,
    )  # fmt: skip
    table = tracks.table(collapse=False)
    with create_coverage_store(path, tiles, table, geometry.bins, facts) as write:
        for (contig, start), window in zip(
            windows, progress(len(windows), "window")(coverage), strict=True
        ):
            values = wanted.untransform(tracks, window).float().cpu().numpy()
            if not np.isfinite(values).all():
                raise InputError(
                    f"the model predicts NaN or infinity in the window of {contig}:{start}; check "
                    "the weights, and that they belong to these hyperparameters"
                )
            write(values)
