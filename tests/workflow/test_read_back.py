"""Files of the finished demo, read by the tools that people use: each has the numbers of ours."""

import shutil
import subprocess

import cyvcf2
import h5py
import numpy as np
import polars as pl
import pyBigWig
import pyranges
import pytest

from seqcast.core.store import array_values
from seqcast.evaluation.reads.references import write_bed
from seqcast.predict.coverage.coverage_files import read_coverage

pytestmark = pytest.mark.slow

SCORES = "results/variant_effects/borzuki_tiny/simulated_variants"
RANKED = "results/report/borzuki_tiny/simulated_variants.ranked.parquet"
COVERAGE = "results/coverage/borzuki_tiny/simulated_regions.ensemble"
GENOME = "resources/assemblies/simulated.fa.gz"


def contigs_of(folder):
    lines = (folder / f"{GENOME}.fai").read_text().splitlines()
    return {line.split("\t")[0]: int(line.split("\t")[1]) for line in lines}


def test_pybigwig_reads_coverage(finished):
    folder = finished.folder
    with read_coverage(folder / f"{COVERAGE}.zarr") as coverage:
        values, windows = np.asarray(coverage.values), coverage.windows.to_dicts()
    paths = sorted((folder / f"{COVERAGE}.bigwig").glob("*.bw"))
    assert len(paths) == values.shape[1]
    window = windows[0]
    width = (window["end"] - window["start"]) // values.shape[2]
    alone = [  # of the first window: the first bin that no other one covers
        i for i in range(values.shape[2])
        if window["start"] + i * width >= 0 and not any(
            other["contig"] == window["contig"] and other["start"] < window["start"] + (i + 1) * width
            and other["end"] > window["start"] + i * width for other in windows[1:])
    ]  # fmt: skip
    start = window["start"] + alone[0] * width
    found = []
    for path in paths:
        with pyBigWig.open(str(path)) as file:
            assert file.isBigWig()
            assert file.chroms() == contigs_of(folder)
            inside = file.values(window["contig"], start, start + width, numpy=True)
            assert (inside == inside[0]).all()
            assert file.stats(window["contig"], start, start + width)[0] == pytest.approx(inside[0])
            found.append(inside[0])
    assert sorted(found) == pytest.approx(sorted(values[0, :, alone[0]]), rel=1e-6)


def test_cyvcf2_reads_scores(finished):
    ranked = pl.read_parquet(finished.folder / RANKED)
    path = str(finished.folder / f"{SCORES}.ensemble.vcf.gz")
    told = {}
    for record in cyvcf2.VCF(path):
        score = record.INFO["SEQCAST_logSED"]  # a number, or one per ALT
        scores = score if isinstance(score, tuple) else [score]
        for alt, one in zip(record.ALT, scores, strict=True):
            told[record.CHROM, record.POS, record.REF, alt] = one
    mine = ranked.select("chrom", "pos", "ref", "alt", "mean").rows()
    assert mine
    for *key, mean in mine:
        assert told[tuple(key)] == pytest.approx(mean, rel=1e-4, abs=1e-6)
    chrom, pos = mine[0][:2]
    by_index = [record.POS for record in cyvcf2.VCF(path)(f"{chrom}:{pos}-{pos}")]
    assert by_index
    assert set(by_index) == {pos}


def test_bcftools_reads_scores(finished):
    if not (program := shutil.which("bcftools")):
        pytest.skip("the program bcftools is not on the PATH")
    path = finished.folder / f"{SCORES}.ensemble.vcf.gz"
    done = subprocess.run([program, "query", "-f", "%CHROM\t%POS\t%INFO/SEQCAST_logSED\n", path],
                          capture_output=True, text=True, check=True)  # fmt: skip
    assert done.stderr == ""
    assert len(done.stdout.splitlines()) == sum(1 for _ in cyvcf2.VCF(str(path)))


def test_h5py_reads_scores_as_the_notebooks_do(finished):
    table = pl.read_parquet(finished.folder / f"{SCORES}.ensemble.parquet")
    scored = table.filter(pl.col("status") == "scored")
    with h5py.File(finished.folder / f"{SCORES}.ensemble.sed.h5", "r") as sed:
        snps = [name.decode("UTF-8") for name in sed["snp"]]
        genes = [name.decode("UTF-8") for name in sed["gene"]]
        labels = [name.decode("UTF-8") for name in sed["target_labels"]]
        variants = [snps[i] for i in sed["si"][:]]
        scores = sed["logSED"][:].astype(float)
        places = list(
            zip(sed["chr"], sed["pos"], sed["ref_allele"], sed["alt_allele"], strict=True)
        )
    expected, _ = array_values(scored["logSED"])
    assert scores.shape == (len(scored), len(labels)) == expected.shape
    order = {row: i for i, row in enumerate(zip(variants, genes, strict=True))}
    assert len(order) == len(scored)
    assert len(places) == len(snps)
    assert isinstance(places[0][0].decode("UTF-8"), str)
    mine = [order[row] for row in scored.select("variant", "gene_id").iter_rows()]
    assert np.allclose(scores[mine], expected, rtol=1e-3, atol=1e-4)  # float16


@pytest.mark.filterwarnings("ignore:.*:DeprecationWarning")  # pyranges' use of pandas 3
def test_pyranges_reads_intervals(tmp_path):
    regions = pl.DataFrame({"contig": ["a", "a", "b"], "start": [0, 20, 5], "end": [10, 30, 9]})
    write_bed(regions, tmp_path / "r.bed")
    found = pyranges.read_bed(str(tmp_path / "r.bed"))
    assert found.df.to_numpy().tolist() == [["a", 0, 10], ["a", 20, 30], ["b", 5, 9]]
    other = pyranges.PyRanges(chromosomes=["a"], starts=[9], ends=[20])
    # half-open: 9 to 10 is shared, and what begins at 20 is not
    assert found.intersect(other).df.to_numpy().tolist() == [["a", 9, 10]]
