"""A small training whose every step can be followed, and a way to kill it.

python -m tests.seqcast.training.toys CHECKPOINT KILL_AT_STEP
"""

import hashlib
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import polars as pl
import pytest
import torch
from torch import Tensor, nn

from seqcast.core.job_files import named_files
from seqcast.training.loop import train
from seqcast.training.outputs import TrainingOutputs
from seqcast.training.recipe import Recipe
from seqcast.training.steps import Batch, Task

RECIPE = Recipe(
    learning_rate=0.05, batch_size=4, epochs=4, warmup=0.2, weight_decay=0.1, seed=3,
    evaluate_every=3, checkpoint_every=5,
)  # fmt: skip


@contextmanager
def interrupted_behind(task: type, evaluations: int) -> Iterator[None]:
    """A block whose training is interrupted behind so many evaluations: the next one raises."""
    validate, left = task.validate, iter(range(evaluations))

    def interrupted(*arguments: object) -> dict[str, float]:
        if next(left, None) is None:
            raise KeyboardInterrupt
        return validate(*arguments)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(task, "validate", interrupted)
        with pytest.raises(KeyboardInterrupt):
            yield


def run_job(
    job: Callable[..., None], kind: Callable[..., Any], files: SimpleNamespace, folder: Path,
    facts: dict[str, str],
) -> tuple[Path, pl.DataFrame]:  # fmt: skip
    """Train by the function of a job, on one thread; its weights and history."""
    outputs = outputs_in(folder / "out", folder / "checkpoints/last.pt")
    job(named_files(kind, vars(files)), outputs, facts, "cpu", 1)
    return Path(outputs.weights), pl.read_csv(outputs.history, separator="\t")


def outputs_in(folder: Path, checkpoint: Path) -> TrainingOutputs:
    """Weights and history of a folder."""
    return TrainingOutputs(folder / "weights.safetensors", folder / "history.tsv", checkpoint)


class Network(nn.Module):
    """Three inputs to one output, with all that a real network has: dropout, bias, norm."""

    def __init__(self, dropout: float = 0.2) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(3, 5), nn.LayerNorm(5), nn.Tanh(), nn.Dropout(dropout), nn.Linear(5, 1)
        )

    def forward(self, x: Tensor) -> Tensor:
        return self.layers(x)[:, 0]


def network(dropout: float = 0.2, seed: int = 0) -> Network:
    """A network of drawn weights; torch's generator is left as it was."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return Network(dropout)


class Regression(Task):
    """Squared error on 26 points; 7 batches of 4 an epoch, the last one smaller.

    Parameters
    ----------
    kill_at : int, optional
        Step (0-based, of the whole training) at which the process kills itself.
    spoil_at : int, optional
        Step whose batch holds a NaN.
    """

    def __init__(self, kill_at: int | None = None, spoil_at: int | None = None) -> None:
        rng = np.random.default_rng(7)
        self.x = torch.from_numpy(rng.normal(size=(26, 3)).astype(np.float32))
        self.y = self.x @ torch.tensor([1.0, -2.0, 0.5]) + 0.1
        self.kill_at, self.spoil_at = kill_at, spoil_at
        self.digest = hashlib.sha256(self.x.numpy().tobytes()).hexdigest()
        self.seen: list[list[int]] = []

    def steps_an_epoch(self, recipe: Recipe) -> int:
        return -(-len(self.x) // recipe.batch_size)

    def batches(self, recipe: Recipe, epoch: int, start: int) -> Iterator[Batch]:
        order = np.random.default_rng([recipe.seed, epoch]).permutation(len(self.x))
        size = recipe.micro_batch_size or recipe.batch_size
        for i in range(start, self.steps_an_epoch(recipe)):
            step = epoch * self.steps_an_epoch(recipe) + i
            if step == self.kill_at:
                os.kill(os.getpid(), signal.SIGKILL)
            rows = order[i * recipe.batch_size : (i + 1) * recipe.batch_size]
            self.seen.append(rows.tolist())
            spoilt = float("nan") if step == self.spoil_at else 0.0
            parts = [rows[j : j + size] for j in range(0, len(rows), size)]
            yield [(float(len(p)), (self.x[p] + spoilt, self.y[p])) for p in parts]

    def loss(self, model: nn.Module, part: tuple[Tensor, Tensor]) -> Tensor:
        x, y = part
        return ((model(x).float() - y) ** 2).mean()

    def describe(self, batch: Batch) -> str:
        return f"{sum(len(part[1]) for _, part in batch)} points"

    def validate(self, model: nn.Module, recipe: Recipe) -> dict[str, float]:
        loss = ((model(self.x).float() - self.y) ** 2).mean().item()
        return {"loss": loss, "agreement": -loss}


def run(recipe: Recipe = RECIPE, checkpoint: Path | None = None, **task: int):
    """The network and the history of one training."""
    model = network()
    return model, train(model, Regression(**task), recipe, checkpoint)


if __name__ == "__main__":
    torch.set_num_threads(1)
    run(replace(RECIPE), Path(sys.argv[1]), kill_at=int(sys.argv[2]))
