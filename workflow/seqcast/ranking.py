"""Which variants matter most."""

import re

import numpy as np
import polars as pl

from seqcast.errors import InputError
from seqcast.store import array_columns

VARIANT = ["variant", "chrom", "pos", "ref", "alt"]
GENE = ["gene_id", "gene_name", "distance_to_tss_bp"]
NUMBERS = {
    "mean_abs": pl.Float64,
    "mean": pl.Float64,
    "strongest_track": pl.String,
    "strongest_value": pl.Float64,
    "fold_sd": pl.Float64,
}


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
    try:
        pattern = re.compile(tracks_like)
    except re.error as error:
        raise InputError(
            f"{tracks_like!r} is not a regular expression ({error}); expected one that matches "
            "track descriptions, such as '^RNA:ActD:'"
        ) from error
    selected = [bool(pattern.search(text)) for text in tracks["description"]]
    if not any(selected):
        raise InputError(
            f"{tracks_like!r} matches none of the {len(tracks)} track descriptions, such as "
            f"{tracks['description'].head(3).to_list()}; choose another pattern or none"
        )
    return np.flatnonzero(selected)


def strongest_genes(
    ensemble: pl.DataFrame, score: str = "logSED", selected: np.ndarray | None = None
) -> pl.DataFrame:
    """Each scored variant with the gene it changes most, in input order.

    Parameters
    ----------
    ensemble : DataFrame
        Score table, one row a variant and gene (or a variant: window scores serve as well).
    score : str
        Column of fixed-size lists, one number a track.
    selected : ndarray of int, optional
        Tracks to average over. Default: all.

    Returns
    -------
    DataFrame
        Rows of `ensemble` with ``mean_abs`` (mean over tracks of |score|) and ``mean``. Of
        genes with equal ``mean_abs`` the first stays. Repeated input variants are one row. Rows
        without a score, or with one that is not a number, never appear.
    """
    scored = ensemble.filter((pl.col("status") == "scored") & pl.col(score).is_not_null())
    values = scored[score].to_numpy()  # (rows, tracks)
    values = (values if selected is None else values[:, selected]).astype(float)
    return (
        scored.with_columns(
            mean_abs=pl.Series(np.abs(values).mean(axis=1)), mean=pl.Series(values.mean(axis=1))
        )
        .filter(pl.col("mean_abs").is_finite())
        .with_row_index("_order")
        .sort(["mean_abs", "_order"], descending=[True, False])
        .unique(VARIANT, keep="first", maintain_order=True)
        .sort("_order")
        .drop("_order")
    )


def rank_variants(
    ensemble: pl.DataFrame,
    tracks: pl.DataFrame,
    score: str = "logSED",
    tracks_like: str | None = None,
    top: int | None = 20,
) -> pl.DataFrame:
    """Variants by the size of their effect on the gene they change most.

    Parameters
    ----------
    ensemble : DataFrame
        Score table over folds; ``<score>_sd`` is used where there is one.
    tracks : DataFrame
        Track table of those scores; ``description`` is used.
    score : str
    tracks_like : str, optional
        Regular expression on descriptions: the tracks to average over. Default: all.
    top : int, optional
        Rows to return; None for all.

    Returns
    -------
    DataFrame
        ``rank`` (from 1), ``row`` (if the score table has it), variant, chrom, pos (1-based), ref,
        alt, gene_id, gene_name, distance_to_tss_bp, ``mean_abs`` (mean over tracks of |score|;
        decides the order, ties stay in input order), ``mean`` (signed, ALT minus REF),
        ``strongest_track`` (description), ``strongest_value`` (signed) and ``fold_sd`` (mean over
        tracks of the spread over folds, null where there is none).

    Raises
    ------
    InputError
        If there is no such score, or `tracks_like` matches no track.
    """
    known = array_columns(ensemble)
    if score not in known:
        raise InputError(f"no score {score!r} in the table; it has {', '.join(known)}")
    selected = select_tracks(tracks, tracks_like)
    best = strongest_genes(ensemble, score, selected)
    best = best.sort("mean_abs", descending=True, maintain_order=True)
    best = best if top is None else best.head(top)
    values = best[score].to_numpy()[:, selected]  # (variants, selected tracks)
    strongest = np.abs(values).argmax(axis=1)
    return best.select(
        pl.int_range(1, len(best) + 1, dtype=pl.Int64).alias("rank"),
        *(name for name in ["row"] if name in best.columns),
        *VARIANT,
        *GENE,
        "mean_abs",
        "mean",
        strongest_track=tracks["description"].gather(selected[strongest]),
        strongest_value=pl.Series(values[np.arange(len(best)), strongest]),
        fold_sd=pl.Series(_mean_spread(best, f"{score}_sd", selected), dtype=pl.Float64),
    ).with_columns(pl.col(name).cast(dtype) for name, dtype in NUMBERS.items())


def _mean_spread(rows: pl.DataFrame, column: str, selected: np.ndarray) -> list[float | None]:
    """Mean over selected tracks of a column of spreads, None where it is absent or undefined."""
    if column not in rows.columns:
        return [None] * len(rows)
    means = [None if row is None else np.mean(np.array(row, dtype=float)[selected])
             for row in rows[column].to_list()]  # fmt: skip
    return [None if mean is None or np.isnan(mean) else float(mean) for mean in means]
