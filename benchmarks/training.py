"""Cost of training coverage models, and how fast their data are read.

    python -m benchmarks.training [--device cuda] [--threads 1] [--windows 24] [--networks ...]
                                  [--precisions fp32 bf16] [--steps 1] [--batch-size 1]

Networks and recipes are the published ones and the demo's, weights random, data made up: RNA-like
bigWig files, from which the workflow's own code makes a store for each network. A row is a
training by `train_heads` in a process of its own, so that its peak memory is its own; it begins
with a step of the demo's network and a validation, which warm up. Then all windows are read from
the longest store, and from the bigWig files that it was made of.

On a CPU a step has a window, as steps cost there what their windows cost; on a GPU it has the
published batch. Learning rates do not rise slowly here: the first steps change the weights.
"""

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from argparse import Namespace
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import torch

from benchmarks.training_data import from_file, make_sets, read_windows
from seqcast.models.interface import choose_device, read_hyperparameters
from seqcast.training.coverage import CoverageTask
from seqcast.training.coverage_network import starting_network
from seqcast.training.loop import train_heads
from seqcast.training.recipe import Recipe, read_recipe
from seqcast.training.task_options import CoverageOptions
from seqcast.training.train_coverage import coverage_set

ROOT = Path(__file__).resolve().parents[1]
HEAD = "human"


@dataclass(frozen=True)
class Network:
    """A network as the repository has it, and the training that is measured of it.

    Parameters
    ----------
    params, recipe : str
        Names of files below config.
    steps, batch_size : dict of str to int
        By device; without a batch size it is the recipe's.
    recomputing : tuple of bool
        Values of ``checkpoint_activations``.
    """

    params: str
    recipe: str
    steps: dict[str, int]
    batch_size: dict[str, int]
    recomputing: tuple[bool, ...]


SMALL, LONGEST = "borzuki_tiny", "hl_clip_micro"
NETWORKS = {
    LONGEST: Network(
        "borzuki_hl_clip_micro", "borzuki_micro", {"cpu": 1, "cuda": 40}, {"cpu": 1}, (False, True)
    ),
    SMALL: Network("borzuki_tiny", "borzuki_tiny", {"cpu": 100, "cuda": 300}, {}, (False,)),
}


