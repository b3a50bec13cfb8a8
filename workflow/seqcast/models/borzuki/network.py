"""Borzuki: coverage along the genome from DNA, a Borzoi-like convolution/attention U-net.

Reference: baskerville ``seqnn.py`` and ``blocks.py`` (commit 544073b), with the hyperparameters of
borzoi-paper ``extensions/borzuki`` (commit ec33b15). In the order the data meet the parts:

    Stem          one-hot at 1 bp  ->  2 bp
    Tower         2 bp  ->  128 bp, one pooling block a doubling; keeps what it had before pooling
    Transformer   128 bp, attention over the whole window
    UNet          128 bp  ->  64 bp  ->  32 bp, each joined by the tower's output of that bin size
    head          32 bp, one softplus output a track

In training mode, dropout acts where the original has it and norms take the batch's statistics.
Not carried over: the switches of augmentation, which belong to what makes the batches.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from seqcast.core.errors import InputError
from seqcast.models.borzuki.blocks import HoulsbyAdapter, Stem, Tower, TransformerBlock, UNetStep
from seqcast.models.borzuki.config import BorzukiConfig
from seqcast.models.borzuki.keras_kernels import Kernel, kernel_of, set_constants
from seqcast.models.borzuki.phases import convolve_at
from seqcast.models.borzuki.reuse import FirstLayer, levels_of, remember, transform, upsample_at
from seqcast.models.convert import keras_arrays, keras_state_dict
from seqcast.models.coverage import ChangedCells, ConvolutionsFirst, Wanted
from seqcast.models.layers import Conv, Dense, affine, gelu, recompute_in_backward
from seqcast.models.originals import Original

STRETCH_BP = 1 << 16  # of one sequence: activations stay below 32 MB, which malloc keeps
KERAS = {".h5", ".hdf5", ".keras"}  # suffixes of published weights


class Borzuki(ConvolutionsFirst):
    """Predicted coverage, before untransformation, of every track in every bin.

    Parameters
    ----------
    config : BorzukiConfig
    head : str
        Which of ``config.heads`` the network ends in.
    """

    config_class = BorzukiConfig
    config: BorzukiConfig
    original = Original(
        "TensorFlow", "tensorflow", "borzuki/keras_original.py",
        "pip install tensorflow-cpu==2.15.1 (Python 3.9 to 3.11)",
    )  # fmt: skip

    def __init__(self, config: BorzukiConfig, head: str) -> None:
        super().__init__(config, head)
        widths = config.tower.widths
        channels = widths[-1]
        self.stem = Stem(config.stem)
        self.tower = Tower(config.stem.filters, config.tower)
        self.transformer = nn.ModuleList(
            TransformerBlock(channels, config.transformer, config.adapter_width)
            for _ in range(config.transformer.repeat)
        )
        skip_widths = widths[::-1][: len(config.unets)]
        self.unet = nn.ModuleList(
            UNetStep(channels, skip, unet)
            for skip, unet in zip(skip_widths, config.unets, strict=True)
        )
        self.head = Dense(channels, config.heads[head].units)

    def read_weights(self, path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
        """Tensors of a published Keras file, or of ours, and the metadata of ours."""
        if path.suffix in KERAS:
            return keras_state_dict(path, self.tensor_order()), {}
        return super().read_weights(path)

    def for_original(self, weights: Path | None, folder: Path) -> tuple[Path, bool]:
        """The weights that Keras reads: the published file, or else our tensors in `folder`.

        Returns
        -------
        (Path, bool)
            The bool says whether it is the published file.

        Raises
        ------
        InputError
            If the network has adapters, which the graph in Keras has not.
        """
        if self.config.adapter_width:
            raise InputError("bottleneck adapters are not verified; merge or leave them out")
        if weights is not None and weights.suffix in KERAS:
            return weights, True
        path = folder / "tensors.npz"
        arrays: dict[str, Any] = keras_arrays(self.state_dict(), self.tensor_order())
        np.savez(path, **arrays)
        return path, False

    def initialise(self) -> None:
        """Draw the weights that training starts from in the original.

        Kernels are drawn as the hyperparameters name them, those of separable convolutions as
        Keras does without a name; the output map of every attention and all biases are 0, but
        for the two biases of its queries, which are drawn.
        """
        set_constants(self)
        for kernel in self.kernels():
            kernel.draw()

    def draw_alive(self) -> None:
        """Draw weights that let every base reach every bin; see `layers.Network`.

        The start of the original has attention that adds nothing and separable convolutions that
        fade: a base changes some 30 bins around it, by little.
        """
        for parameter in self.parameters():
            # torch's own initialisation fades with depth
            if parameter.ndim > 1:
                nn.init.kaiming_normal_(parameter, nonlinearity="linear")

    def regularisation(self) -> Tensor:
        """The L2 penalty of the hyperparameters on backbone and head, a scalar to add to a loss."""
        penalties = [kernel.penalty() for kernel in self.kernels() if kernel.l2_scale]
        return sum(penalties, start=self.head.weight.new_zeros(()))

    def kernels(self) -> Iterator[Kernel]:
        """All tensors that are drawn, the head's last."""
        for part in (self.stem, self.tower, *self.transformer, *self.unet):
            yield from part.kernels()
        yield self._head_kernel()

    def _head_kernel(self) -> Kernel:
        head = self.config.heads[self.head_name]
        return kernel_of(self.head, head.kernel_initializer, head.l2_scale)

    def initialise_head(self) -> None:
        """Draw the kernel of the head; its biases are 0."""
        set_constants(self.head)
        self._head_kernel().draw()

    def projections(self, key_and_output: bool) -> list[nn.Module]:
        """Maps of each attention to queries and values, and to keys and the output."""
        names = ("query", "value") + ("key", "output") * key_and_output
        return [getattr(block.attention, name) for block in self.transformer for name in names]

    def convolutions(self) -> list[nn.Module]:
        """Those of stem and tower."""
        parts = [*self.stem.modules(), *self.tower.modules()]
        return [part for part in parts if isinstance(part, Conv)]

    def adapters(self) -> list[HoulsbyAdapter]:
        """Two a transformer block, where the hyperparameters have them."""
        return [part for part in self.transformer.modules() if isinstance(part, HoulsbyAdapter)]

    @property
    def grid_bp(self) -> int:
        """Base pairs of a position of the transformer."""
        return self.config.token_size_bp

    @property
    def reach_bp(self) -> int:
        """Base pairs that a position of the transformer sees on either side of its own."""
        return self._sees_bp(self.config.tower.repeat)

    def _sees_bp(self, blocks: int) -> int:
        """Base pairs on either side that a position sees after so many blocks of the tower."""
        doublings = sum(2 ** (i + 1) for i in range(blocks))
        return self.config.stem.kernel_size // 2 + self.config.tower.kernel_size // 2 * doublings

    def convolve(self, one_hot: Tensor) -> tuple[Tensor, ...]:
        """Stem and tower: the transformer's input, and what each step of the U-net joins to it.

        Parameters
        ----------
        one_hot : Tensor, shape=(batch, 4, length)
            Channels A, C, G, T; a length that the token size divides.

        Returns
        -------
        tuple of Tensor, shape=(batch, positions, channels)
            The coarsest resolution first.
        """
        if (
            one_hot.ndim != 3
            or one_hot.shape[1] != 4
            or one_hot.shape[2] % self.config.token_size_bp
        ):
            raise InputError(
                f"one-hot input of shape {tuple(one_hot.shape)}; expected (batch, 4, length) with "
                f"a length that is a multiple of {self.config.token_size_bp} bp"
            )
        # none of which the U-net joins before pooling
        begun = min(3, self.config.tower.repeat - len(self.unet))
        x = self._begin(one_hot, begun)
        x, skips = self.tower(x, begun, set(self._skip_bins_bp), self._run)
        return (x, *(skips[bin_bp] for bin_bp in self._skip_bins_bp))

    def _begin(self, one_hot: Tensor, blocks: int) -> Tensor:
        """Stem and first blocks of the tower; on a CPU, stretch by stretch of the window.

        Their activations are the largest: to map and to clear hundreds of MB takes a tenth of the
        time of a forward pass, or a third where memory is short.
        """
        length, token_bp, position_bp = one_hot.shape[2], self.config.token_size_bp, 2 << blocks
        margin = -(-self._sees_bp(blocks) // token_bp) * token_bp
        stretch = max(STRETCH_BP // max(1, len(one_hot)) // token_bp * token_bp, 8 * margin)
        if one_hot.device.type != "cpu" or torch.is_grad_enabled():
            stretch = length
        parts = []
        for start in range(0, length, stretch):
            end = min(start + stretch, length)
            left, right = max(0, start - margin), min(length, end + margin)
            # (batch, bases, 4), then (batch, positions, channels)
            x = self._run(self.stem, one_hot[:, :, left:right].transpose(1, 2).contiguous())
            x = self.tower.begin(x, blocks, self._run)
            parts.append(x[:, (start - left) // position_bp : (end - left) // position_bp])
        return parts[0] if len(parts) == 1 else torch.cat(parts, 1)

    def convolve_at(
        self, one_hot: Tensor, places: Sequence[tuple[int, int]]
    ) -> list[tuple[Tensor, ...]]:
        """Stem and tower of several runs of cells; see `borzuki.phases`."""
        skips_bp = self._skip_bins_bp
        x = one_hot.transpose(1, 2).contiguous()
        found = convolve_at(self.stem, self.tower, x, places, set(skips_bp))
        return [tuple(run[bp] for bp in (self.grid_bp, *skips_bp)) for run in found]

    @property
    def _skip_bins_bp(self) -> list[int]:
        """Resolutions that the steps of the U-net join, in their order."""
        return [self.config.token_size_bp >> (i + 1) for i in range(len(self.unet))]

    def trunk(self, one_hot: Tensor) -> Tensor:
        """All but the head: what several heads can share.

        Parameters
        ----------
        one_hot : Tensor, shape=(batch, 4, length)
            As `convolve` takes it.

        Returns
        -------
        Tensor, shape=(batch, bins, channels)
            Input of `read_out`.
        """
        return self._attend(self.convolve(one_hot))

    def finish(self, convolved: tuple[Tensor, ...]) -> Tensor:
        """Transformer, U-net and head; see `coverage.ConvolutionsFirst`."""
        return self.read_out(self._attend(convolved))

    def remember(self, convolved: tuple[Tensor, ...]) -> FirstLayer | None:
        """Of the first attention layer, if another one follows; see `borzuki.reuse`."""
        return remember(self.transformer, convolved[0])

    def finish_part(
        self,
        convolved: tuple[Tensor, ...],
        wanted: Wanted,
        remembered: FirstLayer | None = None,
        changed: ChangedCells | None = None,
    ) -> Tensor:
        """Only what the wanted bins and tracks need; see `coverage.ConvolutionsFirst`."""
        x, *skips = convolved
        n = (x.shape[1] << len(self.unet)) - 2 * self.crop_bins
        bins = wanted.bins(n).to(x.device)
        if not len(bins):
            return x.new_full((len(x), self.tracks, n), torch.nan)
        places = bins + self.crop_bins
        if 2 * len(bins) <= n:
            levels, rows = levels_of(self.unet, places, n + 2 * self.crop_bins)
            x = transform(self.transformer, x, rows, remembered, changed)
            x = upsample_at(self.unet, x, skips, levels)
        else:
            x = transform(self.transformer, x, None, remembered, changed)
            x = self._upsample(x, skips)[:, places]
        return wanted.spread(self.read_out(gelu(x), wanted.channels), self.tracks, n)

    def _attend(self, convolved: tuple[Tensor, ...]) -> Tensor:
        x, *skips = convolved
        for block in self.transformer:
            x = self._run(block, x)
        x = self._upsample(x, skips)
        if self.crop_bins:
            x = x[:, self.crop_bins : -self.crop_bins]
        return gelu(x)

    def _upsample(self, x: Tensor, skips: Sequence[Tensor]) -> Tensor:
        for step, skip in zip(self.unet, skips, strict=True):
            x = self._run(step, x, skip)
        return x

    def read_out(self, features: Tensor, channels: Tensor | None = None) -> Tensor:
        """Coverage of tracks, all by default, from the backbone's ``(batch, bins, channels)``."""
        if channels is None:
            made = self.head(features)
        else:
            channels = channels.to(features.device)
            made = affine(features, self.head.weight[channels], self.head.bias[channels])
        return F.softplus(made).transpose(1, 2)

    def _run(self, module: nn.Module, *inputs: Any, **options: Any) -> Any:
        # only what enters a block is kept: some more time for less than half of the memory
        if self.checkpoint_activations and torch.is_grad_enabled():
            return recompute_in_backward(module, *inputs, **options)
        return module(*inputs, **options)

    def tensor_order(self) -> list[tuple[str, str]]:
        """Modules with weights in the order Keras made them: (kind of layer, our prefix)."""
        order = [("conv1d", "stem.conv")]
        for i in range(len(self.tower.blocks)):
            order += [("batch_normalization", f"tower.blocks.{i}.norm"),
                      ("conv1d", f"tower.blocks.{i}.conv")]  # fmt: skip
        for i, block in enumerate(self.transformer):
            prefix = f"transformer.{i}"
            order += [("layer_normalization", f"{prefix}.attention_norm"),
                      ("multihead_attention", f"{prefix}.attention")]  # fmt: skip
            if block.has_feed_forward:
                order += [
                    ("layer_normalization", f"{prefix}.feed_forward_norm"),
                    ("dense", f"{prefix}.expand"),
                    ("dense", f"{prefix}.contract"),
                ]
        for i, step in enumerate(self.unet):
            order += [("batch_normalization", f"unet.{i}.norm"),
                      ("batch_normalization", f"unet.{i}.skip_norm")]  # fmt: skip
            if isinstance(step.dense, Dense):
                order.append(("dense", f"unet.{i}.dense"))
            order += [("dense", f"unet.{i}.skip_dense"), ("separable_conv1d", f"unet.{i}.conv")]
        return [*order, ("dense", "head")]
