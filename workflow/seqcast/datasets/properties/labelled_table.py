"""What all jobs about a property read first: its table of transcripts, and the labels in it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl

from seqcast.core.store import read_table, read_tsv
from seqcast.datasets.properties.labelled import Property, PropertyData


def read_property_data(
    transcripts: str | Path, clusters: str | Path | None,
    definition: tuple[str, Mapping[str, Any]], seed: int,
) -> tuple[PropertyData, pl.DataFrame]:  # fmt: skip
    """Labels and parts of a property, as all methods see them, and the table that they are of.

    Parameters
    ----------
    transcripts : path
        Parquet.
    clusters : path, optional
        TSV of `properties.clusters`, where the property's groups are clusters.
    definition : (str, mapping)
        Name of the property and its row of properties.tsv.
    seed : int
        Of the folds of a k-fold.

    Raises
    ------
    InputError
        See `Property` and `PropertyData.from_table`.
    """
    table = read_table(transcripts)
    numbers = {"row": pl.Int64, "cluster": pl.Int64}
    groups = read_tsv(clusters, numbers) if clusters else None
    return PropertyData.from_table(table, Property.from_row(*definition), groups, seed), table
