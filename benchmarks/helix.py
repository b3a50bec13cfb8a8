"""Cost of Helix-mRNA on a CPU against length and batch, next to transformers' Mamba2.

    python -m benchmarks.helix [--threads 1] [--no-peer] [--lengths 200 512 ...]

Published hyperparameters, random weights, float32. Each row is a process of its own, so that its
peak memory is its own; CPU seconds are the least of some passes. The peer (pip install
transformers==5.23.0; left out with --no-peer) has no Helix-mRNA: what is compared is a plain
Mamba2 of the same sizes and as many state space layers, the same weights in both, as `mamba2_mrna`
here and as ``Mamba2Model`` there. Writes docs/helix_cost.png.
"""

import argparse
import json
import resource
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import matplotlib.pyplot as plt
import torch
from torch import nn

from seqcast.models.helix.helix_mrna_config import HelixMrnaConfig
from seqcast.models.interface import build_model

ROOT = Path(__file__).resolve().parents[1]
# what seqcast sets where it is imported before torch: threads that wait do not spin
LENGTHS = [200, 512, 1024, 2048, 4096, 8192, 12288]
BATCHES = [8, 32]  # in addition to one sequence, for lengths up to LONGEST_IN_BATCH
LONGEST_IN_BATCH, LONGEST_OF_PEER = 2048, 8192
PARTS = {"self_attn": "attention", "mixer": "state space", "feed_forward": "feed-forward"}
COLOURS = {
    "state space": "#0072B2", "feed-forward": "#E69F00", "attention": "#009E73", "rest": "#999999"
}  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--no-peer", action="store_true")
    parser.add_argument("--lengths", type=int, nargs="+", default=LENGTHS)
    parser.add_argument("--one", nargs=3, metavar=("NETWORK", "BATCH", "LENGTH"))
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    if arguments.one:
        network, batch, length = arguments.one
        print(json.dumps(MEASURES[network](int(batch), int(length))))
        return
    rows = costs(arguments.lengths, arguments.threads)
    figure(rows, ROOT / "docs/helix_cost.png")
    if not arguments.no_peer:
        beside_peer(arguments.lengths, arguments.threads)


def costs(lengths: list[int], threads: int) -> list[dict]:
    """Print and return a row for each length and batch."""
    print("| batch | nt | CPU s / 1,000 nt | wall s | peak memory, GB | state space | feed-forward "
          "| attention | rest |\n|---|---|---|---|---|---|---|---|---|")  # fmt: skip
    rows = []
    for batch in (1, *BATCHES):
        for length in lengths:
            if batch == 1 or length <= LONGEST_IN_BATCH:
                row = apart("helix", batch, length, threads)
                shares = [f"{row['shares'][part]:.0%}" for part in COLOURS]
                cells = [batch, f"{length:,}", f"{row['cpu_s_per_1000']:.3f}",
                         f"{row['wall_s']:.2f}", f"{row['peak_gb']:.2f}", *shares]  # fmt: skip
                print("| " + " | ".join(map(str, cells)) + " |", flush=True)
                rows.append(row)
    return rows


def beside_peer(lengths: list[int], threads: int) -> None:
    """Print ours and the peer's cost of a plain Mamba2."""
    print("\n| batch | nt | ours, CPU s / 1,000 nt | transformers | ratio | GB of each "
          "| largest difference |\n|---|---|---|---|---|---|---|")  # fmt: skip
    for batch, length in [(1, n) for n in lengths if n <= LONGEST_OF_PEER] + [(8, 512)]:
        ours, peer = (apart(name, batch, length, threads) for name in ("mamba2", "peer"))
        cells = [batch, f"{length:,}", f"{ours['cpu_s_per_1000']:.3f}",
                 f"{peer['cpu_s_per_1000']:.3f}",
                 f"{peer['cpu_s_per_1000'] / ours['cpu_s_per_1000']:.1f}",
                 f"{ours['peak_gb']:.2f} and {peer['peak_gb']:.2f}",
                 f"{peer['difference']:.1e}"]  # fmt: skip
        print("| " + " | ".join(map(str, cells)) + " |", flush=True)


