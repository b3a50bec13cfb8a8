"""One training by several processes: each takes a fraction of the parts of every batch.

Started by `training.launch`, or by torch's own launcher, ``torchrun --nproc-per-node=2 ...``:
`session` reads what either says in the environment. Without it there is one process, and nothing
here does anything.

Gradients are added up before each step, so that it is the step of a single process up to rounding;
weights are the same in all processes to the bit. Batch normalisation sees the parts of its own
process, as it sees each part of a batch on its own in a single one, and its running statistics are
averaged over the processes after each step: they, and dropout, differ from a single process.
Each process validates all windows; what the first one finds counts.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, TypeVar

import torch
import torch.distributed as dist
from torch import Tensor

Value = TypeVar("Value")
TIMEOUT = timedelta(hours=2)  # processes wait for each other while the first one writes files


@contextmanager
def session(device: torch.device) -> Iterator[torch.device]:
    """Meet the other processes, where a launcher started this one, for the block.

    Parameters
    ----------
    device : device
        What this process computes on; of several GPUs its own (`devices.choose_device`).

    Yields
    ------
    device
        The same.
    """
    if "WORLD_SIZE" not in os.environ or dist.is_initialized():
        yield device
        return
    if device.type == "cuda":
        torch.cuda.set_device(device)
    dist.init_process_group("nccl" if device.type == "cuda" else "gloo", timeout=TIMEOUT)
    yield device
    # not after an error: the others may be waiting for this process, and the launcher ends them
    dist.destroy_process_group()


def processes() -> int:
    """Number of processes of this training."""
    return dist.get_world_size() if dist.is_available() and dist.is_initialized() else 1


def rank() -> int:
    """Number of this process, from 0. Process 0 writes files."""
    return dist.get_rank() if processes() > 1 else 0


def is_mine(part: int) -> bool:
    """Whether a part of a batch, by its number, is for this process."""
    return part % processes() == rank()


def add_gradients(parameters: Sequence[torch.nn.Parameter], loss: float) -> float:
    """Add up gradients, in place, and a loss over the processes.

    A parameter that no process has a gradient of keeps None, so that the optimiser leaves it alone.

    Returns
    -------
    float
        Sum of the losses.
    """
    if processes() == 1:
        return loss
    like = parameters[0]
    found = torch.tensor([p.grad is not None for p in parameters], dtype=torch.int32)
    found = found.to(like.device)
    dist.all_reduce(found, dist.ReduceOp.MAX)
    moved = [p for p, any_gradient in zip(parameters, found.tolist(), strict=True) if any_gradient]
    for parameter in moved:
        if parameter.grad is None:
            parameter.grad = torch.zeros_like(parameter)
    gradients = [p.grad for p in moved if p.grad is not None]
    flat = torch.cat([g.reshape(-1) for g in gradients] + [like.new_tensor([loss])])
    dist.all_reduce(flat)
    start = 0
    for gradient in gradients:
        gradient.copy_(flat[start : start + gradient.numel()].view_as(gradient))
        start += gradient.numel()
    return float(flat[-1].item())


def average_buffers(model: torch.nn.Module) -> None:
    """Replace running statistics of normalisations by their mean over the processes.

    Those of frozen layers, in evaluation mode, are the same everywhere; their mean could round.
    """
    if processes() == 1:
        return
    for module in filter(lambda module: module.training, model.modules()):
        for name, buffer in module.named_buffers(recurse=False):
            if name.startswith("running_"):
                dist.all_reduce(buffer)
                buffer /= processes()


def from_first(value: Value) -> Value:
    """The value that process 0 has."""
    if processes() == 1:
        return value
    values = [value]
    dist.broadcast_object_list(values)
    return values[0]


def gathered(value: dict[str, Tensor]) -> list[Any]:
    """What each process has, in the order of their numbers."""
    if processes() == 1:
        return [value]
    values: list[Any] = [None] * processes()
    dist.all_gather_object(values, value)
    return values
