"""Arithmetic of matrix products and convolutions, and what it costs on the device at hand."""

import logging
import time
from functools import lru_cache

import torch
import torch.nn.functional as F

from seqcast.models.settings import AUTO

logger = logging.getLogger(__name__)

CHANNELS, POSITIONS, TRIES = 128, 1024, 3  # of the products that are timed


def use_precision(precision: str, device: torch.device) -> None:
    """Let matrix products and convolutions of a GPU round to TF32, or not; for the whole process.

    By torch's own default convolutions do and matrix products do not.
    """
    if device.type == "cuda":
        torch.backends.cuda.matmul.allow_tf32 = precision == "tf32"
        torch.backends.cudnn.allow_tf32 = precision == "tf32"


def chosen_precision(precision: str, device: torch.device) -> str:
    """The precision to compute in: "auto" is the faster of fp32 and bf16, told in the log.

    A bf16 that was asked for stays, with a warning where it is the slower one.
    """
    if precision not in (AUTO, "bf16"):
        return precision
    ratio = bf16_time_ratio(device)
    if precision == AUTO:
        chosen = "bf16" if ratio < 1 else "fp32"
        logger.info("precision: %s, as bf16 takes %.2g times as long as fp32 here (%s, measured)",
                    chosen, ratio, device.type)  # fmt: skip
        return chosen
    warn_of_slow_bf16(device)
    return precision


def warn_of_slow_bf16(device: torch.device) -> None:
    """Say in the log that bf16 is slower than fp32 on a device, where it is."""
    if (ratio := bf16_time_ratio(device)) > 1:
        logger.warning(
            "bf16 takes about %.2g times as long as fp32 here (%s, measured on products of usual "
            "size): it has no instructions for it. precision fp32 is faster, and more exact",
            ratio, device.type,
        )  # fmt: skip


@lru_cache(maxsize=8)
@torch.inference_mode(False)
@torch.enable_grad()
def bf16_time_ratio(device: torch.device) -> float:
    """How many times as long bf16 takes as fp32 for a convolution and a dense map, there and back.

    Takes about a second at most, where bf16 is emulated; draws no random number.
    """
    image = torch.ones(1, CHANNELS, 1, POSITIONS, device=device, requires_grad=True)
    kernel = torch.full((CHANNELS, CHANNELS, 1, 5), 1e-3, device=device, requires_grad=True)
    dense = torch.full((4 * CHANNELS, CHANNELS), 1e-3, device=device, requires_grad=True)

    def seconds(rounded: bool) -> float:
        _wait_for(device)
        start = time.perf_counter()
        with torch.autocast(device.type, torch.bfloat16, enabled=rounded):
            made = F.conv2d(image, kernel, padding=(0, 2)).squeeze(2).mT
            made = F.linear(made, dense)
        made.float().sum().backward()
        _wait_for(device)
        return time.perf_counter() - start

    seconds(False), seconds(True)  # what is set up once
    exact, rounded = zip(*((seconds(False), seconds(True)) for _ in range(TRIES)), strict=True)
    return min(rounded) / min(exact)


def _wait_for(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)
