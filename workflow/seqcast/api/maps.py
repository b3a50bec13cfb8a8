"""Python API of mutagenesis maps."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seqcast.genome.annotation import Annotation
from seqcast.genome.fasta import Genome
from seqcast.genome.intervals import parse_region
from seqcast.genome.tracks import Tracks
from seqcast.genome.user_files import opened
from seqcast.models.interface import CoverageModel
from seqcast.predict.maps.map_region import GeneMap, map_regions

if TYPE_CHECKING:
    from matplotlib.figure import Figure


class RegionMap(GeneMap):
    """A mutagenesis map that draws itself; `tidy` and `bases` are its tables."""

    def plot(self, annotation: str | Path | None = None) -> "Figure":
        """Draw the map (`plot_map`)."""
        return plot_map(self, annotation)

    def save(self, path: str | Path, annotation: str | Path | None = None) -> None:
        """Write what `plot` draws as PNG or SVG, by suffix."""
        from seqcast.report.figures.style import save

        save(self.plot(annotation), path)


def plot_map(region_map: GeneMap, annotation: str | Path | None = None) -> "Figure":
    """Draw a mutagenesis map in the direction of its gene.

    Parameters
    ----------
    region_map : GeneMap
        As `map_effects` returns it.
    annotation : path, optional
        GTF or GFF3, to draw the coding parts of exons higher.

    Returns
    -------
    Figure
        Of matplotlib: logo, effects of each ALT, predicted coverage and the gene.
    """
    from seqcast.report.figures.map_views import MapView, coding_parts  # matplotlib
    from seqcast.report.figures.maps import plot_map as drawn

    gene = region_map.gene
    coding = coding_parts(annotation, [gene]) if annotation and gene else {}
    return drawn(
        MapView(
            region_map.bases(), gene, coding.get(gene.gene_id, ()) if gene else (),
            region_map.coverage if gene else None, region_map.coverage_start,
            region_map.bin_size_bp, region_map.score,
        )
    )  # fmt: skip


def map_effects(
    model: CoverageModel | Sequence[CoverageModel],
    region: str | tuple[str, int, int],
    genome: str | Path | Genome,
    annotation: str | Path | Annotation,
    tracks: str | Path | Tracks,
    gene: str | None = None,
    tracks_like: str | None = None,
    score: str = "logSED",
    deletions: bool = False,
    batch_size: int = 1,
    workers: int = 0,
    **options: Any,
) -> RegionMap:
    """Mutagenesis map: what replacing each base of a region does to a gene.

    Parameters
    ----------
    model : CoverageModel or sequence of CoverageModel
        As `load_model` returns it; several are folds, whose mean and spread count.
    region : str, or (str, int, int)
        "chr1:1,001-1,500", 1-based and inclusive; or contig, start and end, 0-based half-open.
    genome : path or Genome
    annotation : path or Annotation
    tracks : path or Tracks
        As of `score_variants`, as are `batch_size` and `workers`.
    gene, tracks_like, score : str, optional
    deletions : bool
        See `map_region.map_regions`.
    **options
        Fields of `ScoreOptions`; windows are shared by default.

    Returns
    -------
    RegionMap
        ``tidy()`` is a table of variants, ``bases()`` one of bases, ``plot()`` the figure.

    Raises
    ------
    InputError
        If a file or an option is wrong, or the region is on no contig of the genome.
    """
    genome, annotation, tracks = opened(genome, annotation, tracks)
    folds = list(model) if isinstance(model, Sequence) else [model]
    place = parse_region(region) if isinstance(region, str) else region
    (found,) = map_regions(
        folds, genome, annotation, tracks, [place], gene, tracks_like, score, deletions,
        batch_size, workers, options,
    )  # fmt: skip
    return RegionMap(**found)
