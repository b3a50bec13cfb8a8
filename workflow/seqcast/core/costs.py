"""What the jobs of a run cost: time, memory, GPU, and what they worked on."""

from pathlib import Path
from typing import Any

import polars as pl

from seqcast.core.run_log import read_events
from seqcast.core.store import read_tsv

JOBS: dict[str, Any] = {
    "job": pl.String, "rule": pl.String, "wall_s": pl.Float64, "cpu_s": pl.Float64,
    "max_rss_mb": pl.Float64, "gpu": pl.String, "gpu_mb": pl.Float64, "items": pl.Int64,
    "unit": pl.String, "items_s": pl.Float64, "read_mb": pl.Float64, "written_mb": pl.Float64,
}  # fmt: skip
NO_GPU = {"gpu": "", "gpu_mb": 0.0}
MEASURED = {"io_in": "read_mb", "io_out": "written_mb"}  # columns of a rule's `benchmark:` file


def job_costs(logs: str | Path) -> pl.DataFrame:
    """What each finished job of a run took: of a job that ran again, the last time.

    Parameters
    ----------
    logs : path
        The folder ``logs`` of the run (`run_log`).

    Returns
    -------
    DataFrame
        `JOBS`. Time and memory are those of the whole process; ``items`` of ``unit`` took
        ``items_s`` of it. What was read from disks and written, in MB, is known of jobs with a
        ``benchmark:`` file, and null for others.
    """
    ended = {one["job"]: one for one in read_events(logs) if one["event"] == "end"}
    blank = dict.fromkeys(JOBS) | NO_GPU
    rows = [
        {**blank, **one, **_measured(Path(logs) / f"{name}.benchmark.tsv")}
        for name, one in ended.items()
    ]
    columns = {name: [row[name] for row in rows] for name in JOBS}
    return pl.DataFrame(columns, schema=JOBS, strict=False)


def run_costs(logs: str | Path) -> pl.DataFrame:
    """`job_costs`, a row for each rule.

    Returns
    -------
    DataFrame
        ``rule``, ``jobs``, ``wall_s`` and ``cpu_s`` (sums), ``max_rss_mb``, ``gpu`` (names, empty
        without one), ``gpu_mb`` (the most), ``items`` of ``unit``, and ``items_per_s`` (null where
        nothing was counted). The rule that took most CPU time is first.
    """
    items, seconds = pl.col("items").sum(), pl.col("items_s").sum()
    found = job_costs(logs).group_by("rule").agg(
        jobs=pl.len().cast(pl.Int64), wall_s=pl.col("wall_s").sum(), cpu_s=pl.col("cpu_s").sum(),
        max_rss_mb=pl.col("max_rss_mb").max(),
        gpu=pl.col("gpu").filter(pl.col("gpu") != "").unique().sort().str.join(", "),
        gpu_mb=pl.col("gpu_mb").max(), items=items, unit=pl.col("unit").max(),
        items_per_s=pl.when((items > 0) & (seconds > 0)).then(items / seconds),
    )  # fmt: skip
    return found.sort(["cpu_s", "rule"], descending=[True, False])


def _measured(benchmark: Path) -> dict[str, float]:
    """What Snakemake measured of a job and this package does not; nothing without its file."""
    if not benchmark.is_file():
        return {}
    (row,) = read_tsv(benchmark).tail(1).iter_rows(named=True)
    return {new: float(row[name]) for name, new in MEASURED.items() if _is_number(row.get(name))}


def _is_number(cell: str | None) -> bool:
    try:
        float(cell or "")
    except ValueError:
        return False
    return True
