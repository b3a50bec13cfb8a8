"""Precomputed scores have the numbers of their table, for tabix, cyvcf2 and bcftools."""

import gzip
import shutil
import subprocess

import cyvcf2
import numpy as np
import polars as pl
import pysam
import pytest

from seqcast.core import store
from seqcast.core.errors import InputError
from seqcast.core.store import array_column, write_table
from seqcast.predict.variants.exports import (
    Precomputed,
    PrecomputedFiles,
    write_precomputed,
)
from tests.seqcast.predict.variants.exports.examples import TRACKS

GROUPS = {"": "^RNA", "cage": "CAGE"}
# Two genes, one whose prediction is not finite; no gene; a run of N; another contig.
ROWS = [
    (0, "chr1", 5, "G", "GA", "G1.2", "one;a", "scored"),
    (0, "chr1", 5, "G", "GA", "G2", None, "scored"),
    (1, "chr1", 6, "T", "A", "G1.2", "one;a", "scored"),
    (1, "chr1", 6, "T", "A", "G2", None, "prediction_not_finite"),
    (2, "chr1", 7, "C", "A", None, None, "no_gene_in_window"),
    (3, "chr1", 9, "N", ".", None, None, "ref_ambiguous"),
    (4, "chr2", 1, "AC", "C", "G3", "three", "scored"),
]
NAMES = ["row", "chrom", "pos", "ref", "alt", "gene_id", "gene_name", "status"]


@pytest.fixture
def scores():
    rng, known = np.random.default_rng(3), np.array([row[-1] == "scored" for row in ROWS])
    frame = pl.DataFrame(ROWS, schema=NAMES, orient="row")
    return frame.with_columns(
        array_column(name, rng.normal(size=(len(ROWS), 3)), known)
        for name in ("logSED", "REF", "ALT", "logSED_sd", "REF_sd", "ALT_sd")
    )


@pytest.fixture
def exported(scores, tmp_path, monkeypatch, request):
    """Paths of the exports; of scores that are read so many rows at a time as a test says."""
    monkeypatch.setattr(store, "MOST_ROWS", getattr(request, "param", store.MOST_ROWS))
    files = PrecomputedFiles(*(tmp_path / name for name in ("scores", "tracks", "regions", "fai")))
    write_table(scores, files.scores, {})
    write_table(TRACKS, files.tracks, {})
    # of a variant that is not valid, of two that are, of an unknown contig
    regions = pl.DataFrame({"contig": ["2", "1", "2", None], "start": [None, 4, 0, 9],
                            "chrom": ["II", "chr1", "chr2", "chrZ"]})  # fmt: skip
    write_table(regions, files.regions, {})
    files.contigs.write_text("1\t100\t3\t60\t61\n2\t50\t3\t60\t61\nMT\t9\t3\t60\t61\n")
    made = Precomputed(tmp_path / "x.tsv.gz", tmp_path / "x.vcf.gz")
    write_precomputed(files, made, GROUPS, {"model": "m"})
    return made


@pytest.mark.parametrize("exported", [1, 3, 1 << 14], indirect=True)
def test_table_has_a_line_per_variant_and_gene(scores, exported):
    lines = gzip.decompress(exported.table.read_bytes()).decode().splitlines()
    assert [line[:6] for line in lines].count("##INFO") == 3 + 2 * 4
    assert '##seqcast={"model": "m"}' in lines
    units = [line for line in lines if "SEQCAST_REF_LEVEL_cage" in line]
    assert "mean over 1 of 3 tracks (CAGE); unit: sum of coverage x 1" in units[0]
    table = pl.read_csv(
        "\n".join(lines).encode(), separator="\t", comment_prefix="##", null_values="."
    )
    kept = scores.filter(pl.col("alt") != ".")
    identity = table.select("#CHROM", "POS", "REF", "ALT", "SEQCAST_STATUS", "SEQCAST_GENE").rows()
    assert identity == kept.select("chrom", "pos", "ref", "alt", "status", "gene_id").rows()
    assert table["SEQCAST_GENE_NAME"][0] == "one%3Ba"
    for ending, tracks in (("", [1, 2]), ("_cage", [0])):
        for key, name in (("logSED", "logSED"), ("logSED_SD", "logSED_sd"), ("REF_LEVEL", "REF"),
                          ("ALT_LEVEL", "ALT")):  # fmt: skip
            expected = [
                None if x is None else np.mean([x[i] for i in tracks]) for x in kept[name].to_list()
            ]
            for found, number in zip(table[f"SEQCAST_{key}{ending}"], expected, strict=True):
                assert found == (None if number is None else pytest.approx(number, rel=1e-5))


