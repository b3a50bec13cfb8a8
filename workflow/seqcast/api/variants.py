"""Python API of coverage models: windows and variants."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from seqcast.core.errors import InputError
from seqcast.core.store import array_columns
from seqcast.genome.annotation import Annotation
from seqcast.genome.fasta import Genome
from seqcast.genome.haplotypes import add_haplotypes
from seqcast.genome.polya_sites import with_polya_sites
from seqcast.genome.time_courses import tracks_to_show
from seqcast.genome.tracks import Tracks
from seqcast.genome.user_files import opened
from seqcast.genome.variant_tables import as_polars, of_columns
from seqcast.genome.variants import CHECKED, check_variants, guard_build, read_variants
from seqcast.models.interface import CoverageModel
from seqcast.predict import inference
from seqcast.predict.maps.map_region import GeneMap
from seqcast.predict.variants import variant_effects
from seqcast.predict.variants.ensemble import average_scores
from seqcast.predict.variants.ranking import LEVELS, rank_variants
from seqcast.predict.variants.score_options import ScoreOptions
from seqcast.predict.variants.score_tables import ScoreTables
from seqcast.predict.variants.statistics import UNITS
from seqcast.predict.variants.strongest import predict_top
from seqcast.report.run_page.coverage_views import Drawn
from seqcast.transcripts.listed import listed
from seqcast.transcripts.named_variants import named_variants

if TYPE_CHECKING:
    from matplotlib.figure import Figure

LONG = ("score", "track", "identifier", "sample", "units", "value")


@dataclass
class VariantScores(ScoreTables):
    """Scores of variants, and the tracks that their lists are of.

    Attributes
    ----------
    tracks : DataFrame
        ``track``, ``identifier``, ``description``, ``units``, one row per value of a list.
    """

    tracks: pl.DataFrame

    def tidy(self, level: str = "gene") -> pl.DataFrame:
        """One row per number: variant, gene and track by name.

        Parameters
        ----------
        level : {"gene", "window"}

        Returns
        -------
        DataFrame
            The columns of that table that hold no scores, then ``score``, ``track``,
            ``identifier``, ``sample`` (what describes the track), ``units`` (of the score; of
            levels, those of the track) and ``value``. Of a variant without scores there is one row
            per score, with nulls.
        """
        if level not in ("gene", "window"):
            raise InputError(f"level {level!r}; expected gene or window")
        table = self.gene if level == "gene" else self.window
        scores = array_columns(table)
        identity = [name for name in table.columns if name not in scores]
        rows = pl.lit(list(range(len(self.tracks))), pl.List(pl.Int64))
        parts = [
            table.select(
                *identity,
                score=pl.lit(score),
                track=pl.when(pl.col(score).is_not_null()).then(rows),
                value=pl.col(score).arr.to_list(),
            ).explode("track", "value")
            for score in scores
        ]
        named = self.tracks.rename({"description": "sample"})
        long = pl.concat(parts).join(named, on="track", how="left", maintain_order="left")
        units = pl.col("score").replace_strict(UNITS, default=None, return_dtype=pl.String)
        return long.with_columns(units=pl.coalesce(units, "units")).select(*identity, *LONG)


def predict_coverage(
    model: CoverageModel,
    genome: str | Path | Genome,
    windows: list[tuple[str, int]],
    tracks: str | Path | Tracks,
    batch_size: int = 1,
    workers: int = 0,
    **options: Any,
) -> np.ndarray:
    """Predict coverage of genomic windows, on the original (inverse-transformed) scale.

    Parameters
    ----------
    model : CoverageModel
        As `load_model` returns it.
    genome : path or Genome
        FASTA, plain or bgzip.
    windows : list of (contig, start)
        0-based first base of each window, of the model's length.
    tracks : path or Tracks
        Targets table.
    **options
        Fields of `ScoreOptions`: reverse_complement, shifts_bp, unclip, unscale, old_transform.

    Returns
    -------
    ndarray, shape=(windows, tracks, bins), float32
    """
    tracks = tracks if isinstance(tracks, Tracks) else Tracks.read(tracks)
    genome = genome if isinstance(genome, Genome) else Genome(genome)
    wanted = ScoreOptions(**options)
    inference.check_fit(model, tracks)
    predictions = inference.predict_coverage(
        model, genome, windows, tracks, wanted.reverse_complement, wanted.shifts_bp,
        batch_size, workers,
    )  # fmt: skip
    return np.stack([wanted.untransform(tracks, y).float().cpu().numpy() for y in predictions])


def score_variants(
    model: CoverageModel,
    variants: str | Path | Sequence[str] | Any,
    genome: str | Path | Genome,
    annotation: str | Path | Annotation,
    tracks: str | Path | Tracks,
    on_ref_mismatch: str = "exclude",
    batch_size: int = 1,
    workers: int = 0,
    polya_sites: str | Path | None = None,
    haplotype_span_bp: int | None = None,
    **options: Any,
) -> "VariantScores":
    """Score variants against the genes and the window around them.

    Parameters
    ----------
    model : CoverageModel
        As `load_model` returns it.
    variants : path, list of str, or table
        VCF or BCF; texts such as "chr1:826577:A:AT" or HGVS (`named_variants.named_variants`); or
        a table of pandas, polars or another library that Arrow reads, with the columns chrom, pos
        (1-based), ref and alt, or as `variants.check_variants` returns it.
    genome : path or Genome
        FASTA, plain or bgzip.
    annotation : path or Annotation
        GTF, GFF3, or parquet of `Annotation.write`.
    tracks : path or Tracks
        Targets table; a subset of its rows scores those tracks.
    on_ref_mismatch : {"exclude", "error", "swap"}
        See `variants.check_variants`.
    polya_sites : path, optional
        BED of poly(A) sites (`polya_sites.read_sites`), for the gene scores COVR and SCOVR.
    haplotype_span_bp : int, optional
        Of a file, score phased haplotypes too (`haplotypes.add_haplotypes`). Default: none.
    **options
        Fields of `ScoreOptions`: compat, reverse_complement, shifts_bp, span, unclip ...

    Returns
    -------
    VariantScores
        ``gene``: one row per ALT and gene. ``window``: one row per ALT. Every ALT of the file is
        there with its status. Signed scores are ALT minus REF. ``tidy()`` is a long table.

    Raises
    ------
    InputError
        If a file or an option is wrong, or the VCF seems to be of another genome build.
    """
    path = annotation if isinstance(annotation, str | Path) else None
    genome, annotation, tracks = opened(genome, annotation, tracks)
    if polya_sites is not None:
        annotation = with_polya_sites(annotation, polya_sites, genome)
    checked = _checked(variants, genome, path, on_ref_mismatch)
    if haplotype_span_bp is not None:
        if not isinstance(variants, str | Path):
            raise InputError(
                "haplotypes are those of a file; give the path of a VCF with genotypes"
            )
        checked = add_haplotypes(checked, variants, genome, haplotype_span_bp)
    scores = variant_effects.score_variants(
        model, checked, genome, annotation, tracks, ScoreOptions(**options),
        batch_size=batch_size, workers=workers,
    )  # fmt: skip
    return VariantScores(scores.gene, scores.window, tracks.table())


def _checked(
    variants: Any, genome: Genome, annotation: str | Path | None, on_ref_mismatch: str
) -> pl.DataFrame:
    """Variants of any kind that `score_variants` takes, checked against the genome."""
    if isinstance(variants, str | Path):
        given = read_variants(variants)
    elif hasattr(variants, "columns"):
        table = as_polars(variants, "variants")
        if set(CHECKED) <= set(table.columns):
            return table
        given = of_columns(table, "the table of variants")
    else:
        texts = listed(variants, "variants", "a path, a list of texts, or a table")
        given = named_variants(texts, genome, annotation)
    checked = check_variants(given, genome, on_ref_mismatch)
    guard_build(checked)
    return checked


def plot_variant(
    model: CoverageModel | Sequence[CoverageModel],
    variant: str,
    genome: str | Path | Genome,
    annotation: str | Path | Annotation,
    tracks: str | Path | Tracks,
    gene: str | None = None,
    score: str = "logSED",
    **options: Any,
) -> "Figure":
    """Draw the predicted coverage of both alleles along a gene, and its decay in time courses.

    Parameters
    ----------
    model : CoverageModel or sequence of CoverageModel
        As `load_model` returns it; several are folds, whose mean is drawn.
    variant : str
        As of the list of `score_variants`.
    genome, annotation, tracks : path or object
        As of `score_variants`.
    gene : str, optional
        Id or name of the gene. Default: the one that changes most.
    score : str
        By which that is.
    **options
        Fields of `ScoreOptions`.

    Returns
    -------
    Figure
        Of matplotlib.

    Raises
    ------
    InputError
        If the variant cannot be scored, or not in this gene.
    """
    from seqcast.report.figures.top import TopPrediction, variant_page  # matplotlib

    folds = list(model) if isinstance(model, Sequence) else [model]
    path = annotation if isinstance(annotation, str | Path) else None
    genome, annotation, tracks = opened(genome, annotation, tracks)
    checked = _checked([variant], genome, path, "exclude")
    wanted = ScoreOptions(
        **{**options, "gene_scores": (score, *LEVELS.values()), "window_scores": ()}
    )
    table = average_scores([
        variant_effects.score_variants(one, checked, genome, annotation, tracks, wanted).gene
        for one in folds
    ])  # fmt: skip
    ranked = rank_variants(_of_gene(table, gene, variant), tracks.table(), score, top=1)
    shown = tracks_to_show(tracks.table())
    whole = ScoreOptions(**options)  # of all bins
    found = predict_top(folds, checked, ranked, genome, annotation, tracks, shown, whole)
    row = ranked.row(0, named=True)
    top = TopPrediction(
        row["variant"], row["gene_id"], str(found["contig"][0]), int(found["start"][0]),
        int(found["bin_size_bp"]), found["track"], found["ref"][0], found["alt"][0],
    )  # fmt: skip
    known = {(one.chrom, one.gene_id): one for one in annotation.genes}
    return variant_page(top, known[top.contig, top.gene_id], row, tracks.table())


def save_strongest(
    path: str | Path,
    drawn: Drawn,
    tracks: pl.DataFrame,
    half_lives: pl.DataFrame | None = None,
    around: GeneMap | None = None,
) -> None:
    """Write a picture of the strongest variant, PNG or SVG by suffix: what `plot_variant` draws.

    Parameters
    ----------
    path : path
    drawn : Drawn
        The first variant is drawn.
    tracks : DataFrame
        The track table.
    half_lives : DataFrame, optional
        As `half_life_effects.half_life_effects` returns it, with its rows.
    around : GeneMap, optional
        A map around it, which is drawn below.
    """
    from seqcast.report.figures.map_views import MapView, Mark  # matplotlib
    from seqcast.report.figures.style import COLOURS, save
    from seqcast.report.figures.top import variant_page

    row, top, view = drawn.ranked.row(0, named=True), drawn.predictions[0], None
    genes = {(gene.chrom, gene.gene_id): gene for gene in drawn.annotation.genes}
    gene = genes[top.contig, top.gene_id]
    if around:
        mark = Mark(row["pos"] - 1, row["pos"], f"{row['ref']}>{row['alt']}", COLOURS[0])
        view = MapView(around.bases(), gene, gene.coding, score=around.score, marks=[mark])
    if half_lives is not None:
        half_lives = half_lives.filter(row=row["row"], gene_id=row["gene_id"])
    save(variant_page(top, gene, row, tracks, half_lives, view), path)


def _of_gene(table: pl.DataFrame, gene: str | None, variant: str) -> pl.DataFrame:
    """The rows of a gene, by its id or name, or all; stops if none is scored."""
    scored = table.filter(pl.col("status") == "scored")
    if scored.is_empty():
        raise InputError(
            f"{variant} is not scored: {table['status'][0]} (docs/reference/statuses.md)"
        )
    if gene is None:
        return scored
    own = scored.filter((pl.col("gene_id") == gene) | (pl.col("gene_name") == gene))
    if own.is_empty():
        raise InputError(
            f"gene {gene!r} has no exon in the window of {variant}; scored are "
            f"{', '.join(scored['gene_name'])}. Name one of these, or none"
        )
    return own
