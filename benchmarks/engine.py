"""Time of an allele whose convolutions are patched, next to the plain forward, in one process.

    python -m benchmarks.engine [--model tiny hl_clip_micro] [--repeats 3] [--batch 16]
                                [--threads 1]

Random weights: the work does not depend on them. Everything is run in turn, and CPU seconds are the
smallest of the repeats, per allele. ``tower`` compares the convolutions alone, ``whole`` the
prediction of an allele with that of the plain path; the reference is known in both. ``pair``
includes it: one reference and one allele, next to two plain forwards. ``difference`` is the largest
one to the plain prediction, ``effect`` the largest of the allele, both by the largest value.
"""

import argparse
import json
from pathlib import Path

import torch

from benchmarks.forward import cpu_seconds
from seqcast.models.convolution_patches import Convolved, convolve, patch, splice
from seqcast.models.coverage import ConvolutionsFirst
from seqcast.models.interface import build_model

ROOT = Path(__file__).resolve().parents[1]
DELETED = 7  # bases


def one_hot(bases: torch.Tensor) -> torch.Tensor:
    """``(batch, length)`` to ``(batch, 4, length)``."""
    return torch.nn.functional.one_hot(bases, 4).float().mT.contiguous()


def cases(genome: torch.Tensor, length: int, batch: int) -> dict[str, tuple[torch.Tensor, bool]]:
    """Bases of alleles, and whether the window to the right of their edits is known."""
    reference, places = genome[:length], torch.randint(0, length, (batch,))
    snvs = reference.repeat(batch, 1)
    snvs[torch.arange(batch), places] = (reference[places] + 1) % 4

    def deletion(at: int) -> torch.Tensor:
        return torch.cat([reference[:at], genome[at + DELETED : length + DELETED]])

    deletions = torch.stack([deletion(at) for at in places.tolist()])
    return {
        "SNVs": (snvs, False),
        "deletions, their window shared": (deletions, True),
        "one deletion mid-window": (deletion(length // 2)[None], False),
    }


def timed(
    model: ConvolutionsFirst, alleles: torch.Tensor, left: Convolved, right: Convolved, repeats: int
) -> dict[str, float]:
    """Smallest CPU seconds of each part, per allele."""
    one, patches = alleles[:1], patch(model, alleles, left, right)
    parts = {
        "plain": lambda: model(one),
        "plain tower": lambda: model.convolve(one),
        "patch": lambda: patch(model, alleles, left, right),
        "rest": lambda: model.finish(splice(patches[:1])),
    }
    turns = [{name: cpu_seconds(run) for name, run in parts.items()} for _ in range(repeats)]
    smallest = {name: min(turn[name] for turn in turns) for name in parts}
    return smallest | {"patch": smallest["patch"] / len(alleles)}


def measure(name: str, repeats: int, batch: int) -> None:
    path = ROOT / f"config/hyperparameters/borzuki_{name}.json"
    torch.manual_seed(0)
    model = build_model("borzuki", json.loads(path.read_text()), "human").eval()
    model.draw_alive()
    length = model.window_length_bp
    genome = torch.randint(0, 4, (2 * length,))
    left, right = (convolve(model, one_hot(genome[None, at : at + length])) for at in (0, DELETED))
    coverage = model.finish(left.activations)
    for case, (alleles, shared) in cases(genome, length, batch).items():
        known = (left, right if shared else left)
        cpu = timed(model, one_hot(alleles), *known, repeats)
        allele = cpu["patch"] + cpu["rest"]
        expected = model(one_hot(alleles[:1]))
        found = model.finish(splice(patch(model, one_hot(alleles[:1]), *known)))
        row = {
            "plain_cpu_s": cpu["plain"], "tower_cpu_s": cpu["plain tower"],
            "patch_cpu_s": cpu["patch"], "tower": cpu["plain tower"] / cpu["patch"],
            "whole": cpu["plain"] / allele, "pair": 2 * cpu["plain"] / (cpu["plain"] + allele),
            "difference": ((found - expected).abs().max() / expected.max()).item(),
            "effect": ((coverage - expected).abs().max() / expected.max()).item(),
        }  # fmt: skip
        print(f"{name}, {case}:  " + "  ".join(f"{k} {v:.3g}" for k, v in row.items()), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", nargs="+", default=["tiny", "hl_clip_micro"])
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--batch", type=int, default=16, help="alleles patched at once")
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    with torch.inference_mode():
        for name in arguments.model:
            measure(name, arguments.repeats, arguments.batch)


if __name__ == "__main__":
    main()
