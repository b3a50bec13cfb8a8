"""What is compared with the planted truth, without Snakemake."""

from types import SimpleNamespace as Job

import pytest

from seqcast.core.errors import InputError
from seqcast.plan.coverage_trainings import CoverageTrainings
from tests.seqcast.plan.coverage_tables import SET, write_windows

TABLES = {
    "assemblies": [("sim", "g.fa", "a.gtf", ""), ("hg38", "h.fa", "h.gtf", "")],
    "models": [("tiny", "borzuki", "coverage", "tiny.json", "human", "targets.tsv", "")],
    "folds": [("tiny", 0, "random", 1), ("tiny", 1, "random", 2)],
    "datasets": [("planted", "variants", "sim", "p.vcf", 1), ("regions", "windows", "sim", "r.bed", 1),
                 {"dataset": "utrs", "kind": "regions", "assembly": "sim", "path": "r.bed"},
                 *[SET | {"dataset": name, "assembly": assembly} for name, assembly in
                   [("own", "sim"), ("other", "hg38"), ("first", "sim")]]],
}  # fmt: skip
SECTION = {"variants": "planted", "coverage": "regions", "held_out": ["chrS2"]}
JOB = Job(model="tiny")


@pytest.fixture
def planted(planned, tmp_path):
    """A function from keys of the section to `PlantedTruth`."""
    (tmp_path / "targets.tsv").touch()
    write_windows(tmp_path)
    return lambda **keys: planned(TABLES, planted_truth={**SECTION, **keys}).planted_truth


def test_predictions_of_every_fold_are_compared(planted):
    scores, coverage = "results/variant_effects/tiny", "results/coverage/tiny/regions"
    assert planted().predictions(JOB) == {
        "scores": f"{scores}/planted.ensemble.parquet",
        "fold_scores": [f"{scores}/planted.fold{fold}.parquet" for fold in (0, 1)],
        "tracks": f"{scores}/tracks.parquet",
        "coverage": f"{coverage}.ensemble.zarr",
        "fold_coverage": [f"{coverage}.fold{fold}.zarr" for fold in (0, 1)],
    }


def test_maps_are_compared_where_a_dataset_is_named(planted):
    assert planted(maps="utrs").predictions(JOB)["maps"] == "results/maps/tiny/utrs.bases.parquet"


def test_the_truth_is_of_the_genome_of_the_variants(planted):
    truth = planted().truth(JOB)
    assert truth["targets"] == "targets.tsv"
    assert truth["annotation"] == "resources/assemblies/sim.genes.parquet"
    assert truth["planted"] == "resources/simulated/planted_variants.vcf"


def test_stores_are_those_on_its_genome_that_folds_learned_from(planted, monkeypatch):
    found = planted()
    assert found.learned(JOB) == {"stores": [], "digests": []}  # random weights learned from none
    seen = {"0": ["own", "other"], "1": ["first", "own"]}
    monkeypatch.setattr(CoverageTrainings, "seen_by", lambda self, model, fold: seen[fold])
    folder = "results/coverage_sets"
    assert found.learned(JOB) == {
        "stores": [f"{folder}/first.zarr", f"{folder}/own.zarr"],
        "digests": [f"{folder}/first.digest", f"{folder}/own.digest"],
    }


def test_each_model_has_figure_and_page(planted):
    made = ["simulated_gene.png", "tiny.png", "tiny.html"]
    assert planted().targets == [f"results/planted_truth/{name}" for name in made]
    assert planted(variants="", coverage="", held_out=[]).targets == []


@pytest.mark.parametrize(("keys", "message"), [
    ({"variants": "regions"}, "planted_truth.variants is 'regions', which is no dataset of that kind "
     "in datasets.tsv"),
    ({"coverage": ""}, "planted_truth.coverage is ''"),
    ({"maps": "regions"}, "planted_truth.maps is 'regions', which is no dataset of that kind"),
    ({"held_out": []}, "planted_truth.held_out is empty; name the contigs"),
])  # fmt: skip
def test_a_mistake_in_the_section_is_named(planted, keys, message):
    with pytest.raises(InputError) as error:
        planted(**keys)
    assert message in str(error.value)
