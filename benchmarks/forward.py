"""Time and memory of one forward pass, next to the same network written plainly.

    python -m benchmarks.forward [--model hl_clip_micro] [--repeats 3] [--threads 2]
                                 [--precision bf16] [--flex] [--keras-python keras/bin/python]
    python -m benchmarks.forward --bf16-scores

Random weights: the work does not depend on them. Both networks run in turn in one process; CPU
seconds are the smallest of the repeats, memory is the peak of the process before the plain one ran.
``of the rate`` is the fraction of the machine's matrix rate, in that precision: operations of
convolutions, dense layers and attention by the time of the whole, next to the fastest of a few
large convolutions and products. Then one layer of attention in each of its forms, and what plain
PyTorch makes of a dense layer; ``--flex`` adds the form that is compiled, which takes a minute.
``--bf16-scores`` instead compares effects of random SNVs in bf16 and fp32, in the shipped model.
"""

import argparse
import json
import os
import resource
import subprocess
import time
from contextlib import nullcontext
from pathlib import Path

import torch
import torch.nn.functional as F
from scipy.stats import spearmanr

from seqcast.models.borzuki.attention import RelativeAttention
from seqcast.models.borzuki.attention_forms import VARIABLE
from seqcast.models.interface import build_model
from seqcast.models.layers import Conv, Dense, affine
from seqcast.models.shipped import load_shipped
from tests.seqcast.plain_borzuki import plain_forward

ROOT = Path(__file__).resolve().parents[1]


def cpu_seconds(run) -> float:
    start = time.process_time()
    run()
    return time.process_time() - start


def least(run, repeats: int) -> float:
    run()
    return min(cpu_seconds(run) for _ in range(repeats))


def rounded(precision: str):
    """The context in which a model of that precision computes."""
    return torch.autocast("cpu", torch.bfloat16) if precision == "bf16" else nullcontext()


def matrix_rate(precision: str, repeats: int = 5) -> float:
    """GFLOP per CPU-second of the fastest of three large convolutions and a product."""
    rates = []
    with torch.inference_mode(), rounded(precision):
        for inputs, outputs, positions in ((384, 448, 4608), (512, 576, 3584), (672, 768, 2560)):
            conv, x = Conv(inputs, outputs, 5), torch.randn(1, positions, inputs)
            work = 2e-9 * conv.weight.numel() * positions
            rates.append(work / least(lambda conv=conv, x=x: conv(x), repeats))
        x, weight = torch.randn(3072, 768), torch.randn(1536, 768)
        rates.append(2e-9 * weight.numel() * len(x) / least(lambda: affine(x, weight), repeats))
    return max(rates)


def gflop(model: torch.nn.Module, x: torch.Tensor) -> float:
    """Floating-point operations of the products of one forward pass, in 10^9."""
    total = 0

    def count(module, inputs, output):
        nonlocal total
        batch, positions, channels = inputs[0].shape
        if isinstance(module, RelativeAttention):
            total += 2 * batch * positions**2 * (module.heads * module.key_size + channels)
        else:
            total += 2 * batch * positions * module.weight.numel()

    hooks = [part.register_forward_hook(count) for part in model.modules()
             if isinstance(part, Conv | Dense | RelativeAttention)]  # fmt: skip
    model(x)
    for hook in hooks:
        hook.remove()
    return total / 1e9


def attention_times(model: torch.nn.Module, forms: list[str], repeats: int) -> dict[str, float]:
    """CPU seconds of one layer of attention by form, measured in turn."""
    layer = model.transformer[0].attention
    tokens = model.window_length_bp // model.grid_bp
    x, seconds = torch.randn(1, tokens, layer.output.in_features), {}
    before = os.environ.get(VARIABLE)
    for repeat in range(repeats + 1):
        for form in forms:
            os.environ[VARIABLE] = form
            taken = cpu_seconds(lambda: layer(x))
            if repeat:  # the first one compiles, and sets up
                seconds[form] = min(taken, seconds.get(form, taken))
    os.environ.pop(VARIABLE) if before is None else os.environ.update({VARIABLE: before})
    return seconds


def dense_times(repeats: int) -> dict[str, float]:
    """CPU seconds of a dense layer of hl_clip: ours, torch's, and torch's 1 x 1 convolution."""
    x, weight = torch.randn(1, 3072, 768), torch.randn(1536, 768)
    image, kernel = x.mT[:, :, None], weight[:, :, None, None]
    return {
        "affine": least(lambda: affine(x, weight), repeats),
        "F.linear": least(lambda: F.linear(x, weight), repeats),
        "1 x 1 convolution": least(lambda: F.conv2d(image, kernel), repeats),
    }


