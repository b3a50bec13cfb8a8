"""Helix-mRNA: a hybrid of state space, attention and feed-forward blocks over nucleotides.

Reference: helicalAI/helical, behaviour at commit 0a3d870 (the last before blocks stopped feeding
each other), on its CUDA path. In the order the data meet the parts, by character of the blocks:

    embeddings   one vector per token                                       (batch, tokens, width)
    M            x + state space(norm(x)), see mamba2.py
    +            x + feed-forward(norm(x))
    *            x + attention(norm(x)), then x + feed-forward(norm(x))
    norm_f       final norm
    lm_head      logits of the next token                                   (batch, tokens, ids)

There are no positions: order comes from the state space, the convolution and causality.
"""

from collections.abc import Sequence
from typing import ClassVar, Self

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from seqcast.models.helix import helical
from seqcast.models.helix.helix_mrna_config import HelixMrnaConfig
from seqcast.models.helix.mamba2 import RMSNorm
from seqcast.models.helix.mrna_stack import CausalBlock, MambaBlock, MrnaStack, Past
from seqcast.models.helix.mrna_tokens import helix_tokenizer
from seqcast.models.layers import Dense

TILE_TOKENS = 512
CPU_FEATURES = 16  # of a head: attention to fewer takes longer on a CPU (torch 2.13)
QUERY_TOKENS = 128  # at once, behind known tokens: few keys are computed with and then masked


