"""Ranking by hand-made scores."""

from typing import Any

import numpy as np
import polars as pl
import pytest

from seqcast.core.errors import InputError
from seqcast.predict.variants.ranking import (
    describe_tracks,
    levels,
    rank_variants,
    reduce_score,
    select_tracks,
)
from tests.seqcast.predict.variants.exports.examples import gene_scores

TRACKS = pl.DataFrame({"description": ["RNA:ActD:sim 0h", "RNA:ActD:sim 2h", "CAGE:sim"]})


def scores(rows: list[tuple[str, str | None, list[float] | None]], **more: Any) -> pl.DataFrame:
    """A score table of (variant, gene, logSED) rows; None is not scored."""
    variants = [variant for variant, _, _ in rows]
    return pl.DataFrame(
        {
            "variant": variants,
            "chrom": "chr1",
            "pos": [100 + ord(variant[0]) for variant in variants],
            "ref": "A",
            "alt": "G",
            "gene_id": pl.Series([gene for _, gene, _ in rows], dtype=pl.String),
            "gene_name": pl.Series([gene and gene.upper() for _, gene, _ in rows], dtype=pl.String),
            "status": ["ref_mismatch" if x is None else "scored" for _, _, x in rows],
            "distance_to_tss_bp": 10,
            "logSED": pl.Series([x for _, _, x in rows], dtype=pl.Array(pl.Float32, 3)),
        }
    ).with_columns(**more)


def test_one_row_a_variant_with_its_strongest_gene() -> None:
    table = scores(
        [
            ("a", "g1", [0.25, -0.5, 0.0]),  # mean |x| = 0.25
            ("a", "g2", [-1.0, 0.5, 0.0]),  # mean |x| = 0.5, mean = -1/6
            ("b", None, None),
            ("c", "g3", [2.0, 0.0, 4.0]),  # mean |x| = 2
        ]
    )
    ranked = rank_variants(table, TRACKS)
    assert ranked["rank"].to_list() == [1, 2]
    assert ranked["variant"].to_list() == ["c", "a"]
    assert ranked["gene_id"].to_list() == ["g3", "g2"]
    assert ranked["gene_name"].to_list() == ["G3", "G2"]
    assert ranked["mean_abs"].to_list() == [2.0, 0.5]
    assert ranked["mean"].to_list() == [2.0, pytest.approx(-0.5 / 3)]
    assert ranked["strongest_track"].to_list() == ["CAGE:sim", "RNA:ActD:sim 0h"]
    assert ranked["strongest_value"].to_list() == [4.0, -1.0]
    assert ranked["fold_sd"].to_list() == [None, None]  # no column logSED_sd
    assert ranked.columns == [
        "rank", "variant", "chrom", "pos", "ref", "alt", "gene_id", "gene_name",
        "distance_to_tss_bp", "mean_abs", "mean", "strongest_track", "strongest_value", "fold_sd",
        "fold_sign", "low", "high",
        "ref_level", "alt_level",
    ]  # fmt: skip


def test_further_columns_go_along_with_their_rows() -> None:
    table = scores([("a", "g1", [0.25, -0.5, 0.0]), ("a", "g2", [-1.0, 0.5, 0.0]), ("b", None, None),
                    ("c", "g3", [2.0, 0.0, 4.0])])  # fmt: skip
    further = pl.DataFrame({"percentile": [1.0, 2.0, None, 3.0]})
    ranked = rank_variants(table, TRACKS, further=further)
    assert ranked["percentile"].to_list() == [3.0, 2.0]
    assert ranked.drop("percentile").equals(rank_variants(table, TRACKS))


def test_only_matching_tracks_count() -> None:
    table = scores([("a", "g1", [1.0, -3.0, 0.0]), ("b", "g1", [0.0, 1.0, 90.0])])
    ranked = rank_variants(table, TRACKS, tracks_like="^RNA:ActD")
    assert ranked["variant"].to_list() == ["a", "b"]
    assert ranked["mean_abs"].to_list() == [2.0, 0.5]
    assert ranked["mean"].to_list() == [-1.0, 0.5]
    assert ranked["strongest_track"].to_list() == ["RNA:ActD:sim 2h"] * 2
    assert ranked["strongest_value"].to_list() == [-3.0, 1.0]


def test_ties_stay_in_input_order() -> None:
    table = scores(
        [
            ("z", "g1", [0.5, 0.5, 0.5]),
            ("z", "g2", [-0.5, -0.5, -0.5]),
            ("y", "g1", [-0.5, 0.5, 0.5]),
            ("x", "g1", [1.0, 1.0, 1.0]),
        ]
    )
    ranked = rank_variants(table, TRACKS)
    assert ranked["variant"].to_list() == ["x", "z", "y"]
    assert ranked["gene_id"].to_list() == ["g1", "g1", "g1"]
    assert rank_variants(table, TRACKS, top=2)["variant"].to_list() == ["x", "z"]
    assert len(rank_variants(table, TRACKS, top=None)) == 3


