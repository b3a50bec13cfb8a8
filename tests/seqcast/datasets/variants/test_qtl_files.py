import gzip

import polars as pl
import pytest

from seqcast.core.errors import InputError
from seqcast.datasets.variants.qtl_files import (
    read_expression,
    read_fine_mapped,
    read_tested,
)

CATALOGUE = "molecular_trait_id\tvariant\tpip\tz\n"
GTEX = "variant\tvariant_hg38\tmethod\ttissue\tgene\tpip\n"


def written(folder, name, text):
    path = folder / name
    path.write_bytes(gzip.compress(text.encode()) if name.endswith("gz") else text.encode())
    return path


@pytest.mark.parametrize("name", ["credible.txt", "credible.txt.gz"])
def test_credible_sets_of_the_catalogue(tmp_path, name):
    text = CATALOGUE + "ENSG1.grp_1.downstream.ENST1\tchr1_12_a_G\t0.5\t3\n"
    found = read_fine_mapped(written(tmp_path, name, text), "liver")
    assert found.rows() == [("chr1", 12, "A", "G", "ENSG1.grp_1.downstream.ENST1", "ENSG1", 0.5)]


def test_fine_mapping_of_gtex_is_of_one_tissue_and_method(tmp_path):
    rows = [
        "1_7_A_C\tchr1_9_A_C_b38\tSUSIE\tLiver\tENSG1.4\t0.9",
        "1_7_A_C\tchr1_9_A_C_b38\tFINEMAP\tLiver\tENSG1.4\t0.8",
        "1_7_A_C\tchr1_9_A_C_b38\tSUSIE\tLung\tENSG1.4\t0.7",
    ]
    path = written(tmp_path, "gtex.tsv", GTEX + "\n".join(rows) + "\n")
    found = read_fine_mapped(path, "Liver")
    assert found.rows() == [("chr1", 9, "A", "C", "ENSG1.4", "ENSG1", 0.9)]
    with pytest.raises(InputError, match="no row has tissue 'Heart'; expected one of Liver, Lung"):
        read_fine_mapped(path, "Heart")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("variant\tpip\n", "has the columns variant, pip; expected"),
        (CATALOGUE + "ENSG1\trs123\t0.5\t3\n", "a variant is 'rs123'; expected chrom_pos_ref_alt"),
        (CATALOGUE + "ENSG1\tchr1_1_A_G\tNA\t3\n", "PIP of chr1_1_A_G is no number from 0 to 1"),
        (CATALOGUE + "ENSG1\tchr1_1_A_G\t1.5\t3\n", "PIP of chr1_1_A_G is no number from 0 to 1"),
    ],
)
def test_fine_mapping_that_cannot_be_read(tmp_path, text, message):
    with pytest.raises(InputError, match=message):
        read_fine_mapped(written(tmp_path, "cs.tsv", text), "liver")


@pytest.mark.parametrize("name", ["tested.tsv", "tested.tsv.gz"])
def test_tested_variants_come_once(tmp_path, name):
    text = "chromosome\tposition\tref\talt\tgene_id\n" + "".join(
        f"X\t{pos}\tA\tT\tENSG{gene}\n" for pos in (5, 3) for gene in range(3)
    )
    found = read_tested(written(tmp_path, name, text))
    assert found.rows() == [("chrX", 3, "A", "T"), ("chrX", 5, "A", "T")]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("chromosome\tposition\n1\t2\n", "expected chromosome, position, ref, alt or variant"),
        ("variant\nchr1:5:A:T\n", "a variant is 'chr1:5:A:T'"),
        ("", "not readable as summary statistics"),
    ],
)
def test_tested_variants_that_cannot_be_read(tmp_path, text, message):
    with pytest.raises(InputError, match=message):
        read_tested(written(tmp_path, "tested.tsv", text))
    with pytest.raises(InputError, match="not readable as summary statistics"):
        read_tested(tmp_path / "none.tsv")


def gct(rows, head="Name\tDescription\tLiver\tLung"):
    return f"#1.2\n{len(rows)}\t2\n{head}\n" + "".join(f"{row}\n" for row in rows)


def test_expression_is_by_gene_without_version(tmp_path):
    rows = ["ENSG1.4\tA\t1.5\t0", "ENSG2.1\tB\t2\t3", "ENSG1.4_PAR_Y\tA\t9\t9"]
    found = read_expression(written(tmp_path, "tpm.gct.gz", gct(rows)), ["Lung", "Liver", "Lung"])
    assert found.to_dict(as_series=False) == {
        "gene": ["ENSG1", "ENSG2"], "Lung": [0, 3], "Liver": [1.5, 2],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Name\tLiver\nENSG1\t2\n", "is no GCT file"),
        (gct(["ENSG1\tA\tx\t1"]), "a value of gene ENSG1 is no number"),
        (gct(["ENSG1\tA\t-1\t1"]), "a value of gene ENSG1 is no number"),
        (gct(["ENSG1\tA\t1\t1"], "Name\tDescription\tLiver\tSkin"), "no column 'Lung'; expected"),
        (gct(["ENSG1\tA\t1\t1\t1"]), "is damaged .*; expected 4 columns in each line"),
        (gct(["ENSG1\tA\t1"]), "a value of gene ENSG1 is no number"),
        (gct([]).replace("0\t2", "9\t2"), "has 0 genes; its second line says 9: it is truncated"),
    ],
)
def test_expression_that_cannot_be_read(tmp_path, text, message):
    with pytest.raises(InputError, match=message):
        read_expression(written(tmp_path, "tpm.gct", text), ["Liver", "Lung"])


def test_types_are_those_of_variants(tmp_path):
    found = read_tested(written(tmp_path, "tested.tsv", "variant\nchr1_5_A_T\n"))
    assert found.schema == {
        "chrom": pl.String, "pos": pl.Int64, "ref": pl.String, "alt": pl.String,
    }  # fmt: skip
