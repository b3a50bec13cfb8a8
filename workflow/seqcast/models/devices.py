"""The device that a model computes on: checked, and one that no other job of the machine has."""

import logging
import os
import re
from pathlib import Path

import torch

from seqcast.core.device_locks import claim
from seqcast.core.errors import InputError

logger = logging.getLogger(__name__)

DRIVER = Path("/dev/nvidiactl")  # exists if there is a GPU of NVIDIA with its driver


def device_type(device: str = "auto") -> str:
    """What a device is, "cpu" or "cuda"; "auto" is a GPU if there is one.

    Raises
    ------
    InputError
        If a GPU was asked for and none is usable.
    """
    if not re.fullmatch(r"auto|cpu|cuda(:\d+)?", device):
        raise InputError(f"device {device!r}: expected auto, cpu, cuda, or cuda:1 and so on")
    if device == "cpu":
        return "cpu"
    if torch.cuda.is_available():
        return "cuda"
    if device != "auto":
        raise InputError(
            f"device {device!r} was asked for but torch {torch.__version__} {_why_no_gpu()}; "
            "set device to 'auto' or 'cpu', or install a CUDA build of torch on a GPU node"
        )
    if DRIVER.exists():
        logger.warning(
            "This machine has a GPU, but torch %s %s: computing on the CPU. Install a CUDA build "
            "of torch to use the GPU, or set device to 'cpu'.", torch.__version__, _why_no_gpu(),
        )  # fmt: skip
    return "cpu"


def choose_device(device: str = "auto") -> torch.device:
    """The device to compute on; without a number, a GPU that no other process of the user has.

    Such a GPU is this process's until it ends (`core.device_locks`). If all are taken, it is
    shared, and the log says so.

    Raises
    ------
    InputError
        As `device_type`; or if there is no GPU of that number.
    """
    if device_type(device) == "cpu":
        return torch.device("cpu")
    count = torch.cuda.device_count()
    names = [str(torch.cuda.get_device_properties(number).uuid) for number in range(count)]
    if device.startswith("cuda:"):
        number = int(device.removeprefix("cuda:"))
        if number >= count:
            raise InputError(
                f"device {device!r}: torch sees {count} GPUs, counted from 0; expected a lower "
                "number, or cuda for any of them"
            )
        claim(names[number : number + 1])  # so that others leave it alone
        return torch.device("cuda", number)
    free = claim(names)
    if free is None:
        free = int(os.environ.get("LOCAL_RANK", os.getpid())) % count
        logger.warning(
            "Other processes have all %d GPUs that this one sees; GPU %d is shared. Start as many "
            "jobs as there are GPUs (--resources gpu=%d).", count, free, count,
        )  # fmt: skip
    return torch.device("cuda", free)


def _why_no_gpu() -> str:
    """Why torch cannot use a GPU."""
    if torch.version.cuda is None and torch.version.hip is None:
        return "is a build for CPUs, which sees no GPU"
    if (visible := os.environ.get("CUDA_VISIBLE_DEVICES")) is not None:
        return f"sees no GPU (CUDA_VISIBLE_DEVICES is {visible!r})"
    return "sees no GPU"
