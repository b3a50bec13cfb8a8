"""Embeddings in a run: a FASTA file and a model of drawn weights, to table, store, figure and page."""

import json

import polars as pl
import pytest

from seqcast.core.store import read_provenance
from seqcast.predict.embeddings.embedding_files import read_embeddings
from tests.seqcast.predict.embeddings.small_helix import SMALL

FASTA = (
    "".join(f">s{i}\nAUG{'GCUACG' * (i + 1)}UAA\n" for i in range(12))
    + ">gap\nAC-GU\n>long\nACGUACG\n"
)
TARGETS = ["results/report/embeddings.html", "results/report/helix/designs.embeddings.png"]


pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def run(workflow):
    (workflow.folder / "designs.fa").write_text(FASTA)
    (workflow.folder / "helix.json").write_text(json.dumps(SMALL))
    workflow.configure(
        {
            "models": [("helix", "helix_mrna", "embedding", "helix.json", "", "", "small")],
            "folds": [("helix", 0, "random", 1), ("helix", 1, "random", 2)],
            "datasets": [("designs", "mrna", "", "designs.fa", 1, "", "whole", "", "")],
        },
        embeddings={"per_nucleotide": True, "layers": [5]},
    )
    workflow.succeed(*TARGETS)
    return workflow


def test_each_fold_has_its_table_and_store(run):
    for fold in "01":
        path = run.folder / f"results/embeddings/helix/designs.fold{fold}.parquet"
        table = pl.read_parquet(path)
        assert table["id"].to_list() == [*[f"s{i}" for i in range(12)], "gap", "long"]
        assert table["status"].to_list() == [*["embedded"] * 12, "other_letter", "embedded"]
        assert table["tokens"][0] == 4 * 4
        made = read_provenance(path)
        assert (made["model"], made["fold"], made["dataset"]) == ("helix", fold, "designs")
        assert made["code"]
        with read_embeddings(path.with_suffix(".zarr")) as store:
            assert sorted(store.arrays) == ["features", "layer_5", "log_likelihood"]
            assert store.read(0).shape == (12, 32)


def test_the_page_warns_of_drawn_weights(run):
    html = (run.folder / TARGETS[0]).read_text()
    assert "UNTRAINED random weights: helix fold 0, helix fold 1" in html
    assert (run.folder / TARGETS[1]).stat().st_size > 10_000


def test_nothing_is_left_to_do(run):
    assert run.planned("--", *TARGETS) == {}
