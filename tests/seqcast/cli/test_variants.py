"""`seqcast score-variants`: each ALT has its rows, what it takes is told first."""

import gzip
import html
import io
import re
import shutil
import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from seqcast import load_shipped, score_variants
from seqcast.cli import main, variants, work
from seqcast.core.errors import InputError
from seqcast.core.store import array_values, read_provenance, read_table, write_table
from seqcast.genome.annotation import read_annotation
from seqcast.models.shipped import shipped_model
from seqcast.predict.nulls.null_tables import Mixture, NullFiles, write_nulls
from seqcast.predict.variants.variant_effects import VariantScorer
from tests.seqcast.genome.small_files import OTHER, write_files
from tests.seqcast.report.run_page.page_data import data_of

STATUSES = ["scored", "ref_mismatch", "scored", "alt_symbolic", "no_gene_in_window"]
PLAN = "variants   2 of 5 to score; 1 alt_symbolic; 1 no_gene_in_window; 1 ref_mismatch\n"


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """A small genome with a gene, and five variants of which two can be scored."""
    files = write_files(tmp_path_factory.mktemp("files"))
    header, *rows = files.vcf.read_text().split("#CHROM")
    columns, *rows = rows[0].splitlines()
    cells = [rows[i].split("\t") for i in (2, 3, 9, 10, -1)]  # at 200, 250, 550, 600; chr2
    cells[1][3:5] = cells[1][4], OTHER[cells[1][4]]
    cells[2][4] = cells[2][3] + "AC"
    cells[3][4] = "<DEL>"
    rows = ["\t".join(row) for row in cells]
    files.vcf.write_text("\n".join([f"{header}#CHROM{columns}", *rows, ""]))
    return files


