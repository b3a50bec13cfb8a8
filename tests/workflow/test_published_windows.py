"""Sets on hg38 and mm10 take the published windows, unless told otherwise."""

import gzip
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from tests.seqcast.http_server import Site, serve
from tests.workflow.conftest import Workflow, new_folder, read_rows

pytestmark = pytest.mark.slow

BORZUKI = [("chr1", 393_216 * i, 393_216 * (i + 1), f"fold{i}") for i in (2, 0, 1)]
BORZOI = [("chr1", 163_840 + 196_608 * i, 163_840 + 196_608 * (i + 1), f"fold{i}")
          for i in (1, 2, 0)]  # fmt: skip
WINDOWS = "results/coverage_sets/{}.windows.bed"


def coverage_set(name: str, shape: str) -> dict[str, str]:
    """A row of datasets.tsv, of models of a published shape."""
    return {"dataset": name, "kind": "coverage", "assembly": "hg38", "path": "targets.tsv",
            "settings": f"config/windows/{shape}.json"}  # fmt: skip


def configured(root: Path, folder: Path, sets: list[dict], urls: dict[str, str]) -> Workflow:
    """A folder with these sets; the sources of windows are seqcast's own, but at these URLs."""
    run = new_folder(root, folder)
    own = {row[0]: row for row in read_rows(root / "config/sources.tsv")}
    sources = [(*own[name][:2], url, *own[name][3:]) for name, url in urls.items()]
    genomes = [(name, "genome.fa", "none.gtf", "") for name in ("hg38", "mm10", "hg19")]
    run.configure({"sources": sources, "assemblies": genomes, "datasets": sets})
    return run


def as_text(rows: list[tuple]) -> bytes:
    """A BED as published: no header."""
    return "".join("\t".join(map(str, row)) + "\n" for row in rows).encode()


def test_published_windows_are_fetched_and_taken_as_they_are(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("no_proxy", "127.0.0.1")  # the one server that the run may reach
    sets = [coverage_set(name, name) for name in ("borzuki", "borzoi")]
    with (
        serve(Site(as_text(BORZUKI))) as plain,
        serve(Site(gzip.compress(as_text(BORZOI)))) as packed,
    ):
        urls = {"borzuki_windows_hg38": plain.url, "borzoi_windows_hg38": packed.url}
        run = configured(root, tmp_path, sets, urls)
        bases = np.random.default_rng(0).choice(list("ACGT"), 1_200_000)
        (tmp_path / "genome.fa").write_text(f">chr1\n{''.join(bases)}\n")
        run.succeed(*(WINDOWS.format(name) for name in ("borzuki", "borzoi")))
    for name, rows in (("borzuki", BORZUKI), ("borzoi", BORZOI)):
        table = pl.read_csv(tmp_path / WINDOWS.format(name), separator="\t", has_header=False)
        assert table.rows() == rows
    locked = tmp_path / "resources/locks/windows/borzuki/hg38.bed.sha256"
    assert locked.is_file()  # no digest is known before: later downloads must be equal
