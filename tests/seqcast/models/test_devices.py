"""Which device is chosen, and what is said where there is none; GPUs are made up."""

import logging
from types import SimpleNamespace

import pytest
import torch

from seqcast.core import device_locks
from seqcast.core.errors import InputError
from seqcast.models import devices
from seqcast.models.devices import choose_device


@pytest.fixture
def gpus(monkeypatch, tmp_path):
    """A machine with two GPUs, of which other processes have those whose numbers are given."""

    def machine(*taken):
        names = ["GPU-a", "GPU-b"]
        monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
        monkeypatch.setattr(torch.cuda, "device_count", lambda: len(names))
        monkeypatch.setattr(
            torch.cuda, "get_device_properties", lambda number: SimpleNamespace(uuid=names[number])
        )
        monkeypatch.setattr(device_locks.tempfile, "gettempdir", lambda: str(tmp_path))
        held = {}
        for number in taken:  # by a second open file: such locks exclude each other in one process
            monkeypatch.setattr(device_locks, "_held", {})
            assert device_locks.claim([names[number]]) == 0
            held |= device_locks._held
        monkeypatch.setattr(device_locks, "_held", {})
        opened.extend(held.values())

    opened: list = []
    yield machine
    for file in [*opened, *device_locks._held.values()]:
        file.close()


@pytest.mark.parametrize("asked", ["auto", "cuda"])
def test_the_first_free_gpu_is_taken_and_kept(gpus, asked):
    gpus(0)
    assert [choose_device(asked) for _ in range(2)] == [torch.device("cuda", 1)] * 2


def test_a_numbered_gpu_is_taken_whoever_has_it(gpus):
    gpus(1)
    assert choose_device("cuda:1") == torch.device("cuda", 1)
    assert choose_device("cuda:0") == torch.device("cuda", 0)
    with pytest.raises(InputError, match="device 'cuda:2': torch sees 2 GPUs, counted from 0"):
        choose_device("cuda:2")


def test_gpus_that_are_all_taken_are_shared_in_words(gpus, caplog, monkeypatch):
    gpus(0, 1)
    monkeypatch.setenv("LOCAL_RANK", "3")
    assert choose_device("cuda") == torch.device("cuda", 1)
    assert "Other processes have all 2 GPUs that this one sees; GPU 1 is shared." in caplog.text


@pytest.mark.parametrize(("build", "visible", "why"), [
    (None, None, "is a build for CPUs, which sees no GPU"),
    ("13.0", "", "sees no GPU (CUDA_VISIBLE_DEVICES is '')"),
    ("13.0", None, "sees no GPU"),
])  # fmt: skip
def test_a_missing_gpu_is_an_error_or_a_warning(monkeypatch, tmp_path, caplog, build, visible, why):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.version, "cuda", build)
    monkeypatch.setattr(torch.version, "hip", None)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    if visible is not None:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    with pytest.raises(InputError) as error:
        choose_device("cuda")
    assert f"{why}; set device to 'auto' or 'cpu', or install a CUDA build" in str(error.value)
    monkeypatch.setattr(devices, "DRIVER", tmp_path / "none")
    with caplog.at_level(logging.WARNING):
        assert choose_device("auto") == torch.device("cpu")
        assert caplog.text == ""
        monkeypatch.setattr(devices, "DRIVER", tmp_path)  # a driver, and so a GPU
        assert choose_device("auto") == torch.device("cpu")
    assert f"{why}: computing on the CPU" in caplog.text


def test_other_words_are_refused():
    with pytest.raises(InputError, match="device 'gpu': expected auto, cpu, cuda, or cuda:1"):
        choose_device("gpu")
