"""From checked variants to scores: one row an ALT and gene, one row an ALT for the whole window."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import polars as pl
import torch
from torch import Tensor
from torch.utils.data import Dataset

from seqcast.annotation import Annotation
from seqcast.errors import InputError
from seqcast.genome import Genome
from seqcast.inference import inference_mode, predict_in_batches, prefetch
from seqcast.models.interface import CoverageModel
from seqcast.progress import progress
from seqcast.scoring.alleles import (
    Aligned,
    AllelePair,
    Convention,
    Edit,
    Geometry,
    assemble,
    reach_bp,
)
from seqcast.scoring.compat import BorzoiSed, HoundSnp
from seqcast.scoring.genes import distance_to_tss_bp, genes_in_window
from seqcast.scoring.statistics import GENE_SCORES, WINDOW_SCORES, background_of, collapse_strands
from seqcast.scoring.windows import shared_windows
from seqcast.sequence import one_hot
from seqcast.store import array_column
from seqcast.tracks import Tracks

IDENTITY = ["row", "variant", "chrom", "pos", "ref", "alt"]
COMPAT = ("borzoi_sed", "hound_snp")


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
        Average predictions over shifted inputs; replicates of the statistics in hound_snp.
    span : bool
        Genes from first to last exon instead of exons alone.
    unclip, unscale, old_transform : bool
        See `Tracks.untransform`.
    cluster : float
        hound_snp only: variants closer than this share of the window are scored in one window.
    stitch : bool
        hound_snp only: see `compat.HoundSnp`.
    gene_scores, window_scores : tuple of str
        Names in `statistics.GENE_SCORES` and `WINDOW_SCORES`.
    """

    compat: str | None = None
    reverse_complement: bool = False
    shifts_bp: tuple[int, ...] = (0,)
    span: bool = False
    unclip: bool = True
    unscale: bool = False
    old_transform: bool = False
    cluster: float = 0.0
    stitch: bool = False
    gene_scores: tuple[str, ...] = tuple(GENE_SCORES)
    window_scores: tuple[str, ...] = tuple(WINDOW_SCORES)

    def __post_init__(self) -> None:
        if self.compat not in (None, *COMPAT):
            raise InputError(f"compat {self.compat!r}; expected none or one of {', '.join(COMPAT)}")
        for wanted, known in ((self.gene_scores, GENE_SCORES), (self.window_scores, WINDOW_SCORES)):
            if unknown := [name for name in wanted if name not in known]:
                raise InputError(f"unknown scores {unknown}; known: {', '.join(known)}")
        if (self.cluster or self.stitch) and self.compat != "hound_snp":
            raise InputError("cluster and stitch are options of compat: hound_snp; leave them out")

    def convention(self, geometry: Geometry) -> Convention:
        """The allele convention these options name."""
        if self.compat == "borzoi_sed":
            return BorzoiSed(geometry)
        if self.compat == "hound_snp":
            return HoundSnp(geometry, tuple(self.shifts_bp), self.stitch)
        return Aligned(geometry)

    @property
    def averaged_shifts_bp(self) -> tuple[int, ...]:
        """Shifts whose predictions are averaged before any statistic."""
        return (0,) if self.compat == "hound_snp" else tuple(self.shifts_bp)


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


class _Alleles(Dataset):
    """The encoded sequences of each edit, for workers to prepare."""

    def __init__(
        self, genome: Genome, convention: Convention, edits: Sequence[tuple[Edit, int | None]]
    ) -> None:
        self.genome, self.convention, self.edits = genome, convention, edits

    def __len__(self) -> int:
        return len(self.edits)

    def __getitem__(self, i: int) -> tuple[AllelePair, np.ndarray]:
        if i >= len(self):
            raise IndexError(i)
        edit, start = self.edits[i]
        pair = self.convention.pair(edit, self.genome, start)
        return pair, np.stack([one_hot(s, self.convention.unknown) for s in pair.sequences])


def edits_of(variants: pl.DataFrame, geometry: Geometry) -> list[Edit | str]:
    """An edit for each row that can be scored, the status for each that cannot."""
    edits: list[Edit | str] = []
    for row in variants.iter_rows(named=True):
        if row["status"] != "valid":
            edits.append(row["status"])
            continue
        ref, alt = (row["alt"], row["ref"]) if row["swapped"] else (row["ref"], row["alt"])
        edit = Edit(row["contig"], row["start"], row["end"], row["insert"], row["pos"],
                    ref.upper(), alt.upper())  # fmt: skip
        too_long = reach_bp(edit) >= geometry.length_bp // 2 - geometry.crop_bp
        edits.append("indel_too_long" if too_long else edit)
    return edits


def predict_alleles(
    model: CoverageModel,
    edits: Sequence[tuple[Edit, int | None]],
    genome: Genome,
    tracks: Tracks,
    options: ScoreOptions,
    batch_size: int = 1,
    workers: int = 0,
) -> Iterator[tuple[AllelePair, Tensor, Tensor]]:
    """Coverage of both alleles of each edit, in genome orientation of REF and ALT.

    Yields
    ------
    pair : AllelePair
    ref, alt : Tensor, shape=(replicates, tracks, bins), float64
    """
    geometry = geometry_of(model)
    dataset = _Alleles(genome, options.convention(geometry), edits)
    with inference_mode(model) as device:
        for pair, encoded in prefetch(dataset, workers):
            y = predict_in_batches(
                model, encoded, tracks, device, batch_size,
                options.reverse_complement, options.averaged_shifts_bp,
            )  # fmt: skip
            single = options.compat is not None and not options.unclip
            y = tracks.untransform(
                y, options.unclip, options.unscale, options.old_transform, single
            )
            yield pair, assemble(y, pair.ref), assemble(y, pair.alt)


