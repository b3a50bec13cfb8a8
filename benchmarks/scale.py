"""What large runs take: jobs, time to plan them, storage, time by device, memory of tables.

    python -m benchmarks.scale plan [--variants 1e6] [--shards 100]
    python -m benchmarks.scale costs [--variants 1e6] [--windows 63000] [--tflops 20 100]
    python -m benchmarks.scale memory [--variants 1e5 1e6] [--rows 1e6 1e7]
    python -m benchmarks.scale check [results]

plan: a dry run of the five published models, two folds each, on made variants and on all 3' UTRs of
the annotation: jobs by rule, and time of Snakemake. Nothing is downloaded or computed.

costs: storage of the scores, and time by device from rates that are measured here
(`region_costs`). Variants spread over a genome share windows of the grid: 3.1 Gb have 63,000.

memory: peak memory of checking variants, of reading one of 100 shards of them, and of gathering
shards of scores whose rows are interleaved, each in a process of its own, by number of rows.

check: after a run, seconds of scoring as its plans of work told them, next to those that its jobs
took (needs plans, `results/variant_effects/MODEL/DATASET.plan.tsv`).
"""

import argparse
import re
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import yaml

from benchmarks.region_costs import STRANDS, measure
from seqcast.core.costs import job_costs
from seqcast.core.store import read_tsv
from seqcast.predict.variants.statistics import GENE_SCORES, WINDOW_SCORES

ROOT = Path(__file__).resolve().parents[1]
CONTIG_BP = 5_000_000
GENES = 7.6  # in 393,216 bp: of 60,000 genes on 3.1 Gb
TRACKS, FOLDS, MODELS = 426, 2, 5
SIZES = {"hl_clip": 2, "hl_clip_micro": 3}  # published models of either size


def write_genome(folder: Path, contigs: int) -> list[str]:
    """Write a random genome; returns its sequences."""
    rng = np.random.default_rng(0)
    letters = np.frombuffer(b"ACGT", dtype=np.uint8)
    bases = [letters[rng.integers(0, 4, CONTIG_BP)].tobytes().decode() for _ in range(contigs)]
    with (folder / "genome.fa").open("w") as file:
        for i, sequence in enumerate(bases):
            file.write(f">chr{i + 1}\n{sequence}\n")
    return bases


