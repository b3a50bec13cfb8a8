"""What the figures of accuracy show."""

import numpy as np
import polars as pl

from seqcast.plots.accuracy_tables import (
    accuracy_boxes,
    decay_panels,
    track_kinds,
    typical_tracks,
)


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


def test_boxes_have_a_row_a_track_and_model() -> None:
    table = pl.DataFrame({"description": ["RNA:a", None], "pearsonr": [0.5, None]})
    found = accuracy_boxes({"one": table, "two": table}, "pearsonr")
    assert found.rows() == [("one", "RNA", 0.5), ("one", "other", None),
                            ("two", "RNA", 0.5), ("two", "other", None)]  # fmt: skip


def test_the_typical_track_of_a_kind_is_the_middle_one() -> None:
    table = pl.DataFrame(
        {
            "identifier": ["a", "b", "c", "d", "e"],
            "description": ["CAGE:1", "RNA:1", "RNA:2", "RNA:3", "RNA:3"],
            "gene_pearsonr": [0.1, 0.9, 0.2, 0.3, None],
        }
    )
    assert typical_tracks(table) == {"CAGE:1 (a)": "a", "RNA:3 (d)": "d"}
    nothing = table.with_columns(gene_pearsonr=pl.lit(None))
    assert typical_tracks(nothing) == {}


def test_panels_of_rates_leave_bounds_out_and_in() -> None:
    table = pl.DataFrame(
        {
            "status": ["valid", "predicted_rate_at_bound", "outside_windows"],
            "predicted_log2_decay_rate": [-2.0, 0.0, None],
            "measured_log2_decay_rate": [-1.0, -3.0, None],
        }
    )
    panels = decay_panels(table)
    assert list(panels) == ["both rates within bounds", "all fitted, 1 at a bound"]
    assert [np.array(pair).tolist() for pair in panels.values()] == [
        [[-2.0], [-1.0]], [[-2.0, 0.0], [-1.0, -3.0]]]  # fmt: skip
