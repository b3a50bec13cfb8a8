"""Sets of variants: the strongest of each, and by how much it stands out."""

import polars as pl
import pytest

from seqcast.core.errors import InputError
from seqcast.core.store import read_tsv, write_table
from seqcast.evaluation.variants.variant_sets import (
    SETS,
    SetFiles,
    SetTables,
    group_variants,
    read_sets,
)
from tests.seqcast.evaluation.variants.benchmark_sets import write_vcf

# ID, set, check, status, mean_abs
ROWS = [
    ("c_1_A_C", "s1", "valid", "scored", 0.2),
    ("c_2_A_C", "s2", "valid", "scored", 0.1),
    ("c_3_A_C", "s1,s2", "valid", "scored", 0.5),
    ("c_4_A_C", None, "valid", "scored", 0.9),
    ("c_5_A_C", "s1", "ref_mismatch", "ref_mismatch", None),
    ("c_6_A_C", "s1", "valid", "scored", 0.1),
    ("c_7_A_C", "s3", "valid", "no_gene_in_window", None),
]
NAMES = ["variant", "chrom", "pos", "ref", "alt"]


@pytest.fixture
def files(tmp_path):
    vcf = write_vcf(tmp_path / "v.vcf", [(r[0], {"CS": r[1]} if r[1] else ".") for r in ROWS])
    identity = [(i, r[0], "c", i + 1, "A", "C") for i, r in enumerate(ROWS)]
    table = pl.DataFrame(identity, schema=["row", *NAMES], orient="row")
    write_table(
        table.with_columns(status=pl.Series([r[2] for r in ROWS])), tmp_path / "checked", {}
    )
    twice = pl.concat([table.select("row").with_columns(status=pl.lit("prediction_not_finite")),
                       table.select("row").with_columns(status=pl.Series([r[3] for r in ROWS]))])  # fmt: skip
    write_table(twice.filter(~((pl.col("row") == 6) & (pl.col("status") == "prediction_not_finite"))),
                tmp_path / "scores", {})  # fmt: skip
    ranked = table.with_columns(
        mean_abs=pl.Series([r[4] for r in ROWS]), mean=pl.Series([r[4] and -r[4] for r in ROWS]),
        gene_id=pl.lit("G"), gene_name=pl.lit("g"), fold_sd=pl.lit(0.01), percentile=pl.lit(97.0),
    ).filter(pl.col("mean_abs").is_not_null()).sort("mean_abs", descending=True)  # fmt: skip
    write_table(ranked, tmp_path / "ranked", {})
    return SetFiles(vcf, tmp_path / "checked", tmp_path / "scores", tmp_path / "ranked")


def grouped(files, folder, key="CS"):
    made = SetTables(folder / "sets.tsv", folder / "variants.tsv")
    group_variants(files, made, key)
    variants = read_tsv(made.variants, {"rank_in_set": pl.Int64})
    sets = read_tsv(made.sets, {name: kind for name, kind in SETS.items() if kind != pl.String})
    assert read_sets(made.sets).sort("set").equals(sets.sort("set"))
    return sets, variants


def test_the_strongest_of_each_set(files, tmp_path):
    sets, _ = grouped(files, tmp_path)
    assert sets["set"].to_list() == ["s1", "s2", "s3"]
    first = sets.row(0, named=True)
    assert (first["variants"], first["scored"]) == (4, 3)
    assert (first["variant"], first["second"]) == ("c_3_A_C", "c_1_A_C")
    assert first["lead"] == pytest.approx(0.3)
    assert (first["median_of_rest"], first["times_median"]) == (
        pytest.approx(0.15),
        pytest.approx(0.5 / 0.15),
    )
    assert (first["mean"], first["percentile"]) == (-0.5, 97)
    assert first["nulls"] is None  # the ranking has none
    none = sets.row(2, named=True)
    assert (none["variants"], none["scored"], none["lead"]) == (1, 0, None)
    assert not none["variant"]


def test_rows_without_a_set_keep_their_row(files, tmp_path):
    _, variants = grouped(files, tmp_path)
    assert variants["variant"].to_list() == [
        "c_1_A_C", "c_2_A_C", "c_3_A_C", "c_3_A_C", "c_4_A_C", "c_5_A_C", "c_6_A_C", "c_7_A_C"]  # fmt: skip
    assert variants["rank_in_set"].to_list() == [2, 2, 1, 1, None, None, 3, None]
    assert variants["status"].to_list() == [
        *["scored"] * 5, "ref_mismatch", "scored", "no_gene_in_window"]  # fmt: skip


def test_a_key_that_no_row_has(files, tmp_path):
    with pytest.raises(InputError, match=r"has no 'LD' in any row; .* It has CS"):
        grouped(files, tmp_path, "LD")
