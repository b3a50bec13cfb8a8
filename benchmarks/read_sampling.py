"""Reads a second that are drawn and written from indexed genomes, and peak memory, on one core.

    python -m benchmarks.read_sampling [--reads 3000000] [--genomes 100]

Random genomes of 4 million bases with a CDS of 150 to 1,800 bases every thousand, 2 % of them with
a run of N, as GenBank files in 4 shards. Each step runs in a process of its own, bound to one core:
indexing; drawing and looking up alone (all but the writing); and the whole, which leaves
2.1 kB a read in the folder for temporary files while it runs.
"""

import argparse
import multiprocessing
import os
import resource
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from unittest import mock

import numpy as np
import polars as pl

from seqcast.datasets.reads import sampling
from seqcast.datasets.reads.assemblies import Selection, select_assemblies, shard_of
from seqcast.datasets.reads.assembly_index import ShardFiles, index_assemblies
from seqcast.datasets.reads.sampling import Portion, SamplingOptions, write_read_set

GENOME_NT, STEP_NT, SHARDS, LINE_NT = 4_000_000, 1_000, 4, 60
LETTERS = np.frombuffer(b"acgtn", dtype=np.uint8)


def write_genome(path: Path, rng: np.random.Generator) -> None:
    """A GenBank file of one record."""
    bases = rng.integers(0, 4, GENOME_NT, dtype=np.uint8)
    if rng.random() < 0.02:
        bases[10_000:60_000] = 4
    starts = np.arange(STEP_NT, GENOME_NT - 2 * STEP_NT, STEP_NT) + rng.integers(0, 500)
    ends = starts + rng.integers(150, 1_800, starts.size)
    features = "".join(
        f"     CDS             {f'complement({s}..{e})' if s % 2 else f'{s}..{e}'}\n"
        f'                     /locus_tag="{path.stem}_{i:05d}"\n'
        for i, (s, e) in enumerate(zip(starts.tolist(), ends.tolist(), strict=True))
    )
    rest = -GENOME_NT % LINE_NT
    lines = np.concatenate([LETTERS[bases], np.zeros(rest, dtype=np.uint8)]).reshape(-1, LINE_NT)
    text = "\n".join(f"{1 + LINE_NT * i:9d} {line.tobytes().rstrip(bytes(1)).decode()}"
                     for i, line in enumerate(lines))  # fmt: skip
    path.write_text(
        f"LOCUS       {path.stem} {GENOME_NT} bp    DNA     circular BCT 01-JAN-2026\n"
        f"VERSION     {path.stem}.1\nFEATURES             Location/Qualifiers\n"
        f"     source          1..{GENOME_NT}\n"
        f'                     /db_xref="taxon:{1 + int(path.stem[1:])}"\n'
        f"{features}ORIGIN      \n{text}\n//\n"
    )


def index(folder: Path, genomes: int, shard: int) -> dict[str, float]:
    """Write and index the genomes of a shard; only the indexing is timed."""
    rng = np.random.default_rng(shard)
    paths = [folder / f"G{number:05d}.gbk" for number in range(shard, genomes, SHARDS)]
    for path in paths:
        write_genome(path, rng)
    cpu = time.process_time()
    table = select_assemblies(paths, Selection(), 0)
    files = ShardFiles(*(folder / f"{shard}.{end}" for end in ("2bit", "parquet", "tsv")))
    index_assemblies(shard_of(table, 0, 1), files, folder / "downloads", 300)
    cpu = time.process_time() - cpu
    table.write_csv(folder / f"{shard}.assemblies.tsv", separator="\t")
    for path in paths:
        path.unlink()
    return {"million_nt_per_cpu_s": len(paths) * GENOME_NT / 1e6 / cpu, "peak_gb": peak_gb()}


def sample(folder: Path, reads: int, written: bool) -> dict[str, float]:
    """Draw a set of reads; 1 % of them for development."""
    dev = reads // 200
    tables = [pl.read_csv(folder / f"{n}.assemblies.tsv", separator="\t") for n in range(SHARDS)]
    pl.concat(tables).write_csv(folder / "assemblies.tsv", separator="\t")
    shards = [(folder / f"{n}.2bit", folder / f"{n}.parquet") for n in range(SHARDS)]
    portion = Portion(
        "synthetic", "synthetic", reads // 2 - dev, dev, folder / "assemblies.tsv", shards
    )
    outputs = [folder / name for name in ("train.tsv", "dev.tsv", "genomes.tsv")]
    wall, cpu = time.perf_counter(), time.process_time()
    if written:
        write_read_set([portion], SamplingOptions(), *outputs)
    else:
        with mock.patch.object(sampling, "write_reads"):
            write_read_set([portion], SamplingOptions(), *outputs)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    return {"reads_per_cpu_s": reads / cpu, "reads_per_s": reads / wall, "peak_gb": peak_gb()}


def peak_gb() -> float:
    """Largest resident memory of this process so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--reads", type=int, default=3_000_000)
    parser.add_argument("--genomes", type=int, default=100)
    arguments = parser.parse_args()
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})  # the processes below inherit it
    # a process a step: the peak of memory cannot be set back
    alone = ProcessPoolExecutor(1, multiprocessing.get_context("spawn"), max_tasks_per_child=1)
    with tempfile.TemporaryDirectory() as name, alone as pool:
        folder = Path(name)
        for shard in range(SHARDS):
            row = pool.submit(index, folder, arguments.genomes, shard).result()
            show("index", row)
        show("draw", pool.submit(sample, folder, arguments.reads, False).result())
        show("draw and write", pool.submit(sample, folder, arguments.reads, True).result())


def show(step: str, row: dict[str, float]) -> None:
    """Print a row of numbers."""
    print(step, "  ".join(f"{key} {value:.3g}" for key, value in row.items()), sep="  ", flush=True)


if __name__ == "__main__":
    main()
