"""Arithmetic is chosen by what it costs here, and said."""

import logging
from pathlib import Path

import pytest
import torch

from seqcast.models import precision
from seqcast.models.interface import load_model
from seqcast.models.precision import bf16_time_ratio, chosen_precision, use_precision

CPU = torch.device("cpu")


@pytest.mark.parametrize(
    ("asked", "ratio", "chosen", "said"),
    [
        ("auto", 0.4, "bf16", "INFO precision: bf16, as bf16 takes 0.4 times as long as fp32 here"),
        ("auto", 5.1, "fp32", "INFO precision: fp32, as bf16 takes 5.1 times as long as fp32 here"),
        ("bf16", 5.1, "bf16", "WARNING bf16 takes about 5.1 times as long as fp32 here"),
        ("bf16", 0.4, "bf16", None),
        ("fp32", None, "fp32", None),
        ("tf32", None, "tf32", None),
    ],
)
def test_the_faster_one_is_chosen_and_a_slow_one_is_told(
    asked, ratio, chosen, said, monkeypatch, caplog
):
    monkeypatch.setattr(precision, "bf16_time_ratio", {CPU: ratio}.__getitem__)
    with caplog.at_level(logging.INFO):
        assert chosen_precision(asked, CPU) == chosen
    told = [f"{record.levelname} {record.message}" for record in caplog.records]
    assert len(told) == (said is not None)
    assert said is None or told[0].startswith(said)


def test_the_costs_are_measured_without_a_draw(device):
    where = torch.device(device)
    bf16_time_ratio.cache_clear()
    before = torch.get_rng_state()
    with torch.inference_mode():
        ratio = bf16_time_ratio(where)
    assert 0.02 < ratio < 200
    assert bf16_time_ratio(where) == ratio  # once a process
    assert torch.equal(torch.get_rng_state(), before)


def test_inference_in_a_slow_bf16_is_told(monkeypatch, caplog):
    monkeypatch.setattr(precision, "bf16_time_ratio", lambda device: 3.0)
    root = Path(__file__).resolve().parents[3]
    files = "resources/six_frame/model.safetensors", "config/hyperparameters/six_frame.json"
    load_model("six_frame", *(root / name for name in files), device="cpu", precision="bf16")
    assert "bf16 takes about 3 times as long as fp32 here" in caplog.text


@pytest.fixture
def rounding():
    """torch's settings of TF32, which are put back."""
    kinds = torch.backends.cuda.matmul, torch.backends.cudnn
    before = [kind.allow_tf32 for kind in kinds]
    yield kinds
    for kind, value in zip(kinds, before, strict=True):
        kind.allow_tf32 = value


@pytest.mark.parametrize(
    ("precision", "place", "expected"),
    [
        ("fp32", "cuda", False),
        ("bf16", "cuda:1", False),
        ("tf32", "cuda", True),
        ("fp32", "cpu", None),
    ],
)
def test_precision_says_whether_a_gpu_rounds(precision, place, expected, rounding):
    for kind in rounding:
        kind.allow_tf32 = not expected
    use_precision(precision, torch.device(place))
    assert {kind.allow_tf32 for kind in rounding} == {True if expected is None else expected}
