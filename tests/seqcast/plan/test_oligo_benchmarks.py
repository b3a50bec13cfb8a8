"""What is made of benchmarks of reporter assays."""

from dataclasses import replace
from types import SimpleNamespace as Job

import pytest

from seqcast.core.errors import InputError
from tests.seqcast.plan.coverage_tables import write_files
from tests.workflow.conftest import HEADERS

N_EMPTY = HEADERS["datasets"].split().index("contexts") - 5  # cells between shards and contexts
GROUPS = {"shifts_bp": [0], "track_groups": "groups.tsv"}


def tables(sets="ref,alt", truth="measured.tsv", protocol="mpra"):
    cells = dict.fromkeys(HEADERS["benchmarks"].split(), "") | {
        "benchmark": "assay", "task": "oligos", "datasets": sets, "protocol": protocol,
        "truth": truth,
    }  # fmt: skip
    return {
        "assemblies": [("sim", "genome.fa", "genes.gtf", "")],
        "models": [("one", "borzuki", "coverage", "params.json", "human", "human.tsv", "")],
        "folds": [("one", "0", "random", "1"), ("one", "1", "random", "2")],
        "datasets": [(name, "oligos", "sim", "a.bed", 1, *[""] * N_EMPTY, f"{name}_contexts.tsv")
                     for name in ("ref", "alt")],
        "benchmarks": [tuple(cells.values())],
    }  # fmt: skip


@pytest.fixture
def files(tmp_path):
    write_files(tmp_path)
    for name in ("measured.tsv", "groups.tsv", "ref_contexts.tsv", "alt_contexts.tsv"):
        (tmp_path / name).touch()


def test_a_benchmark_takes_the_folds_of_each_dataset(planned, files):
    plan = planned(tables(), oligos=GROUPS).oligo_benchmarks
    assert plan.targets == ["results/benchmarks/assay.tsv"]
    found = plan.files(Job(benchmark="assay"))
    assert found["scores"] == [f"results/oligo_effects/one/{name}.fold{fold}.parquet"
                               for name in ("ref", "alt") for fold in "01"]  # fmt: skip
    assert found["contexts"] == ["ref_contexts.tsv", "alt_contexts.tsv"]
    assert (found["measured"], found["features"]) == ("measured.tsv", "groups.tsv")
    assert "saluki" not in found
    assert plan.folds == {"one": 2}
    assert plan.options["score"] == "logSED"


def test_models_with_half_lives_of_genes_give_their_regressions(planned, files):
    plan = planned(tables(), oligos=GROUPS).oligo_benchmarks
    assert plan.half_lives == {}
    tested = {"cells": [("other", "0")], "set": [("one", "0"), ("one", "1")]}
    accuracy = Job(half_lives=dict.fromkeys(tested, "hl.tsv"), tested=tested)
    plan = replace(plan, accuracy=accuracy)
    assert plan.half_lives == {"one": "set"}
    path = "results/coverage_accuracy/one/set.half_life_models.tsv"
    assert plan.files(Job(benchmark="assay"))["half_lives"] == [path]


@pytest.mark.parametrize(
    ("changed", "options", "message"),
    [
        ({"sets": "ref"}, GROUPS, "has 1 datasets; expected pairs"),
        ({}, {}, "needs groups of tracks"),
        ({"truth": ""}, GROUPS, "truth"),
        ({"protocol": "classification"}, GROUPS, "protocol"),
    ],
)
def test_a_benchmark_that_cannot_be_made_is_told(planned, files, changed, options, message):
    with pytest.raises(InputError, match=message):
        planned(tables(**changed), oligos=options)
