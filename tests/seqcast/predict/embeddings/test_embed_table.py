"""The job of embeddings: files in, the table and its provenance out."""

import logging

import numpy as np
import polars as pl
import pytest

from seqcast.core.errors import InputError
from seqcast.core.store import read_provenance, write_table
from seqcast.predict.embeddings.embed_options import EmbedOptions
from seqcast.predict.embeddings.embed_table import embed_dataset, write_embeddings
from seqcast.predict.embeddings.embedding_files import read_embeddings
from seqcast.predict.embeddings.embedding_tables import TableEmbedder
from seqcast.predict.embeddings.engine import Embedder, embed_texts
from seqcast.transcripts.marks import is_mark, mark_codons
from tests.seqcast.predict.embeddings.examples import ROWS, transcripts
from tests.seqcast.predict.embeddings.small_helix import small_helix, write_small_helix
from tests.seqcast.predict.embeddings.test_engine import alone
from tests.seqcast.predict.embeddings.toys import Fading

INFERENCE = {"device": "cpu", "precision": "fp32"}
OPTIONS = {
    "pooling": ["mean", "last"], "regions": True, "layers": [], "log_likelihood": True,
    "too_long": "status", "window_overlap_tokens": None, "codon_marks": True, "batch_tokens": None,
    "compat": None,
}  # fmt: skip


def embed(tmp_path, nucleotides=False, **options):
    weights, config = write_small_helix(tmp_path)
    write_table(transcripts().with_columns(label=pl.lit(1.0)), tmp_path / "t.parquet", {})
    path, store = str(tmp_path / "e.parquet"), str(tmp_path / "e.zarr")
    embed_dataset(
        weights, config, str(tmp_path / "t.parquet"), path, store if nucleotides else None,
        {"architecture": "helix_mrna", "model": "small", "fold": "0", "origin": "random"},
        OPTIONS | options, INFERENCE, threads=1,
    )  # fmt: skip
    return path, store


def test_rows_and_provenance(tmp_path):
    path, _ = embed(tmp_path)
    table = pl.read_parquet(path)
    assert table["id"].to_list() == [row["id"] for row in ROWS]
    one = next(iter(embed_texts(small_helix(), [mark_codons(ROWS[0]["sequence"], 4, 31)])))
    np.testing.assert_allclose(table["embedding_mean"][0].to_numpy(), one.mean, atol=1e-5)
    assert table["log_likelihood"][0] == pytest.approx(one.log_likelihood, abs=1e-3)
    made = read_provenance(path)
    assert made["weights_sha256"] == "sha of the source"
    assert made["options"] == OPTIONS
    assert made["counts"]["embedded"] == 5
    assert (made["model"], made["device"], made["threads"]) == ("small", "cpu", 1)
    assert {"torch", "numpy", "seqcast"} <= made["versions"].keys()


def test_nucleotides_and_layers(tmp_path):
    path, store = embed(tmp_path, nucleotides=True, layers=[0, 5])
    table = pl.read_parquet(path)
    with read_embeddings(store) as opened:
        assert opened.ids == table["id"].to_list()
        # without codon marks, the mean over nucleotides is the mean over tokens
        np.testing.assert_allclose(opened.read(1).mean(0), table["embedding_mean"][1], atol=1e-5)
        assert opened.read(1, "layer_5").shape == (25, 32)
        assert opened.provenance["weights_sha256"] == "sha of the source"


def test_layers_without_nucleotides_are_a_mistake(tmp_path):
    with pytest.raises(InputError, match="ask for features per nucleotide too"):
        embed(tmp_path, layers=[1])


def test_compat_reaches_pooling(tmp_path):
    ours, _ = embed(tmp_path)
    vectors = pl.read_parquet(ours)["embedding_mean"]
    theirs, _ = embed(tmp_path, compat="helical_pooling")
    table = pl.read_parquet(theirs)
    assert not np.allclose(table["embedding_mean"][0].to_numpy(), vectors[0].to_numpy(), atol=1e-3)
    # one letter: the original divides by 0
    assert table["status"].to_list()[-1] == "prediction_not_finite"
    assert read_provenance(theirs)["options"]["compat"] == "helical_pooling"


