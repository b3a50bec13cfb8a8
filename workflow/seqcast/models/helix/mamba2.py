"""Mamba2: a gated state space layer, its scan computed in chunks.

Reference: Dao and Gu 2024 (Transformers are SSMs), and state-spaces/mamba ``Mamba2``. Glossary:

    x    (batch, length, heads, P)     input of the scan, P = head_dim channels a head
    dt   (batch, length, heads)        step sizes, > 0
    A    (heads,)                      decay rates, < 0
    B, C (batch, length, groups, N)    into and out of the state; head h uses group
                                       h // (heads / groups)
    S    (batch, heads, N, P)          state: S_t = exp(dt_t A) S_(t-1) + B_t (dt_t x_t)^T
    y    (batch, length, heads, P)     y_t = C_t S_t + D x_t
"""

import math
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from seqcast.models.helix.mamba2_config import Mamba2Config
from seqcast.models.helix.scan_backend import Scan, choose_scan
from seqcast.models.layers import Dense

CHUNK = 64
STRETCH_ROWS, STRETCH_TOKENS = 4, 256  # at once: what stays in the cache of a CPU
Carry = tuple[Tensor, Tensor]  # (batch, taps, channels), (batch, groups, N, heads / groups * P)


def at_least_single(x: Tensor) -> Tensor:
    """16-bit numbers as float32, others as they are."""
    return x.float() if x.dtype in (torch.bfloat16, torch.float16) else x


class RMSNorm(nn.Module):
    """Scale the last axis to root mean square 1, then by a weight; in float32 at least."""

    def __init__(self, width: int, eps: float, groups: int = 1) -> None:
        super().__init__()
        self.eps, self.groups = eps, groups
        self.weight = nn.Parameter(torch.ones(width))

    def forward(self, x: Tensor) -> Tensor:
        if self.groups == 1:
            return F.rms_norm(at_least_single(x), self.weight.shape, self.weight, self.eps)
        parts = at_least_single(x).unflatten(-1, (self.groups, -1))
        return F.rms_norm(parts, parts.shape[-1:], None, self.eps).flatten(-2) * self.weight


def scan(
    x: Tensor,
    dt: Tensor,
    a: Tensor,
    b: Tensor,
    c: Tensor,
    state: Tensor | None = None,
    chunk: int = CHUNK,
) -> tuple[Tensor, Tensor]:
    """The scan without its D term, chunk by chunk: any length, any number of groups.

    Inside a chunk, y = (C B^T o decay) (dt x), a masked product as in attention; from chunk to
    chunk the state is carried (section 6 of the paper). The last chunk is filled up with steps of
    size 0, which change no state.

    Parameters
    ----------
    state : Tensor, shape=(batch, groups, N, heads / groups * P), optional
        The state before the first token. Default: zeros.

    Returns
    -------
    y : Tensor, shape=(batch, length, heads, P)
    state : Tensor
        The state after the last token.
    """
    length, channels, groups = x.shape[1], x.shape[3], b.shape[2]
    chunk = min(chunk, length)
    x, dt, b, c = (in_chunks(t, chunk) for t in (x * dt.unsqueeze(-1), dt, b, c))
    # b, c: (batch, chunks, groups, chunk, N); total: (batch, chunks, heads, chunk)
    b, c = b.transpose(2, 3), c.transpose(2, 3)
    total = (dt * a).cumsum(2).transpose(2, 3).contiguous()
    # fraction of each step's input (last axis) that is left at each step; future ones have score 0
    weights = _shares(total.unsqueeze(-1) - total.unsqueeze(-2)).unflatten(2, (groups, -1))
    scores = (c @ b.mT).tril().unsqueeze(3)
    # products of decays in place where no gradient is asked for: the largest tensor of all
    weights = weights * scores if torch.is_grad_enabled() else weights.mul_(scores)
    y = (weights.flatten(2, 3) @ x.transpose(2, 3)).transpose(2, 3)
    # heads of a group side by side: one product a group, (chunk, N) x (N, heads * P)
    left = _shares(total[..., -1:] - total).transpose(2, 3).unsqueeze(-1)
    added = b.mT @ _by_group(x * left, groups)
    kept = _shares(total[..., -1].clone()).repeat_interleave(channels, dim=2)
    kept = kept.unflatten(2, (groups, 1, -1))  # for each column of the state
    state = x.new_zeros(added[:, 0].shape) if state is None else state
    carried = []  # what the state before each chunk gives, (batch, groups, chunk, heads * P)
    for i in range(added.shape[1]):
        carried.append(c[:, i] @ state)
        state = torch.addcmul(added[:, i], kept[:, i], state)
    before = torch.stack(carried, dim=1).transpose(2, 3).reshape(*y.shape)
    y = torch.addcmul(y, before, _shares(total).transpose(2, 3).unsqueeze(-1))
    return y.flatten(1, 2)[:, :length], state


