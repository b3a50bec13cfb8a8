"""A run that fetches keeps no password of a URL: in no log, no lock, and not in .snakemake."""

import shutil
import subprocess

import pytest

from tests.seqcast.http_server import Site, serve

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed"),
]
SECRET = "s3cr3t"


def test_a_password_in_a_url_is_kept_nowhere(workflow, monkeypatch):
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.setenv(name, "127.0.0.1")
    with serve(Site(b">a\nACGT\n")) as site:
        url = f"{site.url.replace('//', f'//ann:{SECRET}@')}?signature={SECRET}"
        source = ("genome", "1", url, "genomes/a.fa", "", "MIT", "a test")
        workflow.configure({"sources": [source]})
        printed = workflow.succeed("resources/genomes/a.fa")
    assert [status for _, status in site.requests] == [200]
    assert SECRET not in printed
    files = [path for path in workflow.folder.rglob("*") if path.is_file()]
    kept = [path for path in files if SECRET.encode() in path.read_bytes()]
    assert kept == [workflow.folder / "sources.tsv"]
    assert {"a.fa", "a.fa.sha256", "a.fa.log"} <= {path.name for path in files}


def test_make_clean_keeps_downloads_and_files_of_the_user(root, tmp_path):
    made = ["results/a.tsv", "logs/a.log", "resources/simulated/genome.fa",
            "resources/assemblies/hg38.fa.gz", "resources/assemblies/hg38.fa.gz.fai",
            "resources/assemblies/hg38.genes.parquet",
            "resources/models/m.foldf0c0.safetensors"]  # fmt: skip
    kept = ["resources/genomes/hg38.fa.gz", "resources/models/m/fold0.h5", "resources/models/own.h5",
            "resources/assemblies/own.gtf", "resources/locks/a.sha256", "config/config.yaml"]  # fmt: skip
    for name in made + kept:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    subprocess.run(["make", "-f", root / "Makefile", "clean"], cwd=tmp_path, check=True)
    left = [str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()]
    assert sorted(left) == sorted(kept)
