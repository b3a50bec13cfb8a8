"""Kinds of tracks, and their medians."""

import polars as pl
import pytest

from seqcast.evaluation.coverage.track_kinds import medians_by_kind, track_kinds


def test_kinds_come_from_descriptions() -> None:
    said = ["RNA:ActD:K562 4h", "RNA:4sU:HEK 1h", "RNA:liver", "CAGE:a", "my track", ""]
    assert track_kinds(said) == ["RNA:ActD", "RNA:4sU", "RNA", "CAGE", "my", "other"]


def test_many_kinds_become_few() -> None:
    marks = [f"CHIP:mark{i}:cell" for i in range(30)]
    assert track_kinds([*marks, "RNA:a:b"]) == ["CHIP"] * 30 + ["RNA"]
    words = [f"word{i}:a" for i in range(30)] + ["RNA:a"] * 2
    kinds = track_kinds(words)
    assert len(set(kinds)) == 12
    assert kinds[-1] == "RNA"
    assert kinds.count("other") == 20


def test_medians_leave_out_what_is_no_number() -> None:
    table = pl.DataFrame(
        {"description": ["RNA:a:1", "CAGE:b", "RNA:a:2", "RNA:a:3"],
         "r": ["0.1", "", "0.3", "NaN"]}
    )  # fmt: skip
    rna, cage, every = medians_by_kind(table, ["r"])
    assert (rna["kind"], rna["tracks"], rna["r"]) == ("RNA:a", 3, pytest.approx(0.2))
    assert (cage["r"], every["tracks"], every["r"]) == (None, 4, pytest.approx(0.2))
