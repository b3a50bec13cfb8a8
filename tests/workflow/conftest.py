"""Runs of the workflow in a folder of their own."""

import csv
import fcntl
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.workflow.snakemakes import snakemakes

HEADERS = {
    "assemblies": "assembly genome annotation contig_aliases coding unclear proteins taxon",
    "models": "model architecture task hyperparameters head tracks description intervals",
    "folds": "model fold origin source",
    "sources": "source version url path sha256 licence citation",
    "datasets": "dataset kind assembly path shards path2 cds labels transcripts pool first"
    " balanced library_type per_million min_mapq duplicates train_per_class dev_per_class split"
    " coding_share genes flank_bp top deletions_bp insertions_bp maps contexts settings windows"
    " unmappable blacklist tfrecords families haplotypes sets nulls",
    "benchmarks": "benchmark task datasets protocol truth split groups published description"
    " meaning citation score tracks genes strata saluki conservation score_tables",
    "collections": "collection origin source genome_rep assembly_level refseq_category accessions"
    " max_assemblies shards",
    "trainings": "training train validation initial recipe",
}
NOWHERE = "http://127.0.0.1:9"  # discard port: whoever asks the network is refused at once
OFFLINE = {f"{scheme}_proxy": NOWHERE for scheme in ("http", "https", "ftp", "all")}


Rows = list[tuple | dict[str, object]]


def write_tables(folder: Path, tables: dict[str, Rows]) -> dict[str, str]:
    """Write all tables, and return their names.

    A row has its cells in the order of `HEADERS`, those at the end left out, or by column.
    """
    for name, header in HEADERS.items():
        columns = header.split()
        rows = [
            [row.get(column, "") for column in columns] if isinstance(row, dict) else row
            for row in tables.get(name, [])
        ]
        text = "".join("\t".join(map(str, row)) + "\n" for row in [columns, *rows])
        (folder / f"{name}.tsv").write_text(text)
    return {name: f"{name}.tsv" for name in HEADERS}


class Workflow:
    """A folder with tables and a config, and Snakemake on it; no run reaches a network."""

    def __init__(self, root: Path, folder: Path) -> None:
        self.root, self.folder = root, folder

    def configure(self, tables: dict[str, Rows], **config: object) -> None:
        """Write tables, as `write_tables` does, and a config of these keys."""
        config["tables"] = write_tables(self.folder, tables)
        config.setdefault("read_benchmark", {"comparators": []})  # programs that may be missing
        # one thread a job: two jobs at once end earlier than one after the other on two threads
        config.setdefault("inference", {"device": "cpu", "threads": 1})
        (self.folder / "config.yaml").write_text(yaml.safe_dump(config))

    def arguments(
        self, *more: str, config: str = "config.yaml", snakefile: str = "Snakefile"
    ) -> list[str]:
        """Arguments of Snakemake in the folder."""
        return ["--snakefile", str(self.root / snakefile), "--directory", str(self.folder),
                "--configfile", str(self.folder / config), "--cores", "2", "--scheduler", "greedy",
                *more]  # fmt: skip

    def environment(self) -> dict[str, str]:
        """The environment of Snakemake in the folder."""
        return {**os.environ, **OFFLINE, "XDG_CACHE_HOME": str(self.folder / "cache")}

    def start(self, *arguments: str) -> subprocess.Popen:
        """Start Snakemake in the folder, so that a test can kill it with all its jobs."""
        return subprocess.Popen(
            [sys.executable, "-m", "snakemake", *self.arguments(*arguments)],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env=self.environment(), start_new_session=True,
        )  # fmt: skip

    def run(self, *arguments: str, **options: str) -> subprocess.CompletedProcess:
        """Run Snakemake in the folder; the caller looks at the exit status."""
        return snakemakes().run(self.arguments(*arguments, **options), self.environment())

    def succeed(self, *arguments: str, **options: str) -> str:
        """Run Snakemake and return what it printed; fail the test if it failed."""
        result = self.run(*arguments, **options)
        logs = "\n".join(
            p.read_text()[-2000:]
            for p in self.folder.glob("logs/**/*.log")
            if "ERROR" in p.read_text()
        )
        assert result.returncode == 0, (result.stdout + result.stderr)[-4000:] + logs
        return result.stdout + result.stderr

    def planned(self, *arguments: str, **options: str) -> dict[str, int]:
        """Jobs a rule that a run would do, without `all`; empty where there is nothing to do."""
        printed = self.succeed("-n", "--quiet", "rules", *arguments, **options)
        jobs = dict(re.findall(r"^(\w+) +(\d+)$", printed, flags=re.MULTILINE))
        return {rule: int(n) for rule, n in jobs.items() if rule not in {"all", "total"}}

    def copy(self, folder: Path, *left_out: str) -> "Workflow":
        """The same folder elsewhere, with what was made and what Snakemake remembers of it."""
        ignored = shutil.ignore_patterns(*left_out)
        shutil.copytree(self.folder, folder, symlinks=True, ignore=ignored)
        return Workflow(self.root, folder)


