"""The training loop: AdamW on batches of a task, the best weights kept, exact to resume."""

import logging
import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, nullcontext
from dataclasses import dataclass, field, replace
from itertools import chain, count, islice
from pathlib import Path
from typing import Any

import polars as pl
import torch
from torch import Tensor

from seqcast.core.errors import InputError
from seqcast.core.progress import progress
from seqcast.core.store import atomic
from seqcast.models.precision import chosen_precision, use_precision
from seqcast.models.settings import AUTO
from seqcast.training import parallel
from seqcast.training.averaging import WeightAverage
from seqcast.training.checkpoints import (
    load_checkpoint,
    random_states,
    save_checkpoint,
    set_random_states,
    tensors_digest,
)
from seqcast.training.prefetch import Clock, prefetched
from seqcast.training.recipe import Recipe, learning_rate
from seqcast.training.steps import Batch, Task, autocast, new_optimiser, take_step

logger = logging.getLogger(__name__)

BATCHES_AHEAD = 4  # that are read, each by a thread, while a step runs


@dataclass
class Progress:
    """Where a training stands, next to its weights and its optimiser.

    Parameters
    ----------
    step : int
        Steps done.
    losses, gradient_norms : list of float
        Of the steps since the last evaluation.
    history : list of dict
        One row per evaluation.
    best : dict of dict of Tensor
        Weights of the best evaluation of each head, on the CPU.
    best_value : dict of float
        What each head reached; larger is better.
    worse : dict of int
        Evaluations since.
    precision : str
        Of all steps: what the recipe's "auto" was settled to at the first.
    """

    step: int = 0
    losses: list[float] = field(default_factory=list)
    gradient_norms: list[float] = field(default_factory=list)
    history: list[dict[str, Any]] = field(default_factory=list)
    best: dict[str, dict[str, Tensor]] = field(default_factory=dict)
    best_value: dict[str, float] = field(default_factory=dict)
    worse: dict[str, int] = field(default_factory=dict)
    precision: str = ""


def train(
    model: torch.nn.Module, task: Task, recipe: Recipe, checkpoint: str | Path | None = None,
    params: Mapping[str, Any] | None = None, code: str = "",
) -> pl.DataFrame:  # fmt: skip
    """Train a model, which ends with the weights of its best evaluation.

    Parameters
    ----------
    model : Module
        On the device to compute on, with its initial weights; changed in place.
    task : Task
    recipe : Recipe
    checkpoint : path, optional
        File that is written now and then. Where it exists, the training resumes from it, and
        takes the same steps as if it had never stopped: on a CPU, with the same number of threads
        and versions, weights and history are equal to the last bit, but for ``data_wait_share``,
        which is a time.
    params : mapping, optional
        Hyperparameters of the model, as JSON has them: such as dropout, which no weight shows. A
        checkpoint of others is refused.
    code : str
        Digest of the code (`plan.code.code_digest`). The log warns where a checkpoint was written
        by another.

    Returns
    -------
    DataFrame[step, epoch, learning_rate, train_loss, gradient_norm, validation_*, best]
        One row per evaluation, the first before any step. ``train_loss`` and ``gradient_norm``
        (before clipping) are means over the steps since the row before. A task whose batches are
        read ahead has ``data_wait_share`` too: the fraction of the steps' time that was waiting for
        data; one whose precision is auto has ``bf16``: whether that was chosen.

    Raises
    ------
    InputError
        If a loss is not finite, or the checkpoint belongs to another training. The batch of such a
        loss is described in the message, and in a file next to the checkpoint.

    Notes
    -----
    Steps, clipping and schedule are those of DNABERT's ``examples/run_finetune.py`` (28d679a).
    AdamW is torch's, which takes the decay off before the step and adds epsilon after the bias
    correction; transformers 2.5 did both the other way round.
    """
    history, best = train_heads(model, task, recipe, checkpoint, params, code)
    model.load_state_dict(best[task.heads[0]])
    return history


def train_heads(
    model: torch.nn.Module, task: Task, recipe: Recipe, checkpoint: str | Path | None = None,
    params: Mapping[str, Any] | None = None, code: str = "",
) -> tuple[pl.DataFrame, dict[str, dict[str, Tensor]]]:  # fmt: skip
    """Train a model whose heads choose their weights apart, each at its own best evaluation.

    Parameters and errors are those of `train`; the model ends with the weights of the last step.

    Returns
    -------
    history : DataFrame
        As that of `train`; ``best`` is of the first head, ``best_<head>`` of each other one.
    best : dict of dict of Tensor
        Head to the model's state at its best evaluation, on the CPU. The head of a task that names
        none is "".
    """
    device = next(model.parameters()).device
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        # a process of its own has its own dropout
        torch.manual_seed(recipe.seed + parallel.rank())
        run = _Run(model, task, recipe, Path(checkpoint) if checkpoint else None, params, code)
        run.take_steps()
    return pl.DataFrame(run.state.history, infer_schema_length=None), run.state.best


