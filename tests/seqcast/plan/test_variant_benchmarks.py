"""Benchmarks of variants to models and files, without Snakemake."""

from types import SimpleNamespace as Job

import pytest

from seqcast.core.errors import InputError
from seqcast.predict.variants import SCORES_OF_MRNAS, transcript_effects

EQTL = {"benchmark": "eqtl", "task": "variants", "datasets": "pos, neg", "groups": "PI",
        "protocol": "matched_pairs", "genes": "MT", "strata": "PD<=2000,50"}  # fmt: skip
CAUSAL = {"benchmark": "causal", "task": "variants", "datasets": "pos", "score": "logSED,LLR",
          "protocol": "classification", "truth": "KIND=causal/matched"}  # fmt: skip
TABLES = {
    "assemblies": [("sim", "genome.fa", "genes.gtf", ""), ("other", "genome.fa", "genes.gtf", "")],
    "models": [("tiny", "borzuki", "coverage", "params.json", "human", "targets.tsv", ""),
               ("words", "helix_mrna", "embedding", "helix.json", "", "", "")],
    "folds": [("tiny", 0, "random", 1), ("tiny", 1, "random", 2), ("words", 0, "random", 1)],
    "datasets": [("pos", "variants", "sim", "pos.vcf", 1), ("neg", "variants", "sim", "neg.vcf", 1),
                 ("far", "variants", "other", "neg.vcf", 1),
                 ("mrnas", "transcripts", "sim", "canonical", 1)],
    "benchmarks": [{**EQTL, "published": "told.tsv"}, CAUSAL],
}  # fmt: skip


@pytest.fixture
def benchmarks(planned, tmp_path):
    """A function from rows of benchmarks.tsv to `VariantBenchmarks`."""
    for name in ("pos.vcf", "neg.vcf", "told.tsv"):
        (tmp_path / name).touch()
    return lambda *rows: planned({**TABLES, "benchmarks": [*rows]}).variant_benchmarks


def test_scores_of_all_folds_are_read_file_by_file(benchmarks):
    found = benchmarks(*TABLES["benchmarks"])
    job = Job(benchmark="eqtl")
    folder = "results/variant_effects"
    assert found.files(job) == {
        "truth": ["pos.vcf", "neg.vcf"],
        "scores": [f"{folder}/tiny/{name}.fold{fold}.parquet" for name in ("pos", "neg")
                   for fold in (0, 1)],
        "tracks": [f"{folder}/tiny/tracks.parquet"],
        "published": "told.tsv",
        "labels": [],
        "saluki": [],
        "genome": "resources/assemblies/sim.fa.gz",
        "genes": "resources/assemblies/sim.genes.parquet",
        "checked": ["results/variants/pos.parquet", "results/variants/neg.parquet"],
        "conservation": [],
        "score_tables": [],
        "beside": ["resources/assemblies/sim.fa.gz.fai"],
    }  # fmt: skip
    assert found.folds(job) == {"tiny": 2}
    assert found.definition(job)["groups"] == "PI"
    assert found.definition(job)["assembly"] == "sim"
    assert found.targets == ["results/benchmarks/eqtl.tsv", "results/benchmarks/causal.tsv"]
    assert found.options(job)["seed"] == 42
    assert found.options(job)["report"] == {"score": "logSED", "tracks": ""}
    named = found.options(Job(benchmark="causal"))  # a score of its own
    assert named["report"] == {"tracks": ""}


def test_scores_of_sites_are_benchmarked_where_they_are_made(planned, benchmarks):
    with pytest.raises(InputError, match="score 'COVR' is made by no model; expected one or more"):
        benchmarks({**EQTL, "score": "COVR"})
    made = {"polya_sites": "sites.bed", "gene_scores": ["logSED", "COVR"]}
    here = [row for row in TABLES["datasets"] if row[0] != "far"]
    rows = {**TABLES, "datasets": here, "benchmarks": [{**EQTL, "score": "COVR"}]}
    found = planned(rows, variant_effects=made).variant_benchmarks
    assert found.folds(Job(benchmark="eqtl")) == {"tiny": 2}


def test_models_of_mrnas_take_part_where_a_score_of_theirs_is_named(benchmarks):
    found = benchmarks(*TABLES["benchmarks"])
    job = Job(benchmark="causal")
    assert found.folds(job) == {"tiny": 2, "words": 1}
    assert found.files(job)["scores"][-1] == "results/variant_effects/words/pos.fold0.parquet"
    assert len(found.files(job)["tracks"]) == 1
    alone = benchmarks({**CAUSAL, "score": "LLR"})
    assert alone.folds(job) == {"words": 1}
    by_track = benchmarks({**CAUSAL, "protocol": "coefficients", "truth": "BETA"})
    assert by_track.folds(job) == {"tiny": 2}


