"""Scores of tracks in one number per row, and which variants matter most by it.

`reduce_score` is the one definition of a score over tracks: the table and page of ranked variants,
the TSV, the VCF and the figures show what it returns.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import cast

import numpy as np
import polars as pl

from seqcast.core.errors import InputError
from seqcast.core.provenance import provenance
from seqcast.core.store import array_columns, array_values, write_table
from seqcast.genome.tracks import Tracks, compiled
from seqcast.predict.variants.effect_intervals import Certainty

VARIANT = ["variant", "chrom", "pos", "ref", "alt"]
GENE = ["gene_id", "gene_name", "distance_to_tss_bp"]
REDUCED = {
    "mean": pl.Float64,
    "mean_abs": pl.Float64,
    "sd": pl.Float64,
    "top": pl.Float64,
    "top_at": pl.Int64,
}
# Replaces the table of tracks if scores are single numbers, those of an mRNA.
MRNA_TRACKS = pl.DataFrame(
    {"track": [0], "identifier": ["mrna"], "description": ["whole mRNA"], "units": [""]}
)
LEVELS = {"ref_level": "REF", "alt_level": "ALT"}  # of the gene: name here -> score


def write_track_table(output: str | Path, targets: str | Path | None = None) -> None:
    """Write which track each position of a model's scores is.

    Parameters
    ----------
    output : path
    targets : path, optional
        The targets table of a coverage model. Default: scores are those of mRNAs, which have no
        tracks.
    """
    if targets is None:
        write_table(MRNA_TRACKS, output, provenance())
    else:
        write_table(Tracks.read(targets).table(), output, provenance(file=targets))


def select_tracks(tracks: pl.DataFrame, tracks_like: str | None = None) -> np.ndarray:
    """Positions of the tracks whose description matches.

    Parameters
    ----------
    tracks : DataFrame
        With a column ``description``.
    tracks_like : str, optional
        Regular expression, searched anywhere in the description. Default: all tracks.

    Raises
    ------
    InputError
        If it is not a regular expression, or matches nothing.
    """
    if tracks_like is None:
        return np.arange(len(tracks))
    pattern = compiled(tracks_like)
    selected = [bool(pattern.search(text)) for text in tracks["description"]]
    if not any(selected):
        raise InputError(
            f"{tracks_like!r} matches none of the {len(tracks)} track descriptions, such as "
            f"{tracks['description'].head(3).to_list()}; choose another pattern or none"
        )
    return np.flatnonzero(selected)


def describe_tracks(n_selected: int, n_tracks: int, tracks_like: str | None = None) -> str:
    """The tracks that a number is over, in words: "all 11 tracks", "4 of 11 tracks (^RNA:ActD)"."""
    tracks = "track" if n_tracks == 1 else "tracks"
    if not tracks_like:
        return f"all {n_tracks} {tracks}" if n_tracks > 1 else f"1 {tracks}"
    return f"{n_selected} of {n_tracks} {tracks} ({tracks_like})"


def reduce_score(
    scores: pl.DataFrame, score: str, selected: np.ndarray | None = None
) -> pl.DataFrame:
    """Reduce one score over tracks.

    Parameters
    ----------
    scores : DataFrame
        A score table of a fold or an ensemble; ``<score>_sd`` is used if there is one.
    score : str
        Column of fixed-size lists, one number per track.
    selected : ndarray of int, optional
        Positions of the tracks that count. Default: all.

    Returns
    -------
    DataFrame
        One row per row of `scores`, `REDUCED`: ``mean`` of the signed values; ``mean_abs`` of their
        magnitudes; ``sd``, the mean over tracks of the standard deviation over folds (never
        below the deviation of ``mean`` itself), null if there is none; ``top``, the signed value
        of the track with the greatest magnitude (the first of equals), and ``top_at``, its position
        in the track table. Null where not scored, or no number.

    Raises
    ------
    InputError
        If the table has no such score.
    """
    known = array_columns(scores)
    if score not in known:
        raise InputError(f"no score {score!r} in the table; it has {', '.join(known)}")
    scored = scores[score].is_not_null()
    n_tracks = cast(pl.Array, scores.schema[score]).size
    positions = np.arange(n_tracks) if selected is None else selected
    values = scores[score].filter(scored).to_numpy()[:, positions].astype(float)
    top = np.abs(values).argmax(axis=1) if len(values) else np.empty(0, dtype=int)
    reduced = pl.DataFrame(
        {
            "mean": values.mean(axis=1),
            "mean_abs": np.abs(values).mean(axis=1),
            "sd": _mean_spread(scores.filter(scored), f"{score}_sd", positions),
            "top": values[np.arange(len(values)), top],
            "top_at": positions[top],
        },
        schema=REDUCED,
    )
    reduced = reduced.with_columns(pl.when(pl.col("mean_abs").is_finite()).then(pl.all()))
    # The k-th scored row takes the k-th of these; an index of null takes a row of nulls.
    index = pl.select(pl.when(scored).then(scored.cast(pl.Int64).cum_sum() - 1)).to_series()
    return reduced.select(pl.all().gather(index))


def _mean_spread(rows: pl.DataFrame, column: str, positions: np.ndarray) -> pl.Series:
    """Mean over tracks of a column of spreads, null where it is absent or undefined."""
    if column not in rows.columns:
        return pl.Series([None] * len(rows), dtype=pl.Float64)
    spreads, known = array_values(rows[column])
    means = spreads[:, positions].mean(axis=1)
    return pl.Series(np.where(known, means, np.nan)).fill_nan(None)


def levels(scores: pl.DataFrame, selected: np.ndarray | None = None) -> pl.DataFrame:
    """Predicted coverage of the gene in either allele, ``ref_level`` and ``alt_level``.

    Means over tracks of the scores REF and ALT; null where the table does not have these.
    """
    found = {
        name: reduce_score(scores, score, selected)["mean"]
        if score in scores.columns
        else pl.Series([None] * len(scores), dtype=pl.Float64)
        for name, score in LEVELS.items()
    }
    return pl.DataFrame(found)


def strongest_rows(reduced: pl.DataFrame, key: Sequence[str]) -> pl.DataFrame:
    """One row for each value of `key`: the greatest ``mean_abs``, of equals the first.

    In the order in which the values of `key` appear first; rows without a number come last.
    """
    return (
        reduced.with_row_index("_order")
        .with_columns(_first=pl.col("_order").min().over(key))
        .sort(["_first", "mean_abs", "_order"], descending=[False, True, False], nulls_last=True)
        .unique(key, keep="first", maintain_order=True)
        .drop("_order", "_first")
    )


def strongest_genes(
    ensemble: pl.DataFrame, score: str = "logSED", selected: np.ndarray | None = None
) -> pl.DataFrame:
    """Each scored variant with the gene it changes most, in input order.

    Parameters
    ----------
    ensemble : DataFrame
        Score table, one row per variant and gene (or per variant: window scores serve as well).
    score : str
    selected : ndarray of int, optional
        See `reduce_score`.

    Returns
    -------
    DataFrame
        Rows of `ensemble` with `REDUCED`. Of genes with equal ``mean_abs`` the first stays.
        Repeated input variants are one row. Rows without a score, or with one that is not a
        number, never appear.
    """
    table = pl.concat([ensemble, reduce_score(ensemble, score, selected)], how="horizontal")
    known = table.filter((pl.col("status") == "scored") & pl.col("mean_abs").is_not_null())
    return strongest_rows(known, VARIANT)


def rank_variants(
    ensemble: pl.DataFrame,
    tracks: pl.DataFrame,
    score: str = "logSED",
    tracks_like: str | None = None,
    top: int | None = 20,
    further: pl.DataFrame | None = None,
    certainty: Certainty | None = None,
) -> pl.DataFrame:
    """Variants by the size of their effect on the gene they change most.

    Parameters
    ----------
    ensemble : DataFrame
        Score table over folds.
    tracks : DataFrame
        Track table of those scores; ``description`` is used.
    score : str
    tracks_like : str, optional
        Regular expression on descriptions: the tracks to average over. Default: all.
    top : int, optional
        Rows to return; None for all.
    further : DataFrame, optional
        Columns to keep of the rows of `ensemble`, such as `percentiles.reported`.
    certainty : Certainty, optional
        Of the folds and their model. Default: nothing is known of them.

    Returns
    -------
    DataFrame
        ``rank`` (from 1), ``row`` (if the score table has it), variant, chrom, pos (1-based), ref,
        alt, gene_id, gene_name, distance_to_tss_bp; of `reduce_score` ``mean_abs`` (decides the
        order, ties stay in input order), ``mean`` (ALT minus REF), ``strongest_track``
        (description), ``strongest_value`` and ``fold_sd``; ``fold_sign``, ``low`` and ``high``
        (`Certainty.columns`); ``ref_level`` and ``alt_level`` (`levels`); and the columns of
        `further`.

    Raises
    ------
    InputError
        If there is no such score, or `tracks_like` matches no track.
    """
    selected = select_tracks(tracks, tracks_like)
    kept = [] if further is None else further.get_columns()
    ensemble = ensemble.with_columns(kept)
    best = strongest_genes(ensemble, score, selected)
    best = best.sort("mean_abs", descending=True, maintain_order=True)
    best = best if top is None else best.head(top)
    return best.select(
        pl.int_range(1, len(best) + 1, dtype=pl.Int64).alias("rank"),
        *(name for name in ["row"] if name in best.columns),
        *VARIANT,
        *GENE,
        "mean_abs",
        "mean",
        strongest_track=tracks["description"].gather(best["top_at"]),
        strongest_value="top",
        fold_sd="sd",
        **(certainty or Certainty(0)).columns(best, score, tracks_like).to_dict(),
        **levels(best, selected).to_dict(),
    ).with_columns(best[column.name] for column in kept)
