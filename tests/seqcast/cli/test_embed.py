"""`seqcast embed` on files and pipes: every sequence has its row, mistakes are one line."""

import io
import sys

import polars as pl
import pytest

from seqcast.cli import main
from seqcast.cli.embed import ARCHITECTURES
from seqcast.core.store import read_provenance
from seqcast.models import architectures
from seqcast.predict.embeddings.embedding_files import read_embeddings
from tests.seqcast.predict.embeddings.small_helix import write_small_helix

FASTA = ">a one\nAUGGCCUAA\n>b\nACG-T\n>c\nacgtacgtac\n"


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    weights, config = write_small_helix(tmp_path)
    (tmp_path / "s.fa").write_text(FASTA)
    (tmp_path / "folder.parquet").mkdir()

    def call(*arguments, files=("--weights", weights, "--hyperparameters", config)):
        status = main(["embed", *arguments, *files, "--device", "cpu"])
        return status, capsys.readouterr().err

    return call


def test_a_file_gives_a_row_a_sequence(run, caplog):
    status, said = run("s.fa", "-o", "e.parquet", "--cds", "whole", "--per-nucleotide", "e.zarr",
                       "--layers", "0", "2")  # fmt: skip
    assert status == 0
    assert "3 sequences, 2 embedded, 22 tokens" in said
    assert "1 of 3 sequences other_letter" in caplog.text
    table = pl.read_parquet("e.parquet")
    assert table["id"].to_list() == ["a", "b", "c"]
    assert table["tokens"].to_list() == [12, None, 10]  # the CDS of 10 nt is out of phase
    assert "cds_out_of_phase" in table["flags"][2]
    made = read_provenance("e.parquet")
    assert len(made["weights_sha256"]) == 64
    assert made["options"]["layers"] == [0, 2]
    with read_embeddings("e.zarr") as store:
        assert store.read(0, "layer_2").shape == (9, 32)


def test_standard_input(run, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(FASTA.encode())))
    status, _ = run("-", "-o", "e.parquet", "--pooling", "last")
    assert status == 0
    table = pl.read_parquet("e.parquet")
    assert table["embedding_last"].null_count() == 1
    assert table["embedding_mean"].null_count() == 3


@pytest.mark.parametrize(("arguments", "message"), [
    (["none.fa", "-o", "e.parquet"], "none.fa"),
    (["s.fa", "-o", "e.tsv"], "expected a name that ends in .parquet"),
    (["s.fa", "-o", "e.parquet", "--threads", "0"], "--threads 0"),
    (["s.fa", "-o", "e.parquet", "--layers", "1"], "ask for features per nucleotide too"),
    (["s.fa", "-o", "e.parquet", "--per-nucleotide", "s.fa"], "expected a name that ends in .zarr"),
    (["s.fa", "-o", "e.parquet", "--per-nucleotide", "-"], "expected a name that ends in .zarr"),
    (["s.fa", "-o", "e.parquet", "--per-nucleotide", ""], "expected a name that ends in .zarr"),
    (["s.zarr", "-o", "e.parquet", "--per-nucleotide", "s.zarr"], "would be replaced: it is an input"),
    (["s.fa", "-o", "folder.parquet"], "folder.parquet is no regular file"),
    (["s.fa", "-o", "s.fa/e.parquet"], "s.fa is a file; expected a folder"),
    (["s.fa", "-o", "e.parquet", "--window-overlap-tokens", "-5"], "tokens -5: expected 1 or more"),
    (["config.json", "-o", "e.parquet"], "config.json"),
])  # fmt: skip
def test_a_mistake_is_one_line(run, arguments, message):
    status, said = run(*arguments)
    assert status == 2
    assert said.startswith("ERROR: ")
    assert message in said
    assert said.count("\n") == 1


def test_standard_input_is_named(run, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"")))
    status, said = run("-", "-o", "e.parquet")
    assert status == 2
    assert said.startswith("ERROR: standard input is empty")


def test_architectures_are_those_that_embed(run):
    embedding = [name for name in architectures.ARCHITECTURES
                 if architectures.architecture_of(name).task == "embedding"]  # fmt: skip
    assert list(ARCHITECTURES) == embedding
    status, said = run("s.fa", "-o", "e.parquet", "--architecture", "six_frame")
    assert status == 2
    assert "six_frame" in said
    assert "helix_mrna" in said


def test_missing_weights_say_where_they_are(run):
    status, said = run(
        "s.fa", "-o", "e.parquet", files=("--weights", "m.st", "--hyperparameters", "c.json")
    )
    assert status == 2
    assert "m.st does not exist" in said
    assert "helical-ai/Helix-mRNA: accept the conditions on its page" in said
    assert "HF_TOKEN" in said