def test_effects_may_have_a_file_of_negatives(benchmarks):
    both = {**EQTL, "protocol": "coefficients", "truth": "BETA/A1", "groups": "TI", "strata": ""}
    found = benchmarks(both).files(Job(benchmark="eqtl"))
    assert found["truth"] == ["pos.vcf", "neg.vcf"]
    assert len(found["scores"]) == 4


def test_labels_of_variants_may_be_in_another_file(planned, tmp_path):
    for name in ("pos.vcf", "neg.vcf", "told.vcf"):
        (tmp_path / name).touch()
    rows = [{"dataset": name, "kind": "variants", "assembly": "sim", "path": f"{name}.vcf"}
            for name in ("pos", "neg")]  # fmt: skip
    rows[0]["labels"] = "told.vcf"
    tables = {**TABLES, "datasets": [*rows, TABLES["datasets"][-1]], "benchmarks": [CAUSAL]}
    found = planned(tables).variant_benchmarks.files(Job(benchmark="causal"))
    assert (found["truth"], found["labels"]) == (["pos.vcf"], ["told.vcf"])
    with pytest.raises(InputError, match="one of pos and neg has labels; expected both"):
        planned({**tables, "benchmarks": [EQTL]})


def test_scores_of_saluki_are_found_by_a_pattern(benchmarks, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for model in ("f0c0", "f0c1"):
        for side in ("pos", "neg"):
            (tmp_path / model / side).mkdir(parents=True)
            (tmp_path / model / side / "ssd.tsv").touch()
    row = {**EQTL, "saluki": "f*c*/pos/ssd.tsv, f*c*/neg/ssd.tsv"}
    found = benchmarks(row).files(Job(benchmark="eqtl"))["saluki"]
    assert found == [f"{model}/{side}/ssd.tsv" for side in ("pos", "neg")
                     for model in ("f0c0", "f0c1")]  # fmt: skip
    (tmp_path / "f0c1/neg/ssd.tsv").unlink()
    for cell in (row["saluki"], "f*c*/pos/ssd.tsv", "none/*.tsv,none/*.tsv"):
        with pytest.raises(InputError, match=r"column saluki: files found are .*; expected one"):
            benchmarks({**EQTL, "saluki": cell})


def test_files_of_baselines_are_read_with_their_indexes(benchmarks, tmp_path):
    for name in ("phylop.bw", "cadd.tsv.gz", "cadd.tsv.gz.tbi", "own.tsv"):
        (tmp_path / name).touch()
    row = {**EQTL, "conservation": "phyloP=phylop.bw",
           "score_tables": "CADD=cadd.tsv.gz:PHRED; own=own.tsv:|x|"}  # fmt: skip
    found = benchmarks(row).files(Job(benchmark="eqtl"))
    assert found["conservation"] == ["phylop.bw"]
    assert found["score_tables"] == ["cadd.tsv.gz", "own.tsv"]
    assert found["beside"][1:] == ["cadd.tsv.gz.tbi"]
    with pytest.raises(InputError, match=r"lost.bw does not exist"):
        benchmarks({**EQTL, "conservation": "x=lost.bw"}).files(Job(benchmark="eqtl"))


def test_names_are_those_that_the_evaluation_gives():
    assert transcript_effects.SCORES == SCORES_OF_MRNAS


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"datasets": "pos"}, "eqtl has 1 datasets and truth empty; expected 2"),
        ({"truth": "KIND"}, "eqtl has 2 datasets and truth KIND; expected 1"),
        ({"datasets": "pos,far"}, "pos is on sim and far is on other; expected positives and"),
        ({"datasets": "pos,mrnas"}, "dataset mrnas is of kind transcripts; expected variants"),
        ({"score": "logSAD"}, "score 'logSAD' is made by no model; expected one or more of SED"),
        ({"strata": "PD<=near"}, "benchmark eqtl: .*near"),
        ({"conservation": "a.bw"}, "benchmark eqtl: conservation has 'a.bw'; expected name=path"),
        ({"score_tables": "tiny=a:x"}, "has 'tiny', the name of another method"),
        ({"groups": ""}, "column groups: ''; expected a value"),
        ({"protocol": "regression"}, "column protocol: 'regression'; expected one of classific"),
        ({"protocol": "coefficients"}, "column truth: ''; expected a value"),
        ({"split": "split"}, "column split: 'split'; expected an empty cell"),
        ({"task": "reads", "protocol": "classification"}, "column groups: 'PI'; expected an empty"),
    ],
)
def test_a_mistake_in_a_row_is_named(benchmarks, change, message):
    with pytest.raises(InputError, match=message):
        benchmarks({**EQTL, **change})


def test_no_model_has_the_name_of_a_baseline(planned):
    named = {name: [("random", *row[1:]) if row[0] == "tiny" else row for row in TABLES[name]]
             for name in ("models", "folds")}  # fmt: skip
    with pytest.raises(InputError, match="random is the name of a baseline; rename the model"):
        planned({**TABLES, **named})
