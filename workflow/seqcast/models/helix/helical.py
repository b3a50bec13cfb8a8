"""Helix-mRNA's network as the original program runs it, masks included.

Source: helicalAI/helical at commit 0a3d870, for those who must have its numbers. Padding and end
token are masked there: no attention looks at them, and a state space block gets zeros in their
places. The weights were trained on the path for GPUs; the one for CPUs (compat "helical_cpu") does
otherwise:

                 GPU, in evaluation (`gpu_states`)       CPU (`cpu_states`)
    steps        dt as the weights say                   at least time_step_min
    chunks       each starts from the state before it    from that of the chunk before it alone,
                                                         weighted with a sum over later chunks (a
                                                         reduction over the wrong axis;
                                                         transformers issue 34817)
    groups       head h uses group                       head h uses group h % groups
                 h // (heads / groups)
    masks of     before the convolution, and x (not B,   before the convolution, where a batch has
    the state    C) after it, where the dataset has      two rows
    space        two rows

In both, a token whose keys are all padding looks at all tokens alike, later ones included.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from seqcast.models.helix.mamba2 import Mamba2Mixer, in_chunks, scan


class _Mixing(NamedTuple):
    """How a state space layer is computed.

    Attributes
    ----------
    scan : callable
        y from x, dt, A, B and C, shaped as for `mamba2.scan`.
    step_limit : (float or None, float or None)
        The least and the largest dt.
    mask_inputs, mask_x : bool
        Whether the layer's inputs, and x after the convolution, are zeros at masked tokens.
    """

    scan: Callable[..., Tensor]
    step_limit: tuple[float | None, float | None]
    mask_inputs: bool
    mask_x: bool


def cpu_states(model: Any, tokens: Tensor, layers: Sequence[int]) -> list[Tensor]:
    """The residual stream of a `HelixMrna` as the original has it on a CPU: compat "helical_cpu".

    Parameters
    ----------
    model : HelixMrna
    tokens : Tensor, shape=(batch, tokens)
    layers : sequence of int
        As for the model's `hidden_states`.
    """
    config = model.config
    wrongly = partial(_wrongly_carried, chunk=config.chunk_size)
    mixing = _Mixing(wrongly, (config.time_step_min, None), len(tokens) > 1, mask_x=False)
    return _masked_states(model, tokens, layers, mixing)


def gpu_states(
    model: Any, tokens: Tensor, layers: Sequence[int], longest: int, several: bool
) -> list[Tensor]:
    """The residual stream of a `HelixMrna` as the original has it on a GPU, end token included.

    Symbols have the features that they have without masks, unless the network has biases, which
    the original lets in from padding. The mask of attention is dense, tokens x tokens per row: two
    sequences of 8,192 nt take about 1.6 GB of memory on a CPU, 0.4 GB without this compat.

    Parameters
    ----------
    model : HelixMrna
    tokens : Tensor, shape=(batch, tokens)
    layers : sequence of int
        As for the model's `hidden_states`.
    longest : int
        Symbols of the longest sequence of the dataset, to which the original pads all others.
    several : bool
        Whether the dataset has two sequences or more; then `tokens` must have, too.
    """
    shape = tokens.shape[1]
    if model.config.use_bias:  # what padding lets in depends on how much of it there is
        tokens = F.pad(tokens, (longest + 1 - shape, 0), value=model.tokenizer.pad)
    mixing = _Mixing(_carried, model.config.time_step_limit, mask_inputs=several, mask_x=several)
    return [state[:, -shape:] for state in _masked_states(model, tokens, layers, mixing)]


def _masked_states(
    model: Any, tokens: Tensor, layers: Sequence[int], mixing: _Mixing
) -> list[Tensor]:
    """States before the first block (0) and after each one, those of `layers`."""
    real, x = model.real(tokens), model.embeddings(tokens)
    mask = _attention_mask(real, x.dtype) if "*" in model.config.blocks else None
    found = {0: x}
    blocks = zip(model.config.blocks, model.layers, strict=True)
    for i, (letter, block) in enumerate(blocks, start=1):
        if letter == "M":
            x = x + _mixed(block.mixer, block.norm(x), real, mixing)
        elif letter == "*":
            x = x + block.self_attn(block.input_layernorm(x), mask)
            x = x + block.feed_forward(block.pre_ff_layernorm(x))
        else:
            x = block(x)
        if i in layers:
            found[i] = x
    return [found[layer] for layer in layers]


def _attention_mask(real: Tensor, dtype: torch.dtype) -> Tensor:
    """0 or the lowest number, to add to logits of attention: ``(batch, 1, tokens, tokens)``.

    Not -inf: a row of padding alone would be NaN.
    """
    tokens = real.shape[1]
    seen = torch.ones(tokens, tokens, dtype=torch.bool, device=real.device).tril() & real[:, None]
    mask = torch.zeros(seen.shape, dtype=dtype, device=real.device)
    return mask.masked_fill_(~seen, torch.finfo(dtype).min).unsqueeze(1)


def _mixed(mixer: Mamba2Mixer, u: Tensor, real: Tensor, mixing: _Mixing) -> Tensor:
    """A state space layer: `Mamba2Mixer` with masks, and with another scan."""
    u = u * real.unsqueeze(2) if mixing.mask_inputs else u
    gate, xbc, dt = mixer.in_proj(u).split(mixer.split, dim=2)
    xbc = F.pad(xbc, (0, 0, mixer.config.conv_kernel - 1, 0))
    x, b, c = mixer.heads_of(mixer.convolved(xbc))
    x = x * real[..., None, None] if mixing.mask_x else x
    dt = F.softplus(dt + mixer.dt_bias).clamp(*mixing.step_limit)
    y = mixing.scan(x, dt, -mixer.A_log.exp(), b, c)
    y = torch.addcmul(y, x, mixer.D[:, None]).flatten(2)
    return mixer.out_proj(mixer.norm(y * F.silu(gate)))


def _carried(x: Tensor, dt: Tensor, a: Tensor, b: Tensor, c: Tensor) -> Tensor:
    return scan(x, dt, a, b, c)[0]


def _wrongly_carried(x: Tensor, dt: Tensor, a: Tensor, b: Tensor, c: Tensor, chunk: int) -> Tensor:
    """The scan, its chunks carried as the CPU code of the original does; shapes as in `scan`."""
    batch, length, heads = x.shape[:3]
    b, c = (t.repeat(1, 1, heads // t.shape[2], 1) for t in (b, c))
    x, dt, b, c = (in_chunks(t, chunk).flatten(0, 1) for t in (x, dt, b, c))  # each chunk is a row
    _, added = scan(x, dt, a, b, c)
    added = added.unflatten(0, (batch, -1))
    kept = (dt * a).sum(1).unflatten(0, (batch, -1))  # logarithms, (batch, chunks, heads)
    before = [torch.zeros_like(added[:, 0])]
    for i in range(1, added.shape[1]):
        weight = 1 + kept[:, i:].cumsum(1).exp().sum(1)
        before.append(added[:, i - 1] * weight[:, :, None, None])
    y, _ = scan(x, dt, a, b, c, torch.stack(before, 1).flatten(0, 1))
    return y.unflatten(0, (batch, -1)).flatten(1, 2)[:, :length]