def test_repeated_variants_are_one_row_and_keep_the_first_row_number() -> None:
    table = scores([("a", "g1", [1.0, 1.0, 1.0])] * 2, row=pl.Series([7, 8]))
    assert rank_variants(table, TRACKS)["row"].to_list() == [7]


def test_scores_that_are_not_numbers_are_not_ranked() -> None:
    table = scores([("a", "g1", [float("nan"), 1.0, 1.0]), ("b", "g1", [0.0, 0.0, 0.0])])
    assert rank_variants(table, TRACKS)["variant"].to_list() == ["b"]


def test_fold_sd_is_the_mean_over_selected_tracks() -> None:
    spread = pl.Series("logSED_sd", [[0.1, 0.3, 9.0], None], dtype=pl.Array(pl.Float32, 3))
    table = scores([("a", "g1", [2.0, 2.0, 2.0]), ("b", "g1", [1.0, 1.0, 1.0])], logSED_sd=spread)
    ranked = rank_variants(table, TRACKS, tracks_like="ActD")
    assert ranked["fold_sd"].to_list() == [pytest.approx(0.2), None]


def test_nothing_scored_gives_an_empty_table_of_the_same_columns() -> None:
    empty = rank_variants(scores([("a", None, None)]), TRACKS)
    full = rank_variants(scores([("a", "g1", [1.0, 1.0, 1.0])]), TRACKS)
    assert len(empty) == 0
    assert empty.schema == full.schema


def test_what_the_user_can_mend_is_named() -> None:
    table = scores([("a", "g1", [1.0, 1.0, 1.0])])
    with pytest.raises(InputError, match="no score 'SED' in the table; it has logSED"):
        rank_variants(table, TRACKS, score="SED")
    with pytest.raises(InputError, match="'DNASE' matches none of the 3 track descriptions"):
        select_tracks(TRACKS, "DNASE")
    with pytest.raises(InputError, match=r"'\(' is not a regular expression"):
        select_tracks(TRACKS, "(")


def test_a_score_over_tracks_is_one_number_a_row() -> None:
    spread = pl.Series([[1, 2, 6], *[None] * 6], dtype=pl.Array(pl.Float32, 3))
    table = gene_scores().with_columns(logSED_sd=spread)
    assert reduce_score(table, "logSED").rows() == [
        (1.0, pytest.approx(7 / 3), 3.0, 4.0, 2),
        (-3.0, 3.0, None, -3.0, 0),  # the first of equals
        (0.0, 0.0, None, 0.0, 0),
        (None,) * 5,
        (pytest.approx(1 / 12), 0.25, None, 0.5, 0),
        (1.0, pytest.approx(7 / 3), None, 4.0, 2),
        (None,) * 5,
    ]
    some = reduce_score(table, "logSED", np.array([0, 1]))
    assert some.row(0) == (-0.5, 1.5, 1.5, -2.0, 1)  # positions are those of the whole table
    assert reduce_score(table.head(0), "logSED").shape == (0, 5)
    assert reduce_score(table.filter(pl.col("SED").is_null()), "SED").rows() == [(None,) * 5] * 2


def test_the_spread_of_a_mean_is_never_above_the_mean_of_spreads() -> None:
    values = np.random.default_rng(1).normal(size=(3, 50, 4))  # (folds, rows, tracks)
    columns = {"logSED": values.mean(0), "logSED_sd": values.std(0, ddof=1)}
    table = pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.Array(pl.Float32, 4)))
    exact = values.mean(axis=2).std(axis=0, ddof=1)
    assert (reduce_score(table, "logSED")["sd"].to_numpy() >= exact - 1e-6).all()


def test_levels_are_means_of_ref_and_alt() -> None:
    table = scores([("a", "g1", [1.0, 2.0, 3.0])])
    assert levels(table).rows() == [(None, None)]
    both = table.with_columns(REF=pl.col("logSED") * 2, ALT=pl.col("logSED") * 10)
    assert levels(both).rows() == [(4, 20)]
    assert levels(both, np.array([2])).rows() == [(6, 30)]
    assert rank_variants(both, TRACKS, tracks_like="CAGE")["alt_level"].to_list() == [30]


def test_tracks_are_told_in_words() -> None:
    assert describe_tracks(4, 11, "^RNA:ActD") == "4 of 11 tracks (^RNA:ActD)"
    assert describe_tracks(11, 11) == "all 11 tracks"
    assert describe_tracks(1, 1) == "1 track"
