"""Properties of mRNAs to files and methods, without Snakemake."""

from types import SimpleNamespace as Job

import pytest

from seqcast.core.errors import InputError
from seqcast.datasets.properties.labelled import Property
from seqcast.predict.properties import BASELINES

TABLES = {
    "sources": [("labels", "1", "https://me:pw@a.org/l.tsv", "l.tsv", "", "CC0-1.0", "made up")],
    "models": [("words", "helix_mrna", "embedding", "helix.json", "", "", ""),
               ("tuned", "mrna_property", "property", "tuned.json", "", "", "")],
    "folds": [("words", 0, "random", 1), ("words", 1, "random", 2),
              ("tuned", 0, "train", "tuning"), ("tuned", 2, "train", "tuning")],
    "datasets": [("designs", "mrna", "", "designs.tsv", 1, "", "whole", "labels", ""),
                 ("raw", "reads", "", "raw.fq", 1)],
    "benchmarks": [
        ("gc3", "property", "designs", "regression", "gc3", "split", "", "published.tsv", "how",
         "share", "who"),
        ("half_life", "property", "designs", "regression", "a, b", "kfold:3", "clusters:0.8"),
    ],
    "trainings": [("tuning", "half_life", "", "", "recipe.json"),
                  ("other", "gc3", "", "", "recipe.json")],
}  # fmt: skip
GC3, HALF_LIFE = Job(property="gc3"), Job(property="half_life")


def changed(table, row, cells):
    """`TABLES` with another row in one of them."""
    rows = [*TABLES[table]]
    rows[row] = cells
    return {**TABLES, table: rows}


@pytest.fixture
def properties(planned, tmp_path):
    """A function from tables to `Properties`."""
    (tmp_path / "published.tsv").touch()
    return lambda tables: planned(tables).properties


def test_methods_are_baselines_probes_of_all_folds_and_the_models_that_learned_it(properties):
    found = properties(TABLES)
    assert found.learned == {"tuned": "half_life"}
    probes = ["words.fold0.probe", "words.fold1.probe"]
    assert found.methods(GC3) == [*BASELINES, *probes]
    assert found.methods(HALF_LIFE) == [*BASELINES, *probes, "tuned"]
    assert found.predictions(GC3)[-1] == "results/properties/gc3/words.fold1.probe.parquet"


def test_clusters_are_read_where_folds_need_them(properties):
    found = properties(TABLES)
    transcripts = {"transcripts": "results/transcripts/designs.parquet"}
    clusters = {"clusters": "results/transcripts/designs.clusters0.8.tsv"}
    assert found.files(GC3) == transcripts
    assert (
        found.files(HALF_LIFE) == found.learned_files(Job(model="tuned")) == transcripts | clusters
    )
    probe = Job(property="gc3", model="words", fold="1")
    embeddings = {"embeddings": "results/embeddings/words/designs.fold1.parquet"}
    assert found.probed(probe) == transcripts | embeddings


def test_a_definition_is_what_jobs_read(properties):
    found = properties(TABLES)
    name, cells = found.definition(HALF_LIFE)
    assert found.learned_definition(Job(model="tuned")) == (name, cells)
    assert Property.from_row(name, cells) == found.definitions["half_life"]
    assert found.definitions["half_life"].labels == ("a", "b")
    assert [name for name, _ in found.described] == ["gc3", "half_life"]


def test_published_results_are_optional(properties):
    found = properties(TABLES)
    assert found.published(GC3) == "published.tsv"
    assert found.published(HALF_LIFE) == []


def test_the_page_tells_the_terms_of_a_source_without_its_password(properties):
    first, second = properties(TABLES).about
    terms = {"dataset": "designs", "licence": "CC0-1.0", "url": "https://a.org/l.tsv"}
    assert first == {"meaning": "share", "description": "how", "citation": "who", **terms}
    assert second == {"meaning": "", "description": "", "citation": "", **terms}
    own = changed("datasets", 0, ("designs", "mrna", "", "designs.tsv", 1, "", "whole", "", ""))
    assert properties(own).about[0] == first | {"licence": "", "url": ""}


