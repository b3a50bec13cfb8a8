"""What benchmarks of coverage models read, and what is refused."""

from types import SimpleNamespace as Job

import pytest

from seqcast.core.errors import InputError
from seqcast.evaluation.coverage import composition, expression_course, panels, peak_metrics
from seqcast.evaluation.oligos import evaluate_mpra
from seqcast.plan import coverage_benchmarks, oligo_benchmarks
from tests.seqcast.plan.coverage_tables import ALONE, write_files

OPTIONS = {
    "decay_courses": {"sim": "RNA"}, "steady_states": {"sim": "human 0"},
    "half_lives": {"sim": "measured.tsv"}, "half_life_features": "features.tsv",
    "panels": "panels.tsv", "clip_peaks": {"sim": "peaks.bed"}, "clip_depths": {"sim": "reads.tsv"},
}  # fmt: skip
FILES = ("measured.tsv", "features.tsv", "panels.tsv", "peaks.bed", "reads.tsv", "published.tsv")
SIM = "resources/assemblies/sim"
START = "results/coverage_accuracy/small/sim"


@pytest.fixture
def plan(planned, tmp_path):
    write_files(tmp_path)
    for name in FILES:
        (tmp_path / name).touch()

    def plan(protocol, dataset="sim", **options):
        row = {"benchmark": "b", "task": "coverage", "datasets": dataset, "protocol": protocol,
               "published": "published.tsv"}  # fmt: skip
        run = planned(ALONE | {"benchmarks": [row]}, coverage_accuracy=OPTIONS | options)
        return run.coverage_benchmarks

    return plan


@pytest.mark.parametrize(("protocol", "single", "of_folds"), [
    ("panels", {"panels": "panels.tsv"}, ["tracks", "half_lives"]),
    ("clip", {"targets": "human.tsv", "depths": ["reads.tsv"]},
     ["tracks", "gene_preds", "gene_targets", "peaks"]),
    ("expression_course",
     {"targets": "human.tsv", "half_lives": ["measured.tsv"], "annotation": f"{SIM}.genes.parquet",
      "genome": f"{SIM}.fa.gz", "index": f"{SIM}.fa.gz.fai"},
     ["tracks", "genes", "gene_preds", "gene_targets"]),
])  # fmt: skip
def test_files_of_each_fold_are_read(plan, protocol, single, of_folds):
    job = Job(benchmark="b")
    found = plan(protocol)
    files = found.files(job)
    assert {name: files.pop(name) for name in single} == single
    assert list(files) == of_folds
    for name in of_folds:
        suffix = "parquet" if name in ("gene_preds", "gene_targets", "peaks") else "tsv"
        assert files[name] == [f"{START}.fold{fold}.{name}.{suffix}" for fold in ("f0c0", "f1c0")]
    assert found.folds(job) == [("small", "f0c0"), ("small", "f1c0")]
    assert found.origins(job) == {"small": ["train"]}
    assert found.published(job) == "published.tsv"
    assert found.targets == ["results/benchmarks/b.tsv", "results/benchmarks/b.rows.tsv"]


def test_half_lives_are_read_once_per_model(plan):
    files = plan("half_life").files(Job(benchmark="b"))
    assert files == {
        "metrics": [f"{START}.saluki_metrics.tsv"], "predictions": [f"{START}.saluki.tsv"]
    }  # fmt: skip


def test_what_no_cell_names_is_not_read(plan):
    files = plan("clip", clip_peaks={}, clip_depths={}).files(Job(benchmark="b"))
    assert files["depths"] == []
    assert "peaks" not in files


def test_options_are_those_of_the_protocol(plan):
    options = plan("expression_course").options(Job(benchmark="b"))
    assert (options["course"], options["steady_state"]) == ("RNA", "human 0")
    assert plan("panels").options(Job(benchmark="b")) == {"compat": None}


@pytest.mark.parametrize(("protocol", "dataset", "options", "message"), [
    ("panels", "none", {}, "none"),
    ("panels", "sim, second", {}, "names 2 datasets; expected one"),
    ("panels", "second", {}, "no model is evaluated on second"),
    ("half_life", "sim", {"half_lives": {}}, "half_life needs coverage_accuracy.half_lives of sim"),
    ("expression_course", "sim", {"steady_states": {}}, "needs coverage_accuracy.steady_states"),
    ("panels", "sim", {"steady_states": {"sim": "late"}}, "'late' matches none of the 3 track"),
    ("panels", "sim", {"clip_peaks": {"sin": "a"}}, "clip_peaks names 'sin'; expected one of sim"),
])  # fmt: skip
def test_bad_rows_are_told(plan, protocol, dataset, options, message):
    with pytest.raises(InputError, match=message):
        plan(protocol, dataset, **options)


def test_baselines_are_the_methods_of_the_evaluation():
    methods = {panels.LENGTH, composition.LENGTH_GC, expression_course.MEASURED}
    assert set(coverage_benchmarks.BASELINES) == methods | set(peak_metrics.BASELINES)
    assert set(oligo_benchmarks.BASELINES) == {evaluate_mpra.SALUKI, evaluate_mpra.GC}


def test_a_model_is_not_named_as_a_baseline(plan, monkeypatch):
    monkeypatch.setattr(coverage_benchmarks, "BASELINES", ("small",))
    with pytest.raises(InputError, match="small is the name of a baseline; rename the model"):
        plan("clip")
