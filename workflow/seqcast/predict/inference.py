"""Prediction with a coverage model: reverse-complement and shift ensembles, windows, batches."""

import json
from collections.abc import Iterable, Iterator, Sequence
from functools import reduce
from typing import TypeVar

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
from seqcast.models.interface import CoverageModel, evaluating

Item = TypeVar("Item")


def predict(
    model: CoverageModel,
    one_hot_windows: Tensor,
    tracks: Tracks,
    reverse_complement: bool = True,
    shifts_bp: Sequence[int] = (0,),
) -> Tensor:
    """Predictions of the wanted tracks, averaged over strands and shifts of the input.

    Parameters
    ----------
    model : CoverageModel
    one_hot_windows : Tensor, shape=(batch, 4, length)
    tracks : Tracks
        Channels to keep, and how strands pair up.
    reverse_complement : bool
        Also predict the other strand, read backwards, with strand pairs exchanged.
    shifts_bp : sequence of int
        Input shifts to the right, zeros entering; predictions are not shifted back.

    Returns
    -------
    Tensor, shape=(batch, tracks, bins), float32
        Before untransformation. Plain mean, as baskerville ``build_ensemble``.
    """
    members = list(predict_members(model, one_hot_windows, tracks, reverse_complement, shifts_bp))
    return reduce(torch.add, members) / len(members)


def predict_members(
    model: CoverageModel,
    one_hot_windows: Tensor,
    tracks: Tracks,
    reverse_complement: bool,
    shifts_bp: Sequence[int],
) -> Iterator[Tensor]:
    """What `predict` averages: the prediction of each shift and strand, one after the other.

    Predictions of networks in float64 stay so.
    """
    channel = torch.from_numpy(tracks.channel).to(one_hot_windows.device)
    pair = torch.from_numpy(tracks.pair).to(one_hot_windows.device)
    for shift in shifts_bp:
        x = F.pad(one_hot_windows, (shift, -shift))  # a negative pad takes away
        yield _at_least_float32(model(x)[:, channel])
        if reverse_complement:
            # channels A, C, G, T: complement is the reversed order
            yield _at_least_float32(model(x.flip(1, 2))[:, channel]).flip(2)[:, pair]


def _at_least_float32(x: Tensor) -> Tensor:
    return x.to(torch.promote_types(x.dtype, torch.float32))


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
