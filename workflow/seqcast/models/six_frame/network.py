"""SixFrame: coding or not, from the codons of a read in all six reading frames.

seqcast's own small network, for reads of genomes it never saw. In the order the data meet the
parts:

    codons       bases to codons of six frames, three a strand        (batch, 6, codons)
    CodonTable   codon vectors, shifted by the read's GC content      (batch, 6, codons, channels)
    convolutions along the codons, the same weights for every frame   (batch, 6, codons, channels)
    pooling      mean and maximum over the codons of a frame          (batch, 6, 2 channels)
    FrameHead    each frame next to the other five, two logits per frame (batch, 6, 2)
    logits       log of the sum over frames of the exponentials       (batch, 2)

No part knows which strand is which: a read and its reverse complement have the same logits.
"""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, Self

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from seqcast.core.errors import InputError
from seqcast.models.convert import read_safetensors
from seqcast.models.layers import Network
from seqcast.models.six_frame.codons import (
    BASE_N,
    BASE_PAD,
    CODON_IDS,
    CODON_PAD,
    encode_bases,
    six_frames,
)
from seqcast.models.six_frame.config import SixFrameConfig

FRAMES = 6
READ_FEATURES = 3


class CodonTable(nn.Module):
    """Vectors of codons, each channel scaled and shifted by what the whole read is like."""

    def __init__(self, config: SixFrameConfig) -> None:
        super().__init__()
        self.codon = nn.Embedding(CODON_IDS, config.codon_channels)
        self.expand = nn.Linear(READ_FEATURES, config.gc_channels)
        self.contract = nn.Linear(config.gc_channels, 2 * config.codon_channels)

    def forward(self, codons: Tensor, features: Tensor) -> Tensor:
        scale, shift = self.contract(F.relu(self.expand(features))).chunk(2, dim=1)
        # a table a read is much smaller than its codons: (batch, 66, channels)
        tables = torch.addcmul(shift[:, None], 1 + scale[:, None], self.codon.weight)
        own = torch.arange(len(codons), dtype=torch.int32, device=codons.device) * CODON_IDS
        return F.embedding(codons + own[:, None, None], tables.flatten(0, 1))


class FrameHead(nn.Module):
    """Two logits of each frame, from what was pooled in it and in the other five."""

    def __init__(self, channels: int, config: SixFrameConfig) -> None:
        super().__init__()
        hidden = config.frame_channels
        self.frame = nn.Linear(channels, hidden)
        self.relate = nn.Linear(FRAMES * hidden + READ_FEATURES, hidden)
        self.dropout = nn.Dropout(config.dropout)
        self.classifier = nn.Linear(hidden, 2)

    def forward(self, pooled: Tensor, features: Tensor) -> Tensor:
        frames = self.dropout(F.relu(self.frame(pooled)))
        forward, reverse = frames.chunk(2, dim=1)  # (batch, 3, hidden) each
        x = torch.cat([_beside(forward, reverse, 1), _beside(reverse, forward, -1)], dim=1)
        x = torch.cat([x, features[:, None].expand(-1, FRAMES, -1)], dim=2)
        return self.classifier(F.relu(self.relate(x)))


