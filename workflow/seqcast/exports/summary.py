"""Scores of all tracks in a few numbers, and the table of them that a person can read."""

import gzip
from collections.abc import Sequence
from pathlib import Path
from typing import IO, cast

import numpy as np
import polars as pl

from seqcast.errors import InputError
from seqcast.store import array_column, array_columns, array_values, atomic

SUMMARY = ("mean", "mean_abs", "top_track", "top")


def score_names(scores: pl.DataFrame) -> list[str]:
    """Columns of a score table that hold a score, one value a track, in order.

    The spread over folds (``<score>_sd``) of an ensemble is not a score.
    """
    return [name for name in array_columns(scores) if not name.endswith("_sd")]


def keep_tracks(
    scores: pl.DataFrame, tracks: pl.DataFrame, selected: np.ndarray
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The score table and the track table with some of the tracks, in the order of `selected`."""
    kept = []
    for name in array_columns(scores):
        values, valid = array_values(scores[name])
        kept.append(array_column(name, values[:, selected], valid))
    return scores.with_columns(kept), tracks[selected.tolist()]


def summarise_tracks(scores: pl.DataFrame, tracks: pl.DataFrame, score: str) -> pl.DataFrame:
    """Reduce one score over tracks.

    Parameters
    ----------
    scores : DataFrame
        A score table; ``score`` is one of its columns of fixed-size lists.
    tracks : DataFrame
        ``identifier`` of each track, in the order of the lists.
    score : str
        Name of the score.

    Returns
    -------
    pl.DataFrame
        One row a row of ``scores``: ``mean`` of the signed values (float32), ``mean_abs`` of their
        magnitudes (float32), ``top_track``, the identifier of the track with the greatest
        magnitude (the first of equals), and ``top``, its signed value. Null where not scored.

    Raises
    ------
    InputError
        If the table has no such score, or another number of tracks.
    """
    check_tracks(scores, tracks, [score])
    scored = scores[score].is_not_null()
    values = scores[score].filter(scored).to_numpy()  # (scored rows, tracks)
    magnitude = np.abs(values)
    top = magnitude.argmax(axis=1) if len(values) else np.empty(0, dtype=np.int64)
    summary = pl.DataFrame(
        {
            "mean": values.mean(axis=1, dtype=np.float64).astype(np.float32),
            "mean_abs": magnitude.mean(axis=1, dtype=np.float64).astype(np.float32),
            "top_track": tracks["identifier"].gather(top),
            "top": values[np.arange(len(values)), top],
        }
    )
    # The k-th scored row takes the k-th summary; an index of null takes a row of nulls.
    position = scored.cast(pl.Int64).cum_sum() - 1
    index = pl.select(pl.when(scored).then(position)).to_series()
    return summary.select(pl.all().gather(index))


def check_tracks(scores: pl.DataFrame, tracks: pl.DataFrame, wanted: Sequence[str]) -> None:
    """Refuse scores that a table does not have, and tracks of another model.

    Raises
    ------
    InputError
        Naming the score, or both numbers of tracks.
    """
    known = array_columns(scores)
    if unknown := [name for name in wanted if name not in known]:
        raise InputError(f"the table has no scores {unknown}; it has {known}. Name some of these.")
    for name in wanted:
        width = cast(pl.Array, scores.schema[name]).size
        if width != tracks.height:
            raise InputError(
                f"{name} has {width} values a row, but {tracks.height} tracks are given; expected "
                "one track a value. Give the tracks.parquet that lies beside the scores."
            )


def write_tsv(
    scores: pl.DataFrame, tracks: pl.DataFrame, path: str | Path, scores_wanted: Sequence[str]
) -> None:
    """Write scores as text: identity, status and, for each score wanted, four numbers.

    Every row of the table leaves a line. A plain header line comes first and no comment line, so
    that any reader takes the file as it is; provenance stays with the parquet beside it.

    Parameters
    ----------
    scores : DataFrame
        A score table, gene or window level.
    tracks : DataFrame
        ``identifier`` of each track, in the order of the score lists.
    path : path
        The file, written atomically; gzip if it ends in ``.gz``.
    scores_wanted : sequence of str
        Names of scores. Each gives the columns ``<score>_mean``, ``<score>_mean_abs``,
        ``<score>_top_track`` and ``<score>_top`` (see `summarise_tracks`); NA where not scored.

    Raises
    ------
    InputError
        If the table has no such score, or another number of tracks.
    """
    identity = [name for name, kind in scores.schema.items() if not isinstance(kind, pl.Array)]
    summaries = [
        summarise_tracks(scores, tracks, score).rename(
            {column: f"{score}_{column}" for column in SUMMARY}
        )
        for score in scores_wanted
    ]
    table = pl.concat([scores.select(identity), *summaries], how="horizontal")
    with atomic(path) as temporary, temporary.open("wb") as file:
        if temporary.suffix != ".gz":
            table.write_csv(file, separator="\t", null_value="NA")
            return
        # Without a name and a time in its header, equal tables give equal bytes.
        with gzip.GzipFile(filename="", mode="wb", fileobj=file, mtime=0) as compressed:
            table.write_csv(cast(IO[bytes], compressed), separator="\t", null_value="NA")
