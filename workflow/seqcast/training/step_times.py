"""How long a step of a training takes here, measured before there are data."""

import time
from collections.abc import Mapping
from typing import Any

import torch

from seqcast.models.architectures import coverage_shape
from seqcast.models.interface import build_model
from seqcast.training.losses import poisson_multinomial


def seconds_per_window(
    architecture: str, params: Mapping[str, Any], head: str, windows: int, device: str, threads: int
) -> float:  # fmt: skip
    """Time of a step that trains all weights, for each of its windows; data are made up.

    Parameters
    ----------
    architecture : str
    params : mapping
        Its hyperparameters.
    head : str
    windows : int
        Of a step.
    device : str
        "cpu" or "cuda".
    threads : int
        CPU threads.

    Returns
    -------
    float
        Seconds, of the faster of two steps: the first warms up.
    """
    torch.set_num_threads(threads)
    shape = coverage_shape(architecture, params)
    network = build_model(architecture, params, head).to(device).train()
    codes = torch.randint(0, 4, (windows, shape.window_length_bp), device=device)
    one_hot = torch.nn.functional.one_hot(codes, 4).transpose(1, 2).float()
    times = []
    for _ in range(2):
        begun = time.perf_counter()
        predicted = network(one_hot)
        loss = poisson_multinomial(predicted, torch.ones_like(predicted)).mean()
        loss.backward()
        loss.item()  # waits for a GPU
        times.append(time.perf_counter() - begun)
    return min(times) / windows
