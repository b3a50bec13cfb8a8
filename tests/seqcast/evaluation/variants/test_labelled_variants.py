"""What files say of their variants, and how scores are joined to them."""

import polars as pl
import pytest

from seqcast.core.errors import InputError
from seqcast.evaluation.variants.definition import Definition
from seqcast.evaluation.variants.labelled_variants import (
    STATUSES,
    join_scores,
    parts_of,
    read_labelled,
)
from tests.seqcast.evaluation.variants.benchmark_sets import write_vcf

EQTL = Definition.of({"groups": "PI", "genes": "MT", "strata": "PD<=1000,50"})
DESCRIBED = ("##fileformat=VCFv4.2", '##INFO=<ID=PD,Number=1,Type=Integer,Description="d">')


def eqtl_files(folder):
    positives = [
        ("chr1_10_A_C", "MT=G1;PD=40;PI=chr1_10_A_C"),
        ("chr1_20_A_C", "PI=chr1_20_A_C;XX=1;MT=G2.grp_1.downstream.T;PD=-900"),
        ("chr1_30_A_C", "MT=G3;PD=7"),
        ("chr1_10_A_C", "MT=G1;PD=60;PI=chr1_10_A_C"),
        ("chr2_10_A_C", "MT=G4;PD=2000;PI=chr2_10_A_C"),
    ]
    negatives = [
        ("chr1_11_A_C", "PI=chr1_10_A_C;MT=G1;FLAG;PD=45"),
        ("chr2_10_A_C", "MT=G4;PD=.;PI=chr1_20_A_C"),
    ]
    header = (*DESCRIBED, "##a=1", "##b=2", "##c=3")
    return [
        write_vcf(folder / "pos_merge.vcf", positives, DESCRIBED),
        write_vcf(folder / "neg_merge.vcf", negatives, header),
    ]


def test_info_is_read_in_any_order_whatever_the_header_says(tmp_path):
    found = read_labelled(eqtl_files(tmp_path), EQTL)
    assert found.select(
        "file", "row", "label", "group", "gene", "distance_bp", "usable"
    ).rows() == [
        (0, 0, 1, "chr1_10_A_C", "G1", 40, "scored"),
        (0, 1, 1, "chr1_20_A_C", "G2", 900, "scored"),
        (0, 2, 1, "chr1_30_A_C", "G3", 7, "scored"),  # is its own group
        (0, 3, 1, "chr1_10_A_C", "G1", 60, "repeated"),
        (0, 4, 1, "chr2_10_A_C", "G4", 2000, "in_both_classes"),
        (1, 0, 0, "chr1_10_A_C", "G1", 45, "scored"),
        (1, 1, 0, "chr1_20_A_C", "G4", None, "in_both_classes"),
    ]
    parts = [(part.name, part.members.sum(), part.unknown) for part in parts_of(found, EQTL)]
    assert parts == [("PD<=1000", 5, 1), ("PD<=50", 3, 1)]


def test_a_table_of_traitgym(tmp_path):
    table = pl.DataFrame({
        "chrom": ["1", "X", "1"], "pos": [10, 20, 30], "ref": ["A"] * 3, "alt": ["C"] * 3,
        "label": [True, False, False], "match_group": ["u_0", "u_0", None],
        "tss_dist": [5, -7, 9], "consequence": ["utr", "utr", "intron"],
    })  # fmt: skip
    table.write_parquet(tmp_path / "test.parquet")
    definition = Definition.of({
        "truth": "label", "groups": "match_group", "strata": "tss_dist; consequence=utr, intron"
    })  # fmt: skip
    found = read_labelled([tmp_path / "test.parquet"], definition)
    assert found["variant"].to_list() == ["1_10_A_C", "X_20_A_C", "1_30_A_C"]
    assert found["label"].to_list() == [1, 0, 0]
    assert found["distance_bp"].to_list() == [5, 7, 9]
    parts = {part.name: part.members.sum() for part in parts_of(found, definition)}
    assert parts == {"all": 3, "consequence=utr": 2, "consequence=intron": 1}
    scores = scored([("chr1_10_A_C", None, "scored", 2.0), ("chrX_20_A_C", None, "scored", 1.0)])
    assert join_scores(found, scores, "max")["score"].to_list() == [2, 1, None]


