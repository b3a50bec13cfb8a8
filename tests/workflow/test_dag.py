"""What a run would do, from the tables alone: no network, no data."""

import re
from collections import Counter

import polars as pl
import pytest
import yaml

from seqcast.plan.code import reached

pytestmark = pytest.mark.slow

MODELS, FOLDS, SETS = 5, 2, 4  # Borzuki's rows of config/published/
TRAITGYM = 2  # sets whose labels are in another file
SAMPLES, REFERENCES, UNCLEAR = 11, 6, 3  # config/published/
COMPARATORS = 2  # read_benchmark.comparators
SHARDS = 4 + 8 + 8 + 4  # of the sets of config/published/datasets.tsv
# Fetched: genome, annotation, sets of variants, a table of tracks a model, weights a fold.
SOURCES = 1 + 1 + SETS + TRAITGYM + MODELS + MODELS * FOLDS
# And for reads: weights and shape of the model, a GenBank file a reference, BEDs of coding (5) and of
# unclear sequence, two files a sample.
READ_SOURCES = 2 + REFERENCES + 5 + UNCLEAR + 2 * SAMPLES
PUBLISHED = {
    "download_source": SOURCES + READ_SOURCES,
    "prepare_genome": 1,
    "prepare_annotation": 1,
    "check_variants": SETS,
    "prepare_weights": MODELS * FOLDS + 1,
    "describe_tracks": MODELS,
    "score_variants": MODELS * FOLDS * SHARDS,
    "gather_shards": MODELS * FOLDS * SETS,
    "ensemble_variant_effects": MODELS * SETS * 2,  # genes and windows
    "export_sed_h5": MODELS * SETS,
    "export_vcf": MODELS * SETS,
    "export_tsv": MODELS * SETS,
    "compare_half_lives": MODELS * SETS,  # all have the time courses
    "rank_variants": MODELS * SETS,
    "summarise_ranking": MODELS * SETS,
    "predict_strongest": MODELS * SETS,
    "plot_strongest": MODELS * SETS,
    "plot_distribution": MODELS * SETS,
    "plot_agreement": MODELS * SETS,
    "summarise_run": 1,
    "assemble_page": 1,
    "prepare_reference": REFERENCES,
    "index_reference": REFERENCES,
    "find_unclear": UNCLEAR,
    "map_reads": SAMPLES,
    "select_reads": SAMPLES,
    "classify_reads": SAMPLES,
    "export_predictions": SAMPLES,
    "plot_reads": SAMPLES,
    "summarise_reads": 1,
    "run_comparator": SAMPLES * COMPARATORS,
    "evaluate_benchmark": 1,
    "evaluate_variants": 1 + TRAITGYM,
    "summarise_benchmark": 1,
    "summarise_benchmarks": 1,
}
READS_OF_DEMO = {  # fragments of a plasmid with their labels, and pairs of reads without
    "select_assemblies": 1,
    "index_assemblies": 1,
    "sample_reads": 1,
    "prepare_weights": 1,
    "classify_reads": 2,
    "plot_reads": 2,
    "summarise_reads": 1,
    "export_predictions": 1,
    "split_reads": 1,
    "evaluate_benchmark": 1,
    "evaluate_variants": 1,
    "summarise_benchmark": 1,
}
MRNAS_OF_DEMO = {  # one model, one set of transcripts that the variants are scored in, one property
    "prepare_transcripts": 1,
    "prepare_weights": 1,
    "embed_sequences": 1,
    "plot_embeddings": 1,
    "summarise_embeddings": 1,
    "score_transcript_variants": 1,
    "describe_tracks": 1,
    "ensemble_variant_effects": 1,
    "export_tsv": 1,
    "compare_models": 1,
    "compare_across_models": 1,
    "summarise_comparison": 1,
    "predict_baselines": 1,
    "probe_embeddings": 1,
    "evaluate_property": 1,
    "plot_properties": 1,
    "summarise_properties": 1,
}
ONE_MODEL = {  # jobs that one model of two folds adds to the demo's set of variants and its regions
    "prepare_weights": 2,
    "describe_tracks": 1,
    "score_variants": 2,
    "gather_shards": 2,
    "ensemble_variant_effects": 2,
    "export_sed_h5": 1,
    "export_vcf": 1,
    "compare_half_lives": 1,
    "export_tsv": 1,
    "rank_variants": 1,
    "summarise_ranking": 1,
    "predict_strongest": 1,
    "plot_strongest": 1,
    "plot_distribution": 1,
    "plot_agreement": 1,
    "predict_coverage": 2,
    "ensemble_coverage": 1,
    "export_bigwig": 1,
}
PLANTED_OF_DEMO = {  # a second set of variants, for both kinds of models, and regions to go with it
    "check_variants": 1,
    "score_variants": 2,
    "gather_shards": 2,
    "score_transcript_variants": 1,
    "ensemble_variant_effects": 3,
    "export_sed_h5": 1,
    "export_vcf": 1,
    "compare_half_lives": 1,
    "export_tsv": 2,
    "rank_variants": 1,
    "summarise_ranking": 1,
    "predict_strongest": 1,
    "plot_strongest": 1,
    "plot_distribution": 1,
    "plot_agreement": 1,
    "compare_models": 1,
    "compare_across_models": 1,
    "summarise_comparison": 1,
    "predict_coverage": 2,
    "ensemble_coverage": 1,
    "export_bigwig": 1,
    "compare_window_modes": 1,
    "evaluate_planted_truth": 1,
    "plot_simulated_gene": 1,
    "summarise_planted_truth": 1,
}
MAP_OF_DEMO = {  # all SNVs of a 3' UTR, for both kinds of models
    "enumerate_regions": 1,
    "score_variants": 2,
    "gather_shards": 2,
    "score_transcript_variants": 1,
    "ensemble_variant_effects": 2,
    "export_tsv": 1,
    "export_regions": 1,
    "map_effects": 1,
    "approximate_effects": 1,
    "compare_attributions": 1,
    "predict_map_references": 1,
    "summarise_maps": 1,
}
NULLS_OF_DEMO = {  # null variants, for both kinds of models, and percentiles of both sets of variants
    "check_variants": 1,
    "score_variants": 2,
    "gather_shards": 2,
    "score_transcript_variants": 1,
    "ensemble_variant_effects": 2,
    "build_nulls": 2,
    "compare_with_nulls": 4,
    "export_tsv": 1,  # of the model of mRNAs
    "summarise_nulls": 2,
}
DEMO = Counter(
    {
        "simulate_genome": 1,
        "prepare_genome": 1,
        "prepare_annotation": 1,
        "check_variants": 1,
        "summarise_run": 1,
        "assemble_page": 1,
        "summarise_benchmarks": 1,
    }
)
for part in (ONE_MODEL, READS_OF_DEMO, MRNAS_OF_DEMO, PLANTED_OF_DEMO, MAP_OF_DEMO, NULLS_OF_DEMO):
    DEMO.update(part)


