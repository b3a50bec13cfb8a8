"""The page of embeddings: every sequence counted once, costs and weights named."""

import pytest

from seqcast.core.store import read_provenance
from seqcast.predict.embeddings.embed_table import write_embeddings
from seqcast.predict.embeddings.embedding_outcomes import MEANINGS
from seqcast.predict.embeddings.embedding_tables import TableEmbedder
from seqcast.predict.embeddings.engine import Embedder
from seqcast.report.pages.embeddings_summary import embeddings_summary_html
from tests.seqcast.predict.embeddings.examples import ROWS, transcripts
from tests.seqcast.predict.embeddings.toys import Fading

FACTS = {
    "model": "toy", "fold": "0", "dataset": "<set>", "origin": "source", "device": "cpu",
    "precision": "fp32", "weights_sha256": "abc123", "options": {"pooling": ["mean"], "regions": True, "layers": [], "compat": None},
}  # fmt: skip


def page(tmp_path, rows=ROWS, model=None, **facts):
    table = TableEmbedder(Embedder(model or Fading()), lambda: [transcripts(rows)])
    path = tmp_path / f"{facts.get('fold', 0)}.parquet"
    write_embeddings(table, len(rows), path, None, FACTS | facts)
    return path, embeddings_summary_html([path])


def test_page_tells_counts_meanings_and_cost(tmp_path):
    path, html = page(tmp_path)
    assert "&lt;set&gt;" in html
    assert "<set>" not in html
    for name in ("other_letter", "too_long", "no_cds", "duplicate_id"):
        assert f"<b>{name}</b>: {MEANINGS[name].split(chr(39))[0]}" in html
    assert "windowed" not in html  # does not occur
    assert ">6</td>" in html
    assert ">4</td>" in html
    assert "1 to 40" in html
    made = read_provenance(path)
    assert f"{made['cpu_s'] / 0.096:.2f}" in html
    assert "SHA-256" in html
    assert "pooling: mean; regions: yes</td>" in html
    assert "UNTRAINED" not in html


def test_page_warns_of_untrained_weights_and_missing_likelihoods(tmp_path):
    model = Fading()
    model.has_lm_head = False
    _, html = page(tmp_path, model=model, origin="random")
    assert "UNTRAINED random weights: toy fold 0." in html
    assert "no log-likelihood: the checkpoint holds no language-model head" in html


@pytest.mark.parametrize("rows", [[], [ROWS[2]]])
def test_page_of_nothing(tmp_path, rows):
    _, html = page(tmp_path, rows)
    assert ">none<" in html


def test_folds_have_rows_of_their_own(tmp_path):
    paths = [page(tmp_path, fold=str(fold), weights_sha256=f"{fold}")[0] for fold in (0, 1)]
    html = embeddings_summary_html(paths)
    assert "SAME WEIGHTS" not in html
    assert html.count("toy fold 0") == html.count("toy fold 1") == 4


def test_page_warns_of_folds_of_the_same_weights(tmp_path):
    paths = [page(tmp_path, fold=str(fold))[0] for fold in (0, 1)]
    assert "SAME WEIGHTS: toy, folds 0 and 1." in embeddings_summary_html(paths)
