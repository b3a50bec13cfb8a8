"""Time and memory of gradients of gene levels, next to one forward pass of the same network.

    python -m benchmarks.gradients [--model hl_clip] [--genes 1 3] [--threads 1]

One strand of one window, random weights: the work does not depend on them. Per number of genes: CPU
seconds as a multiple of a forward, and peak memory of the process so far.
"""

import argparse
import json
import resource
from pathlib import Path

import numpy as np
import torch

from benchmarks.forward import cpu_seconds
from seqcast.genome.tracks import Tracks
from seqcast.models.interface import build_model
from seqcast.predict.attributions.gradients import Target, level_gradients
from seqcast.predict.variants.score_options import ScoreOptions

ROOT = Path(__file__).resolve().parents[1]


def tracks_of(n: int) -> Tracks:
    """Unstranded tracks of square roots, as those of RNA-seq."""
    return Tracks(
        np.arange(n), np.array([f"t{i}" for i in range(n)]), np.full(n, "RNA"),
        np.full(n, "sum_sqrt"), np.full(n, "."), np.arange(n), np.full(n, 384.0), np.ones(n),
    )  # fmt: skip


def measure(name: str, numbers: list[int]) -> None:
    """Print a line for each number of genes."""
    params = json.loads((ROOT / f"config/hyperparameters/borzuki_{name}.json").read_text())
    torch.manual_seed(0)
    model = build_model("borzuki", params, "human").eval().requires_grad_(False)
    model.draw_alive()
    bases = torch.randint(0, 4, (model.window_length_bp,))
    one_hot = torch.nn.functional.one_hot(bases, 4).float().mT.contiguous()
    tracks, options = tracks_of(model.tracks), ScoreOptions(reverse_complement=False)
    with torch.inference_mode():
        model(one_hot[None])
        forward = cpu_seconds(lambda: model(one_hot[None]))
    for genes in numbers:
        targets = [Target(np.arange(100 * i, 100 * i + 300), np.arange(20)) for i in range(genes)]
        seconds = cpu_seconds(
            lambda targets=targets: level_gradients(model, one_hot, tracks, targets, options)
        )
        peak_gb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
        print(f"{name}, {genes} genes: {seconds / forward:.1f} forwards, {peak_gb:.1f} GB")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default="hl_clip")
    parser.add_argument("--genes", type=int, nargs="+", default=[1, 3])
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    measure(arguments.model, arguments.genes)


if __name__ == "__main__":
    main()