def new_folder(root: Path, folder: Path) -> Workflow:
    """A workflow folder where the repository's config and small shipped files are at hand."""
    (folder / "config").symlink_to(root / "config")
    (folder / "resources").mkdir()
    shipped = re.search(r"^SHIPPED := (.+)$", (root / "Makefile").read_text(), re.M)
    for name in shipped[1].split():  # below resources/
        (folder / "resources" / name).symlink_to(root / "resources" / name)
    return Workflow(root, folder)


@pytest.fixture(scope="module")
def workflow(root, tmp_path_factory) -> Workflow:
    """A folder for the runs of one module."""
    return new_folder(root, tmp_path_factory.mktemp("run"))


@pytest.fixture(scope="session")
def demo_tables(root) -> dict[str, list[tuple]]:
    """The rows of the demo's tables, for `Workflow.configure`, its variants in two shards.

    The planted truth has its own test.
    """
    paths = {name: root / f"config/demo/{name}.tsv" for name in HEADERS}
    tables = {name: in_order(name, path) for name, path in paths.items() if path.exists()}
    planted = ("simulated_planted", "simulated_held_out", "simulated_map")
    shards = HEADERS["datasets"].split().index("shards")
    datasets = [
        (*row[:shards], "2" if row[1] == "variants" else row[shards], *row[shards + 1 :])
        for row in tables["datasets"]
        if row[0] not in planted
    ]
    return tables | {"datasets": datasets}


@pytest.fixture(scope="session")
def coverage_tables(demo_tables) -> dict[str, list[tuple]]:
    """The rows of the demo's tables that have to do with coverage, none with reads."""
    models = [row for row in demo_tables["models"] if row[2] == "coverage"]
    names = {row[0] for row in models}
    return {
        "assemblies": demo_tables["assemblies"],
        "models": models,
        "folds": [row for row in demo_tables["folds"] if row[0] in names],
        "datasets": [row for row in demo_tables["datasets"] if row[1] in {"variants", "windows"}],
    }


def in_order(table: str, path: Path) -> list[tuple]:
    """The rows of a table in the order of `HEADERS`."""
    with path.open(newline="") as file:
        rows = csv.DictReader(file, delimiter="\t", restval="")
        return [tuple(row.get(name, "") for name in HEADERS[table].split()) for row in rows]


def read_rows(path: Path) -> list[tuple]:
    """The rows of a table without its header."""
    with path.open(newline="") as file:
        return [tuple(row) for row in csv.reader(file, delimiter="\t")][1:]


def gene_finders() -> list[str]:
    """The gene finder of the demo's benchmark, where it is installed: it is GPL, and no dependency."""
    beside = Path(sys.executable).with_name("pyrodigal").exists()
    return ["pyrodigal"] * (beside or shutil.which("pyrodigal") is not None)


@pytest.fixture(scope="session")
def finished(root, demo_tables, tmp_path_factory) -> Workflow:
    """The demo's tables, run to the end once for all workers. Read it, or work on a `copy`."""
    base = tmp_path_factory.getbasetemp()
    base = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    folder, whole = base / "finished", base / "finished.whole"
    with (base / "finished.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # who comes later waits: the run takes all cores
        if whole.exists():
            return Workflow(root, folder)
        shutil.rmtree(folder, ignore_errors=True)  # of a worker whose run failed
        folder.mkdir()
        finish(run := new_folder(root, folder), demo_tables)
        whole.touch()
    return run


def finish(run: Workflow, demo_tables: dict[str, list[tuple]]) -> None:
    """Run the demo's tables to the end."""
    run.configure(
        demo_tables,
        report={"score": "logSED", "tracks": "^RNA:ActD", "top": 2},
        nulls={"min_variants": 40},
        split_reads="either",
        read_benchmark={"comparators": gene_finders()},
    )
    run.succeed()
