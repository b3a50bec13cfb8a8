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

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Self

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from seqcast.core.errors import InputError
from seqcast.models.borzuki.blocks import Stem, Tower, TransformerBlock, UNetStep
from seqcast.models.borzuki.config import BorzukiConfig
from seqcast.models.borzuki.keras_kernels import Kernel, kernel_of, set_constants
from seqcast.models.convert import keras_state_dict, read_safetensors
from seqcast.models.layers import Dense, gelu, recompute_in_backward

TOLD = ("tracks",)  # of what the metadata of our own files say
KERAS = {".h5", ".hdf5", ".keras"}  # suffixes of published weights


class Borzuki(nn.Module):
    """Predicted coverage, before untransformation, of every track in every bin.

    Parameters
    ----------
    config : BorzukiConfig
    head : str
        Which of ``config.heads`` the network ends in.

    Attributes
    ----------
    checkpoint_activations : bool
        Under autograd, keep only what enters each block and compute the rest again in backward:
        some more time for less than half of the memory. Gradients stay the same.
    about : dict
        Those of `TOLD` that the file of weights has. ``tracks``: identifiers of the outputs in
        their order, a list in JSON.
    """

    task = BorzukiConfig.task
    compat_options = ()

    def __init__(self, config: BorzukiConfig, head: str) -> None:
        super().__init__()
        if head not in config.heads:
            raise InputError(f"head {head!r} is not in the hyperparameters; they have "
                             f"{', '.join(config.heads)}")  # fmt: skip
        self.config = config
        self.head_name = head
        self.checkpoint_activations = False
        self.about: dict[str, str] = {}
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

    @classmethod
    def read_config(cls, params: Mapping[str, Any]) -> BorzukiConfig:
        """The architecture that a published params.json describes."""
        return BorzukiConfig.from_params(params)

    @classmethod
    def from_params(cls, params: Mapping[str, Any], head: str | None = None) -> Self:
        """Build the network that a published params.json describes, ending in `head`."""
        config = cls.read_config(params)
        return cls(config, head or next(iter(config.heads)))

    @classmethod
    def from_weights(
        cls, path: Path, params: Mapping[str, Any], head: str | None
    ) -> tuple[Self, dict[str, Tensor]]:
        """A network for the weights of `path` (Keras .h5, or ours), and their tensors.

        Without `head`, the first head that has as many outputs as the file.
        """
        config, told = cls.read_config(params), dict[str, str]()
        model = cls(config, head or next(iter(config.heads)))
        if path.suffix in KERAS:
            state = keras_state_dict(path, model.tensor_order())
        else:
            state, told = read_safetensors(path)
        outputs = len(state["head.bias"]) if "head.bias" in state else model.tracks
        fitting = [name for name, found in config.heads.items() if found.units == outputs]
        if not head and fitting and model.tracks != outputs:
            model = cls(config, fitting[0])
        model.about = {name: told[name] for name in TOLD if name in told}
        return model, state

    def initialise(self) -> None:
        """Draw the weights that the original's training starts from.

        Kernels are drawn as the hyperparameters name them, those of separable convolutions as
        Keras does without a name; the output map of every attention and all biases are 0, but
        for the two biases of its queries, which are drawn.
        """
        set_constants(self)
        for kernel in self.kernels():
            kernel.draw()

    def draw_alive(self) -> None:
        """Draw weights that let every base reach every bin, for runs that only show the workflow.

        The original's start has attention that adds nothing and separable convolutions that fade:
        a base changes some 30 bins around it, by little.
        """
        for parameter in self.parameters():
            # torch's own initialisation fades with depth
            if parameter.ndim > 1:
                nn.init.kaiming_normal_(parameter, nonlinearity="linear")

    def regularisation(self) -> Tensor:
        """The L2 penalty of the hyperparameters on trunk and head, a scalar to add to a loss."""
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

    def with_head(self, head: str) -> Self:
        """A network that shares this one's trunk, tensor by tensor, and ends in another head.

        Training either trains the trunk of both. The new head's kernel is drawn.

        Raises
        ------
        InputError
            If the hyperparameters have no such head.
        """
        with torch.device("meta"):
            other = type(self)(self.config, head)
        for part in ("stem", "tower", "transformer", "unet"):
            setattr(other, part, getattr(self, part))
        other.head = other.head.to(self.head.weight.dtype).to_empty(device=self.head.weight.device)
        set_constants(other.head)
        other._head_kernel().draw()
        other.checkpoint_activations = self.checkpoint_activations
        return other.train(self.training)

    @property
    def window_length_bp(self) -> int:
        """Length of the input the network was made for."""
        return self.config.window_length_bp

    @property
    def bin_size_bp(self) -> int:
        """Base pairs an output bin covers."""
        return self.config.bin_size_bp

    @property
    def crop_bins(self) -> int:
        """Bins at each side of the window that have no prediction."""
        return self.config.crop_bins

    @property
    def tracks(self) -> int:
        """Number of outputs a bin."""
        return self.head.out_features

    def forward(self, one_hot: Tensor) -> Tensor:
        """Predict coverage.

        Parameters
        ----------
        one_hot : Tensor, shape=(batch, 4, length)
            Channels A, C, G, T; a length that the token size divides.

        Returns
        -------
        Tensor, shape=(batch, tracks, bins)
        """
        return self.read_out(self.trunk(one_hot))

    def trunk(self, one_hot: Tensor) -> Tensor:
        """All but the head: what several heads can share.

        Parameters
        ----------
        one_hot : Tensor, shape=(batch, 4, length)
            As `forward` takes it.

        Returns
        -------
        Tensor, shape=(batch, bins, channels)
            Input of `read_out`.
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
        # (batch, length / 2, channels)
        x = self._run(self.stem, one_hot.transpose(1, 2).contiguous())
        bin_bp = self.config.token_size_bp
        skip_bins_bp = {bin_bp >> (i + 1) for i in range(len(self.unet))}
        x, skips = self.tower(x, skip_bins_bp, self._run)
        for block in self.transformer:
            x = self._run(block, x)
        for step in self.unet:
            bin_bp //= 2
            x = self._run(step, x, skips.pop(bin_bp))
        if self.crop_bins:
            x = x[:, self.crop_bins : -self.crop_bins]
        return gelu(x)

    def read_out(self, features: Tensor) -> Tensor:
        """Coverage ``(batch, tracks, bins)`` from the trunk's ``(batch, bins, channels)``."""
        return F.softplus(self.head(features)).transpose(1, 2)

    def _run(self, module: nn.Module, *inputs: Any, **options: Any) -> Any:
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
