"""Sets of reads to files, without Snakemake."""

from types import SimpleNamespace as Job

import pytest

from seqcast.plan.reads import Reads

TABLES = {
    "assemblies": [("sim", "genome.fa", "genes.gtf", "")],
    "models": [("small", "readseeker", "reads", "shape.json", "", "", "")],
    "folds": [("small", 0, "random", 1)],
    "datasets": [("known", "labelled_reads", "", "known.tsv", 1), ("pairs", "reads", "", "1.fq", 1, "2.fq"),
                 ("cram", "reads", "sim", "reads.cram", 1), ("snvs", "variants", "sim", "a.vcf", 1)],
}  # fmt: skip
TABLE, REPORT = "results/reads/small", "results/report/small"


@pytest.fixture
def reads(catalogue, tmp_path):
    def planned(**config):
        for name in ("1.fq", "2.fq", "reads.cram"):
            (tmp_path / name).touch()
        found = catalogue(TABLES, **config)
        (tmp_path / "resources/assemblies").mkdir(parents=True, exist_ok=True)
        (tmp_path / "resources/assemblies/sim.fa.gz").touch()
        return Reads(found)

    return planned


def test_models_classify_sets_of_reads_alone(reads):
    found = reads(split_reads="either")
    assert found.pairs == [("small", "pairs"), ("small", "cram"), ("small", "known")]
    assert found.targets == [
        *[f"{TABLE}/{name}.parquet" for name in ("pairs", "cram", "known")],
        f"{REPORT}/pairs.reads.png", f"{TABLE}/pairs.split",
        f"{REPORT}/cram.reads.png", f"{TABLE}/cram.split",
        f"{REPORT}/known.reads.png", f"{TABLE}/known.pred_results.npy",
        "results/report/reads.html",
    ]  # fmt: skip


def test_reads_are_split_where_it_is_asked_for(reads):
    assert [path for path in reads(split_reads="no").targets if path.endswith("split")] == []


def test_no_model_of_reads_no_page(catalogue):
    assert Reads(catalogue({})).targets == []


def test_pairs_are_two_files_and_a_cram_file_comes_with_its_genome(reads):
    found = reads()
    assert found.files(Job(dataset="pairs")) == {"path": "1.fq", "path2": "2.fq"}
    genome = "resources/assemblies/sim.fa.gz"
    assert found.files(Job(dataset="cram")) == {"path": "reads.cram", "reference": genome}


@pytest.mark.parametrize(("cell", "told"), [("yes", True), ("", False)])
def test_mates_may_alternate_in_one_file(catalogue, tmp_path, cell, told):
    found = catalogue({})
    columns = ["dataset", "kind", "assembly", "path", "shards", "interleaved"]
    row = ["mates", "reads", "", "m.fq", "1", cell]
    (tmp_path / "datasets.tsv").write_text("\t".join(columns) + "\n" + "\t".join(row) + "\n")
    found = type(found)(found.config, found.schemas)
    assert Reads(found).interleaved(Job(dataset="mates")) is told
