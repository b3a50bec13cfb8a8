"""What all features are planned from: a mistake in it is told with its table or key."""

from types import SimpleNamespace as Job

import pytest

from seqcast.core.errors import InputError
from seqcast.plan.catalogue import Catalogue
from seqcast.plan.config import MOVED
from tests.seqcast.plan.coverage_tables import changed

MODEL = ("tiny", "borzuki", "coverage", "params.json", "human", "targets.tsv", "")
TABLES = {
    "assemblies": [("sim", "genome.fa", "genes.gtf", "")],
    "models": [MODEL],
    "folds": [("tiny", "0", "random", "10"), ("tiny", "1", "random", "11")],
    "datasets": [("snvs", "variants", "sim", "nowhere/missing.vcf", 1),
                 ("pairs", "reads", "", "1.fq", 1)],
    "sources": [("fetched", "1", "https://ann:secret@a.org/w.h5", "weights/w.h5", "0" * 64,
                 "CC0-1.0", "Someone")],
}  # fmt: skip


def test_defaults_are_filled_in_for_jobs(configured, root):
    config = configured(TABLES)
    Catalogue(config, root / "workflow/schemas")
    assert config["report"] == {"score": "logSED", "tracks": "", "top": 6, "window_modes": {}}
    assert config["inference"]["precision"] == "fp32"


def test_facts_are_of_a_fold_or_of_all(catalogue):
    found = catalogue(TABLES)
    assert list(found.located_facts(Job(model="tiny", fold="1", dataset="snvs")).items()) == [
        ("model", "tiny"), ("fold", "1"), ("architecture", "borzuki"), ("origin", "random"),
        ("assembly", "sim")]  # fmt: skip
    facts = found.dataset_facts(Job(model="tiny", dataset="pairs"))
    assert (facts["fold"], facts["origin"]) == (["0", "1"], ["random", "random"])
    assert facts["dataset"] == "pairs"


def test_descriptions_are_those_of_the_models_that_a_page_lists(catalogue):
    found = catalogue({**TABLES, "models": [(*MODEL[:-1], "a toy")]})
    assert found.description(Job(model="tiny")) == {"tiny": "a toy"}
    assert found.descriptions("coverage", "reads") == {"tiny": "a toy"}
    assert found.descriptions("reads") == {}


def test_names_are_in_the_order_of_their_table(catalogue):
    found = catalogue(TABLES)
    assert found.folds_of("tiny") == ["0", "1"]
    assert found.fold_weights(Job(model="tiny")) == [
        f"resources/models/tiny.fold{fold}.safetensors" for fold in "01"]  # fmt: skip
    assert (found.of_kind("reads", "variants"), found.of_task("reads")) == (["snvs", "pairs"], [])


def test_a_source_is_a_path_and_its_url_stays_out_of_params(catalogue):
    found = catalogue(TABLES)
    assert found.located("fetched") == "resources/weights/w.h5"
    assert found.located("own/w.h5") == "own/w.h5"
    assert "secret" not in str(found.download(Job(path="weights/w.h5")))


def test_a_file_that_is_not_there_is_told_with_its_cell(catalogue, tmp_path):
    found = catalogue(TABLES)
    with pytest.raises(InputError, match=r"^datasets.tsv \(snvs\), column path: nowhere/missing.vcf "
                       r"does not exist; expected a file, seen from .*name of a source of sources.tsv"):  # fmt: skip
        found.given("nowhere/missing.vcf")
    with pytest.raises(InputError, match=r"^config: features.tsv does not exist"):
        found.given("features.tsv")
    (tmp_path / "features.tsv").touch()
    assert found.given("features.tsv") == "features.tsv"


def test_a_file_may_be_made_by_the_run_or_lie_in_a_storage(configured, root):
    config, schemas = configured(TABLES), root / "workflow/schemas"
    made = Catalogue(config, schemas, is_made=lambda path: path == "resources/weights/w.h5")
    assert made.given("fetched") == "resources/weights/w.h5"
    assert Catalogue(config, schemas, deployed=str).given("w.h5") == "w.h5"


