"""The page of a trained fold: what is known of it is there, and what is not is said to be missing."""

import json
from pathlib import Path

import polars as pl
import pytest

from seqcast.core.store import write_tsv
from seqcast.datasets.coverage import preflight
from seqcast.evaluation.coverage.training_verdicts import GradedFiles, write_verdict
from seqcast.report.figures.style import new_figure, save
from seqcast.report.pages.training import FINE, TrainingFiles, overall_verdicts, training_html

ABOUT = {
    "model": "small", "fold": "f0c0", "training": "both", "data": "sim<1>", "initial": "",
    "architecture": "borzuki", "task": "coverage",
}  # fmt: skip
KINDS = ["RNA:ActD:a 0h", "RNA:ActD:a 2h", "CAGE:b"]
WINDOWS = "chr1\t0\t1000000\tfold0\nchr1\t1000000\t2000000\tfold1\nchr2\t0\t500000\ttest\n"


@pytest.fixture
def files(tmp_path: Path) -> TrainingFiles:
    history = {"step": [5, 1200], "train_loss": [2.0, 1.0], "learning_rate": [1.0, 0.0],
               "best": [False, True]}  # fmt: skip
    write_tsv(pl.DataFrame(history), tmp_path / "history.tsv")
    (tmp_path / "recipe.json").write_text(json.dumps({"coverage": {"transfer": {"mode": "lora"}}}))
    save(new_figure(1, 1), tmp_path / "small.learning_curve.png")
    return TrainingFiles(
        tmp_path / "history.tsv", tmp_path / "recipe.json", tmp_path / "params.json",
        (tmp_path / "small.learning_curve.png",),
    )  # fmt: skip


@pytest.fixture
def tested(files: TrainingFiles, tmp_path: Path) -> TrainingFiles:
    """With all that is known of a poor fold of a coverage model."""
    names = ("r2", "gene_pearsonr", "gene_density_pearsonr", "gene_length_pearsonr",
             "gene_rolled_pearsonr", "within_gene_pearsonr")  # fmt: skip
    table = pl.DataFrame({"description": KINDS, "pearsonr": [0.1, 0.2, 0.9]}).with_columns(
        pl.lit(0.5).alias(name) for name in names
    )
    tracks, folder = tmp_path / "tracks.tsv", tmp_path / "results/training"
    folder.mkdir(parents=True)
    write_tsv(table, tracks)
    verdict = folder / "small.foldf0c0.verdict.tsv"
    write_verdict(GradedFiles(files.history, tracks), "small", "f0c0", verdict)
    (tmp_path / "windows.bed").write_text(WINDOWS)
    found = [("strands", "a & b", 0.9, "less", "doubtful", "swapped?"),
             ("totals", "c", 1.0, "", "fine", "")]  # fmt: skip
    write_tsv(
        pl.DataFrame(found, schema=preflight.SCHEMA, orient="row"), tmp_path / "preflight.tsv"
    )
    return files._replace(
        tracks=tracks, verdict=verdict, windows=tmp_path / "windows.bed",
        preflight=tmp_path / "preflight.tsv",
    )  # fmt: skip


def test_all_that_is_known_is_on_the_page(tested: TrainingFiles) -> None:
    page = training_html(tested, ABOUT)
    assert "Verdict: poor" in page
    assert "r over genes is 0.50, and 0.50 that of a control" in page
    assert "1,200 steps, 2 evaluations" in page
    assert '<td>RNA:ActD</td><td class="n">2</td>\n<td class="n">0.15</td>' in page
    assert '<td>all</td><td class="n">3</td>\n<td class="n">0.20</td>' in page
    assert "2 checks, 1 of them not fine" in page
    assert preflight.FINE == FINE
    assert "a &amp; b" in page
    assert '<td class="code">coverage.transfer.mode</td><td class="code">&#34;lora&#34;' in page
    assert "data:image/png;base64," in page
    assert '<td>test</td><td class="n">1</td><td class="n">500,000</td>' in page


def test_a_fold_that_is_not_tested_says_so(files: TrainingFiles) -> None:
    page = training_html(files, {**ABOUT, "task": "reads"})
    assert "Verdict: not tested" in page
    assert "sim&lt;1&gt;" in page
    assert "Accuracy on test windows" not in page


def test_pages_of_scores_link_to_a_poor_training(tested: TrainingFiles, tmp_path: Path) -> None:
    found = overall_verdicts([tested.verdict], tmp_path / "results/report/small/a.ranked.html")
    assert found[0]["grade"] == "poor"
    assert found[0]["href"] == "../../training/small.foldf0c0.html"
    assert "0.50 that of a control" in found[0]["note"]
