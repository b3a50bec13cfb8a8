"""Planted variants with their true and their predicted effects, side by side."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from seqcast.core.errors import InputError
from seqcast.core.store import array_values
from seqcast.evaluation.planted.planted_tables import FACTS, KEY, true_scores
from seqcast.evaluation.planted.readouts import Readouts, make_readouts
from seqcast.predict.variants.ranking import reduce_score, select_tracks

COMPARED = "compared"
REDUCED = {"size": "mean_abs", "mean": "mean", "sd": "sd"}  # name here -> of `reduce_score`
STATUSES = {
    COMPARED: "scored in the gene that it was planted in",
    "trained_on": "on a contig that is not held out",
    "gene_not_scored": "scored, but not in the gene that it was planted in",
    "not_in_scores": "planted, but not among the variants that were scored",
    "no_truth": "scored, but nothing was planted there",
}


@dataclass(frozen=True)
class Scores:
    """Scores of one model: one row per ALT and gene.

    Attributes
    ----------
    ensemble : DataFrame
    folds : tuple of DataFrame
        The same rows, of each fold.
    tracks : DataFrame
        ``identifier`` and ``description`` of the numbers of a score.
    score : str
        The column.
    same_weights : sequence of str
        Folds that have the same weights (`provenance.same_weights`): without a spread.
    """

    ensemble: pl.DataFrame
    folds: tuple[pl.DataFrame, ...]
    tracks: pl.DataFrame
    score: str = "logSED"
    same_weights: Sequence[str] = ()

    def __post_init__(self) -> None:
        """Refuse tables that do not belong together.

        Raises
        ------
        InputError
            If the score is missing, or a fold has other rows than the ensemble.
        """
        for table in (self.ensemble, *self.folds):
            if self.score not in table.columns:
                raise InputError(
                    f"the scores have no column {self.score}; expected it among {table.columns}. "
                    "Add it to the gene scores."
                )
        rows = self.ensemble.select(*KEY, "gene_id")
        for i, fold in enumerate(self.folds):
            if not fold.select(*KEY, "gene_id").equals(rows):
                raise InputError(
                    f"fold number {i} has other rows than the ensemble; expected scores of the "
                    "same variants. Delete the older table and run again."
                )


def compare_variants(
    effects: pl.DataFrame, pairs: pl.DataFrame, scores: Scores, factors: np.ndarray,
    held_out: Collection[str], tracks_like: str | None = None,
) -> pl.DataFrame:  # fmt: skip
    """One row per variant, planted ones first, with what is true and what is predicted of it.

    Parameters
    ----------
    effects, pairs : DataFrame
        As `planted_tables.read_effects` and `read_pairs` return them.
    scores : Scores
        Of logSED, or another score of the same scale.
    factors : ndarray, shape=(tracks,)
        See `planted_tables.track_factors`.
    held_out : collection of str
        Contigs that no fold was trained on.
    tracks_like : str, optional
        Regular expression on track descriptions: the tracks of ``size``. Default: all.

    Returns
    -------
    DataFrame
        variant, chrom, pos, ref, alt, kind, element, gene_id, pas_distance_bp, true_dlogk, pair,
        status (`STATUSES` or why the variant was not scored); over the tracks ``size`` (mean of
        |score|), ``mean``, ``sd`` (`ranking.reduce_score`) and ``true_mean``; then for each readout
        ``true_<name>``, ``predicted_<name>`` (of the ensemble) and ``spread_<name>`` (sample
        standard deviation over folds, null for one and where folds have the same weights).
        Predictions are null where the status is not `COMPARED`. A variant is taken in the gene that
        it was planted in.

    Raises
    ------
    InputError
        If an effect on a track of the simulation is empty or not finite.
    """
    identifiers = scores.tracks["identifier"].to_list()
    readouts = make_readouts(identifiers)
    table = effects.select("variant", *KEY, *FACTS).join(
        pairs.unique(KEY, keep="first"), on=KEY, how="left", maintain_order="left"
    )
    known = _known_scores(effects, identifiers, factors)
    true, selected = readouts.of(known), select_tracks(scores.tracks, tracks_like)
    table = table.with_columns(
        pl.Series("true_mean", known[:, selected].mean(axis=1)),
        *(pl.Series(f"true_{name}", true[:, i]) for i, name in enumerate(readouts.names)),
    )
    table = _located(table, scores.ensemble, held_out)
    predictions = _predictions(scores, readouts, selected)
    found = table.join(predictions, on="at", how="left", maintain_order="left")
    compared = pl.col("status") == COMPARED
    found = found.with_columns(
        pl.when(compared).then(name).alias(name) for name in predictions.columns if name != "at"
    )
    shown = [f"{part}_{n}" for n in readouts.names for part in ("true", "predicted", "spread")]
    reduced = [*REDUCED, "true_mean"]
    return found.select("variant", *KEY, *FACTS, "pair", "status", *reduced, *shown)


def _known_scores(
    effects: pl.DataFrame, identifiers: Sequence[str], factors: np.ndarray
) -> np.ndarray:
    """`true_scores`, 0 for tracks that the simulation does not have."""
    scores = true_scores(effects, identifiers, factors)
    scores[:, [name not in effects.columns for name in identifiers]] = 0
    if (lost := np.argwhere(~np.isfinite(scores))).size:
        row, track = lost[0]
        raise InputError(
            f"the true effect of {effects['variant'][int(row)]} on {identifiers[track]} is empty "
            "or no finite number; expected one, and the coverage of REF. Simulate the genome again."
        )
    return scores


def _located(table: pl.DataFrame, scored: pl.DataFrame, held_out: Collection[str]) -> pl.DataFrame:
    """Add the status of each variant and ``at``, the row of its scores; then those without truth.

    A variant that has its gene's row counts with that row's status.
    """
    scored = scored.with_row_index("at").select("at", "variant", *KEY, "gene_id", "status")
    in_gene = scored.drop("variant").unique([*KEY, "gene_id"], keep="first", maintain_order=True)
    anywhere = scored.unique(KEY, keep="first", maintain_order=True)
    table = table.join(in_gene, on=[*KEY, "gene_id"], how="left", maintain_order="left")
    table = table.join(
        anywhere.select(*KEY, elsewhere="status"), on=KEY, how="left", maintain_order="left"
    )
    others = anywhere.join(table, on=KEY, how="anti", maintain_order="left")
    unknown = pl.when(pl.col("status") == "scored").then(pl.lit("no_truth")).otherwise("status")
    others = others.select("variant", *KEY, status=unknown)
    status = (
        pl.when(~pl.col("chrom").is_in(list(held_out))).then(pl.lit("trained_on"))
        .when(pl.col("status") == "scored").then(pl.lit(COMPARED))
        .when(pl.col("status").is_not_null()).then("status")
        .when(pl.col("elsewhere") == "scored").then(pl.lit("gene_not_scored"))
        .otherwise(pl.coalesce("elsewhere", pl.lit("not_in_scores")))
    )  # fmt: skip
    table = table.with_columns(status=status).drop("elsewhere")
    return pl.concat([table, others], how="diagonal")


def _predictions(scores: Scores, readouts: Readouts, selected: np.ndarray) -> pl.DataFrame:
    """Of each row of the scores: ``at``, ``size``, and the readouts with their spread; or nulls."""
    values, known = array_values(scores.ensemble[scores.score])
    reduced = reduce_score(scores.ensemble, scores.score, selected)
    columns: dict[str, pl.Series | np.ndarray] = {
        name: reduced[source] for name, source in REDUCED.items()
    }
    mean = readouts.of(values)
    spread = None
    if len(scores.folds) > 1:
        of_folds = [array_values(fold[scores.score]) for fold in scores.folds]
        known = np.logical_and.reduce([known, *(valid for _, valid in of_folds)])
        if not scores.same_weights:
            spread = np.std([readouts.of(numbers) for numbers, _ in of_folds], axis=0, ddof=1)
    for i, name in enumerate(readouts.names):
        columns[f"predicted_{name}"] = mean[:, i]
        columns[f"spread_{name}"] = np.full(len(mean), np.nan) if spread is None else spread[:, i]
    table = pl.DataFrame(columns).fill_nan(None)
    valid = pl.Series(known)
    table = table.with_columns(pl.when(valid).then(pl.all()))
    return table.with_row_index("at")
