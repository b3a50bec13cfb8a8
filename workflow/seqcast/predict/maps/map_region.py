"""The mutagenesis map of one region, from models and a genome, without files of a workflow."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from seqcast.core.errors import InputError
from seqcast.genome.annotation import Annotation, Gene
from seqcast.genome.enumeration import enumerate_variants
from seqcast.genome.fasta import Genome
from seqcast.genome.tracks import Tracks
from seqcast.models.interface import CoverageModel
from seqcast.predict.inference import check_fit
from seqcast.predict.maps.effect_maps import SCORED, EffectMap, effect_maps
from seqcast.predict.maps.group_effects import RegionScores, group_effects
from seqcast.predict.maps.references import coverage_around
from seqcast.predict.variants.ensemble import average_scores
from seqcast.predict.variants.score_options import ScoreOptions
from seqcast.predict.variants.variant_effects import score_variants

ALL = "all"  # name of the group of all tracks


@dataclass(frozen=True)
class GeneMap(EffectMap):
    """The map of a region for a gene, with what its figure shows.

    Attributes
    ----------
    score : str
        What effects are.
    gene : Gene, optional
        None where no variant was scored in one.
    coverage : ndarray, shape=(bins,)
        Predicted for the reference on the gene's strand, mean over folds and tracks; NaN without a
        gene.
    coverage_start, bin_size_bp : int
        0-based coordinate of bin 0.
    """

    score: str
    gene: Gene | None
    coverage: np.ndarray
    coverage_start: int
    bin_size_bp: int


def map_region(
    models: Sequence[CoverageModel], genome: Genome, annotation: Annotation, tracks: Tracks,
    place: tuple[str, int, int], gene: str | None = None, tracks_like: str | None = None,
    score: str = "logSED", deletions: bool = False, batch_size: int = 1, workers: int = 0,
    options: Mapping[str, Any] | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Score all SNVs of a region with each fold, and lay them out.

    Parameters
    ----------
    models : sequence of CoverageModel
        Folds of one model.
    genome : Genome
    annotation : Annotation
    tracks : Tracks
    place : (str, int, int)
        Contig, start and end (0-based half-open).
    gene : str, optional
        Id or name of the affected gene. Default: the one that the region overlaps and changes most.
    tracks_like : str, optional
        Regular expression on track descriptions. Default: all tracks.
    score : str
        Gene score.
    deletions : bool
        Also delete each base.
    batch_size, workers : int
        As of `score_variants`.
    options : mapping, optional
        Fields of `ScoreOptions`; windows are shared unless they say otherwise.

    Returns
    -------
    dict
        The fields of `GeneMap`.

    Raises
    ------
    InputError
        If the contig is unknown, the region empty, or the gene not scored in it.
    """
    chrom, start, end = place
    if not 0 <= start < end:
        raise InputError(f"region {chrom}:{start}-{end}; expected 0 <= start < end, 0-based")
    regions = pl.DataFrame([(chrom, start, end)], schema=["chrom", "start", "end"], orient="row")
    variants = pl.concat(list(enumerate_variants(regions, genome, deletions_bp=int(deletions))))
    wanted = ScoreOptions(
        **{"window": "shared", **(options or {}), "gene_scores": (score,), "window_scores": ()}
    )

    def scored(model: CoverageModel) -> pl.DataFrame:
        check_fit(model, tracks)
        given = variants, genome, annotation, tracks, wanted
        table = score_variants(model, *given, batch_size=batch_size, workers=workers).gene
        return table if gene is None else _of_gene(table, gene)

    folds = {str(i): scored(model) for i, model in enumerate(models)}
    scores = RegionScores(average_scores(list(folds.values())), folds, tracks.table())
    groups = {tracks_like or ALL: tracks_like}
    named_region = regions.with_columns(
        region=pl.lit(0), name=pl.lit(f"{chrom}:{start + 1}-{end}"),
        contig=pl.lit(genome.resolve(chrom), pl.String),
    )  # fmt: skip
    found = effect_maps(group_effects(scores, score, groups), named_region, annotation)[0]
    contig, gene_id = found.region.contig, found.gene_id
    genes = {(one.chrom, one.gene_id): one for one in annotation.genes}
    affected = None if gene_id is None else genes[str(contig), gene_id]
    around = coverage_around(
        models, [found.bases()], [affected], genome, tracks, groups, wanted, batch_size
    )
    return {
        "region": found.region, "rows": found.rows, "score": score, "gene": affected,
        "coverage": around["coverage"][0], "coverage_start": int(around["start"][0]),
        "bin_size_bp": int(around["bin_size_bp"]),
    }  # fmt: skip


def _of_gene(table: pl.DataFrame, gene: str) -> pl.DataFrame:
    """Scores in one gene, by its id or name, and rows of what was not scored.

    Raises
    ------
    InputError
        If no variant was scored in it.
    """
    is_named = (pl.col("gene_id") == gene) | (pl.col("gene_name") == gene)
    if table.filter(is_named).is_empty():
        known = table["gene_name"].drop_nulls().unique().sort().head(5).to_list()
        raise InputError(
            f"gene {gene!r} has no exon in the windows of the region; scored are {known}. Name one "
            "of these, or none"
        )
    return table.filter(is_named | (pl.col("status") != SCORED))