def test_published_run_plans_these_jobs(workflow, root):
    planned = workflow.planned(config="config/published.yaml")
    assert planned == PUBLISHED
    assert sum(planned.values()) <= 2000  # a DAG of that size takes seconds, not minutes
    told = f"# {sum(planned.values())} jobs, {planned['download_source']} of them downloads"
    assert told in (root / "docs/how-to/published-run.md").read_text()


def test_rows_of_data_that_users_bring_plan_their_benchmarks(workflow, root):
    config = yaml.safe_load((root / "config/published.yaml").read_text())
    for name in ("datasets", "benchmarks"):
        text = (root / config["tables"][name]).read_text()
        (workflow.folder / f"{name}.tsv").write_text(re.sub(r"^#(?! )", "", text, flags=re.M))
        config["tables"][name] = f"{name}.tsv"
        for path in re.findall(r"own/[^\t\n]+", text):
            (workflow.folder / path).parent.mkdir(parents=True, exist_ok=True)
            (workflow.folder / path).touch()
    (workflow.folder / "own.yaml").write_text(yaml.safe_dump(config))
    planned = workflow.planned(config=workflow.folder / "own.yaml")
    new = {rule: n - PUBLISHED.get(rule, 0) for rule, n in planned.items()}
    assert (new["evaluate_variants"], new["score_variants"]) == (3, 10 * (64 + 4 * 4))
    assert new["score_oligos"] == 10 * 4 * 32
    assert new["download_source"] == 0


