"""Helix-mRNA pooled as the original does: compat "helical_pooling".

Source: helicalAI/helical at commit 0a3d870, its fine-tuning model, and its network on CUDA in
evaluation. Two things differ from ours. Vectors are taken from wrong places (`helical_pooling`);
one of them is the end token, which the mean takes in. And that token, hidden by a mask as padding
is, has other features there (`original_states`).
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from seqcast.models.mamba2 import Mamba2Mixer, scan


class DataSet(NamedTuple):
    """What the original's numbers of a sequence depend on beside it.

    Attributes
    ----------
    longest : int
        Symbols of the longest sequence, to which the original pads all others.
    several : bool
        Whether there are two sequences or more: masks play no part in a batch of one.
    """

    longest: int
    several: bool


def helical_pooling(states: Tensor, longest: bool) -> tuple[Tensor, Tensor]:
    """Mean and last of a sequence as helical's fine-tuning model takes them, errors included.

    Padding and end token have the same id there. The mean leaves out the first symbol, takes in the
    end token, and divides by another number than it sums. "Last" is the last symbol; but in the
    longest sequences of a data set, which have no padding, it is the one before, and the divisor is
    smaller by 1.

    Parameters
    ----------
    states : Tensor, shape=(symbols + 1, width)
        Features of the symbols and of the end token.
    longest : bool
        Whether no sequence of the data set is longer.

    Returns
    -------
    mean, last : Tensor, shape=(width,)
        Not finite where the original divides by 0: one symbol, or two in the longest.
    """
    symbols = len(states) - 1
    summed = states[1:].double().sum(0)
    divisor = symbols - 1 - longest
    return (summed / divisor).float(), states[symbols - 1 - longest]


def original_states(
    model: Any, tokens: Tensor, layers: Sequence[int], data_set: DataSet
) -> list[Tensor]:
    """The residual stream of a `HelixMrna` as the original has it, end token included.

    Padding and end token are masked: zeroed before a state space block, and x (not B, C) after its
    convolution, in batches of several; no key of attention in any. Symbols have the features that
    they have without masks, unless the network has biases, which the original lets in from padding.

    Parameters
    ----------
    model : HelixMrna
    tokens : Tensor, shape=(batch, tokens)
        Of more than one sequence, if the data set has more.
    layers : sequence of int
        As for the model's `hidden_states`.
    data_set : DataSet
    """
    shape = tokens.shape[1]
    if model.config.use_bias:  # what padding lets in depends on how much of it there is
        tokens = F.pad(tokens, (data_set.longest + 1 - shape, 0), value=model.tokenizer.pad)
    real = model.real(tokens)
    x = model.embeddings(tokens)
    seen = torch.ones(2 * tokens.shape[1:], dtype=torch.bool, device=x.device).tril()
    # the lowest number, not -inf: a row of padding alone would be NaN
    mask = torch.zeros(len(x), 1, *seen.shape, device=x.device)
    mask.masked_fill_(~(seen & real[:, None]).unsqueeze(1), torch.finfo(mask.dtype).min)
    found = [x]
    for letter, block in zip(model.config.blocks, model.layers, strict=True):
        if letter == "M":
            x = x + _mixed(block.mixer, block.norm(x), real if data_set.several else None)
        elif letter == "*":
            x = x + block.self_attn(block.input_layernorm(x), mask)
            x = x + block.feed_forward(block.pre_ff_layernorm(x))
        else:
            x = block(x)
        found.append(x)
    return [found[layer][:, -shape:] for layer in layers]


def _mixed(mixer: Mamba2Mixer, u: Tensor, real: Tensor | None) -> Tensor:
    """A state space layer, masked where `real` is False."""
    config = mixer.config
    u = u if real is None else u * real.unsqueeze(2)
    gate, xbc, dt = mixer.in_proj(u).split(mixer.split, dim=2)
    x, b, c = mixer.heads_of(mixer.convolved(F.pad(xbc, (0, 0, config.conv_kernel - 1, 0))))
    x = x if real is None else x * real[..., None, None]
    dt = F.softplus(dt + mixer.dt_bias).clamp(*config.time_step_limit)
    y, _ = scan(x, dt, -mixer.A_log.exp(), b, c)
    y = torch.addcmul(y, x, mixer.D[:, None]).flatten(2)
    return mixer.out_proj(mixer.norm(y * F.silu(gate)))
