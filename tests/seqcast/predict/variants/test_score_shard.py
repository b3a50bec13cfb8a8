"""A job that was killed while it scored variants goes on, and its tables are the same."""

import json
import logging
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from seqcast.core.store import read_provenance, read_table, read_tsv, write_table
from seqcast.core.unfinished import UnfinishedTables
from seqcast.predict.variants.score_shard import (
    ShardTables,
    score_shard,
    write_plan,
)
from tests.seqcast.predict.variants.shard_job import (
    INFERENCE,
    N_SCORED,
    N_VARIANTS,
    OPTIONS,
    flip,
    write_job,
)

RUN = """
import json, sys
from seqcast.core import unfinished
from seqcast.predict.variants.score_shard import ShardFiles, ShardTables, score_shard
unfinished.LEAST_S = unfinished.MOST_S = 0
job = json.load(sys.stdin)
files, outputs = ShardFiles(*job.pop("files")), ShardTables(*job.pop("outputs"))
score_shard(files, outputs, **job)
"""


@pytest.fixture(scope="module")
def job(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Arguments of a job: every fourth variant is one that cannot be scored."""
    return write_job(tmp_path_factory.mktemp("job"))


@pytest.fixture(scope="module")
def whole(job: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> list[pl.DataFrame]:
    """The tables of a job that nothing interrupts."""
    return run(job, tmp_path_factory.mktemp("whole"))


def outputs(folder: Path) -> ShardTables:
    return ShardTables(str(folder / "gene.parquet"), str(folder / "window.parquet"))


def run(job: dict[str, Any], folder: Path) -> list[pl.DataFrame]:
    score_shard(**job, outputs=outputs(folder))
    assert sorted(p.name for p in folder.iterdir()) == ["gene.parquet", "window.parquet"]
    assert read_provenance(outputs(folder).gene)["code"] == "abc"
    return [read_table(path) for path in outputs(folder)]


def parts_of(folder: Path) -> list[Path]:
    return sorted(folder.glob(".gene.parquet.*.parts/[0-9]*"))


def interrupt(job: dict[str, Any], folder: Path) -> None:
    """Kill a job once it has kept some parts."""
    with subprocess.Popen([sys.executable, "-c", RUN], stdin=subprocess.PIPE) as process:
        assert process.stdin
        process.stdin.write(json.dumps({**job, "outputs": outputs(folder)}).encode())
        process.stdin.close()
        while len(parts_of(folder)) < 3 and process.poll() is None:
            time.sleep(0.002)
        process.send_signal(signal.SIGKILL)


@pytest.fixture(scope="module")
def killed(job: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that a killed job left, to be copied."""
    folder = tmp_path_factory.mktemp("killed")
    interrupt(job, folder)
    assert len(parts_of(folder)) >= 3
    assert not (folder / "gene.parquet").exists()
    return folder


@pytest.fixture
def left(killed: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(killed, tmp_path / "left"))


def test_each_variant_has_its_outcome(whole: list[pl.DataFrame]) -> None:
    statuses = whole[1]["status"].to_list()
    assert statuses == ["alt_star" if i % 4 == 3 else "scored" for i in range(N_VARIANTS)]


def test_polya_sites_are_read_from_a_file(
    job: dict[str, Any], whole: list[pl.DataFrame], tmp_path: Path
) -> None:
    bed = tmp_path / "sites.bed"
    bed.write_text("".join(f"chr1\t{at}\t{at + 1}\t.\t0\t+\n" for at in (500, 600, 690)))
    options = {**OPTIONS, "gene_scores": ["SED", "SCOVR"]}
    files = job["files"]._replace(polya_sites=str(bed))
    (tmp_path / "made").mkdir()
    found = run({**job, "files": files, "options": options}, tmp_path / "made")[0]
    assert found["SED"].equals(whole[0]["SED"])
    is_scored = (found["gene_id"] == "g") & (found["polya_sites_in_window"] == 3)
    assert is_scored.any()
    assert found["SCOVR"].is_not_null().equals(is_scored.fill_null(value=False))


def test_a_killed_job_goes_on_to_the_same_bits(
    job: dict[str, Any], whole: list[pl.DataFrame], left: Path, caplog: pytest.LogCaptureFixture
) -> None:
    kept = max(int(path.name.split("-")[1]) for path in parts_of(left))
    with caplog.at_level(logging.INFO):
        tables = run(job, left)
    assert f"{kept} of {N_SCORED} variants were scored before" in caplog.text
    assert all(found.equals(right) for found, right in zip(tables, whole, strict=True))


@pytest.mark.parametrize(
    "change", [{"facts": {"architecture": "borzuki", "code": "other"}}, {"options": {**OPTIONS, "span": True}},
               {"inference": {**INFERENCE, "batch_size": 4}}, {"shards": 2}],
)  # fmt: skip
def test_parts_of_another_job_are_not_taken(
    job: dict[str, Any], left: Path, change: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        score_shard(**{**job, **change}, outputs=outputs(left))
    assert "scored before" not in caplog.text
    assert parts_of(left) == []


def test_parts_of_another_input_are_not_taken(
    job: dict[str, Any], left: Path, caplog: pytest.LogCaptureFixture
) -> None:
    other = left.parent / "other.parquet"
    write_table(read_table(job["files"].variants), other, {"made": "of another VCF"})
    with caplog.at_level(logging.INFO):
        run({**job, "files": job["files"]._replace(variants=str(other))}, left)
    assert "scored before" not in caplog.text


def test_a_damaged_part_is_made_again(
    job: dict[str, Any], whole: list[pl.DataFrame], left: Path, caplog: pytest.LogCaptureFixture
) -> None:
    flip(parts_of(left)[1] / "window.parquet")
    tables = run(job, left)
    assert "its rows are scored again" in caplog.text
    assert all(found.equals(right) for found, right in zip(tables, whole, strict=True))


def test_parts_are_due_after_a_while(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = UnfinishedTables(tmp_path / "a.parquet", ["a"], {})
    assert not kept.due()
    for waited_s, begun_s, due in ((4, 4, False), (6, 6, True), (6, 1000, False), (21, 1000, True),
                                   (299, 10**6, False), (301, 10**6, True)):  # fmt: skip
        now_s = time.monotonic()
        monkeypatch.setattr(kept, "_last_s", now_s - waited_s)
        monkeypatch.setattr(kept, "_begun_s", now_s - begun_s)
        assert kept.due() == due


@pytest.mark.parametrize(("window", "windows"), [("variant", N_SCORED), ("shared", None)])
def test_the_plan_says_what_is_computed(
    job: dict[str, Any], tmp_path: Path, window: str, windows: int | None
) -> None:
    names = "files", "head", "inference", "threads"
    how = {name: job[name] for name in names} | {"options": OPTIONS | {"window": window}}
    write_plan(output=tmp_path / "plan.tsv", architecture="borzuki", folds=3, **how)
    plan = dict(read_tsv(tmp_path / "plan.tsv").iter_rows())
    counted = {"window": window, "variants": "23", "scored": "18", "alleles": "18", "members": "2"}
    assert counted.items() <= plan.items()
    starts = {(pos + 16) // 32 for i in range(N_VARIANTS) if i % 4 != 3 for pos in [300 + 60 * i]}
    assert int(plan["windows"]) == (windows or len(starts))
    assert int(plan["forwards_plain"]) == 2 * 2 * N_SCORED * 3
    assert int(plan["forwards_saved"]) < 2 * 2 * N_SCORED * 3
    assert float(plan["seconds_fold"]) >= 0
    assert float(plan["gmac_plain"]) > 0


def test_tables_tell_the_plan(job: dict[str, Any], tmp_path: Path) -> None:
    run(job, tmp_path)
    assert read_provenance(outputs(tmp_path).window)["work"]["windows"] == N_SCORED


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_bf16_is_warned_of(
    job: dict[str, Any], tmp_path: Path, precision: str, caplog: pytest.LogCaptureFixture
) -> None:
    inference = INFERENCE | {"precision": precision}
    tables = run(job | {"inference": inference}, tmp_path)
    assert ("use fp32 to score variants" in caplog.text) == (precision == "bf16")
    assert tables[1]["status"].eq("scored").sum() == N_SCORED