def measure(name: str, repeats: int, precision: str, flex: bool) -> list[dict[str, float | str]]:
    params = json.loads((ROOT / f"config/hyperparameters/borzuki_{name}.json").read_text())
    torch.manual_seed(0)
    model = build_model("borzuki", params, "human").eval().requires_grad_(False)
    bases = torch.randint(0, 4, (1, model.window_length_bp))
    x = torch.nn.functional.one_hot(bases, 4).float().mT.contiguous()
    fast, plain, rates = [], [], []
    with torch.inference_mode(), rounded(precision):
        work = gflop(model, x)
        peak_gb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
        for _ in range(repeats):
            rates.append(matrix_rate(precision))
            fast.append(cpu_seconds(lambda: model(x)))
            plain.append(cpu_seconds(lambda: plain_forward(model, x)))
        expected = plain_forward(model, x)
        error = ((model(x) - expected).abs().max() / expected.abs().max()).item()
        forms = attention_times(model, ["rows", "fused", "plain", *["flex"] * flex], repeats)
        dense = dense_times(repeats)
    whole = {
        "model": name,
        "cpu_s": min(fast),
        "of the rate": work / min(fast) / max(rates),
        "GFLOP/CPU-s": max(rates),
        "plain_cpu_s": min(plain),
        "speed-up": min(plain) / min(fast),
        "peak_gb": peak_gb,
        "largest_difference": error,
    }
    return [
        whole,
        {"attention": f"{name}, CPU s a layer", **forms},
        {"dense": "3,072 x 768 x 1,536, CPU s", **dense},
    ]


def bf16_scores(sequences: int = 6, snvs: int = 40) -> dict[str, float]:
    """Log2 fold changes of 128 central bins in bf16 next to fp32, in all tracks of borzuki_tiny."""
    models = [load_shipped("borzuki_tiny", precision=name) for name in ("fp32", "bf16")]
    middle = models[0].window_length_bp // 2
    generator, effects, levels = torch.Generator().manual_seed(1), [], []
    for _ in range(sequences):
        bases = torch.randint(0, 4, (1 + snvs, 2 * middle), generator=generator)[:1]
        bases = bases.repeat(1 + snvs, 1)
        places = middle + torch.randint(-2000, 2000, (snvs,), generator=generator)
        added = torch.randint(1, 4, (snvs,), generator=generator)
        bases[torch.arange(1, 1 + snvs), places] = (bases[0, places] + added) % 4
        x = F.one_hot(bases, 4).float().mT.contiguous()
        with torch.inference_mode():
            made = torch.stack([model(x).double() for model in models])
        half = made.shape[-1] // 2
        level = made[..., half - 64 : half + 64].sum(-1).add(1).log2()
        levels.append(level[:, 0])
        effects.append((level[:, 1:] - level[:, :1]).flatten(1))
    exact, rounded = torch.cat(effects, 1)
    large = exact.abs() > exact.abs().quantile(0.9)
    return {
        "rank correlation": spearmanr(exact, rounded)[0],
        "of the largest tenth": spearmanr(exact[large], rounded[large])[0],
        "of levels": spearmanr(*torch.cat(levels, 1))[0],
        "median effect": exact.abs().median().item(),
        "median difference": (exact - rounded).abs().median().item(),
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
    parser.add_argument("--precision", choices=["fp32", "bf16"], default="fp32")
    parser.add_argument("--flex", action="store_true", help="compile attention, too")
    parser.add_argument("--bf16-scores", action="store_true", help="compare them, and stop")
    parser.add_argument("--keras-python", help="interpreter with TensorFlow, see keras_forward.py")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    if arguments.bf16_scores:
        print("  ".join(f"{k} {v:.3g}" for k, v in bf16_scores().items()))
        return
    for name in arguments.model:
        rows = measure(name, arguments.repeats, arguments.precision, arguments.flex)
        if arguments.keras_python:
            rows[0] |= measure_keras(arguments.keras_python, name, arguments.threads)
            rows[0]["ratio to keras"] = rows[0]["cpu_s"] / rows[0]["keras_cpu_s"]
        for row in rows:
            told = (f"{k} {v:.3g}" if isinstance(v, float) else f"{k} {v}" for k, v in row.items())
            print("  ".join(told), flush=True)


if __name__ == "__main__":
    main()
