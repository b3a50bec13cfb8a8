"""Windows whose coverage can be read from their bases, a network for them, and ways to stop it.

python -m tests.seqcast.training.toys_coverage kill CHECKPOINT
python -m tests.seqcast.training.toys_coverage share OUTPUT    (as torch's launcher starts it)
"""

import os
import signal
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
import polars as pl
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from seqcast.models.layers import BatchNorm, Dense
from seqcast.training import parallel
from seqcast.training.coverage import CoverageSet, CoverageTask
from seqcast.training.coverage_network import CoverageNetwork
from seqcast.training.loop import train_heads
from seqcast.training.recipe import Recipe
from seqcast.training.steps import Batch
from seqcast.training.task_options import CoverageOptions

LENGTH_BP, BIN_BP = 64, 8
PAIR = np.array([1, 0, 2])
RECIPE = Recipe(
    learning_rate=0.03, batch_size=4, epochs=3, warmup_steps=3, decay="none", seed=3,
    gradient_clip_norm=0.5, evaluate_every=4, checkpoint_every=5, select_by="pearsonr",
    ema_decay=0.8,
)  # fmt: skip
OPTIONS = CoverageOptions(weight_range=8, weight_exp=6)


class ToyStore:
    """Windows of drawn bases. Tracks: bases A, bases T (its strand pair), bases C and G a bin."""

    def __init__(self, windows: int, seed: int = 1) -> None:
        rng = np.random.default_rng(seed)
        self.bases = rng.integers(0, 5, size=(windows, LENGTH_BP)).astype(np.uint8)
        starts = np.arange(windows) * LENGTH_BP
        self.windows = pl.DataFrame(
            {"chrom": ["chr1"] * windows, "start": starts, "end": starts + LENGTH_BP,
             "part": [f"fold{i % 4}" for i in range(windows)]}
        )  # fmt: skip
        self.digest = f"toy {windows} {seed}"
        self.spoilt: set[int] = set()

    def __len__(self) -> int:
        return len(self.bases)

    def codes(self, i: int) -> np.ndarray:
        return self.bases[i]

    def targets(self, i: int) -> np.ndarray:
        bins = self.bases[i].reshape(-1, BIN_BP)
        counts = [(bins == 0).sum(1), (bins == 3).sum(1), np.isin(bins, (1, 2)).sum(1)]
        found = np.stack(counts).astype(np.float16)
        return found * np.float16("nan") if i in self.spoilt else found


class ToyNetwork(nn.Module):
    """A convolution, what a real network has in training, and a head."""

    def __init__(self, tracks: int = 3, dropout: float = 0.1, norm: bool = True) -> None:
        super().__init__()
        self.conv, self.dropout = nn.Conv1d(4, 6, 3, padding=1), dropout
        self.norm = BatchNorm(6) if norm else nn.Identity()
        self.head = Dense(6, tracks)

    def with_head(self, tracks: int) -> "ToyNetwork":
        other = ToyNetwork(tracks, self.dropout)
        other.conv, other.norm = self.conv, self.norm
        return other

    def regularisation(self) -> Tensor:
        return 1e-3 * (self.conv.weight**2).sum()

    def forward(self, one_hot: Tensor) -> Tensor:
        x = F.avg_pool1d(self.conv(one_hot), BIN_BP).transpose(1, 2)
        x = F.dropout(F.gelu(self.norm(x)), self.dropout, self.training)
        return F.softplus(self.head(x)).transpose(1, 2)


def toy_network(heads: int = 2, **options: float) -> CoverageNetwork:
    """Of drawn weights; torch's generator is left as it was."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(5)
        first = ToyNetwork(**options)
        others = [first.with_head(3) for _ in range(heads - 1)]
    names = ("human", "mouse", "rat")
    return CoverageNetwork(dict(zip(names, [first, *others], strict=False)))


def toy_set(head: str, windows: int, seed: int) -> CoverageSet:
    """Three quarters of the windows for training."""
    rows = np.arange(windows)
    return CoverageSet(head, ToyStore(windows, seed), rows[rows % 4 > 0], rows[rows % 4 == 0], PAIR)


def toy_task(heads: int = 2, options: CoverageOptions = OPTIONS) -> CoverageTask:
    """26 and 14 training windows make 7 + 4 batches of 4; 9 and 5 windows validate."""
    sets = [toy_set("human", 35, 1), toy_set("mouse", 19, 2)]
    return CoverageTask(sets[:heads], options)


def same(a: dict[str, Tensor], b: dict[str, Tensor]) -> bool:
    """Whether two states are equal to the bit."""
    return a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)


class Stopped(CoverageTask):
    """Calls `stop` when batch 18 of the whole training is asked for."""

    stop: Callable[[], None]

    def batches(self, recipe: Recipe, epoch: int, start: int) -> Iterator[Batch]:
        for number, batch in enumerate(super().batches(recipe, epoch, start), start):
            if epoch * self.steps_an_epoch(recipe) + number == 18:
                self.stop()
            yield batch


def kill() -> None:
    """End this process at once."""
    os.kill(os.getpid(), signal.SIGKILL)


def interrupt() -> None:
    """What a user's Ctrl-C does."""
    raise KeyboardInterrupt


# the last batch of the first genome holds one window: there is none for the second process
SHARED = replace(RECIPE, epochs=1, batch_size=5, ema_decay=None, evaluate_every=100)


def shared_training() -> dict[str, Tensor]:
    """An epoch without what differs between processes: dropout and batch normalisation."""
    model = toy_network(dropout=0.0, norm=False)
    train_heads(model, toy_task(), SHARED)
    return model.state_dict()


def interrupted_training(checkpoint: str) -> list[dict[str, Tensor]]:
    """States after a straight training, and one that was interrupted and went on."""
    states = []
    for path in (None, checkpoint):
        model, task = toy_network(), Stopped(toy_task().sets, OPTIONS)
        task.stop = interrupt if path else lambda: None
        try:
            train_heads(model, task, RECIPE, path)
        except KeyboardInterrupt:
            model = toy_network()
            train_heads(model, toy_task(), RECIPE, path)
        states.append(model.state_dict())
    return states


if __name__ == "__main__":
    torch.set_num_threads(1)
    if sys.argv[1] == "kill":
        killed = Stopped(toy_task().sets, OPTIONS)
        killed.stop = kill
        train_heads(toy_network(), killed, RECIPE, sys.argv[2])
    else:
        with parallel.session(torch.device("cpu")):
            states = [shared_training(), *interrupted_training(f"{sys.argv[2]}.pt")]
            torch.save(states, f"{sys.argv[2]}.{parallel.rank()}")
