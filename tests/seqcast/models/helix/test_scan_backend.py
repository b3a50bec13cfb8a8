"""mamba-ssm's kernel is taken where it is right, and left where it fails; with a stand-in for it."""

import logging
import sys
from types import ModuleType

import pytest
import torch

from seqcast.models.helix.mamba2 import scan
from seqcast.models.helix.scan_backend import _KERNEL, choose_scan

CPU = torch.device("cpu")


def right(x, dt, a, b, c, chunk_size):
    return scan(x, dt, a, b, c, chunk=chunk_size)[0]


def rounded(x, dt, a, b, c, chunk_size):
    return right(x, dt, a, b, c, chunk_size) * (1 + 1e-3)


def wrong(x, dt, a, b, c, chunk_size):
    return right(x.roll(1, 1), dt, a, b, c, chunk_size)


def wrong_gradient(x, dt, a, b, c, chunk_size):
    return right(x, dt.detach(), a, b, c, chunk_size) + 0 * dt.sum()


def not_finite(x, dt, a, b, c, chunk_size):
    return right(x, dt, a, b, c, chunk_size) * torch.nan


def broken(*_, **__):
    raise RuntimeError("no kernel image is available for execution\non the device")


class Broken(torch.autograd.Function):
    """Right forward, NaN backward."""

    @staticmethod
    def forward(ctx, y):
        return y.clone()

    @staticmethod
    def backward(ctx, gradient):
        return gradient * torch.nan


def no_gradient(x, dt, a, b, c, chunk_size):
    return Broken.apply(right(x, dt, a, b, c, chunk_size))


@pytest.fixture
def installed(monkeypatch, caplog):
    """Put a kernel where mamba-ssm's would be, and choose; the choice and its line of the log."""
    caplog.set_level(logging.INFO)

    def install(kernel, rough=False):
        module = ModuleType(_KERNEL)
        module.mamba_chunk_scan_combined = kernel
        monkeypatch.setitem(sys.modules, "mamba_ssm", ModuleType("mamba_ssm"))
        for name in ("mamba_ssm.ops", "mamba_ssm.ops.triton"):
            monkeypatch.setitem(sys.modules, name, ModuleType(name))
        monkeypatch.setitem(sys.modules, _KERNEL, module)
        choose_scan.cache_clear()
        caplog.clear()
        chosen = choose_scan(scan, CPU, rough)
        (record,) = caplog.records
        return chosen, record.getMessage()

    yield install
    choose_scan.cache_clear()


def arrays():
    torch.manual_seed(0)
    x, dt = torch.randn(1, 90, 4, 8), torch.rand(1, 90, 4)
    b, c = torch.randn(2, 1, 90, 2, 16)
    return x, dt, -torch.ones(4), b, c, None


def test_a_kernel_that_is_equal_is_taken(installed):
    chosen, line = installed(right)
    assert chosen is not scan
    assert line.startswith("scan: mamba-ssm's Triton kernel, equal to ours within")
    torch.testing.assert_close(chosen(*arrays())[0], scan(*arrays())[0], rtol=0, atol=1e-4)


@pytest.mark.parametrize("kernel", [wrong, wrong_gradient, no_gradient, not_finite])
@pytest.mark.parametrize("rough", [False, True])
def test_a_kernel_that_differs_is_refused(installed, kernel, rough):
    chosen, line = installed(kernel, rough)
    assert chosen is scan
    assert "scan: ours; mamba-ssm differs by" in line


def test_rounding_is_refused_unless_it_was_asked_for(installed):
    chosen, line = installed(rounded)
    assert chosen is scan
    assert line.endswith("precision tf32 or bf16 allows it")
    assert installed(rounded, rough=True)[0] is not scan


def test_a_kernel_that_fails_at_the_start_is_refused(installed):
    chosen, line = installed(broken)
    assert chosen is scan
    assert line == (
        "scan: ours; mamba-ssm is not usable (RuntimeError: no kernel image is available for "
        "execution)"
    )


def test_without_mamba_ssm_ours_is_taken(caplog):
    caplog.set_level(logging.INFO)
    choose_scan.cache_clear()
    assert choose_scan(scan, CPU, False) is scan
    assert "mamba-ssm is not usable (ModuleNotFoundError" in caplog.text


def test_a_kernel_that_fails_later_is_left(installed, caplog):
    calls = []

    def tires(*tensors, chunk_size):
        calls.append(1)
        if len(calls) > 2:
            raise RuntimeError("misaligned address")
        return right(*tensors, chunk_size)

    chosen, _ = installed(tires)
    expected = scan(*arrays())[0]
    for _ in range(4):
        torch.testing.assert_close(chosen(*arrays())[0], expected, rtol=0, atol=1e-4)
    assert len(calls) == 3
    assert caplog.text.count("ours from now on; mamba-ssm's kernel failed: misaligned") == 1


def test_memory_that_runs_out_is_no_failure_of_the_kernel(installed):
    calls = []

    def greedy(*tensors, chunk_size):
        calls.append(1)
        if len(calls) > 1:
            raise torch.OutOfMemoryError("out of memory")
        return right(*tensors, chunk_size)

    chosen, _ = installed(greedy)
    with pytest.raises(torch.OutOfMemoryError):
        chosen(*arrays())