class SixFrame(Network):
    """Base codes ``(batch, length)`` to logits ``(batch, 2)``: non-coding, coding.

    Parameters
    ----------
    config : SixFrameConfig
    """

    task = SixFrameConfig.task
    classes = ("non_coding", "coding")
    compat: str | None = None
    compat_options: tuple[str, ...] = ()
    token_nt = 3
    tested_length_nt = 150  # shortest read of the model card; training goes down to 75
    batch_nt = 9600  # activations of 32 reads of 300 nt stay in the cache of a core

    def __init__(self, config: SixFrameConfig) -> None:
        super().__init__()
        self.config = config
        widths = [config.codon_channels, *config.convolution_channels]
        self.codon_table = CodonTable(config)
        self.convolutions = nn.ModuleList(
            nn.Conv2d(a, b, (1, kernel))
            for (a, b), kernel in zip(
                pairwise(widths), config.convolution_kernels_codons, strict=True
            )
        )
        self.head = FrameHead(2 * widths[-1], config)
        self.bias = nn.Parameter(torch.zeros(2))
        self.initialise()

    @classmethod
    def read_config(cls, params: Mapping[str, Any]) -> SixFrameConfig:
        """The sizes of a network."""
        return SixFrameConfig.from_params(params)

    @classmethod
    def from_params(cls, hyperparameters: Mapping[str, Any], head: str | None = None) -> Self:
        """An untrained network; `head` must be empty.

        Raises
        ------
        InputError
            If `SixFrameConfig` refuses the hyperparameters.
        """
        if head:
            raise InputError(f"head {head!r}: SixFrame has one output, leave the head empty")
        return cls(cls.read_config(hyperparameters))

    @classmethod
    def from_weights(
        cls, path: Path, params: Mapping[str, Any], head: str | None = None
    ) -> tuple[Self, dict[str, Tensor]]:
        """A network for the weights of `path` (safetensors), and their tensors."""
        return cls.from_params(params, head), read_safetensors(path)[0]

    @property
    def max_length_nt(self) -> int:
        """Longest read that is scored in one piece."""
        return self.config.max_length_nt

    @property
    def min_length_nt(self) -> int:
        """Shortest read that is scored."""
        return self.config.min_length_nt

    def initialise(self) -> None:
        """Draw weights; at first the GC content changes no codon vector."""
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
                assert module.bias is not None
                nn.init.zeros_(module.bias)
            elif isinstance(module, nn.Linear):
                module.reset_parameters()
        nn.init.normal_(self.codon_table.codon.weight, std=0.5)
        nn.init.zeros_(self.codon_table.contract.weight)
        nn.init.zeros_(self.codon_table.contract.bias)
        nn.init.zeros_(self.bias)

    def tokenize(self, sequences: Sequence[str]) -> Tensor:
        """Base codes of reads, padded on the right.

        Parameters
        ----------
        sequences : sequence of str
            Bases in any case; U counts as T, every other character is unknown.

        Returns
        -------
        Tensor of uint8, shape=(batch, longest read in nt)
            0 to 3 for A, C, G, T, 4 for unknown bases, 5 for padding.

        Raises
        ------
        InputError
            If a read is shorter than `min_length_nt`.
        """
        lengths = [len(sequence) for sequence in sequences]
        if lengths and min(lengths) < self.min_length_nt:
            row = lengths.index(min(lengths))
            raise InputError(f"read {row + 1} has {lengths[row]} nt; a six_frame network scores "
                             f"reads of {self.min_length_nt} nt or more")  # fmt: skip
        longest = max(lengths, default=self.min_length_nt)
        text = "".join(sequence.ljust(longest, "\0") for sequence in sequences)
        bases = np.frombuffer(text.encode("ascii", "replace"), dtype=np.uint8)
        return self.tokens_from_bases(bases.reshape(len(sequences), longest))

    def tokens_from_bases(self, bases: np.ndarray) -> Tensor:
        """Base codes of reads that are an array already.

        Parameters
        ----------
        bases : ndarray of uint8, shape=(batch, length in nt)
            ASCII codes; 0 is padding, which may follow a read.

        Returns
        -------
        Tensor of uint8, shape=(batch, length in nt)
        """
        return torch.from_numpy(encode_bases(bases))

    def forward(self, tokens: Tensor) -> Tensor:
        """Logits of reads.

        Parameters
        ----------
        tokens : Tensor of integers, shape=(batch, length in nt)
            Base codes, as `tokenize` gives them; at least 3.

        Returns
        -------
        Tensor of float32, shape=(batch, 2)
            Non-coding, coding.
        """
        # so much padding on both sides that more of it changes nothing
        halo = sum(kernel // 2 for kernel in self.config.convolution_kernels_codons)
        codons = six_frames(tokens, halo)
        inside = codons[:, :, halo : codons.shape[2] - halo] != CODON_PAD  # (batch, 6, codons)
        features = read_features(tokens)
        x = self.codon_table(codons, features)
        x = x.flatten(0, 1)[:, None].permute(0, 3, 1, 2)  # image of height 1, channels last
        for convolution in self.convolutions:
            x = F.relu_(convolution(x))
        x = x.permute(0, 2, 3, 1).reshape(*inside.shape, x.shape[1])
        pooled = self.head(_pool(x, inside), features)
        return torch.logsumexp(pooled.float(), dim=1) + self.bias


def read_features(tokens: Tensor) -> Tensor:
    """GC content twice (centred, and its distance from one half squared) and log length.

    Returns
    -------
    Tensor of float32, shape=(batch, 3)
        Each of about unit size.
    """
    known = (tokens < BASE_N).sum(1).clamp(min=1)
    gc = ((tokens == 1) | (tokens == 2)).sum(1) / known
    length_nt = (tokens != BASE_PAD).sum(1).clamp(min=1)
    return torch.stack([4 * gc - 2, 8 * (gc - 0.5) ** 2, torch.log(length_nt / 200)], dim=1)


def _beside(own: Tensor, other: Tensor, step: int) -> Tensor:
    """Each frame, the next and the last of its strand, and those three of the other strand.

    Frames of the two strands that share their codons' places have one number; a strand that is read
    from right to left has its next frame at ``step`` -1.
    """
    parts = [strand.roll(shift, 1) for strand in (own, other) for shift in (0, -step, step)]
    return torch.cat(parts, dim=2)


def _pool(x: Tensor, inside: Tensor) -> Tensor:
    """Mean and maximum of values >= 0 over the codons of a read: ``(batch, 6, 2 channels)``."""
    x = x * inside[..., None].to(x.dtype)
    counts = inside.sum(2, keepdim=True).clamp(min=1)
    return torch.cat([x.sum(2, dtype=torch.float32) / counts, x.amax(2).float()], dim=2)