def test_results_of_all_properties_and_their_page_are_made(properties):
    found = properties(TABLES)
    assert found.metrics == ["results/benchmarks/gc3.tsv", "results/benchmarks/half_life.tsv"]
    assert set(found.metrics + found.parts) < set(found.targets)
    assert found.targets[4:] == [
        "results/report/gc3.properties.png", "results/report/half_life.properties.png",
        "results/report/properties.html",
    ]  # fmt: skip
    without = {name: rows for name, rows in TABLES.items() if name != "benchmarks"}
    none = {**without, "models": TABLES["models"][:1], "folds": TABLES["folds"][:2]}
    assert properties(none).targets == []


@pytest.mark.parametrize(("table", "row", "cells", "message"), [
    ("benchmarks", 0, ("gc3", "property", "nothing", "regression", "gc3", "split"),
     "benchmarks.tsv: 'nothing' has no row in datasets.tsv"),
    ("benchmarks", 0, ("gc3", "property", "raw", "regression", "gc3", "split"),
     "benchmark gc3: dataset raw is of kind reads; expected transcripts or mrna"),
    ("benchmarks", 0, ("gc3", "property", "designs", "regression", "gc3", "kfold:2"),
     "benchmarks.tsv: property gc3: split is 'kfold:2'; expected kfold:3 or more folds"),
    ("benchmarks", 0, ("gc3", "property", "designs", "binary", "a,b", "split"),
     "benchmarks.tsv: property gc3: binary with 2 labels"),
    ("benchmarks", 1, ("half_life", "property", "designs", "regression", "a", "split"), None),
    ("benchmarks", 0, ("a b", "property", "designs", "regression", "gc3", "split"),
     "column benchmark: 'a b'; it does not fit"),
    ("benchmarks", 0, ("gc3", "property", "designs", "numbers", "gc3", "split"),
     "column protocol: 'numbers'; expected one of regression, binary, multiclass"),
    ("benchmarks", 0, ("gc3", "property", "designs", "regression", "", "split"),
     "column truth: ''; expected a value; the cell is empty"),
    ("benchmarks", 0, ("gc3", "property", "designs", "regression", "gc3", ""), "column split: ''"),
    ("benchmarks", 0, ("gc3", "property", "", "regression", "gc3", "split"), "column datasets: ''"),
    ("benchmarks", 0, ("gc3", "property", "designs,designs2", "regression", "gc3", "split"),
     "'designs2' has no row in datasets.tsv"),
    ("benchmarks", 1, ("half_life", "reads", "designs", "classification", "a"),
     "benchmarks.tsv, line 3 (half_life), column truth: 'a'; expected an empty cell"),
    ("models", 0, ("kmer", "helix_mrna", "embedding", "helix.json", "", "", ""), "kmer"),
    ("folds", 3, ("tuned", 2, "random", 1),
     "folds.tsv: fold 2 of model tuned has origin random; models of task property have origin train"),
    ("folds", 3, ("tuned", 2, "train", "other"),
     "folds.tsv: folds of model tuned learn half_life and gc3; make a model of each property"),
    ("folds", 3, ("tuned", 3, "train", "tuning"),
     "model tuned has a fold '3', but its property half_life has split kfold:3; expected folds 0 to 2"),
    ("folds", 3, ("tuned", "f2", "train", "tuning"), "has a fold 'f2', but its property half_life"),
    ("trainings", 0, ("tuning", "gc4", "", "", "recipe.json"),
     "trainings.tsv: 'gc4' has no row in benchmarks.tsv, which has gc3, half_life"),
])  # fmt: skip
def test_a_mistake_in_a_table_is_named(properties, table, row, cells, message):
    tables = changed(table, row, cells)
    if message == "kmer":
        tables["folds"] = [("kmer", 0, "random", 1), *TABLES["folds"][2:]]
        message = "models.tsv: kmer is the name of a baseline; rename the model"
    if message is None:  # any whole number may name a fold of one round
        assert properties(tables).learned == {"tuned": "half_life"}
        return
    with pytest.raises(InputError) as error:
        properties(tables)
    assert message in str(error.value)
