"""Tables of predictions: a row for each of the input, and none of what a model learned from."""

import numpy as np
import polars as pl
import pytest

from seqcast.datasets.properties.labelled import PropertyData
from seqcast.predict.properties.linear import Predicted
from seqcast.predict.properties.predictions import merged, predictions_table
from tests.seqcast.datasets.properties.toys import property_of, transcripts


def test_numbers() -> None:
    table = transcripts(60, b=[*range(59), None])
    data = PropertyData.from_table(table, property_of(labels="Value,b"))
    values = np.full((60, 2), np.nan)
    rows = data.rounds()[0].predicted
    values[rows] = 7
    found = predictions_table(Predicted(data, values))
    assert found.columns == ["row", "id", "part", "status", "label_Value", "prediction_Value",
                             "label_b", "prediction_b"]  # fmt: skip
    assert len(found) == 60
    assert found["status"][59] == "no_label"
    assert found["part"][59] is None
    assert found["label_Value"][59] is None
    counts = found.group_by("part").agg(pl.col("prediction_Value").count()).sort("part")
    assert dict(counts.iter_rows()) == {None: 0, "test": 12 - (table["Split"][59] == "test"),
        "train": 0, "validation": 12 - (table["Split"][59] == "val")}  # fmt: skip


def test_classes() -> None:
    data = PropertyData.from_table(transcripts(60, c=["a", "b", "c"] * 20),
                                   property_of(labels="c", kind="multiclass"))  # fmt: skip
    values = np.full((60, 3), np.nan)
    values[4] = [0.2, 0.3, 0.5]
    found = predictions_table(Predicted(data, values))
    assert found.columns[4:] == ["label", "prediction", "probability_a", "probability_b",
                                 "probability_c"]  # fmt: skip
    assert found.row(4)[4:] == ("b", "c", 0.2, 0.3, 0.5)
    assert found["prediction"].null_count() == 59
    assert found["label"].null_count() == 0


def test_replicates_are_averaged() -> None:
    data = PropertyData.from_table(transcripts(60), property_of())
    rows = data.rounds()[0].predicted
    ones = np.ones((len(rows), 1))
    found = merged(data, [(rows, ones), (rows, 3 * ones)])
    assert (found.values[rows] == 2).all()
    assert np.isnan(np.delete(found.values, rows)).all()
    assert set(found.data.status) == {"valid"}


def test_folds_without_a_model_are_said() -> None:
    data = PropertyData.from_table(transcripts(60), property_of(split="kfold:3"))
    first, second, third = data.rounds()
    both = merged(data, [(one.test, np.ones((len(one.test), 1))) for one in (first, third)])
    assert {both.data.status[row] for row in second.test} == {"no_model"}
    assert np.isfinite(both.values[first.test]).all()
    assert both.data.labels[second.test[0]] == pytest.approx(data.labels[second.test[0]])


def test_what_is_not_finite_is_said_and_not_averaged_away() -> None:
    data = PropertyData.from_table(transcripts(60), property_of())
    rows = data.rounds()[0].predicted
    first, second = np.ones((2, len(rows), 1))
    first[0], second[1] = np.nan, np.inf
    found = merged(data, [(rows, first), (rows, second)])
    assert [found.data.status[row] for row in rows[:3]] == [
        "prediction_not_finite", "prediction_not_finite", "valid",
    ]  # fmt: skip
    assert np.isnan(found.values[rows[:2]]).all()
    assert (found.values[rows[2:]] == 1).all()
