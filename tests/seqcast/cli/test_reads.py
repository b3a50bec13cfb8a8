"""The command on pipes and files: every read has its row, mistakes are one line."""

import gzip
import io
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

from seqcast.cli import main
from seqcast.reads.outcomes import COLUMNS
from tests.seqcast.predict.reads.test_classify_reads import SEQUENCES, names_in, write_fastq

COMMAND = [sys.executable, "-c", "from seqcast.cli import main; raise SystemExit(main())",
           "classify-reads"]  # fmt: skip


@pytest.mark.parametrize("packed", [False, True])
def test_standard_input_gives_a_row_a_read(tmp_path, packed):
    content = Path(write_fastq(tmp_path / "r.fastq", SEQUENCES)).read_bytes()
    result = subprocess.run([*COMMAND, "-"], input=gzip.compress(content) if packed else content,
                            capture_output=True, check=True)  # fmt: skip
    table = pl.read_csv(io.BytesIO(result.stdout), separator="\t", schema=COLUMNS)
    assert table["read"].to_list() == [f"r{i}" for i in range(6)]
    assert table["status"].to_list() == [
        "scored", "scored", "no_known_base", "too_short", "scored", "scored",
    ]  # fmt: skip
    assert result.stdout.splitlines()[-1].endswith(b"scored\t")  # no flags: an empty cell
    assert b"6 reads, 4 scored" in result.stderr


def test_table_and_split_files(tmp_path, capsys):
    path = write_fastq(tmp_path / "r.fastq", SEQUENCES)
    output, prefix = tmp_path / "t.tsv", tmp_path / "split/r"
    status = main(["classify-reads", path, "-o", str(output), "--split", str(prefix)])
    assert status == 0
    table = pl.read_csv(output, separator="\t", schema=COLUMNS)
    assert len(table) == 6
    assert capsys.readouterr().out == ""
    assert len(names_in(tmp_path / "split", "*")) == 6


def test_interleaved_pairs_are_those_of_two_files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    one, two = (
        write_fastq(tmp_path / f"{mate}.fastq", SEQUENCES[::step])
        for mate, step in ((1, 1), (2, -1))
    )
    records = [Path(path).read_text().split("@")[1:] for path in (one, two)]
    Path("both.fastq").write_text(
        "".join(f"@{record}" for pair in zip(*records, strict=True) for record in pair)
    )
    for name, files in (("two", [one, two]), ("both", ["both.fastq", "--interleaved"])):
        assert main(["classify-reads", *files, "-o", f"{name}.tsv", "--split", f"{name}/r"]) == 0
    assert Path("both.tsv").read_text() == Path("two.tsv").read_text()
    names = names_in(tmp_path / "two", "*")
    assert names == names_in(tmp_path / "both", "*")
    assert len(names) == 12
    for path in (tmp_path / "two").iterdir():
        assert gzip.decompress(path.read_bytes()) == gzip.decompress(
            (tmp_path / "both" / path.name).read_bytes()
        )


@pytest.mark.parametrize(("arguments", "message"), [
    (["none.fastq"], "none.fastq"),
    (["r.fastq", "--weights", "none.safetensors"], "none.safetensors: no such file of weights"),
    (["r.fastq", "--compat", "dnabert"], "architecture 'six_frame': it has none"),
    (["r.fastq", "--device", "cuda:9"], "cuda:9"),
    (["r.fastq", "--device", "gpu"], "device 'gpu': expected auto, cpu, cuda"),
    (["r.fastq", "r.fastq", "--interleaved"], "expected one of both"),
    (["r.fastq", "--threads", "0"], "--threads 0: expected 1 to 1024"),
    (["r.fastq", "-o", "r.fastq"], "r.fastq would be replaced: it is an input"),
    (["r.fastq", "-o", "s.coding.fastq.gz", "--split", "s"], "written twice"),
    (["r.fastq", "-o", "/dev/null"], "is no regular file"),
    (["r.fastq", "-o", "r.fastq/t.tsv"], "r.fastq"),
    (["r.fastq", "--hyperparameters", "."], "expected a JSON file"),
    (["r.fastq", "--threshold", "7"], "threshold 7.0: expected a probability"),
    (["r.fastq", "--architecture", "readseeker"], "needs --weights and --hyperparameters"),
])  # fmt: skip
def test_a_mistake_is_one_line(tmp_path, monkeypatch, capsys, arguments, message):
    monkeypatch.chdir(tmp_path)
    write_fastq(tmp_path / "r.fastq", SEQUENCES)
    assert main(["classify-reads", *arguments]) == 2
    said = capsys.readouterr()
    assert said.err.startswith("ERROR: ")
    assert said.err.count("\n") == 1
    assert message in said.err
