"""What a screen selects, and that what it writes can be scored."""

import numpy as np
import polars as pl
import pytest

from seqcast.core.provenance import provenance
from seqcast.core.store import array_column, write_table
from seqcast.genome.variants import read_variants
from seqcast.genome.vcf_fields import read_info
from seqcast.predict.attributions import FIRST_ORDER
from seqcast.predict.attributions.attribution_tables import tidy_effects
from seqcast.predict.attributions.first_order_effects import COLUMNS
from seqcast.predict.attributions.screen import ScreenFiles, select_strong, write_screen

GROUPS = {"decay": "ActD", "clip": "CLIP"}


@pytest.fixture
def effects() -> pl.DataFrame:
    """Three SNVs of two genes, and one that has no effect."""
    rows = [
        (0, "a", "chr1", 7, "A", "C", "G1;x", "g1"), (0, "a", "chr1", 7, "A", "C", "G2", "g2"),
        (1, "b", "chr1", 7, "A", "G", "G1;x", "g1"), (2, "c", "chr2", 9, "T", "G", "G3", "g3"),
        (3, "d", "chr2", 9, "T", "TA", None, None),
    ]  # fmt: skip
    numbers = np.array([[0.1, -0.3], [0.2, 0.0], [0.2, 0.19], [-0.5, 0.5], [0, 0]])
    known = np.array([True] * 4 + [False])
    frame = pl.DataFrame(
        [(*row, "scored" if ok else "length_changed", 5) for row, ok in zip(rows, known, strict=True)],
        schema=COLUMNS, orient="row",
    )  # fmt: skip
    return frame.with_columns(array_column(FIRST_ORDER, numbers, known))


def test_effects_of_each_group_are_rows_of_their_own(effects) -> None:
    tidy = tidy_effects(effects, list(GROUPS))
    assert tidy["tracks"].to_list() == ["decay"] * 5 + ["clip"] * 5
    expected = [0.1, 0.2, 0.2, -0.5, None, -0.3, 0.0, 0.19, 0.5, None]
    assert tidy[FIRST_ORDER].round(6).to_list() == expected


@pytest.mark.parametrize(
    ("threshold", "selected"),
    [
        (0.2, [("a", "G1;x", "clip"), ("b", "G1;x", "decay"), ("c", "G3", "decay")]),
        (0.3, [("a", "G1;x", "clip"), ("c", "G3", "decay")]), (0.51, []),
    ],
)  # fmt: skip
def test_a_variant_is_selected_once_by_its_strongest_effect(effects, threshold, selected) -> None:
    tidy = tidy_effects(effects, list(GROUPS)).with_columns(pl.col(FIRST_ORDER).round(6))
    found = select_strong(tidy, threshold)
    assert found.select("variant", "gene_id", "tracks").rows() == selected


@pytest.mark.parametrize("threshold", [0.25, 9.0])
def test_what_is_selected_is_a_file_of_variants(effects, tmp_path, threshold) -> None:
    facts = provenance(model="m", options={"track_groups": GROUPS})
    write_table(effects, tmp_path / "ensemble.parquet", facts)
    outputs = ScreenFiles(tmp_path / "all.tsv.gz", tmp_path / "selected.vcf")
    write_screen([tmp_path / "ensemble.parquet"], threshold, outputs)
    text = outputs.selected.read_text()
    assert "approximations, to be scored exactly" in text
    found = read_variants(outputs.selected)
    expected = [("chr1", 7, "A", "C"), ("chr2", 9, "T", "G")] if threshold < 1 else []
    assert found.select("chrom", "pos", "ref", "alt").rows() == expected
    if expected:
        assert read_info(outputs.selected)[0] == {
            "FIRST_ORDER_EFFECT": "-0.3", "FIRST_ORDER_GENE": "G1%3Bx", "FIRST_ORDER_TRACKS": "clip"
        }  # fmt: skip
    table = pl.read_csv(outputs.table, separator="\t", null_values="NA")
    assert len(table) == 10
    assert table["selected"].sum() == (3 if expected else 0)
    assert table.filter(pl.col(FIRST_ORDER).is_null())["status"].unique().item() == "length_changed"
