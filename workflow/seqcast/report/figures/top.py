"""The page of one strong variant: its tracks in one time course, its decay in all."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from textwrap import fill
from typing import Any

import polars as pl
from matplotlib.figure import Figure, SubFigure

from seqcast.genome.annotation import Gene
from seqcast.genome.time_courses import TimeCourse
from seqcast.report.figures.map_views import MapView
from seqcast.report.figures.maps import draw_map
from seqcast.report.figures.style import TICK_PT, TITLE_PT, head, new_figure, plain
from seqcast.report.figures.tracks import ROWS, ref_alt_tracks, time_course_curve
from seqcast.report.strongest_coverage import TopPrediction, exon_sums, shown_rows

CURVES = 4  # a row
MAP_IN = 4.0  # height
LONGEST_ALLELE_BP = 12


def variant_pages(
    predictions: Sequence[TopPrediction],
    ranked: pl.DataFrame,
    tracks: pl.DataFrame,
    genes: Iterable[Gene],
    made_by: str = "",
) -> Iterator[tuple[int, Figure]]:
    """The figures of the strongest variants, one at a time.

    Parameters
    ----------
    predictions : sequence of TopPrediction
        Of the first rows of `ranked`, in their order.
    ranked : DataFrame
        As `ranking.rank_variants` returns it.
    tracks : DataFrame
        The track table, with a column ``description``.
    genes : iterable of Gene
        Among them those of `ranked`.
    made_by : str
        Dataset, model and folds, for the title.

    Yields
    ------
    rank : int
    figure : Figure
        See `variant_page`.

    Raises
    ------
    ValueError
        If the predictions are of other variants than the ranked ones.
    """
    known = {(gene.chrom, gene.gene_id): gene for gene in genes}
    rows = ranked.head(len(predictions)).to_dicts()
    for top, row in zip(predictions, rows, strict=True):
        if (top.variant, top.gene_id) != (row["variant"], row["gene_id"]):
            raise ValueError(
                f"rank {row['rank']} is {row['variant']} at {row['gene_id']}, but the predictions "
                f"are of {top.variant} at {top.gene_id}"
            )
        place = f"rank {row['rank']:,} of {len(ranked):,} scored variants"
        figure = variant_page(top, known[top.contig, top.gene_id], row, tracks)
        yield row["rank"], head(figure, *filter(None, [made_by, place]))


def variant_page(
    top: TopPrediction, gene: Gene, ranked: Mapping[str, Any], tracks: pl.DataFrame,
    lives: pl.DataFrame | None = None, around: MapView | None = None,
) -> Figure:  # fmt: skip
    """The figure of one variant.

    Above, both alleles along the gene in the time course with the most time points (the first of
    those). Below, the decay curves of all time courses. If there is none: the first tracks of
    `top` above, and nothing below.

    Parameters
    ----------
    top : TopPrediction
        With the tracks of `time_courses.tracks_to_show`; courses that it holds in part are left
        out.
    gene : Gene
        The gene of `top`.
    ranked : mapping
        Its row of `ranking.rank_variants`: variant, pos (1-based), ref, alt.
    tracks : DataFrame
        The track table, with a column ``description``.
    lives : DataFrame, optional
        Its rows of `half_life_effects.half_life_effects`, which the decay curves are titled with.
    around : MapView, optional
        A map that is drawn below.

    Returns
    -------
    Figure
    """
    courses, name, labels, ref, alt = shown_rows(top, tracks, ROWS)
    subject = f", time course {plain(name)}" if courses else ""
    above = 1.6 + 0.9 * len(ref)
    heights = [above, *[2.0 * -(-len(courses) // CURVES)] * bool(courses), *[MAP_IN] * bool(around)]
    fig = new_figure(9, sum(heights))
    parts = fig.subfigures(len(heights), 1, squeeze=False, height_ratios=heights)[:, 0]
    parts[0].suptitle(
        f"{_name(ranked)} in {plain(gene.gene_name or gene.gene_id)}{subject}",
        x=0.01, ha="left", fontsize=TITLE_PT, fontweight="bold",
    )  # fmt: skip
    ref_alt_tracks(
        parts[0], ref, alt, labels, top.start, top.bin_size_bp, gene, ranked["pos"] - 1,
        ranked["variant"],
    )  # fmt: skip
    if courses:
        _decay_curves(parts[1], courses, top, gene, lives)
    if around:
        parts[-1].suptitle(
            "Which bases act: importance, and the effect of each ALT", x=0.01, ha="left",
            fontsize=TITLE_PT, fontweight="bold",
        )  # fmt: skip
        draw_map(parts[-1], around)
    return fig


def _decay_curves(
    fig: SubFigure, courses: Sequence[TimeCourse], top: TopPrediction, gene: Gene,
    lives: pl.DataFrame | None,
) -> None:  # fmt: skip
    rows, columns = -(-len(courses) // CURVES), min(len(courses), CURVES)
    axes = fig.subplots(rows, columns, sharey=True, squeeze=False).ravel()
    for ax, course in zip(axes, courses, strict=False):
        sums = [exon_sums(course.average(x, top.track), top.start, top.bin_size_bp, gene)
                for x in (top.ref, top.alt)]  # fmt: skip
        time_course_curve(ax, course.hours, *sums)
        ax.set(xlabel="hours", ylabel="")
        ax.set_title(fill(plain(course.name), 28) + _life(course, lives), fontsize=TICK_PT)
    for ax in axes[len(courses) :]:
        ax.set_axis_off()
    for ax in axes[::columns]:
        ax.set_ylabel("log2 (gene sum /\nsum at first time)")
    axes[0].legend(frameon=False, fontsize=TICK_PT)


def _life(course: TimeCourse, lives: pl.DataFrame | None) -> str:
    """The half-lives of a course in a second line, as far as they are known."""
    if lives is None or (own := lives.filter(course=course.name)).is_empty():
        return ""
    ref, alt = own["ref_half_life_h"][0], own["alt_half_life_h"][0]
    if ref is None or alt is None:
        return f"\n{own['status'][0].replace('_', ' ')}"
    return f"\nhalf-life {ref:.3g} h with REF, {alt:.3g} h with ALT"


def _name(ranked: Mapping[str, Any]) -> str:
    """Variant, place and change, long alleles by their length."""
    ref, alt = (
        allele if len(allele) <= LONGEST_ALLELE_BP else f"[{len(allele)} bp]"
        for allele in (ranked["ref"], ranked["alt"])
    )
    return f"{plain(ranked['variant'], 40)}, {plain(ranked['chrom'])}:{ranked['pos']:,} {ref}>{alt}"
