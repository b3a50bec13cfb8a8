"""Sequences to features: `Embedder`, or `embed_texts` for a list, with `EmbedOptions`."""

from seqcast.embedding.engine import Embedded, Embedder, embed_texts
from seqcast.embedding.options import EmbedOptions

__all__ = ["EmbedOptions", "Embedded", "Embedder", "embed_texts"]
