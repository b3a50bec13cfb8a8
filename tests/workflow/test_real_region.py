"""The whole workflow on real regions, with the real tiny model, against the original's scores."""

import gzip
import json
import shutil
import zipfile

import h5py
import numpy as np
import polars as pl
import pyarrow.parquet as pq
import pysam
import pytest

from tests.seqcast.predict.variants.test_golden_scores import assert_close

pytestmark = pytest.mark.slow


def records_of(source, path, n, step=1):
    """The header and `n` records of a VCF (plain or gzip), each `step`-th, as plain text."""
    text = gzip.decompress(source.read_bytes()) if source.suffix == ".gz" else source.read_bytes()
    lines = text.decode().splitlines(keepends=True)
    header = [line for line in lines if line.startswith("#")]
    path.write_text("".join(header + lines[len(header) :: step][:n]))
    return path


@pytest.fixture(scope="module")
def run(workflow, shared):
    """One run: three regions, a model whose folds are a file and its copy, and one of two that disagree."""
    human, reference = shared / "data/human", shared / "reference/borzuki"
    tiny, reduced = reference / "real_tiny/data", reference / "reduced_hl_clip_micro_like"
    chr1, chr3, chr22 = (next(human.glob(f"{name}*")) for name in ("chr1_", "chr3_", "chr22_"))
    snps = records_of(chr22 / "dbsnp_snv.chr22_20-21M.vcf.gz", workflow.folder / "chr22.vcf", 3)
    pos = records_of(
        human / "lookalike_formats/eqtl_utr3/pos_merge.vcf", workflow.folder / "chr3.vcf", 3
    )
    # the tables cannot tell that it is the same: the paths and the dates differ
    copied = shutil.copyfile(tiny / "model.h5", workflow.folder / "copied.h5")
    thousand = records_of(
        chr1 / "1000GP_subset.vcf.gz", workflow.folder / "thousand.vcf", 7, step=16
    )
    workflow.configure(
        {
            "assemblies": [
                ("hg38_chr1", chr1 / "hg38_1m.fa.gz", chr1 / "gencode.v29.chr1_0-1M.gtf.gz", ""),
                ("hg38_chr3", chr3 / "chr3.hg38coords.npad.fa.gz", chr3 / "gencode.v35.protein_coding.gtf.gz", ""),
                ("GRCh37_chr22", chr22 / "chr22.GRCh37coords.npad.fa.gz",
                 chr22 / "spliceai_grch37_longestORF.chr22_20-21M.gtf.gz", "resources/contigs/hg19.tsv"),
            ],
            "models": [
                ("tiny", "borzuki", "coverage", tiny / "params.json", "human", tiny / "tiny_hg38/targets.txt", "real"),
                ("reduced", "borzuki", "coverage", reduced / "params.json", "human", reduced / "targets_human.txt", ""),
            ],
            "folds": [
                ("tiny", "a", "source", tiny / "model.h5"), ("tiny", "b", "source", copied),
                ("reduced", "0", "source", reduced / "model0.h5"), ("reduced", "1", "random", "7"),
            ],
            "datasets": [
                ("eqtl", "variants", "hg38_chr1", chr1 / "eqtl.vcf", 2),
                ("thousand", "variants", "hg38_chr1", thousand, 1),
                ("chr3", "variants", "hg38_chr3", pos, 1),
                ("chr22", "variants", "GRCh37_chr22", snps, 1),
            ],
        },
        exports=["vcf"],  # the others are written in other tests
        report={"top": 2},
    )  # fmt: skip
    workflow.succeed()
    return workflow


def table(run, name):
    return pl.read_parquet(run.folder / "results/variant_effects" / name)


