"""Tables of two kinds of models joined by ALT and gene, worked out by hand."""

from itertools import pairwise

import pytest

from seqcast.core.errors import InputError
from seqcast.core.store import write_table
from seqcast.evaluation.variants.joined_scores import (
    Scored,
    compare_models,
    count_statuses,
    read_scored,
)
from tests.seqcast.evaluation.variants.tables import COVERAGE, MRNA, coverage, mrna


def test_one_row_an_alt_and_gene():
    table = compare_models([coverage()], [mrna()], tracks_like="^RNA")
    names = ["row", "gene_id", "transcript_id", "region", "borzuki.status",
             "borzuki.logSED_mean_abs", "borzuki.logSED_mean", "helix.status", "helix.LLR"]  # fmt: skip
    expected = [
        # T2 changes more than T1; of the coverage model the gene of the transcript counts
        (0, "G1", "T2", "cds", "scored", 0.3, 0.2, "scored", -2.0),
        (1, "G1", "T1", None, "scored", 0.2, -0.2, "intronic", None),
        (1, "G3", "T5", "utr5", "no_gene_in_window", None, None, "scored", 0.5),
        (2, "G2", "T3", None, "scored", 0.0, 0.0, "splice_boundary", None),
        (3, None, None, None, "ref_mismatch", None, None, "ref_mismatch", None),
        # in no transcript: the gene that the coverage model says it changes most
        (4, "G2", None, None, "scored", 2.0, -2.0, "no_transcript", None),
        (5, "G4", "T6", "utr3", "no_gene_in_window", None, None, "scored", 3.0),
    ]
    for found, row in zip(table.select(names).rows(), expected, strict=True):
        assert found == pytest.approx(row, abs=1e-6)
    assert table["row"].unique().to_list() == list(range(6))
    assert table.columns[:12] == [
        "row", "variant", "chrom", "pos", "ref", "alt", "gene_id", "gene_name", "transcript_id",
        "region", "consequence", "distance_to_tss_bp"]  # fmt: skip
    assert table.columns[12:15] == [
        "borzuki.status", "borzuki.logSED_mean_abs", "borzuki.logSED_mean"]  # fmt: skip
    assert not [name for name in table.columns if name.endswith("_sd")]


def test_all_tracks_by_default():
    table = compare_models([coverage()], [mrna()])
    assert table["borzuki.logSED_mean_abs"][0] == pytest.approx(9.6 / 3)
    with pytest.raises(InputError, match="matches none of the 3 track descriptions"):
        compare_models([coverage()], [mrna()], tracks_like="^DNASE")


def test_several_models_stand_beside_each_other():
    other = coverage(
        "micro", [(*row[:3], row[3] and tuple(2 * x for x in row[3])) for row in COVERAGE]
    )
    table = compare_models([coverage(), other], [mrna(), mrna("mamba", factor=3)])
    known = table["borzuki.logSED_mean"].drop_nulls()
    assert table["micro.logSED_mean"].drop_nulls().to_list() == pytest.approx((2 * known).to_list())
    assert table["mamba.L2_mean"][0] == pytest.approx(3 * table["helix.L2_mean"][0])


def test_statuses_count_each_alt_once():
    counts = count_statuses([coverage(), mrna()])
    assert counts.rows() == [
        ("scored", 4, 3), ("no_gene_in_window", 1, 0), ("no_transcript", 0, 1),
        ("ref_mismatch", 1, 1), ("splice_boundary", 0, 1)]  # fmt: skip
    assert counts.columns == ["status", "borzuki", "helix"]


def test_tables_of_other_variants_are_refused():
    with pytest.raises(ValueError, match="borzuki and helix were scored on other ALTs"):
        compare_models([coverage()], [mrna(rows=MRNA[:-1])])
    turned = mrna("mamba", [(*row[:2], row[2] and row[2] + "x", *row[3:]) for row in MRNA])
    with pytest.raises(ValueError, match="helix and mamba were scored in other transcripts"):
        compare_models([coverage()], [mrna(), turned])


def test_no_variants_at_all():
    table = compare_models([coverage(rows=[])], [mrna(rows=[])])
    assert len(table) == 0
    assert len(count_statuses([coverage(rows=[]), mrna(rows=[])])) == 0


def test_read_scored(tmp_path):
    given = coverage()
    write_table(
        given.table,
        tmp_path / "scores.parquet",
        {"origin": ["random", "train"], "fold": ["0", "1"], "seed": 4},
    )
    write_table(given.tracks, tmp_path / "tracks.parquet", {})
    (scored,), models = read_scored(
        ["m"], [tmp_path / "scores.parquet"], [tmp_path / "tracks.parquet"]
    )
    assert isinstance(scored, Scored)
    assert scored.tracks.equals(given.tracks)
    assert models == {"m": {"origin": ["random", "train"], "fold": ["0", "1"]}}
    assert scored.tracks_in_words("^RNA:") == "2 of 3 tracks (^RNA:)"
    (scored,), _ = read_scored(["m"], [tmp_path / "scores.parquet"])
    assert scored.tracks is None
    assert all(a <= b for a, b in pairwise(scored.table["row"]))
