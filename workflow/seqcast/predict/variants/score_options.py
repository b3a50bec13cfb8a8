"""How variants are scored: the choices that change numbers."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from torch import Tensor

from seqcast.core.errors import InputError
from seqcast.genome.intervals import Geometry
from seqcast.genome.tracks import Tracks
from seqcast.predict.variants.alleles import Aligned, Convention
from seqcast.predict.variants.compat import BorzoiSed, HoundSnp
from seqcast.predict.variants.statistics import (
    GENE_SCORES,
    OF_PROFILES,
    SITE_SCORES,
    WINDOW_SCORES,
)

COMPAT = ("borzoi_sed", "hound_snp")
WINDOWS = ("variant", "shared")
GENE_CLUSTER = 0.5


@dataclass(frozen=True)
class ScoreOptions:
    """How variants are scored; every field changes numbers.

    Attributes
    ----------
    compat : {None, "borzoi_sed", "hound_snp"}
        Whose conventions of alleles to follow (see `alleles`, `compat`).
    reverse_complement : bool
        Average predictions over both strands.
    shifts_bp : tuple of int
        Average predictions over shifted inputs; replicates of the statistics in hound_snp. Of
        oligos: how far windows are moved, each scored for itself (`score_oligos`).
    span : bool
        Genes from first to last exon instead of exons alone.
    unclip, unscale, old_transform : bool
        See `Tracks.untransform`.
    cluster : float
        hound_snp only: variants closer than this fraction of the window are scored in one window.
    gene_cluster : float
        hound_snp only: genes whose middles are closer than this fraction of the window are scored
        in one window (see `gene_bins.gene_windows`).
    stitch : bool
        hound_snp only: see `compat.HoundSnp`.
    gene_scores, window_scores : tuple of str
        Names in `statistics.GENE_SCORES` (default: all) and `SITE_SCORES`; in `WINDOW_SCORES`.
    window : {"variant", "shared"}
        Where the window lies that a variant is scored in. "variant": centred on it, as in
        borzoi_sed. "shared": one of a grid, `windows.grid_start`, which faster serves all variants
        near its centre; scores differ a little, as those of any other window do. Not with `compat`.
    """

    compat: str | None = None
    reverse_complement: bool = True
    shifts_bp: tuple[int, ...] = (0,)
    span: bool = False
    unclip: bool = True
    unscale: bool = False
    old_transform: bool = False
    cluster: float = 0.0
    gene_cluster: float = GENE_CLUSTER
    stitch: bool = False
    gene_scores: tuple[str, ...] = tuple(GENE_SCORES)
    window_scores: tuple[str, ...] = tuple(WINDOW_SCORES)
    window: str = "variant"

    def __post_init__(self) -> None:
        if self.compat not in (None, *COMPAT):
            raise InputError(f"compat {self.compat!r}; expected none or one of {', '.join(COMPAT)}")
        if self.window not in WINDOWS:
            raise InputError(f"window {self.window!r}; expected one of {', '.join(WINDOWS)}")
        if self.is_shared and self.compat:
            raise InputError(
                f"window: shared with compat: {self.compat}, which has windows of its own; take "
                "window: variant, or no compat"
            )
        of_genes = {**GENE_SCORES, **SITE_SCORES}
        for wanted, known in ((self.gene_scores, of_genes), (self.window_scores, WINDOW_SCORES)):
            if unknown := [name for name in wanted if name not in known]:
                raise InputError(f"unknown scores {unknown}; known: {', '.join(known)}")
        if not self.shifts_bp:
            raise InputError("no shifts; shifts_bp needs one or more numbers, [0] for none")
        of_hound_snp = self.cluster or self.stitch or self.gene_cluster != GENE_CLUSTER
        if of_hound_snp and self.compat != "hound_snp":
            raise InputError(
                "gene_cluster, cluster and stitch are options of compat: hound_snp; leave them out"
            )

    @classmethod
    def of(cls, section: Mapping[str, Any]) -> Self:
        """Those of the section of a config file, whose lists are tuples here."""
        fields: dict[str, Any] = {
            k: tuple(v) if isinstance(v, list) else v for k, v in section.items()
        }
        return cls(**fields)

    def convention(self, geometry: Geometry) -> Convention:
        """The allele convention these options name."""
        if self.compat == "borzoi_sed":
            return BorzoiSed(geometry)
        if self.compat == "hound_snp":
            return HoundSnp(geometry, tuple(self.shifts_bp), self.stitch)
        return Aligned(geometry)

    @property
    def is_shared(self) -> bool:
        """Whether windows are those of the grid."""
        return self.window == "shared"

    @property
    def needs_background(self) -> bool:
        """Whether a score compares profiles of the whole window."""
        return any(name in OF_PROFILES for name in (*self.gene_scores, *self.window_scores))

    @property
    def has_gene_windows(self) -> bool:
        """Whether genes are scored in windows of their own, not in those of the variants."""
        return self.compat == "hound_snp" and bool(self.gene_scores)

    @property
    def has_site_scores(self) -> bool:
        """Whether genes are scored around their poly(A) sites."""
        return any(name in SITE_SCORES for name in self.gene_scores)

    def untransform(self, tracks: Tracks, predictions: Tensor) -> Tensor:
        """Coverage of predictions, (..., tracks, bins) to the same in float64."""
        # without unclip the originals square in float32
        single = self.compat is not None and not self.unclip
        return tracks.untransform(
            predictions, self.unclip, self.unscale, self.old_transform, single
        )

    @property
    def averaged_shifts_bp(self) -> tuple[int, ...]:
        """Shifts whose predictions are averaged before any statistic."""
        return (0,) if self.compat == "hound_snp" else tuple(self.shifts_bp)
