"""The page, or the picture, of what `seqcast score-variants` found."""

import shlex
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import polars as pl

from seqcast.api.variants import save_strongest
from seqcast.cli.coverage_models import NAMES, TRYING, GivenModel, ModelChoice
from seqcast.cli.options import PICTURES
from seqcast.cli.work import WorkChoice, is_agreed
from seqcast.core.errors import InputError
from seqcast.core.provenance import versions
from seqcast.evaluation.variants.half_life_effects import half_life_effects
from seqcast.genome.annotation import Annotation
from seqcast.genome.enumeration import enumerate_variants
from seqcast.genome.fasta import Genome
from seqcast.genome.time_courses import fitted_courses, tracks_to_show
from seqcast.models.interface import CoverageModel
from seqcast.predict.maps.map_region import GeneMap, map_regions
from seqcast.predict.variants.ranking import rank_variants, reduce_score
from seqcast.predict.variants.score_options import ScoreOptions
from seqcast.predict.variants.strongest import predict_top
from seqcast.predict.variants.variant_effects import VariantScorer
from seqcast.report.run_page.allele_rows import ScoredSet, needed
from seqcast.report.run_page.coverage_views import Drawn, set_views
from seqcast.report.run_page.page import PageContent, write_page
from seqcast.report.run_page.variant_details import Details, with_details
from seqcast.report.strongest_coverage import top_predictions

DRAWN = 5  # variants whose coverage a page shows


@dataclass(frozen=True, eq=False)
class Answered:
    """Scored variants, and what made the scores.

    Attributes
    ----------
    title : str
        What the variants are called: their file, or the variant.
    table : DataFrame
        Gene table over folds.
    folds : sequence of DataFrame
        The same rows of each fold.
    facts : mapping
        Provenance.
    checked : DataFrame
        The variants.
    model : GivenModel
    genome : Genome
    annotation : Annotation
    score, window : str
    around_bp : int
        Bases to each side of the strongest variant that are mapped; 0 for no map.
    computing : ModelChoice
    work : WorkChoice
    """

    title: str
    table: pl.DataFrame
    folds: Sequence[pl.DataFrame]
    facts: Mapping[str, Any]
    checked: pl.DataFrame
    model: GivenModel
    genome: Genome
    annotation: Annotation
    score: str
    window: str
    around_bp: int
    computing: ModelChoice
    work: WorkChoice

    @cached_property
    def networks(self) -> list[CoverageModel]:
        """All folds, in memory."""
        loaded = self.model.loaded(self.computing.device, self.computing.precision)
        return [network for network, _ in loaded]

    @cached_property
    def details(self) -> Details:
        """Half-lives of all variants, and the map around the strongest one."""
        courses = fitted_courses(self.model.tracks.table())
        same_weights = self.facts.get("same_weights", ())
        lives = half_life_effects(self.folds, courses, same_weights)
        return Details(half_lives=lives, bases=self.map.bases() if self.map else None)

    @cached_property
    def scored(self) -> ScoredSet:
        """What a page lists."""
        reduced = reduce_score(self.table, self.score)
        certain = self.model.certainty.columns(reduced, self.score, self.computing.tracks)
        table = with_details(self.table.hstack(certain), self.details)
        kept = table.select(needed(table.columns, self.score))
        return ScoredSet(self.title, self.model.name, kept, self.model.tracks.table())

    @cached_property
    def drawn(self) -> Drawn:
        """Coverage of both alleles of the strongest variants, predicted again."""
        tracks = self.model.tracks.table()
        ranked = rank_variants(self.table, tracks, self.score, top=DRAWN)
        if ranked.is_empty():
            return Drawn(ranked, [], self.annotation)
        arrays = predict_top(
            self.networks, self.checked, ranked, self.genome, self.annotation, self.model.tracks,
            tracks_to_show(tracks), ScoreOptions(window=self.window),
        )  # fmt: skip
        return Drawn(ranked, top_predictions(arrays), self.annotation)

    @cached_property
    def map(self) -> GeneMap | None:
        """The map around the strongest variant; None if it is not wanted, or none was scored."""
        if not self.around_bp or not self.drawn.predictions:
            return None
        best = self.drawn.ranked.row(0, named=True)
        (contig,) = {top.contig for top in self.drawn.predictions[:1]}
        start = max(best["pos"] - 1 - self.around_bp, 0)
        end = min(best["pos"] + self.around_bp, self.genome.contigs[contig])
        place = pl.DataFrame({"chrom": [contig], "start": [start], "end": [end]})
        options = ScoreOptions(window="shared", gene_scores=(self.score,), window_scores=())
        scorer = VariantScorer(
            self.networks[0], self.genome, self.annotation, self.model.tracks, options,
            self.computing.batch_size,
        )  # fmt: skip
        snvs = pl.concat(list(enumerate_variants(place, self.genome, 0)))
        threads, folds = self.computing.threads, self.model.folds
        if not is_agreed(scorer, snvs, folds, self.work, threads):
            return None
        (found,) = map_regions(
            self.networks, self.genome, self.annotation, self.model.tracks, [(contig, start, end)],
            best["gene_id"], None, self.score, batch_size=self.computing.batch_size,
        )  # fmt: skip
        return GeneMap(**found)


def write_variant_page(path: str, answered: Answered, answers: Sequence[str]) -> None:
    """Write the page of all variants (.html), or the picture of the strongest (`PICTURES`).

    Parameters
    ----------
    path : str
    answered : Answered
    answers : sequence of str
        Lines that say what the variants do.

    Raises
    ------
    InputError
        If there is no variant to draw.
    """
    if path.endswith(PICTURES):
        _write_picture(path, answered)
        return
    one = answered.scored
    content = PageContent(
        title=answered.title, sets=[one], facts=[answered.facts], score=answered.score,
        tracks_like=answered.computing.tracks, views=set_views(one, answered.drawn),
        details={(one.dataset, one.model): answered.details},
        descriptions={one.model: TRYING % "this model" if one.model in NAMES else ""},
        further={
            "command": shlex.join(["seqcast", *sys.argv[1:]]), "versions": versions(),
            "answers": answers,
        },
    )  # fmt: skip
    write_page(content, path)


def _write_picture(path: str, answered: Answered) -> None:
    if not answered.drawn.predictions:
        raise InputError(f"{path}: no variant was scored, so that there is nothing to draw")
    tracks, lives = answered.model.tracks.table(), answered.details.half_lives
    save_strongest(path, answered.drawn, tracks, lives, answered.map)