class FeedForward(nn.Module):
    """SwiGLU of four times the width; config.json's intermediate_size plays no part."""

    def __init__(self, config: HelixMrnaConfig) -> None:
        super().__init__()
        width = config.hidden_size
        self.gate_proj = Dense(width, 4 * width, bias=False)
        self.up_proj = Dense(width, 4 * width, bias=False)
        self.down_proj = Dense(4 * width, width, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        if x.device.type != "cpu" or torch.is_grad_enabled():
            return self._mapped(x)
        # some tokens at a time: four times the width of all of them does not stay in the cache
        tokens = x.reshape(1, -1, x.shape[2])
        parts = [self._mapped(part) for part in tokens.split(TILE_TOKENS, 1)]
        return torch.cat(parts, 1).view(x.shape)

    def _mapped(self, x: Tensor) -> Tensor:
        return self.down_proj(F.silu(self.gate_proj(x)) * self.up_proj(x))


class Attention(nn.Module):
    """Causal attention; groups of query heads share a key and a value."""

    def __init__(self, config: HelixMrnaConfig) -> None:
        super().__init__()
        width = config.hidden_size
        self.head_size = width // config.num_attention_heads
        shared = config.num_key_value_heads * self.head_size
        self.q_proj = Dense(width, width, bias=False)
        self.k_proj = Dense(width, shared, bias=False)
        self.v_proj = Dense(width, shared, bias=False)
        self.o_proj = Dense(width, width, bias=False)

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        """Causal without `mask`, else what `mask` says, ``(batch, 1, tokens, tokens)``."""
        return self.remembered(x, mask)[0]

    def remembered(self, x: Tensor, mask: Tensor | None = None) -> tuple[Tensor, Past]:
        """As a call; and the keys and values, ``(batch, heads, tokens, head_size)``."""
        query, key, value = self._projected(x)
        return self._out(_attended(query, key, value, mask)), (key, value)

    def resumed(self, x: Tensor, pasts: Sequence[Past]) -> Tensor:
        """As a call, each row behind the tokens whose keys and values are given."""
        rows = zip(*(projected.split(1) for projected in self._projected(x)), pasts, strict=True)
        seen = [
            _attended_behind(query, torch.cat([past[0], key], 2), torch.cat([past[1], value], 2))
            for query, key, value, past in rows
        ]
        return self._out(torch.cat(seen))

    def _projected(self, x: Tensor) -> list[Tensor]:
        """Queries, keys and values, each ``(batch, heads, tokens, head_size)``."""
        layers = self.q_proj, self.k_proj, self.v_proj
        return [f(x).unflatten(2, (-1, self.head_size)).transpose(1, 2) for f in layers]

    def _out(self, seen: Tensor) -> Tensor:
        return self.o_proj(seen.transpose(1, 2).flatten(2))


def _attended(query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None) -> Tensor:
    """Values that queries see, ``(batch, heads, tokens, head_size)``; causal without `mask`."""
    size = query.shape[3]
    if query.device.type == "cpu" and size < CPU_FEATURES:  # zeros change no product
        query, key, value = (F.pad(t, (0, CPU_FEATURES - size)) for t in (query, key, value))
    return F.scaled_dot_product_attention(
        query, key, value, mask, is_causal=mask is None, scale=size**-0.5, enable_gqa=True
    )[..., :size]


def _attended_behind(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    """Causal attention of the last tokens of a sequence, some at a time."""
    past, found = key.shape[2] - query.shape[2], []
    for first in range(0, query.shape[2], QUERY_TOKENS):
        some = query[:, :, first : first + QUERY_TOKENS]
        seen = past + first + some.shape[2]
        mask = torch.ones(some.shape[2], seen, dtype=torch.bool, device=query.device)
        mask = mask.tril(past + first)
        found.append(_attended(some, key[:, :, :seen], value[:, :, :seen], mask))
    return torch.cat(found, 2)


class FeedForwardBlock(CausalBlock):
    """Block +."""

    def __init__(self, config: HelixMrnaConfig) -> None:
        super().__init__()
        self.input_layernorm = RMSNorm(config.hidden_size, config.layer_norm_epsilon)
        self.feed_forward = FeedForward(config)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.feed_forward(self.input_layernorm(x))


class AttentionBlock(CausalBlock):
    """Block *: a whole layer of a transformer."""

    def __init__(self, config: HelixMrnaConfig) -> None:
        super().__init__()
        self.input_layernorm = RMSNorm(config.hidden_size, config.layer_norm_epsilon)
        self.self_attn = Attention(config)
        self.pre_ff_layernorm = RMSNorm(config.hidden_size, config.layer_norm_epsilon)
        self.feed_forward = FeedForward(config)

    def forward(self, x: Tensor) -> Tensor:
        return self._fed(x + self.self_attn(self.input_layernorm(x)))

    def remembered(
        self, x: Tensor, places: Sequence[Sequence[int]]
    ) -> tuple[Tensor, list[dict[int, Past]]]:
        """As a call; and the keys and values before places."""
        y, pair = self.self_attn.remembered(self.input_layernorm(x))
        pasts = [
            {place: tuple(t[row : row + 1, :, :place] for t in pair) for place in of_row}
            for row, of_row in enumerate(places)
        ]
        return self._fed(x + y), pasts

    def resumed(self, x: Tensor, pasts: Sequence[Past]) -> Tensor:
        """As a call, behind known tokens."""
        return self._fed(x + self.self_attn.resumed(self.input_layernorm(x), pasts))

    def _fed(self, x: Tensor) -> Tensor:
        return x + self.feed_forward(self.pre_ff_layernorm(x))


class HelixMrna(MrnaStack):
    """An `EmbeddingModel`.

    ``compat`` "helical_cpu" computes what the original does without its CUDA kernels
    (`models/helical.py`); "helical_pooling" leaves the network as it is and is read by pooling.
    """

    config_class = HelixMrnaConfig
    hub_class = "HelixmRNAForCausalLM"
    compat_options: ClassVar[tuple[str, ...]] = ("helical_cpu", "helical_pooling")

    @classmethod
    def from_config(cls, config: HelixMrnaConfig, compat: str | None, lm_head: bool) -> Self:
        """A network of this shape, with or without the language-model head."""
        kinds: dict[str, type[CausalBlock]] = {
            "M": MambaBlock,
            "+": FeedForwardBlock,
            "*": AttentionBlock,
        }
        blocks = [kinds[letter](config) for letter in config.blocks]
        return cls(config, helix_tokenizer(config.max_tokens), blocks, compat, lm_head)

    @property
    def resumes(self) -> bool:
        """Not with compat "helical_cpu", which lets a token see the chunks behind it."""
        return self.compat != "helical_cpu"

    def hidden_states(self, tokens: Tensor, layers: Sequence[int]) -> list[Tensor]:
        """The residual stream where `layers` says; see `MrnaStack.hidden_states`."""
        if self.compat != "helical_cpu":
            return super().hidden_states(tokens, layers)
        self._check_layers(layers)
        return helical.cpu_states(self, tokens, layers)

    def states_in_data_set(
        self, tokens: Tensor, layers: Sequence[int], longest: int, several: bool
    ) -> list[Tensor]:
        """The residual stream as compat "helical_pooling" reads it; see `helical.gpu_states`."""
        return helical.gpu_states(self, tokens, layers, longest, several)
