"""Coverage models tested by the workflow on windows that they never saw."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from seqcast.core.provenance import ORIGINS
from seqcast.core.store import read_provenance
from seqcast.evaluation.coverage.gene_matrices import GeneMatrix
from seqcast.evaluation.metrics.table import RESULTS
from tests.workflow.conftest import Workflow, new_folder
from tests.workflow.small_coverage import CONFIG, TABLES, write_settings

pytestmark = pytest.mark.slow

FOLDER = "results/coverage_accuracy/small"
TIMES = "^RNA:ActD"
FEATURES = "name\tpattern\nearly\tActD:.* 0h\nlate\tActD:.* 8h\ntotal\ttotal\n"
ACCURACY = {
    "decay_courses": {"sim": TIMES},
    "half_lives": {"sim": "resources/simulated/genes.tsv"},
    "half_life_columns": ["gene_id", "half_life_h"],
    "half_life_features": "features.tsv",
    "steady_states": {"sim": "total"},
    "panels": "panels.tsv",
    "clip_peaks": {"sim": "peaks.bed"},
}
PANELS = "name\tpattern\tmetric\ncourse\tRNA:ActD\tgene_pearsonr\nall\tRNA\tgene_pearsonr\n"
PROTOCOLS = ("panels", "expression_course", "half_life")
BENCHMARKS = [(name, "coverage", "sim", name) for name in PROTOCOLS]


@pytest.fixture(scope="module")
def run(root: Path, demo_tables: dict, tmp_path_factory: pytest.TempPathFactory) -> Workflow:
    """Two folds of a small model, trained and tested: all that a run without datasets makes."""
    run = new_folder(root, tmp_path_factory.mktemp("coverage_accuracy"))
    write_settings(run)
    (run.folder / "features.tsv").write_text(FEATURES)
    (run.folder / "panels.tsv").write_text(PANELS)
    (run.folder / "peaks.bed").write_text("chrS2\t1000\t1100\tFUS_K562\t0\t+\n")
    tables = {"assemblies": demo_tables["assemblies"], "benchmarks": BENCHMARKS, **TABLES}
    run.configure(tables, coverage_accuracy=ACCURACY, notebooks={"genes": "sim"}, **CONFIG)
    run.succeed()
    return run


def read(run: Workflow, name: str) -> pl.DataFrame:
    return pl.read_csv(run.folder / FOLDER / name, separator="\t")


@pytest.mark.parametrize("fold", ["f0c0", "f1c0"])
def test_each_track_and_each_gene_has_a_row(run: Workflow, fold: str) -> None:
    tracks, genes = (read(run, f"sim.fold{fold}.{name}.tsv") for name in ("tracks", "genes"))
    assert tracks.height == 22
    assert tracks["pearsonr"].is_between(-1, 1).all()
    windows = pl.read_csv(run.folder / "results/coverage_sets/sim.windows.bed", separator="\t",
                          has_header=False, new_columns=["chrom", "start", "end", "part"])  # fmt: skip
    assert (tracks["windows"] == windows.filter(part="test").height).all()
    known = pl.read_csv(run.folder / "resources/simulated/genes.tsv", separator="\t")
    assert set(genes["gene_id"]) == set(known["gene_id"])
    assert genes.filter(chrom="chrS1")["status"].unique().to_list() == ["outside_windows"]
    preds, targets = (
        GeneMatrix.read(run.folder / FOLDER / f"sim.fold{fold}.gene_{name}.parquet")
        for name in ("preds", "targets")
    )
    assert preds.genes.tolist() == sorted(genes.filter(status="valid")["gene_id"])
    for row in tracks.filter(pl.col("identifier").str.ends_with("+")).iter_rows(named=True):
        pair = (m.columns([row["identifier"]])[:, 0] for m in (preds, targets))
        assert row["gene_pearsonr"] == pytest.approx(np.corrcoef(*pair)[0, 1])


def test_tables_say_what_made_them(run: Workflow) -> None:
    facts = read_provenance(run.folder / FOLDER / "sim.foldf1c0.gene_preds.parquet")
    assert (facts["model"], facts["fold"], facts["coverage_set"]) == ("small", "f1c0", "sim")
    assert facts["origin"] == "train"
    assert facts["options"]["reverse_complement"] is True


def test_measured_decay_is_that_of_the_simulation(run: Workflow) -> None:
    decay = read(run, "sim.foldf0c0.decay.tsv")
    truth = pl.read_csv(run.folder / "resources/simulated/genes.tsv", separator="\t")
    assert decay.height == truth.height
    fitted = decay.filter(pl.col("measured_status") == "valid")
    assert fitted.height >= 5
    both = fitted.join(truth, on="gene_id")
    r = np.corrcoef(both["measured_log2_decay_rate"], np.log2(both["decay_rate_per_h"]))[0, 1]
    assert r > 0.95  # measured: 0.988, with noise and bins that hold introns too
    metrics = read(run, "sim.foldf0c0.decay_metrics.tsv")
    assert metrics["genes"].unique(maintain_order=True).to_list() == ["valid", "fitted", "at_bound"]


def test_no_track_of_the_simulation_has_a_group(run: Workflow) -> None:
    assert set(read(run, "sim.foldf0c0.half_lives.tsv")["status"]) == {"no_group"}


def test_half_lives_are_predicted_across_genes(run: Workflow) -> None:
    found = read(run, "sim.saluki.tsv")
    assert found["fold"].unique(maintain_order=True).to_list() == ["f0", "f1"]
    assert found["part"].drop_nulls().n_unique() == 5
    assert set(read(run, "sim.saluki_metrics.tsv")["fold"]) == {"f0", "f1", "all"}


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_benchmarks_have_one_layout(run: Workflow, protocol: str) -> None:
    folder = run.folder / "results/benchmarks"
    found = pl.read_csv(folder / f"{protocol}.tsv", separator="\t")
    assert found.columns == list(RESULTS)
    assert not found.select("method", "part", "metric").is_duplicated().any()
    origins = dict(found.select("method", "origin").unique().iter_rows())
    baselines = {
        "panels": ["length"],
        "expression_course": ["length_gc", "measured"],
        "half_life": [],
    }
    expected = {"small": ORIGINS["train"]} | dict.fromkeys(baselines[protocol], "baseline")
    assert {k: v for k, v in origins.items() if v != "difference"} == expected
    assert pl.read_csv(folder / f"{protocol}.rows.tsv", separator="\t").height


def test_numbers_of_benchmarks_are_those_of_the_folds(run: Workflow) -> None:
    """Both folds have the same test windows: panels are of their mean, courses also of each."""
    folder = run.folder / "results/benchmarks"
    panels = pl.read_csv(folder / "panels.tsv", separator="\t")
    folds = [read(run, f"sim.fold{fold}.tracks.tsv") for fold in ("f0c0", "f1c0")]
    mean = sum(one["gene_pearsonr"] for one in folds) / 2
    used = folds[0]["description"].str.contains("RNA:ActD") & mean.is_not_null()
    median = panels.filter(method="small", part="course", metric="gene_pearsonr_median")
    assert median["value"].to_list() == [pytest.approx(mean.filter(used).median())]
    assert median["n"].to_list() == [used.sum()]
    course = pl.read_csv(folder / "expression_course.tsv", separator="\t")
    of_total = course.filter(method="small", part="f1/steady_state", metric="pearson")
    total = folds[1].filter(pl.col("description").str.contains("total")).drop_nulls("gene_pearsonr")
    assert of_total["value"].to_list() == pytest.approx(total["gene_pearsonr"].to_list(), abs=0.05)
    half_life = pl.read_csv(folder / "half_life.tsv", separator="\t").filter(metric="spearman")
    ours = read(run, "sim.saluki_metrics.tsv").filter(metric="spearman")
    assert half_life["value"].to_list() == ours["value"].to_list()


def test_peaks_are_collected_for_a_benchmark_of_clip(run: Workflow) -> None:
    table = run.folder / "clip.tsv"
    table.write_text("benchmark\ttask\tdatasets\tprotocol\nclip\tcoverage\tsim\tclip\n")
    jobs = run.planned("--nocolor", "--config", "tables={benchmarks: clip.tsv}")
    assert (jobs["collect_peaks"], jobs["evaluate_coverage_benchmark"]) == (2, 1)
    assert "evaluate_coverage" not in jobs


def test_figures_are_made(run: Workflow) -> None:
    report = run.folder / "results/report"
    made = {str(path.relative_to(report)) for path in report.rglob("*.png")}
    folds = {f"small/sim.fold{f}.{name}.png" for f in ("f0c0", "f1c0") for name in ("genes", "decays")}  # fmt: skip
    assert made >= folds | {"sim.accuracy_bins.png", "sim.accuracy_genes.png"}
    assert run.planned("--nocolor") == {}


def test_each_training_has_a_page_with_a_verdict(run: Workflow) -> None:
    folder = run.folder / "results/training"
    for fold in ("f0c0", "f1c0"):
        page = (folder / f"small.fold{fold}.html").read_text()
        assert page.count("data:image/png") == 4  # learning curve, windows, genes, decays
        assert "Verdict: " in page
        verdict = pl.read_csv(folder / f"small.fold{fold}.verdict.tsv", separator="\t")
        tracks = read(run, f"sim.fold{fold}.tracks.tsv")
        bins = verdict.filter(aspect="r of bins within a track")["value"][0]
        assert bins == pytest.approx(tracks["pearsonr"].median())
        assert verdict["aspect"].to_list()[-1] == "overall"
    index = (run.folder / "results/report/index.html").read_text()
    assert "Training of small, fold f0c0" in index


def test_other_options_run_the_tests_anew_but_train_nothing(run: Workflow) -> None:
    jobs = run.planned("--nocolor", "--config", "coverage_accuracy={compat: borzuki}")
    assert "train" not in jobs
    assert jobs["evaluate_coverage"] == 2


def test_notebooks_find_their_files(run: Workflow) -> None:
    run.succeed("notebooks")
    folder = run.folder / "results/notebooks/borzuki/small"
    for fold in ("f0c0", "f1c0"):
        place = folder / "models" / fold / "testg-0"
        acc = pl.read_csv(place / "acc.txt", separator="\t")
        preds = pl.read_csv(place / "gene_preds.tsv", separator="\t")
        assert preds.columns[1:] == acc["identifier"].to_list()
        known = read(run, f"sim.fold{fold}.tracks.tsv").filter(
            pl.col("description").str.contains("^RNA:")
        )
        of_genes = dict(known.select("identifier", "gene_pearsonr").iter_rows())
        for name, r in acc.select("identifier", "pearsonr").iter_rows():
            assert r == pytest.approx(of_genes[name])
        exons = pl.read_csv(place / "genes.bed", separator="\t", has_header=False)
        assert set(preds[:, 0]) <= set(exons[:, 3])
        assert (place / "acc_hl.txt").exists()
    targets = pl.read_csv(folder / "targets_human_rna.txt", separator="\t")
    assert targets["description"].str.starts_with("RNA:").all()