class _Run:
    """A training under way."""

    def __init__(
        self, model: torch.nn.Module, task: Task, recipe: Recipe, checkpoint: Path | None,
        params: Mapping[str, Any] | None, code: str,
    ) -> None:  # fmt: skip
        self.model, self.task, self.recipe, self.checkpoint = model, task, recipe, checkpoint
        self.code = code
        self.device = next(model.parameters()).device
        self.steps_an_epoch = task.steps_an_epoch(recipe)
        self.total = recipe.total_steps(self.steps_an_epoch)
        if (recipe.warmup_steps or 0) >= self.total:
            raise InputError(
                f"warmup_steps is {recipe.warmup_steps}; expected fewer than the {self.total} of "
                "this training, or the learning rate never reaches its value. Lower warmup_steps, "
                "or train for more epochs or steps"
            )
        self.identity = {
            "data": task.digest, "initial weights": tensors_digest(model.state_dict()),
            **{f"recipe's {key}": value for key, value in recipe.facts().items()},
            "number of processes": parallel.processes(),
            **({} if params is None else {"hyperparameters": dict(params)}),
        }  # fmt: skip
        self.optimiser = new_optimiser(model, recipe)
        self.average = (
            WeightAverage(model, recipe.ema_decay) if recipe.ema_decay is not None else None
        )
        self.clock = Clock()
        self.state = self._resumed()
        if not self.state.precision:
            asked = parallel.from_first(chosen_precision(recipe.precision, self.device))
            self.state.precision = asked
        self.tells_precision = recipe.precision == AUTO
        self.recipe = replace(recipe, precision=self.state.precision)
        use_precision(self.state.precision, self.device)

    def take_steps(self) -> None:
        """All steps that are left, with evaluations and checkpoints."""
        state, recipe = self.state, self.recipe
        evaluate_every = recipe.evaluate_every or self.steps_an_epoch
        checkpoint_every = recipe.checkpoint_every or evaluate_every
        if not state.history:
            self._evaluate()
        with closing(self.clock.timed(self._batches())) as batches:
            steps = zip(range(state.step, self.total), batches, strict=False)
            for step, batch in progress(self.total - state.step, "step")(steps):
                if self._is_out_of_patience():
                    logger.info("stopped at step %d: %d evaluations were no better", step,
                                min(state.worse.values()))  # fmt: skip
                    break
                self._step(step, batch)
                last = state.step == self.total
                if state.step % evaluate_every == 0 or last:
                    self._evaluate()
                if self.checkpoint and (state.step % checkpoint_every == 0 or last):
                    self._save(self.checkpoint)
        if self.checkpoint:
            _told_file(self.checkpoint).unlink(missing_ok=True)  # of an attempt before this one

    def _batches(self) -> Iterator[Batch]:
        """Batches of all steps that are left."""
        first, start = divmod(self.state.step, self.steps_an_epoch)
        epochs = (
            self.task.batches(self.recipe, epoch, start if epoch == first else 0)
            for epoch in count(first)
        )
        batches = chain.from_iterable(epochs)
        if not self.task.reads_ahead:
            return batches
        left = islice(batches, self.total - self.state.step)
        return prefetched(left, self._loaded, BATCHES_AHEAD)

    def _loaded(self, batch: Batch) -> Batch:
        """A batch with the data of the parts that this process takes."""
        return [(weight, self.task.load(part) if parallel.is_mine(number) else part)
                for number, (weight, part) in enumerate(batch)]  # fmt: skip

    def _is_out_of_patience(self) -> bool:
        patience, least = self.recipe.patience, self.recipe.min_epochs or 0
        return bool(
            patience
            and min(self.state.worse.values()) >= patience
            and self.state.step >= least * self.steps_an_epoch
        )

    def _step(self, step: int, batch: Batch) -> None:
        rate = learning_rate(self.recipe, step, self.total)
        with self.clock.computing():
            loss, norm = take_step(self.model, self.optimiser, self.task, batch, rate, self.recipe)
        if not (math.isfinite(loss) and math.isfinite(norm)):
            what = _not_finite(f"loss {loss}, gradient norm {norm}", step, rate)
            raise InputError(what + self._told(batch, what))
        if self.average:
            self.average.update(step + 1)
        self.state.step = step + 1
        self.state.losses.append(loss)
        self.state.gradient_norms.append(norm)

    def _told(self, batch: Batch, what: str) -> str:
        """What a batch holds, for an error; next to the checkpoint there is a file that says it."""
        said = f" The batch: {self.task.describe(batch)}"
        if not self.checkpoint:
            return said
        path = _told_file(self.checkpoint)
        if parallel.rank() == 0:
            with atomic(path) as temporary:
                temporary.write_text(f"{what}\n{said.strip()}\n")
        parallel.from_first(None)  # no process fails, which ends all, before the file is there
        return f"{said} (also in {path})"

    def _evaluate(self) -> None:
        """Add a row to the history, and keep the weights where they are the best so far."""
        model, state, recipe = self.model, self.state, self.recipe
        model.eval()
        rate = learning_rate(recipe, max(state.step - 1, 0), self.total)
        with self.average.in_place() if self.average else nullcontext():
            with torch.inference_mode(), autocast(model, recipe):
                values = parallel.from_first(self.task.validate(model, recipe))
            best = {head: self._select(head, values, rate) for head in self.task.heads}
        row = {
            "step": state.step, "epoch": state.step / self.steps_an_epoch, "learning_rate": rate,
            "train_loss": _mean(state.losses), "gradient_norm": _mean(state.gradient_norms),
            **{f"validation_{name}": value for name, value in values.items()},
        }  # fmt: skip
        if self.task.reads_ahead:
            row["data_wait_share"] = self.clock.wait_share()
        if self.tells_precision:
            row["bf16"] = recipe.precision == "bf16"
        for head, is_best in best.items():
            row["best" if "best" not in row else f"best_{head}"] = is_best
        state.history.append(row)
        state.losses, state.gradient_norms = [], []
        self.clock.restart()
        said = [f"{k} {v:.4g}" for k, v in row.items() if isinstance(v, float)]
        logger.info("step %d of %d: %s%s", state.step, self.total, ", ".join(said),
                    any(best.values()) * ", best so far")  # fmt: skip

    def _select(self, head: str, values: Mapping[str, float], rate: float) -> bool:
        """Keep the weights if they are a head's best so far."""
        state, name = self.state, self.recipe.select_by + (f"_{head}" if head else "")
        if name not in values:
            raise InputError(
                f"select_by is {self.recipe.select_by!r}; the task's validation gives "
                f"{', '.join(values)}"
            )
        chosen = values[name] * (-1 if self.recipe.select_by == "loss" else 1)
        if not math.isfinite(chosen):
            raise InputError(_not_finite(f"validation {name} {abs(chosen)}", state.step, rate))
        if not chosen > state.best_value.get(head, -math.inf):
            state.worse[head] += 1
            return False
        state.best_value[head], state.worse[head] = chosen, 0
        weights = self.model.state_dict().items()
        state.best[head] = {k: v.detach().cpu().clone() for k, v in weights}
        return True

    def _resumed(self) -> Progress:
        found = load_checkpoint(self.checkpoint, self.identity) if self.checkpoint else None
        if found is None:
            return Progress()
        self.model.load_state_dict(found["model"])
        self.optimiser.load_state_dict(found["optimiser"])
        if self.average:
            self.average.load(found["average"])
        set_random_states(found["random"][parallel.rank()], self.device)
        if found.get("code", self.code) != self.code:
            logger.warning("%s was written by other code (%s, now %s): steps may differ from those "
                           "without the interruption", self.checkpoint, found["code"],
                           self.code)  # fmt: skip
        logger.info("resumed from %s, step %d", self.checkpoint, found["progress"]["step"])
        return Progress(**found["progress"])

    def _save(self, path: Path) -> None:
        random = parallel.gathered(random_states(self.device))
        if parallel.rank() > 0:
            return
        average = {"average": self.average.values} if self.average else {}
        save_checkpoint(
            path,
            {"model": self.model.state_dict(), "optimiser": self.optimiser.state_dict(),
             "random": random, "progress": vars(self.state), "code": self.code, **average},
            self.identity,
        )  # fmt: skip


def _told_file(checkpoint: Path) -> Path:
    """Where a batch is described whose loss is not finite."""
    return checkpoint.with_name(f"{checkpoint.name}.batch.txt")


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None


def _not_finite(what: str, step: int, rate: float) -> str:
    return (
        f"training went astray at step {step} (learning rate {rate:.3g}): {what}. Lower "
        "learning_rate, lengthen warmup, set gradient_clip_norm to 1 and precision to fp32; if it "
        "happens at the first steps, check the initial weights and the data."
    )