def test_another_file_says_what_variants_are(tmp_path):
    subset, told = tmp_path / "subset.parquet", tmp_path / "test.parquet"
    variants = pl.DataFrame(
        {"chrom": ["chr1", "2", "3"], "pos": [10, 20, 30], "ref": ["a", "A", "A"], "alt": ["C"] * 3}
    )
    variants[::-1].write_parquet(subset)
    classes = variants[:2].with_columns(
        chrom=pl.Series(["1", "2"]), ref=pl.lit("A"), label=pl.Series([True, False]),
        match_group=pl.lit("utr_1"),
    )  # fmt: skip
    classes.write_parquet(told)
    definition = Definition(truth="label", groups="match_group")
    found = read_labelled([subset], definition, labels=[told])
    assert found.select("variant", "label", "group", "usable").rows() == [
        ("3_30_A_C", None, None, "no_label"),
        ("2_20_A_C", 0, "utr_1", "scored"),
        ("chr1_10_a_C", 1, "utr_1", "scored"),
    ]
    pl.concat([classes, classes[:1]]).write_parquet(told)
    with pytest.raises(InputError, match="has 1_10_A_C more than once; expected one row"):
        read_labelled([subset], definition, labels=[told])


def test_classes_with_names(tmp_path):
    path = write_vcf(tmp_path / "v.vcf", [
        ("chr1_1_A_C", "KIND=causal"), ("chr1_2_A_C", "KIND=matched"), ("chr1_3_A_C", "KIND=hard"),
        ("chr1_4_A_C", "."),
    ])  # fmt: skip
    found = read_labelled([path], Definition(truth="KIND=causal/matched"))
    assert found["label"].to_list() == [1, 0, None, None]
    assert found["usable"].to_list() == ["scored", "scored", "no_label", "no_label"]
    with pytest.raises(InputError, match="KIND is 'causal'; expected 1 or 0"):
        read_labelled([path], Definition(truth="KIND"))
    with pytest.raises(InputError, match="KIND is 'causal'; expected a number"):
        read_labelled([path], Definition(truth="KIND"), number=True)
    with pytest.raises(InputError, match="no 'BETA' in any row"):
        read_labelled([path], Definition(truth="BETA"))
    with pytest.raises(InputError, match="expected two datasets"):
        read_labelled([path], Definition())
    with pytest.raises(
        InputError, match="'yes' or 'no' in no row, but 'causal', 'hard', 'matched'"
    ):
        read_labelled([path], Definition(truth="KIND=yes/no"))


def scored(rows):
    schema = {"chrom": pl.String, "pos": pl.Int64, "ref": pl.String, "alt": pl.String,
              "gene_id": pl.String, "status": pl.String, "score": pl.Float64}  # fmt: skip
    cells = []
    for name, *rest in rows:
        chrom, pos, ref, alt = name.split("_")
        cells.append((chrom, int(pos), ref, alt, *rest))
    return pl.DataFrame(cells, schema=schema, orient="row").with_columns(file=pl.lit(0, pl.Int64))


def test_every_row_has_a_score_or_a_reason(tmp_path):
    rows = [
        ("chr1_10_A_C", "MT=G1"), ("chr1_20_A_C", "MT=G1"), ("chr1_30_A_C", "MT=G1"),
        ("chr1_40_A_C", "MT=G1"), ("chr1_50_A_C", "MT=G1"), ("chr1_60_A_C", "XX=1"),
        ("chr1_70_a_c", "MT=G1"), ("chr1_70_A_C", "MT=G1"),
    ]  # fmt: skip
    labelled = read_labelled(
        [write_vcf(tmp_path / "p.vcf", rows), write_vcf(tmp_path / "n.vcf", [])],
        Definition(genes="MT"),
    )
    scores = scored([
        ("1_10_A_C", "G1.7", "scored", 0.1), ("1_10_A_C", "G1.7_PAR_Y", "scored", 0.3),
        ("1_10_A_C", "G2.1", "scored", 9.0), ("1_20_A_C", "G2.1", "scored", 0.5),
        ("1_30_A_C", "G1.7", "scored", float("nan")), ("1_30_A_C", "G2.1", "scored", 1.0),
        ("1_80_A_C", "G1.7", "too_few_sites", None), ("1_80_A_C", "G2.1", "scored", 1.0),
        ("1_90_A_C", "G2.7", "too_few_sites", None),
        ("1_40_A_C", None, "ref_mismatch", None), ("1_60_A_C", "G1.7", "scored", 1.0),
        ("1_70_A_C", "G1", "scored", 0.0),
    ])  # fmt: skip
    found = join_scores(labelled, scores, "MT")
    assert found.rows() == [
        (0.3, "scored"), (None, "gene_not_scored"), (None, "prediction_not_finite"),
        (None, "ref_mismatch"), (None, "not_in_scores"), (None, "no_gene_named"), (0.0, "scored"),
        (None, "repeated"),
    ]  # fmt: skip
    assert set(found["status"]) <= set(STATUSES)
    largest = join_scores(labelled, scores, "max")
    assert largest["score"].to_list() == [9, 0.5, 1, None, None, 1, 0, None]
