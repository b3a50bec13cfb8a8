"""The jobs of reads on small files: one row a read, and the files made of them."""

import logging

import dnaio
import numpy as np
import polars as pl
import pytest
from safetensors.torch import save_file

from seqcast.core.errors import InputError
from seqcast.core.store import read_provenance
from seqcast.predict.reads.classify_reads import classify_dataset
from seqcast.predict.reads.read_tables import ReadFiles, export_predictions, split_dataset
from seqcast.reads.dnabert import write_dnabert
from tests.seqcast.models.readseeker.test_network import TINY
from tests.seqcast.predict.reads.test_classification import network

SEQUENCES = ["ACGTTGCATTAGC" * 15, "GATTACA" * 25, "N" * 150, "ACG", "ACGT" * 90, "TTGCA" * 40]
INFERENCE = {"device": "cpu", "precision": "fp32"}


@pytest.fixture
def weights(tmp_path):
    paths = [tmp_path / f"fold{i}.safetensors" for i in range(2)]
    for i, path in enumerate(paths):
        save_file(network(i + 1).state_dict(), path, {"source_sha256": f"sha of fold {i}"})
    return [str(path) for path in paths]


def classify(reads, weights, path, labelled=False, **options):
    classify_dataset(
        ReadFiles(**reads), labelled, weights, TINY, str(path), {"architecture": "readseeker", "model": "tiny"},
        options, INFERENCE, threads=1,
    )  # fmt: skip
    return pl.read_parquet(path)


def write_fastq(path, sequences):
    path.write_text("".join(f"@r{i} x\n{s}\n+\n{'I' * len(s)}\n" for i, s in enumerate(sequences)))
    return str(path)


def test_pairs_have_a_row_each_and_provenance(weights, tmp_path, caplog):
    reads = {"path": write_fastq(tmp_path / "1.fastq", SEQUENCES),
             "path2": write_fastq(tmp_path / "2.fastq", SEQUENCES[::-1])}  # fmt: skip
    with caplog.at_level(logging.INFO, "seqcast"):
        table = classify(reads, weights, tmp_path / "t.parquet")
    assert table["read"].to_list() == [f"r{i}" for i in range(6) for _ in (1, 2)]
    assert table["mate"].to_list() == [1, 2] * 6
    counts = table["status"].value_counts()
    assert dict(counts.iter_rows()) == {"scored": 8, "no_known_base": 2, "too_short": 2}
    assert "2 of 12 reads too_short: shorter than the model can look at" in caplog.text
    made = read_provenance(tmp_path / "t.parquet")
    assert made["weights_sha256"] == ["sha of fold 0", "sha of fold 1"]
    assert made["counts"]["scored"] == 8
    assert made["records"]["records"] == 12
    assert table["p_coding_sd"].null_count() == 4
    both = {"path": str(tmp_path / "both.fastq"), "interleaved": True}
    with (tmp_path / "both.fastq").open("w") as file:
        for i, pair in enumerate(zip(SEQUENCES, SEQUENCES[::-1], strict=True)):
            file.writelines(f"@r{i} x\n{s}\n+\n{'I' * len(s)}\n" for s in pair)
    assert classify(both, weights, tmp_path / "b.parquet").equals(table)
    split_dataset(ReadFiles(**both), str(tmp_path / "b.parquet"), str(tmp_path / "split"), "either")
    assert sorted(names_in(tmp_path / "split", "*_R1*")) == [f"r{i} x" for i in range(6)]


def test_labelled_rows_keep_their_order_and_give_predictions(weights, tmp_path):
    scored = [s for s in SEQUENCES if len(s) >= 6]
    path = tmp_path / "dev.tsv"
    write_dnabert(path, ["Sequence", "Label"], [(s, i % 2) for i, s in enumerate(scored)])
    table = classify({"path": str(path)}, weights, tmp_path / "t.parquet", labelled=True)
    assert table["read"].to_list() == [f"row{i}" for i in range(len(scored))]
    export_predictions(str(tmp_path / "t.parquet"), str(tmp_path / "pred_results.npy"))
    predictions = np.load(tmp_path / "pred_results.npy")
    assert (predictions.dtype, predictions.shape) == (np.float32, (len(scored),))
    np.testing.assert_array_equal(np.isnan(predictions), table["p_coding"].is_null())
    valid = ~np.isnan(predictions)
    np.testing.assert_array_equal(predictions[valid], table["p_coding"].drop_nulls())


