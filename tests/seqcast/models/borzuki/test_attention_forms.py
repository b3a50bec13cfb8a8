"""Which form of attention is taken; that they agree is in test_attention.py."""

import math
from functools import partial

import pytest
import torch

from seqcast.core.errors import InputError
from seqcast.models.borzuki import attention_forms as forms

CPU, SIZES = torch.device("cpu"), (16, 24)


@pytest.fixture(autouse=True)
def chosen_anew():
    forms.choose_form.cache_clear()
    yield
    forms.choose_form.cache_clear()


def chosen(named="auto", dtype=torch.float32, is_long=False):
    return forms.choose_form(named, CPU, dtype, is_long, SIZES)


def fails(*_):
    raise RuntimeError("no compiler\nand more lines")


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16])
def test_each_form_passes_its_own_test(dtype):
    for name in ("plain", "rows", "fused"):
        assert chosen(name, dtype) is forms.FORMS[name]
    assert chosen(dtype=dtype) is forms.attend_by_rows


def test_a_form_that_is_wrong_or_fails_is_left_out(monkeypatch, caplog):
    def wrong(*case):
        return forms.attend_plainly(*case) * 1.001

    monkeypatch.setitem(forms.FORMS, "rows", wrong)
    assert chosen() is forms.attend_fused
    assert "rows is off by 1.0e-03 here and left out" in caplog.text
    monkeypatch.setitem(forms.FORMS, "fused", fails)
    forms.choose_form.cache_clear()
    assert chosen() is forms.attend_plainly
    assert "fused fails here (RuntimeError: no compiler)" in caplog.text
    monkeypatch.setitem(forms.FORMS, "rows", lambda *case: wrong(*case) * math.nan)
    forms.choose_form.cache_clear()
    assert chosen() is forms.attend_plainly


@pytest.mark.parametrize(("seconds", "taken"), [(0.5, "fused"), (0.8, "rows"), (2, "rows")])
def test_only_one_that_is_much_faster_replaces_the_preferred(seconds, taken, monkeypatch, caplog):
    monkeypatch.setattr(
        forms, "_times", lambda names, case: dict(zip(names, (1, seconds), strict=True))
    )
    with caplog.at_level("INFO"):
        assert chosen(is_long=True) is forms.FORMS[taken]
    assert (
        f"attention: {taken} (cpu, torch.float32; times rows 1, fused {seconds:g})" in caplog.text
    )
    # a short window is not timed, and neither is one whose form is named
    assert chosen() is chosen("rows", is_long=True) is forms.attend_by_rows


def test_times_are_measured(monkeypatch):
    case = forms._case(range(8), 8, CPU, torch.float32, SIZES)
    with torch.inference_mode():
        times = forms._times(["rows", "fused"], case)
    assert times["rows"] == 1
    assert 0 < times["fused"] < math.inf


def test_a_named_form_is_taken_from_the_environment(monkeypatch):
    case = forms._case(range(3, 9), 12, CPU, torch.float64, SIZES)
    monkeypatch.setenv("SEQCAST_ATTENTION", "plain")
    monkeypatch.setitem(forms.FORMS, "rows", fails)
    assert torch.equal(forms.attend(*case), forms.attend_plainly(*case))
    monkeypatch.setenv("SEQCAST_ATTENTION", "fast")
    with pytest.raises(InputError, match="SEQCAST_ATTENTION='fast'; expected auto, plain, rows"):
        forms.attend(*case)


def test_flex_is_right_and_ends_no_run(monkeypatch, caplog):
    # traced, but run as it is: a compiler takes 20 s
    monkeypatch.setattr(torch, "compile", partial(torch.compile, backend="eager"))
    forms._compiled.cache_clear()
    case = forms._case(range(3, 9), 12, CPU, torch.float64, SIZES)
    flex = chosen("flex", torch.float64)
    assert flex is not forms.attend_by_rows
    assert torch.allclose(flex(*case), forms.attend_plainly(*case), rtol=0, atol=1e-12)
    case[0].requires_grad_()
    assert torch.equal(flex(*case), forms.attend_fused(*case))  # where gradients are asked for
    monkeypatch.setitem(forms.FORMS, "flex", fails)
    assert torch.equal(flex(*case), forms.attend_by_rows(*case))
    assert "no longer flex, which failed: no compiler" in caplog.text
    forms._compiled.cache_clear()


def test_memory_that_runs_out_is_told():
    def full(*_):
        raise torch.OutOfMemoryError

    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(forms.FORMS, "flex", full)
        with pytest.raises(torch.OutOfMemoryError):
            forms._guarded("flex")()
