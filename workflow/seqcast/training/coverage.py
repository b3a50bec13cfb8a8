"""The task of coverage models: measured coverage of windows, learned from their sequences."""

import hashlib
import logging
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Protocol

import numpy as np
import polars as pl
import torch
from torch import Tensor

from seqcast.core.errors import InputError
from seqcast.evaluation.coverage.bins import BinAccuracy
from seqcast.genome.sequence import UNKNOWN, one_hot_of_codes
from seqcast.training import parallel
from seqcast.training.coverage_network import CoverageNetwork
from seqcast.training.losses import poisson_multinomial
from seqcast.training.prefetch import prefetched
from seqcast.training.recipe import Recipe
from seqcast.training.steps import Batch, Task
from seqcast.training.task_options import CoverageOptions

logger = logging.getLogger(__name__)

# Streams of random numbers: of an epoch's order of windows and of genomes, and of augmentation.
_WINDOWS, _ORIGINS, _AUGMENTATION = 0, 1, 2
PARTS_AHEAD = 4  # of validation, that are read while one is predicted


class WindowStore(Protocol):
    """Sequences and targets of windows: `target_store.CoverageStore`, or a stand-in."""

    @property
    def windows(self) -> pl.DataFrame: ...  # chrom, start, end, part
    @property
    def assembly(self) -> str: ...
    @property
    def digest(self) -> str: ...
    def __len__(self) -> int: ...
    def codes(self, i: int) -> np.ndarray: ...  # uint8 (length_bp,)
    def targets(self, i: int) -> np.ndarray: ...  # float16 (tracks, bins)


@dataclass(frozen=True)
class CoverageSet:
    """Windows of a genome, and the head that learns them.

    Parameters
    ----------
    head : str
        Of the network.
    store : WindowStore
    training, validation : ndarray of int
        Rows of the store.
    pair : ndarray of int, shape=(tracks,)
        `Tracks.pair`: where the same assay on the other strand is.
    weights : ndarray of float, shape=(tracks,), optional
        How many times the loss of each track counts; see `task_options.weights_of_tracks`.
    """

    head: str
    store: WindowStore
    training: np.ndarray
    validation: np.ndarray
    pair: np.ndarray
    weights: np.ndarray | None = None

    def __post_init__(self) -> None:
        for name, rows in (("training", self.training), ("validation", self.validation)):
            if not len(rows):
                raise InputError(
                    f"head {self.head!r}: there is no window for {name}; give the parts of this "
                    "fold windows, or choose another fold"
                )
        if shared := len(np.intersect1d(self.training, self.validation)):
            raise InputError(
                f"head {self.head!r}: {shared} windows are for training and for validation; give "
                "each window one part"
            )


@dataclass(frozen=True)
class Part:
    """Windows that go through the model at once.

    Parameters
    ----------
    origin : int
        Number of the `CoverageSet`.
    rows : ndarray of int, shape=(windows,)
        Of its store.
    reverse : ndarray of bool, shape=(windows,)
        Which are turned to the other strand.
    shifts_bp : ndarray of int, shape=(windows,)
        By how much sequences are then moved, positive to the right.
    codes : Tensor of uint8, shape=(windows, length_bp), optional
    targets : Tensor of float16, shape=(windows, tracks, bins), optional
        Both are there once the part is loaded.
    """

    origin: int
    rows: np.ndarray
    reverse: np.ndarray
    shifts_bp: np.ndarray
    codes: Tensor | None = None
    targets: Tensor | None = None


