"""Score tables: a row an ALT and gene, and a row an ALT for the whole window."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import polars as pl
import torch
from torch import Tensor

from seqcast.scoring.genes import GeneBins, distance_to_tss_bp
from seqcast.scoring.options import ScoreOptions
from seqcast.scoring.statistics import GENE_SCORES, WINDOW_SCORES, background_of, collapse_strands
from seqcast.store import array_column
from seqcast.tracks import Tracks


@dataclass
class ScoreTables:
    """Scores of one model and fold: a row an ALT and gene, and a row an ALT."""

    gene: pl.DataFrame
    window: pl.DataFrame


@dataclass
class _Rows:
    """A table under construction: identity columns and, a score each, rows of numbers or None."""

    identity: list[dict[str, Any]] = field(default_factory=list)
    scores: dict[str, list[np.ndarray | None]] = field(default_factory=dict)

    def add(self, row: Mapping[str, Any], scores: Mapping[str, np.ndarray] | None) -> None:
        if scores is not None and not all(np.isfinite(v).all() for v in scores.values()):
            row, scores = {**row, "status": "prediction_not_finite"}, None
        self.identity.append(dict(row))
        for name, values in self.scores.items():
            values.append(None if scores is None else scores[name])

    def frame(self, tracks: int) -> pl.DataFrame:
        schema = {"row": pl.Int64, "variant": pl.String, "chrom": pl.String, "pos": pl.Int64,
                  "ref": pl.String, "alt": pl.String, "gene_id": pl.String, "gene_name": pl.String,
                  "status": pl.String, "distance_to_tss_bp": pl.Int64}  # fmt: skip
        frame = pl.DataFrame(self.identity, schema=schema)
        blank = np.zeros(tracks, dtype=np.float32)
        columns = []
        for name, values in self.scores.items():
            filled = np.array([blank if v is None else v for v in values]).reshape(-1, tracks)
            valid = np.array([v is not None for v in values], dtype=bool)
            columns.append(array_column(name, filled, valid))
        return frame.with_columns(columns)


class TableBuilder:
    """The two tables of a run, filled row by row in input order."""

    def __init__(self, tracks: Tracks, options: ScoreOptions) -> None:
        self.tracks = tracks
        self.gene = _Rows(scores={name: [] for name in options.gene_scores})
        self.window = _Rows(scores={name: [] for name in options.window_scores})

    def add_unscored(self, identity: Mapping[str, Any], status: str) -> None:
        """A row in each table that says why there is no score."""
        self.gene.add({**identity, "status": status}, None)
        self.window.add({**identity, "status": status}, None)

    def add_scored(
        self,
        identity: Mapping[str, Any],
        ref: Tensor,
        alt: Tensor,
        genes: Sequence[GeneBins],
        position: int,
    ) -> None:
        """The scores of one variant.

        Parameters
        ----------
        identity : mapping
            Columns that name the variant.
        ref, alt : Tensor, shape=(replicates, tracks, bins), float64
        genes : sequence of GeneBins
            Genes in the window; without one, the gene table's row has a status only.
        position : int
            0-based base that distances to TSSs are measured from.
        """
        background = background_of(ref)
        self.window.add({**identity, "status": "scored"}, self._of_window(ref, alt, background))
        if not genes:
            self.gene.add({**identity, "status": "no_gene_in_window"}, None)
        for found in genes:
            gene = {
                "gene_id": found.gene.gene_id,
                "gene_name": found.gene.gene_name,
                "status": "scored",
                "distance_to_tss_bp": distance_to_tss_bp(found.gene, position),
            }
            self.gene.add({**identity, **gene}, self._of_gene(ref, alt, background, found))

    def tables(self) -> ScoreTables:
        """What was added so far."""
        collapsed = len(self.tracks.collapsed)
        return ScoreTables(self.gene.frame(collapsed), self.window.frame(collapsed))

    def _of_window(self, ref: Tensor, alt: Tensor, background: Tensor) -> dict[str, np.ndarray]:
        plus = torch.from_numpy(self.tracks.collapsed).to(ref.device)
        minus = torch.from_numpy(self.tracks.pair[self.tracks.collapsed]).to(ref.device)
        scores = {}
        for name in self.window.scores:
            score = WINDOW_SCORES[name](ref, alt, background)
            scores[name] = _float32(collapse_strands(name, score, plus, minus))
        return scores

    def _of_gene(
        self, ref: Tensor, alt: Tensor, background: Tensor, found: GeneBins
    ) -> dict[str, np.ndarray]:
        track = torch.from_numpy(self.tracks.of_gene_strand(found.gene.strand)).to(ref.device)
        at = torch.from_numpy(found.bins).to(ref.device)
        ref, alt = (x[:, track][..., at] for x in (ref, alt))
        background = background[:, track]
        return {n: _float32(GENE_SCORES[n](ref, alt, background)) for n in self.gene.scores}


def _float32(score: Tensor) -> np.ndarray:
    return score.float().cpu().numpy()
