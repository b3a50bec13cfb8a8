"""`seqcast predict-property` on files and pipes, with weights that the training job wrote."""

import io
import sys
from pathlib import Path

import polars as pl
import pytest

from seqcast import predict_property
from seqcast.cli import main
from seqcast.core.store import read_provenance
from seqcast.models.convert import write_safetensors
from seqcast.models.interface import load_model
from seqcast.models.prepare import convert_weights
from tests.seqcast.datasets.properties.toys import HYPERPARAMETERS
from tests.seqcast.predict.embeddings.small_helix import small_helix
from tests.seqcast.predict.properties.toy_property import run, write_files

FASTA = ">a one\nAUGGCCUAA\n>b\nACG-T\n>c\nacgtacgtac\n"


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """Weights of a training on labels, and its hyperparameters."""
    folder = tmp_path_factory.mktemp("trained")
    files = write_files(folder)
    return run(files, folder)[0], files


@pytest.fixture
def call(trained, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    Path("s.fa").write_text(FASTA)
    Path("t.csv").write_text("name,seq,cds_start,cds_end,note\nx,GGAUGUAAC,2,8,1\ny,,,,\n")
    weights, files = trained

    def run_command(*arguments, weights=weights, config=files.hyperparameters):
        status = main(["predict-property", str(weights), "--hyperparameters", config, *arguments,
                       "--device", "cpu"])  # fmt: skip
        return status, capsys.readouterr().err

    return run_command


def test_files_give_a_row_a_sequence(call, trained, caplog):
    status, said = call("s.fa", "t.csv", "-o", "p.parquet")
    assert status == 0
    assert said.endswith("5 sequences, 3 predicted; 1 other_letter; 1 no_sequence\n")
    table = pl.read_parquet("p.parquet")
    assert table["row"].to_list() == [0, 1, 2, 3, 4]
    assert table["file"].to_list() == ["s.fa"] * 3 + ["t.csv"] * 2
    assert table["id"].to_list() == ["a", "b", "c", "x", "y"]
    assert table["prediction_Value"].is_null().to_list() == [False, True, False, False, True]
    assert "2 of 3 sequences have no CDS" in caplog.text  # the toy's training rows are all CDS
    made = read_provenance("p.parquet")
    assert made["training"]["labels"] == '["Value"]'
    assert len(made["weights_sha256"]) == 64
    model = load_model("mrna_property", trained[0], HYPERPARAMETERS, device="cpu")
    same = predict_property(model, "t.csv")
    assert same["prediction_Value"][0] == pytest.approx(table["prediction_Value"][3], rel=1e-6)
    listed = predict_property(model, ["GGAUGUAAC", ""], cds=[(2, 8), None])
    assert listed["prediction_Value"][0] == pytest.approx(same["prediction_Value"][0], rel=1e-6)


def test_weights_that_the_workflow_prepared_say_the_same(call, trained, tmp_path):
    weights, files = trained
    kept = tmp_path / "kept.safetensors"
    convert_weights(weights, kept, "mrna_property", files.hyperparameters, None, "train")
    assert call("s.fa", "-o", "a.tsv", "--cds", "whole")[0] == 0
    assert call("s.fa", "-o", "b.tsv", "--cds", "whole", weights=kept)[0] == 0
    text = Path("a.tsv").read_text()
    assert text == Path("b.tsv").read_text()
    assert text.partition("\n")[0].split("\t")[:3] == ["row", "file", "id"]
    assert text.partition("\n")[0].endswith("\tprediction_Value")


def test_standard_input(call, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(FASTA.encode())))
    assert call("-", "-o", "p.parquet")[0] == 0
    assert pl.read_parquet("p.parquet")["file"].to_list() == ["-"] * 3


@pytest.mark.parametrize(("arguments", "message"), [
    (["none.fa", "-o", "p.parquet"], "none.fa"),
    (["s.fa", "-o", "p.csv"], "--output p.csv: expected a name in .parquet or .tsv"),
    (["s.fa", "-o", "p.tsv", "--threads", "0"], "--threads 0"),
    (["-", "-", "-o", "p.tsv"], "- is given 2 times"),
    (["s.fa", "p.tsv", "-o", "p.tsv"], "would be replaced: it is an input"),
])  # fmt: skip
def test_a_mistake_is_one_line(call, arguments, message):
    status, said = call(*arguments)
    assert status == 2
    assert said.startswith("ERROR: ")
    assert message in said
    assert said.count("\n") == 1


def test_weights_of_something_else(call, tmp_path):
    body = tmp_path / "body.safetensors"
    write_safetensors(small_helix().state_dict(), body, {})
    status, said = call("s.fa", "-o", "p.tsv", weights=body)
    assert status == 2
    assert "no tensor head.output.weight; expected weights of a fine-tuned model" in said
    status, said = call("s.fa", "-o", "p.tsv", weights="none.safetensors")
    assert status == 2
    assert "none.safetensors does not exist; expected the weights of a fine-tuned model" in said
