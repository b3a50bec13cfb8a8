"""Kinds of tracks, by their descriptions, and how well each kind is predicted."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl

MOST_KINDS = 12  # of a figure or table; beyond, kinds are told by their first word alone
OTHER = "other"
ALL = "all"


def track_kinds(descriptions: list[str]) -> list[str]:
    """Kind of each track, from what its description says before ":".

    "RNA:ActD:K562 4h" is of kind "RNA:ActD", "CAGE:liver" of "CAGE", a description without ":" of
    its first word. More than `MOST_KINDS` kinds are made fewer: first words only, and of these the
    rarest are "other".
    """
    words = [said.split(":") for said in descriptions]
    first = [(one[0].split() or [OTHER])[0] if len(one) == 1 else one[0] for one in words]
    kinds = [":".join(one[:2]) if len(one) > 2 else name
             for one, name in zip(words, first, strict=True)]  # fmt: skip
    if len(set(kinds)) <= MOST_KINDS:
        return kinds
    if len(set(first)) <= MOST_KINDS:
        return first
    names, counts = np.unique(first, return_counts=True)
    kept = set(names[np.argsort(-counts, kind="stable")][: MOST_KINDS - 1].tolist())
    return [name if name in kept else OTHER for name in first]


def medians_by_kind(table: pl.DataFrame, columns: Sequence[str]) -> list[dict[str, Any]]:
    """Medians over the tracks of each kind, and over all tracks.

    Parameters
    ----------
    table : DataFrame
        Of `coverage_accuracy.track_table`: description, and the columns.
    columns : sequence of str
        Of numbers; null, NaN and text count nowhere.

    Returns
    -------
    list of dict
        kind, tracks (how many) and the columns: kinds in order of their first track, last `ALL`.
    """
    kinds = track_kinds(table["description"].cast(pl.String).fill_null("").to_list())
    numbers = [pl.col(name).cast(pl.Float64, strict=False).fill_nan(None) for name in columns]
    of_tracks = table.select(*numbers, kind=pl.Series(kinds, dtype=pl.String))
    medians = [pl.col(name).median() for name in columns]
    rows = of_tracks.group_by("kind", maintain_order=True).agg(pl.len().alias("tracks"), *medians)
    every = of_tracks.select(pl.lit(ALL).alias("kind"), pl.len().alias("tracks"), *medians)
    return [*rows.to_dicts(), *every.to_dicts()]
