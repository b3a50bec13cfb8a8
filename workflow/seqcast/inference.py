"""Prediction with a coverage model: reverse-complement and shift ensembles, windows, batches."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from seqcast.genome import Genome
from seqcast.models.interface import CoverageModel
from seqcast.sequence import one_hot
from seqcast.tracks import Tracks


def predict(
    model: CoverageModel,
    one_hot_windows: Tensor,
    tracks: Tracks,
    reverse_complement: bool = False,
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
    channel = torch.from_numpy(tracks.channel).to(one_hot_windows.device)
    pair = torch.from_numpy(tracks.pair).to(one_hot_windows.device)
    total = None
    for shift in shifts_bp:
        x = _shift(one_hot_windows, shift)
        members = [model(x)[:, channel]]
        if reverse_complement:
            # channels A, C, G, T: complement is the reversed order
            members.append(model(x.flip(1, 2))[:, channel].flip(2)[:, pair])
        for y in members:
            total = y.float() if total is None else total + y
    assert total is not None
    return total / (len(shifts_bp) * (2 if reverse_complement else 1))


def predict_in_batches(
    model: CoverageModel,
    one_hot_windows: np.ndarray,
    tracks: Tracks,
    device: torch.device,
    batch_size: int,
    reverse_complement: bool,
    shifts_bp: Sequence[int],
) -> Tensor:
    """`predict` for any number of windows, `batch_size` at a time, on `device`."""
    parts = [
        predict(model, torch.from_numpy(part).to(device), tracks, reverse_complement, shifts_bp)
        for part in np.split(one_hot_windows, range(batch_size, len(one_hot_windows), batch_size))
    ]
    return torch.cat(parts)


def prefetch(dataset: Dataset, workers: int) -> Iterable:
    """Items of `dataset` in order, prepared by `workers` processes (0: in this one)."""
    return DataLoader(
        dataset, batch_size=None, num_workers=workers, collate_fn=lambda item: item,
        prefetch_factor=2 if workers else None,
    )  # fmt: skip


@contextmanager
def inference_mode(model: CoverageModel) -> Iterator[torch.device]:
    """No gradients and evaluation mode for the block; yields the model's device."""
    training = model.training
    model.train(False)
    try:
        with torch.inference_mode():
            yield next(model.parameters()).device
    finally:
        model.train(training)


class _Windows(Dataset):
    """One-hot windows of a genome, (1, 4, length) each."""

    def __init__(
        self, genome: Genome, windows: Sequence[tuple[str, int]], length_bp: int, unknown: float
    ) -> None:
        self.genome, self.windows = genome, windows
        self.length_bp, self.unknown = length_bp, unknown

    def __len__(self) -> int:
        return len(self.windows)

    def __getitem__(self, i: int) -> np.ndarray:
        if i >= len(self):
            raise IndexError(i)
        contig, start = self.windows[i]
        return one_hot(self.genome.fetch(contig, start, start + self.length_bp), self.unknown)[None]


def predict_coverage(
    model: CoverageModel,
    genome: Genome,
    windows: Sequence[tuple[str, int]],
    tracks: Tracks,
    reverse_complement: bool = True,
    shifts_bp: Sequence[int] = (0,),
    unclip: bool = True,
    unscale: bool = False,
    unknown: float = 0.0,
    workers: int = 0,
) -> Iterator[np.ndarray]:
    """Coverage of windows of a genome, one after the other.

    Parameters
    ----------
    model : CoverageModel
    genome : Genome
    windows : sequence of (contig, start)
        0-based start of the model's input, which may lie before or beyond the contig (padded).
    tracks : Tracks
    unclip, unscale : bool
        See `Tracks.untransform`.
    unknown : float
        See `sequence.one_hot`.
    workers : int
        Processes that prepare windows; changes no number.

    Yields
    ------
    ndarray, shape=(tracks, bins), float32
        Untransformed coverage of the window less its crop.
    """
    dataset = _Windows(genome, windows, model.window_length_bp, unknown)
    with inference_mode(model) as device:
        for encoded in prefetch(dataset, workers):
            x = torch.from_numpy(encoded).to(device)
            y = predict(model, x, tracks, reverse_complement, shifts_bp)
            yield tracks.untransform(y, unclip, unscale)[0].float().cpu().numpy()


def _shift(x: Tensor, shift_bp: int) -> Tensor:
    if shift_bp == 0:
        return x
    moved = torch.zeros_like(x)
    if shift_bp > 0:
        moved[..., shift_bp:] = x[..., :-shift_bp]
    else:
        moved[..., :shift_bp] = x[..., -shift_bp:]
    return moved
