"""What is made of datasets of oligos."""

from types import SimpleNamespace as Job

import pytest

from seqcast.core.errors import InputError
from tests.seqcast.plan.coverage_tables import write_files
from tests.workflow.conftest import HEADERS

N_EMPTY = HEADERS["datasets"].split().index("contexts") - 5  # cells between shards and contexts
EFFECTS = "results/oligo_effects/one/mpra"


def tables(contexts="contexts.tsv", kind="oligos"):
    return {
        "assemblies": [("sim", "genome.fa", "genes.gtf", "")],
        "models": [("one", "borzuki", "coverage", "params.json", "human", "human.tsv", "")],
        "folds": [("one", "0", "random", "1"), ("one", "1", "random", "2")],
        "datasets": [("mpra", kind, "sim", "a.bed", 2 if kind == "oligos" else "", *[""] * N_EMPTY, contexts)],
    }  # fmt: skip


def test_oligos_are_scored_per_fold_and_shift(planned, tmp_path):
    write_files(tmp_path)
    (tmp_path / "contexts.tsv").touch()
    plan = planned(tables(), oligos={"shifts_bp": [0, -24]}).oligos
    assert plan.targets == [f"{EFFECTS}.ensemble.{x}" for x in
                            ("parquet", "shift0.sed.h5", "shift-24.sed.h5")]  # fmt: skip
    job = Job(model="one", dataset="mpra", fold="1")
    assert plan.contexts(job) == "contexts.tsv"
    assert plan.folds(job) == [f"{EFFECTS}.fold0.parquet", f"{EFFECTS}.fold1.parquet"]
    shards = "results/oligo_effects/one/shards/mpra.fold1"
    assert plan.shards(job) == [f"{shards}.{i}.parquet" for i in (0, 1)]
    assert plan.score_options["shifts_bp"] == [0, -24]
    assert "window_scores" not in plan.score_options
    sites = {"polya_sites": "sites.bed", "gene_scores": ["logSED", "COVR"]}
    of_variants = planned(tables(), variant_effects=sites).oligos
    assert of_variants.score_options["gene_scores"] == ["logSED"]
    assert planned(tables(), exports=[]).oligos.targets == [f"{EFFECTS}.ensemble.parquet"]


@pytest.mark.parametrize(("contexts", "kind"), [("", "oligos"), ("contexts.tsv", "windows")])
def test_oligos_and_no_other_kind_have_contexts(planned, tmp_path, contexts, kind):
    write_files(tmp_path)
    with pytest.raises(InputError, match="contexts"):
        planned(tables(contexts, kind))
