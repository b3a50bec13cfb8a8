"""Sets on hg38 and mm10 take the published windows, unless told otherwise."""

import gzip
import re
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
FIELDS = ("bin_bp", "crop_bins", "windows", "stride_bp", "folds", "fixed", "unmappable")
WINDOWS = "results/coverage_sets/{}.windows.bed"


def coverage_set(name: str, window_bp: int, assembly: str = "hg38", **cells: object) -> tuple:
    """A row of coverage_sets.tsv."""
    return (
        name,
        assembly,
        "targets.tsv",
        window_bp,
        *(cells.get(f, "") for f in FIELDS),
        "",
        "",
        "",
    )


def configured(root: Path, folder: Path, sets: list[tuple], urls: dict[str, str]) -> Workflow:
    """A folder with these sets; the sources of windows are seqcast's own, but at these URLs."""
    run = new_folder(root, folder)
    own = {row[0]: row for row in read_rows(root / "config/sources.tsv")}
    sources = [(*own[name][:2], url, *own[name][3:]) for name, url in urls.items()]
    genomes = [(name, "genome.fa", "none.gtf", "") for name in ("hg38", "mm10", "hg19")]
    run.configure({"sources": sources, "assemblies": genomes, "coverage_sets": sets})
    return run


def as_text(rows: list[tuple]) -> bytes:
    """A BED as published: no header."""
    return "".join("\t".join(map(str, row)) + "\n" for row in rows).encode()


def test_published_windows_are_fetched_and_taken_as_they_are(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("no_proxy", "127.0.0.1")  # the one server that the run may reach
    sets = [coverage_set("borzuki", 393_216), coverage_set("borzoi", 524_288, crop_bins=5120)]
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


NOWHERE = {f"{model}_windows_{genome}": f"https://nowhere.org/{model}_{genome}.bed"
           for model in ("borzuki", "borzoi") for genome in ("hg38", "mm10")}  # fmt: skip
SETS = {
    "human": coverage_set("human", 393_216),
    "mouse": coverage_set("mouse", 393_216, "mm10"),
    "long": coverage_set("long", 524_288, "mm10", bin_bp=16, crop_bins=10_240),
    "told": coverage_set("told", 393_216, windows="made"),
    "dealt": coverage_set("dealt", 393_216, folds=4),
    "kept": coverage_set("kept", 393_216, fixed="chr8=test"),
    "shorter": coverage_set("shorter", 16_384),
    "cropped": coverage_set("cropped", 393_216, crop_bins=1024),
    "older": coverage_set("older", 393_216, "hg19"),
    "own": coverage_set("own", 393_216, windows="own.bed", folds=4),
}


def test_which_sets_take_them(root: Path, tmp_path: Path) -> None:
    run = configured(root, tmp_path, list(SETS.values()), NOWHERE)
    (tmp_path / "genome.fa").touch()
    (tmp_path / "own.bed").write_bytes(as_text(BORZUKI))
    printed = run.succeed("-n", "--nocolor", *map(WINDOWS.format, SETS))
    jobs = re.findall(r"^rule prepare_windows:\n    input: (.*)$(?s:.*?)coverage_set=(\w+)$",
                      printed, flags=re.MULTILINE)  # fmt: skip
    files = {name: [path for path in inputs.split(", ") if ".bed" in path] for inputs, name in jobs}
    assert files == {name: [] for name in SETS} | {
        "human": ["resources/windows/borzuki/hg38.bed"],
        "mouse": ["resources/windows/borzuki/mm10.bed"],
        "long": ["resources/windows/borzoi/sequences_mouse.bed.gz"],
        "own": ["own.bed"],
    }


def test_a_lost_source_is_named(root: Path, tmp_path: Path) -> None:
    run = configured(root, tmp_path, [SETS["told"], SETS["human"]], {})
    result = run.run("-n", WINDOWS.format("told"))
    printed = result.stdout + result.stderr
    assert result.returncode == 1
    assert (
        "human takes the published windows of its assembly, but sources.tsv has no borzuki_"
        in printed
    )
    assert "Traceback" not in printed
