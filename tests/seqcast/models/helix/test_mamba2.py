"""The chunked scan against the recurrence it stands for, and the layer round it."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from seqcast.models.helix import mamba2
from seqcast.models.helix.helix_mrna_config import HelixMrnaConfig
from seqcast.models.helix.mamba2 import CHUNK, Mamba2Mixer, RMSNorm, scan
from seqcast.models.helix.mamba2_config import Mamba2Config

SIZES = {
    "hidden_size": 16, "num_hidden_layers": 1, "state_size": 8, "num_heads": 4, "head_dim": 8,
    "vocab_size": 14,
}  # fmt: skip
FP64 = 1e-10  # agreement in double precision


def recurrence(x, dt, a, b, c):
    """y_t = C_t S_t with S_t = exp(dt_t A) S_(t-1) + B_t (dt_t x_t)^T, step by step.

    Dao and Gu 2024, equation 1 with their discretisation; shapes as in `mamba2`, float64 numpy.
    """
    batch, length, heads, channels = x.shape
    groups, states = b.shape[2:]
    y = np.zeros_like(x)
    for i in range(batch):
        for h in range(heads):
            g = h // (heads // groups)
            state = np.zeros((states, channels))
            for t in range(length):
                state *= math.exp(dt[i, t, h] * a[h])
                state += np.outer(b[i, t, g], dt[i, t, h] * x[i, t, h])
                y[i, t, h] = c[i, t, g] @ state
    return y


def drawn(batch, length, groups, heads_a_group, seed=0):
    """Random inputs of a scan; steps as wide as training starts with, some far wider."""
    rng = np.random.default_rng(seed)
    heads, channels, states = groups * heads_a_group, 3, 5
    x = rng.normal(size=(batch, length, heads, channels))
    dt = np.exp(rng.uniform(math.log(1e-3), math.log(2), size=(batch, length, heads)))
    a = -rng.uniform(0.1, 16, size=heads)
    b, c = rng.normal(size=(2, batch, length, groups, states))
    return x, dt, a, b, c


@settings(max_examples=60)
@given(
    batch=st.integers(1, 3), length=st.integers(1, 40), chunk=st.integers(1, 17),
    groups=st.integers(1, 3), heads_a_group=st.integers(1, 3), seed=st.integers(0, 99),
)  # fmt: skip
def test_scan_is_the_recurrence(batch, length, chunk, groups, heads_a_group, seed):
    arrays = drawn(batch, length, groups, heads_a_group, seed)
    y, _ = scan(*map(torch.from_numpy, arrays), chunk=chunk)
    np.testing.assert_allclose(y.numpy(), recurrence(*arrays), rtol=0, atol=FP64)


@pytest.mark.parametrize("length", [1, 63, 64, 65, 300])
def test_scan_with_its_own_chunk(length):
    arrays = drawn(1, length, 2, 2)
    with torch.inference_mode():
        y, _ = scan(*map(torch.from_numpy, arrays))
    np.testing.assert_allclose(y.numpy(), recurrence(*arrays), rtol=0, atol=FP64)


@pytest.mark.parametrize("cut", [1, 8, 13, 29])
def test_scan_goes_on_from_a_state(cut):
    x, dt, a, b, c = map(torch.from_numpy, drawn(2, 30, 2, 2))
    whole, last = scan(x, dt, a, b, c, chunk=8)
    first, state = scan(x[:, :cut], dt[:, :cut], a, b[:, :cut], c[:, :cut], chunk=8)
    rest, end = scan(x[:, cut:], dt[:, cut:], a, b[:, cut:], c[:, cut:], state, chunk=8)
    torch.testing.assert_close(torch.cat([first, rest], 1), whole, rtol=0, atol=FP64)
    torch.testing.assert_close(end, last, rtol=0, atol=FP64)


def test_gradients_are_those_of_differences():
    arrays = [torch.from_numpy(array).requires_grad_() for array in drawn(1, 7, 2, 1)]
    assert torch.autograd.gradcheck(lambda *t: scan(*t, chunk=3)[0], arrays)


def test_forgotten_inputs_stay_finite_in_single_precision():
    arrays = [torch.from_numpy(array).float() for array in drawn(1, 200, 1, 4)]
    arrays[1] = arrays[1] * 100  # decays of up to exp(-3200) a step
    y, state = scan(*arrays)
    assert y.isfinite().all()
    assert state.isfinite().all()
    expected = recurrence(*(array.double().numpy() for array in arrays))
    np.testing.assert_allclose(y.numpy(), expected, rtol=2e-3, atol=0.05)  # values to 1e3


@pytest.mark.parametrize("groups", [1, 2, 4])
@pytest.mark.parametrize("shape", [(1, 1), (1, 600), (11, 70), (3, 257)])
def test_stretches_are_the_whole(groups, shape):
    torch.manual_seed(0)
    mixer = Mamba2Mixer(Mamba2Config(**SIZES, n_groups=groups, use_bias=True)).double()
    mixer.initialise()
    u = torch.randn(*shape, 16, dtype=torch.float64)
    whole = mixer(u).detach()
    with torch.no_grad():
        torch.testing.assert_close(mixer(u), whole, rtol=0, atol=FP64)


def test_no_token_sees_a_later_one():
    torch.manual_seed(0)
    mixer = Mamba2Mixer(HelixMrnaConfig(**SIZES, layers_block_type="M", num_attention_heads=2,
                                        num_key_value_heads=1))  # fmt: skip
    mixer.initialise()
    u = torch.randn(1, 150, 16)
    changed = u.clone()
    changed[:, 100:] += 1
    with torch.no_grad():
        before, after = mixer(u), mixer(changed)
    assert torch.equal(before[:, :100], after[:, :100])
    assert not torch.isclose(before[:, 100:], after[:, 100:]).all(2).any()


def test_steps_are_limited_where_the_config_says():
    torch.manual_seed(0)
    free = Mamba2Mixer(Mamba2Config(**SIZES, n_groups=1))
    limited = Mamba2Mixer(Mamba2Config(**SIZES, n_groups=1, time_step_limit=(0.0, 1e-9)))
    free.initialise()
    limited.load_state_dict(free.state_dict())
    with torch.no_grad():
        limited.D.zero_()
        u = torch.randn(1, 20, 16)
        assert limited(u).abs().max() < 1e-5 < free(u).abs().max()


def test_initial_steps_and_rates_are_mamba2s():
    torch.manual_seed(0)
    config = HelixMrnaConfig(num_heads=512, head_dim=1)
    mixer = Mamba2Mixer(config)
    mixer.initialise()
    dt = torch.nn.functional.softplus(mixer.dt_bias).detach()
    assert 0.001 <= dt.min() < 0.0011
    assert 0.09 < dt.max() <= 0.1
    assert float(dt.log().mean()) == pytest.approx(math.log(0.01), abs=0.1)
    np.testing.assert_allclose(mixer.A_log.exp().detach(), np.arange(1, 513), rtol=1e-5)
    assert (mixer.D == 1).all()


def test_norm_of_groups():
    x = torch.randn(2, 3, 8)
    parts = [RMSNorm(4, 1e-5)(part) for part in x.split(4, 2)]
    torch.testing.assert_close(RMSNorm(8, 1e-5, groups=2)(x), torch.cat(parts, 2))


@pytest.mark.parametrize("rows", [1, 2, 3, 4, 5, 6, 7, 11])
def test_stretches_are_whole_chunks(rows, monkeypatch):
    """A part of a chunk costs as much as a whole one."""
    mixer, shapes = Mamba2Mixer(Mamba2Config(**SIZES, n_groups=1)), []

    def stretch(u, carry, step):
        shapes.append((len(u), u.shape[1]))
        return u, carry

    monkeypatch.setattr(mixer, "_stretch", stretch)
    with torch.no_grad():
        u = torch.randn(rows, 600, 16)
        assert torch.equal(mixer(u), u)
    ends = [n for _, n in shapes if n % CHUNK]
    assert len(ends) == -(-rows // mamba2.STRETCH_ROWS)  # 600 is no multiple: each row's last one
    assert max(a * n for a, n in shapes) <= mamba2.STRETCH_TOKENS
    assert min(n for _, n in shapes if n not in ends) * min(rows, 4) > mamba2.STRETCH_TOKENS / 2


def test_wide_batches_still_take_a_chunk(monkeypatch):
    monkeypatch.setattr(mamba2, "STRETCH_TOKENS", 32)
    assert mamba2.stretch_tokens(3) == CHUNK
