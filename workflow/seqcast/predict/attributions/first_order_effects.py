"""First-order effects of all substitutions of a table, one gradient per gene and group of tracks.

An approximation of logSED (`gradients`): what the gradient at the reference says of each
substitution in the window, added over the bases that it replaces. It takes one backward pass per
window, gene and group of tracks, however many variants lie in the window.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import polars as pl
import torch

from seqcast.core.progress import progress
from seqcast.core.store import array_column
from seqcast.genome.annotation import Annotation, gene_key
from seqcast.genome.fasta import Genome
from seqcast.genome.intervals import Geometry
from seqcast.genome.sequence import base_codes, one_hot
from seqcast.genome.tracks import Tracks
from seqcast.models.interface import CoverageModel
from seqcast.predict.attributions import FIRST_ORDER, INTEGRATED
from seqcast.predict.attributions.gradients import (
    Target,
    first_order_effects,
    integrate,
    level_gradients,
)
from seqcast.predict.inference import check_fit, geometry_of
from seqcast.predict.variants.gene_bins import GeneBins, distance_to_tss_bp, genes_in_window
from seqcast.predict.variants.ranking import select_tracks
from seqcast.predict.variants.score_options import ScoreOptions
from seqcast.predict.variants.score_tables import GENE, VARIANT
from seqcast.predict.variants.windows import GRID, start_on_grid

COLUMNS = VARIANT | GENE


@dataclass(frozen=True)
class AttributionOptions:
    """What is attributed, and how; every field changes numbers.

    Attributes
    ----------
    track_groups : mapping of str to str
        Name of a group -> regular expression on track descriptions; empty for all tracks.
    genes : tuple of str
        Ids, with or without version, or names. Empty: all with bins in the window.
    integrated_steps : int
        Steps of integrated gradients; 0: none.
    score : ScoreOptions
        Strands, shifts and the inverse of the transform of the training data; `span`.
    """

    track_groups: Mapping[str, str] = field(default_factory=lambda: {"": ""})
    genes: tuple[str, ...] = ()
    integrated_steps: int = 0
    score: ScoreOptions = field(default_factory=ScoreOptions)

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns of effects, of one number per group of tracks."""
        return (FIRST_ORDER, *[INTEGRATED] * bool(self.integrated_steps))

    def wants(self, found: GeneBins) -> bool:
        """Whether a gene is among those that are asked for."""
        gene = found.gene
        names = {gene.gene_id, gene_key(gene.gene_id), gene.gene_name}
        return not self.genes or not names.isdisjoint(self.genes)