class CoverageTask(Task):
    """Coverage by networks of the protocol `TrainableCoverageModel`; a `training.steps.Task`.

    A batch is of one genome; the order in which genomes have theirs is drawn in each epoch. The
    loss is `losses.poisson_multinomial`, times the tracks' weights, the mean over windows and
    tracks, plus the network's own ``regularisation()``. Validation is on windows
    as they are, without that term, and gives ``loss``, ``pearsonr`` and ``r2``, both over all bins
    of a track and the mean over tracks. A track whose targets are constant has neither and is left
    out; one whose predictions are constant has a correlation of 0. Of several genomes it gives
    ``<value>_<head>`` for each, and the means over them.

    Parameters
    ----------
    sets : sequence of CoverageSet
        Of several, each has its own head, and chooses its own weights.
    options : CoverageOptions

    Raises
    ------
    InputError
        If two sets have one head.

    Notes
    -----
    Differences from baskerville's ``trainer.py`` (544073b): each window comes once an epoch, where
    it shuffles in a buffer and leaves out what fills no batch; AdamW counts the steps of a head
    alone for its bias correction, where Keras counts those of all heads.
    """

    reads_ahead = True

    def __init__(self, sets: Sequence[CoverageSet], options: CoverageOptions) -> None:
        self.sets, self.options = list(sets), options
        names = [one.head for one in self.sets]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise InputError(f"heads {twice} have several stores; expected one store a head")
        self.heads = tuple(names) if len(names) > 1 else ("",)
        self.digest = self._digest()

    def _digest(self) -> str:
        """SHA-256 of the stores, the windows taken from them, and the options."""
        digest = hashlib.sha256(repr(sorted(asdict(self.options).items())).encode())
        for one in self.sets:
            digest.update(f"{one.head} {one.store.digest}".encode())
            for rows in (one.training, one.validation, one.pair):
                digest.update(np.ascontiguousarray(rows, dtype=np.int64).data)
            if one.weights is not None:
                digest.update(np.ascontiguousarray(one.weights, dtype=np.float64).data)
        return digest.hexdigest()

    def steps_an_epoch(self, recipe: Recipe) -> int:
        """Batches of an epoch; the last one of each genome may be smaller."""
        return sum(_batches_of(one, recipe) for one in self.sets)

    def batches(self, recipe: Recipe, epoch: int, start: int) -> Iterator[Batch]:
        """Batches of an epoch from number `start` on; each window comes once. Not loaded yet."""
        origins = np.repeat(
            np.arange(len(self.sets)), [_batches_of(one, recipe) for one in self.sets]
        )
        np.random.default_rng([recipe.seed, epoch, _ORIGINS]).shuffle(origins)
        orders = [
            np.random.default_rng([recipe.seed, epoch, _WINDOWS, i]).permutation(one.training)
            for i, one in enumerate(self.sets)
        ]
        done = [0] * len(self.sets)
        for number, origin in enumerate(origins.tolist()):
            first, done[origin] = done[origin], done[origin] + recipe.batch_size
            if number >= start:
                rng = np.random.default_rng([recipe.seed, epoch, _AUGMENTATION, number])
                yield self._batch(recipe, origin, orders[origin][first : done[origin]], rng)

    def _batch(
        self, recipe: Recipe, origin: int, rows: np.ndarray, rng: np.random.Generator
    ) -> Batch:
        reverse, shifts = drawn_augmentation(len(rows), self.options, rng)
        # each process gets a part where the batch has windows for all
        size = min(recipe.micro_batch_size or len(rows), -(-len(rows) // parallel.processes()))
        return [
            (float(len(rows[i : i + size])),
             Part(origin, rows[i : i + size], reverse[i : i + size], shifts[i : i + size]))
            for i in range(0, len(rows), size)
        ]  # fmt: skip

    def load(self, part: Part) -> Part:
        """A part with its sequences and targets, augmented."""
        one, windows = self.sets[part.origin], []
        for row, reverse, shift in zip(
            part.rows.tolist(), part.reverse.tolist(), part.shifts_bp.tolist(), strict=True
        ):
            codes, targets = one.store.codes(row), one.store.targets(row)
            windows.append(augment(codes, targets, reverse, shift, one.pair))
        together = [torch.from_numpy(np.stack(arrays)) for arrays in zip(*windows, strict=True)]
        return replace(part, codes=together[0], targets=together[1])

    def loss(self, model: Any, part: Part) -> Tensor:
        """Mean loss of the windows of a part, with the network's regularisation."""
        network = self._network(model, part.origin)
        losses = self._losses(part.origin, *_predicted(network, part)).mean()
        return losses + network.regularisation()

    def describe(self, batch: Batch) -> str:
        """The windows of a batch by their places, and how they were augmented."""
        told = []
        for _, part in batch:
            one = self.sets[part.origin]
            for row, reverse, shift in zip(part.rows, part.reverse, part.shifts_bp, strict=True):
                chrom, start, end = one.store.windows.row(int(row))[:3]
                turned = ", reverse complement" if reverse else ""
                told.append(f"{chrom}:{start}-{end} (head {one.head}, shift {shift} bp{turned})")
        return "; ".join(told)

    def validate(self, model: Any, recipe: Recipe) -> dict[str, float]:
        """Loss and agreement on the validation windows."""
        size = recipe.micro_batch_size or recipe.batch_size
        found = {one.head: self._agreement(model, i, size) for i, one in enumerate(self.sets)}
        if len(found) == 1:
            return next(iter(found.values()))
        means = {name: float(np.mean([values[name] for values in found.values()]))
                 for name in CoverageOptions.SELECTS}  # fmt: skip
        return means | {
            f"{name}_{head}": value
            for head, values in found.items() for name, value in values.items()
        }  # fmt: skip

    def _agreement(self, model: Any, origin: int, size: int) -> dict[str, float]:
        rows, total, accuracy = self.sets[origin].validation, 0.0, BinAccuracy()
        network = self._network(model, origin)
        parts = (rows[i : i + size] for i in range(0, len(rows), size))
        as_they_are = (
            Part(origin, some, np.zeros(len(some), bool), np.zeros(len(some), int))
            for some in parts
        )
        for part in prefetched(as_they_are, self.load, PARTS_AHEAD):
            predictions, targets = _predicted(network, part)
            total += self._losses(origin, predictions, targets).mean(1).double().sum().item()
            accuracy.update(predictions, targets)
        values = {"loss": total / len(rows)}
        correlations, r2 = accuracy.pearsonr(), accuracy.r2()
        varies = np.isfinite(r2)  # the targets
        if not np.isfinite(values["loss"]):
            return values | {"pearsonr": np.nan, "r2": np.nan}
        if not varies.any():
            raise InputError(
                f"head {self.sets[origin].head!r}: the targets of all tracks are constant in the "
                f"{len(rows)} validation windows; give windows with signal"
            )
        correlations = np.nan_to_num(correlations[varies])
        return values | {"pearsonr": float(correlations.mean()), "r2": float(r2[varies].mean())}

    def _losses(self, origin: int, predictions: Tensor, targets: Tensor) -> Tensor:
        """Of windows and tracks, each track times its weight."""
        options, weights = self.options, self.sets[origin].weights
        losses = poisson_multinomial(
            predictions, targets, options.total_weight, options.weight_range, options.weight_exp
        )
        return losses if weights is None else losses * torch.from_numpy(weights).to(losses)

    def _network(self, model: Any, origin: int) -> Any:
        return model.of(self.sets[origin].head) if isinstance(model, CoverageNetwork) else model


def drawn_augmentation(
    count: int, options: CoverageOptions, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """How the windows of a batch are augmented.

    Returns
    -------
    reverse : ndarray of bool, shape=(count,)
    shifts_bp : ndarray of int, shape=(count,)
    """
    drawn, largest = count if options.per_example else 1, options.augment_shift_bp
    reverse = rng.random(drawn) < 0.5 if options.augment_rc else np.zeros(drawn, bool)
    shifts = rng.integers(-largest, largest, size=drawn, endpoint=True)
    return np.broadcast_to(reverse, count), np.broadcast_to(shifts, count)


def augment(
    codes: np.ndarray, targets: np.ndarray, reverse: bool, shift_bp: int, pair: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """A window as one epoch shows it: turned to the other strand first, then shifted.

    Parameters
    ----------
    codes : ndarray of uint8, shape=(length_bp,)
        0 to 3, and 4 for N.
    targets : ndarray, shape=(tracks, bins)
        They are not shifted: the network learns not to care about a few bases.
    reverse : bool
    shift_bp : int
        Positive moves the sequence to the right; N enters.
    pair : ndarray of int, shape=(tracks,)

    Returns
    -------
    codes : ndarray of uint8, shape=(length_bp,)
    targets : ndarray, shape=(tracks, bins)
        Perhaps views.

    Notes
    -----
    As ``StochasticReverseComplement``, ``StochasticShift`` and ``SwitchReverse`` of baskerville's
    ``layers.py`` (544073b), which turns predictions back where this turns targets: the loss is the
    same, as its weights of bins are symmetric.
    """
    if reverse:
        codes = np.where(codes < UNKNOWN, 3 - codes, codes).astype(np.uint8)[::-1]
        targets = targets[pair][:, ::-1]
    return shifted(codes, shift_bp, UNKNOWN), targets


def shifted(values: np.ndarray, shift_bp: int, fill: float) -> np.ndarray:
    """Values along the first axis moved by `shift_bp`, to the right if positive; `fill` enters."""
    if not shift_bp:
        return values
    moved = np.full_like(values, fill)
    if shift_bp > 0:
        moved[shift_bp:] = values[:-shift_bp]
    else:
        moved[:shift_bp] = values[-shift_bp:]
    return moved


def _predicted(network: Any, part: Part) -> tuple[Tensor, Tensor]:
    """Predictions and targets of a loaded part, on the network's device."""
    assert part.codes is not None
    assert part.targets is not None
    device = next(network.parameters()).device
    predictions = network(one_hot_of_codes(part.codes.to(device, non_blocking=True))).float()
    return predictions, part.targets.to(device, non_blocking=True).float()


def _batches_of(one: CoverageSet, recipe: Recipe) -> int:
    return -(-len(one.training) // recipe.batch_size)
