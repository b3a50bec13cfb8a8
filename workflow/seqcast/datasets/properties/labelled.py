"""Labels of mRNAs: what a property is, which rows have one, and the parts that they are in."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple, Self

import numpy as np
import polars as pl

from seqcast.core.errors import InputError
from seqcast.core.store import read_table, read_tsv
from seqcast.datasets.properties.label_columns import VALID, check_classes, read_labels
from seqcast.datasets.properties.splits import Round, Split, kfold_parts, named_parts, part_names
from seqcast.models.architectures import PROPERTY_KINDS
from seqcast.transcripts import records

# Those of rows that no method can use, then those that a method gives.
STATUSES = {
    "no_label": "a label is missing",
    "label_not_finite": "a label is NaN or infinite",
    "no_split": "the column of the split is empty",
    "no_group": "the column of the groups is empty, or the sequence is in no cluster",
    "no_features": "a feature of this method is missing or not finite",
    "too_long": "more tokens than the model takes",
    "no_model": "the fold that would predict this row was not trained",
    "prediction_not_finite": "the model says NaN or infinite",
    "method_left_out": "the method needs what the sequences lack, and predicts none of them",
}
MEANINGS = {**records.STATUSES, **STATUSES, "unknown": "the table of transcripts has no status"}


@dataclass(frozen=True)
class Property:
    """A row of benchmarks.tsv.

    Parameters
    ----------
    name : str
    labels : tuple of str
        Columns of the table of transcripts; one, or several of a regression.
    kind : {"regression", "binary", "multiclass"}
    split : Split

    Raises
    ------
    InputError
        If the kind is unknown, no label is named or one is twice, or classes have several labels.
    """

    name: str
    labels: tuple[str, ...]
    kind: str
    split: Split

    def __post_init__(self) -> None:
        if self.kind not in PROPERTY_KINDS:
            raise InputError(
                f"property {self.name}: kind is {self.kind!r}; "
                f"expected one of {', '.join(PROPERTY_KINDS)}"
            )
        if not all(self.labels) or len(set(self.labels)) < max(1, len(self.labels)):
            raise InputError(
                f"property {self.name}: labels are {','.join(self.labels)!r}; expected one or more "
                "names of columns, separated by commas, none of them twice"
            )
        if self.kind != "regression" and len(self.labels) > 1:
            raise InputError(
                f"property {self.name}: {self.kind} with {len(self.labels)} labels; classes take "
                "one column, so make a property of each"
            )

    @classmethod
    def from_row(cls, name: str, row: Mapping[str, Any]) -> Self:
        """Read the cells ``labels``, ``kind``, ``split`` and ``groups``."""
        try:
            split = Split.parse(str(row["split"]), str(row.get("groups") or ""))
        except InputError as error:
            raise InputError(f"property {name}: {error}") from error
        labels = tuple(label.strip() for label in str(row["labels"]).split(","))
        return cls(name, labels, str(row["kind"]), split)


@dataclass(frozen=True)
class PropertyData:
    """Labels of all rows of a table of transcripts, and the part each is in.

    Parameters
    ----------
    definition : Property
    ids : tuple of str
    status : tuple of str, length=rows
        "valid"; the reason of the table of transcripts; or one of `STATUSES`. A row of several
        labels needs all of them.
    labels : ndarray of float64, shape=(rows, labels)
        Values, or the index of the class; NaN where `from_table` finds no valid row.
    classes : tuple of str
        In ascending order, of numbers if all are; empty for a regression. Of two, the second is
        the one whose probability is predicted.
    parts : tuple of str, length=rows
        train, validation, test; or fold0, fold1 ...; empty as `labels` are NaN.
    groups : tuple of str, length=rows, optional
        What the folds keep together: values of a column, or clusters. Empty as `labels` are NaN.
        None where each row is on its own, or a column says the parts.
    """

    definition: Property
    ids: tuple[str, ...]
    status: tuple[str, ...]
    labels: np.ndarray
    classes: tuple[str, ...]
    parts: tuple[str, ...]
    groups: tuple[str, ...] | None = None

    @classmethod
    def from_table(
        cls, table: pl.DataFrame, definition: Property, clusters: pl.DataFrame | None = None,
        seed: int = 0,
    ) -> Self:  # fmt: skip
        """Labels and parts of a table.

        Parameters
        ----------
        table : DataFrame
            Of transcripts, ``results/transcripts/{dataset}.parquet``.
        definition : Property
        clusters : DataFrame, optional
            ``row``, ``cluster``: for groups that are clusters.
        seed : int
            Of the folds of a k-fold.

        Raises
        ------
        InputError
            If a column is missing, a label is text, no row is valid, a
            class has one member, the split names unknown parts or leaves one empty, or a part has
            too few different labels to learn from or to choose by.
        """
        _require_columns(table, definition)
        status = np.array(table["status"].fill_null("unknown").to_list(), dtype=object)
        label = f"property {definition.name}"
        labels, classes, reasons = read_labels(table, definition.labels, definition.kind, label)
        status = np.where((status == VALID) & (reasons != ""), reasons, status)
        keys, reason = _split_keys(table, definition.split, clusters)
        missing = np.array([key is None for key in keys])
        status = np.where((status == VALID) & missing, reason, status)
        valid = status == VALID
        if not valid.any():
            found = ", ".join(sorted(set(status.tolist()))) or "no rows"
            raise InputError(
                f"property {definition.name}: none of {len(table)} rows has a usable sequence, "
                f"label and part ({found}); look at the column status of its transcripts"
            )
        ids = tuple(table["id"].cast(pl.String).fill_null("").to_list())
        if classes or definition.kind != "regression":
            check_classes(
                labels[valid, 0], classes, definition.kind, f"{label}: {definition.labels[0]}"
            )
        chosen = [key if use else None for key, use in zip(keys, valid, strict=True)]
        parts = np.full(len(table), "", dtype=object)
        strata = labels[valid, 0].astype(int) if classes else None
        parts[valid] = _parts([keys[i] for i in np.flatnonzero(valid)], definition, seed, strata)
        labels = np.where(valid[:, None], labels, math.nan)
        grouped = definition.split.folds and (definition.split.column or definition.split.identity)
        groups = tuple(key or "" for key in chosen) if grouped else None
        data = cls(definition, ids, tuple(status.tolist()), labels, classes,
                   tuple(parts.tolist()), groups)  # fmt: skip
        data.rounds()
        return data

    @property
    def valid(self) -> np.ndarray:
        """Which rows have a usable sequence, label and part: bool, shape=(rows,)."""
        return np.array([status == VALID for status in self.status], dtype=bool)

    def restricted(self, status: Sequence[str]) -> "PropertyData":
        """The same labels and parts, but rows whose `status` is not "valid" get that one.

        Parameters
        ----------
        status : sequence of str, length=rows
            Of what a method needs in addition to the label, such as an embedding.
        """
        both = [a if a != VALID else b for a, b in zip(self.status, status, strict=True)]
        return replace(self, status=tuple(both))

    def rounds(self) -> list[Round]:
        """Trainings that the split asks for, each with the valid rows of its parts.

        Raises
        ------
        InputError
            If a part has no rows, or training or validation rows have one label only or lack a
            class.
        """
        parts = np.array(self.parts, dtype=object)
        names = part_names(self.definition.split)
        rows = {name: np.flatnonzero((parts == name) & self.valid) for name in names}
        rounds = Round.of_parts(rows, self.definition.split)
        for one in rounds:
            for name, members in one.parts().items():
                self._check_part(one.name, name, members)
        return rounds

    def round_of(self, fold: int) -> Round:
        """The round that a fold of a fine-tuned model learns from.

        Of a k-fold that of its number; replicates of a column of parts all learn from the same.

        Raises
        ------
        InputError
            If a k-fold has fewer rounds.
        """
        rounds = self.rounds()
        if not self.definition.split.folds:
            return rounds[0]
        if fold >= len(rounds):
            raise InputError(
                f"fold {fold} of property {self.definition.name}, which has {len(rounds)} folds; "
                f"expected 0 to {len(rounds) - 1}"
            )
        return rounds[fold]

    def _check_part(self, round_name: str, name: str, rows: np.ndarray) -> None:
        where = f"property {self.definition.name}, {round_name}: the {name} part"
        if not len(rows):
            raise InputError(f"{where} has no usable row; give it some, or take another split")
        if name == "test":
            return
        if not self.classes:
            constant = np.ptp(self.labels[rows], axis=0) == 0
            if constant.any():
                label = self.definition.labels[int(np.argmax(constant))]
                value = self.labels[rows[0], int(np.argmax(constant))]
                raise InputError(
                    f"{where}: {label} is {value:g} in all of {len(rows)} rows; nothing can be "
                    "learned or chosen by labels that do not differ"
                )
            return
        found = {self.classes[i] for i in np.unique(self.labels[rows, 0]).astype(int)}
        lacking = [one for one in self.classes if one not in found]
        if lacking and (name == "train" or len(found) < 2):
            raise InputError(
                f"{where} lacks class {lacking[0]!r} (it has {', '.join(sorted(found))}); take "
                "another split, or leave rare classes out of the labels"
            )


def _require_columns(table: pl.DataFrame, definition: Property) -> None:
    """Stop where the table lacks a column that the property names."""
    wanted = [*definition.labels, *filter(None, [definition.split.column])]
    if missing := [name for name in wanted if name not in table.columns]:
        raise InputError(
            f"property {definition.name}: no column {missing[0]!r} in the table of transcripts; "
            f"it has {', '.join(table.columns)}"
        )


class PropertyFiles(NamedTuple):
    """Files of a property.

    Attributes
    ----------
    transcripts : path
        Parquet, with the labels as columns.
    clusters : path, optional
        TSV of `clusters`, where the property's groups are clusters.
    """

    transcripts: str | Path
    clusters: str | Path | None = None


def read_property_data(
    transcripts: str | Path, clusters: str | Path | None,
    definition: tuple[str, Mapping[str, Any]], seed: int,
) -> tuple[PropertyData, pl.DataFrame]:  # fmt: skip
    """Labels and parts of a property, as all methods see them, and the table that they are of.

    Parameters
    ----------
    transcripts, clusters : path
        As of `PropertyFiles`.
    definition : (str, mapping)
        Name of the property and its row of benchmarks.tsv.
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


def _parts(
    keys: Sequence[str | None], definition: Property, seed: int, strata: np.ndarray | None
) -> list[str]:
    """The part of each valid row."""
    split = definition.split
    try:
        if split.folds:
            return kfold_parts(keys, split.folds, seed, strata)
        return named_parts(keys, split.column)
    except InputError as error:
        raise InputError(f"property {definition.name}: {error}") from error


def _split_keys(
    table: pl.DataFrame, split: Split, clusters: pl.DataFrame | None
) -> tuple[list[str | None], str]:
    """What decides the part of each row, None where it is missing, and the status that says so."""
    if split.identity is not None:
        if clusters is None:
            raise InputError("groups are clusters but no table of clusters was given")
        found = dict(zip(clusters["row"].to_list(), clusters["cluster"].to_list(), strict=True))
        return [None if (key := found.get(row)) is None else str(key) for row in table["row"]], (
            "no_group"
        )
    if not split.column:
        return [str(row) for row in range(len(table))], "no_group"
    values = [None if v is None else str(v).strip() for v in table[split.column].to_list()]
    return [value or None for value in values], "no_group" if split.folds else "no_split"
