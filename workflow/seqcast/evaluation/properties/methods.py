"""What a method predicts of a property, as its table of predictions tells."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from seqcast.core.errors import InputError
from seqcast.core.provenance import origins_in_words
from seqcast.core.store import read_provenance, read_table
from seqcast.datasets.properties.labelled import MEANINGS, VALID, PropertyData
from seqcast.predict.properties.predictions import PREDICTION, PROBABILITY


@dataclass(frozen=True)
class Method:
    """Predictions of one method.

    Attributes
    ----------
    name, origin : str
    excuse : str
        Why it predicts nothing, if that is known.
    values : ndarray of float64, shape=(rows, labels or classes)
        NaN if there is none.
    status : ndarray of str, shape=(rows,)
        Of `labelled.STATUSES`, or that of the sequence.
    """

    name: str
    origin: str
    excuse: str
    values: np.ndarray
    status: np.ndarray

    def predicts(self, rows: np.ndarray) -> np.ndarray:
        """Which of some rows it predicts, bool."""
        return ~np.isnan(self.values[rows]).any(axis=1)

    def lacks(self, rows: np.ndarray) -> str:
        """How many of some rows it does not predict and why, in words; empty where it does all."""
        there = self.predicts(rows)
        if there.all():
            return ""
        counts = Counter(self.status[rows[~there]].tolist()).most_common()
        why = "; ".join(f"{n:,} {name}: {MEANINGS[name]}" for name, n in counts if name != VALID)
        return f"predicts {there.sum():,} of {len(rows):,} rows{f' ({why})' if why else ''}"


def read_method(data: PropertyData, name: str, path: str | Path) -> Method:
    """A table of predictions, and what its provenance says.

    Parameters
    ----------
    data : PropertyData
    name : str
        Of the method.
    path : path
        Parquet, one row per row of `data`.

    Raises
    ------
    InputError
        If the table is of other sequences or lacks a column.
    """
    facts = read_provenance(path)
    table = _read_table(data, path)
    status = table["status"].fill_null("unknown").to_numpy()
    excuse = str(facts.get("left_out") or "")
    return Method(name, origins_in_words([facts]), excuse, _values(data, table), status)


def _read_table(data: PropertyData, path: str | Path) -> pl.DataFrame:
    """A table of predictions, which must be of these rows and columns."""
    table = read_table(path)
    if table["id"].to_list() != list(data.ids):
        raise InputError(
            f"{path} is not of the sequences of property {data.definition.name}: their ids "
            "differ. Make it again, the set has changed since."
        )
    wanted = ["status", *_columns(data)]
    if missing := [name for name in wanted if name not in table.columns]:
        raise InputError(f"{path} has no column {missing[0]}; expected {', '.join(wanted)}")
    return table


def _columns(data: PropertyData) -> list[str]:
    """Columns of the predictions."""
    return [f"{PROBABILITY}_{name}" for name in data.classes] or [
        f"{PREDICTION}_{name}" for name in data.definition.labels
    ]


def _values(data: PropertyData, table: pl.DataFrame) -> np.ndarray:
    """Predicted labels or probabilities, (rows, columns); NaN if there are none."""
    columns = [table[name].cast(pl.Float64).fill_null(float("nan")) for name in _columns(data)]
    return np.stack([column.to_numpy() for column in columns], axis=1)
