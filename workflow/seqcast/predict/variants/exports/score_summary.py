"""Scores of all tracks in a few numbers, and the table of them that a person can read."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import cast

import numpy as np
import polars as pl

from seqcast.core.errors import InputError
from seqcast.core.store import array_columns, write_text_table
from seqcast.predict.variants.effect_intervals import Certainty
from seqcast.predict.variants.ranking import describe_tracks, reduce_score, select_tracks

SUMMARY = ("mean", "mean_abs", "sd", "top_track", "top_description", "top")


def score_names(scores: pl.DataFrame) -> list[str]:
    """Columns of a score table that hold a score, one value per track, in order.

    The spread over folds (``<score>_sd``) of an ensemble is not a score.
    """
    return [name for name in array_columns(scores) if not name.endswith("_sd")]


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
                f"{name} has {width} values per row, but {tracks.height} tracks are given; "
                "expected one track per value. Give the tracks.parquet next to the scores."
            )


def write_tsv(
    scores: pl.DataFrame,
    tracks: pl.DataFrame,
    path: str | Path,
    scores_wanted: Sequence[str],
    tracks_like: str | None = None,
    made_by: Mapping[str, str] | None = None,
    percentiles: pl.DataFrame | None = None,
    certainty: Certainty | None = None,
) -> None:
    """Write scores as text: identity, status and, for each score wanted, six columns.

    Every row of the table leaves a line. A plain header line comes first and no comment line, so
    that any reader takes the file as it is; what made it and over which tracks stands in columns.
    Full provenance stays with the parquet next to it.

    Parameters
    ----------
    scores : DataFrame
        A score table, gene or window level.
    tracks : DataFrame
        ``identifier`` and ``description`` of each track, in the order of the score lists.
    path : path
        The file, written atomically; gzip if it ends in ``.gz``.
    scores_wanted : sequence of str
        Names of scores. Each gives ``<score>_mean``, ``_mean_abs``, ``_sd``, ``_top_track`` (its
        identifier), ``_top_description`` and ``_top`` (see `ranking.reduce_score`); NA where not
        scored. Those of REF and ALT are the levels of either allele.
    tracks_like : str, optional
        Regular expression on descriptions: the tracks to reduce over. Default: all.
    made_by : mapping of str to str, optional
        Columns before ``tracks`` (the tracks, in words) with one value, such as ``model``.
    percentiles : DataFrame, optional
        Columns behind those of the scores, row by row (`percentiles.read_percentiles`).

    certainty : Certainty, optional
        Gives ``<score>_fold_sign`` after each score's columns, and ``<score>_low`` and ``_high``
        after those of the score that it has intervals of.

    Raises
    ------
    InputError
        If the table has no such score, or another number of tracks, or `tracks_like` matches none.
    """
    check_tracks(scores, tracks, scores_wanted)
    selected = select_tracks(tracks, tracks_like)
    constants = {
        **(made_by or {}), "tracks": describe_tracks(len(selected), len(tracks), tracks_like)
    }  # fmt: skip
    identity = [name for name, kind in scores.schema.items() if not isinstance(kind, pl.Array)]
    table = pl.concat(
        [
            scores.select(identity).with_columns(pl.lit(x).alias(n) for n, x in constants.items()),
            *(
                _summary(scores, tracks, score, selected, tracks_like, certainty)
                for score in scores_wanted
            ),
            *([] if percentiles is None else [_short(percentiles.drop(identity, strict=False))]),
        ],
        how="horizontal",
    )
    write_text_table(table, path)


def _summary(
    scores: pl.DataFrame, tracks: pl.DataFrame, score: str, selected: np.ndarray,
    tracks_like: str | None, certainty: Certainty | None,
) -> pl.DataFrame:  # fmt: skip
    """The columns of one score."""
    reduced = reduce_score(scores, score, selected)
    reduced = reduced.with_columns(
        top_track=tracks["identifier"].gather(reduced["top_at"]),
        top_description=tracks["description"].gather(reduced["top_at"]),
    )
    shown = reduced.select(SUMMARY)
    if certainty:
        found = certainty.columns(reduced, score, tracks_like)
        shown = shown.hstack(found if found["low"].count() else found.select("fold_sign"))
    return _short(shown.select(pl.all().name.prefix(f"{score}_")))


def _short(table: pl.DataFrame) -> pl.DataFrame:
    """A table whose numbers have no more digits than scores have."""
    return table.with_columns(pl.selectors.float().cast(pl.Float32))