def test_compat_writes_what_dnabert_predicts(shared, tmp_path):
    golden = shared / "reference/readseeker"
    classify_dataset(
        ReadFiles(str(golden / "dev.tsv")), True, [str(golden / "tiny_model/model.safetensors")],
        str(golden / "tiny_model/config.json"), str(tmp_path / "t.parquet"),
        {"architecture": "readseeker"}, {"compat": "dnabert"}, INFERENCE, 1,
    )  # fmt: skip
    export_predictions(str(tmp_path / "t.parquet"), str(tmp_path / "pred_results.npy"))
    found, expected = np.load(tmp_path / "pred_results.npy"), np.load(golden / "pred_results.npy")
    assert (found.dtype, found.shape) == (expected.dtype, expected.shape)
    np.testing.assert_allclose(found, expected, rtol=0, atol=5e-6)


def test_a_table_without_header_loses_its_first_row_under_compat_alone(weights, tmp_path):
    path = tmp_path / "dev.tsv"
    path.write_text("ACGTAC CGTACG\t1\nACGTAC CGTACC\t0\n")
    with pytest.raises(InputError, match="header"):
        classify({"path": str(path)}, weights, tmp_path / "t.parquet", labelled=True)
    table = classify(
        {"path": str(path)}, weights, tmp_path / "t.parquet", labelled=True, compat="dnabert"
    )
    assert len(table) == 1


def names_in(folder, pattern):
    return [read.name for path in sorted(folder.glob(pattern)) for read in dnaio.open(path)]


def test_split_files_hold_each_read_once(weights, tmp_path):
    path = write_fastq(tmp_path / "1.fastq", SEQUENCES)
    table = classify({"path": path}, weights, tmp_path / "t.parquet", threshold=0.5)
    split_dataset(ReadFiles(path), str(tmp_path / "t.parquet"), str(tmp_path / "split"), "either")
    folder = tmp_path / "split"
    assert sorted(names_in(folder, "*")) == sorted(f"{name} x" for name in table["read"])
    for label in ("coding", "non_coding"):
        found = table.filter(pl.col("label") == label)["read"]
        assert names_in(folder, f"t.{label}.*") == [f"{name} x" for name in found]


def test_a_file_that_changed_since_is_not_split(weights, tmp_path):
    path = write_fastq(tmp_path / "1.fastq", SEQUENCES)
    classify({"path": path}, weights, tmp_path / "t.parquet")
    for changed in (SEQUENCES[:-1], [*SEQUENCES, "ACGT"]):
        write_fastq(tmp_path / "1.fastq", changed)
        with pytest.raises(InputError, match=r"t\.parquet has 6 rows, .* classify the reads again"):
            split_dataset(ReadFiles(path), str(tmp_path / "t.parquet"), str(tmp_path / "s"), "both")
        assert not (tmp_path / "s").exists()


def test_a_file_without_reads_is_reported(weights, tmp_path, caplog):
    path = write_fastq(tmp_path / "none.fastq", [])
    with caplog.at_level(logging.WARNING, "seqcast"):
        table = classify({"path": path}, weights, tmp_path / "t.parquet")
    assert len(table) == 0
    assert "none.fastq holds no reads" in caplog.text


def test_broken_files_leave_no_table(weights, tmp_path):
    path = write_fastq(tmp_path / "1.fastq", SEQUENCES * 2000)
    with open(path, "a") as file:  # noqa: PTH123 - append
        file.write("@broken\nACGT\n+\nII\n")
    with pytest.raises(InputError, match=r"broken|12001"):
        classify({"path": path}, weights, tmp_path / "t.parquet")
    assert not (tmp_path / "t.parquet").exists()
