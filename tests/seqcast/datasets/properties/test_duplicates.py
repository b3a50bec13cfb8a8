"""Sequences that parts share: small cases by hand, and the trap of the published mRFP set."""

import polars as pl

from seqcast.datasets.properties.duplicates import count_parts, learned_from, sequence_numbers
from seqcast.datasets.properties.labelled import PropertyData
from tests.seqcast.datasets.properties.look_alikes import as_transcripts, look_alike
from tests.seqcast.datasets.properties.toys import property_of, transcripts


def test_u_and_t_and_case_are_the_same_sequence():
    found = sequence_numbers(pl.Series(["ACGU", "acgt", "ACGA", None, "", "acga"]))
    assert found[0] == found[1] != found[2] == found[5]
    assert found[3] == -1
    assert len(set(found.tolist())) == 4


def test_counts_by_hand():
    table = transcripts(6, Split=["train", "train", "train", "val", "test", "test"])
    texts = ["AAA", "AAA", "CCC", "CCC", "CCC", "GGG"]
    table = table.with_columns(sequence=pl.Series(texts), Value=pl.Series([1.0, 2, 3, 4, 5, None]))
    two = table.with_columns(
        row=pl.col("row") + 6, id=pl.format("again{}", "row"), Value=pl.Series([1.0, 2, 3, 5, 5, 6])
    )
    data = PropertyData.from_table(pl.concat([table, two]), property_of())
    numbers = sequence_numbers(pl.concat([table, two])["sequence"])
    counts = count_parts(numbers, data)
    told = counts.select(
        "part", "status", "rows", "sequences", "also_in_train", "also_in_validation"
    )
    assert told.rows() == [
        ("train", "valid", 6, 2, 0, 2),
        ("validation", "valid", 2, 1, 2, 0),
        ("test", "valid", 3, 2, 2, 2),
        ("", "no_label", 1, None, None, None),
    ]
    assert counts["labels"][1] == "Value 4.5 (sd 0.5, 4 to 5)"
    seen = learned_from(numbers, data.rounds()[0])
    assert seen.tolist() == [text != "GGG" for text in texts] * 2


def test_members_of_classes_are_counted():
    table = transcripts(30).with_columns(Value=pl.Series(["low", "high", "high"] * 10))
    data = PropertyData.from_table(table, property_of(kind="binary"))
    counts = count_parts(sequence_numbers(table["sequence"]), data)
    high = (table.filter(Split="test")["Value"] == "high").sum()
    assert counts["labels"][2] == f"high {high}, low {6 - high}"


def test_two_test_sequences_of_mrfp_are_in_train():
    table = as_transcripts(look_alike("mRFP_Expression"), cds=True)
    data = PropertyData.from_table(table, property_of())
    counts = count_parts(sequence_numbers(table["sequence"]), data)
    told = counts.select("part", "rows", "sequences", "also_in_train").rows()
    assert told == [("train", 1021, 1019, 0), ("validation", 219, 219, 0), ("test", 219, 219, 2)]


def test_each_round_of_a_kfold_is_counted():
    table = as_transcripts(look_alike("MLOS"), cds=True)
    texts = table["sequence"].to_list()
    table = table.with_columns(sequence=pl.Series([*texts[:-1], texts[0]]))
    data = PropertyData.from_table(table, property_of(split="kfold:5"))
    counts = count_parts(sequence_numbers(table["sequence"]), data)
    assert counts["round"].to_list() == [f"fold{i}" for i in range(5) for _ in range(3)]
    assert counts.filter(part="test")["rows"].sum() == 167
    assert counts.filter(part="test")["also_in_train"].sum() <= 2
