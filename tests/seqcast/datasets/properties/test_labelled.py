"""Labels and parts of a table: nothing is lost, and what cannot work is said."""

import numpy as np
import polars as pl
import pytest

from seqcast.core.errors import InputError
from seqcast.datasets.properties.labelled import MEANINGS, STATUSES, Property, PropertyData
from tests.seqcast.datasets.properties.toys import definition, property_of, transcripts


def read(table: pl.DataFrame, clusters: pl.DataFrame | None = None, **cells: str) -> PropertyData:
    return PropertyData.from_table(table, property_of(**cells), clusters)


def test_a_column_of_parts() -> None:
    table = transcripts()
    data = read(table)
    (one,) = data.rounds()
    assert [len(part) for part in one.parts().values()] == [36, 12, 12]
    assert np.array_equal(data.labels[:, 0], table["Value"].to_numpy())
    for name, rows in one.parts().items():
        assert set(table["Split"].gather(rows)) == {"val" if name == "validation" else name}
        assert {data.parts[row] for row in rows} == {name}


def test_every_row_has_a_status() -> None:
    table = transcripts(40).with_columns(
        Value=pl.Series([None, float("nan"), float("inf"), *[1.0, 2.0] * 18, 3.0]),
        status=pl.Series(["valid"] * 4 + ["iupac_code", None] + ["valid"] * 34),
        Split=pl.Series(["train"] * 6 + ["", None] + ["train", "val", "test"] * 10 + ["train"] * 2),
    )
    data = read(table)
    assert list(data.status[:8]) == [
        "no_label", "label_not_finite", "label_not_finite", "valid", "iupac_code", "unknown",
        "no_split", "no_split",
    ]  # fmt: skip
    assert set(data.status) - {"valid", "iupac_code", "unknown"} <= set(STATUSES)
    assert np.isnan(data.labels[~data.valid]).all()
    assert {data.parts[row] for row in np.flatnonzero(~data.valid)} == {""}
    assert sum(len(rows) for rows in data.rounds()[0].parts().values()) == data.valid.sum() == 33


def test_numbers_may_be_text() -> None:
    values = [" 1.5", "2", "", "NA", "nan", "-3e2", *map(str, range(34))]
    data = read(transcripts(40, Value=values))
    assert data.labels[[0, 1, 5], 0].tolist() == [1.5, 2.0, -300.0]
    assert list(data.status[:6]) == [
        "valid", "valid", "no_label", "no_label", "no_label", "valid",
    ]  # fmt: skip


def test_several_labels_are_needed_together() -> None:
    second = [None, 3, *range(38)]
    data = read(transcripts(40, b=second), labels="Value, b")
    assert data.labels.shape == (40, 2)
    assert list(data.status[:2]) == ["no_label", "valid"]
    assert data.labels[1, 1] == 3


@pytest.mark.parametrize(
    ("values", "classes"),
    [
        (["no", "yes"], ("no", "yes")),
        ([1, 0], ("0", "1")),
        ([1.0, 0.0], ("0", "1")),
        ([True, False], ("False", "True")),
        (["10", "9"], ("9", "10")),
    ],
)
def test_classes_are_in_ascending_order(values: list, classes: tuple[str, str]) -> None:
    data = read(transcripts(60, c=values * 30), labels="c", kind="binary")
    assert data.classes == classes
    assert data.labels[0, 0] == classes.index(
        str(int(values[0])) if values[0] == 1.0 and values[0] is not True else str(values[0])
    )


def test_missing_classes_are_rows_without_a_label() -> None:
    classes = [None, float("nan"), *[0.0, 1.0, 2.0] * 20]
    data = read(transcripts(62, c=classes), labels="c", kind="multiclass")
    assert list(data.status[:2]) == ["no_label", "label_not_finite"]
    assert data.classes == ("0", "1", "2")


def test_words_for_no_number_are_names_of_classes() -> None:
    data = read(transcripts(62, c=[None, " ", *["none", "Na", "nan"] * 20]),
                labels="c", kind="multiclass")  # fmt: skip
    assert list(data.status[:2]) == ["no_label", "no_label"]
    assert data.classes == ("Na", "nan", "none")
    assert data.valid[2:].all()


def test_every_status_has_a_meaning() -> None:
    assert MEANINGS["no_label"] == STATUSES["no_label"]
    assert MEANINGS["iupac_code"]


