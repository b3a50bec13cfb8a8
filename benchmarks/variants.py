"""CPU time of a variant, next to separate forward passes for each allele, and peak memory.

    python -m benchmarks.variants [--threads 2]

Random weights (the work does not depend on them) on the demo's simulated genome, both strands, all
scores. Each case runs in a process of its own, after a warm-up variant. `borzuki_tiny` is the
demo's network on all its variants; the others are of published sizes, on one SNV and one indel:
their window is longer than half of the genome's contigs and so partly N.
"""

import argparse
import multiprocessing
import resource
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl
import torch

from seqcast import load_model
from seqcast.genome.annotation import Annotation, read_annotation
from seqcast.genome.fasta import Genome
from seqcast.genome.tracks import Tracks
from seqcast.genome.variants import check_variants, read_variants
from seqcast.models.interface import CoverageModel
from seqcast.models.prepare import random_weights
from seqcast.predict.variants.score_options import ScoreOptions
from seqcast.predict.variants.variant_effects import score_variants
from seqcast.simulate import Parameters, simulate_genome

ROOT = Path(__file__).resolve().parents[1]
# model -> variants; None: all
CASES = {"borzuki_tiny": None, "borzuki_hl_clip_micro": 2, "borzuki_hl_clip": 2}
# name, whether alleles are predicted from what they have in common, and the mode of windows
CASES_OF_REUSE = (
    ("exact", True, "variant"),
    ("shared", True, "shared"),
    ("plain", False, "variant"),
)


def stranded_tracks(n: int) -> Tracks:
    """RNA tracks for all outputs of a network, neighbours being the strands of an assay."""
    channel = np.arange(n)
    return Tracks(channel, np.char.add(channel.astype(str), "+"), np.full(n, "RNA"),
                  np.full(n, "sum_sqrt"), np.tile(["+", "-"], n // 2), channel ^ 1,
                  np.full(n, 384.0), np.full(n, 0.3))  # fmt: skip


class Inputs(NamedTuple):
    """A network with random weights, and the files of a simulated genome."""

    model: CoverageModel
    genome: Genome
    variants: pl.DataFrame
    annotation: Annotation
    tracks: Tracks


def inputs(name: str, folder: Path) -> Inputs:
    """Of a network that `config/hyperparameters` has; the folder is that of `simulate_genome`."""
    hyperparameters = ROOT / f"config/hyperparameters/{name}.json"
    weights = folder / f"{name}.safetensors"
    random_weights(0, weights, "borzuki", hyperparameters, "human")
    model = load_model("borzuki", weights, hyperparameters, "human", device="cpu")
    genome = Genome(folder / "genome.fa")
    variants = check_variants(read_variants(folder / "variants.vcf"), genome)
    annotation = read_annotation(folder / "annotation.gtf")
    return Inputs(model, genome, variants, annotation, stranded_tracks(model.tracks))


def choose(variants: pl.DataFrame, n: int | None) -> pl.DataFrame:
    """Rows that can be scored: all, or as many SNVs as indels."""
    valid = variants.filter(status="valid")
    snv = (pl.col("end") - pl.col("start") == 1) & (pl.col("insert").str.len_bytes() == 1)
    return valid if n is None else pl.concat(
        [valid.filter(snv).head(n // 2), valid.filter(~snv).head(n // 2)])  # fmt: skip


def measure(name: str, folder: Path, threads: int) -> dict[str, str | float]:
    torch.set_num_threads(threads)
    model, genome, variants, annotation, tracks = inputs(name, folder)
    chosen, files = choose(variants, CASES[name]), (genome, annotation, tracks)
    score_variants(model, chosen.head(1), *files, ScoreOptions())
    seconds = {}
    for how, reuse, window in CASES_OF_REUSE:
        options = ScoreOptions(window=window)
        start = time.process_time()
        score_variants(model, chosen, *files, options, reuse=reuse)
        seconds[how] = (time.process_time() - start) / len(chosen)
        if how == "exact":
            peak_gb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    return {
        "model": name, "variants": len(chosen),
        **{f"{how}_cpu_s": value for how, value in seconds.items()},
        "plain / exact": seconds["plain"] / seconds["exact"],
        "plain / shared": seconds["plain"] / seconds["shared"], "peak_gb_exact": peak_gb,
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--threads", type=int, default=2)
    threads = parser.parse_args().threads
    # a process a case: the peak of memory cannot be set back
    alone = ProcessPoolExecutor(1, multiprocessing.get_context("spawn"), max_tasks_per_child=1)
    with tempfile.TemporaryDirectory() as name, alone as pool:
        simulate_genome(Parameters(), 1, Path(name))
        for case in CASES:
            row = pool.submit(measure, case, Path(name), threads).result()
            print("  ".join(f"{k} {v:.3g}" if isinstance(v, float) else f"{k} {v}"
                            for k, v in row.items()), flush=True)  # fmt: skip


if __name__ == "__main__":
    main()
