"""Prediction with a coverage model: reverse-complement and shift ensembles, windows, batches."""

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import reduce
from typing import NamedTuple, TypeVar

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from seqcast.core.errors import InputError
from seqcast.genome.fasta import Genome
from seqcast.genome.intervals import Geometry
from seqcast.genome.sequence import one_hot
from seqcast.genome.tracks import Tracks
from seqcast.models.coverage import Wanted
from seqcast.models.interface import CoverageModel, evaluating
from seqcast.models.known_windows import (
    Edited,
    KnownWindow,
    coverage_together,
    know_many,
    predict_together,
)

Item = TypeVar("Item")
Runs = tuple[tuple[int, int], ...] | None  # of output bins, half-open and ascending; None: all


class Member(NamedTuple):
    """One of the predictions that are averaged: the input's shift to the right, and its strand."""

    shift_bp: int
    is_reverse: bool

    def turned(self, one_hot_windows: Tensor) -> Tensor:
        """Windows as the model reads them, zeros entering where they are shifted from."""
        x = one_hot_windows
        if self.shift_bp:
            x = F.pad(x, (self.shift_bp, -self.shift_bp))  # a negative pad takes away
        # channels A, C, G, T: complement is the reversed order
        return x.flip(1, 2) if self.is_reverse else x


Known = tuple[KnownWindow, ...]  # of one window, in the order of the members


class Averaged:
    """A model's predictions of some tracks, averaged over strands and shifts of the input.

    Coverage is (batch, tracks, bins) in float32, before untransformation. The mean is plain, as in
    baskerville's ``build_ensemble``, and predictions are not shifted back.

    Parameters
    ----------
    model : CoverageModel
        In evaluation mode.
    tracks : Tracks
        Channels to keep, and how strands pair up.
    reverse_complement : bool
        Also predict the other strand, read backwards, with strand pairs exchanged.
    shifts_bp : sequence of int
        Input shifts to the right.
    device : torch.device
        That of the model.
    """

    def __init__(
        self, model: CoverageModel, tracks: Tracks, reverse_complement: bool,
        shifts_bp: Sequence[int], device: torch.device,
    ) -> None:  # fmt: skip
        self.model = model
        strands = (False, True) if reverse_complement else (False,)
        self.members = [Member(shift, strand) for shift in shifts_bp for strand in strands]
        self.channel = torch.from_numpy(tracks.channel).to(device)
        self.pair = torch.from_numpy(tracks.pair).to(device)
        channels = self.channel.unique()
        self.channels = channels if len(channels) < model.tracks else None

    def plainly(self, one_hot_windows: Tensor) -> Tensor:
        """Coverage of windows (batch, 4, length), each computed whole."""
        return self._mean(self.each(one_hot_windows))

    def each(self, one_hot_windows: Tensor) -> Iterator[Tensor]:
        """What `plainly` averages: of each member, one after the other.

        Predictions of networks in float64 stay so.
        """
        for member in self.members:
            yield self._read(member, self.model(member.turned(one_hot_windows)))

    def know(self, one_hot_windows: Tensor, starts: Sequence[int]) -> Iterator[Known]:
        """What windows (n, 4, length) have in common with their edited copies, one by one.

        Parameters
        ----------
        one_hot_windows : Tensor, shape=(n, 4, length)
        starts : sequence of int
            Coordinates of their first columns: windows have the same bases where they overlap,
            or nearly so (`known_windows.know_many`).
        """
        length, members = one_hot_windows.shape[2], []
        for member in self.members:
            firsts = [start - member.shift_bp for start in starts]
            # of the other strand, which is read from its other end
            firsts = [-first - length for first in firsts] if member.is_reverse else firsts
            members.append(know_many(self.model, member.turned(one_hot_windows), firsts))
        return zip(*members, strict=True)

    def of_known(self, known: Known, runs: Runs = None) -> Tensor:
        """Coverage of a known window, with a batch of 1; NaN outside of `runs` of bins."""
        return self._together(
            known, runs, lambda part, wanted: coverage_together(part, wanted).split(1)
        )

    def of_edited(self, alleles: Tensor, left: Known, right: Known, runs: Runs = None) -> Tensor:
        """Coverage of alleles (batch, 4, length) of one window; see `known_windows`.

        It is NaN outside of `runs` of bins.
        """
        edited = []
        for member, *flanks in zip(self.members, left, right, strict=True):
            # read backwards, what is left of an edit is to its right
            first, last = reversed(flanks) if member.is_reverse else flanks
            edited.append(Edited(member.turned(alleles), first, last))
        return self._together(
            edited, runs,
            lambda part, wanted: predict_together(self.model, part, wanted).split(len(alleles)),
        )  # fmt: skip

    def _together(
        self, of_members: Sequence[Item], runs: Runs,
        predict: Callable[[list[Item], Wanted], Sequence[Tensor]],
    ) -> Tensor:  # fmt: skip
        """Mean of what is predicted of the members, those together that need the same bins."""
        found: dict[Member, Tensor] = {}
        alike = defaultdict(list)
        for member, item in zip(self.members, of_members, strict=True):
            alike[self._runs(member, runs)].append((member, item))
        for wanted, part in alike.items():
            made = predict([item for _, item in part], Wanted(wanted, self.channels))
            for (member, _), y in zip(part, made, strict=True):
                found[member] = self._read(member, y)
        return self._mean(found[member] for member in self.members)

    def _runs(self, member: Member, runs: Runs) -> Runs:
        """Those of a member's own output."""
        if runs is not None and member.is_reverse:
            bins = geometry_of(self.model).bins
            runs = tuple((bins - end, bins - start) for start, end in reversed(runs))
        return runs

    def _read(self, member: Member, output: Tensor) -> Tensor:
        """The wanted tracks of what the model gives for a member, in genome orientation."""
        y = output[:, self.channel]
        y = y.to(torch.promote_types(y.dtype, torch.float32))
        return y.flip(2)[:, self.pair] if member.is_reverse else y

    def _mean(self, members: Iterable[Tensor]) -> Tensor:
        return reduce(torch.add, members) / len(self.members)


