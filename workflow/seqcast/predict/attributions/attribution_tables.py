"""Tables of first-order effects: the mean over folds, and a row per group of tracks."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import polars as pl

from seqcast.core.store import array_columns, array_values, scratch_folder
from seqcast.predict.variants.ensemble import average_folds, gather_shards

IDENTITY = [
    "variant", "chrom", "pos", "ref", "alt", "gene_id", "gene_name", "status", "distance_to_tss_bp"
]  # fmt: skip


def average_attributions(tables: Sequence[str | Path], shards: int, output: str | Path) -> None:
    """Write the mean over folds, and its spread (`ensemble.average_folds`), in input order.

    Parameters
    ----------
    tables : sequence of path
        The shards of one fold after the other.
    shards : int
        Of a fold.
    output : path
    """
    with scratch_folder(output) as folder:
        folds = []
        for first in range(0, len(tables), shards):
            folds.append(folder / f"{first}.parquet")
            gather_shards(tables[first : first + shards], folds[-1], by="row")
        average_folds(folds, output)


def tidy_effects(effects: pl.DataFrame, groups: Sequence[str]) -> pl.DataFrame:
    """One row per variant, gene and group of tracks.

    Parameters
    ----------
    effects : DataFrame
        Of `first_order_effects.approximate_effects`, or the mean of folds.
    groups : sequence of str
        Names of the numbers of a list.

    Returns
    -------
    DataFrame
        `IDENTITY`, ``tracks`` and, as a number each, the columns of effects and of their spread.
    """
    values = {name: array_values(effects[name]) for name in array_columns(effects)}
    frames = [
        effects.select(*IDENTITY, tracks=pl.lit(group)).with_columns(
            pl.Series(name, np.where(known, numbers[:, i], np.nan), nan_to_null=True)
            for name, (numbers, known) in values.items()
        )
        for i, group in enumerate(groups)
    ]
    return pl.concat(frames)
