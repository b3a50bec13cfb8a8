"""The training loop: AdamW on batches of a task, the best weights kept, exact to resume."""

import logging
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any, Protocol

import polars as pl
import torch
from torch import Tensor
from torch.nn.utils import clip_grad_norm_
from torch.optim import AdamW

from seqcast.errors import InputError
from seqcast.progress import progress
from seqcast.training.checkpoints import (
    load_checkpoint,
    random_states,
    save_checkpoint,
    set_random_states,
    tensors_digest,
)
from seqcast.training.recipe import Recipe, learning_rate

logger = logging.getLogger(__name__)

Batch = Sequence[tuple[float, Any]]
"""Parts of a batch, each with its weight: the loss of the batch is the weighted mean of theirs."""


class Task(Protocol):
    """What is learned. Only a task knows what its batches hold.

    ``batches`` yields those of an epoch (0, 1, ...) from number ``start`` on. They depend on the
    recipe, its seed included, the epoch and their number alone, so that a resumed training sees
    what one that ran through saw. ``loss`` is the mean over the examples of one part.
    ``describe`` names the examples of a batch, for errors. ``validate`` gives named numbers,
    among them ``loss`` and what ``Recipe.select_by`` names. ``digest`` stands for all the data
    and the task's own settings.
    """

    @property
    def digest(self) -> str: ...
    def steps_an_epoch(self, recipe: Recipe) -> int: ...
    def batches(self, recipe: Recipe, epoch: int, start: int) -> Iterator[Batch]: ...
    def loss(self, model: torch.nn.Module, part: Any) -> Tensor: ...
    def describe(self, batch: Batch) -> str: ...
    def validate(self, model: torch.nn.Module, recipe: Recipe) -> dict[str, float]: ...


@dataclass
class Progress:
    """Where a training stands, beside its weights and its optimiser.

    Parameters
    ----------
    step : int
        Steps done.
    losses, gradient_norms : list of float
        Of the steps since the last evaluation.
    history : list of dict
        A row an evaluation.
    best : dict of Tensor
        Weights of the best evaluation, on the CPU.
    best_value : float
        What it reached; larger is better.
    worse : int
        Evaluations since.
    """

    step: int = 0
    losses: list[float] = field(default_factory=list)
    gradient_norms: list[float] = field(default_factory=list)
    history: list[dict[str, Any]] = field(default_factory=list)
    best: dict[str, Tensor] = field(default_factory=dict)
    best_value: float = -math.inf
    worse: int = 0


def train(
    model: torch.nn.Module, task: Task, recipe: Recipe, checkpoint: str | Path | None = None
) -> pl.DataFrame:
    """Train a model, which ends with the weights of its best evaluation.

    Parameters
    ----------
    model : Module
        On the device to compute on, with its initial weights; changed in place.
    task : Task
    recipe : Recipe
    checkpoint : path, optional
        File that is written now and then. Where it exists, the training goes on from it, and
        takes the same steps as if it had never stopped: on a CPU, with the same number of threads
        and versions, weights and history are equal to the last bit.

    Returns
    -------
    DataFrame[step, epoch, learning_rate, train_loss, gradient_norm, validation_*, best]
        A row an evaluation, the first before any step. ``train_loss`` and ``gradient_norm``
        (before clipping) are means over the steps since the row before.

    Raises
    ------
    InputError
        If a loss is not finite, or the checkpoint belongs to another training.

    Notes
    -----
    Steps, clipping and schedule are those of DNABERT's ``examples/run_finetune.py`` (28d679a).
    AdamW is torch's, which takes the decay off before the step and adds epsilon after the bias
    correction; transformers 2.5 did both the other way round.
    """
    device = next(model.parameters()).device
    steps_an_epoch = task.steps_an_epoch(recipe)
    total = recipe.total_steps(steps_an_epoch)
    evaluate_every = recipe.evaluate_every or steps_an_epoch
    checkpoint_every = recipe.checkpoint_every or evaluate_every
    identity = {"data": task.digest, "initial weights": tensors_digest(model.state_dict()),
                **{f"recipe's {key}": value for key, value in recipe.facts().items()}}  # fmt: skip
    optimiser = new_optimiser(model, recipe)
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        torch.manual_seed(recipe.seed)
        state = _resume(checkpoint, identity, model, optimiser, device)
        if not state.history:
            _evaluate(model, task, recipe, state, steps_an_epoch, total)
        batches = _batches(task, recipe, state.step, steps_an_epoch)
        steps = zip(range(state.step, total), batches, strict=False)
        for step, batch in progress(total - state.step, "step")(steps):
            if recipe.patience and state.worse >= recipe.patience:
                logger.info("stopped at step %d: %d evaluations were no better", step, state.worse)
                break
            rate = learning_rate(recipe, step, total)
            loss, norm = take_step(model, optimiser, task, batch, rate, recipe)
            if not (math.isfinite(loss) and math.isfinite(norm)):
                raise InputError(_not_finite(f"loss {loss}, gradient norm {norm}", step, rate)
                                 + f" The batch: {task.describe(batch)}")  # fmt: skip
            state.step = step + 1
            state.losses.append(loss)
            state.gradient_norms.append(norm)
            if state.step % evaluate_every == 0 or state.step == total:
                _evaluate(model, task, recipe, state, steps_an_epoch, total)
            if checkpoint and (state.step % checkpoint_every == 0 or state.step == total):
                _save(checkpoint, identity, model, optimiser, state, device)
    model.load_state_dict(state.best)
    return pl.DataFrame(state.history, infer_schema_length=None)