def place_variants(variants: pl.DataFrame, geometry: Geometry) -> pl.DataFrame:
    """Where the window of each variant starts, or why it has no first-order effect.

    Parameters
    ----------
    variants : DataFrame
        Checked variants.
    geometry : Geometry

    Returns
    -------
    DataFrame
        contig, start of the window (0-based; null without one) and status ("scored" with one), in
        the same order. Windows are those of `windows.grid_start`.
    """
    step_bp = geometry.length_bp // GRID
    replaced, inserted = pl.col("end") - pl.col("start"), pl.col("insert").str.len_chars()
    longest = geometry.length_bp // 2 - geometry.crop_bp
    status = (
        pl.when(pl.col("status") != "valid")
        .then("status")
        .when(replaced != inserted)
        .then(pl.lit("length_changed"))
        .when(replaced + step_bp // 2 >= longest)
        .then(pl.lit("indel_too_long"))
        .otherwise(pl.lit("scored"))
    )
    start = start_on_grid(pl.col("start"), geometry)
    placed = variants.select("contig", start=start, status=status)
    return placed.with_columns(start=pl.when(pl.col("status") == "scored").then("start"))


def approximate_effects(
    model: CoverageModel, variants: pl.DataFrame, genome: Genome, annotation: Annotation,
    tracks: Tracks, options: AttributionOptions,
) -> pl.DataFrame:  # fmt: skip
    """First-order effects of variants on the genes of their windows.

    Parameters
    ----------
    model : CoverageModel
    variants : DataFrame
        Checked variants, all of the windows that they lie in.
    genome : Genome
    annotation : Annotation
    tracks : Tracks
    options : AttributionOptions

    Returns
    -------
    DataFrame
        `COLUMNS`, then ``first_order_effect`` and, where asked for, ``integrated_effect``: lists of
        one number per group of tracks, ALT minus REF in log2 units. One row per variant and gene,
        or one with a status, in input order.

    Raises
    ------
    InputError
        If the tracks do not fit the model, or a group has none.
    """
    check_fit(model, tracks)
    descriptions = tracks.table()
    groups = [select_tracks(descriptions, like or None) for like in options.track_groups.values()]
    geometry = geometry_of(model)
    placed = place_variants(variants, geometry)
    order = pl.int_range(0, len(variants), eager=True).alias("_order")
    named = variants.select(*VARIANT).with_columns(order, placed["status"])
    parts = [named.filter(pl.col("status") != "scored")]
    edits = variants.select("contig", "end", "insert", "swapped", first="start").hstack(
        [named["_order"], placed["start"], placed["status"]]
    )
    windows = edits.filter(pl.col("status") == "scored").partition_by(
        "contig", "start", maintain_order=True
    )
    attribute = _Window(model, genome, annotation, tracks, options, groups)
    for window in progress(len(windows), "window")(windows):
        identity = named[window["_order"]]
        parts += [_rows_of(gene, window, effects, identity) for gene, effects in attribute(window)]
    table = pl.concat(parts, how="diagonal").sort("_order", maintain_order=True)
    return _complete(table, options.columns, len(groups))


@dataclass(frozen=True)
class _Window:
    """Effects of the variants of one window, gene by gene."""

    model: CoverageModel
    genome: Genome
    annotation: Annotation
    tracks: Tracks
    options: AttributionOptions
    groups: Sequence[np.ndarray]

    def __call__(
        self, edits: pl.DataFrame
    ) -> Iterator[tuple[GeneBins | None, dict[str, np.ndarray]]]:
        """Genes, and effects (variants, groups) of each; None, and no effect, without a gene."""
        contig, start = edits["contig"][0], edits["start"][0]
        geometry, score = geometry_of(self.model), self.options.score
        found = genes_in_window(self.annotation, contig, start, geometry, score.span)
        genes = [gene for gene in found if self.options.wants(gene)]
        if not genes:
            yield None, {}
            return
        targets = [
            Target(gene.bins, self.tracks.of_gene_strand(gene.gene.strand)[group])
            for gene in genes
            for group in self.groups
        ]
        sequence = self.genome.fetch(contig, start, start + geometry.length_bp)
        window = torch.from_numpy(one_hot(sequence))
        how = self.model, window, self.tracks, targets, score
        changes = _Changes.of(edits)
        effects = {FIRST_ORDER: changes.effects(level_gradients(*how).gradient, window)}
        if steps := self.options.integrated_steps:
            total = sum(
                changes.within(run).effects(integrate(*how, run, steps).gradient, window)
                for run in changes.runs()
            )
            effects[INTEGRATED] = np.asarray(total)
        for i, gene in enumerate(genes):
            of_gene = slice(i * len(self.groups), (i + 1) * len(self.groups))
            yield gene, {name: values[:, of_gene] for name, values in effects.items()}


@dataclass(frozen=True)
class _Changes:
    """Replaced bases of the variants of a window, one after the other.

    Attributes
    ----------
    first : ndarray of int, shape=(variants,)
        Of `column` and `alt`, the first of each variant.
    column : ndarray of int
        Of the window.
    alt : ndarray of int
        Code of the base that comes instead; negative: nothing is replaced there.
    sign : ndarray of float, shape=(variants,)
        -1 where the genome carries ALT.
    """

    first: np.ndarray
    column: np.ndarray
    alt: np.ndarray
    sign: np.ndarray

    @classmethod
    def of(cls, edits: pl.DataFrame) -> "_Changes":
        lengths = (edits["end"] - edits["first"]).to_numpy()
        first = np.concatenate([[0], np.cumsum(lengths)[:-1]])
        offset = np.arange(lengths.sum()) - np.repeat(first, lengths)
        column = np.repeat((edits["first"] - edits["start"]).to_numpy(), lengths) + offset
        alt = base_codes("".join(edits["insert"])).astype(int)
        return cls(first, column, alt, np.where(edits["swapped"].to_numpy(), -1.0, 1.0))

    def runs(self) -> list[np.ndarray]:
        """Columns of replaced bases, each stretch without a gap for itself."""
        columns = np.unique(self.column)
        return np.split(columns, np.flatnonzero(np.diff(columns) > 1) + 1)

    def within(self, run: np.ndarray) -> "_Changes":
        """Only what is replaced in a run."""
        return _Changes(
            self.first, self.column, np.where(np.isin(self.column, run), self.alt, -1), self.sign
        )

    def effects(self, gradient: torch.Tensor, window: torch.Tensor) -> np.ndarray:
        """Sums over the bases of each variant, shape (variants, targets)."""
        of_bases = first_order_effects(gradient.cpu(), window).double().numpy()
        of_changes = np.where(self.alt >= 0, of_bases[:, self.alt, self.column], 0.0)
        summed: np.ndarray = np.add.reduceat(of_changes, self.first, axis=1) * self.sign
        return summed.T


def _rows_of(
    found: GeneBins | None, window: pl.DataFrame, effects: Mapping[str, np.ndarray],
    identity: pl.DataFrame,
) -> pl.DataFrame:  # fmt: skip
    """Rows of the variants of a window for one of its genes."""
    if found is None:
        return identity.with_columns(status=pl.lit("no_gene_in_window"))
    gene = found.gene
    finite = np.all([np.isfinite(values).all(axis=1) for values in effects.values()], axis=0)
    status = pl.Series(finite).replace_strict([True, False], ["scored", "prediction_not_finite"])
    distances = [distance_to_tss_bp(gene, position) for position in window["first"]]
    return identity.with_columns(
        pl.lit(gene.gene_id).alias("gene_id"),
        pl.lit(gene.gene_name).alias("gene_name"),
        status.alias("status"),
        pl.Series("distance_to_tss_bp", distances),
        *(array_column(name, values, finite) for name, values in effects.items()),
    )


def _complete(table: pl.DataFrame, effects: Sequence[str], n_groups: int) -> pl.DataFrame:
    """All columns, whatever was found."""
    kinds: dict[str, Any] = COLUMNS | dict.fromkeys(effects, pl.Array(pl.Float32, n_groups))
    return pl.concat([pl.DataFrame(schema=kinds), table], how="diagonal").select(*kinds)
