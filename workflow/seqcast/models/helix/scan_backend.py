"""Which program computes the scan on a GPU: mamba-ssm's Triton kernel, or ours."""

import logging
from collections.abc import Callable
from functools import lru_cache
from importlib import import_module

import torch
from torch import Tensor

Scan = Callable[..., tuple[Tensor, Tensor | None]]

# relative to the largest value: float32 sums in another order; 10 bits of mantissa (TF32)
EXACT, ROUGH = 1e-4, 1e-2
_LOG = logging.getLogger(__name__)
_KERNEL = "mamba_ssm.ops.triton.ssd_combined"


@lru_cache(maxsize=8)
def choose_scan(ours: Scan, device: torch.device, rough: bool) -> Scan:
    """mamba-ssm's kernel where it is installed and computes what `ours` does, else `ours`.

    The choice is made once a process and told in one line of the log. A kernel that fails here is
    refused; where it fails later, in a forward pass, `ours` takes over. Two failures end a run:
    memory that runs out in a forward pass, as `ours` needs no less, and any in a backward pass.

    Parameters
    ----------
    ours : callable
        `mamba2.scan`, or what has its arguments and results.
    device : torch.device
        Where the kernel is tried.
    rough : bool
        Whether products may be rounded to TF32 or bfloat16, as Triton does; otherwise a kernel that
        rounds them is refused.

    Returns
    -------
    callable
        As `ours`. The kernel takes whole sequences only and returns no state.
    """
    try:
        kernel = _adapted(import_module(_KERNEL).mamba_chunk_scan_combined)
        difference = _difference(kernel, ours, device)
    except Exception as error:  # a build for another torch or GPU fails in any way
        reason = str(error).partition("\n")[0][:200]
        _LOG.info("scan: ours; mamba-ssm is not usable (%s: %s)", type(error).__name__, reason)
        return ours
    limit = ROUGH if rough else EXACT
    if not difference <= limit:
        hint = "; precision tf32 or bf16 allows it" if EXACT < difference <= ROUGH else ""
        _LOG.info("scan: ours; mamba-ssm differs by %.1e, at most %.0e%s", difference, limit, hint)
        return ours
    _LOG.info("scan: mamba-ssm's Triton kernel, equal to ours within %.1e", difference)
    return _guarded(kernel, ours)


def _adapted(kernel: Callable[..., Tensor]) -> Scan:
    """The kernel with arguments and results of `mamba2.scan`."""

    def run(
        x: Tensor, dt: Tensor, a: Tensor, b: Tensor, c: Tensor, state: Tensor | None = None
    ) -> tuple[Tensor, None]:
        return kernel(x, dt, a, b, c, chunk_size=256), None

    return run


def _guarded(kernel: Scan, ours: Scan) -> Scan:
    """The kernel until it fails for the first time, then `ours`."""
    failed = False

    def run(*tensors: Tensor | None) -> tuple[Tensor, Tensor | None]:
        nonlocal failed
        if not failed:
            try:
                return kernel(*tensors)
            except torch.OutOfMemoryError:  # ours would need no less
                raise
            except Exception as error:
                failed = True
                _LOG.warning("scan: ours from now on; mamba-ssm's kernel failed: %s", error)
        return ours(*tensors)

    return run


def _difference(kernel: Scan, ours: Scan, device: torch.device) -> float:
    """Largest difference of output and gradients, relative to the largest value of each."""
    generator = torch.Generator().manual_seed(0)
    found = []
    with torch.inference_mode(False), torch.enable_grad():
        batch, length, heads, channels, groups, states = 2, 300, 4, 32, 2, 64
        x = torch.randn(batch, length, heads, channels, generator=generator)
        dt = torch.rand(batch, length, heads, generator=generator)
        a = -torch.arange(1.0, heads + 1)
        b, c = torch.randn(2, batch, length, groups, states, generator=generator)
        inputs = [t.to(device).requires_grad_() for t in (x, dt, a, b, c)]
        weights = torch.randn(x.shape, generator=generator).to(device)
        for scan in (ours, kernel):
            y, _ = scan(*inputs)
            found.append([y, *torch.autograd.grad((y * weights).sum(), inputs)])
    relative = [
        (theirs - our).abs().max() / our.abs().max() for our, theirs in zip(*found, strict=True)
    ]
    return float(torch.stack(relative).detach().max())  # NaN if any is