def test_tabix_finds_the_lines_of_a_position(exported):
    for suffix in ("csi", "tbi"):
        with pysam.TabixFile(str(exported.table), index=f"{exported.table}.{suffix}") as file:
            found = [line.split("\t")[1] for line in file.fetch("chr1", 5, 7)]
            assert found == ["6", "6", "7"]
            assert file.header[-1].startswith("#CHROM\tPOS\tREF\tALT\tSEQCAST_STATUS")


@pytest.mark.parametrize("exported", [1, 3, 1 << 14], indirect=True)
def test_cyvcf2_reads_values_of_all_genes(scores, exported):
    file = cyvcf2.VCF(str(exported.vcf))
    assert (file.seqnames, file.seqlens) == (["chr1", "chr2", "MT"], [100, 50, 9])
    records = {(r.CHROM, r.POS, r.REF, r.ALT[0]): dict(r.INFO) for r in file}
    assert list(records) == [("chr1", 5, "G", "GA"), ("chr1", 6, "T", "A"), ("chr1", 7, "C", "A"),
                             ("chr2", 1, "AC", "C")]  # fmt: skip
    info = records["chr1", 5, "G", "GA"]
    assert info["SEQCAST_GENE"] == "G1.2,G2"
    assert info["SEQCAST_GENE_NAME"] == "one%3Ba,."
    expected = scores["logSED"][:2].to_numpy()[:, 1:].mean(1)
    assert info["SEQCAST_logSED"] == pytest.approx(tuple(expected), rel=1e-5)
    assert records["chr1", 6, "T", "A"]["SEQCAST_STATUS"] == "scored,prediction_not_finite"
    assert records["chr1", 7, "C", "A"]["SEQCAST_STATUS"] == "no_gene_in_window"
    assert [r.POS for r in file("chr2:1-1")] == [1]


def of_user(path):
    """A VCF of which three records are precomputed."""
    lines = ["##fileformat=VCFv4.2", "##contig=<ID=chr1,length=100>", "##contig=<ID=chr2,length=50>",
             '##INFO=<ID=DP,Number=1,Type=Integer,Description="x">',
             "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO"]  # fmt: skip
    places = [
        ("chr1", 5, "G", "GA"),
        ("chr1", 5, "G", "GT"),
        ("chr1", 6, "T", "A"),
        ("chr2", 1, "AC", "C"),
    ]
    lines += [f"{c}\t{p}\tr{p}\t{r}\t{a}\t.\t.\tDP=3" for c, p, r, a in places]
    path.write_text("\n".join(lines) + "\n")
    pysam.tabix_compress(str(path), f"{path}.gz")
    pysam.tabix_index(f"{path}.gz", preset="vcf", csi=True)
    return f"{path}.gz"


def commands():
    """What `docs/how-to/precompute-regions.md` says of bcftools, line by line."""
    from tests.docs.pages import ROOT

    page = (ROOT / "docs/how-to/precompute-regions.md").read_text()
    return page.split("```bash\n")[1].split("```")[0], page.split("```bash\n")[2].split("```")[0]


@pytest.mark.parametrize("recipe", [0, 1])
def test_bcftools_annotates_a_vcf_as_the_page_says(exported, tmp_path, recipe):
    if not (shutil.which("bcftools") and shutil.which("tabix")):
        pytest.skip("the programs bcftools and tabix are not on the PATH")
    of_user(tmp_path / "my_variants.vcf")
    script = commands()[recipe].replace("scores.", "x.")
    subprocess.run(["bash", "-euo", "pipefail", "-c", script], cwd=tmp_path, check=True)
    found = [dict(record.INFO) for record in cyvcf2.VCF(str(tmp_path / "annotated.vcf.gz"))]
    assert [info["DP"] for info in found] == [3] * 4
    assert [info.get("SEQCAST_GENE") for info in found] == ["G1.2,G2", None, "G1.2,G2", "G3"]
    mine = {(r.POS, r.ALT[0]): dict(r.INFO) for r in cyvcf2.VCF(str(exported.vcf))}
    assert found[0]["SEQCAST_logSED"] == mine[5, "GA"]["SEQCAST_logSED"]
    assert found[3]["SEQCAST_REF_LEVEL_cage"] == mine[1, "C"]["SEQCAST_REF_LEVEL_cage"]


def test_a_group_without_tracks_is_an_error(exported, tmp_path):
    files = PrecomputedFiles(*(tmp_path / name for name in ("scores", "tracks", "regions", "fai")))
    with pytest.raises(InputError, match="'ATAC' matches none"):
        write_precomputed(files, exported, {"a": "ATAC"}, {})
