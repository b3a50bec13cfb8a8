"""What runs again after a change: the rules whose numbers or pages it decides, and no other."""

import json
import os
import shutil
import subprocess
import sys

import pytest

from tests.workflow.conftest import OFFLINE, new_folder

pytestmark = pytest.mark.slow

PACKAGE = "code/workflow/seqcast"
TINY, TARGETS = "config/hyperparameters/borzuki_tiny.json", "config/demo/targets.tsv"


@pytest.fixture(scope="module")
def folder(root, demo_tables, tmp_path_factory):
    """The demo, with a set of variants, aliases and a training of one's own, and its own code."""
    place = tmp_path_factory.mktemp("reruns") / "run"
    place.mkdir()
    run = new_folder(root, place)
    code = run.folder / "code"
    shutil.copytree(
        root / "workflow", code / "workflow", ignore=shutil.ignore_patterns("__pycache__")
    )
    for name in ("Snakefile", "config", "envs"):
        (code / name).symlink_to(root / name)
    (run.folder / "own").mkdir()
    for name in ("own.vcf", "aliases.tsv", "genome.fa", "genes.gtf", "regions.bed", "weights.h5"):
        (run.folder / "own" / name).write_text(f"what is in {name}\n")
    shutil.copy(root / "config/training/borzuki_tiny.json", run.folder / "own/recipe.json")
    tables = {name: list(rows) for name, rows in demo_tables.items()}
    tables["assemblies"] += [("own", "own/genome.fa", "own/genes.gtf", "own/aliases.tsv")]
    tables["datasets"] += [("own", "variants", "own", "own/own.vcf", 2),
                           ("own_regions", "windows", "own", "own/regions.bed", 1)]  # fmt: skip
    tables["models"] += [("trained", "borzuki", "coverage", TINY, "human", TARGETS, "")]
    tables["folds"] += [("trained", "0", "train", "tiny")]
    tables["trainings"] = [("tiny", "simulated", "", "", "own/recipe.json")]
    shutil.copy(root / TARGETS, run.folder / "own/targets.tsv")
    (run.folder / "own/coverage").mkdir()
    for row in (root / TARGETS).read_text().splitlines()[1:]:
        (run.folder / "own" / row.split("\t")[3]).write_text("what is in a track\n")
    (run.folder / "own/windows.json").write_text('{"window_bp": 16384}')
    tables["datasets"].append(
        {"dataset": "simulated", "kind": "coverage", "assembly": "simulated",
         "path": "own/targets.tsv", "settings": "own/windows.json"}
    )  # fmt: skip
    run.configure(tables, split_reads="either", read_benchmark={"comparators": ["pyrodigal"]})
    return run.folder


SCORED = {
    "score_variants", "gather_shards", "ensemble_variant_effects", "export_sed_h5", "export_tsv",
    "export_vcf", "rank_variants", "summarise_ranking", "predict_strongest", "plot_strongest",
    "plot_distribution", "plot_agreement", "summarise_run", "assemble_page", "compare_half_lives",
}  # fmt: skip
NULLS = {"build_nulls", "compare_with_nulls", "summarise_nulls"}
PAGE = {"assemble_page"}  # of all that it shows
COMPARED = {"compare_models", "compare_across_models", "summarise_comparison"} | PAGE
EVALUATED = {"evaluate_variants", "summarise_benchmarks"} | PAGE  # by the scores of single folds
COVERED = {"predict_coverage", "ensemble_coverage", "export_bigwig"}
CHECKED = {"check_variants"}
CLASSIFIED = {
    "classify_reads", "evaluate_benchmark", "export_predictions", "plot_reads",
    "split_reads", "summarise_benchmark", "summarise_benchmarks", "summarise_reads",
    "assemble_page",
}  # fmt: skip
MEASURED = {
    "evaluate_property", "plot_properties", "summarise_properties", "summarise_benchmarks",
    "assemble_page",
}  # fmt: skip
PROBED = {"probe_embeddings"} | MEASURED
EMBEDDED = {"embed_sequences", "plot_embeddings", "summarise_embeddings"} | PROBED
TESTED = {
    "evaluate_coverage", "evaluate_half_lives", "plot_accuracy", "plot_gene_accuracy",
    "grade_training", "summarise_training",
}  # fmt: skip
PAGES = {
    "summarise_benchmark", "summarise_benchmarks", "summarise_comparison", "summarise_embeddings",
    "summarise_properties", "summarise_ranking", "summarise_reads", "summarise_run",
    "summarise_nulls", "summarise_training", "assemble_page",
}  # fmt: skip
TRAINED = (
    {"train", "plot_learning_curve", "prepare_weights"}
    | TESTED | COVERED | COMPARED | EVALUATED | NULLS | (SCORED - {"plot_agreement"})
)  # fmt: skip
RUN = (
    SCORED
    | NULLS
    | COMPARED
    | EVALUATED
    | COVERED
    | CLASSIFIED
    | EMBEDDED
    | TESTED
    | {"score_transcript_variants"}
)


