"""Scores over folds, of Saluki's models and of baselines."""

import numpy as np
import polars as pl
import pytest

from seqcast.core.errors import InputError
from seqcast.evaluation.variants.method_scores import read_folds, read_saluki, read_sed_h5
from seqcast.predict.variants.exports import write_sed_h5
from tests.seqcast.evaluation.variants.benchmark_sets import write_saluki, write_scores

ROWS = [("chr1_1_A_C", "G1", "scored", (1.0, -3.0)), ("chr1_2_A_C", None, "ref_mismatch", None)]
OTHER = [("chr1_1_A_C", "G1", "scored", (-2.0, 0.0)), ("chr1_2_A_C", None, "ref_mismatch", None)]
TRACKS = pl.DataFrame({"identifier": ["a", "b"], "description": ["RNA:a", "CAGE:b"]})


def test_mean_over_folds_of_magnitudes(tmp_path):
    paths = [write_scores(tmp_path / f"{i}.parquet", r) for i, r in enumerate((ROWS, OTHER))]
    found = read_folds(paths)
    assert found["score"].to_list()[0] == pytest.approx((2 + 1) / 2)
    assert np.isnan(found["score"][1])
    TRACKS.write_parquet(tmp_path / "tracks.parquet")
    found = read_folds(paths, "L2_mean, logSED", tmp_path / "tracks.parquet", "^RNA")
    assert found["score"][0] == pytest.approx((1 + 2) / 2)


def test_one_fold_without_a_number(tmp_path):
    lacking = [("chr1_1_A_C", "G1", "prediction_not_finite", None), OTHER[1]]
    paths = [write_scores(tmp_path / f"{i}.parquet", r) for i, r in enumerate((ROWS, lacking))]
    found = read_folds(paths)
    assert np.isnan(found["score"][0])
    assert found["status"].to_list() == ["prediction_not_finite", "ref_mismatch"]


def test_a_gene_with_too_few_sites_says_so(tmp_path):
    lacking = [*ROWS, ("chr1_3_A_C", "G1", "scored", None)]
    path = write_scores(tmp_path / "0.parquet", lacking)
    pl.read_parquet(path).rename({"logSED": "COVR"}).write_parquet(path)
    found = read_folds([path], "COVR")
    assert found["status"].to_list() == ["scored", "ref_mismatch", "too_few_sites"]
    assert np.isnan(found["score"][2])


def test_folds_of_other_rows_are_refused(tmp_path):
    paths = [write_scores(tmp_path / f"{i}.parquet", r) for i, r in enumerate((ROWS, OTHER[:1]))]
    with pytest.raises(InputError, match="other rows than"):
        read_folds(paths)
    with pytest.raises(InputError, match="no score 'SED' in the table; it has logSED"):
        read_folds(paths[:1], "SED")


def test_sed_h5_is_read_as_it_was_written(tmp_path):
    path = write_scores(tmp_path / "0.parquet", ROWS)
    table = pl.read_parquet(path).with_row_index("row").cast({"row": pl.Int64})
    write_sed_h5(table, TRACKS, tmp_path / "sed.h5")
    found, tracks = read_sed_h5(tmp_path / "sed.h5")
    assert found.select("variant", "chrom", "pos", "gene_id", "status").rows() == [
        ("chr1_1_A_C", "chr1", 1, "G1", "scored")]  # fmt: skip
    assert tracks.equals(TRACKS)
    of_both = [read_folds([p], "logSED")["score"][0] for p in (path, tmp_path / "sed.h5")]
    assert of_both == [2.0, 2.0]


def test_half_precision_rounds_each_mean_and_each_sum(tmp_path):
    values = np.random.default_rng(0).normal(0, 0.1, (3, 2)).astype(np.float16)
    paths = [
        write_scores(
            tmp_path / f"{i}.parquet", [("chr1_1_A_C", "G", "scored", tuple(map(float, v)))]
        )
        for i, v in enumerate(values)
    ]
    total = np.float16(0)
    for v in values:
        total = np.float16(total + np.abs(v).mean())
    assert read_folds(paths, half=True)["score"][0] == float(np.float16(total / np.float16(3)))


def test_saluki_models_have_equal_weights_unless_asked(tmp_path):
    columns = [(-1.0, 0.5), (2.0, None), (3.0, 1.0)]
    paths = [
        write_saluki(tmp_path / f"{i}.tsv", [("v1", a), ("v1", 0.1), ("v2", b)])
        for i, (a, b) in enumerate(columns)
    ]
    right, original = read_saluki(paths), read_saluki(paths, original=True)
    assert right["score"][0] == pytest.approx((1 + 2 + 3) / 3)
    assert original["score"][0] == pytest.approx(1 + (2 + 3) / 3)
    assert right["score"][1] is None  # a model has no number
    other = write_saluki(tmp_path / "other.tsv", [("v2", 1.0)])
    with pytest.raises(InputError, match="other variants than"):
        read_saluki([paths[0], other])


def test_tables_of_other_programs_that_cannot_be_read(tmp_path):
    path = tmp_path / "sed.h5"
    path.write_text("no")
    for asked in (path, tmp_path / "none.h5"):
        with pytest.raises(InputError, match="cannot be read as a sed"):
            read_sed_h5(asked)
    path.write_text("variant\tSSD0\nchr1_1_A_C\tNA\n")
    assert read_saluki([path])["score"].to_list() == [None]
    path.write_text("")
    with pytest.raises(InputError, match="expected a table of Saluki's scores"):
        read_saluki([path])
