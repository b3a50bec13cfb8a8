"""Mutagenesis maps of regions, from models and a genome, without files of a workflow."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from seqcast.core.errors import InputError
from seqcast.core.store import array_columns
from seqcast.genome.annotation import Annotation, Gene
from seqcast.genome.enumeration import enumerate_variants
from seqcast.genome.fasta import Genome
from seqcast.genome.tracks import Tracks
from seqcast.models.interface import CoverageModel
from seqcast.predict.inference import check_fit
from seqcast.predict.maps.effect_maps import ELSEWHERE, SCORED, EffectMap, Region, effect_maps
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


def map_regions(
    models: Sequence[CoverageModel], genome: Genome, annotation: Annotation, tracks: Tracks,
    places: Sequence[tuple[str, int, int]], gene: str | None = None,
    tracks_like: str | None = None, score: str = "logSED", deletions: bool = False,
    batch_size: int = 1, workers: int = 0, options: Mapping[str, Any] | None = None,
) -> list[dict[str, Any]]:  # fmt: skip
    """Score all SNVs of regions with each fold, and lay them out.

    Parameters
    ----------
    models : sequence of CoverageModel
        Folds of one model.
    genome : Genome
    annotation : Annotation
    tracks : Tracks
    places : sequence of (str, int, int)
        Contig, start and end (0-based half-open) of each region.
    gene : str, optional
        Id or name of the affected gene. Default: the one that a region overlaps and changes most.
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
    list of dict
        The fields of `GeneMap` of each region.

    Raises
    ------
    InputError
        If no contig is known, a region is empty, or the gene is scored in none of them.
    """
    regions = _regions(places, genome)
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
    effects = group_effects(scores, score, groups)
    firsts = {one.region.region: one for one in reversed(effect_maps(effects, regions, annotation))}
    maps = [firsts[number] for number in sorted(firsts)]
    genes = {(one.chrom, one.gene_id): one for one in annotation.genes}
    affected = [genes.get((str(one.region.contig), str(one.gene_id))) for one in maps]
    around = coverage_around(
        models, [one.bases() for one in maps], affected, genome, tracks, groups, wanted, batch_size
    )
    return [
        {
            "region": one.region, "rows": one.rows, "score": score, "gene": affected[i],
            "coverage": around["coverage"][i], "coverage_start": int(around["start"][i]),
            "bin_size_bp": int(around["bin_size_bp"]),
        }
        for i, one in enumerate(maps)
    ]  # fmt: skip


def _regions(places: Sequence[tuple[str, int, int]], genome: Genome) -> pl.DataFrame:
    """The fields of `Region` of places, named as genome browsers write them."""
    for chrom, start, end in places:
        if not 0 <= start < end:
            raise InputError(f"region {chrom}:{start}-{end}; expected 0 <= start < end, 0-based")
    rows = [
        (i, f"{chrom}:{start + 1}-{end}", chrom, genome.resolve(chrom), start, end)
        for i, (chrom, start, end) in enumerate(places)
    ]
    types = dict(zip(Region._fields, (int, str, str, str, int, int), strict=True))
    return pl.DataFrame(rows, schema=types, orient="row")


def _of_gene(table: pl.DataFrame, gene: str) -> pl.DataFrame:
    """Scores in one gene, by its id or name, and of other variants a row that says why not.

    Raises
    ------
    InputError
        If no variant was scored in it.
    """
    is_named = (pl.col("gene_id") == gene) | (pl.col("gene_name") == gene)
    own = table.filter(is_named)
    if own.is_empty():
        known = table["gene_name"].drop_nulls().unique().sort().head(5).to_list()
        raise InputError(
            f"gene {gene!r} has no exon in the windows of the region; scored are {known}. Name one "
            "of these, or none"
        )
    others = table.join(own, on="row", how="anti", maintain_order="left").unique(
        "row", keep="first"
    )
    unknown = ["gene_id", "gene_name", *array_columns(table)]
    others = others.with_columns(
        pl.col("status").replace(SCORED, ELSEWHERE),
        *(pl.lit(None, table.schema[name]).alias(name) for name in unknown),
    )
    return pl.concat([own, others]).sort("row", maintain_order=True)
