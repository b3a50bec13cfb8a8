"""What the view of a strong variant draws: coverage of both alleles, decays, and genes around."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from seqcast.genome.annotation import Annotation, Gene
from seqcast.genome.time_courses import TimeCourse
from seqcast.report.run_page.allele_rows import ScoredSet, allele_key
from seqcast.report.strongest_coverage import TopPrediction, exon_sums, shown_bins, shown_rows

MOST_BINS = 400  # drawn; of more, means
MOST_ROWS = 8
DIGITS = 4


class Drawn(NamedTuple):
    """Variants of a set that are drawn.

    Attributes
    ----------
    ranked : DataFrame
        Rows of `ranking.rank_variants`, the strongest first, perhaps more than are drawn.
    predictions : sequence of TopPrediction
        Of the first of them.
    annotation : Annotation
        With their genes.
    """

    ranked: pl.DataFrame
    predictions: Sequence[TopPrediction]
    annotation: Annotation


def set_views(one: ScoredSet, drawn: Drawn) -> dict[tuple[Any, ...], Mapping[str, Any]]:
    """(dataset, model, `allele_key` values) to the `coverage_view` of each drawn variant."""
    key = allele_key(one.scores)
    rows = drawn.ranked.head(len(drawn.predictions)).iter_rows(named=True)
    return {
        (one.dataset, one.model, *(row[name] for name in key)): coverage_view(
            top, row["pos"] - 1, one.tracks, drawn.annotation
        )
        for top, row in zip(drawn.predictions, rows, strict=True)
    }


def coverage_view(
    top: TopPrediction, position: int, tracks: pl.DataFrame, annotation: Annotation
) -> dict[str, Any]:
    """What is drawn of one variant.

    Parameters
    ----------
    top : TopPrediction
    position : int
        0-based, of the variant.
    tracks : DataFrame
        The track table.
    annotation : Annotation
        With the gene of `top`.

    Returns
    -------
    dict
        ``coverage``: rows of label, start, end, ref, alt; ``genes``, their ``parts``, and
        ``decays``: rows of course, hours, allele, log2 of what is left; and the words of the
        axes. 0-based half-open positions.
    """
    (gene,) = [
        one for one in annotation.genes if one.gene_id == top.gene_id and one.chrom == top.contig
    ]
    low, high = shown_bins(gene, position, top.start, top.bin_size_bp, top.ref.shape[1])
    shown = shown_rows(top, tracks, MOST_ROWS)
    step = -(-(high - low) // MOST_BINS)
    ref, alt = (_means(values[:, low:high], step) for values in (shown.ref, shown.alt))
    begin, bin_bp = top.start + low * top.bin_size_bp, step * top.bin_size_bp
    ends = (begin, begin + ref.shape[1] * bin_bp)
    around = annotation.overlapping(top.contig, *ends, span=True)
    return {
        "subject": shown.name, "bin_bp": bin_bp, "domain": ends, "position": position,
        "contig": top.contig, "labels": shown.labels, "ref": _digits(ref), "alt": _digits(alt),
        "genes": [_gene(one, one == gene) for one in around],
        "decays": [_decay(course, top, gene) for course in shown.courses],
    }  # fmt: skip


def _means(values: np.ndarray, step: int) -> np.ndarray:
    """Means of `step` bins, the last ones of those that are left."""
    starts = np.arange(0, values.shape[1], step)
    widths = np.diff([*starts, values.shape[1]])
    return np.add.reduceat(values.astype(float), starts, axis=1) / widths


def _gene(gene: Gene, is_main: bool) -> dict[str, Any]:
    return {
        "id": gene.gene_id, "name": gene.gene_name or gene.gene_id, "strand": gene.strand,
        "start": gene.start, "end": gene.end, "exons": gene.exons,
        "coding": gene.coding, "main": is_main,
    }  # fmt: skip


def _decay(course: TimeCourse, top: TopPrediction, gene: Gene) -> dict[str, Any]:
    """What is left of the transcript over time, log2 of the first time."""
    left = {}
    for allele, values in (("REF", top.ref), ("ALT", top.alt)):
        sums = exon_sums(course.average(values, top.track), top.start, top.bin_size_bp, gene)
        logs = np.log2(np.where(sums > 0, sums, np.nan))
        left[allele] = logs - logs[0]
    return {
        "course": course.name, "hours": list(course.hours),
        "left": {allele: _digits(values[None])[0] for allele, values in left.items()},
    }  # fmt: skip


def _digits(values: np.ndarray) -> list[list[float | None]]:
    """Numbers as a page has them, null where undefined."""
    return [
        [float(f"{value:.{DIGITS}g}") if np.isfinite(value) else None for value in row]
        for row in values
    ]
