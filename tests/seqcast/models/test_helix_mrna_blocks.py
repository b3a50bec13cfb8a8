"""Helix-mRNA's attention and feed-forward blocks against plain loops in numpy, in float64."""

import math

import numpy as np
import pytest
import torch

from seqcast.models.helix.helix_mrna import AttentionBlock, FeedForward, FeedForwardBlock, HelixMrna
from seqcast.models.helix.helix_mrna_config import HelixMrnaConfig
from tests.seqcast.models.helix_examples import tiny

FP64 = 1e-10  # agreement in double precision
# four query heads to a key, as published
SIZES = {
    "hidden_size": 24, "layers_block_type": "*+", "num_hidden_layers": 2, "state_size": 8,
    "num_heads": 6, "head_dim": 8, "num_attention_heads": 8, "num_key_value_heads": 2,
}  # fmt: skip


def norm(x, weight, eps):
    """Zhang and Sennrich 2019: x / sqrt(mean of squares + eps), times a weight a channel."""
    return x / np.sqrt((x**2).mean(-1, keepdims=True) + eps) * weight


def feed_forward(x, weights):
    """SwiGLU (Shazeer 2020): W_down (silu(W_gate x) * W_up x), of four times the width."""
    gate, up = x @ weights["gate_proj"].T, x @ weights["up_proj"].T
    assert gate.shape[-1] == 4 * x.shape[-1]
    return gate / (1 + np.exp(-gate)) * up @ weights["down_proj"].T


def attention(x, weights, heads, shared):
    """Query heads 4j to 4j + 3 look at key j, at their own token and those before it, no other.

    Logits are divided by sqrt(features of a head); shapes (batch, tokens, width).
    """
    size = x.shape[2] // heads
    query, key, value = (x @ weights[f"{name}_proj"].T for name in "qkv")
    seen = np.zeros_like(query)
    for row in range(len(x)):
        for h in range(heads):
            mine = slice(h * size, (h + 1) * size)
            j = h // (heads // shared)
            theirs = slice(j * size, (j + 1) * size)
            for t in range(x.shape[1]):
                logits = key[row, : t + 1, theirs] @ query[row, t, mine] / math.sqrt(size)
                shares = np.exp(logits - logits.max())
                seen[row, t, mine] = shares / shares.sum() @ value[row, : t + 1, theirs]
    return seen @ weights["o_proj"].T


def drawn(kind):
    """A block with drawn weights, those of its norms too, and its weights by layer."""
    torch.manual_seed(0)
    config = HelixMrnaConfig(**SIZES)
    block = kind(config).double()
    for p in block.parameters():
        torch.nn.init.normal_(p, std=0.5)
    return block, {
        tuple(name.split(".")[:-1]): p.detach().numpy() for name, p in block.named_parameters()
    }


def part(weights, layer):
    """Weights of the linear layers inside of a layer."""
    return {names[1]: w for names, w in weights.items() if names[0] == layer and len(names) > 1}


def plain_feed_forward_block(x, weights, eps):
    return x + feed_forward(
        norm(x, weights[("input_layernorm",)], eps), part(weights, "feed_forward")
    )


def plain_attention_block(x, weights, eps):
    inside = norm(x, weights[("input_layernorm",)], eps)
    x = x + attention(inside, part(weights, "self_attn"), heads=8, shared=2)
    inside = norm(x, weights[("pre_ff_layernorm",)], eps)
    return x + feed_forward(inside, part(weights, "feed_forward"))


PLAIN = {FeedForwardBlock: plain_feed_forward_block, AttentionBlock: plain_attention_block}


@pytest.mark.parametrize("kind", PLAIN)
@pytest.mark.parametrize("shape", [(1, 1), (3, 19), (2, 300)])
@pytest.mark.parametrize("grad", [True, False])
def test_blocks_are_plain_loops(kind, shape, grad):
    block, weights = drawn(kind)
    x = torch.randn(*shape, 24, dtype=torch.float64)
    expected = PLAIN[kind](x.numpy(), weights, HelixMrnaConfig(**SIZES).layer_norm_epsilon)
    with torch.set_grad_enabled(grad):  # tiles of tokens where no gradient is asked for
        np.testing.assert_allclose(block(x).detach().numpy(), expected, rtol=0, atol=FP64)


def test_the_width_of_the_feed_forward_is_no_setting():
    assert FeedForward(HelixMrnaConfig(**SIZES)).up_proj.weight.shape == (96, 24)


def test_letters_of_the_block_string_are_these_blocks():
    model = tiny(SIZES)
    assert isinstance(model, HelixMrna)
    tokens = model.tokenize(["AUGGCUUACNNGAU"])
    states = [state.double().numpy() for state in model.hidden_states(tokens, [0, 1, 2])]
    for i, plain in enumerate([plain_attention_block, plain_feed_forward_block]):
        weights = {
            tuple(name.split(".")[:-1]): p.double().numpy()
            for name, p in model.layers[i].named_parameters()
        }
        expected = plain(states[i], weights, model.config.layer_norm_epsilon)
        np.testing.assert_allclose(states[i + 1], expected, rtol=0, atol=1e-5)  # float32