def new_optimiser(model: torch.nn.Module, recipe: Recipe) -> AdamW:
    """AdamW on what may be trained; biases and weights of normalisations do not decay.

    These are the parameters with one axis: in BERT the same as ``bias`` and ``LayerNorm.weight``.
    """
    wanted = [parameter for parameter in model.parameters() if parameter.requires_grad]
    groups = [
        {"params": [p for p in wanted if p.ndim > 1], "weight_decay": recipe.weight_decay},
        {"params": [p for p in wanted if p.ndim <= 1], "weight_decay": 0.0},
    ]
    return AdamW(groups, recipe.learning_rate, (recipe.beta1, recipe.beta2), recipe.epsilon)


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
    for weight, part in batch:
        with autocast(model, recipe):
            share = task.loss(model, part) * (weight / total)
        share.backward()
        loss += share.item()
    parameters = [p for group in optimiser.param_groups for p in group["params"]]
    norm = clip_grad_norm_(parameters, recipe.gradient_clip_norm or math.inf).item()
    for group in optimiser.param_groups:
        group["lr"] = rate
    if math.isfinite(loss) and math.isfinite(norm):
        optimiser.step()
    return loss, norm


def autocast(model: torch.nn.Module, recipe: Recipe) -> torch.autocast:
    """The recipe's arithmetic, for the forward pass."""
    device = next(model.parameters()).device.type
    return torch.autocast(device, torch.bfloat16, enabled=recipe.precision == "bf16")


def _batches(task: Task, recipe: Recipe, step: int, steps_an_epoch: int) -> Iterator[Batch]:
    """Batches of the training from a step on, without end."""
    first, start = divmod(step, steps_an_epoch)
    for epoch in count(first):
        yield from task.batches(recipe, epoch, start if epoch == first else 0)


def _evaluate(
    model: torch.nn.Module, task: Task, recipe: Recipe, state: Progress, steps_an_epoch: int,
    total: int,
) -> None:  # fmt: skip
    """Add a row to the history, and keep the weights if they are the best so far."""
    model.eval()
    with torch.inference_mode(), autocast(model, recipe):
        values = task.validate(model, recipe)
    if recipe.select_by not in values:
        raise InputError(
            f"select_by is {recipe.select_by!r}; the task's validation gives {', '.join(values)}"
        )
    rate = learning_rate(recipe, max(state.step - 1, 0), total)
    chosen = values[recipe.select_by] * (-1 if recipe.select_by == "loss" else 1)
    if not math.isfinite(chosen):
        raise InputError(
            _not_finite(f"validation {recipe.select_by} {abs(chosen)}", state.step, rate)
        )
    if best := chosen > state.best_value:
        state.best_value, state.worse = chosen, 0
        state.best = {k: v.detach().cpu().clone() for k, v in model.state_dict().items()}
    else:
        state.worse += 1
    row = {
        "step": state.step, "epoch": state.step / steps_an_epoch, "learning_rate": rate,
        "train_loss": _mean(state.losses), "gradient_norm": _mean(state.gradient_norms),
        **{f"validation_{name}": value for name, value in values.items()}, "best": best,
    }  # fmt: skip
    state.history.append(row)
    state.losses, state.gradient_norms = [], []
    said = [f"{k} {v:.4g}" for k, v in row.items() if isinstance(v, float)]
    logger.info("step %d of %d: %s%s", state.step, total, ", ".join(said), best * ", best so far")


def _resume(
    checkpoint: str | Path | None, identity: Mapping[str, Any], model: torch.nn.Module,
    optimiser: AdamW, device: torch.device,
) -> Progress:  # fmt: skip
    found = load_checkpoint(checkpoint, identity) if checkpoint else None
    if found is None:
        return Progress()
    model.load_state_dict(found["model"])
    optimiser.load_state_dict(found["optimiser"])
    set_random_states(found["random"], device)
    logger.info("went on from %s, step %d", checkpoint, found["progress"]["step"])
    return Progress(**found["progress"])


def _save(
    checkpoint: str | Path, identity: Mapping[str, Any], model: torch.nn.Module,
    optimiser: AdamW, state: Progress, device: torch.device,
) -> None:  # fmt: skip
    save_checkpoint(
        checkpoint,
        {"model": model.state_dict(), "optimiser": optimiser.state_dict(),
         "random": random_states(device), "progress": vars(state)},
        identity,
    )  # fmt: skip


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None


def _not_finite(what: str, step: int, rate: float) -> str:
    return (
        f"training went astray at step {step} (learning rate {rate:.3g}): {what}. Lower "
        "learning_rate, lengthen warmup, set gradient_clip_norm to 1 and precision to fp32; if it "
        "happens at the first steps, check the initial weights and the data."
    )