@pytest.fixture
def call(files, tmp_path, monkeypatch, capsys):
    """Run the command on the small files; returns status, output and errors."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(work, "FEW", 100)  # no samples but in a dry run

    def run(*arguments, model="borzuki_tiny", **other):
        given = {**files._asdict(), **other}
        options = ["--genome", str(given["genome"]), "--annotation", str(given["annotation"]),
                   "--model", str(model), "--device", "cpu"]  # fmt: skip
        status = main(["score-variants", str(given["vcf"]), *options, *arguments])
        return status, *capsys.readouterr()

    return run


@pytest.fixture(scope="module")
def expected(files):
    """logSED of each fold, from Python: (folds, rows, tracks); NaN where there is none."""
    tracks = shipped_model("borzuki_tiny").tracks
    tables = [
        score_variants(load_shipped("borzuki_tiny", fold, device="cpu"), *files[:3], tracks,
                       gene_scores=("logSED",), window_scores=()).gene
        for fold in (0, 1)
    ]  # fmt: skip
    values, known = zip(*(array_values(table["logSED"]) for table in tables), strict=True)
    return np.where(np.stack(known)[..., None], np.stack(values), np.nan)


def test_each_alt_has_a_row_with_the_mean_of_the_folds(call, expected):
    status, output, said = call("-o", "s.tsv.gz")
    assert (status, output) == (0, "")
    assert PLAN in said
    assert "borzuki_tiny is FOR TRYING ONLY" in said
    assert said.endswith(
        "5 variants, 2 scored in 2 rows of genes; 1 alt_symbolic; 1 no_gene_in_window; "
        "1 ref_mismatch\ns.tsv.gz\n"
    )
    table = pl.read_csv(gzip.decompress(Path("s.tsv.gz").read_bytes()), separator="\t",
                        null_values="NA")  # fmt: skip
    assert table["status"].to_list() == STATUSES
    assert table["gene_id"].to_list() == ["g", None, "g", None, None]
    mean = expected.mean(0).mean(1)
    np.testing.assert_allclose(table["logSED_mean"].to_numpy(), mean, rtol=1e-4, atol=1e-6)
    assert table["logSED_sd"].is_not_null().to_list() == table["ALT_mean"].is_not_null().to_list()


def test_a_parquet_has_a_value_of_each_track_that_counts(call, expected, files):
    assert call("-o", "s.parquet", "--tracks", "CAGE|total")[0] == 0
    table, facts = read_table("s.parquet"), read_provenance("s.parquet")
    names = [row["identifier"] for row in facts["track_table"]]
    assert names == ["sim_total+", "sim_cage+"]
    values, known = array_values(table["logSED"])
    assert known.tolist() == [status == "scored" for status in STATUSES]
    of_all = expected.mean(0)[known][:, [5, 6]]
    np.testing.assert_allclose(values[known], of_all, rtol=1e-4, atol=1e-6)
    assert facts["fold"] == ["0", "1"]
    assert (facts["variants"], facts["window"]) == (str(files.vcf), "variant")


def test_a_vcf_keeps_its_records(call, files):
    assert call("-o", "s.vcf.gz", "--window", "shared", "--score", "SED")[0] == 0
    lines = gzip.decompress(Path("s.vcf.gz").read_bytes()).decode().splitlines()
    records = [line.split("\t") for line in lines if not line.startswith("#")]
    given = [line.split("\t") for line in files.vcf.read_text().splitlines() if line[0] != "#"]
    assert [row[:5] for row in records] == [row[:5] for row in given]
    told = [dict(item.split("=", 1) for item in row[7].split(";")) for row in records]
    assert [one["SEQCAST_STATUS"] for one in told] == STATUSES
    assert float(told[0]["SEQCAST_SED"]) == pytest.approx(
        float(told[0]["SEQCAST_ALT_LEVEL"]) - float(told[0]["SEQCAST_REF_LEVEL"]), rel=1e-2
    )
    assert Path("s.vcf.gz.csi").is_file()


def test_a_dry_run_tells_the_plan_alone(call):
    status, output, said = call("-o", "s.tsv", "--dry-run", "--threads", "1")
    assert status == 0
    names = [line.split()[0] for line in output.splitlines()]
    assert names == ["variants", "windows", "forwards", "memory", "time"]
    assert output.startswith(PLAN)
    assert "x 2 strands and shifts x 2 folds\nforwards   20, of which shared work" in output
    assert "(cpu, 1 thread)" in output
    assert not Path("s.tsv").exists()
    assert "scored in" not in said


def test_a_folder_holds_a_model(call, tmp_path):
    ours, folder = shipped_model("borzuki_tiny"), tmp_path / "mine"
    folder.mkdir()
    shutil.copy(ours.weights[1], folder / "fold10.safetensors")
    shutil.copy(ours.weights[0], folder / "fold9.safetensors")
    status, _, said = call("-o", "s.parquet", model=folder)
    assert (status, said) == (2, f"ERROR: --model {folder} has no *.json; expected one. Name the "
                              "file by --hyperparameters\n")  # fmt: skip
    shutil.copy(ours.tracks, folder / "targets.txt")
    config = ["--hyperparameters", str(ours.hyperparameters)]
    status, _, said = call("-o", "s.parquet", *config, model=folder)
    assert status == 0
    assert "TRYING" not in said
    weights = read_provenance("s.parquet")["weights"]
    assert [Path(path).name for path in weights] == ["fold9.safetensors", "fold10.safetensors"]


def test_files_of_a_model_stand_for_its_name(call, files, capsys):
    ours = shipped_model("borzuki_tiny")
    given = [str(files.vcf), "--genome", str(files.genome), "--annotation", str(files.annotation),
             "-o", "f.parquet", "--device", "cpu"]  # fmt: skip
    model = ["--hyperparameters", str(ours.hyperparameters), "--targets", str(ours.tracks)]
    assert main(["score-variants", *given, *model]) == 2
    assert "ERROR: no --model, nor --weights; expected borzuki_tiny" in capsys.readouterr().err
    weights = ["--weights", *map(str, ours.weights)]
    assert main(["score-variants", *given, *model, *weights]) == 0
    assert call("-o", "s.parquet")[0] == 0
    assert_frame_equal(read_table("f.parquet"), read_table("s.parquet"))


def test_variants_as_text_are_answered_in_words(call, files, expected):
    lines = files.vcf.read_text().splitlines()
    first = next(line for line in lines if line[0] != "#").split("\t")
    chrom, pos, ref, alt = (first[i] for i in (0, 1, 3, 4))
    text = f"{chrom}:{int(pos):,} {ref}>{alt}"
    status, output, said = call(
        "chr1:g.250del", "-o", "t.vcf.gz", "--report", "page.html", "--map-around", "3", vcf=text
    )
    assert status == 0
    page = Path("page.html").read_text()
    assert html.escape(output.splitlines()[0]) in page
    assert html.escape("borzuki_tiny: this model is FOR TRYING ONLY") in page
    data = data_of(page)
    assert [len(one["labels"]) for one in data["views"].values()] == [4, 4]  # times of each variant
    assert [one["half_lives"][0][0] for one in data["details"].values()] == ["sim", "sim"]
    assert len(data["details"]["0"]["map"]["ref"]) == 7
    one, other = output.split("\n\n")
    assert one.startswith(f"{chrom}:{pos} {ref}>{alt} is predicted to ")
    effect = f"{expected.mean(0).mean(1)[0]:+.4f}"
    assert f"effect      logSED {effect} (log2 fold change of predicted exonic coverage)" in one
    assert "gene        g (g); the variant lies in an exon" in one
    assert "note        borzuki_tiny is FOR TRYING ONLY" in one
    assert other.startswith("chr1:g.250del (chr1:249 ")
    assert said.endswith("2 variants, 2 scored in 2 rows of genes\nt.vcf.gz\npage.html\n")
    lines = gzip.decompress(Path("t.vcf.gz").read_bytes()).decode().splitlines()
    named = [line.split("\t")[2] for line in lines if line[0] != "#"]
    assert named == [f"{chrom}_{pos}_{ref}_{alt}", "chr1:g.250del"]


def test_the_strongest_variant_has_a_picture(call):
    assert call("--report", "answer.png")[0] == 0
    assert Path("answer.png").read_bytes().startswith(b"\x89PNG")
    status, _, said = call("--report", "none.png", vcf="chr2:250:A:G")
    assert (status, "none.png: no variant was scored" in said) == (2, True)


def test_a_file_without_an_output_is_answered_if_it_is_short(call, monkeypatch):
    monkeypatch.setattr(variants, "ANSWERED", 4)
    status, _, said = call()
    assert (status, "no --out, and 5 ALT alleles; expected a file" in said) == (2, True)
    monkeypatch.setattr(variants, "ANSWERED", 5)
    status, output, _ = call()
    assert status == 0
    answers = output.split("\n\n")
    assert len(answers) == 5
    assert ": not scored (ref_mismatch): REF is not what the genome carries at POS" in answers[1]


def test_effects_have_a_place_among_nulls(call, files):
    assert call("-o", "s.parquet")[0] == 0
    scored = read_table("s.parquet")
    write_table(pl.DataFrame(read_provenance("s.parquet")["track_table"]), "tracks.parquet", {})
    rows = scored.unique("row", maintain_order=True)
    valid = rows.select("row", contig="chrom", status=pl.lit("valid"))
    write_table(valid, "checked.parquet", {"file": str(files.vcf), "sha256": "c0ffee"})
    read_annotation(files.annotation).write("genes.parquet")
    made_of = NullFiles(
        "s.parquet", "tracks.parquet", "checked.parquet", "genes.parquet", f"{files.genome}.fai"
    )
    write_nulls(
        made_of, "nulls.parquet", Mixture("common", ["logSED"], {"": ""}, [1000], 1), {"code": "x"}
    )
    status, output, _ = call("--nulls", "nulls.parquet", "-o", "p.tsv")
    assert (status, output) == (0, "")
    table = pl.read_csv("p.tsv", separator="\t", null_values="NA")
    assert table["logSED_percentile"].is_not_null().to_list() == [
        one == "scored" for one in STATUSES
    ]
    status, output, _ = call("--nulls", "nulls.parquet")
    assert status == 0
    assert re.search(r"nulls       larger than \d of \d nulls \(.*\), percentile \d+\.\d\n", output)
    status, _, said = call("--nulls", "nulls.parquet", "--window", "shared")
    assert (status, "Expected both made in the same way" in said) == (2, True)


def test_an_interrupted_command_resumes(call, monkeypatch, expected):
    def stops(*_, **__):
        raise InputError("stopped")

    with monkeypatch.context() as patched:
        patched.setattr(variants, "average_scores", stops)
        assert call("-o", "s.parquet")[0] == 2
    assert len(list(Path().glob(".s.parquet.fold*.parts"))) == 2
    with monkeypatch.context() as patched:
        patched.setattr(VariantScorer, "in_parts", stops)
        assert call("-o", "s.parquet")[0] == 0  # nothing is scored again
    assert list(Path().glob(".*.parts")) == []
    values, known = array_values(read_table("s.parquet")["logSED"])
    np.testing.assert_allclose(values[known], expected.mean(0)[known], rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize(("answer", "options", "status"), [
    ("n\n", [], 1), ("", [], 1), ("y\n", [], 0), ("n\n", ["--yes"], 0),
])  # fmt: skip
def test_long_work_is_asked_about_at_a_terminal(call, monkeypatch, answer, options, status):
    monkeypatch.setattr(work, "FEW", 0)
    monkeypatch.setattr(work, "LONG_S", 0.0)
    terminal = io.StringIO(answer)
    terminal.isatty = lambda: True
    monkeypatch.setattr(sys, "stdin", terminal)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    found, _, said = call("-o", "s.tsv", *options)
    assert found == status
    assert ("Continue? [y/N]" in said) == (not options)
    assert Path("s.tsv").exists() == (status == 0)


@pytest.mark.parametrize(("options", "given", "message"), [
    (["-o", "s.csv"], {}, "--out s.csv: expected a name in .tsv or .tsv.gz or .parquet or .vcf.gz"),
    (["-o", "file/s.tsv"], {}, "file/s.tsv cannot be written: file is a file; expected a folder"),
    (["-o", "s.vcf.gz", "--score", "SED", "D2"], {}, "--score SED D2: a VCF has one score"),
    (["--report", "s.pdf"], {}, "--report s.pdf: expected a name that ends in .html, .png or .svg"),
    (["--report", "s.html", "--map-around", "61"], {}, "--map-around 61: expected 0 to 60"),
    (["-o", "s.tsv", "--threads", "0"], {}, "--threads 0"),
    (["-o", "s.tsv", "--batch-size", "0"], {}, "--batch-size 0: expected 1 or more"),
    (["-o", "s.tsv", "--tracks", "none"], {}, "'none' matches none of the 11 track descriptions"),
    (["-o", "s.tsv"], {"model": "hl_clip"}, "--model hl_clip: no such model or folder; expected "
     "borzuki_tiny, or a folder"),
    (["-o", "s.tsv"], {"model": "."}, "--model . has no weights"),
    (["-o", "s.tsv"], {"vcf": "none.vcf"}, "none.vcf"),
    ([], {"vcf": "chr1:5:A"}, "variant 'chr1:5:A'; expected contig, 1-based position, REF and ALT"),
    ([], {"vcf": "rs5"}, "rs5: an rsID is looked up in a VCF of yours"),
    ([], {"vcf": "t9:c.5del"}, "t9:c.5del: no transcript t9 in"),
    (["chr1:5:A:T"], {}, "is one of 2 arguments; expected one file"),
    (["-o", "s.tsv", "--weights", "none.h5"], {}, "none.h5 does not exist"),
])  # fmt: skip
def test_a_mistake_is_one_line(call, options, given, message):
    Path("file").touch()
    status, _, said = call(*options, **given)
    (line,) = [line for line in said.splitlines() if "TRYING" not in line]
    assert status == 2
    assert line.startswith("ERROR: ")
    assert message in line


def test_a_mismatch_names_the_option_of_the_command(call, files, tmp_path):
    header, *rows = files.vcf.read_text().split("\nchr1")
    cells = [row.split("\t") for row in rows[:1] * 20]
    swapped = ["\t".join([*row[:3], row[4], row[3], *row[5:]]) for row in cells]
    (tmp_path / "swapped.vcf").write_text("\nchr1".join([header, *swapped]) + "\n")
    status, _, said = call("-o", "s.tsv", vcf=tmp_path / "swapped.vcf")
    assert (status, "--on-ref-mismatch swap" in said) == (2, True)