def predict(
    model: CoverageModel,
    one_hot_windows: Tensor,
    tracks: Tracks,
    reverse_complement: bool = True,
    shifts_bp: Sequence[int] = (0,),
) -> Tensor:
    """`Averaged` predictions of windows (batch, 4, length), each computed whole."""
    device = one_hot_windows.device
    return Averaged(model, tracks, reverse_complement, shifts_bp, device).plainly(one_hot_windows)


def predict_batch(
    model: CoverageModel,
    one_hot_windows: np.ndarray,
    tracks: Tracks,
    device: torch.device,
    reverse_complement: bool,
    shifts_bp: Sequence[int],
    batch_size: int,
) -> Tensor:
    """`predict` on `device`, `batch_size` windows at a time, without gradients."""
    # not around a generator: inference mode would stay on in the caller's code between items
    with torch.inference_mode():
        parts = torch.from_numpy(one_hot_windows).split(batch_size)
        return torch.cat(
            [predict(model, x.to(device), tracks, reverse_complement, shifts_bp) for x in parts]
        )


def prefetch(dataset: Dataset, workers: int) -> Iterable:
    """Items of `dataset` in order, prepared by `workers` processes (0: in this one)."""
    return DataLoader(
        dataset, batch_size=None, num_workers=workers, collate_fn=_as_is,
        prefetch_factor=2 if workers else None,
    )  # fmt: skip


def _as_is(item: Item) -> Item:
    return item


def grouped(items: Iterable[tuple[Item, np.ndarray]], size: int) -> Iterator[list]:
    """Lists of consecutive (thing, sequences) items of at most `size` sequences, at least one."""
    group: list[tuple[Item, np.ndarray]] = []
    for item in items:
        if group and sum(len(s) for _, s in group) + len(item[1]) > size:
            yield group
            group = []
        group.append(item)
    if group:
        yield group


def geometry_of(model: CoverageModel) -> Geometry:
    """Window, bins and crop of a model."""
    return Geometry(model.window_length_bp, model.bin_size_bp, model.crop_bins)


def check_fit(model: CoverageModel, tracks: Tracks) -> None:
    """Refuse a table of tracks that names outputs the model does not have, or learned otherwise."""
    if len(tracks) and tracks.channel.max() >= model.tracks:
        raise InputError(
            f"the table of tracks names output {tracks.channel.max()} but the model has "
            f"{model.tracks} outputs; use the targets table that belongs to this model and head"
        )
    if learned := model.about.get("tracks"):  # published files do not say
        tracks.check_outputs(json.loads(learned), "the table of tracks")


class _Windows(Dataset):
    """One-hot windows of a genome, (1, 4, length) each."""

    def __init__(self, genome: Genome, windows: Sequence[tuple[str, int]], length_bp: int) -> None:
        self.genome, self.windows = genome, windows
        self.length_bp = length_bp

    def __len__(self) -> int:
        return len(self.windows)

    def __getitem__(self, i: int) -> tuple[int, np.ndarray]:
        contig, start = self.windows[i]
        return i, one_hot(self.genome.fetch(contig, start, start + self.length_bp))[None]


def predict_coverage(
    model: CoverageModel,
    genome: Genome,
    windows: Sequence[tuple[str, int]],
    tracks: Tracks,
    reverse_complement: bool = True,
    shifts_bp: Sequence[int] = (0,),
    batch_size: int = 1,
    workers: int = 0,
) -> Iterator[Tensor]:
    """Predictions for windows of a genome, one after the other.

    Parameters
    ----------
    model : CoverageModel
    genome : Genome
    windows : sequence of (contig, start)
        0-based start of the model's input, which may lie before or beyond the contig (padded).
    tracks : Tracks
    reverse_complement : bool
    shifts_bp : sequence of int
        See `predict`.
    batch_size : int
        Windows predicted at once.
    workers : int
        Processes that prepare windows; changes no number.

    Yields
    ------
    Tensor, shape=(tracks, bins), float32
        Of the window less its crop, before untransformation.
    """
    dataset = _Windows(genome, windows, model.window_length_bp)
    with evaluating(model) as device:
        for group in grouped(prefetch(dataset, workers), batch_size):
            encoded = np.concatenate([window for _, window in group])
            yield from predict_batch(
                model, encoded, tracks, device, reverse_complement, shifts_bp, batch_size
            )
