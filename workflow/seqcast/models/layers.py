"""What architectures share: the base class of networks, and layers.

Activations of layers are ``(batch, length, channels)`` throughout: a convolution sees them as a
channels-last image of height 1 without a copy, and dense layers and norms act on the last axis.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from types import MappingProxyType
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.autograd.function import once_differentiable
from torch.utils.checkpoint import checkpoint

# A large freshly mapped buffer costs more in page faults than the arithmetic that fills it.
# Tiles of this many values (8 MiB in float32) stay in the allocator and in the cache.
TILE_VALUES = 1 << 21


class Network(nn.Module, ABC):
    """What networks of all tasks share.

    Attributes
    ----------
    about : mapping of str to str
        What the file of weights says of itself.
    """

    about: Mapping[str, str] = MappingProxyType({})

    @abstractmethod
    def initialise(self) -> None:
        """Draw the weights that training starts from."""

    def draw_alive(self) -> None:
        """Draw weights for runs that only show the workflow: all of the input reaches outputs."""
        self.initialise()


def gelu(x: Tensor) -> Tensor:
    """GELU in its tanh approximation, as Keras' ``approximate=True`` (`borzoi` uses no other)."""
    return F.gelu(x, approximate="tanh")


def max_pool(x: Tensor) -> Tensor:
    """Maximum over neighbouring pairs: ``(batch, length, channels)`` to half the length.

    The length must be even; every length inside the architectures is.
    """
    if torch.is_grad_enabled() and x.requires_grad:
        return _PairMaximum.apply(x)
    return torch.maximum(x[:, 0::2], x[:, 1::2])


