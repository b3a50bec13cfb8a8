"""`seqcast init`: the config that it writes, what it says, and what it refuses."""

import csv
import os
import shlex
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml

from seqcast.cli import init, main
from seqcast.core.errors import InputError
from seqcast.core.text_files import table_rows
from seqcast.genome.user_files import UserFiles
from seqcast.plan.run import plan_run
from tests.seqcast.genome.small_files import write_files

TABLES = ("assemblies", "models", "folds", "datasets")


def rows_of(path: Path) -> list[dict[str, str]]:
    (_, header), *lines = table_rows(path.read_text(), path)
    return [dict(zip(header, cells, strict=False)) for _, cells in lines]


@pytest.fixture
def files(tmp_path, monkeypatch) -> UserFiles:
    """Small files in the folder where the user stands."""
    monkeypatch.chdir(tmp_path)
    return UserFiles(*(file and file.relative_to(tmp_path) for file in write_files(tmp_path)))


@pytest.fixture
def call(files, capsys):
    """Run the command on the small files; returns status, output and errors."""

    def run(folder="run", *arguments, **other):
        given = {**files._asdict(), **other}
        options = [f"--{name}={given[name]}" for name in ("vcf", "genome", "annotation")]
        status = main(["init", folder, *options, *arguments])
        return status, *capsys.readouterr()

    return run


def test_four_tables_name_the_files_and_the_model(call, tmp_path, root):
    assert call()[0] == 0
    config = tmp_path / "run/config"
    assert sorted(path.stem for path in config.iterdir()) == sorted([*TABLES, "config"])
    assert rows_of(config / "assemblies.tsv") == [
        {"assembly": "genome", "genome": str(tmp_path / "genome.fa"),
         "annotation": str(tmp_path / "genes.gtf"), "contig_aliases": ""}]  # fmt: skip
    assert rows_of(config / "datasets.tsv") == [
        {"dataset": "my_variants", "kind": "variants", "assembly": "genome",
         "path": str(tmp_path / "my variants.vcf"), "shards": "1"}]  # fmt: skip
    folds = rows_of(config / "folds.tsv")
    assert [(row["model"], row["fold"], row["origin"]) for row in folds] == [
        ("borzuki_tiny", "0", "source"), ("borzuki_tiny", "1", "source")]  # fmt: skip
    (model,) = rows_of(config / "models.tsv")
    named = [model["hyperparameters"], model["tracks"], *(row["source"] for row in folds)]
    assert all(Path(path).is_absolute() and Path(path).is_file() for path in named)


def test_keys_and_comments_are_those_of_the_template(call, tmp_path, root):
    call()
    template, config = root / "config", tmp_path / "run/config"
    written = [
        yaml.safe_load((folder / "config.yaml").read_text()) for folder in (template, config)
    ]
    assert written[0] == written[1]
    for name in TABLES:
        lines = [(f / f"{name}.tsv").read_text().splitlines() for f in (template, config)]
        assert lines[0][0].startswith("# ")
        assert lines[0][:2] == lines[1][:2]


def test_a_published_model_comes_with_its_downloads(call, tmp_path, root):
    status, told, _ = call("run", "--model", "hl_clip", "borzuki_baseline_micro", "--folds", "1")
    config = tmp_path / "run/config"
    assert status == 0
    assert [row["model"] for row in rows_of(config / "models.tsv")] == [
        "borzuki_hl_clip", "borzuki_baseline_micro"]  # fmt: skip
    sources = rows_of(config / "sources.tsv")
    assert sorted(row["source"] for row in sources) == [
        "borzuki_baseline_micro_fold1", "borzuki_hl_clip_fold1", "targets_baseline_micro",
        "targets_baseline_micro_rna", "targets_hl_clip", "targets_hl_clip_rna"]  # fmt: skip
    with (root / "config/sources.tsv").open(newline="") as file:
        listed = {row["source"]: row for row in csv.DictReader(file, delimiter="\t")}
    assert sources == [listed[row["source"]] for row in sources]
    assert yaml.safe_load((config / "config.yaml").read_text())["tables"] == {
        name: f"config/{name}.tsv" for name in (*TABLES, "sources")}  # fmt: skip
    unused = {"targets_baseline_micro", "targets_hl_clip"}  # see the next test
    for row in sources:
        told_so = f"{row['url']} (licence: not stated)" in told
        assert told_so == (row["source"] not in unused)
    assert "FOR TRYING ONLY" not in told


def test_all_tracks_of_a_published_model_are_one_edit_away(call, tmp_path, root, monkeypatch):
    call("run", "--model", "hl_clip")
    monkeypatch.chdir(tmp_path / "run")
    table = Path("config/models.tsv")
    table.write_text(table.read_text().replace("\ttargets_hl_clip_rna\t", "\ttargets_hl_clip\t"))
    config = yaml.safe_load(Path("config/config.yaml").read_text())
    made = {"is_made": lambda path: path.startswith("resources/")}
    plan = plan_run(config, root / "workflow/schemas", **made)
    tracks = plan.catalogue.tracks(SimpleNamespace(model="borzuki_hl_clip"))
    assert tracks == "resources/targets/borzuki_hl_clip/targets_human.txt"


def test_what_is_told_to_come_is_what_the_run_makes(call, root, monkeypatch):
    _, told, _ = call("run", "--model", "hl_clip", "borzuki_tiny")
    scores = told.partition("and the scores of dataset my_variants:\n")[2].split()
    monkeypatch.chdir("run")
    config = yaml.safe_load(Path("config/config.yaml").read_text())
    targets = plan_run(config, root / "workflow/schemas").targets
    assert len(scores) == 2
    assert {path.removeprefix("run/") for path in scores} < set(targets)


