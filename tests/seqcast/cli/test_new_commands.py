"""`seqcast compare`, `models` and `predict-coverage`."""

from pathlib import Path

import pytest

from seqcast import load_shipped, predict_coverage
from seqcast.cli import main
from seqcast.models.shipped import shipped_model
from seqcast.predict.coverage.coverage_files import read_coverage
from tests.seqcast.genome.small_files import write_files


@pytest.fixture
def files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return write_files(tmp_path)


def test_coverage_is_the_mean_of_the_folds(files, capsys):
    options = [
        "--model",
        "borzuki_tiny",
        "--genome",
        str(files.genome),
        "--device",
        "cpu",
        "--tracks",
        "total",
    ]
    assert main(["predict-coverage", "chr1:401-500", *options, "-o", "c.zarr"]) == 0
    with read_coverage("c.zarr") as found:
        (window,) = found.windows.rows()
        values, names = found.values[0], found.tracks["identifier"].to_list()
    assert names == ["sim_total+", "sim_total-"]
    crop_bp = (16_384 - values.shape[1] * 32) // 2
    tracks = shipped_model("borzuki_tiny").tracks
    folds = [
        predict_coverage(
            load_shipped("borzuki_tiny", fold, device="cpu"),
            files.genome,
            [("chr1", window[1] - crop_bp)],
            tracks,
        )
        for fold in (0, 1)
    ]
    expected = (folds[0][0][10:12] + folds[1][0][10:12]) / 2
    assert values == pytest.approx(expected, rel=1e-4, abs=1e-5)
    Path("r.bed").write_text("chr1\t400\t500\n")
    assert main(["predict-coverage", "r.bed", *options, "-o", "bigwigs"]) == 0
    assert sorted(path.name for path in Path("bigwigs").iterdir()) == [
        "sim_total+.bw",
        "sim_total-.bw",
    ]
    assert main(["predict-coverage", "r.bed", *options, "-o", "bigwigs"]) == 2
    assert "bigwigs is there already" in capsys.readouterr().err


@pytest.mark.parametrize(("arguments", "message"), [
    (["chr1", "-o", "c.zarr"], "region 'chr1'; expected contig:start-end"),
    (["chr1:1-9", "-o", "c.tsv"], "--out c.tsv: expected a name that ends in .zarr, or a folder"),
    (["none.bed", "-o", "c.zarr"], "none.bed"),
])  # fmt: skip
def test_a_mistake_is_one_line(files, capsys, arguments, message):
    status = main(
        ["predict-coverage", *arguments, "--model", "borzuki_tiny", "--genome", str(files.genome)]
    )
    last = capsys.readouterr().err.splitlines()[-1]
    assert (status, last.startswith("ERROR: "), message in last) == (2, True, True)


def test_models_say_where_they_are(files, capsys):
    assert main(["models"]) == 0
    told = capsys.readouterr().out
    assert "borzuki_tiny: coverage, 2 folds; weights present, " in told
    assert "six_frame: reads, 1 fold; weights present" in told
    assert "borzuki_hl_clip: coverage, 2 folds; weights not present" in told
    assert "helix_mrna: embedding, 1 fold; weights not present" in told
    assert "licence: CC" in told


def test_two_runs_are_compared(files, capsys):
    options = ["--genome", str(files.genome), "--annotation", str(files.annotation), "--model", "borzuki_tiny",
               "--device", "cpu"]  # fmt: skip
    texts = [
        ":".join(line.split("\t")[i] for i in (0, 1, 3, 4))
        for line in files.vcf.read_text().splitlines()[2:9]
    ]
    assert main(["score-variants", *texts, *options, "-o", "a.parquet"]) == 0
    assert main(["score-variants", *texts, *options, "-o", "b.parquet", "--window", "shared"]) == 0
    capsys.readouterr()
    assert main(["compare", "a.parquet", "b.parquet", "-o", "pairs.tsv"]) == 0
    told = capsys.readouterr().out
    assert told.startswith("A  a.parquet\nB  b.parquet\n\nlogSED: ")
    assert "Spearman            " in told
    assert "\nProvenance (A, B)\n" in told
    assert "  window: variant | shared\n" in told
    assert (
        Path("pairs.tsv").read_text().startswith("variant\tchrom\tpos\tref\talt\tgene_id\ta\tb\n")
    )
    assert main(["compare", "a.parquet", "b.parquet", "--score", "SED"]) == 2
    assert "--score SED: both runs have logSED; name one of these" in capsys.readouterr().err