class _PairMaximum(torch.autograd.Function):
    """Maximum of neighbours whose gradient goes to one of them, of equal ones to the first.

    So do tensorflow's; torch.maximum shares it between them, and takes longer.
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        first, second = x[:, 0::2], x[:, 1::2]
        greatest = torch.maximum(first, second)
        # as numbers on a CPU, whose kernels are slow where truth values and numbers meet
        kind = x.dtype if x.device.type == "cpu" else torch.bool
        ctx.save_for_backward(torch.ge(first, second, out=torch.empty_like(greatest, dtype=kind)))
        return greatest

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        (is_first,) = ctx.saved_tensors
        batch, pairs, channels = gradient.shape
        both = gradient.new_empty(batch, pairs, 2, channels)
        torch.mul(gradient, is_first, out=both[:, :, 0])
        torch.sub(gradient, both[:, :, 0], out=both[:, :, 1])
        return both.flatten(1, 2)


def upsample(x: Tensor) -> Tensor:
    """Repeat every position twice (nearest neighbour)."""
    return x.repeat_interleave(2, dim=1)


def _dense_as_convolution() -> bool:
    """Whether dense layers of whole batches run as 1 x 1 convolutions on this CPU.

    A convolution is oneDNN's, which uses what the processor has; a matrix product is MKL's, which
    does so on Intel's alone. On AMD's, a convolution is 2.2 times faster with AVX-512, 1.2 times
    with AVX2, and 2 times slower with neither.
    """
    cpuinfo = Path("/proc/cpuinfo")
    amd = cpuinfo.is_file() and "AuthenticAMD" in cpuinfo.read_text()[:4096]
    return amd and torch.backends.cpu.get_cpu_capability() in ("AVX2", "AVX512")


# Not by measuring: the forms differ in the last bit, and a machine gives the same bits each time.
DENSE_AS_CONVOLUTION = _dense_as_convolution()


class Dense(nn.Linear):
    """Affine map of the last axis."""

    def forward(self, x: Tensor) -> Tensor:
        # no convolution takes a length of 0, which an empty batch has once its rows are joined
        if DENSE_AS_CONVOLUTION and x.device.type == "cpu" and x.ndim == 3 and x.numel():
            return _convolve(x, self.weight[:, :, None, None], self.bias)
        return F.linear(x, self.weight, self.bias)


class BatchNorm(nn.BatchNorm1d):
    """Batch normalisation over the last axis with Keras' epsilon of 1e-3.

    In evaluation the running statistics are applied as one affine map. In training the batch's
    own are, and the running ones move towards them by `momentum` (torch's sense: 0.1 is Keras'
    0.9). The running variance takes the biased variance of the batch, as Keras does for
    ``(batch, length, channels)``; torch would take the unbiased one.
    """

    def __init__(self, channels: int, momentum: float = 0.1) -> None:
        super().__init__(channels, eps=1e-3, momentum=momentum)
        self.moves_statistics = True  # in training

    def forward(self, x: Tensor) -> Tensor:
        assert self.running_mean is not None
        assert self.running_var is not None
        if self.training:
            return self._normalise_by_batch(x, self.running_mean, self.running_var)
        scale = self.weight * torch.rsqrt(self.running_var + self.eps)
        return torch.addcmul(self.bias - self.running_mean * scale, x, scale)

    def _normalise_by_batch(self, x: Tensor, running_mean: Tensor, running_var: Tensor) -> Tensor:
        flat = x.flatten(0, -2)
        # the kernel leaves the batch's statistics here: momentum 1, and not the running ones,
        # which change while a backward pass may still be to come
        mean, unbiased = torch.zeros_like(running_mean), torch.ones_like(running_var)
        y = F.batch_norm(flat, mean, unbiased, self.weight, self.bias, True, 1.0, self.eps)
        if self.moves_statistics:
            assert self.momentum is not None
            with torch.no_grad():
                running_mean.lerp_(mean, self.momentum)
                running_var.lerp_(unbiased * (1 - 1 / len(flat)), self.momentum)
        return y.view_as(x)


class FrozenStatistics(AbstractContextManager[None]):
    """Within it no `BatchNorm` inside `module` moves its running statistics; can be entered again.

    Each backward pass through one forward enters it, where several targets have a gradient.
    """

    def __init__(self, module: nn.Module) -> None:
        self.norms = [part for part in module.modules() if isinstance(part, BatchNorm)]
        self.before: list[bool] = []

    def __enter__(self) -> None:
        self.before = [norm.moves_statistics for norm in self.norms]
        for norm in self.norms:
            norm.moves_statistics = False

    def __exit__(self, *error: object) -> None:
        for norm, moves in zip(self.norms, self.before, strict=True):
            norm.moves_statistics = moves


def recompute_in_backward(module: nn.Module, *inputs: Any, **options: Any) -> Any:
    """``module(*inputs, **options)`` that keeps its inputs only, and runs again in backward.

    The second run draws the same dropout and leaves running statistics alone, so gradients and
    state are those of a plain call.
    """
    return checkpoint(
        module, *inputs, **options, use_reentrant=False,
        context_fn=lambda: (nullcontext(), FrozenStatistics(module)),
    )  # fmt: skip


class Conv(nn.Conv2d):
    """Convolution along the length with zero padding that keeps it ("same"), odd kernels.

    The weight is ``(out, in / groups, 1, kernel)``.
    """

    def __init__(
        self, in_channels: int, out_channels: int, kernel: int, groups: int = 1, bias: bool = True
    ) -> None:
        if kernel % 2 == 0:
            raise ValueError(f"kernel {kernel} is even; 'same' padding here needs odd kernels")
        super().__init__(in_channels, out_channels, (1, kernel), groups=groups, bias=bias)

    def forward(
        self,
        x: Tensor,
        before: Callable[[Tensor], Tensor] = lambda x: x,
        after: Callable[[Tensor], Tensor] = lambda x: x,
    ) -> Tensor:
        """Compute ``after(conv(before(x)))`` tile by tile.

        Parameters
        ----------
        x : Tensor, shape=(batch, length, in_channels)
        before, after : callables
            Maps that act on each position alone (`before`), or on each pair of neighbouring
            positions at even offsets at most (`after`, a pooling).

        Returns
        -------
        Tensor, shape=(batch, length or length / 2, out_channels)
            Equal to the computation in one piece; tiles only bound the memory.
        """
        length, halo = x.shape[1], self.kernel_size[1] // 2
        tile = _tile_length(x, max(self.in_channels, self.out_channels))
        parts = []
        for start in range(0, length, tile):
            end = min(start + tile, length)
            left, right = max(0, start - halo), min(length, end + halo)
            y, padding = before(x[:, left:right]), halo
            if tile < length:
                # zeros only where the tile touches the end of the sequence
                y = F.pad(y, (0, 0, halo - (start - left), halo - (right - end)))
                padding = 0
            parts.append(after(_convolve(y, self.weight, self.bias, self.groups, padding)))
        return parts[0] if len(parts) == 1 else torch.cat(parts, dim=1)


class SeparableConv(nn.Module):
    """Depthwise convolution without bias, then a dense map of the channels with bias."""

    def __init__(self, channels: int, kernel: int) -> None:
        super().__init__()
        self.depthwise = Conv(channels, channels, kernel, groups=channels, bias=False)
        self.pointwise = Dense(channels, channels)

    def forward(self, x: Tensor) -> Tensor:
        return self.pointwise(self.depthwise(x))


def _tile_length(x: Tensor, channels: int) -> int:
    """Even number of positions to convolve at once; all of them on a GPU or for training."""
    if x.device.type != "cpu" or torch.is_grad_enabled():
        return x.shape[1]
    return max(256, TILE_VALUES // channels // 256 * 256)


def _convolve(
    x: Tensor, weight: Tensor, bias: Tensor | None, groups: int = 1, padding: int = 0
) -> Tensor:
    image = x.transpose(1, 2).unsqueeze(2)  # (batch, channels, 1, length), channels last
    made = F.conv2d(image, weight, bias, padding=(0, padding), groups=groups)
    return made.squeeze(2).transpose(1, 2)
