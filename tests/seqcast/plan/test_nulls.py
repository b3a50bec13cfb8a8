"""Which datasets are compared with which nulls, and what is made of them."""

from types import SimpleNamespace as Job

import pytest

from seqcast.core.errors import InputError
from tests.seqcast.plan.coverage_tables import write_files

MODELS = [("one", "borzuki", "coverage", "params.json", "human", "human.tsv", ""),
          ("helix", "helix_mrna", "embedding", "params.json", "", "", "")]  # fmt: skip
SNVS = {"dataset": "snvs", "kind": "variants", "assembly": "sim", "path": "snvs.vcf"}
COMMON = {"dataset": "common", "kind": "nulls", "assembly": "sim", "path": "snvs.vcf", "shards": 2}
MRNAS = {"dataset": "mrnas", "kind": "transcripts", "assembly": "sim", "path": "canonical"}
JOB = Job(model="one", dataset="snvs")


@pytest.fixture
def plan(planned, tmp_path):
    write_files(tmp_path)
    tables = {
        "assemblies": [
            ("sim", "genome.fa", "genes.gtf", ""),
            ("far", "genome.fa", "genes.gtf", ""),
        ],
        "models": MODELS,
        "folds": [("one", "0", "random", "1"), ("helix", "0", "random", "1")],
    }
    return lambda *rows, **config: planned({**tables, "datasets": list(rows)}, **config)


def test_nulls_of_an_assembly_are_compared_with(plan):
    found = plan(SNVS, COMMON, {**SNVS, "dataset": "others", "assembly": "far"})
    assert found.nulls.compared == {"snvs": "common"}
    assert found.nulls.targets == [
        "results/nulls/one/common.parquet", "results/report/one/common.nulls.html",
        "results/variant_effects/one/snvs.percentiles.parquet"]  # fmt: skip
    assert set(found.nulls.targets) <= set(found.targets)
    assert found.nulls.percentiles(JOB) == "results/variant_effects/one/snvs.percentiles.parquet"
    assert found.nulls.percentiles(Job(model="one", dataset="others")) == []
    assert found.nulls.percentiles(Job(model="helix", dataset="snvs")) == []
    assert found.nulls.of_scores(JOB)["nulls"] == "results/nulls/one/common.parquet"


def test_without_nulls_nothing_is_compared(plan):
    found = plan(SNVS)
    assert (found.nulls.targets, found.nulls.percentiles(JOB)) == ([], [])


def test_mrna_models_have_nulls_where_they_have_transcripts(plan):
    found = plan(SNVS, COMMON, MRNAS)
    assert found.nulls.tables == [
        "results/nulls/one/common.parquet", "results/nulls/helix/common.parquet"]  # fmt: skip
    of_mrnas = Job(model="helix", dataset="common")
    assert found.nulls.mixture(of_mrnas)["scores"] == ["LLR", "L2_mean"]
    assert found.nulls.mixture(of_mrnas)["groups"] == {"": ""}
    assert found.nulls.percentiles(Job(model="helix", dataset="snvs"))
    assert found.nulls.percentiles_of_models(Job(dataset="snvs")) == [
        "results/variant_effects/one/snvs.percentiles.parquet",
        "results/variant_effects/helix/snvs.percentiles.parquet"]  # fmt: skip
    assert plan(SNVS, MRNAS).nulls.percentiles_of_models(Job(dataset="snvs")) == []


def test_nulls_are_scored_as_variants_but_by_fewer_scores(plan):
    found = plan(SNVS, COMMON, nulls={"scores": ["D2"]})
    options, others = (
        found.variant_effects.score_options(Job(dataset=d)) for d in ("common", "snvs")
    )
    assert (options["gene_scores"], options["window_scores"]) == (["logSED", "D2"], [])
    assert {k: v for k, v in options.items() if not k.endswith("_scores")} == {
        k: v for k, v in others.items() if not k.endswith("_scores")}  # fmt: skip
    assert found.variant_effects.number_of_shards(Job(dataset="common")) == 2
    assert found.variant_effects.datasets == ["snvs"]
    shared = plan(SNVS, COMMON, variant_effects={"window": "shared"}).variant_effects
    assert shared.score_options(Job(dataset="common"))["window"] == "shared"


def test_several_nulls_are_chosen_between(plan):
    rare = {**COMMON, "dataset": "rare"}
    with pytest.raises(InputError, match="common, rare are nulls on sim; name one of them"):
        plan(SNVS, COMMON, rare)
    assert plan({**SNVS, "nulls": "rare"}, COMMON, rare).nulls.compared == {"snvs": "rare"}


@pytest.mark.parametrize(("row", "message"), [
    ({"nulls": "rare"}, "nulls is rare; expected a dataset of kind nulls on sim: common"),
    ({"nulls": "common", "assembly": "far"}, "of kind nulls on far: there is none"),
])  # fmt: skip
def test_nulls_that_are_none_are_told(plan, row, message):
    with pytest.raises(InputError, match=message):
        plan({**SNVS, **row}, COMMON)


def test_groups_of_tracks(plan):
    found = plan(SNVS, COMMON, report={"tracks": "human 1"}).nulls
    assert found.mixture(Job(model="one", dataset="common"))["groups"] == {"": "human 1"}
    named = plan(SNVS, COMMON, nulls={"track_groups": {"a": "human 1"}}).nulls
    assert named.groups == {"a": "human 1"}
    with pytest.raises(InputError, match=r"nulls.track_groups.a: '\^DNASE:' matches none"):
        plan(SNVS, COMMON, nulls={"track_groups": {"a": "^DNASE:"}})
