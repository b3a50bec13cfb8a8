"""Coverage that a model predicts for the reference around maps, for their figures."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from seqcast.core.store import read_provenance, read_table
from seqcast.genome.annotation import Gene, read_annotation
from seqcast.genome.fasta import Genome
from seqcast.genome.tracks import Tracks
from seqcast.models.interface import CoverageModel
from seqcast.predict.fold_model import open_folds
from seqcast.predict.inference import geometry_of, predict_coverage
from seqcast.predict.maps.effect_maps import strongest_maps
from seqcast.predict.variants.ranking import select_tracks
from seqcast.predict.variants.score_options import ScoreOptions


class ReferenceFiles(NamedTuple):
    """Files that coverage around maps is predicted from.

    Attributes
    ----------
    weights : tuple of path
        Safetensors of the folds.
    hyperparameters, tracks : path
    bases : path
        `map_files.MapTables.bases`.
    annotation, genome : path
    """

    weights: tuple[str | Path, ...]
    hyperparameters: str | Path
    tracks: str | Path
    bases: str | Path
    annotation: str | Path
    genome: str | Path


def predict_references(
    files: ReferenceFiles, architecture: str, head: str | None, options: Mapping[str, Any],
    inference: Mapping[str, Any], threads: int, top: int,
) -> dict[str, np.ndarray]:  # fmt: skip
    """Coverage of the reference, mean over folds and over the tracks of each of the strongest maps.

    Parameters
    ----------
    files : ReferenceFiles
    options : mapping
        Of `ScoreOptions`: those of predictions.
    top : int
        Number of maps (`strongest_maps`).

    Returns
    -------
    dict of ndarray
        coverage (maps, bins) float32, on the original scale and the strand of the gene, NaN for a
        map without a gene; start (maps,), 0-based coordinate of bin 0; bin_size_bp.
    """
    models, tracks = open_folds(
        files.weights, files.hyperparameters, files.tracks, architecture, head, inference, threads
    )
    maps = strongest_maps(read_table(files.bases), top)
    genes = {(gene.chrom, gene.gene_id): gene for gene in read_annotation(files.annotation).genes}
    of_maps = [genes.get((one["contig"][0], one["gene_id"][0])) for one in maps]
    groups = read_provenance(files.bases)["track_groups"]
    with Genome(files.genome) as genome:
        return coverage_around(
            models, maps, of_maps, genome, tracks, groups, ScoreOptions.of(options),
            inference["batch_size"],
        )  # fmt: skip


def coverage_around(
    models: Sequence[CoverageModel], maps: Sequence[pl.DataFrame], genes: Sequence[Gene | None],
    genome: Genome, tracks: Tracks, groups: Mapping[str, str | None], options: ScoreOptions,
    batch_size: int = 1,
) -> dict[str, np.ndarray]:  # fmt: skip
    """`predict_references` of loaded models and maps.

    Parameters
    ----------
    models : sequence of CoverageModel
        The folds.
    maps : sequence of DataFrame
        `EffectMap.bases` of each map.
    genes : sequence of Gene or None
        Of each map.
    genome : Genome
    tracks : Tracks
    groups : mapping
        See `group_effects`.
    options : ScoreOptions
    batch_size : int
        Windows predicted at once.
    """
    geometry = geometry_of(models[0])
    output_bp = geometry.bins * geometry.bin_size_bp
    starts = [_centre(one, gene, output_bp) - geometry.length_bp // 2
              for one, gene in zip(maps, genes, strict=True)]  # fmt: skip
    coverage = np.full((len(maps), geometry.bins), np.nan, dtype=np.float32)
    table = tracks.table()
    shown = {
        i: tracks.of_gene_strand(gene.strand)[
            select_tracks(table, groups[maps[i]["tracks"][0]] or None)
        ]
        for i, gene in enumerate(genes)
        if gene is not None
    }
    windows = [(maps[i]["contig"][0], starts[i]) for i in shown]
    folds = [
        predict_coverage(
            model, genome, windows, tracks, options.reverse_complement, options.shifts_bp,
            batch_size,
        )
        for model in models
    ]  # fmt: skip
    for (i, chosen), *predictions in zip(shown.items(), *folds, strict=True):
        found = [options.untransform(tracks, y)[chosen].mean(0).cpu().numpy() for y in predictions]
        coverage[i] = np.mean(found, axis=0)
    return {
        "coverage": coverage,
        "start": np.array(starts) + geometry.crop_bp,
        "bin_size_bp": np.array(geometry.bin_size_bp),
    }


def _centre(bases: pl.DataFrame, gene: Gene | None, output_bp: int) -> int:
    """Middle of gene and region, or of the region alone where both are too long for a window."""
    first, last = int(bases["pos"][0]) - 1, int(bases["pos"][-1])
    if gene is not None:
        both = min(first, gene.start), max(last, gene.end)
        first, last = both if both[1] - both[0] <= output_bp else (first, last)
    return (first + last) // 2
