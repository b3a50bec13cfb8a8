"""Tables of first-order effects, with a row per group of tracks."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from seqcast.core.store import array_columns, array_values, read_provenance, read_table

IDENTITY = [
    "variant", "chrom", "pos", "ref", "alt", "gene_id", "gene_name", "status", "distance_to_tss_bp"
]  # fmt: skip


def read_effects(shards: Sequence[str | Path]) -> tuple[pl.DataFrame, dict[str, Any]]:
    """`tidy_effects` of all shards in input order, and what they say of themselves."""
    facts = read_provenance(shards[0])
    table = pl.concat([read_table(shard) for shard in shards]).sort("row", maintain_order=True)
    return tidy_effects(table, list(facts["options"]["track_groups"])), facts


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
