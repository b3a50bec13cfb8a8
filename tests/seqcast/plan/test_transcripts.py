"""Sets of mRNAs, and the variants that are scored in them, without Snakemake."""

from types import SimpleNamespace as Job

import pytest

from seqcast.core.errors import InputError
from seqcast.plan.transcripts import Transcripts

WORDS = ("words", "helix_mrna", "embedding", "helix.json", "", "", "")
TRACKS = ("tracks", "borzuki", "coverage", "tiny.json", "human", "targets.tsv", "")
DESIGNS = ("designs", "mrna", "", "designs.tsv", 1, "", "whole", "labels.tsv", "")
SNVS = ("snvs", "variants", "sim", "v.vcf", 1, "", "", "", "")
GENOME = "resources/assemblies/sim.fa.gz"


def transcripts_set(name, path="canonical"):
    return (name, "transcripts", "sim", path, 1, "", "", "", "")


def tables(*datasets, models=(WORDS,)):
    """Tables with these datasets; each model has two folds."""
    folds = [(model[0], fold, "random", fold) for model in models for fold in (3, 4)]
    return {
        "assemblies": [("sim", "g.fa", "a.gtf", "names.tsv")],
        "models": models,
        "folds": folds,
        "datasets": datasets,
    }


def named(variants, transcripts):
    """A row of variants that names its transcripts."""
    return (*variants[:-1], transcripts)


@pytest.fixture
def transcripts(catalogue, tmp_path):
    """A function from tables to `Transcripts`; all files that they name are there."""
    for name in ("designs.tsv", "labels.tsv", "a.gtf", "names.tsv", "ids.txt"):
        (tmp_path / name).touch()
    return lambda *rows, **config: Transcripts(catalogue(*rows, **config))


def test_mrnas_come_from_a_file_or_from_the_annotation(transcripts):
    found = transcripts(
        tables(DESIGNS, transcripts_set("all", "all"), transcripts_set("ids", "ids.txt"))
    )
    designs, everything, ids = (Job(dataset=name) for name in ("designs", "all", "ids"))
    assert found.files(designs) == {"labels": "labels.tsv", "sequences": "designs.tsv"}
    annotated = {"annotation": "a.gtf", "aliases": "names.tsv", "genome": GENOME,
                 "index": [f"{GENOME}.fai", f"{GENOME}.gzi"]}  # fmt: skip
    assert found.files(everything) == annotated
    assert found.files(ids) == {**annotated, "ids": "ids.txt"}
    options = [found.options(job) for job in (designs, everything, ids)]
    assert options == [{"cds": "whole"}, {"selection": "all"}, {"selection": ""}]
    assert found.facts(ids) == {"dataset": "ids", "assembly": "sim"}


def test_every_fold_embeds_every_set(transcripts):
    found = transcripts(tables(DESIGNS, transcripts_set("all")))
    folder = "results/embeddings/words"
    assert found.tables == [
        f"{folder}/{name}.fold{fold}.parquet" for name in ("designs", "all") for fold in (3, 4)
    ]
    assert found.targets == [
        *found.tables,
        "results/report/embeddings.html",
        *[f"results/report/words/{name}.embeddings.png" for name in ("designs", "all")],
    ]
    drawn = Job(model="words", dataset="all")
    assert found.first_table(drawn) == f"{folder}/all.fold3.parquet"
    assert found.first_fold(drawn) == "3"


def test_variants_are_scored_in_the_transcripts_of_their_assembly(transcripts):
    found = transcripts(
        tables(transcripts_set("one"), SNVS, models=[WORDS, TRACKS]), exports=["tsv"]
    )
    assert found.scored_transcripts(Job(dataset="snvs")) == "results/transcripts/one.parquet"
    assert found.warnings == []
    scores = "results/variant_effects/words/snvs.ensemble"
    assert found.targets[-5:] == [
        f"{scores}.parquet", f"{scores}.tsv.gz",
        *[f"results/report/snvs.comparison.{file}" for file in ("tsv", "html", "png")],
    ]  # fmt: skip


def test_variants_of_regions_are_scored_but_not_ranked_beside_other_models(transcripts):
    maps = ("maps", "regions", "sim", "utr3", 2, "", "", "", "")
    found = transcripts(tables(transcripts_set("one"), maps, models=[WORDS, TRACKS]), exports=[])
    assert found.scored_in == {"maps": "one"}
    assert found.targets[-1] == "results/variant_effects/words/maps.ensemble.parquet"
    both = [transcripts_set("one"), transcripts_set("two")]
    assert transcripts(tables(*both, named(maps, "two"))).scored_in == {"maps": "two"}
    told = transcripts(tables(maps)).warnings
    assert told == ["datasets.tsv: the variants maps are not scored on mRNAs: no dataset of kind "
                    "transcripts is on assembly sim"]  # fmt: skip


def test_models_of_one_kind_are_not_compared(transcripts):
    found = transcripts(tables(transcripts_set("one"), SNVS))
    assert not [path for path in found.targets if "comparison" in path]


def test_variants_name_their_transcripts_where_there_are_several(transcripts):
    both = [transcripts_set("one"), transcripts_set("two")]
    with pytest.raises(InputError, match="one, two are transcripts of sim; name one of them"):
        transcripts(tables(*both, SNVS))
    with pytest.raises(InputError, match="snvs: transcripts is three; expected a dataset of kind"):
        transcripts(tables(*both, named(SNVS, "three")))
    assert transcripts(tables(*both, named(SNVS, "two"))).scored_in == {"snvs": "two"}


def test_variants_without_transcripts_are_told(transcripts):
    found = transcripts(tables(DESIGNS, SNVS))
    assert found.scored_in == {}
    assert found.warnings == [
        "datasets.tsv: the variants snvs are not scored on mRNAs: no dataset of kind transcripts is "
        "on assembly sim"
    ]
    assert (
        transcripts(tables(DESIGNS, SNVS, models=[TRACKS])).warnings == []
    )  # nor are there models


def test_variants_and_pooling_by_the_set_exclude_each_other(transcripts):
    rows, pooling = tables(transcripts_set("one"), SNVS), {"compat": "helical_pooling"}
    with pytest.raises(InputError, match="REF and ALT of snvs cannot be compared"):
        transcripts(rows, embeddings=pooling)
    assert transcripts(tables(transcripts_set("one")), embeddings=pooling).scored_in == {}


def test_a_selection_that_is_none_is_told(transcripts):
    with pytest.raises(InputError, match="dataset all: path is canonicl; expected canonical, "):
        transcripts(tables(transcripts_set("all", "canonicl")))


def test_options_are_apart_from_what_changes_no_number(transcripts):
    found = transcripts(tables(DESIGNS), embeddings={"per_nucleotide": True})
    assert found.nucleotide_features == ["results/embeddings/{model}/{dataset}.fold{fold}.zarr"]
    kept, scores = set(found.table_options), set(found.allele_options)
    assert kept - scores == {"pooling", "regions", "layers"}
    assert (
        scores
        < kept
        == set(found.catalogue.config["embeddings"]) - {"per_nucleotide", "batch_tokens"}
    )
    assert transcripts(tables(DESIGNS)).nucleotide_features == []
