"""How much scores differ between `window: variant` and `window: shared`, and what the second saves.

    python -m benchmarks.window_modes    # after `make demo`

Mean logSED over the tracks of RNA:ActD, fold 0 of the demo's model, pairs of a variant and a gene
that both modes score. ``pearson``, ``spearman`` and ``rmse`` are of all pairs; ``strongest`` is
Pearson's correlation over the tenth of them with the largest effects. CPU seconds are of one
thread and all scores: plain (`reuse=False`), and of either mode.
"""

import time
from pathlib import Path

import numpy as np
import polars as pl
import torch

from seqcast import load_model
from seqcast.core.store import read_table
from seqcast.genome.annotation import read_annotation
from seqcast.genome.fasta import Genome
from seqcast.genome.tracks import Tracks
from seqcast.predict.variants.score_options import ScoreOptions
from seqcast.predict.variants.variant_effects import score_variants

ROOT = Path(__file__).resolve().parents[1]
CASES = {"plain": ("variant", False), "variant": ("variant", True), "shared": ("shared", True)}


def effects(table: pl.DataFrame, tracks: list[int]) -> pl.DataFrame:
    """Row, gene and the mean score of what was scored."""
    scored = table.filter(pl.col("status") == "scored")
    score = scored["logSED"].to_numpy()[:, tracks].mean(1)
    return scored.select("row", "gene_id").with_columns(score=score)


def measure(dataset: str) -> dict[str, float]:
    files = ROOT / "resources"
    model = load_model("borzuki", files / "borzuki_tiny/fold0.safetensors",
                       ROOT / "config/hyperparameters/borzuki_tiny.json", device="cpu")  # fmt: skip
    tracks = Tracks.read(ROOT / "config/demo/targets.tsv")
    shown = [
        i for i, name in enumerate(tracks.table()["description"]) if name.startswith("RNA:ActD")
    ]
    inputs = (read_table(ROOT / f"results/variants/{dataset}.parquet"),
              Genome(files / "assemblies/simulated.fa.gz"),
              read_annotation(files / "assemblies/simulated.genes.parquet"), tracks)  # fmt: skip
    row, found = {}, {}
    for name, (window, reuse) in CASES.items():
        begun = time.process_time()
        table = score_variants(model, *inputs, ScoreOptions(window=window), reuse=reuse).gene
        row[f"{name}_cpu_s"] = time.process_time() - begun
        found[name] = effects(table, shown)
    pairs = found["variant"].join(found["shared"], on=["row", "gene_id"])
    x, y = pairs["score"].to_numpy(), pairs["score_right"].to_numpy()
    ranks = pairs.select(pl.col("score", "score_right").rank())
    strongest = np.abs(x) > np.quantile(np.abs(x), 0.9)
    return row | {
        "pairs": len(pairs), "pearson": np.corrcoef(x, y)[0, 1],
        "spearman": np.corrcoef(ranks["score"], ranks["score_right"])[0, 1],
        "strongest": np.corrcoef(x[strongest], y[strongest])[0, 1],
        "rmse": float(np.sqrt(((x - y) ** 2).mean())), "sd": float(x.std()),
    }  # fmt: skip


def main() -> None:
    torch.set_num_threads(1)
    for dataset in ("simulated_planted", "simulated_variants"):
        told = "  ".join(f"{name} {value:.3g}" for name, value in measure(dataset).items())
        print(f"{dataset}:  {told}", flush=True)


if __name__ == "__main__":
    main()
