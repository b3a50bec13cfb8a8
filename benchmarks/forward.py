"""Time and memory of one forward pass, next to the same network written plainly.

    python -m benchmarks.forward [--model hl_clip_micro] [--repeats 3] [--threads 2]
                                 [--keras-python keras/bin/python]

Random weights: the work does not depend on them. Both networks run in turn in one process; CPU
seconds are the smallest of the repeats, memory is the peak of the process before the plain one ran.
"""

import argparse
import json
import resource
import subprocess
import time
from pathlib import Path

import torch

from seqcast.models.interface import build_model
from tests.seqcast.plain_borzuki import plain_forward

ROOT = Path(__file__).resolve().parents[1]


def cpu_seconds(run) -> float:
    start = time.process_time()
    run()
    return time.process_time() - start


def measure(name: str, repeats: int) -> dict[str, float | str]:
    params = json.loads((ROOT / f"config/hyperparameters/borzuki_{name}.json").read_text())
    torch.manual_seed(0)
    model = build_model("borzuki", params, "human").eval().requires_grad_(False)
    bases = torch.randint(0, 4, (1, model.window_length_bp))
    x = torch.nn.functional.one_hot(bases, 4).float().mT.contiguous()
    fast, plain = [], []
    with torch.inference_mode():
        model(x)
        peak_gb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
        for _ in range(repeats):
            fast.append(cpu_seconds(lambda: model(x)))
            plain.append(cpu_seconds(lambda: plain_forward(model, x)))
        error = (model(x) - plain_forward(model, x)).abs().max().item()
    return {
        "model": name,
        "cpu_s": min(fast),
        "plain_cpu_s": min(plain),
        "speed-up": min(plain) / min(fast),
        "peak_gb": peak_gb,
        "largest_difference": error,
    }


def measure_keras(python: str, name: str, threads: int) -> dict[str, float]:
    script = Path(__file__).with_name("keras_forward.py")
    command = [python, script, "--model", name, "--threads", str(threads)]
    lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    return json.loads(lines[-1])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", nargs="+", default=["hl_clip_micro", "hl_clip"])
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--keras-python", help="interpreter with TensorFlow, see keras_forward.py")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    for name in arguments.model:
        row = measure(name, arguments.repeats)
        if arguments.keras_python:
            row |= measure_keras(arguments.keras_python, name, arguments.threads)
            row["ratio to keras"] = row["cpu_s"] / row["keras_cpu_s"]
        print(
            "  ".join(
                f"{k} {v:.3g}" if isinstance(v, float) else f"{k} {v}" for k, v in row.items()
            )
        )


if __name__ == "__main__":
    main()
