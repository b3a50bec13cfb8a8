"""The benchmark of reads as rules: from GenBank and FASTQ to metrics, on a small made-up genome."""

import random
import shutil
from pathlib import Path

import pytest

from seqcast.evaluation.metrics.published import ours
from seqcast.evaluation.reads.read_metrics import read_metrics
from tests.workflow.conftest import Workflow, gene_finders, new_folder

pytestmark = pytest.mark.slow

PROGRAMS = {"bowtie2": "bowtie2", "samtools": "samtools", "bedtools": "bedtools",
            "tblastn": "ncbi-blast+"}  # fmt: skip
GENE_NT, GAP_NT, GENES = 900, 600, 12
CODONS = [  # those that E. coli uses most
    "GCG", "GCC", "CTG", "CTG", "GAA", "GAA", "AAA", "GGC", "GGT", "ATT", "ATC", "ACC",
    "GTG", "CGT", "CGC", "AAC", "GAT", "GAC", "CAG", "CCG", "TTT", "AGC", "TAT", "ATG",
]  # fmt: skip
PLANNED = {
    "prepare_reference": 1,
    "index_reference": 1,
    "find_unclear": 1,
    "map_reads": 2,
    "select_reads": 2,
    "run_comparator": 2,
    "evaluate_benchmark": 1,
    "summarise_benchmark": 1,
}


def turned(text: str) -> str:
    return text[::-1].translate(str.maketrans("ACGT", "TGCA"))


def write_inputs(folder: Path) -> None:
    """A genome of genes and gaps, an unannotated one among them, its protein, and reads."""
    stream = random.Random(2)
    genome, features = "", []
    for i in range(GENES):
        genome += "".join(stream.choices("ACGT", k=GAP_NT))
        gene = "ATG" + "".join(stream.choices(CODONS, k=GENE_NT // 3 - 2)) + "TAA"
        start = len(genome) + 1
        if i:  # the first one is not annotated
            features.append(f"     CDS             {start}..{start + GENE_NT - 1}\n")
        genome += gene
    lines = "".join(
        f"{at + 1:>9} {genome[at : at + 60].lower()}\n" for at in range(0, len(genome), 60)
    )
    (folder / "toy.gbk").write_text(
        f"LOCUS       TOY   {len(genome)} bp    DNA     linear   BCT 01-JAN-2000\n"
        "VERSION     TOY.1\nFEATURES             Location/Qualifiers\n"
        f"{''.join(features)}ORIGIN\n{lines}//\n"
    )
    (folder / "unclear.bed").write_text(f"TOY.1\t{GAP_NT}\t{GAP_NT + GENE_NT}\n")
    for sample in ("one", "two"):
        with (
            (folder / f"{sample}_1.fq").open("w") as one,
            (folder / f"{sample}_2.fq").open("w") as two,
        ):
            for i in range(400):
                at = stream.randrange(len(genome) - 400)
                for file, bases in (
                    (one, genome[at : at + 150]),
                    (two, turned(genome[at + 250 : at + 400])),
                ):
                    file.write(f"@{sample}{i}\n{bases}\n+\n{'I' * 150}\n")


@pytest.fixture(scope="module")
def run(root, tmp_path_factory) -> Workflow:
    run = new_folder(root, tmp_path_factory.mktemp("benchmark"))
    for program, package in PROGRAMS.items():
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not installed (Debian: {package})")
    if not gene_finders():
        pytest.skip("pyrodigal is not installed (PyPI)")
    write_inputs(run.folder)
    (run.folder / "published.tsv").write_text(
        "benchmark\tmethod\tpart\tmetric\tvalue\tsource\tsame_rows\n"
        "toy\tpyrodigal\ttoy\taccuracy\t0.5\tmade up\tyes\n"
    )
    names = ("one", "two")
    run.configure(
        {
            "assemblies": [("toy", "toy.gbk", "", "", "", "unclear.bed")],
            "datasets": [(name, "mapped_reads", "toy", f"{name}_1.fq", "", f"{name}_2.fq")
                         for name in names],
            "benchmarks": [("toy", "reads", "one,two", "classification", "", "", "", "published.tsv")],
        },
        read_benchmark={"comparators": ["pyrodigal"], "threads": 1, "resamples": 50},
    )  # fmt: skip
    return run


def test_from_genbank_and_fastq_to_metrics_and_figure(run):
    planned = run.planned()
    assert {rule: n for rule, n in planned.items() if rule in PLANNED} == PLANNED
    run.succeed()
    results = run.folder / "results"
    metrics = read_metrics(results / "benchmarks/toy.tsv")
    found = {row["metric"]: row for row in ours(metrics).iter_rows(named=True)}
    assert set(metrics["part"]) == {"toy"}
    assert metrics.filter(origin="published")["value"].to_list() == [0.5]
    reads = sum(found[name]["value"] for name in ("tn", "fp", "fn", "tp"))
    tables = [(results / f"read_benchmark/{name}/dev.tsv").read_text() for name in ("one", "two")]
    assert reads == sum(text.count("\n") - 1 for text in tables) > 100
    assert found["roc_auc"]["value"] > 0.7  # genes against random bases
    for name in ("benchmarks/toy.roc.png", "benchmarks/toy.html", "benchmarks/toy.times.tsv"):
        assert (results / name).stat().st_size > 0
    unclear = (run.folder / "resources/references/toy.unclear.bed").read_text().splitlines()
    assert unclear[0] == f"TOY.1\t{GAP_NT}\t{GAP_NT + GENE_NT}"
    assert len(unclear) == GENES
    assert run.planned() == {}


def test_compat_reruns_what_it_decides(run):
    text = (run.folder / "config.yaml").read_text()
    (run.folder / "compat.yaml").write_text(
        text.replace("read_benchmark:", "read_benchmark:\n  compat: readseeker")
    )
    planned = run.planned(config="compat.yaml")
    assert {"prepare_reference", "find_unclear", "select_reads", "run_comparator"} <= set(planned)


def test_a_comparator_that_is_not_installed_stops_the_run(run, tmp_path):
    other = run.copy(tmp_path / "other")
    text = (other.folder / "config.yaml").read_text()
    (other.folder / "config.yaml").write_text(text.replace("- pyrodigal", "- fraggenescan"))
    if shutil.which("FragGeneScan"):
        pytest.skip("FragGeneScan is installed")
    result = other.run()
    assert result.returncode
    log = (other.folder / "logs/run_comparator/fraggenescan/one.log").read_text()
    assert "FragGeneScan is not on the PATH" in log
    assert not list(other.folder.glob("results/reads/fraggenescan/*.parquet"))
