"""Sequences that come more than once, above all those that a test shares with its training."""

from pathlib import Path

import numpy as np
import polars as pl

from seqcast.core.store import read_tsv
from seqcast.datasets.properties.labelled import VALID, PropertyData
from seqcast.datasets.properties.splits import Round

COUNTS = {
    "round": pl.String, "part": pl.String, "status": pl.String, "rows": pl.Int64,
    "sequences": pl.Int64, "also_in_train": pl.Int64, "also_in_validation": pl.Int64,
    "labels": pl.String,
}  # fmt: skip


def sequence_numbers(sequences: pl.Series) -> np.ndarray:
    """One number per distinct sequence: U and T, upper and lower case are the same.

    Parameters
    ----------
    sequences : Series of str, length=rows

    Returns
    -------
    ndarray of int, shape=(rows,)
        -1 if there is no sequence.
    """
    plain = sequences.str.to_uppercase().str.replace_all("T", "U", literal=True)
    return (plain.rank("dense").cast(pl.Int64) - 1).fill_null(-1).to_numpy()


def learned_from(numbers: np.ndarray, one: Round) -> np.ndarray:
    """Rows whose sequence is that of a training row.

    Parameters
    ----------
    numbers : ndarray of int, shape=(rows,)
        As of `sequence_numbers`.
    one : Round

    Returns
    -------
    ndarray of bool, shape=(rows,)
    """
    return np.isin(numbers, numbers[one.train])


def count_parts(numbers: np.ndarray, data: PropertyData) -> pl.DataFrame:
    """Sizes of the parts of each round, and what they share.

    Parameters
    ----------
    numbers : ndarray of int, shape=(rows,)
        As of `sequence_numbers`.
    data : PropertyData

    Returns
    -------
    DataFrame
        `COUNTS`: ``sequences`` are distinct ones, ``also_in_train`` and ``also_in_validation``
        rows whose sequence that part of the round has too, ``labels`` their mean and standard
        deviation or the members of each class. Rows that no part has come last, with the status
        that says why; round and part are empty.
    """
    rows: list[tuple] = []
    for one in data.rounds():
        for part, members in one.parts().items():
            own = numbers[members]
            shared = [
                int(np.isin(own, numbers[other]).sum()) if name != part else 0
                for name, other in (("train", one.train), ("validation", one.validation))
            ]
            distinct = len(np.unique(own))
            told = (len(own), distinct, *shared, _labels(data, members))
            rows.append((one.name, part, VALID, *told))
    unused = [status for status in data.status if status != VALID]
    for status in sorted(set(unused)):
        rows.append(("", "", status, unused.count(status), None, None, None, ""))
    return pl.DataFrame(rows, schema=COUNTS, orient="row")


def read_parts(path: str | Path) -> pl.DataFrame:
    """The table that `count_parts` gave and `store.write_tsv` wrote."""
    return read_tsv(path, COUNTS)


def _labels(data: PropertyData, rows: np.ndarray) -> str:
    """What the labels of some rows are, in a few words."""
    found = data.labels[rows]
    if data.classes:
        counts = np.bincount(found[:, 0].astype(int), minlength=len(data.classes))
        return ", ".join(f"{name} {n}" for name, n in zip(data.classes, counts, strict=True))
    named = zip(data.definition.labels, found.T, strict=True)
    return ", ".join(
        f"{name} {values.mean():.3g} (sd {values.std():.3g}, {values.min():.3g} to "
        f"{values.max():.3g})"
        for name, values in named
    )
