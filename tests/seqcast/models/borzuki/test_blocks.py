"""Blocks of Borzuki: where dropout acts."""

import torch
import torch.nn.functional as F

from seqcast.models.borzuki.blocks import TransformerBlock
from seqcast.models.borzuki.config import TransformerConfig


def test_dropout_of_a_transformer_block_is_where_the_original_has_it():
    torch.manual_seed(1)
    config = TransformerConfig(
        8, 2, 1, 8, dropout=0.3, attention_dropout=0, position_dropout=0
    )  # fmt: skip
    block = TransformerBlock(16, config).double()
    torch.nn.init.normal_(block.attention.output.weight)
    x = torch.randn(2, 9, 16, dtype=torch.float64)
    torch.manual_seed(2)
    found = block(x)
    torch.manual_seed(2)
    # baskerville blocks.py: after attention, after each dense layer, the first before its ReLU
    y = x + F.dropout(block.attention(block.attention_norm(x)), 0.3)
    hidden = F.dropout(block.expand(block.feed_forward_norm(y)), 0.3).relu()
    assert torch.allclose(found, y + F.dropout(block.contract(hidden), 0.3), rtol=0, atol=1e-12)
