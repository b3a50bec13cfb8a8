"""Half-lives of both alleles: known decays are found again, and what has none says why."""

import numpy as np
import polars as pl
import pytest

from seqcast.core.errors import InputError
from seqcast.core.store import array_column, read_table, write_table
from seqcast.evaluation.variants.half_life_effects import (
    HalfLifeFiles,
    half_life_effects,
    mean_changes,
    write_half_life_effects,
)
from seqcast.genome.time_courses import fitted_courses

HOURS = np.array([0.0, 2.0, 4.0, 8.0])
# two replicates of 2 h, a track of something else between, and times out of order
DESCRIPTIONS = [
    "RNA:ActD:cell 8h", "RNA:ActD:cell 2h rep1", "CAGE:cell", "RNA:ActD:cell 0h",
    "RNA:ActD:cell 4h", "RNA:ActD:cell 2h rep2",
]  # fmt: skip
TRACKS = pl.DataFrame({"description": DESCRIPTIONS})
COURSES = fitted_courses(TRACKS)
# REF and ALT half-lives in h of each fold
LIVES = [[(4.0, 8.0), (4.0, 2.0), (3.0, 3.0)], [(5.0, 5.0), (4.0, 2.5), (3.0, 6.0)]]
TOLERANCE = 1e-5  # of log2: float32 rounds


def coverage(life_h: float, level: float) -> list[float]:
    """That of `DESCRIPTIONS`; the replicates of 2 h are 10 % above and below."""
    left = dict(zip(HOURS, level * 2.0 ** (-HOURS / life_h), strict=True))
    return [left[8.0], 1.1 * left[2.0], 77.0, left[0.0], left[4.0], 0.9 * left[2.0]]


def fold(lives: list[tuple[float, float]], status: list[str] | None = None) -> pl.DataFrame:
    """Scores of a fold; ALT starts from three times the level of REF, which must not matter."""
    status = status or ["scored"] * len(lives)
    valid = np.array([s == "scored" for s in status])
    names = [f"v{i}" for i in range(len(lives))]
    alleles = [
        array_column(name, np.array([coverage(pair[i], 50.0 + 100 * i) for pair in lives]), valid)
        for i, name in enumerate(("REF", "ALT"))
    ]
    table = pl.DataFrame(
        {"row": range(len(lives)), "variant": names, "gene_id": "G", "status": status}
    )
    return table.with_columns(alleles)


def test_known_half_lives_of_both_alleles_are_found_with_the_spread_of_folds() -> None:
    found = half_life_effects([fold(lives) for lives in LIVES], COURSES)
    log2 = np.log2(np.array(LIVES))  # (folds, variants, alleles)
    change = log2[..., 1] - log2[..., 0]
    assert found["status"].to_list() == ["scored"] * 3
    assert found["course"].to_list() == ["cell"] * 3
    np.testing.assert_allclose(found["delta_log2_half_life"], change.mean(0), atol=TOLERANCE)
    np.testing.assert_allclose(
        found["delta_log2_half_life_sd"], change.std(0, ddof=1), atol=TOLERANCE
    )
    for i, allele in enumerate(("ref", "alt")):
        np.testing.assert_allclose(
            np.log2(found[f"{allele}_half_life_h"]), log2[..., i].mean(0), atol=TOLERANCE
        )


def test_the_level_of_an_allele_does_not_change_its_half_life() -> None:
    found = half_life_effects([fold([(4.0, 4.0)])], COURSES)
    assert abs(found["delta_log2_half_life"][0]) < 1e-6  # float32


def test_one_fold_and_folds_of_the_same_weights_have_no_spread() -> None:
    one = half_life_effects([fold(LIVES[0])], COURSES)
    same = half_life_effects([fold(LIVES[0])] * 2, COURSES, ["folds 0 and 1"])
    assert one["delta_log2_half_life_sd"].null_count() == 3
    assert same["delta_log2_half_life_sd"].null_count() == 3
    assert one["delta_log2_half_life"].null_count() == 0


@pytest.mark.parametrize(
    ("ref", "alt", "status"),
    [
        (coverage(4, 50), [0.0] * 6, "no_coverage"),
        ([5.0] * 6, coverage(4, 50), "constant"),
        (coverage(4, 50), coverage(5000, 50), "rate_at_bound"),
    ],
)
def test_an_allele_without_a_rate_leaves_no_change_and_says_why(
    ref: list[float], alt: list[float], status: str
) -> None:
    known = fold([(4.0, 8.0)])
    odd = known.with_columns(
        array_column("REF", np.array([ref]), np.array([True])),
        array_column("ALT", np.array([alt]), np.array([True])),
    )
    found = half_life_effects([known, odd], COURSES)
    assert found["status"].to_list() == [status]
    assert found["delta_log2_half_life"].to_list() == [None]


def test_rows_that_are_not_scored_keep_their_status_and_row() -> None:
    status = ["scored", "ref_mismatch", "scored"]
    found = half_life_effects([fold(LIVES[0], status), fold(LIVES[1], status)], COURSES)
    assert found["status"].to_list() == status
    assert found["delta_log2_half_life"].is_null().to_list() == [False, True, False]
    assert found["variant"].to_list() == ["v0", "v1", "v2"]