def apart(network: str, batch: int, length: int, threads: int) -> dict:
    """A measure in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.helix", "--threads", str(threads)]
    command += ["--one", network, str(batch), str(length)]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def helix(batch: int, length: int) -> dict:
    """Cost of Helix-mRNA of the published hyperparameters, and the shares of its parts."""
    model = build_model("helix_mrna", {"layers_block_type": HelixMrnaConfig.layers_block_type})
    model.initialise()
    model.eval().requires_grad_(False)
    seconds = time_parts(model)
    found = measured(model, tokens_of(batch, length), seconds)
    parts = found.pop("parts")
    shares = {part: parts[part] / parts[""] for part in PARTS.values()}
    return found | {"shares": shares | {"rest": 1 - sum(shares.values())}}


def time_parts(model: nn.Module) -> Counter:
    """CPU seconds of attention, state space, feed-forward ("" for all), as the model runs."""
    seconds: Counter = Counter()
    started: dict[nn.Module, float] = {}

    def begin(module: nn.Module, _: object) -> None:
        started[module] = time.process_time()

    for name, module in model.named_modules():
        kind = name.rsplit(".", 1)[-1]
        if name == "" or kind in PARTS:
            part = PARTS.get(kind, "")

            def end(module: nn.Module, _: object, __: object, part: str = part) -> None:
                seconds[part] += time.process_time() - started[module]

            module.register_forward_pre_hook(begin)
            module.register_forward_hook(end)
    return seconds


def plain_params() -> dict:
    """Sizes of a plain Mamba2 with Helix-mRNA's state space layers."""
    helix = HelixMrnaConfig()
    names = ("hidden_size", "state_size", "num_heads", "head_dim", "n_groups", "vocab_size",
             "conv_kernel", "expand", "chunk_size")  # fmt: skip
    return {name: getattr(helix, name) for name in names} | {
        "num_hidden_layers": helix.blocks.count("M")
    }


def mamba2(batch: int, length: int) -> dict:
    """Cost of a plain Mamba2, ours."""
    return measured(plain_network(), tokens_of(batch, length))


def plain_network() -> nn.Module:
    torch.manual_seed(0)
    model = build_model("mamba2_mrna", plain_params())
    model.initialise()
    return model.eval().requires_grad_(False)


def peer(batch: int, length: int) -> dict:
    """Cost of a plain Mamba2 in transformers, and the difference from ours."""
    from transformers import Mamba2Config, Mamba2Model

    ours, tokens = plain_network(), tokens_of(batch, length)
    network = Mamba2Model(Mamba2Config(**plain_params(), use_cache=False)).eval()
    state = {name: t for name, t in ours.state_dict().items() if name != "lm_head.weight"}
    network.load_state_dict(state)
    found = measured(lambda tokens: network(tokens).last_hidden_state, tokens)
    with torch.inference_mode():
        difference = (network(tokens).last_hidden_state - ours(tokens)).abs().max()
    return found | {"difference": float(difference)}


def tokens_of(batch: int, length: int) -> torch.Tensor:
    """Random nucleotides and an end token."""
    tokens = torch.randint(7, 11, (batch, length), generator=torch.Generator().manual_seed(0))
    tokens[:, -1] = 1
    return tokens


def measured(network: Callable, tokens: torch.Tensor, seconds: Counter | None = None) -> dict:
    """The pass of least CPU seconds, its `seconds` by part, and the peak memory of the process."""
    seconds = Counter() if seconds is None else seconds
    cpu_s, wall_s, parts, passes = float("inf"), float("inf"), Counter(), 0
    begun = time.process_time()
    with torch.inference_mode():
        while passes < 3 or (time.process_time() - begun < 4 and passes < 30):
            seconds.clear()
            cpu, wall = time.process_time(), time.perf_counter()
            network(tokens)
            took = time.process_time() - cpu
            wall_s = min(wall_s, time.perf_counter() - wall)
            if took < cpu_s:
                cpu_s, parts = took, seconds.copy()
            passes += 1
    peak_gb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9
    return {"cpu_s": cpu_s, "wall_s": wall_s, "peak_gb": peak_gb, "parts": parts,
            "cpu_s_per_1000": cpu_s / tokens.numel() * 1000,
            "batch": len(tokens), "length": tokens.shape[1]}  # fmt: skip


def figure(rows: list[dict], path: Path) -> None:
    """Cost of one sequence against its length, by part; and cost per 1,000 nt with batches."""
    one = [row for row in rows if row["batch"] == 1]
    lengths = [row["length"] for row in one]
    parts = [[row["cpu_s"] * row["shares"][part] for row in one] for part in COLOURS]
    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.6), layout="constrained")
    left.stackplot(lengths, parts, labels=list(COLOURS), colors=list(COLOURS.values()))
    left.set(xlabel="length, nt", ylabel="CPU seconds a sequence", title="One sequence")
    left.legend(loc="upper left", reverse=True, frameon=False)
    left.margins(x=0)
    for batch, marker in zip((1, *BATCHES), "o^s", strict=True):
        some = [row for row in rows if row["batch"] == batch]
        label = "one sequence" if batch == 1 else f"{batch} sequences"
        right.plot([row["length"] for row in some], [row["cpu_s_per_1000"] for row in some],
                   marker=marker, label=label)  # fmt: skip
    right.axhline(0.5, color="0.6", linestyle=":", label="the aim: 0.5")
    right.set(
        xlabel="length, nt", ylabel="CPU seconds per 1,000 nt", title="By batch", ylim=(0, None)
    )
    right.set_xscale("log", base=2)
    right.set_xticks(lengths, [f"{length:,}" for length in lengths], rotation=45)
    right.legend(frameon=False)
    figure.savefig(path, dpi=150)


MEASURES = {"helix": helix, "mamba2": mamba2, "peer": peer}

if __name__ == "__main__":
    main()
