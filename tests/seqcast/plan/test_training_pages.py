"""Pages of trained folds: what they show, and who says what a fold is worth."""

from types import SimpleNamespace as Job

import pytest

from tests.seqcast.plan.coverage_tables import ALONE, SHARED, write_files

F0 = Job(model="small", fold="f0c0")
STEM = "results/training/small.foldf0c0"
TABLES_OF = "results/coverage_accuracy/small/sim.foldf0c0"


@pytest.fixture
def plan(planned, tmp_path):
    write_files(tmp_path)
    return lambda tables, **options: planned(tables, coverage_accuracy=options)


def test_each_trained_fold_has_a_page_with_its_figures(plan):
    run = plan(ALONE, decay_courses={"sim": "^RNA"})
    pages = run.training_pages
    assert pages.targets == [f"results/training/small.fold{f}.html" for f in ("f0c0", "f1c0")]
    assert set(pages.targets) <= set(run.targets)
    shown = pages.shown(F0)
    assert shown["figures"] == [
        f"{STEM}.learning_curve.png",
        f"{STEM}.windows.png",
        *[f"results/report/small/sim.foldf0c0.{name}.png" for name in ("genes", "decays")],
    ]
    assert shown["verdict"] == f"{STEM}.verdict.tsv"
    assert shown["preflight"] == "results/coverage_sets/sim.preflight.tsv"
    assert pages.graded(F0) == {
        "history": f"{STEM}.history.tsv",
        "tracks": f"{TABLES_OF}.tracks.tsv",
        "decay_metrics": f"{TABLES_OF}.decay_metrics.tsv",
    }
    assert pages.about(F0)["data"] == "sim"


def test_figures_of_pages_are_in_the_one_page_once(plan):
    run = plan(ALONE)
    figures = run.run_page.files["figures"]
    assert not set(run.training_pages.figures) & set(figures)
    assert "results/report/sim.accuracy_bins.png" in figures
    assert f"{STEM}.html" in run.run_page.files["pages"]


def test_scores_are_told_of_the_folds_that_made_them(plan):
    run = plan(SHARED)
    assert run.training_pages.verdicts(Job(model="duo_mouse")) == [
        "results/training/duo_mouse.foldf0c0.verdict.tsv"
    ]
    assert run.training_pages.verdicts(Job(model="other")) == []
    assert len(run.run_page.files["verdicts"]) == 2


def test_a_fold_without_test_windows_has_no_verdict(plan, tmp_path):
    given = "windows.bed"
    (tmp_path / given).write_text("chrS1\t0\t2048\ttrain\nchrS1\t2048\t4096\tvalid\n")
    rows = [{**row, "windows": given} for row in ALONE["datasets"]]
    pages = plan(ALONE | {"datasets": rows}).training_pages
    assert pages.verdicts(F0) == []
    assert "verdict" not in pages.shown(F0)
