"""Tables of variants of other libraries."""

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from polars.testing import assert_frame_equal

from seqcast.core.errors import InputError
from seqcast.genome.variant_tables import as_polars, numbered, of_columns

COLUMNS = {"chrom": ["chr1", "2"], "pos": [5, 7], "ref": ["A", "C"], "alt": ["AT", "G"]}
EXPECTED = numbered([(0, None, "chr1", 5, "A", "AT"), (1, None, "2", 7, "C", "G")])


@pytest.mark.parametrize("library", [
    pl.DataFrame, pl.LazyFrame, pd.DataFrame, pa.table,
    lambda columns: pd.DataFrame(columns).astype({"pos": "int32", "chrom": "category"}),
    lambda columns: pd.DataFrame(columns).astype({"pos": float}),
])  # fmt: skip
def test_tables_of_any_library_are_the_same(library):
    assert_frame_equal(of_columns(as_polars(library(COLUMNS), "variants"), "table"), EXPECTED)


def test_names_of_a_vcf_and_ids_are_taken():
    names = {"chrom": "#CHROM", "pos": "POS", "ref": "REF", "alt": "ALT"}
    table = pl.DataFrame(COLUMNS).rename(names).with_columns(ID=pl.Series(["rs1", None]))
    found = of_columns(table, "table")
    assert found["variant"].to_list() == ["rs1", "2_7_C_G"]
    assert_frame_equal(found.drop("variant"), EXPECTED.drop("variant"))


@pytest.mark.parametrize(("change", "message"), [
    (lambda t: t.drop("ref"), "table has no column 'ref'; expected chrom, pos, ref, alt.* It has chrom, pos, alt"),
    (lambda t: t.with_columns(pos=pl.lit("x")), "table: .*expected pos as whole numbers"),
    (lambda t: t.with_columns(pos=pl.lit(1.5)), "table: pos holds fractions"),
    (lambda t: t.with_columns(alt=None), "table has rows without"),
    (lambda t: t.clear().select(), "It has none"),
])  # fmt: skip
def test_what_cannot_be_is_named(change, message):
    with pytest.raises(InputError, match=message):
        of_columns(change(pl.DataFrame(COLUMNS)), "table")


@pytest.mark.parametrize("table", [5, {"chrom": ["chr1"]}, None])
def test_what_is_no_table_is_refused(table):
    with pytest.raises(
        InputError, match=r"variants is of type \w+; expected the path of a VCF, a list"
    ):
        as_polars(table, "variants")
