"""Coverage of both alleles for the few variants that a report shows."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from seqcast.core.store import read_table
from seqcast.genome.annotation import Annotation, read_annotation
from seqcast.genome.fasta import Genome
from seqcast.genome.time_courses import tracks_to_show
from seqcast.genome.tracks import Tracks
from seqcast.models.interface import CoverageModel
from seqcast.predict.fold_model import open_folds
from seqcast.predict.inference import geometry_of
from seqcast.predict.variants.allele_coverage import chunks_of, predict_alleles
from seqcast.predict.variants.alleles import Edit
from seqcast.predict.variants.score_options import ScoreOptions
from seqcast.predict.variants.windows import Placed, edits_of, grid_start

IDENTITY = ["variant", "chrom", "pos", "ref", "alt"]


class StrongestFiles(NamedTuple):
    """Files that the strongest variants are predicted from.

    Attributes
    ----------
    weights : tuple of path
        Safetensors of the folds.
    hyperparameters, tracks : path
    variants : path
        Checked variants, the whole set.
    ranked : path
        Table of `ranking.rank_variants`.
    annotation, genome : path
    """

    weights: tuple[str | Path, ...]
    hyperparameters: str | Path
    tracks: str | Path
    variants: str | Path
    ranked: str | Path
    annotation: str | Path
    genome: str | Path


def predict_strongest(
    files: StrongestFiles, architecture: str, head: str | None, options: Mapping[str, Any],
    inference: Mapping[str, Any], threads: int, top: int,
) -> dict[str, np.ndarray]:  # fmt: skip
    """`predict_top` of the `top` variants that are ranked highest, from files."""
    models, tracks = open_folds(
        files.weights, files.hyperparameters, files.tracks, architecture, head, inference, threads
    )
    ranked = read_table(files.ranked).head(top)
    with Genome(files.genome) as genome:
        return predict_top(
            models, read_table(files.variants), ranked, genome,
            read_annotation(files.annotation), tracks, tracks_to_show(tracks.table()),
            ScoreOptions.of(options),
        )  # fmt: skip


def predict_top(
    models: Sequence[CoverageModel], variants: pl.DataFrame, ranked: pl.DataFrame, genome: Genome,
    annotation: Annotation, tracks: Tracks, wanted: Sequence[int], options: ScoreOptions,
) -> dict[str, np.ndarray]:  # fmt: skip
    """Coverage of REF and ALT of ranked variants, as the mean over the folds of a model.

    Parameters
    ----------
    models : sequence of CoverageModel
        The folds.
    variants : DataFrame
        Checked variants, the whole set.
    ranked : DataFrame
        Rows of `ranking.rank_variants`: the identity of the variant, and gene_id.
    wanted : sequence of int
        Collapsed tracks to keep; of each, the member on the gene's strand.

    Returns
    -------
    dict of ndarray
        variant, gene_id, contig (n,); start (n,), 0-based coordinate of bin 0; bin_size_bp;
        track (k,); ref and alt (n, k, bins) float32, untransformed.
    """
    geometry = geometry_of(models[0])
    strands = {(gene.chrom, gene.gene_id): gene.strand for gene in annotation.genes}
    rows = ranked.join(variants.unique(IDENTITY, keep="first"), on=IDENTITY, maintain_order="left")
    # a ranked variant was scored, so each row has an edit
    convention = options.convention(geometry)
    found = edits_of(rows, convention, geometry)
    edits = [edit for edit in found if isinstance(edit, Edit)]
    of_strand = [
        tracks.of_gene_strand(strands[edit.contig, gene_id])[list(wanted)]
        for edit, gene_id in zip(edits, ranked["gene_id"], strict=True)
    ]
    coverage = np.zeros((2, len(edits), len(wanted), geometry.bins))  # ref, alt
    starts = np.zeros(len(edits), dtype=int)
    placed = [
        Placed(i, edit, grid_start(edit, geometry, convention) if options.is_shared else None)
        for i, edit in enumerate(edits)
    ]
    for model in models:
        chunks = chunks_of(model, placed, tracks, options)
        predictions = predict_alleles(model, chunks, genome, tracks, options)
        for i, (pair, ref, alt, *_) in enumerate(predictions):
            ordered = (alt, ref) if rows["swapped"][i] else (ref, alt)
            for to, allele in zip(coverage[:, i], ordered, strict=True):
                to += allele.mean(0)[of_strand[i]].cpu().numpy() / len(models)
            starts[i] = pair.start + geometry.crop_bp
    return {
        "variant": np.array(ranked["variant"].to_list(), dtype=str),
        "gene_id": np.array(ranked["gene_id"].to_list(), dtype=str),
        "contig": np.array([edit.contig for edit in edits], dtype=str),
        "start": starts,
        "bin_size_bp": np.array(geometry.bin_size_bp),
        "track": np.array(wanted, dtype=int),
        "ref": coverage[0].astype(np.float32),
        "alt": coverage[1].astype(np.float32),
    }
