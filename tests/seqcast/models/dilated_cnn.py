"""A dilated CNN that predicts coverage: an architecture in one file, which seqcast does not have.

In the order the data meet the parts:

    stem     one-hot at 1 bp, averaged to bins               (batch, channels, bins)
    blocks   dilated convolutions, each added to its input   (batch, channels, bins)
    head     one softplus output a track                     (batch, tracks, bins)
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Self

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from seqcast.core.errors import InputError
from seqcast.models.architectures import CoverageShape
from seqcast.models.coverage import CoverageArchitecture


@dataclass(frozen=True)
class DilatedConfig:
    """Content of the file of hyperparameters; ``heads`` maps names of heads to numbers of tracks."""

    window_length_bp: int
    bin_size_bp: int
    channels: int
    blocks: int
    heads: Mapping[str, int]

    @classmethod
    def from_params(cls, params: Mapping[str, Any]) -> Self:
        """Refuse what is not understood: a misspelt key would otherwise count for nothing."""
        known = [field.name for field in fields(cls)]
        if sorted(params) != sorted(known):
            raise InputError(f"hyperparameters {sorted(params)}; expected {sorted(known)}")
        return cls(**params)

    @property
    def shape(self) -> CoverageShape:
        """What windows and targets have to be."""
        return CoverageShape(self.window_length_bp, self.bin_size_bp, 0, self.heads)


class Block(nn.Module):
    """x + projection(relu(convolution(relu(norm(x)))))."""

    def __init__(self, channels: int, dilation: int) -> None:
        super().__init__()
        self.norm = nn.BatchNorm1d(channels)
        self.convolution = nn.Conv1d(channels, channels, 3, padding=dilation, dilation=dilation)
        self.projection = nn.Linear(channels, channels)

    def forward(self, x: Tensor) -> Tensor:
        hidden = F.relu(self.convolution(F.relu(self.norm(x))))
        return x + self.projection(hidden.mT).mT


class DilatedCnn(CoverageArchitecture):
    """Predicted coverage of every track in every bin."""

    config_class = DilatedConfig
    weights: Tensor  # of the positions of a bin in its mean

    def __init__(self, config: DilatedConfig, head: str) -> None:
        super().__init__(config, head)
        self.register_buffer("weights", torch.full((config.bin_size_bp,), 1 / config.bin_size_bp))
        self.stem = nn.Conv1d(4, config.channels, 15, padding=7)
        self.blocks = nn.ModuleList(Block(config.channels, 2**i) for i in range(config.blocks))
        self.head = nn.Linear(config.channels, config.heads[head])

    def initialise(self) -> None:
        """Draw all weights as torch does."""
        for part in self.modules():
            if isinstance(part, nn.Conv1d | nn.Linear | nn.BatchNorm1d):
                part.reset_parameters()

    def forward(self, one_hot: Tensor) -> Tensor:
        x = F.relu(self.stem(one_hot)).unflatten(2, (-1, self.bin_size_bp)) @ self.weights
        for block in self.blocks:
            x = block(x)
        return F.softplus(self.head(F.relu(x).mT)).mT

    # what fine-tuning gives low-rank terms to: modes lora and locon, mode locon

    def projections(self, key_and_output: bool) -> list[nn.Module]:
        """The dense layer of each block."""
        return [block.projection for block in self.blocks]

    def convolutions(self) -> list[nn.Module]:
        """Those of the stem and of each block."""
        return [self.stem, *(block.convolution for block in self.blocks)]
