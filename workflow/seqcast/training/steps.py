"""What a training learns, and one step of it: gradients of the parts of a batch, and AdamW."""

import math
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn.utils import clip_grad_norm_
from torch.optim import AdamW

from seqcast.training import parallel
from seqcast.training.recipe import Recipe

Batch = Sequence[tuple[float, Any]]
"""Parts of a batch, each with its weight: the loss of the batch is the weighted mean of theirs."""


class Task(ABC):
    """What is learned. Only a task knows what its batches hold.

    Attributes
    ----------
    digest : str
        Stands for all the data and the task's own settings.
    heads : tuple of str
        Parts of the network that choose their weights apart; "" where the whole network does.
    reads_ahead : bool
        Whether parts come without their data, which `load` gives them.
    """

    digest: str
    heads: tuple[str, ...] = ("",)
    reads_ahead: bool = False

    @abstractmethod
    def steps_an_epoch(self, recipe: Recipe) -> int:
        """Batches of an epoch."""

    @abstractmethod
    def batches(self, recipe: Recipe, epoch: int, start: int) -> Iterator[Batch]:
        """Batches of an epoch (0, 1, ...) from number `start` on.

        They depend on the recipe, its seed included, the epoch and their number alone, so that a
        resumed training sees what one that ran through saw.
        """

    def load(self, part: Any) -> Any:
        """A part with its data.

        Called in several threads ahead of the step, and only for the parts that this process takes.
        """
        return part

    @abstractmethod
    def loss(self, model: Any, part: Any) -> Tensor:
        """The mean over the examples of a part."""

    @abstractmethod
    def describe(self, batch: Batch) -> str:
        """The examples of a batch, for errors."""

    @abstractmethod
    def validate(self, model: Any, recipe: Recipe) -> dict[str, float]:
        """Named numbers, among them ``loss`` and what ``Recipe.select_by`` names.

        Of several `heads` also ``<value>_<head>`` for each.
        """


def new_optimiser(model: torch.nn.Module, recipe: Recipe) -> AdamW:
    """AdamW on what may be trained; biases and weights of normalisations do not decay.

    These are the parameters with one axis: in BERT the same as ``bias`` and ``LayerNorm.weight``.
    """
    wanted = [parameter for parameter in model.parameters() if parameter.requires_grad]
    groups = [
        {"params": [p for p in wanted if p.ndim > 1], "weight_decay": recipe.weight_decay},
        {"params": [p for p in wanted if p.ndim <= 1], "weight_decay": 0.0},
    ]
    # fused: one pass over the weights, where the plain one calls a dozen operations on each
    return AdamW(
        groups, recipe.learning_rate, (recipe.beta1, recipe.beta2), recipe.epsilon, fused=True
    )


def take_step(
    model: torch.nn.Module, optimiser: AdamW, task: Task, batch: Batch, rate: float, recipe: Recipe
) -> tuple[float, float]:
    """One step of the optimiser on one batch, whose parts are added up.

    Returns
    -------
    loss : float
        Mean over the batch, before the step.
    gradient_norm : float
        Before clipping.
    """
    model.train()
    optimiser.zero_grad(set_to_none=True)
    total, loss = sum(weight for weight, _ in batch), 0.0
    for number, (weight, part) in enumerate(batch):
        if not parallel.is_mine(number):
            continue
        with autocast(model, recipe):
            share = task.loss(model, part) * (weight / total)
        share.backward()
        loss += share.item()
    parameters = [p for group in optimiser.param_groups for p in group["params"]]
    loss = parallel.add_gradients(parameters, loss)
    norm = clip_grad_norm_(parameters, recipe.gradient_clip_norm or math.inf).item()
    for group in optimiser.param_groups:
        group["lr"] = rate
    if math.isfinite(loss) and math.isfinite(norm):
        optimiser.step()
    parallel.average_buffers(model)
    return loss, norm


def autocast(model: torch.nn.Module, recipe: Recipe) -> torch.autocast:
    """The recipe's arithmetic, for the forward pass."""
    device = next(model.parameters()).device.type
    return torch.autocast(device, torch.bfloat16, enabled=recipe.precision == "bf16")
