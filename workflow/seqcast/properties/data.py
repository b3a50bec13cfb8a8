"""Labels of mRNAs: what a property is, which rows have one, and the parts that they are in."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
import polars as pl

from seqcast.errors import InputError
from seqcast.properties.splits import Round, Split, kfold_parts, named_parts, part_names

KINDS = ("regression", "binary", "multiclass")
STATUSES = {
    "no_label": "a label is missing",
    "label_not_finite": "a label is NaN or infinite",
    "no_split": "the column of the split is empty",
    "no_group": "the column of the groups is empty, or the sequence is in no cluster",
    "no_features": "a feature of this method is missing or not finite",
    "too_long": "more tokens than the model takes",
    "no_model": "the fold that would predict this row was not trained",
}
VALID = "valid"
_MISSING = ("", "na", "n/a", "null", "none")


@dataclass(frozen=True)
class Property:
    """A row of properties.tsv.

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
        if self.kind not in KINDS:
            raise InputError(
                f"property {self.name}: kind is {self.kind!r}; expected one of {', '.join(KINDS)}"
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
        "valid"; the reason of the table of transcripts; or one of `STATUSES`, of which the last
        three come from methods. A row of several labels needs all of them.
    labels : ndarray of float64, shape=(rows, labels)
        Values, or the index of the class; NaN where `from_table` finds no valid row.
    classes : tuple of str
        In ascending order, of numbers if all are; empty for a regression. Of two, the second is
        the one whose probability is predicted.
    parts : tuple of str, length=rows
        train, validation, test; or fold0, fold1 ...; empty as `labels` are NaN.
    """

    definition: Property
    ids: tuple[str, ...]
    status: tuple[str, ...]
    labels: np.ndarray
    classes: tuple[str, ...]
    parts: tuple[str, ...]

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
        labels, classes, reasons = _labels(table, definition)
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
        _check_classes(labels[valid], classes, definition)
        chosen = [keys[i] for i in np.flatnonzero(valid)]
        parts = np.full(len(table), "", dtype=object)
        try:
            if definition.split.folds:
                strata = labels[valid, 0].astype(int) if classes else None
                parts[valid] = kfold_parts(chosen, definition.split.folds, seed, strata)
            else:
                parts[valid] = named_parts(chosen, definition.split.column)
        except InputError as error:
            raise InputError(f"property {definition.name}: {error}") from error
        labels = np.where(valid[:, None], labels, math.nan)
        data = cls(definition, ids, tuple(status.tolist()), labels, classes, tuple(parts.tolist()))
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
            Of what a method needs beside the label, such as an embedding.
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


def _labels(
    table: pl.DataFrame, definition: Property
) -> tuple[np.ndarray, tuple[str, ...], np.ndarray]:
    """Labels (rows, labels), classes, and why a row has no label ("" where it has)."""
    if definition.kind == "regression":
        pairs = [_numbers(table, name, definition.name) for name in definition.labels]
        values = np.stack([numbers for numbers, _ in pairs], axis=1)
        absent = np.any([missing for _, missing in pairs], axis=0)
        classes: tuple[str, ...] = ()
    else:
        names = _class_names(table[definition.labels[0]])
        absent = np.array([name is None for name in names], dtype=bool)
        usable = (table["status"] == VALID).fill_null(False).to_numpy() & ~absent
        known = {names[i] for i in np.flatnonzero(usable)} - {"nan", "inf", "-inf"}
        classes = _ordered([name for name in known if name is not None])
        index = {name: float(i) for i, name in enumerate(classes)}
        values = np.array([index.get(name or "", math.nan) for name in names])[:, None]
    bad = ~np.isfinite(values).all(axis=1)
    reasons = np.where(absent, "no_label", np.where(bad, "label_not_finite", "")).astype(object)
    return values, classes, reasons


def _numbers(table: pl.DataFrame, name: str, definition: str) -> tuple[np.ndarray, np.ndarray]:
    """A column of numbers, NaN where missing, and where it is missing."""
    column = table[name]
    if column.dtype == pl.String:
        column = column.str.strip_chars()
        column = pl.select(
            pl.when(column.str.to_lowercase().is_in(_MISSING)).then(None).otherwise(column)
        ).to_series()
    values = column.cast(pl.Float64, strict=False) if _castable(column) else None
    if values is None or (wrong := (values.is_null() & column.is_not_null()).arg_true()).len():
        row = 0 if values is None else int(wrong[0])
        raise InputError(
            f"property {definition}: label {name} of {table['id'][row]!r} is {column[row]!r}; a "
            "regression expects numbers, so mend the column or make its kind multiclass"
        )
    return values.fill_null(math.nan).to_numpy().astype(float), values.is_null().to_numpy()


def _castable(column: pl.Series) -> bool:
    return column.dtype.is_numeric() or column.dtype in (pl.String, pl.Null, pl.Boolean)


def _class_names(column: pl.Series) -> list[str | None]:
    """Names of the classes of a column; whole numbers read as such, None where missing."""
    if column.dtype.is_float():
        found = [None if v is None else f"{v:.0f}" if v == v // 1 else str(v) for v in column]
    else:
        found = [None if v is None else str(v).strip() for v in column.to_list()]
    return [None if name is None or name.lower() in _MISSING else name for name in found]


def _ordered(names: Sequence[str]) -> tuple[str, ...]:
    """Classes in ascending order, of numbers if all are."""
    try:
        return tuple(sorted(names, key=float))
    except ValueError:
        return tuple(sorted(names))


def _check_classes(labels: np.ndarray, classes: tuple[str, ...], definition: Property) -> None:
    """Stop where classes are too few, too many, or have one member."""
    if definition.kind == "regression":
        return
    counts = np.bincount(labels[:, 0].astype(int), minlength=len(classes))
    if len(classes) < 2 or (definition.kind == "binary" and len(classes) > 2):
        expected = "2 classes" if definition.kind == "binary" else "2 classes or more"
        raise InputError(
            f"property {definition.name}: {definition.labels[0]} has {len(classes)} classes "
            f"({', '.join(classes[:8])}); kind {definition.kind} expects {expected}"
        )
    if (single := np.flatnonzero(counts < 2)).size:
        raise InputError(
            f"property {definition.name}: class {classes[single[0]]!r} has {counts[single[0]]} "
            "usable member(s); it cannot be both learned and tested, so leave it out or join it "
            "with another"
        )


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


def read_property_data(
    files: Any, definition: tuple[str, Mapping[str, Any]], seed: int
) -> PropertyData:
    """Labels and parts of a property, as all methods see them.

    Parameters
    ----------
    files : namespace
        Path ``transcripts``, and ``clusters`` where the property's groups are clusters.
    definition : (str, mapping)
        Name of the property and its row of properties.tsv.
    seed : int
        Of the folds of a k-fold.

    Raises
    ------
    InputError
        See `Property` and `PropertyData.from_table`.
    """
    clusters = getattr(files, "clusters", None)
    return PropertyData.from_table(
        pl.read_parquet(files.transcripts),
        Property.from_row(*definition),
        pl.read_csv(clusters, separator="\t") if clusters else None,
        seed,
    )