def test_a_row_that_one_fold_does_not_score_has_the_status_of_that_fold() -> None:
    status = ["scored", "prediction_not_finite", "scored"]
    found = half_life_effects([fold(LIVES[0]), fold(LIVES[1], status)], COURSES)
    assert found["status"].to_list() == status


def test_without_a_course_each_row_says_so() -> None:
    found = half_life_effects([fold(LIVES[0], ["scored", "ref_mismatch", "scored"])], [])
    assert found["status"].to_list() == ["no_time_course", "ref_mismatch", "no_time_course"]
    assert found["course"].null_count() == found["ref_half_life_h"].null_count() == 3


def test_two_times_are_no_course() -> None:
    assert not fitted_courses(TRACKS[[0, 3]])


def test_two_courses_give_two_rows_per_variant() -> None:
    tracks = pl.concat(
        [TRACKS, TRACKS.with_columns(pl.col("description").str.replace("cell", "b"))]
    )
    scores = fold(LIVES[0]).with_columns(
        array_column(name, np.array([coverage(p[i], 1) + coverage(2 * p[i], 1) for p in LIVES[0]]),
                     np.ones(3, bool))
        for i, name in enumerate(("REF", "ALT"))
    )  # fmt: skip
    found = half_life_effects([scores], fitted_courses(tracks))
    assert found["variant"].to_list() == ["v0", "v0", "v1", "v1", "v2", "v2"]
    assert found["course"].to_list() == ["cell", "b"] * 3
    one, other = found["ref_half_life_h"][:2]
    assert np.log2(other / one) == pytest.approx(1, abs=TOLERANCE)


def test_folds_of_other_rows_and_scores_without_alleles_are_refused() -> None:
    with pytest.raises(InputError, match="different rows"):
        half_life_effects([fold(LIVES[0]), fold(LIVES[1])[::-1]], COURSES)
    with pytest.raises(InputError, match=r"no ALT.*gene_scores"):
        half_life_effects([fold(LIVES[0]).drop("ALT")], COURSES)


def test_files_have_the_rows_of_the_function(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr("seqcast.core.store.MOST_ROWS", 2)
    paths = [tmp_path / f"fold{i}.parquet" for i in range(2)]
    for path, lives in zip(paths, LIVES, strict=True):
        write_table(fold(lives), path, {"model": "m", "fold": path.stem})
    write_table(TRACKS, tmp_path / "tracks.parquet", {})
    outputs = HalfLifeFiles(tmp_path / "half_lives.parquet", tmp_path / "half_lives.tsv.gz")
    write_half_life_effects(paths, tmp_path / "tracks.parquet", outputs)
    expected = half_life_effects([fold(lives) for lives in LIVES], COURSES)
    assert read_table(outputs.table).equals(expected)
    text = pl.read_csv(outputs.text, separator="\t", null_values="NA")
    assert text["delta_log2_half_life"].to_list() == pytest.approx(
        expected["delta_log2_half_life"].to_list()
    )


def test_no_rows_give_no_rows(tmp_path) -> None:
    assert half_life_effects([fold(LIVES[0]).clear()], COURSES).height == 0


def test_changes_of_several_courses_are_averaged_where_they_are_scored(tmp_path) -> None:
    rows = fold(LIVES[0]).select("row", "variant", "gene_id", "status")
    lives = pl.DataFrame(
        {"course": ["a", "b"] * 3, "status": ["scored"] * 4 + ["rate_at_bound", "scored"],
         "ref_half_life_h": [2.0, 8.0, 1.0, 1.0, 9.0, 3.0],
         "alt_half_life_h": [2.0, 2.0, 2.0, 8.0, 9.0, 3.0],
         "delta_log2_half_life": [0.0, -2.0, 1.0, 3.0, None, 0.5],
         "delta_log2_half_life_sd": [0.1, 0.3, None, None, None, 0.2]}
    )  # fmt: skip
    keys = rows.drop("status")[[0, 0, 1, 1, 2, 2]]
    write_table(keys.hstack(lives), tmp_path / "half_lives.parquet", {})
    found = mean_changes(tmp_path / "half_lives.parquet", rows)
    assert found["ref_half_life_h"].to_list() == pytest.approx([4, 1, 3])
    assert found["alt_half_life_h"].to_list() == pytest.approx([2, 4, 3])
    assert found["delta_log2_half_life"].to_list() == [-1, 2, 0.5]
    assert found["delta_log2_half_life_sd"].to_list() == [pytest.approx(0.2), None, 0.2]
    with pytest.raises(InputError, match="different rows"):
        mean_changes(tmp_path / "half_lives.parquet", rows[::-1])


def test_without_a_course_there_are_no_changes(tmp_path) -> None:
    scores = fold(LIVES[0])
    write_table(half_life_effects([scores], []), tmp_path / "half_lives.parquet", {})
    found = mean_changes(tmp_path / "half_lives.parquet", scores)
    assert len(found) == 3
    assert found.null_count().row(0) == (3, 3, 3, 3)