def test_a_training_dataset_that_users_bring_plans_the_benchmarks_of_coverage(workflow):
    own = workflow.folder / "own/coverage"
    (own / "hl_clip/tfrecords").mkdir(parents=True)
    for name in ("all_HLs_human_PC1.txt", "clip_peaks.bed", "eclip_yeo_list.csv",
                 "hl_clip/statistics.json", "hl_clip/tfrecords/fold0-0.tfr"):  # fmt: skip
        (own / name).touch()
    bed = "".join(f"chr1\t{i * 400000}\t{i * 400000 + 393216}\tfold{i}\n" for i in range(8))
    (own / "hl_clip/sequences.bed").write_text(bed)
    planned = workflow.planned(config="config/published_coverage.yaml")
    models, folds = 3, 2
    assert planned["evaluate_coverage"] == planned["prepare_weights"] == models * folds
    assert planned["predict_saluki"] == models
    assert planned["evaluate_coverage_benchmark"] == 4
    assert "score_variants" not in planned


def test_published_tables_name_sources_or_files_that_exist(root):
    paths = yaml.safe_load((root / "config/published.yaml").read_text())["tables"]
    tables = {
        name: pl.read_csv(root / path, separator="\t", infer_schema=False, comment_prefix="#")
        for name, path in paths.items()
    }
    named = tables["datasets"].filter(pl.col("kind") == "simulated_reads")["path"]
    assert set(named) <= set(tables["collections"]["collection"])
    tables["datasets"] = tables["datasets"].filter(pl.col("kind") != "simulated_reads")
    columns = [("assemblies", "genome"), ("assemblies", "annotation"), ("datasets", "path"),
               ("collections", "source"), ("assemblies", "coding"), ("assemblies", "unclear"),
               ("assemblies", "contig_aliases"), ("models", "hyperparameters"),
               ("models", "tracks"), ("folds", "source")]  # fmt: skip
    named = [value for table, column in columns for value in tables[table][column].drop_nulls()]
    known = set(tables["sources"]["source"])
    assert [v for v in named if v not in known and not (root / v).is_file()] == []


def test_demo_plans_these_jobs(workflow):
    assert workflow.planned(config="config/demo.yaml") == DEMO


def test_template_plans_one_vcf_on_the_genome_of_the_demo(workflow):
    of_regions = {"predict_coverage", "ensemble_coverage", "export_bigwig"}
    planned = {rule: n for rule, n in ONE_MODEL.items() if rule not in of_regions}
    assert workflow.planned(config="config/config.yaml") == {
        **planned,
        "score_variants": 4,  # two shards
        "simulate_genome": 1,
        "prepare_genome": 1,
        "prepare_annotation": 1,
        "check_variants": 1,
        "summarise_run": 1,
        "assemble_page": 1,
    }


def test_planted_truth_is_given_the_sets_that_its_folds_learned(workflow):
    printed = workflow.succeed("-n", config="config/demo_train.yaml")
    block = re.search(r"^rule evaluate_planted_truth:\n +input: (.*)$", printed, re.MULTILINE)
    assert "results/coverage_sets/simulated.zarr" in block[1].split(", ")
    untrained = workflow.succeed("-n", config="config/demo.yaml")
    assert "rule evaluate_planted_truth:" in untrained
    assert "results/coverage_sets/" not in untrained


def test_entry_of_the_catalogue_plans_the_same_jobs(workflow):
    found = workflow.planned(config="config/demo.yaml", snakefile="workflow/Snakefile")
    assert found == DEMO


