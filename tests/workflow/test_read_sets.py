"""From assembly summaries and GenBank files to train.tsv and dev.tsv, by Snakemake."""

import gzip
import shutil
from pathlib import Path

import polars as pl
import pytest
import yaml

from seqcast.reads.dnabert import read_dnabert
from tests.seqcast.genbank_files import genome, publish, summary
from tests.workflow.conftest import Workflow, new_folder, read_rows

pytestmark = pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")

PLANNED = {"download_source": 1, "select_assemblies": 2, "index_assemblies": 3, "sample_reads": 1}
TRAIN = "results/read_sets/tiny/train.tsv"


@pytest.fixture(scope="module")
def run(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Workflow:
    """Four bacteria of three species in a summary, and a phage as a file."""
    run = new_folder(root, tmp_path_factory.mktemp("read_sets"))
    species = {"GCF_1.1": 10, "GCF_2.1": 20, "GCF_3.1": 20, "GCF_4.1": 40, "GCF_5.1": 50}
    rows = [
        {
            "assembly_accession": name, "species_taxid": taxid,
            "assembly_level": "Contig" if name == "GCF_5.1" else "Complete Genome",
            "ftp_path": publish(run.folder / "ncbi", name, genome(f"NC_{name[4]}.1", taxid)),
        }
        for name, taxid in species.items()
    ]  # fmt: skip
    (run.folder / "ncbi/assembly_summary.txt").write_text(summary(rows))
    with gzip.open(run.folder / "phage.gbk.gz", "wt") as file:
        file.write(genome("NC_9.1", 9))
    url = (run.folder / "ncbi/assembly_summary.txt").as_uri()
    source = ("bacteria_summary", "1", url, "bacteria_summary.txt", "", "none", "made up")
    collections = [
        ("bacteria", "bacteria", "bacteria_summary", "Full", "Complete Genome", "", "", "", 2),
        ("phage", "viral", "phage.gbk.gz", "", "", "", "", "", 1),
    ]
    part = {"kind": "simulated_reads", "pool": "tiny"}
    datasets = [
        {**part, "dataset": "one", "path": "bacteria", "train_per_class": 50, "dev_per_class": 10},
        {**part, "dataset": "two", "path": "phage", "train_per_class": 20, "dev_per_class": 5,
         "split": "read"},
    ]  # fmt: skip
    run.configure({"sources": [source], "collections": collections, "datasets": datasets})
    return run


@pytest.mark.slow
def test_read_set_is_made_when_asked_for_and_only_then(run: Workflow) -> None:
    assert {"sample_reads", "index_assemblies"} & run.planned().keys() == set()
    assert run.planned("--nocolor", TRAIN) == PLANNED
    run.succeed(TRAIN)
    assert run.planned("--nocolor", TRAIN) == {}
    counts = {}
    for part in ("train", "dev"):
        reads = [
            r
            for chunk in read_dnabert(run.folder / f"results/read_sets/tiny/{part}.tsv")
            for r in chunk
        ]
        assert all(len(read.sequence) == 300 for read in reads)
        counts[part] = sorted((read.columns[0], read.label) for read in reads)
    kinds = [("bacteria", 0), ("bacteria", 1), ("viral", 0), ("viral", 1)]
    assert counts["train"] == [
        kind for kind, n in zip(kinds, (50, 50, 20, 20), strict=True) for _ in range(n)
    ]
    assert counts["dev"] == [
        kind for kind, n in zip(kinds, (10, 10, 5, 5), strict=True) for _ in range(n)
    ]
    genomes = pl.read_csv(run.folder / "results/read_sets/tiny/genomes.tsv", separator="\t")
    bacteria = genomes.filter(collection="bacteria")
    assert bacteria["assembly"].to_list() == ["GCF_1.1", "GCF_2.1", "GCF_3.1", "GCF_4.1"]
    assert ((bacteria["train"] > 0) ^ (bacteria["dev"] > 0)).all()  # no genome in both
    assert bacteria.filter(unit="species_taxid 20").height == 2
    status = pl.read_csv(run.folder / "resources/read_sets/bacteria/assemblies.tsv", separator="\t")
    assert status.filter(pl.col("status") != "selected").select("assembly", "status").rows() == [
        ("GCF_5.1", "other_assembly_level")
    ]


@pytest.mark.slow
def test_published_sets_are_planned_when_asked_for(root: Path, tmp_path: Path) -> None:
    run = new_folder(root, tmp_path)
    run.configure({"sources": read_rows(root / "config/sources.tsv")})
    config = yaml.safe_load((tmp_path / "config.yaml").read_text())
    for name in ("collections", "datasets", "assemblies"):
        config["tables"][name] = f"config/published/{name}.tsv"
    (tmp_path / "config.yaml").write_text(yaml.safe_dump(config))
    planned = run.planned("--nocolor", "results/read_sets/readseeker_small/train.tsv")
    assert planned == {"download_source": 5, "select_assemblies": 5, "index_assemblies": 16 + 400 + 3,
                       "sample_reads": 1}  # fmt: skip
