"""Classes of variants and genes."""

import polars as pl
import pytest

from seqcast.genome.annotation import Annotation, Gene
from seqcast.predict.nulls.null_classes import (
    CLASSES,
    LEVELS,
    class_name,
    classify,
    distance_classes,
    edited_bases,
)

GENES = (
    Gene("a", "", "chr1", "+", ((100, 200), (300, 400)), coding=((150, 200), (300, 320))),
    Gene("b", "", "chr1", "-", ((500, 600),)),
    Gene("par", "", "chrX", "+", ((100, 200),)),
    Gene("par", "", "chrY", "+", ((5000, 5100),), coding=((5010, 5020),)),
)
ROWS = {
    "pos": [161, 250, 381, 550, 161, 101, 5015, 90],
    "ref": ["A", "A", "A", "A", "ATG", "A", "A", "A"],
    "alt": ["G", "G", "G", "G", "A", "G", "G", "G"],
    "gene_id": ["a", "a", "a", "b", "a", "par", "par", "unknown"],
    "distance_to_tss_bp": [60, 149, 280, 50, 60, 0, 14, -3],
}


def test_rows_have_the_class_of_their_gene_and_place():
    found = classify(pl.DataFrame(ROWS), Annotation(GENES), [100])
    assert dict(found.schema) == CLASSES
    assert found.rows() == [
        ("coding", "cds", "0-99 bp"), ("coding", "intron", "100+ bp"), ("coding", "utr3", "100+ bp"),
        ("noncoding", "noncoding_exon", "0-99 bp"), ("coding", "cds", "0-99 bp"),
        ("noncoding", "noncoding_exon", "0-99 bp"), ("coding", "cds", "0-99 bp"),
        (None, None, "0-99 bp"),
    ]  # fmt: skip


def test_scores_of_mrnas_keep_their_consequences():
    rows = pl.DataFrame(ROWS).head(2).with_columns(consequence=pl.Series(["missense", None]))
    assert classify(rows, Annotation(GENES), [100])["consequence"].to_list() == ["missense", None]


def test_without_a_gene_there_is_no_class():
    rows = (
        pl.DataFrame(ROWS)
        .head(1)
        .with_columns(gene_id=pl.lit(None, pl.String), distance_to_tss_bp=pl.lit(None, pl.Int64))
    )
    assert classify(rows, Annotation(GENES), [100]).row(0) == (None, None, None)


@pytest.mark.parametrize(("pos", "ref", "alt", "bases"), [
    (10, "A", "G", (9, 10)),
    (10, "AC", "GT", (9, 11)),
    (10, "A", "ATT", (10, 10)),
    (10, "ATT", "A", (10, 12)),
    (10, "ATT", "AG", (10, 12)),
    (10, "AT", "C", (9, 11)),
])  # fmt: skip
def test_bases_that_alleles_share_at_their_start_are_not_replaced(pos, ref, alt, bases):
    starts, ends = edited_bases(pl.DataFrame({"pos": [pos], "ref": [ref], "alt": [alt]}))
    assert (starts[0], ends[0]) == bases


def test_distances_count_by_their_magnitude():
    distances = pl.Series([0, -999, 1000, 99_999, -100_000, None])
    assert distance_classes(distances, [1000, 100_000]).to_list() == [
        "0-999 bp", "0-999 bp", "1000-99999 bp", "1000-99999 bp", "100000+ bp", None]  # fmt: skip


def test_names_of_classes():
    row = ("coding", None, "0-999 bp")
    assert [class_name(level, row) for level in LEVELS] == [
        "coding, none, 0-999 bp", "coding, none", "none", "all"]  # fmt: skip