def test_two_rows_add_a_model_and_no_other_job(finished, coverage_tables, tmp_path):
    run = finished.copy(tmp_path / "more")
    for name, row in [
        ("models", ("another", *coverage_tables["models"][0][1:])),
        ("folds", ("another", "0", "random", "12")),
    ]:
        with (run.folder / f"{name}.tsv").open("a") as file:
            file.write("\t".join(row) + "\n")
    halved = {"prepare_weights", "gather_shards", "predict_coverage"}
    one_fold = {rule: n // 2 if rule in halved else n for rule, n in ONE_MODEL.items()}
    assert one_fold["score_variants"] == 2  # one for each of the two shards of the tests
    del one_fold["plot_agreement"]  # there is nothing to agree with
    one_fold["score_variants"] += 1  # of the null variants
    assert run.planned() == {
        **one_fold,
        "gather_shards": one_fold["gather_shards"] + 1,
        "ensemble_variant_effects": one_fold["ensemble_variant_effects"] + 1,
        "build_nulls": 1,
        "compare_with_nulls": 1,
        "summarise_nulls": 1,
        "summarise_run": 1,
        "assemble_page": 1,
        "compare_models": 1,
        "compare_across_models": 1,
        "summarise_comparison": 1,
        "evaluate_variants": 1,  # of the benchmark that all models take part in
        "summarise_benchmarks": 1,
    }


def test_a_changed_option_reruns_what_it_decides(finished, tmp_path):
    run = finished.copy(tmp_path / "changed")
    assert run.planned("--set-resources", "score_variants:mem_mb=9000") == {}
    config = yaml.safe_load((run.folder / "config.yaml").read_text())
    config["report"]["score"] = "SED"
    (run.folder / "config.yaml").write_text(yaml.safe_dump(config))
    reruns = {"rank_variants", "summarise_ranking", "predict_strongest", "plot_strongest"}
    reruns |= {"plot_distribution", "plot_agreement", "export_vcf"}
    reruns |= {"compare_models", "compare_across_models", "summarise_comparison"}
    reruns |= {"assemble_page"}
    of_nulls = {"score_variants": 2, "gather_shards": 2, "ensemble_variant_effects": 1}
    reruns |= {"build_nulls", "compare_with_nulls", "summarise_nulls", "export_tsv"}
    assert run.planned() == dict.fromkeys(reruns, 1) | of_nulls


def test_an_option_of_tables_of_embeddings_scores_no_variant_again(finished, tmp_path):
    run = finished.copy(tmp_path / "pooled")
    config = yaml.safe_load((run.folder / "config.yaml").read_text())
    config["embeddings"] = {"pooling": ["mean"]}
    (run.folder / "config.yaml").write_text(yaml.safe_dump(config))
    reruns = {"embed_sequences", "plot_embeddings", "summarise_embeddings", "probe_embeddings",
              "evaluate_property", "plot_properties", "summarise_properties",
              "summarise_benchmarks", "assemble_page"}  # fmt: skip
    assert run.planned() == dict.fromkeys(reruns, 1)


def reached_by(root, script):
    """Modules of the package of which a script runs something, as paths below it."""
    found = reached(root / f"workflow/scripts/{script}.py")
    return {module.removeprefix("seqcast.").replace(".", "/") + ".py" for module, _ in found}


TABLES = {
    "score_variants", "score_oligos", "plan_variants", "approximate_effects", "compare_window_modes",
}  # fmt: skip
SCORING = TABLES | {"predict_strongest", "predict_map_references"}
ON_MRNAS = {"embed_sequences", "score_transcript_variants"}
RUN_MODELS = SCORING | ON_MRNAS | {
    "predict_coverage", "evaluate_coverage", "collect_peaks", "prepare_weights", "classify_reads",
    "predict_verified",
}  # fmt: skip
TRAINED = {"train", "predict_property"}


@pytest.mark.parametrize(("module", "scripts"), [
    ("predict/variants/score_tables.py", TABLES),
    ("predict/variants/alleles.py", SCORING | {"predict_coverage"}),  # a class that both use names it
    ("models/interface.py", RUN_MODELS | TRAINED),
    ("predict/inference.py", SCORING | {"predict_coverage", "evaluate_coverage", "collect_peaks"}),
    ("predict/reads/classification.py", {"classify_reads"}),
    ("predict/embeddings/engine.py", ON_MRNAS),
    ("report/figures/tracks.py", {"plot_strongest"}),
    ("report/figures/scores.py", {"plot_agreement", "plot_distribution"}),
    ("simulate/gene.py", {"simulate_genome", "evaluate_planted_truth"}),
    ("core/download.py", {"download_source", "index_assemblies"}),
])  # fmt: skip
def test_an_edit_reruns_the_rules_that_reach_it(root, module, scripts):
    names = [path.stem for path in (root / "workflow/scripts").glob("*.py")]
    assert {name for name in names if module in reached_by(root, name)} == scripts
