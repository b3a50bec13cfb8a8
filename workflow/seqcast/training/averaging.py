"""A running mean of the weights of a training, which validates better than the last of them."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor


class WeightAverage:
    """Exponential moving average of what is trained.

    After step t (from 1) the average moves to the weights by ``1 - min(decay, (1 + t) / (10 + t))``
    of the way: the ramp of TensorFlow's ``ExponentialMovingAverage`` with ``num_updates``, without
    which the initial weights would count for ``1 / (1 - decay)`` steps. Statistics of batch
    normalisation, running means already, are those of the model.

    Parameters
    ----------
    model : Module
        On the device to compute on.
    decay : float
        In [0, 1); 0.999 averages over about 1,000 steps.
    """

    def __init__(self, model: torch.nn.Module, decay: float) -> None:
        self.decay = decay
        self._trained = {n: p for n, p in model.named_parameters() if p.requires_grad}
        self.values = {name: p.detach().clone() for name, p in self._trained.items()}

    @torch.no_grad()
    def update(self, step: int) -> None:
        """Move towards the weights after step `step`, counted from 1."""
        share = 1 - min(self.decay, (1 + step) / (10 + step))
        for name, parameter in self._trained.items():
            self.values[name].lerp_(parameter, share)

    @contextmanager
    def in_place(self) -> Iterator[None]:
        """The model has the averaged weights inside the block, and its own, to the bit, after."""
        self._swap()
        try:
            yield
        finally:
            self._swap()

    def load(self, values: dict[str, Tensor]) -> None:
        """Go on from the values of a checkpoint."""
        for name, value in values.items():
            self.values[name].copy_(value)

    def _swap(self) -> None:
        for name, parameter in self._trained.items():
            parameter.data, self.values[name] = self.values[name], parameter.data