def in_chunks(x: Tensor, chunk: int) -> Tensor:
    """``(batch, length, ...)`` to ``(batch, chunks, chunk, ...)``, zeros at the end."""
    if missing := -x.shape[1] % chunk:
        x = F.pad(x, (0, 0) * (x.ndim - 2) + (0, missing))
    return x.unflatten(1, (-1, chunk))


def _by_group(x: Tensor, groups: int) -> Tensor:
    """``(batch, chunks, chunk, heads, P)`` to ``(batch, chunks, groups, chunk, heads * P)``."""
    return x.unflatten(3, (groups, -1)).flatten(4).transpose(2, 3)


def _shares(logs: Tensor) -> Tensor:
    """exp of logarithms of shares, those of positive ones 1; written over `logs`.

    Shares below about 1e-27 in float32 count as that: a CPU is a hundred times slower with numbers
    that single precision cannot hold in full.
    """
    return logs.clamp_(0.7 * math.log(torch.finfo(logs.dtype).tiny), 0).exp_()


def _scan_for(device: torch.device) -> Scan:
    """The scan that suits a device and the precision of the products asked for there."""
    if device.type != "cuda":
        return scan
    rough = torch.is_autocast_enabled(device.type) or torch.backends.cuda.matmul.allow_tf32
    return choose_scan(scan, device, rough)