def test_a_column_of_groups() -> None:
    table = transcripts(60, gene=[f"g{i // 4}" for i in range(59)] + [None])
    data = read(table, split="kfold:5", groups="gene")
    assert data.status[59] == "no_group"
    homes = {}
    for gene, part in zip(table["gene"][:59], data.parts, strict=False):
        assert homes.setdefault(gene, part) == part
    rounds = data.rounds()
    assert sorted(np.concatenate([one.test for one in rounds]).tolist()) == list(range(59))
    for one in rounds:
        together = [set(one.train), set(one.validation), set(one.test)]
        assert sum(map(len, together)) == len(set.union(*together)) == 59
    assert data.groups == (*table["gene"][:59], "")
    with pytest.raises(InputError, match="fold 5 of property toy, which has 5 folds"):
        data.round_of(5)
    assert data.round_of(4).name == "fold4"
    assert read(table, split="kfold:5").groups is read(table).groups is None


def test_clusters_are_groups() -> None:
    table = transcripts(60)
    clusters = pl.DataFrame({"row": range(1, 60), "cluster": [i // 3 for i in range(59)]})
    data = read(table, clusters, split="kfold:3", groups="clusters:0.8")
    assert data.status[0] == "no_group"
    assert all(len(set(data.parts[1 + i : 4 + i])) == 1 for i in range(0, 57, 3))
    with pytest.raises(InputError, match="no table of clusters"):
        read(table, split="kfold:3", groups="clusters:0.8")


def test_restricted_keeps_labels_and_parts() -> None:
    data = read(transcripts(60, gene=["a", *["b"] * 59]))
    less = data.restricted(["too_long", *["valid"] * 58, "no_label"])
    assert (less.status[0], less.status[59]) == ("too_long", "no_label")
    assert less.parts == data.parts
    assert np.array_equal(less.labels, data.labels)
    assert sum(len(rows) for rows in less.rounds()[0].parts().values()) == 58


@pytest.mark.parametrize(
    ("columns", "cells", "message"),
    [
        ({}, {"labels": "Valu"}, r"toy: no column 'Valu' in the table .* it has row, id, sequence"),
        ({}, {"split": "Part"}, "no column 'Part'"),
        ({}, {"split": "kfold:5", "groups": "gene_id"}, "no column 'gene_id'"),
        ({"Value": ["high"] * 60}, {}, "label Value of 'mrna0' is 'high'; a regression expects"),
        ({"Value": [[1.0]] * 60}, {}, "label Value of 'mrna0' is"),
        ({"Value": [1.0] * 60}, {}, "the train part: Value is 1 in all of 36 rows"),
        ({"Value": [None] * 60}, {}, r"none of 60 rows has a usable sequence, label and part \(no_label\)"),
        ({"Split": ["train"] * 59 + ["dev"]}, {}, "Split has 'dev'"),
        ({"Split": ["train"] * 59 + ["test"]}, {}, "the validation part has no usable row"),
        ({"Split": ["train", "val"] * 30}, {}, "the test part has no usable row"),
        ({"c": ["a"] * 60}, {"labels": "c", "kind": "binary"}, r"c has 1 classes \(a\)"),
        ({"c": ["a", "b", "c"] * 20}, {"labels": "c", "kind": "binary"}, "binary expects 2 classes"),
        ({"c": ["a"] * 40 + ["b"] * 19 + ["z"]}, {"labels": "c", "kind": "multiclass"}, "class 'z' has 1 usable"),
        ({"c": ["a", "b"] * 15 + ["a"] * 30, "Split": ["train", "train"] * 15 + ["val", "test"] * 15},
         {"labels": "c", "kind": "binary"}, r"the validation part lacks class 'b' \(it has a\)"),
        ({"c": ["a", "a"] * 15 + ["a", "b"] * 15, "Split": ["train"] * 30 + ["val", "val", "test", "test"] * 7 + ["val", "test"]},
         {"labels": "c", "kind": "binary"}, r"the train part lacks class 'b'"),
    ],
)  # fmt: skip
def test_what_cannot_be_learned_is_said(columns: dict, cells: dict, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read(transcripts(60, **columns), **cells)


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        ({"kind": "ranking"}, "toy: kind is 'ranking'; expected one of regression"),
        ({"labels": "a,a"}, "none of them twice"),
        ({"labels": "a,,b"}, "one or more names of columns"),
        ({"labels": "a,b", "kind": "binary"}, "make a property of each"),
        ({"split": "kfold:1"}, "property toy: split is 'kfold:1'"),
    ],
)
def test_rows_that_define_nothing(cells: dict, message: str) -> None:
    with pytest.raises(InputError, match=message):
        Property.from_row(*definition(**cells))


def test_folds_of_many_groups_are_of_one_size() -> None:
    rows = 20_000
    rng = np.random.default_rng(0)
    table = pl.DataFrame({
        "row": range(rows), "id": [str(i) for i in range(rows)], "status": ["valid"] * rows,
        "y": rng.normal(size=rows), "gene": rng.integers(0, 5000, rows),
    })  # fmt: skip
    data = read(table, labels="y", split="kfold:5", groups="gene")
    sizes = [len(one.test) for one in data.rounds()]
    assert max(sizes) - min(sizes) <= 20