@pytest.mark.parametrize("part", ["fold{a}", "fold{b}", "ensemble"])
def test_window_scores_of_the_eqtls_equal_hound_snp(run, shared, part):
    # SNVs need no compat: the default and hound_snp agree on them
    found = table(run, f"tiny/eqtl.window.{part.replace('{', '').replace('}', '')}.parquet")
    golden = shared / "reference/borzuki/real_tiny/golden/hound_snp_eqtl_rc_f32.h5"
    with h5py.File(golden) as file:
        assert found["variant"].to_list() == file["snp"][()].astype(str).tolist()
        for name in [n for n in file if file[n].ndim == 2]:
            assert_close(found[name].to_numpy(), file[name][()], name)


def test_equal_folds_have_no_spread(run):
    for name in ("eqtl", "thousand", "chr3", "chr22"):
        scores = table(run, f"tiny/{name}.ensemble.parquet")
        spread = [c for c in scores.columns if c.endswith("_sd")]
        assert len(spread) == 11
        assert all(scores[c].null_count() == len(scores) for c in spread)


def test_folds_that_disagree_have_a_spread(run):
    scores = table(run, "reduced/thousand.ensemble.parquet").filter(pl.col("status") == "scored")
    folds = [
        table(run, f"reduced/thousand.fold{f}.parquet").filter(pl.col("status") == "scored")
        for f in "01"
    ]
    values = np.stack([f["logSED"].to_numpy() for f in folds]).astype(float)
    assert np.allclose(scores["logSED"].to_numpy(), values.mean(0), rtol=1e-5, atol=1e-8)
    assert np.allclose(
        scores["logSED_sd"].to_numpy(), np.abs(values[0] - values[1]) / 2**0.5, rtol=1e-4, atol=1e-7
    )
    assert scores["logSED_sd"].to_numpy().max() > 0


@pytest.mark.parametrize(
    ("name", "rows"), [("eqtl", 8), ("thousand", 7), ("chr3", 3), ("chr22", 3)]
)
def test_every_variant_is_there_and_scored(run, name, rows):
    # every REF of these files equals the genome (README of the data), and windows are padded
    window = table(run, f"tiny/{name}.window.ensemble.parquet")
    assert window["status"].to_list() == ["scored"] * rows
    gene = table(run, f"tiny/{name}.ensemble.parquet")
    assert gene["row"].unique().sort().to_list() == list(range(rows))
    assert set(gene["status"]) <= {"scored", "no_gene_in_window"}


def test_genes_are_those_of_the_annotation(run):
    names = set(table(run, "tiny/chr3.ensemble.parquet")["gene_name"])
    assert {"PBRM1", "GNL3"} & names  # genes of chr3:52.3-52.8 Mb
    assert table(run, "tiny/chr22.ensemble.parquet")["chrom"].unique().to_list() == ["chr22"]


def test_files_say_what_made_them(run):
    path = run.folder / "results/variant_effects/reduced/eqtl.ensemble.parquet"
    facts = json.loads(pq.read_schema(path).metadata[b"seqcast"])
    assert facts["model"] == "reduced"
    assert facts["fold"] == ["0", "1"]
    assert facts["origin"] == ["source", "random"]
    assert facts["assembly"] == "hg38_chr1"
    assert facts["options"]["reverse_complement"] is True


def test_annotated_vcf_is_indexed(run):
    with pysam.VariantFile(
        str(run.folder / "results/variant_effects/tiny/thousand.ensemble.vcf.gz")
    ) as vcf:
        records = list(vcf.fetch("chr1", 800_000, 1_000_000))
    assert records
    assert all(r.info["SEQCAST_STATUS"][0] in {"scored", "no_gene_in_window"} for r in records)


def test_report_is_built(run):
    run.succeed("--report", "report.zip")
    with zipfile.ZipFile(run.folder / "report.zip") as report:
        names = report.namelist()
    assert sum(name.endswith("summary.html") for name in names) == 1
    assert sum(name.endswith(".png") for name in names) >= 2 * 4 * 2


def test_second_run_has_nothing_to_do(run):
    assert "Nothing to be done" in run.succeed()
