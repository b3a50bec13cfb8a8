"""What architectures share: the base class of networks, and layers.

Activations of layers are ``(batch, length, channels)`` throughout: a convolution sees them as a
channels-last image of height 1 without a copy, and dense layers and norms act on the last axis.
"""

import logging
import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from functools import lru_cache
from types import MappingProxyType
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.autograd.function import once_differentiable
from torch.utils.checkpoint import checkpoint

logger = logging.getLogger(__name__)

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
    if x.device.type != "cpu" or x.dtype == torch.bfloat16 or _has_gradient(x):
        return F.gelu(x, approximate="tanh")
    # (1 + tanh(u)) / 2 is sigmoid(2 u), which takes half the time of the kernel above
    scale = 2 * (2 / math.pi) ** 0.5
    gate = torch.addcmul(x.new_tensor(scale), x, x, value=0.044715 * scale)
    return gate.mul_(x).sigmoid_().mul_(x)


def _has_gradient(*tensors: Tensor | None) -> bool:
    return torch.is_grad_enabled() and any(t is not None and t.requires_grad for t in tensors)


def max_pool(x: Tensor, out: Tensor | None = None) -> Tensor:
    """Maximum over neighbouring pairs: ``(batch, length, channels)`` to half the length.

    The length must be even; every length inside the architectures is. Into `out` if given.
    """
    if _has_gradient(x):
        return _PairMaximum.apply(x)
    return torch.maximum(x[:, 0::2], x[:, 1::2], out=out)


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


# Weights of fewer values are multiplied sooner than oneDNN has set up its product.
ONEDNN_VALUES = 1 << 14


@lru_cache(maxsize=1)
def onednn_products() -> bool:
    """Whether this torch multiplies float32 matrices by oneDNN, and rightly.

    Not by timing: the forms differ in the last bit, and a machine gives the same bits each time.
    Not without AVX2, where nothing is known of its speed: torch's own adds up long rows in more
    parts, and rounds four times less.
    """
    if torch.backends.cpu.get_cpu_capability() == "DEFAULT":
        return False
    x, weight = torch.linspace(-1, 1, 24).view(4, 6), torch.linspace(1, -2, 30).view(5, 6)
    try:
        made = _onednn_product(x, weight, weight[:, 0].contiguous())
        right = torch.allclose(made, x @ weight.T + weight[:, 0], atol=1e-5)
    except (AttributeError, RuntimeError):
        right = False  # a torch without it, or with other arguments
    if not right:
        logger.info("oneDNN's products of matrices are not at hand: dense layers take torch's own")
    return right


def _onednn_product(x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
    if not (weight.is_contiguous() or weight.T.is_contiguous()):
        weight = weight.contiguous()  # for others it has a kernel that takes 300 times as long
    return torch.ops.mkldnn._linear_pointwise(x, weight, bias, "none", [], "")


def affine(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """Affine map of the last axis, ``x @ weight.T + bias``, by the library that suits the device.

    Single precision on a CPU is oneDNN's, which uses what the processor has. torch's own is MKL's,
    which does so on Intel's alone: on AMD's with AVX-512 it takes 2.2 times as long, with AVX2 1.1
    times.

    Parameters
    ----------
    x : Tensor, shape=(..., inputs)
    weight : Tensor, shape=(outputs, inputs)
    bias : Tensor, shape=(outputs,), optional

    Returns
    -------
    Tensor, shape=(..., outputs)
    """
    if (
        x.device.type != "cpu"
        or {x.dtype, weight.dtype} != {torch.float32}
        or weight.numel() < ONEDNN_VALUES
        or not x.numel()
        or torch.is_autocast_enabled("cpu")
        or not onednn_products()
    ):
        return F.linear(x, weight, bias)
    if _has_gradient(x, weight, bias):
        return _Affine.apply(x, weight, bias)
    return _onednn_product(x, weight, bias)


class _Affine(torch.autograd.Function):
    """oneDNN's product with gradients, which are products themselves."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        ctx.save_for_backward(x, weight)
        return _onednn_product(x, weight, bias)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        x, weight = ctx.saved_tensors
        to_x, to_weight, to_bias = ctx.needs_input_grad
        rows = gradient.flatten(0, -2)
        return (
            affine(gradient, weight.T) if to_x else None,
            affine(rows.T, x.flatten(0, -2).T) if to_weight else None,
            rows.sum(0) if to_bias else None,
        )


class Dense(nn.Linear):
    """Affine map of the last axis."""

    def forward(self, x: Tensor) -> Tensor:
        return affine(x, self.weight, self.bias)


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
        self, x: Tensor, before: Callable[[Tensor], Tensor] | None = None, pool: bool = False
    ) -> Tensor:
        """Compute ``max_pool(conv(before(x)))`` tile by tile.

        Parameters
        ----------
        x : Tensor, shape=(batch, length, in_channels)
        before : callable, optional
            Map that acts on each position alone.
        pool : bool
            Whether to take the maximum over neighbouring pairs.

        Returns
        -------
        Tensor, shape=(batch, length or length / 2, out_channels)
            Equal to the computation in one piece; tiles only bound the memory.
        """
        length, halo = x.shape[1], self.kernel_size[1] // 2
        tile = _tile_length(x, max(self.in_channels, self.out_channels))
        if tile >= length:
            y = _convolve(before(x) if before else x, self.weight, self.bias, self.groups, halo)
            return max_pool(y) if pool else y
        weight, made, shrink = _as_convolved(self.weight), None, 2 if pool else 1
        for start in range(0, length, tile):
            end = min(start + tile, length)
            left, right = max(0, start - halo), min(length, end + halo)
            y = before(x[:, left:right]) if before else x[:, left:right]
            if right - left < end - start + 2 * halo:  # the tile touches an end of the sequence
                y = F.pad(y, (0, 0, halo - (start - left), halo - (right - end)))
            y = _convolve(y, weight, self.bias, self.groups)
            if made is None:
                made = y.new_empty(x.shape[0], length // shrink, self.out_channels)
            part = made[:, start // shrink : end // shrink]
            max_pool(y, out=part) if pool else part.copy_(y)
        assert made is not None
        return made


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


def _as_convolved(weight: Tensor) -> Tensor:
    """A kernel in the precision and the order of axes of the convolution: once, not once a tile."""
    if torch.is_autocast_enabled("cpu"):
        weight = weight.to(torch.get_autocast_dtype("cpu"))
    return weight.contiguous(memory_format=torch.channels_last)


def _convolve(
    x: Tensor, weight: Tensor, bias: Tensor | None, groups: int = 1, padding: int = 0
) -> Tensor:
    image = x.transpose(1, 2).unsqueeze(2)  # (batch, channels, 1, length), channels last
    made = F.conv2d(image, weight, bias, padding=(0, padding), groups=groups)
    return made.squeeze(2).transpose(1, 2)
