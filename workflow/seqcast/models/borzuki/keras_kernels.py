"""Kernels as Keras has them: how their initial values are drawn, and their L2 penalty.

Reference: Keras 2.15, whose normal initialisers are cut at two standard deviations and scaled up
to make good for it.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from seqcast.models.layers import Conv, Dense, SeparableConv

# standard deviation of a standard normal distribution that is cut at 2, as Keras writes it
CUT_NORMAL_STD = 0.87962566103423978


@dataclass(frozen=True)
class Kernel:
    """A tensor that is drawn, and its part in the loss.

    Parameters
    ----------
    values : Tensor
        The parameter.
    initializer : str
        ``lecun_normal``, ``he_normal``, ``glorot_uniform`` or ``zeros``.
    l2_scale : float
        Factor of the sum of its squares in the loss.
    fan_in, fan_out : int
        Inputs and outputs as Keras counts them, from the shape the tensor has there.
    """

    values: Tensor
    initializer: str
    l2_scale: float
    fan_in: int
    fan_out: int

    def draw(self) -> None:
        """Fill the tensor from torch's generator."""
        with torch.no_grad():
            if self.initializer == "zeros":
                self.values.zero_()
            elif self.initializer == "glorot_uniform":
                limit = (6 / (self.fan_in + self.fan_out)) ** 0.5
                self.values.uniform_(-limit, limit)
            else:
                scale = {"lecun_normal": 1.0, "he_normal": 2.0}[self.initializer]
                std = (scale / self.fan_in) ** 0.5 / CUT_NORMAL_STD
                nn.init.trunc_normal_(self.values, std=std, a=-2 * std, b=2 * std)

    def penalty(self) -> Tensor:
        """``l2_scale`` times the sum of squares; a scalar."""
        return self.l2_scale * self.values.square().sum()


def kernel_of(layer: Dense | nn.Linear | Conv, initializer: str, l2_scale: float) -> Kernel:
    """Kernel of a dense layer, or of a convolution without groups."""
    values = layer.weight
    width = values[0, 0].numel()
    return Kernel(values, initializer, l2_scale, values.shape[1] * width, values.shape[0] * width)


def kernels_of_separable(layer: SeparableConv) -> Iterator[Kernel]:
    """Both kernels, for which Keras takes neither ``kernel_initializer`` nor a penalty."""
    channels, _, _, width = layer.depthwise.weight.shape
    # (width, channels, 1) in Keras, which counts all channels as inputs of each value
    yield Kernel(layer.depthwise.weight, "glorot_uniform", 0.0, width * channels, width)
    yield kernel_of(layer.pointwise, "glorot_uniform", 0.0)


def set_constants(module: nn.Module) -> None:
    """Biases 0; norms with scale 1, running means 0 and running variances 1."""
    for part in module.modules():
        if isinstance(part, nn.BatchNorm1d | nn.LayerNorm):
            part.reset_parameters()
        elif isinstance(part, nn.Linear | nn.Conv2d) and part.bias is not None:
            nn.init.zeros_(part.bias)
