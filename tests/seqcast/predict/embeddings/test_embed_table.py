"""The job of embeddings: files in, the table and its provenance out."""

import numpy as np
import polars as pl
import pytest

from seqcast.core.errors import InputError
from seqcast.core.store import read_provenance, write_table
from seqcast.predict.embeddings.embed_table import embed_dataset
from seqcast.predict.embeddings.embedding_files import read_embeddings
from seqcast.predict.embeddings.engine import embed_texts
from seqcast.transcripts.marks import mark_codons
from tests.seqcast.predict.embeddings.examples import ROWS, transcripts
from tests.seqcast.predict.embeddings.small_helix import small_helix, write_small_helix

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