def stretch_tokens(rows: int) -> int:
    """Tokens of each row to compute before the next ones: whole chunks, as none is filled up."""
    return CHUNK * max(1, STRETCH_TOKENS // max(1, rows) // CHUNK)


class Mamba2Mixer(nn.Module):
    """``(batch, length, width)`` to the same; causal."""

    def __init__(self, config: Mamba2Config) -> None:
        super().__init__()
        self.config = config
        inner, heads = config.inner_size, config.num_heads
        self.state_channels = config.n_groups * config.state_size
        mixed = inner + 2 * self.state_channels
        self.split = [inner, mixed, heads]  # gate; x, B and C; dt
        self.in_proj = Dense(config.hidden_size, sum(self.split), bias=config.use_bias)
        self.conv1d = nn.Conv1d(
            mixed, mixed, config.conv_kernel, groups=mixed, bias=config.use_conv_bias
        )
        self.dt_bias = nn.Parameter(torch.zeros(heads))
        self.A_log = nn.Parameter(torch.arange(1, heads + 1).log())
        self.D = nn.Parameter(torch.ones(heads))
        self.norm = RMSNorm(inner, config.layer_norm_epsilon, config.norm_groups)
        self.out_proj = Dense(inner, config.hidden_size, bias=config.use_bias)

    def forward(self, u: Tensor) -> Tensor:
        if u.device.type != "cpu" or torch.is_grad_enabled():
            return self._stretch(u, None, _scan_for(u.device))[0]
        return self.resumed(u)[0]

    def resumed(
        self, u: Tensor, carry: Carry | None = None, places: Sequence[Sequence[int]] = ()
    ) -> tuple[Tensor, list[dict[int, Carry]]]:
        """As a call, behind tokens that are known.

        Parameters
        ----------
        u : Tensor, shape=(batch, length, width)
        carry : (Tensor, Tensor), optional
            What the tokens before `u` leave: inputs of the convolution, and the state.
        places : sequence of sequence of int, optional
            For each row, numbers of its tokens, from 1 to length, which others can go on from.

        Returns
        -------
        y : Tensor, shape=(batch, length, width)
        carries : list of dict of int to (Tensor, Tensor)
            For each row, what its first so many tokens leave, with a batch axis of 1.
        """
        y = torch.empty_like(u)
        found: list[dict[int, Carry]] = [{} for _ in u]
        length, at_once = u.shape[1], STRETCH_ROWS if u.device.type == "cpu" else len(u)
        for first in range(0, len(u), at_once):
            some = slice(first, min(first + at_once, len(u)))
            wanted = dict(enumerate(places[some], first))
            # a stretch of tokens through all steps before the next one: it stays in a CPU's cache
            step = stretch_tokens(some.stop - first) if u.device.type == "cpu" else length
            ends = {*range(step, length, step), length}.union(*wanted.values())
            left = None if carry is None else (carry[0][some], carry[1][some])
            for start, end in pairwise(sorted({0} | ends)):
                done, left = self._stretch(u[some, start:end].contiguous(), left, scan)
                y[some, start:end] = done
                for row in (row for row, rows in wanted.items() if end in rows):
                    own = slice(row - first, row - first + 1)
                    found[row][end] = left[0][own].clone(), left[1][own].clone()
        return y, found

    def _stretch(
        self, u: Tensor, carry: Carry | None, step: Callable[..., tuple[Tensor, Any]]
    ) -> tuple[Tensor, Carry]:
        """Tokens in a row; `carry` is what the next ones need: inputs of the convolution, state."""
        gate, xbc, dt = self.in_proj(u).split(self.split, dim=2)
        with torch.autocast(u.device.type, enabled=False):
            taps = self.conv1d.kernel_size[0] - 1
            gate, xbc, dt = map(at_least_single, (gate, xbc, dt))
            xbc = F.pad(xbc, (0, 0, taps, 0)) if carry is None else torch.cat([carry[0], xbc], 1)
            state = None if carry is None else carry[1]
            x, b, c = self.heads_of(self.convolved(xbc))
            dt = F.softplus(dt + self.dt_bias).clamp(*self.config.time_step_limit)
            y, state = step(x, dt, -self.A_log.exp(), b, c, state)
            y = torch.addcmul(y, x, self.D[:, None]).flatten(2)
            y = self.norm(y * F.silu(gate))
            tail = xbc[:, xbc.shape[1] - taps :]
        return self.out_proj(y), (tail, state)

    def convolved(self, xbc: Tensor) -> Tensor:
        """The depthwise convolution, shorter by what precedes the first token."""
        # an image of height 1, channels last: (batch, channels, 1, length)
        image, weight = xbc.transpose(1, 2).unsqueeze(2), self.conv1d.weight.unsqueeze(2)
        y = F.conv2d(image, weight, self.conv1d.bias, groups=len(weight))
        return F.silu(y.squeeze(2).transpose(1, 2), inplace=not torch.is_grad_enabled())

    def heads_of(self, xbc: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """x by heads, B and C by groups, as `scan` takes them."""
        config = self.config
        x, b, c = xbc.split([self.split[0], self.state_channels, self.state_channels], dim=2)
        b, c = (t.unflatten(2, (config.n_groups, config.state_size)) for t in (b, c))
        return x.unflatten(2, (config.num_heads, config.head_dim)), b, c

    @torch.no_grad()
    def initialise(self) -> None:
        """Draw the weights that training starts from, as Mamba2 does.

        Steps dt start log-uniform between time_step_min and time_step_max, decay rates at 1, 2, 3
        and so on, D at 1; dense layers and the convolution as torch draws them.
        """
        config = self.config
        low, high = math.log(config.time_step_min), math.log(config.time_step_max)
        dt = torch.empty_like(self.dt_bias).uniform_(low, high).exp()
        dt = dt.clamp(min=config.time_step_floor)
        self.dt_bias.copy_(dt + torch.log(-torch.expm1(-dt)))  # the inverse of softplus
        self.A_log.copy_(torch.arange(1, config.num_heads + 1).log())
        nn.init.ones_(self.D)
        nn.init.ones_(self.norm.weight)
        for layer in (self.in_proj, self.conv1d, self.out_proj):
            layer.reset_parameters()
