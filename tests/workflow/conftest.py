"""Runs of the workflow in a folder of their own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

HEADERS = {
    "assemblies": "assembly genome annotation contig_aliases",
    "models": "model architecture task hyperparameters head tracks description",
    "folds": "model fold origin source",
    "sources": "source version url path sha256 licence citation",
    "datasets": "dataset kind assembly path shards",
}


class Workflow:
    """A folder with tables and a config, and Snakemake on it."""

    def __init__(self, root: Path, folder: Path) -> None:
        self.root, self.folder = root, folder

    def configure(self, tables: dict[str, list[tuple]], **config: object) -> None:
        """Write tables (rows in the order of `HEADERS`) and a config of these keys."""
        for name, header in HEADERS.items():
            rows = [tuple(header.split()), *tables.get(name, [])]
            text = "".join("\t".join(map(str, row)) + "\n" for row in rows)
            (self.folder / f"{name}.tsv").write_text(text)
        config["tables"] = {name: f"{name}.tsv" for name in HEADERS}
        (self.folder / "config.yaml").write_text(yaml.safe_dump(config))

    def run(self, *arguments: str, config: str = "config.yaml") -> subprocess.CompletedProcess:
        """Run Snakemake in the folder; the caller looks at the exit status."""
        command = [sys.executable, "-m", "snakemake", "--snakefile", self.root / "Snakefile",
                   "--directory", self.folder, "--configfile", self.folder / config,
                   "--cores", "2", *arguments]  # fmt: skip
        environment = {**os.environ, "XDG_CACHE_HOME": str(self.folder / "cache")}
        return subprocess.run(command, capture_output=True, text=True, check=False, env=environment)

    def succeed(self, *arguments: str, config: str = "config.yaml") -> str:
        """Run Snakemake and return what it printed; fail the test if it failed."""
        result = self.run(*arguments, config=config)
        logs = "\n".join(
            p.read_text()[-2000:]
            for p in self.folder.glob("logs/**/*.log")
            if "ERROR" in p.read_text()
        )
        assert result.returncode == 0, result.stderr[-4000:] + logs
        return result.stdout + result.stderr


@pytest.fixture(scope="module")
def workflow(root, tmp_path_factory) -> Workflow:
    """A workflow folder where the repository's config and small shipped files are at hand."""
    folder = tmp_path_factory.mktemp("run")
    (folder / "config").symlink_to(root / "config")
    (folder / "resources").mkdir()
    (folder / "resources/contigs").symlink_to(root / "resources/contigs")
    return Workflow(root, folder)