def run(tmp_path, model=None, rows=ROWS, nucleotides=True, **options):
    embedder = Embedder(model or Fading(), EmbedOptions(per_symbol=nucleotides, **options))
    table = TableEmbedder(embedder, lambda: [transcripts(rows)])
    path, store = tmp_path / "e.parquet", tmp_path / "e.zarr"
    write_embeddings(table, len(rows), path, store if nucleotides else None, {"model": "toy"})
    return path, store


def test_nucleotides_are_kept_without_codon_marks(tmp_path):
    _, path = run(tmp_path, layers=(0, 2), too_long="truncate_left")
    text = mark_codons(ROWS[0]["sequence"], 4, 31)
    features, scores = alone(Fading(), text)
    with read_embeddings(path) as store:
        assert np.diff(store.offsets).tolist() == [40, 25, 0, 30, 64, 1]
        assert store.start_nt.tolist() == [0, 0, 0, 0, 36, 0]
        np.testing.assert_allclose(store.read(0), features[~is_mark(text)], atol=1e-6)
        found = store.read(0, "log_likelihood")
        np.testing.assert_allclose(found, [np.nan, *scores[~is_mark(text)[1:]]], atol=1e-5)
        assert sorted(store.arrays) == ["features", "layer_0", "layer_2", "log_likelihood"]
        assert store.read(0, "layer_2").shape == (40, Fading.width)
        cut = alone(Fading(), ROWS[4]["sequence"][36:])[0]
        np.testing.assert_allclose(store.read(4), cut, atol=1e-6)
        assert store.provenance == {"model": "toy"}


def test_the_table_says_what_made_it_and_what_it_cost(tmp_path, caplog):
    with caplog.at_level(logging.INFO, "seqcast"):
        path, store = run(tmp_path, nucleotides=False)
    assert not store.exists()
    made = read_provenance(path)
    assert made["counts"] == {
        "embedded": 4,
        "other_letter": 1,
        "too_long": 1,
        "no_cds": 1,
        "duplicate_id": 1,
    }
    assert (made["tokens"], made["nucleotides"], made["no_log_likelihood"]) == (115, 96, None)
    assert made["cpu_s"] >= 0
    assert "6 sequences, 4 embedded, 115 tokens" in caplog.text
    assert "1 of 6 sequences too_long: more tokens than the model takes" in caplog.text
    levels = {record.getMessage().split(":")[0]: record.levelname for record in caplog.records}
    assert levels["1 of 6 sequences too_long"] == "WARNING"
    assert levels["1 of 6 sequences no_cds"] == "INFO"  # as prepare_transcripts says it
    assert "6 of 6 sequences, " in caplog.text  # progress


def test_a_missing_likelihood_has_its_reason(tmp_path):
    model = Fading()
    model.has_lm_head = False
    path, store = run(tmp_path, model)
    assert pl.read_parquet(path)["log_likelihood"].null_count() == len(ROWS)
    assert read_provenance(path)["no_log_likelihood"].startswith("the checkpoint holds no language")
    with read_embeddings(store) as opened:
        assert list(opened.arrays) == ["features"]
    path, _ = run(tmp_path, log_likelihood=False)
    assert read_provenance(path)["no_log_likelihood"] == "not asked for"


def test_features_that_are_no_numbers_keep_their_rows(tmp_path):
    model = Fading()
    model.embedding.data[7 + "ACGUNE".index("N")] = np.nan
    rows = [{"id": "a", "sequence": "ACGU"}, {"id": "b", "sequence": "ANU"}]
    path, store = run(tmp_path, model, rows)
    assert pl.read_parquet(path)["status"].to_list() == ["embedded", "prediction_not_finite"]
    with read_embeddings(store) as opened:
        assert np.isnan(opened.read(1)).all()
        assert opened.read(1).shape == (3, Fading.width)


def test_a_failed_run_leaves_nothing(tmp_path):
    model = Fading()
    model.logits = None
    with pytest.raises(TypeError):
        run(tmp_path, model)
    assert list(tmp_path.iterdir()) == []


def test_no_sequences_give_empty_files(tmp_path, caplog):
    path, store = run(tmp_path, rows=[])
    assert len(pl.read_parquet(path)) == 0
    assert "there are no sequences" in caplog.text
    with read_embeddings(store) as opened:
        assert opened.ids == []
