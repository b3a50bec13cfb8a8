"""How much scores differ between `window: variant` and `window: shared`, and what the second saves.

    python -m benchmarks.window_modes    # after `make demo`

Mean logSED over tracks (of the demo's model, fold 0, those of RNA:ActD), over pairs of a variant
and a gene that both modes score; see `compare_window_modes`. ``strongest`` is Pearson's correlation
over the tenth of them with the largest effects, if they are 100 or more. A small network that
was trained on the human genome is in the golden data (real_tiny, with made-up genes; folder:
SEQCAST_SHARED); it is left out if they are absent. CPU seconds are of one thread and all
scores: plain (`reuse=False`), and of either mode.
"""

import logging
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl
import torch

from seqcast import load_model
from seqcast.core.store import read_table
from seqcast.evaluation.variants.window_modes import compare_window_modes
from seqcast.genome.annotation import Annotation, read_annotation
from seqcast.genome.fasta import Genome
from seqcast.genome.tracks import Tracks
from seqcast.genome.variants import check_variants, read_variants
from seqcast.models.interface import CoverageModel
from seqcast.predict.variants.ranking import select_tracks
from seqcast.predict.variants.score_options import ScoreOptions
from seqcast.predict.variants.variant_effects import score_variants

ROOT = Path(__file__).resolve().parents[1]
MODES = {"plain": ("variant", False), "variant": ("variant", True), "shared": ("shared", True)}
DEMO = ("simulated_planted", "simulated_variants")
TRAINED = ("eqtl", "synthetic_indels")
MANY = 100


class Case(NamedTuple):
    """A model, what its predictions are read with, and which tracks are averaged."""

    model: CoverageModel
    genome: Genome
    annotation: Annotation
    tracks: Tracks
    tracks_like: str | None
    variants: Callable[[str], pl.DataFrame]


def demo() -> Case:
    """The demo's model, on its simulated genome."""
    files = ROOT / "resources"
    model = load_model("borzuki", files / "borzuki_tiny/fold0.safetensors",
                       ROOT / "config/hyperparameters/borzuki_tiny.json", device="cpu")  # fmt: skip
    return Case(
        model, Genome(files / "assemblies/simulated.fa.gz"),
        read_annotation(files / "assemblies/simulated.genes.parquet"),
        Tracks.read(ROOT / "config/demo/targets.tsv"), "^RNA:ActD",
        lambda name: read_table(ROOT / f"results/variants/{name}.parquet"),
    )  # fmt: skip


def trained(data: Path) -> Case:
    """The small network of the golden data that was trained on the human genome."""
    genome = Genome(data / "hg38_1m.fa.gz")
    return Case(
        load_model("borzuki", data / "model.h5", data / "params.json", device="cpu"), genome,
        read_annotation(data / "synthetic_genes.gtf", genome),
        Tracks.read(data / "tiny_hg38/targets.txt"), None,
        lambda name: check_variants(read_variants(data / f"{name}.vcf"), genome),
    )  # fmt: skip


def measure(case: Case, dataset: str) -> dict[str, float]:
    """CPU seconds of each mode, and how close the scores of the two are."""
    variants, row, found = case.variants(dataset), {}, {}
    for name, (window, reuse) in MODES.items():
        begun = time.process_time()
        found[name] = score_variants(
            case.model, variants, case.genome, case.annotation, case.tracks,
            ScoreOptions(window=window), reuse=reuse,
        ).gene  # fmt: skip
        row[f"{name}_cpu_s"] = time.process_time() - begun
    selected = select_tracks(case.tracks.table(), case.tracks_like)
    compared = compare_window_modes(found["variant"], found["shared"], selected)
    (told,) = compared.filter(pl.col("score") == "logSED").drop("score").to_dicts()
    if told["n"] >= MANY:
        told["strongest"] = strongest(found["variant"], found["shared"], selected)
    return row | told


def strongest(scores: pl.DataFrame, others: pl.DataFrame, selected: np.ndarray) -> float:
    """Pearson's correlation over the tenth of the pairs with the largest effects."""
    effects = (
        pl.when(pl.col("status") == "scored")
        .then(pl.col("logSED").arr.to_list().list.gather(selected.tolist()).list.mean())
        .abs()
    )
    table = scores.with_columns(magnitude=effects)
    largest = table.filter(pl.col("magnitude") > pl.col("magnitude").quantile(0.9))
    compared = compare_window_modes(largest.drop("magnitude"), others, selected)
    return compared.filter(pl.col("score") == "logSED")["pearson"].item()


def main() -> None:
    torch.set_num_threads(1)
    logging.getLogger("seqcast").setLevel(logging.ERROR)  # the golden VCFs have no #CHROM line
    shared = Path(os.environ.get("SEQCAST_SHARED", ROOT.parent / "shared"))
    golden = shared / "reference/borzuki/real_tiny/data"
    cases = [(demo(), DEMO)] + [(trained(golden), TRAINED)] * golden.is_dir()
    for case, datasets in cases:
        for dataset in datasets:
            told = "  ".join(f"{k} {v:.3g}" for k, v in measure(case, dataset).items())
            print(f"{dataset}:  {told}", flush=True)


if __name__ == "__main__":
    main()
