"""Mamba2-mRNA: a plain stack of Mamba2 layers over nucleotides.

Reference: ``Mamba2Model`` of Hugging Face transformers 5.23.0. Sizes are read from the
checkpoint's config.json. Which tokens the original puts round a sequence stands in no file of a
checkpoint: here a sequence ends with SEP, as Helix-mRNA's do. The model is causal, so that a last
token changes no feature of the sequence, nor its likelihood; one put before the sequence would.
"""

from typing import Self

from seqcast.models.helix.mamba2_config import Mamba2Config
from seqcast.models.helix.mrna_stack import MambaBlock, MrnaStack
from seqcast.models.helix.mrna_tokens import mamba2_tokenizer


class Mamba2Mrna(MrnaStack):
    """An `EmbeddingModel` without codon-start tokens."""

    config_class = Mamba2Config
    hub_class = "Mamba2ForCausalLM"

    @classmethod
    def from_config(cls, config: Mamba2Config, compat: str | None, lm_head: bool) -> Self:
        """A network of this shape, with or without the language-model head."""
        blocks = [MambaBlock(config) for _ in config.blocks]
        return cls(config, mamba2_tokenizer(config.max_tokens), blocks, compat, lm_head)