def test_files_that_come_with_the_workflow_are_not_looked_for_in_a_storage(
    configured, root, tmp_path
):
    config, schemas = configured(TABLES), root / "workflow/schemas"
    found = Catalogue(config, schemas, is_made=lambda path: path == "resources/made.fa",
                      deployed=lambda path: f"deployed {path}")  # fmt: skip
    (tmp_path / "config").mkdir()
    (tmp_path / "config/targets.tsv").touch()
    assert found.given("config/targets.tsv") == "deployed config/targets.tsv"
    assert found.given("resources/made.fa") == "resources/made.fa"
    assert found.given("data/genome.fa") == "data/genome.fa"
    with pytest.raises(InputError, match=r"config/lost.tsv does not exist"):
        found.given("config/lost.tsv")


@pytest.mark.parametrize(("tables", "message"), [
    ({"models": [("tiny", "borzoi", *MODEL[2:])]},
     r"models.tsv, line 2 \(tiny\), column architecture: 'borzoi'; expected one of "),
    ({"folds": [TABLES["folds"][0], ("tony", "0", "random", "1")]},
     "folds.tsv: 'tony' has no row in models.tsv, which has tiny; correct the name, or add the row"),
    ({"models": [MODEL, ("other", *MODEL[1:])]}, "models.tsv: 'other' has no row in folds.tsv, which"),
    ({"folds": [("tiny", fold, "source", f"{path}w/fold0.h5") for fold, path in [("0", ""), ("1", "./")]]},
     "folds.tsv: tiny, folds 0 and 1 have the same weights"),
    ({"folds": changed(TABLES["folds"], 1, 3, "10")},
     "folds.tsv: tiny, folds 0 and 1 have the same weights.*give each fold weights of its own"),
    ({"folds": changed(TABLES["folds"], 0, 3, "abc")},
     "folds.tsv: fold 0 of model tiny: origin is random, and source is abc; expected a whole number"),
    ({"assemblies": [("sim", "genome.gbk")]},
     r"assemblies.tsv \(sim\), column annotation: the cell is empty; expected GTF or GFF3, whose genes "
     "snvs needs, a dataset of kind variants. Name the file"),
    ({"datasets": changed(TABLES["datasets"], 0, 2, "hg83")},
     "datasets.tsv: 'hg83' has no row in assemblies.tsv, which has sim"),
])  # fmt: skip
def test_tables_agree(catalogue, tables, message):
    with pytest.raises(InputError, match=message):
        catalogue(TABLES | tables)


@pytest.mark.parametrize(("config", "message"), [
    ({"report": {"scores": "SED"}},
     r"config: \$.report: Additional properties are not allowed \('scores' was unexpected\)"),
    ({"inference": {"device": "gpu"}}, r"\$.inference.device: 'gpu' does not match"),
    ({"inference": 3}, r"\$.inference: 3 is not of type 'object'"),
    ({"properties": {"probe_features": []}}, r"\$.properties.probe_features: \[\] should be non-empty"),
    ({"properties": {"probe_features": "embedding_mean"}},
     r"\$.properties.probe_features: 'embedding_mean' does not match '\^auto\$'"),
    ({"variant_effects": {"gene_scores": ["SED"]}},
     "report.score is logSED, but variant_effects.gene_scores makes only SED; name one of them"),
    ({"variant_effects": {"gene_scores": ["logSED", "COVR"]}},
     "gene_scores has COVR, and polya_sites is empty; these scores need"),
    ({"variant_effects": {"polya_sites": "sites.bed"}},
     "gene_scores has no COVR or SCOVR, and polya_sites is given; "),
])  # fmt: skip
def test_a_mistake_in_the_config_is_told_with_its_key(catalogue, config, message):
    with pytest.raises(InputError, match=message):
        catalogue(TABLES, **config)


def test_a_table_that_is_not_there_is_told(configured, root, tmp_path):
    config = configured(TABLES)
    (tmp_path / "models.tsv").unlink()
    with pytest.raises(InputError, match=r"^models.tsv does not exist; expected a table"):
        Catalogue(config, root / "workflow/schemas")


def test_a_table_of_older_versions_is_told_with_where_its_rows_went(configured, root):
    config = configured(TABLES)
    assert {"coverage_sets", "libraries", "properties", "read_sets", "references"} <= MOVED.keys()
    config["tables"]["libraries"] = "libraries.tsv"
    with pytest.raises(InputError, match=r"^config: tables.libraries is no table any more; write its "
                       r"rows into datasets.tsv, kind aligned_reads \(the column bam is path\), and"):  # fmt: skip
        Catalogue(config, root / "workflow/schemas")