def write_vcf(path: Path, bases: list[str], n: int) -> None:
    """Write so many SNVs, sorted, the same number on each contig."""
    rng = np.random.default_rng(1)
    with path.open("w") as file:
        file.write("##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n")
        for i, sequence in enumerate(bases):
            for at in np.sort(rng.integers(0, CONTIG_BP, n // len(bases))).tolist():
                ref = sequence[at]
                alt = "ACGT"["CGTA".index(ref)]
                file.write(f"chr{i + 1}\t{at + 1}\trs{i}_{at}\t{ref}\t{alt}\t.\t.\t.\n")


def plan(variants: int, shards: int) -> None:
    """Print what a dry run of the published models on made data plans, and takes."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        for name in ("config", "resources"):
            (folder / name).symlink_to(ROOT / name)
        write_vcf(folder / "variants.vcf", write_genome(folder, 2), variants)
        (folder / "datasets.tsv").write_text(
            "dataset\tkind\tassembly\tpath\tshards\n"
            f"million\tvariants\thg38\tvariants.vcf\t{shards}\n"
            f"utr3s\tregions\thg38\tutr3\t{shards}\n"
        )
        config = yaml.safe_load((ROOT / "config/published.yaml").read_text())
        config["tables"] |= {"datasets": "datasets.tsv"}
        for name in ("benchmarks", "collections"):
            config["tables"].pop(name)
        config.pop("notebooks")
        (folder / "run.yaml").write_text(yaml.safe_dump(config))
        command = [sys.executable, "-m", "snakemake", "--snakefile", ROOT / "Snakefile",
                   "--directory", folder, "--configfile", folder / "run.yaml", "--cores", "1",
                   "--dry-run", "--quiet", "rules"]  # fmt: skip
        begun = time.perf_counter()
        found = subprocess.run(command, capture_output=True, text=True, check=False)
        wall_s = time.perf_counter() - begun
    assert found.returncode == 0, found.stdout + found.stderr
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    print("| rule | jobs |\n|---|---|")
    for rule, n in dict(re.findall(r"^(\w+) +(\d+)$", found.stdout, flags=re.MULTILINE)).items():
        print(f"| {rule} | {n} |")
    print(f"\nplanned in {wall_s:.1f} s, {used.ru_utime + used.ru_stime:.1f} CPU-s")


def costs(variants: int, windows: int, tflops: list[float]) -> None:
    """Print storage, and hours by device."""
    print("| scores | rows of genes | a fold, GB | all with means, GB |\n|---|---|---|---|")
    numbers = {"all": (len(GENE_SCORES), len(WINDOW_SCORES)), "logSED": (1, 0)}
    for name, (of_genes, of_windows) in numbers.items():
        values = variants * (GENES * of_genes + of_windows) * TRACKS
        fold_gb = values * 4 / 1e9
        all_gb = MODELS * (FOLDS + 2) * fold_gb
        print(f"| {name} | {variants * GENES:,.0f} | {fold_gb:.3g} | {all_gb:.3g} |")
    print("\n| models | device | one fold, h | all, h |\n|---|---|---|---|")
    for name, models in SIZES.items():
        cpu = measure(name)
        for rate in [None, *tflops]:
            faster = 1.0 if rate is None else cpu["forward"] * rate * 1e12 / cpu["operations"]
            device = "CPU core, measured" if rate is None else f"{rate:g} TFLOP/s, assumed"
            hours = STRANDS * (windows * cpu["window"] + variants * cpu["SNV"]) / faster / 3600
            print(f"| {models} of {name} | {device} | {hours:.3g} | {hours * models * FOLDS:.3g} |",
                  flush=True)  # fmt: skip


CHECK = """
from seqcast.genome.fasta import Genome
from seqcast.genome.checked_files import write_checked
with Genome("genome.fa") as genome:
    write_checked("variants.vcf", "checked.parquet", genome, {})
"""
SHARD = """
from seqcast.genome.intervals import Geometry
from seqcast.predict.variants.score_options import ScoreOptions
from seqcast.predict.variants.shards import read_shard
options = ScoreOptions(window="shared")
variants, work = read_shard("checked.parquet", Geometry(393216, 32, 0), options, 50, 100)
"""
WRITE = """
import sys
import numpy as np
import polars as pl
from seqcast.core.store import write_chunks
rows, shards = int(float(sys.argv[1])), 10
rng = np.random.default_rng(0)
for shard in range(shards):
    def parts():
        for first in range(shard, rows, shards * 20_000):
            row = np.arange(first, min(rows, first + shards * 20_000), shards)
            values = pl.Series("SED", rng.normal(size=(len(row), 8)), dtype=pl.Array(pl.Float32, 8))
            yield pl.DataFrame({"row": row, "status": "scored"}).with_columns(values)
    schema = {"row": pl.Int64, "status": pl.String, "SED": pl.Array(pl.Float32, 8)}
    write_chunks(parts(), schema, f"{shard}.parquet", {})
"""
GATHER = """
from seqcast.predict.variants.ensemble import gather_shards
gather_shards([f"{shard}.parquet" for shard in range(10)], "gathered.parquet", by="row")
"""
AVERAGE = """
from seqcast.predict.variants.ensemble import average_folds
average_folds(["gathered.parquet", "gathered.parquet"], "mean.parquet")
"""
MEASURED = """
import re, time
status = open("/proc/self/status").read()  # not of getrusage, which counts what started this one
print(time.process_time(), int(re.search(r"VmHWM:\\s+(\\d+)", status)[1]) / 1024)
"""


def measured(folder: Path, code: str, *arguments: object) -> str:
    """CPU seconds and peak memory of code that a process of its own runs in a folder."""
    found = subprocess.run(
        [sys.executable, "-c", code + MEASURED, *map(str, arguments)], cwd=folder, check=True,
        capture_output=True, text=True,
    )  # fmt: skip
    cpu_s, peak_mb = map(float, found.stdout.split()[-2:])
    return f"{cpu_s:.1f} | {peak_mb:.0f}"


def memory(variants: list[int], rows: list[int]) -> None:
    """Print CPU seconds and peak memory by number of rows."""
    print("| step | rows | CPU s | peak memory, MB |\n|---|---|---|---|")
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        bases = write_genome(folder, 2)
        for n in variants:
            write_vcf(folder / "variants.vcf", bases, n)
            print(f"| check variants | {n:,} | {measured(folder, CHECK)} |", flush=True)
            print(f"| read a shard of 100 | {n:,} | {measured(folder, SHARD)} |", flush=True)
        for n in rows:
            measured(folder, WRITE, n)
            print(
                f"| gather 10 interleaved shards | {n:,} | {measured(folder, GATHER)} |", flush=True
            )
            print(f"| average two folds | {n:,} | {measured(folder, AVERAGE)} |", flush=True)


def check(results: Path) -> None:
    """Print the time that plans of work told next to the time that jobs took."""
    jobs = job_costs(results.parent / "logs").to_dicts()
    print("| model | dataset | planned, s a fold | measured | ratio |\n|---|---|---|---|---|")
    for path in sorted(results.glob("variant_effects/*/*.plan.tsv")):
        told = dict(read_tsv(path).iter_rows())
        dataset = path.name.removesuffix(".plan.tsv")
        start = f"score_variants/{path.parent.name}/{dataset}.fold"
        took = sum(job["items_s"] for job in jobs if job["job"].startswith(start))
        fold_s = took / int(told["folds"])
        planned_s = float(told["seconds_fold"])
        print(f"| {path.parent.name} | {dataset} | {planned_s:.3g} | {fold_s:.3g} "
              f"| {planned_s / max(fold_s, 1e-9):.2f} |")  # fmt: skip


def main() -> None:
    """Run what the command line names."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=["plan", "costs", "memory", "check"])
    parser.add_argument("results", nargs="?", default="results", type=Path)
    parser.add_argument("--variants", type=float, nargs="+", default=[1e6])
    parser.add_argument("--shards", type=int, default=100)
    parser.add_argument("--windows", type=float, default=63_000)
    parser.add_argument("--tflops", type=float, nargs="+", default=[20, 100])
    parser.add_argument("--rows", type=float, nargs="+", default=[1e6, 1e7])
    chosen = parser.parse_args()
    variants = [int(n) for n in chosen.variants]
    if chosen.what == "plan":
        plan(variants[0], chosen.shards)
    elif chosen.what == "costs":
        costs(variants[0], int(chosen.windows), chosen.tflops)
    elif chosen.what == "memory":
        memory(variants, [int(n) for n in chosen.rows])
    else:
        check(chosen.results)


if __name__ == "__main__":
    main()