class Watched(CoverageTask):
    """The task, which notes when its steps begin and the last one ends."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.stamps: list[tuple[float, float]] = []

    def loss(self, model: Any, part: Any) -> torch.Tensor:
        """As the task's; the start of a step, as each has one part."""
        self.stamps.append((time.process_time(), time.perf_counter()))
        return super().loss(model, part)

    def validate(self, model: Any, recipe: Recipe) -> dict[str, float]:
        """As the task's; the end of a step, unless none was taken."""
        if self.stamps:
            self.stamps.append((time.process_time(), time.perf_counter()))
        return super().validate(model, recipe)

    def seconds(self) -> tuple[float, float]:
        """CPU and wall seconds of a step: the median, without the first if there are several."""
        both = [(b[0] - a[0], b[1] - a[1]) for a, b in pairwise(self.stamps)]
        cpu, wall = zip(*(both[1:] or both), strict=True)
        return statistics.median(cpu), statistics.median(wall)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--device", default="cpu", choices=["cpu", "cuda"])
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--windows", type=int, default=24, help="of 393,216 bp, 2 or more")
    parser.add_argument("--networks", nargs="+", default=list(NETWORKS), choices=NETWORKS)
    parser.add_argument("--precisions", nargs="+", default=["fp32", "bf16"])
    parser.add_argument("--steps", type=int, help="measured ones, of each training")
    parser.add_argument("--batch-size", type=int, help="windows of a step")
    parser.add_argument("--one", nargs=2, metavar=("MEASURE", "CASE"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        measure, case = arguments.one
        torch.set_num_threads(arguments.threads)
        print(json.dumps(MEASURES[measure](**json.loads(case))))
        return
    choose_device(arguments.device)  # complains before the data are made
    with tempfile.TemporaryDirectory() as folder:
        measured = partial(apart, threads=arguments.threads, folder=folder)
        made = measured("making", windows=arguments.windows)
        tell_losses(trainings(arguments, measured))
        told = ", ".join(f"{name} {seconds:.1f}" for name, seconds in made.items())
        print(f"\nCPU s to make a store: {told}")
        tell_reading(measured("reading"))


def apart(measure: str, threads: int, **case: Any) -> Any:
    """A measure in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.training", "--threads", str(threads)]
    done = subprocess.run(
        [*command, "--one", measure, json.dumps(case)],
        cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True,
    )  # fmt: skip
    return json.loads(done.stdout.splitlines()[-1])


def trainings(arguments: Namespace, measured: Callable[..., dict]) -> list[dict]:
    """Print and return a row for each network, arithmetic and way to keep activations."""
    print("| network | arithmetic | activations | windows per step | CPU s per step "
          "| wall s per step | windows/s | peak memory, GB | waits for data |\n"
          "|---|---|---|---|---|---|---|---|---|",
          flush=True)  # fmt: skip
    rows = []
    for name in arguments.networks:
        for recomputing in NETWORKS[name].recomputing:
            for precision in arguments.precisions:
                row = measured(
                    "training", name=name, precision=precision, recomputing=recomputing,
                    device=arguments.device, steps=arguments.steps,
                    batch_size=arguments.batch_size,
                )  # fmt: skip
                cells = [
                    name, precision, "computed again" if recomputing else "kept",
                    row["batch_size"], f"{row['cpu_s']:.3g}", f"{row['wall_s']:.3g}",
                    f"{row['batch_size'] / row['wall_s']:.3g}", f"{row['peak_gb']:.2f}",
                    f"{row['wait']:.2%}",
                ]  # fmt: skip
                print("| " + " | ".join(map(str, cells)) + " |", flush=True)
                rows.append(row)
    return rows


def training(
    name: str, precision: str, recomputing: bool, device: str, folder: str,
    steps: int | None = None, batch_size: int | None = None,
) -> dict:  # fmt: skip
    """A training: seconds of a step, peak memory, waiting, losses before, in and after steps."""
    if name != SMALL:  # kernels are chosen and threads started
        training(SMALL, precision, recomputing, device, folder, steps=1)
    on_gpu = choose_device(device).type == "cuda"
    if on_gpu:
        torch.cuda.reset_peak_memory_stats()
    network = NETWORKS[name]
    recipe, options = settings(network, device, steps, batch_size)
    recipe, params = replace(recipe, precision=precision), hyperparameters(network)
    model = starting_network("borzuki", params, [HEAD], recipe.seed, None, recomputing)
    files = f"{folder}/{name}.zarr", f"{folder}/{name}.tsv"
    windows = coverage_set(*files, HEAD, "0", model, options)
    task = Watched([replace(windows, store=from_file(windows.store))], options)
    history, _ = train_heads(model.to(device), task, recipe)
    cpu_s, wall_s = task.seconds()
    peak = (
        torch.cuda.max_memory_allocated() if on_gpu
        else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    )  # fmt: skip
    (before, after), (_, within) = history["validation_loss"], history["train_loss"]
    return {"name": name, "precision": precision, "recomputing": recomputing,
            "batch_size": recipe.batch_size, "cpu_s": cpu_s, "wall_s": wall_s,
            "peak_gb": peak / 1e9, "wait": history["data_wait_share"][-1],
            "losses": [before, within, after, history["gradient_norm"][-1]]}  # fmt: skip


def settings(
    network: Network, device: str, steps: int | None, batch_size: int | None
) -> tuple[Recipe, CoverageOptions]:
    """The network's recipe, for as many steps as are measured and a first one of several."""
    recipe, options = read_recipe(ROOT / f"config/training/{network.recipe}.json", CoverageOptions)
    steps = steps or network.steps[device]
    total = steps + (steps > 1)
    size = batch_size or network.batch_size.get(device, recipe.batch_size)
    recipe = replace(recipe, epochs=None, min_epochs=None, patience=None, steps=total,
                     evaluate_every=total, warmup=0.0, warmup_steps=None,
                     batch_size=size)  # fmt: skip
    return recipe, options


def hyperparameters(network: Network) -> dict:
    """Those of a network."""
    return read_hyperparameters(ROOT / f"config/hyperparameters/{network.params}.json")


def tell_losses(rows: list[dict]) -> None:
    """Print losses of fp32, and how far those of bf16 are from them, relatively."""
    exact = {(r["name"], r["recomputing"]): r["losses"] for r in rows if r["precision"] == "fp32"}
    if len(exact) == len(rows):
        return
    print("\nValidation loss before, training loss in and validation loss after the steps, "
          "gradient norm in them")  # fmt: skip
    for row in rows:
        key = row["name"], row["recomputing"]
        if row["precision"] == "bf16" and key in exact:
            far = [abs(b / a - 1) for a, b in zip(exact[key], row["losses"], strict=True)]
            print(f"{row['name']}{', recomputing' * row['recomputing']}: fp32",
                  ", ".join(f"{x:.7g}" for x in exact[key]), "; bf16 differs by",
                  ", ".join(f"{x:.1e}" for x in far), "of it", flush=True)  # fmt: skip


def making(folder: str, windows: int) -> dict:
    """CPU seconds to make the store of each network."""
    sets = {}
    for name, network in NETWORKS.items():
        model = hyperparameters(network)["model"]
        sets[name] = model["seq_length"], model[f"head_{HEAD}"]["units"]
    return make_sets(Path(folder), windows, sets)


def tell_reading(found: dict) -> None:
    """Print rates, and how much faster a store is."""
    print(f"\n{found['windows']} windows of {found['tracks']} tracks, {found['window_mb']:.1f} MB "
          f"each, {found['file_mb']:.1f} MB as files\n\n| read | windows/CPU-s | MB/CPU-s "
          "| windows/s | times the bigWig files |\n|---|---|---|---|---|")  # fmt: skip
    rates = found["rates"]
    for way, (of_cpu, of_wall) in rates.items():
        beside = rates[f"bigWig files, {'at random' if 'random' in way else 'in order'}"][0]
        cells = [way, f"{of_cpu:.3g}", f"{of_cpu * found['window_mb']:.3g}", f"{of_wall:.3g}",
                 f"{of_cpu / beside:.3g}"]  # fmt: skip
        print("| " + " | ".join(cells) + " |", flush=True)


def reading(folder: str) -> dict:
    """Rates at which the longest windows are read."""
    return read_windows(Path(folder), LONGEST)


MEASURES: dict[str, Callable[..., dict]] = {
    "making": making, "training": training, "reading": reading
}  # fmt: skip

if __name__ == "__main__":
    main()
