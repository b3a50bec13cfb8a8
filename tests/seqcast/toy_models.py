"""Models whose predictions can be worked out by hand."""

import numpy as np
import torch
from torch import Tensor

from seqcast.genome.tracks import Tracks


class BaseCounter(torch.nn.Module):
    """Tracks 0 to 3: how often A, C, G, T occur in a bin. Local, so alignment shows exactly."""

    tracks = 4

    def __init__(self, window_length_bp: int, bin_size_bp: int = 32, crop_bins: int = 0) -> None:
        super().__init__()
        self.window_length_bp, self.bin_size_bp = window_length_bp, bin_size_bp
        self.crop_bins, self.about = crop_bins, dict[str, str]()
        self.unused = torch.nn.Parameter(torch.zeros(1))  # names the device

    def forward(self, one_hot: Tensor) -> Tensor:
        counts = one_hot.unflatten(2, (-1, self.bin_size_bp)).sum(-1)
        return counts[..., self.crop_bins : counts.shape[2] - self.crop_bins]


def tracks_of_bases() -> Tracks:
    """Those of `BaseCounter`: A and C are an assay's two strands, G and T have none."""
    n = BaseCounter.tracks
    return Tracks(np.arange(n), np.array(["a+", "a-", "c", "d"]), np.full(n, "RNA"),
                  np.full(n, "mean"), np.array(["+", "-", ".", "."]), np.array([1, 0, 2, 3]),
                  np.full(n, np.nan), np.ones(n))  # fmt: skip
