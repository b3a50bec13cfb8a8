"""Helix-mRNA as the original computes it without its CUDA kernels: compat "helical_cpu".

Behaviour of helicalAI/helical at commit 0a3d870 on a CPU, for those who must have its numbers. What
it does otherwise than its CUDA path, which the weights were trained with:

    steps        dt is at least time_step_min
    chunks       a chunk starts from the state of the chunk before it alone, weighted with a sum
                 over later chunks (a reduction over the wrong axis; transformers issue 34817)
    groups       head h uses group h % groups
    padding      zeroed before the convolution where there are two rows or more, not after it
    attention    a token whose keys are all padding looks at all tokens alike, later ones included
"""

from collections.abc import Iterable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from seqcast.models.mamba2 import Mamba2Mixer, in_chunks, scan


def hidden_states(
    embedded: Tensor, real: Tensor, layers: Iterable[Any], letters: str
) -> list[Tensor]:
    """The residual stream before the first block and after each one.

    Parameters
    ----------
    embedded : Tensor, shape=(batch, tokens, width)
        Embeddings of tokens as the tokenizer gives them, padded on the left.
    real : Tensor, shape=(batch, tokens), bool
        False at padding and at the end token.
    layers : iterable of Module
        The network's blocks.
    letters : str
        The letter of each.
    """
    x, mask = embedded, _mask(real, embedded.dtype)
    states = [x]
    for letter, block in zip(letters, layers, strict=True):
        if letter == "M":
            inside = block.norm(x)
            inside = inside * real.unsqueeze(2) if len(real) > 1 else inside
            x = x + _mixed(block.mixer, inside)
        elif letter == "*":
            x = x + block.self_attn(block.input_layernorm(x), mask)
            x = x + block.feed_forward(block.pre_ff_layernorm(x))
        else:
            x = block(x)
        states.append(x)
    return states


def _mask(real: Tensor, dtype: torch.dtype) -> Tensor:
    """0 or the lowest number, to add to logits of attention: ``(batch, 1, tokens, tokens)``."""
    tokens = real.shape[1]
    seen = torch.ones(tokens, tokens, dtype=torch.bool, device=real.device).tril() & real[:, None]
    mask = torch.zeros(seen.shape, dtype=dtype, device=real.device)
    return mask.masked_fill_(~seen, torch.finfo(dtype).min).unsqueeze(1)


def _mixed(mixer: Mamba2Mixer, u: Tensor) -> Tensor:
    config = mixer.config
    gate, xbc, dt = mixer.in_proj(u).split(mixer.split, dim=2)
    xbc = mixer.convolved(F.pad(xbc, (0, 0, config.conv_kernel - 1, 0)))
    x, b, c = mixer.heads_of(xbc)
    dt = F.softplus(dt + mixer.dt_bias).clamp(min=config.time_step_min)
    b, c = (t.repeat(1, 1, config.num_heads // config.n_groups, 1) for t in (b, c))
    y = _wrongly_carried(x, dt, -mixer.A_log.exp(), b, c, config.chunk_size)
    y = torch.addcmul(y, x, mixer.D[:, None]).flatten(2)
    return mixer.out_proj(mixer.norm(y * F.silu(gate)))


def _wrongly_carried(x: Tensor, dt: Tensor, a: Tensor, b: Tensor, c: Tensor, chunk: int) -> Tensor:
    """The scan, its chunks carried as the original's CPU code does; shapes as in `scan`."""
    batch, length = x.shape[:2]
    x, dt, b, c = (in_chunks(t, chunk).flatten(0, 1) for t in (x, dt, b, c))  # each chunk a row
    _, added = scan(x, dt, a, b, c)
    added = added.unflatten(0, (batch, -1))
    kept = (dt * a).sum(1).unflatten(0, (batch, -1))  # logarithms, (batch, chunks, heads)
    before = [torch.zeros_like(added[:, 0])]
    for i in range(1, added.shape[1]):
        weight = 1 + kept[:, i:].cumsum(1).exp().sum(1)
        before.append(added[:, i - 1] * weight[:, :, None, None])
    y, _ = scan(x, dt, a, b, c, torch.stack(before, 1).flatten(0, 1))
    return y.unflatten(0, (batch, -1)).flatten(1, 2)[:, :length]