def config(section, key, value):
    return ["config", section, key, value]


def code(file, old, new):
    return ["text", f"{PACKAGE}/{file}", old, new]


def own(file, old="what", new="that"):
    return ["text", f"own/{file}", old, new]


# What is changed -> the rules that run again, all of them; or what is said when the run ends
CHANGES = {
    "nothing": ([], set()),
    "what decides speed alone": (
        [config("inference", "workers", 3), config("inference", "batch_size", 8),
         config("inference", "threads", 7), config("inference", "device", "auto"),
         config("coverage_sets", "threads", 2), config("read_benchmark", "threads", 2),
         config("reads", "batch_nt", 3000), config("embeddings", "batch_tokens", 3000)], set()),
    # options
    "precision": ([config("inference", "precision", "bf16")], RUN),
    "fewer gene scores": ([config("variant_effects", "gene_scores", ["logSED", "SED"])],
                          SCORED - {"compare_half_lives"} | NULLS | COMPARED | EVALUATED),
    "genes as spans": ([config("variant_effects", "span", True)],
                       SCORED | NULLS | COMPARED | EVALUATED),
    "compat": ([config("variant_effects", "compat", "borzoi_sed")],
               SCORED | NULLS | COMPARED | EVALUATED),
    "shifts": ([config("variant_effects", "shifts_bp", [0, 1])],
               SCORED | NULLS | COMPARED | EVALUATED | COVERED),
    "score of the report": ([config("report", "score", "SED")],
                            {"rank_variants", "summarise_ranking", "predict_strongest",
                             "plot_strongest", "plot_distribution", "plot_agreement", "export_vcf"}
                            | COMPARED | NULLS
                            # of the null variants, of which the score of the report alone is made
                            | {"score_variants", "gather_shards", "ensemble_variant_effects",
                               "export_tsv"}),
    "plots of the report": ([config("report", "top", 3)], {"predict_strongest", "plot_strongest"} | PAGE),
    "resamples": ([config("properties", "resamples", 10)], MEASURED),
    "features of probes": ([config("properties", "probe_features", ["embedding_mean"])], PROBED),
    "vectors of mRNAs": ([config("embeddings", "pooling", ["mean"])], EMBEDDED),
    "threshold of reads": ([config("reads", "threshold", 0.6)], CLASSIFIED),
    # code and templates
    "a template": ([code("report/templates/comparison.html", "table", "tablet")], {"summarise_comparison"} | PAGE),
    "the template of all": ([code("report/templates/page.html", "<body", "<body ")], PAGES),
    "code that decides no number and no page": (
        [code("core/store.py", "def write_tsv(",  # what nothing runs, and a comment
              "def unused() -> int:\n    return 1\n\n\n# why\ndef write_tsv("),
         code("genome/variants.py", "expected", "awaited"),  # words of an error
         code("core/logs.py", "USER_ERROR = 2", "USER_ERROR = 3"),
         code("core/progress.py", "import", "import time\nimport"),
         code("__init__.py", '__version__ = "0', '__version__ = "1'),
         ["date", "code/workflow/scripts/score_variants.py"]], set()),
    "ranks": ([code("predict/variants/ranking.py", "def rank_variants(", "def rank_variants(_=1, *, ")],
              {"rank_variants", "summarise_ranking", "predict_strongest", "plot_strongest"} | PAGE),
    # shards are gone once gathered: what is made of the folds' tables scores nothing again
    "means of folds": ([code("predict/variants/ensemble.py", "stack.mean(0)", "stack.mean(axis=0)")],
                       SCORED - {"score_variants", "gather_shards", "plot_agreement", "compare_half_lives"}
                       | NULLS | COMPARED),
    "the script that gathers": ([["text", "code/workflow/scripts/gather_shards.py", '("gene", "window")',
                                  '["gene", "window"]']], SCORED | NULLS | COMPARED | EVALUATED),
    "the network of reads": ([code("models/six_frame/network.py", "return ", "return 0 or ")],
                             {"prepare_weights"} | CLASSIFIED),
    # tables and files
    "shards": ([["text", "datasets.tsv", "own/own.vcf\t2", "own/own.vcf\t3"]], SCORED),
    "description of a model": ([["text", "models.tsv", "tiny network", "small network"]],
                               {"summarise_run", "summarise_ranking", "summarise_comparison", "summarise_nulls"}
                               | PAGE),
    "variants of the same date": ([own("own.vcf")], CHECKED | SCORED),
    "genome of the same date": ([own("genome.fa")], CHECKED | SCORED | COVERED
                                | {"prepare_genome", "prepare_annotation"}),
    "annotation of the same date": ([own("genes.gtf")], SCORED | {"prepare_annotation"}),
    "aliases of the same date": ([own("aliases.tsv")], CHECKED | SCORED | {"prepare_annotation"}),
    "regions of the same date": ([own("regions.bed")], COVERED),
    "recipe of the same date": ([own("recipe.json", '"batch_size": ', '"batch_size": 1')],
                                TRAINED),
    "descriptions of tracks": ([own("targets.tsv", "RNA:sim total", "RNA:sim all")],
                               {"evaluate_half_lives"}),
    "scales of tracks": ([own("targets.tsv", "384\t384\t0.3", "384\t384\t0.4")],
                         {"check_targets", "check_tracks", "store_targets"} | TRAINED),
    "dates": ([["date", "own/own.vcf"], ["date", "own/genome.fa"], ["date", "own/recipe.json"]], set()),
    "a clock that is ahead": ([["clock", "own/own.vcf", 7200], ["clock", "own/genome.fa", 7200]], set()),
    "a clock that is behind": ([["clock", "results/variants/own.parquet", -86400]], set()),
    "files of one date": ([["same dates"]], set()),
    "missing variants": ([["missing", "own/own.vcf"]],
                         "ERROR: datasets.tsv (own), column path: own/own.vcf does not exist; expected"),
    "missing aliases": ([["missing", "own/aliases.tsv"]],
                        "ERROR: assemblies.tsv (own), column contig_aliases: own/aliases.tsv does"),
    "missing recipe": ([["missing", "own/recipe.json"]],
                       "ERROR: trainings.tsv (tiny), column recipe: own/recipe.json does not exist"),
    "a copy of the folder": ([["copied"]], set()),
}  # fmt: skip


@pytest.fixture(scope="module")
def reruns(root, folder):
    """Change -> the rules that run again."""
    result = subprocess.run(
        [sys.executable, "-m", "tests.workflow.reruns", folder], cwd=root, text=True,
        input=json.dumps({name: edits for name, (edits, _) in CHANGES.items()}),
        capture_output=True, env={**os.environ, **OFFLINE}, check=False,
    )  # fmt: skip
    assert result.returncode == 0, result.stderr[-4000:]
    return json.loads(result.stdout)


@pytest.mark.parametrize("change", CHANGES)
def test_what_runs_again_after_a_change(reruns, change):
    expected, found = CHANGES[change][1], reruns[change]
    if isinstance(expected, str):
        assert found.startswith(expected)  # the run ends
    else:
        assert set(found) == expected
