"""Models of mRNAs trained by Snakemake: a language model, a body fine-tuned from it, and mistakes."""

import json

import numpy as np
import polars as pl
import pytest

from seqcast.core.store import read_provenance
from seqcast.models.convert import read_safetensors
from tests.seqcast.models.helix.test_helix_mrna import TINY
from tests.workflow.conftest import new_folder

pytestmark = pytest.mark.slow

ROWS, CODONS = 60, 20
RECIPE = {"learning_rate": 3e-3, "batch_size": 8, "epochs": 1, "seed": 1}
HEAD = {"architecture": "helix_mrna", "config": TINY, "head": {"kind": "linear"}}
TABLES = {
    "models": [
        ("words", "helix_mrna", "embedding", "helix.json", "", "", ""),
        ("tuned", "mrna_property", "property", "tuned.json", "", "", ""),
    ],
    "folds": [("words", 0, "train", "reading"), ("tuned", 0, "train", "tuning")],
    "datasets": [
        ("designs", "mrna", "", "designs.tsv", 1, "", "whole", "", ""),
        ("others", "mrna", "", "others.tsv", 1, "", "whole", "", ""),
    ],
    "benchmarks": [
        ("gc3", "property", "designs", "regression", "gc3", "split", "", "", "", "G and C share")
    ],
    "trainings": [
        ("reading", "designs", "others", "", "recipe.json"),
        ("tuning", "gc3", "", "results/training/words.fold0.safetensors", "recipe.json"),
    ],
}


def write_designs(path, seed):
    """Coding sequences whose label is the fraction of G and C at their third positions."""
    rng = np.random.default_rng(seed)
    codons = rng.choice(["GCU", "GCC", "GCA", "GCG"], size=(ROWS, CODONS))
    pl.DataFrame(
        {
            "id": [f"d{i}" for i in range(ROWS)],
            "sequence": ["AUG" + "".join(row) + "UAA" for row in codons],
            "gc3": np.isin(codons, ["GCC", "GCG"]).mean(axis=1),
            "split": ["train", "train", "val", "test"] * (ROWS // 4),
        }
    ).write_csv(path, separator="\t")


@pytest.fixture
def run(root, tmp_path):
    run = new_folder(root, tmp_path)
    for seed, name in enumerate(("designs", "others")):
        write_designs(tmp_path / f"{name}.tsv", seed)
    for name, content in (("recipe", RECIPE), ("helix", TINY), ("tuned", HEAD)):
        (tmp_path / f"{name}.json").write_text(json.dumps(content))
    for name in ("g.fa", "a.gtf", "v.vcf"):
        (tmp_path / name).touch()
    run.configure(TABLES)
    return run


def test_a_language_model_is_trained_and_fine_tuned_from(run):
    run.succeed("results/benchmarks/gc3.tsv", "results/report/properties.html")
    weights = run.folder / "results/training/tuned.fold0.safetensors"
    facts = read_safetensors(weights)[1]
    assert (facts["origin"], facts["training"]) == ("train", "tuning")
    table = pl.read_parquet(run.folder / "results/properties/gc3/tuned.parquet")
    assert table["id"].to_list() == [f"d{i}" for i in range(ROWS)]
    predicted = pl.col("prediction_gc3").is_not_null()
    assert set(table.filter(predicted)["part"]) == {"validation", "test"}
    made = read_provenance(run.folder / "results/properties/gc3/tuned.parquet")
    assert made["model"] == "tuned"
    metrics = pl.read_csv(run.folder / "results/benchmarks/gc3.tsv", separator="\t")
    methods = {"length_gc", "kmer", "codon_usage", "words.fold0.probe", "tuned"}
    assert set(metrics["method"]) == methods
    test = metrics.filter(part="test", metric="spearman")
    # the label is a frequency of codons: what counts them must find it
    found = dict(test.select("method", "value").iter_rows())
    assert found["codon_usage"] > 0.9
    assert run.planned("--nocolor", "results/benchmarks/gc3.tsv") == {}


def test_a_mistake_in_a_table_stops_before_any_job(run):
    trainings = [TABLES["trainings"][0], ("tuning", "gc4", "", "", "recipe.json")]
    run.configure({**TABLES, "trainings": trainings})
    result = run.run("-n")
    assert result.returncode != 0
    said = result.stdout + result.stderr
    assert "ERROR: trainings.tsv: 'gc4' has no row in benchmarks.tsv" in said
    assert "Traceback" not in said


def test_variants_without_transcripts_are_told(run):
    variants = ("snvs", "variants", "sim", "v.vcf", 1, "", "", "", "")
    run.configure(
        {
            "assemblies": [("sim", "g.fa", "a.gtf", "")],
            "models": TABLES["models"][:1],
            "folds": [("words", 0, "random", 1)],
            "datasets": [variants],
        }
    )
    result = run.run("-n")
    assert result.returncode == 0
    assert "the variants snvs are not scored on mRNAs" in result.stdout + result.stderr