def test_the_small_model_is_called_one_for_trying(call):
    assert "borzuki_tiny is FOR TRYING ONLY. It was trained on a simulated genome" in call()[1]


@pytest.mark.parametrize("folder", ["run", "a folder/in it"])
def test_the_commands_run_where_the_user_stands(call, root, folder, monkeypatch):
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    _, told, _ = call(folder)
    planned, started = [shlex.split(line) for line in told.splitlines() if "--snakefile" in line]
    assert planned == [*started, "--dry-run"]
    snakefile = str(root / "workflow/Snakefile")
    assert started == [
        "snakemake", "--snakefile", snakefile, "--directory", folder, "--cores", "all"]  # fmt: skip
    monkeypatch.setenv("PATH", os.devnull)
    _, told, _ = call(folder, "--force")
    assert f"  {Path(sys.executable).with_name('snakemake')} --snakefile" in told


def test_paths_in_the_folder_of_the_run_stay_relative(call, tmp_path, files):
    (tmp_path / "run").mkdir()
    inside = files.vcf.rename(f"run/{files.vcf}")
    assert call(vcf=inside)[0] == 0
    assert rows_of(tmp_path / "run/config/datasets.tsv")[0]["path"] == "my variants.vcf"


def test_exchanged_alleles_need_a_word(call, tmp_path, files):
    lines = [line.split("\t") for line in files.vcf.read_text().splitlines()]
    rows = [line[:3] + line[4:2:-1] + line[5:] if line[0][0] != "#" else line for line in lines]
    files.vcf.write_text("".join("\t".join(row) + "\n" for row in rows))
    status, _, error = call()
    assert status == 2
    assert "REF and ALT are exchanged" in error
    assert "give --on-ref-mismatch swap, which leaves out" in error
    assert not (tmp_path / "run").exists()
    status, told, _ = call("run", "--on-ref-mismatch", "swap")
    assert status == 0
    assert "get a status and no score" not in told
    config = yaml.safe_load((tmp_path / "run/config/config.yaml").read_text())
    assert config["variants"] == {"on_ref_mismatch": "swap"}


def test_names_of_another_assembly_need_a_table(call, tmp_path, files):
    files.annotation.write_text(files.annotation.read_text().replace("chr1\t", "chrZ\t"))
    status, _, error = call()
    assert status == 2
    assert "(--contig-aliases resources/contigs/hg38.tsv, or a table of your own)" in error
    assert not (tmp_path / "run").exists()


def test_a_config_is_replaced_only_by_force(call, tmp_path):
    config = tmp_path / "run/config/datasets.tsv"
    config.parent.mkdir(parents=True)
    config.write_text("mine")
    status, _, error = call()
    assert (status, config.read_text()) == (2, "mine")
    assert error == (
        "ERROR: run/config/datasets.tsv is there already; expected a folder without a config. Give "
        "another folder, or --force to replace the config.\n"
    )
    assert call("run", "--force", "--model", "hl_clip")[0] == 0
    assert len(rows_of(config)) == 1
    assert config.with_name("sources.tsv").exists()
    assert call("run", "--force")[0] == 0
    assert not config.with_name("sources.tsv").exists()  # nothing is downloaded


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["--model", "hl_klip"],
            "--model hl_klip: no such model; expected borzuki_tiny, borzuki_hl_",
        ),
        (["--model", "readseeker"], "--model readseeker: no such model; expected borzuki_tiny, "),
        (["--folds", "0", "7"], "--folds 7: borzuki_tiny has the folds 0, 1"),
        (["--contig-aliases", "none.tsv"], "none.tsv"),
    ],
)
def test_a_wrong_option_is_named_and_nothing_written(call, tmp_path, arguments, message):
    status, _, error = call("run", *arguments)
    assert status == 2
    assert error.startswith(f"ERROR: {message}")
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("name", ["a{b}.vcf", "a<b.vcf", "a.vcf ", "a\tb.vcf"])
def test_a_path_that_no_table_holds_is_refused(call, tmp_path, files, name):
    status, _, error = call(vcf=files.vcf.rename(name))
    assert status == 2
    assert "ename the file, or give the path of a link to it" in error
    assert not (tmp_path / "run").exists()


def test_a_folder_that_cannot_be_is_refused(call, tmp_path, root):
    (tmp_path / "file").write_text("")
    assert "file is a file; expected the folder of a run" in call("file")[2]
    assert "is the repository itself, whose config is the template" in call(str(root), "--force")[2]


def test_a_table_that_the_config_lacks_is_empty(call, tmp_path, root, monkeypatch):
    call()
    monkeypatch.chdir(tmp_path / "run")
    config = yaml.safe_load(Path("config/config.yaml").read_text())
    config["tables"]["collections"] = None  # a key without a value
    catalogue = plan_run(config, root / "workflow/schemas").catalogue
    assert catalogue.of_kind("variants") == ["my_variants"]
    assert len(catalogue.sources) == len(catalogue.cells("collections", ("collection",))) == 0
    assert catalogue.path_of("collections") == "tables.collections, which the config lacks"
    with pytest.raises(InputError, match=r"or the name of a source of tables.sources, which the"):
        catalogue.given("hg38_genome")


def test_a_package_without_its_workflow_says_what_to_clone(call, tmp_path, monkeypatch):
    monkeypatch.setattr(init, "PACKAGE", tmp_path / "lib/seqcast")
    status, _, error = call()
    assert status == 2
    assert "is installed without its workflow; expected a checkout of the repository" in error


def test_the_command_starts_without_torch():
    code = "import sys; from seqcast.cli import application; application('init')['init'].assemble_argument_collection(); assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
