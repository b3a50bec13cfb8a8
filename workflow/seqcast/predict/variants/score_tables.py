"""Score tables: one row per ALT and gene, and one row per ALT for the whole window."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import polars as pl
import torch
from torch import Tensor

from seqcast.core.store import array_column
from seqcast.genome.tracks import Tracks
from seqcast.predict.variants.gene_bins import GeneBins, distance_to_tss_bp
from seqcast.predict.variants.score_options import ScoreOptions
from seqcast.predict.variants.statistics import (
    GENE_SCORES,
    SITE_SCORES,
    WINDOW_SCORES,
    collapse_strands,
)

VARIANT = {
    "row": pl.Int64, "variant": pl.String, "chrom": pl.String, "pos": pl.Int64, "ref": pl.String,
    "alt": pl.String,
}  # fmt: skip
GENE = {
    "gene_id": pl.String, "gene_name": pl.String, "status": pl.String,
    "distance_to_tss_bp": pl.Int64,
}  # fmt: skip
SITES = {"polya_sites": pl.Int64, "polya_sites_in_window": pl.Int64}  # with `SITE_SCORES`
Scores = Mapping[str, np.ndarray | None]


@dataclass
class ScoreTables:
    """Scores of one model and fold: one row per ALT and gene, and one row per ALT."""

    gene: pl.DataFrame
    window: pl.DataFrame


class AlleleCoverage(NamedTuple):
    """Coverage of both alleles in one window.

    Attributes
    ----------
    ref, alt : Tensor, shape=(replicates, tracks, bins), float64
        Of several variants that share the other allele, (variants, replicates, tracks, bins).
    background : Tensor, shape=(replicates, tracks, 1), optional
        `statistics.background_of` of ref in the whole window. None where no score needs it.
    bins : ndarray of int, optional
        Output bins of the window that ref and alt have, ascending. None: all.
    """

    ref: Tensor
    alt: Tensor
    background: Tensor | None
    bins: np.ndarray | None = None

    def position(self, output_bins: np.ndarray) -> np.ndarray:
        """Where output bins are in ref and alt, which have them; of ends, behind the last one."""
        return output_bins if self.bins is None else np.searchsorted(self.bins, output_bins)


@dataclass
class _Rows:
    """A table under construction: identity columns and, a score each, rows of numbers or None."""

    columns: Mapping[str, Any]
    identity: list[dict[str, Any]] = field(default_factory=list)
    scores: dict[str, list[np.ndarray | None]] = field(default_factory=dict)

    def add(self, rows: Sequence[Mapping[str, Any]], scores: Scores | None) -> None:
        """Rows, and of each score an array (rows, tracks), the same for all (tracks,), or None."""
        known = [values for values in (scores or {}).values() if values is not None]
        is_finite = np.ones(len(rows), dtype=bool)
        for values in known:
            is_finite &= np.isfinite(values).all(-1)
        for i, row in enumerate(rows):
            status = {} if is_finite[i] else {"status": "prediction_not_finite"}
            self.identity.append({**row, **status})
            for name, column in self.scores.items():
                found = scores[name] if scores is not None and is_finite[i] else None
                column.append(found if found is None or found.ndim == 1 else found[i])

    def frame(self, tracks: int) -> pl.DataFrame:
        frame = pl.DataFrame(self.identity, schema=self.columns)
        blank = np.zeros(tracks, dtype=np.float32)
        columns = []
        for name, values in self.scores.items():
            filled = np.array([blank if v is None else v for v in values]).reshape(-1, tracks)
            valid = np.array([v is not None for v in values], dtype=bool)
            columns.append(array_column(name, filled, valid))
        return frame.with_columns(columns)


class TableBuilder:
    """The two tables of a run, filled row by row in input order.

    Parameters
    ----------
    tracks : Tracks
    options : ScoreOptions
    columns : mapping
        Names and types of the columns that say what is scored: variants, or what else.
    """

    def __init__(
        self, tracks: Tracks, options: ScoreOptions, columns: Mapping[str, Any] = VARIANT
    ) -> None:
        self.tracks = tracks
        self.options = options
        self.sites = SITES if options.has_site_scores else {}
        columns = {**columns, **GENE}
        of_genes: dict[str, list] = {name: [] for name in options.gene_scores}
        self.gene = _Rows({**columns, **self.sites}, scores=of_genes)
        self.window = _Rows(columns, scores={name: [] for name in options.window_scores})

    def add_unscored(self, identity: Mapping[str, Any], status: str) -> None:
        """A row in each table that says why there is no score."""
        self.gene.add([{**identity, "status": status}], None)
        self.add_window([identity], None, status)

    def add_window(
        self, identities: Sequence[Mapping[str, Any]], coverage: AlleleCoverage | None,
        status: str = "scored",
    ) -> None:  # fmt: skip
        """Rows of the window table for variants of one window, named by the columns of each.

        Without window scores, coverage may be None.
        """
        rows = [{**identity, "status": status} for identity in identities]
        self.window.add(rows, None if coverage is None else self._of_window(coverage))

    def add_genes(
        self, identities: Sequence[Mapping[str, Any]], coverage: AlleleCoverage | None,
        genes: Sequence[GeneBins], positions: Sequence[int],
    ) -> None:  # fmt: skip
        """Rows of the gene table for variants of one window; without a gene, a status only.

        Parameters
        ----------
        identities : sequence of mapping
            Columns that name each variant.
        coverage : AlleleCoverage, optional
            Needed for genes.
        genes : sequence of GeneBins
            That are scored in the window.
        positions : sequence of int
            0-based base of each variant that distances to TSSs are measured from.
        """
        if not genes:
            rows = [{**identity, "status": "no_gene_in_window"} for identity in identities]
            self.gene.add(rows, None)
        for found in genes:
            assert coverage is not None
            gene = found.gene
            named: dict[str, Any] = {
                "gene_id": gene.gene_id,
                "gene_name": gene.gene_name,
                "status": "scored",
            }
            if self.sites:
                numbers = (len(gene.polya_sites), found.n_sites)
                named |= dict(zip(SITES, numbers, strict=True))
            rows = [
                {**identity, **named, "distance_to_tss_bp": distance_to_tss_bp(gene, position)}
                for identity, position in zip(identities, positions, strict=True)
            ]
            self.gene.add(rows, self._of_gene(coverage, found))

    def tables(self) -> ScoreTables:
        """What was added so far."""
        collapsed = len(self.tracks.collapsed)
        return ScoreTables(self.gene.frame(collapsed), self.window.frame(collapsed))

    def _of_window(self, coverage: AlleleCoverage) -> dict[str, np.ndarray]:
        device = coverage.ref.device
        plus = torch.from_numpy(self.tracks.collapsed).to(device)
        minus = torch.from_numpy(self.tracks.pair[self.tracks.collapsed]).to(device)
        background, scores = _or_nothing(coverage.background), {}
        for name in self.window.scores:
            score = WINDOW_SCORES[name](coverage.ref, coverage.alt, background)
            scores[name] = _float32(collapse_strands(name, score, plus, minus))
        return scores

    def _of_gene(self, coverage: AlleleCoverage, found: GeneBins) -> Scores:
        device = coverage.ref.device
        track = torch.from_numpy(self.tracks.of_gene_strand(found.gene.strand)).to(device)
        at = torch.from_numpy(coverage.position(found.bins)).to(device)
        alleles = [x[..., track, :] for x in (coverage.ref, coverage.alt)]
        ref, alt = (x[..., at] for x in alleles)
        background = _or_nothing(coverage.background, track)
        sides = self._sides_of_sites(coverage, track, found) if self.sites else None
        scores: dict[str, np.ndarray | None] = {}
        for name in self.gene.scores:
            if name in GENE_SCORES:
                scores[name] = _float32(GENE_SCORES[name](ref, alt, background))
            else:
                scores[name] = None if sides is None else _float32(SITE_SCORES[name](*sides))
        return scores

    def _sides_of_sites(
        self, coverage: AlleleCoverage, track: Tensor, found: GeneBins
    ) -> list[Tensor] | None:
        """Unscaled coverage of REF and ALT, (replicates, tracks, sides of poly(A) sites)."""
        if not found.has_enough_sites:
            return None
        scale = torch.tensor(self.tracks.scale, device=track.device)[track][:, None]
        sides = [coverage.position(np.array(side)) for side in found.sides]
        return [
            torch.stack([x[..., track, first:last].sum(-1) for first, last in sides], -1)
            / (1 if self.options.unscale else scale)
            for x in (coverage.ref, coverage.alt)
        ]


def _or_nothing(background: Tensor | None, track: Tensor | None = None) -> Tensor:
    """Of some tracks; empty where no score needs it."""
    if background is None:
        return torch.empty(0)
    return background if track is None else background[..., track, :]


def _float32(score: Tensor) -> np.ndarray:
    return score.float().cpu().numpy()
