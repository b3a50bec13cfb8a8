"""Time that scoring variants takes, next to the estimate that is told before it.

    python -m benchmarks.estimates [--variants 12] [--threads 1]

Random weights (the work does not depend on them) on the demo's simulated genome: the demo's network
on all its variants, one of published size on some of each gene's, in both modes of windows. Wall
times of one process: an idle machine is needed.
"""

import argparse
import tempfile
import time
from pathlib import Path

import torch

from benchmarks.variants import inputs
from seqcast.predict.variants.score_options import ScoreOptions
from seqcast.predict.variants.variant_effects import VariantScorer
from seqcast.predict.variants.work_plan import estimate, plan_of
from seqcast.simulate import Parameters, simulate_genome


def measure(name: str, folder: Path, most: int | None, window: str) -> dict[str, str | float]:
    model, genome, variants, annotation, tracks = inputs(name, folder)
    chosen = variants if most is None else variants.head(most)
    scorer = VariantScorer(model, genome, annotation, tracks, ScoreOptions(window=window))
    plan, chunks = plan_of(scorer, scorer.work(chosen))
    begun = time.perf_counter()
    told = estimate(scorer, chosen, chunks).seconds
    estimated = time.perf_counter()
    scorer.score_placed(chosen, [one for chunk in chunks for one in chunk.placed])
    spent = time.perf_counter() - estimated
    return {
        "model": name, "window": window, "variants": plan.scored, "told_s": told, "spent_s": spent,
        "spent / told": spent / told, "estimate_took_s": estimated - begun,
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--variants", type=int, default=12, help="of the network of published size")
    parser.add_argument("--threads", type=int, default=1)
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    cases = {"borzuki_tiny": None, "borzuki_hl_clip_micro": given.variants}
    with tempfile.TemporaryDirectory() as name:
        simulate_genome(Parameters(), 1, Path(name))
        for model, most in cases.items():
            for window in ("variant", "shared"):
                row = measure(model, Path(name), most, window)
                print("  ".join(f"{k} {v:.3g}" if isinstance(v, float) else f"{k} {v}"
                                for k, v in row.items()), flush=True)  # fmt: skip


if __name__ == "__main__":
    main()