def score_variants(
    model: CoverageModel,
    variants: pl.DataFrame,
    genome: Genome,
    annotation: Annotation,
    tracks: Tracks,
    options: ScoreOptions,
    rows: range | None = None,
    batch_size: int = 1,
    workers: int = 0,
) -> ScoreTables:
    """Score variants against the genes and the window around them.

    Parameters
    ----------
    model : CoverageModel
        As `load_model` returns it.
    variants : DataFrame
        Checked variants (`variants.check_variants`), the whole set.
    genome : Genome
    annotation : Annotation
    tracks : Tracks
        Tracks to score; scores have one number a collapsed track (`Tracks.table`).
    options : ScoreOptions
    rows : range, optional
        Rows to score, such as a shard. Default: all.
    batch_size : int
        Sequences predicted at once.
    workers : int
        Processes that prepare sequences. Neither changes a number beyond float32 rounding.

    Returns
    -------
    ScoreTables
        Each input row leaves one row in the window table, and one row a gene (or one row with a
        status) in the gene table, in input order.
    """
    geometry = geometry_of(model)
    check_fit(model, tracks)
    convention = options.convention(geometry)
    rows = range(len(variants)) if rows is None else rows
    edits = edits_of(variants, geometry)
    # windows are shared across the whole set, so that shards change no number
    starts = shared_windows(edits, geometry, options.cluster)
    wanted = [(edit, starts[i]) for i in rows if isinstance(edit := edits[i], Edit)]
    predictions = predict_alleles(model, wanted, genome, tracks, options, batch_size, workers)
    scored = progress(len(wanted), "variant")(predictions)
    gene_rows = _Rows(scores={name: [] for name in options.gene_scores})
    window_rows = _Rows(scores={name: [] for name in options.window_scores})
    for row, edit in zip(
        variants[rows.start : rows.stop].iter_rows(named=True),
        edits[rows.start : rows.stop],
        strict=True,
    ):
        identity = {name: row[name] for name in IDENTITY}
        if isinstance(edit, str):
            gene_rows.add({**identity, "status": edit}, None)
            window_rows.add({**identity, "status": edit}, None)
            continue
        pair, ref, alt = next(scored)
        if row["swapped"]:
            ref, alt = alt, ref
        genes = genes_in_window(annotation, edit.contig, pair.start, geometry, options.span,
                                convention.gene_offset_bp(edit))  # fmt: skip
        background = background_of(ref)
        window_rows.add({**identity, "status": "scored"},
                        _window_scores(ref, alt, background, tracks, options))  # fmt: skip
        if not genes:
            gene_rows.add({**identity, "status": "no_gene_in_window"}, None)
        for found in genes:
            distance = distance_to_tss_bp(found.gene, edit.anchor)
            gene_rows.add(
                {**identity, "gene_id": found.gene.gene_id, "gene_name": found.gene.gene_name,
                 "status": "scored", "distance_to_tss_bp": distance},
                _gene_scores(ref, alt, background, tracks, found.gene.strand, found.bins, options),
            )  # fmt: skip
    collapsed = len(tracks.collapsed)
    return ScoreTables(gene_rows.frame(collapsed), window_rows.frame(collapsed))


def geometry_of(model: CoverageModel) -> Geometry:
    """Window, bins and crop of a model."""
    return Geometry(model.window_length_bp, model.bin_size_bp, model.crop_bins)


def check_fit(model: CoverageModel, tracks: Tracks) -> None:
    """Refuse a table of tracks that names outputs the model does not have."""
    if len(tracks) and tracks.channel.max() >= model.tracks:
        raise InputError(
            f"the table of tracks names output {tracks.channel.max()} but the model has "
            f"{model.tracks} outputs; use the targets table that belongs to this model and head"
        )


def _window_scores(
    ref: Tensor, alt: Tensor, background: Tensor, tracks: Tracks, options: ScoreOptions
) -> dict[str, np.ndarray]:
    plus = torch.from_numpy(tracks.collapsed).to(ref.device)
    minus = torch.from_numpy(tracks.pair[tracks.collapsed]).to(ref.device)
    scores = {}
    for name in options.window_scores:
        score = WINDOW_SCORES[name](ref, alt, background)
        scores[name] = _float32(collapse_strands(name, score, plus, minus))
    return scores


def _gene_scores(
    ref: Tensor, alt: Tensor, background: Tensor, tracks: Tracks, strand: str, bins: np.ndarray,
    options: ScoreOptions,
) -> dict[str, np.ndarray]:  # fmt: skip
    of_strand = torch.from_numpy(tracks.of_gene_strand(strand)).to(ref.device)
    at = torch.from_numpy(bins).to(ref.device)
    ref, alt = (x[:, of_strand][..., at] for x in (ref, alt))
    background = background[:, of_strand]
    return {name: _float32(GENE_SCORES[name](ref, alt, background)) for name in options.gene_scores}


def _float32(score: Tensor) -> np.ndarray:
    return score.float().cpu().numpy()


def shard_rows(variants: int, shard: int, shards: int) -> range:
    """Rows of one of `shards` contiguous parts of nearly equal size; `shard` counts from 0."""
    return range(variants * shard // shards, variants * (shard + 1) // shards)
