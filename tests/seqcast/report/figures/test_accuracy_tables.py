"""What the figures of accuracy show."""

import numpy as np
import polars as pl

from seqcast.report.figures.accuracy_tables import (
    accuracy_boxes,
    decay_panels,
    gene_boxes,
    length_notes,
    typical_tracks,
)


def test_boxes_have_a_row_a_track_and_model() -> None:
    table = pl.DataFrame({"description": ["RNA:a", None], "pearsonr": [0.5, None]})
    found = accuracy_boxes({"one": table, "two": table}, "pearsonr")
    assert found.rows() == [("one", "RNA", 0.5), ("one", "other", None),
                            ("two", "RNA", 0.5), ("two", "other", None)]  # fmt: skip


def test_genes_have_panels_with_and_without_their_length() -> None:
    table = pl.DataFrame(
        {"identifier": ["a", "b"], "description": ["RNA:a", "RNA:b"], "genes": [30, None],
         "gene_pearsonr": [0.8, None], "gene_density_pearsonr": [0.1, None],
         "gene_length_pearsonr": [0.83, None], "gene_rolled_pearsonr": [0.3, None]}
    )  # fmt: skip
    sums, a_base = gene_boxes({"m f0": table}).values()
    assert sums.columns == ["model", "group", "value", "length alone", "rolled"]
    assert sums.row(0) == ("m f0, 30 genes", "RNA", 0.8, 0.83, 0.3)
    assert a_base.row(0) == ("m f0, 30 genes", "RNA", 0.1)
    notes = length_notes(table, {"RNA:a (a)": "a", "RNA:b (b)": "b"})
    assert notes == {
        "RNA:a (a)": "per base: r = 0.10\nlength alone 0.83, rolled 0.30",
        "RNA:b (b)": "",
    }


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
