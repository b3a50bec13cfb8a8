"""ReadSeeker: coding or not, from the overlapping k-mers of a read; BERT with a classifier.

Reference: bnwlf/ReadSeeker (commit f5ec670), a fine-tuned DNABERT-6, and the network of DNABERT
(jerryji1993/DNABERT, commit b6da04e), which is BERT (Devlin et al. 2019). In the order the data
meet the parts:

    Embedding    token, place and (constant) segment vectors, normed      (batch, tokens, width)
    Block x n    attention, then feed-forward, each added and normed      (batch, tokens, width)
    pooler       tanh of a dense layer on the first token                 (batch, width)
    classifier   two logits                                               (batch, 2)

Written out here rather than taken from transformers: benchmarks/reads.py times both.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Self

import torch
import torch.nn.functional as F
from safetensors.torch import save_file
from torch import Tensor, nn

from seqcast.core.errors import InputError
from seqcast.models.convert import read_tensors
from seqcast.models.layers import Dense, Network
from seqcast.models.originals import TRANSFORMERS
from seqcast.models.readseeker.config import ReadSeekerConfig
from seqcast.models.readseeker.kmers import PAD, KmerTokenizer, check_vocabulary, vocabulary


class Embedding(nn.Module):
    """Token ids ``(batch, tokens)`` to vectors ``(batch, tokens, width)``."""

    def __init__(self, config: ReadSeekerConfig) -> None:
        super().__init__()
        self.token = nn.Embedding(config.vocab_size, config.hidden_size)
        self.place = nn.Embedding(config.max_position_embeddings, config.hidden_size)
        self.segment = nn.Embedding(config.type_vocab_size, config.hidden_size)
        self.norm = nn.LayerNorm(config.hidden_size, eps=config.layer_norm_eps)
        self.dropout = nn.Dropout(config.hidden_dropout_prob)

    def forward(self, tokens: Tensor) -> Tensor:
        # a read is one segment: the first row for all tokens
        x = self.token(tokens) + self.place.weight[: tokens.shape[1]] + self.segment.weight[0]
        return self.dropout(self.norm(x))


class Block(nn.Module):
    """One layer of BERT: norms come after each sum."""

    def __init__(self, config: ReadSeekerConfig) -> None:
        super().__init__()
        width, eps = config.hidden_size, config.layer_norm_eps
        self.heads = config.num_attention_heads
        self.attention_dropout = config.attention_probs_dropout_prob
        self.query_key_value = Dense(width, 3 * width)
        self.output = Dense(width, width)
        self.attention_norm = nn.LayerNorm(width, eps=eps)
        self.expand = Dense(width, config.intermediate_size)
        self.contract = Dense(config.intermediate_size, width)
        self.feed_forward_norm = nn.LayerNorm(width, eps=eps)
        self.dropout = nn.Dropout(config.hidden_dropout_prob)

    def forward(self, x: Tensor, mask: Tensor | None) -> Tensor:
        batch, tokens, width = x.shape
        # (batch, tokens, 3 width) -> three of (batch, heads, tokens, width / heads)
        split = self.query_key_value(x).view(batch, tokens, 3, self.heads, width // self.heads)
        query, key, value = split.permute(2, 0, 3, 1, 4)
        rate = self.attention_dropout if self.training else 0.0
        seen = F.scaled_dot_product_attention(query, key, value, mask, dropout_p=rate)
        seen = seen.transpose(1, 2).reshape(batch, tokens, width)
        x = self.attention_norm(x + self.dropout(self.output(seen)))
        hidden = self.contract(F.gelu(self.expand(x)))
        return self.feed_forward_norm(x + self.dropout(hidden))


class ReadSeeker(Network):
    """Token ids ``(batch, tokens)`` to logits ``(batch, 2)``: non-coding, coding.

    Parameters
    ----------
    config : ReadSeekerConfig
    compat : {None, "dnabert"}
        With "dnabert", `tokenize` does with lower case, U, punctuation and long reads as DNABERT.
    """

    task = ReadSeekerConfig.task
    classes = ("non_coding", "coding")
    compat_options = ("dnabert",)
    original = TRANSFORMERS
    hub_class = "BertForSequenceClassification"
    tested_length_nt = 140  # shortest read of the published benchmark
    batch_nt = 4096

    def __init__(self, config: ReadSeekerConfig, compat: str | None = None) -> None:
        super().__init__()
        self.compat = compat
        self.tokenizer = KmerTokenizer(config.k, config.max_seq_length, compat)
        self.embedding = Embedding(config)
        self.blocks = nn.ModuleList(Block(config) for _ in range(config.num_hidden_layers))
        self.pooler = nn.Linear(config.hidden_size, config.hidden_size)
        self.dropout = nn.Dropout(config.hidden_dropout_prob)
        self.classifier = nn.Linear(config.hidden_size, len(self.classes))
        self.initializer_range = config.initializer_range

    @classmethod
    def read_config(cls, params: Mapping[str, Any]) -> ReadSeekerConfig:
        """The sizes that a published config.json says."""
        return ReadSeekerConfig.from_params(params)

    @classmethod
    def from_params(
        cls, params: Mapping[str, Any], head: str | None = None, compat: str | None = None
    ) -> Self:
        """An untrained network from the published config.json; `head` must be empty.

        Raises
        ------
        InputError
            If a key is unknown or describes another network than BERT's classifier.
        """
        if head:
            raise InputError(f"head {head!r}: ReadSeeker has one output, leave the head empty")
        return cls(cls.read_config(params), compat)

    @classmethod
    def from_weights(
        cls, path: Path, params: Mapping[str, Any], head: str | None, compat: str | None = None
    ) -> tuple[Self, dict[str, Tensor]]:
        """A network for the weights of `path`, and their tensors under its names.

        Reads pytorch_model.bin (zip or older pickle; only tensors, no code), or safetensors, with
        the names of Hugging Face's BERT or with ours. A vocab.txt next to `path` must be DNABERT's.
        """
        model = cls.from_params(params, head, compat)
        if (vocabulary := path.with_name("vocab.txt")).is_file():
            check_vocabulary(vocabulary, model.tokenizer.k)
        state = read_tensors(path)
        if any(name.startswith("bert.") for name in state):
            state = _from_published(state, len(model.blocks), path)
        return model, state

    def for_original(self, weights: Path | None, folder: Path) -> tuple[Path, bool]:
        """The weights that transformers reads: the published file, or else ours in `folder`.

        Returns
        -------
        (Path, bool)
            The bool says whether it is the published file.
        """
        if weights is not None and any(name.startswith("bert.") for name in read_tensors(weights)):
            return weights, True
        path = folder / "tensors.safetensors"
        save_file(self.hub_state(), path)
        return path, False

    def hub_state(self) -> dict[str, Tensor]:
        """Tensors under the names that transformers' BertForSequenceClassification has."""
        state = self.state_dict()
        return {
            theirs: part.clone()
            for ours, parts in published_names(len(self.blocks)).items()
            for theirs, part in zip(parts, state[ours].chunk(len(parts)), strict=True)
        }

    def hub_files(self, params: Mapping[str, Any]) -> dict[str, str]:
        """Text files that transformers reads next to the tensors."""
        sizes = asdict(self.read_config(params))
        labels = dict(enumerate(self.classes))
        config = {
            **{name: value for name, value in sizes.items() if name != "max_seq_length"},
            "model_type": "bert", "architectures": [self.hub_class], "hidden_act": "gelu",
            "id2label": labels, "label2id": {name: i for i, name in labels.items()},
            "pad_token_id": PAD,
        }  # fmt: skip
        tokenizer = {"tokenizer_class": "BertTokenizer", "do_lower_case": False,
                     "model_max_length": sizes["max_seq_length"]}  # fmt: skip
        words = vocabulary(self.tokenizer.k)
        return {
            "config.json": json.dumps(config, indent=1),
            "tokenizer_config.json": json.dumps(tokenizer, indent=1),
            "vocab.txt": "".join(f"{word}\n" for word in words),
        }

    @property
    def max_length_nt(self) -> int:
        """Longest read that fits the tokens the model was trained with."""
        return self.tokenizer.max_length_nt

    @property
    def token_nt(self) -> int:
        """Bases of a token."""
        return self.tokenizer.k

    @property
    def min_length_nt(self) -> int:
        """Shortest read with a k-mer."""
        return self.tokenizer.k

    def tokenize(self, sequences: Sequence[str]) -> Tensor:
        """Token ids ``(batch, tokens)`` of reads, int64, padded with 0 on the right."""
        return torch.from_numpy(self.tokenizer(sequences))

    def initialise(self) -> None:
        """Draw weights as BERT does: normal of sd `initializer_range`, biases 0, norms 1."""
        for module in self.modules():
            if isinstance(module, nn.Linear | nn.Embedding):
                nn.init.normal_(module.weight, std=self.initializer_range)
            if isinstance(module, nn.Linear):
                nn.init.zeros_(module.bias)
            if isinstance(module, nn.LayerNorm):
                module.reset_parameters()
        with torch.no_grad():
            self.embedding.token.weight[PAD] = 0

    def forward(self, tokens: Tensor) -> Tensor:
        real = tokens != PAD
        # (batch, 1, 1, tokens): no token looks at padding; without padding, no mask to apply
        mask = None if bool(real.all()) else real[:, None, None, :]
        x = self.embedding(tokens)
        for block in self.blocks:
            x = block(x, mask)
        pooled = torch.tanh(self.pooler(x[:, 0]))
        return self.classifier(self.dropout(pooled))


_EMBEDDING = "bert.embeddings."
_OUTSIDE = {
    f"{_EMBEDDING}word_embeddings.weight": "embedding.token.weight",
    f"{_EMBEDDING}position_embeddings.weight": "embedding.place.weight",
    f"{_EMBEDDING}token_type_embeddings.weight": "embedding.segment.weight",
    f"{_EMBEDDING}LayerNorm.weight": "embedding.norm.weight",
    f"{_EMBEDDING}LayerNorm.bias": "embedding.norm.bias",
    "bert.pooler.dense.weight": "pooler.weight",
    "bert.pooler.dense.bias": "pooler.bias",
    "classifier.weight": "classifier.weight",
    "classifier.bias": "classifier.bias",
}
_INSIDE = {
    "attention.output.dense": "output",
    "attention.output.LayerNorm": "attention_norm",
    "intermediate.dense": "expand",
    "output.dense": "contract",
    "output.LayerNorm": "feed_forward_norm",
}
_FUSED = tuple(f"attention.self.{part}" for part in ("query", "key", "value"))


def published_names(blocks: int) -> dict[str, tuple[str, ...]]:
    """Our name of each tensor, and the tensors of a Hugging Face checkpoint that it stacks."""
    names: dict[str, tuple[str, ...]] = {ours: (theirs,) for theirs, ours in _OUTSIDE.items()}
    for i in range(blocks):
        theirs, ours = f"bert.encoder.layer.{i}", f"blocks.{i}"
        for kind in ("weight", "bias"):
            names |= {f"{ours}.{b}.{kind}": (f"{theirs}.{a}.{kind}",) for a, b in _INSIDE.items()}
            names[f"{ours}.query_key_value.{kind}"] = tuple(
                f"{theirs}.{part}.{kind}" for part in _FUSED
            )
    return names


def _from_published(state: dict[str, Tensor], blocks: int, path: Path) -> dict[str, Tensor]:
    """Tensors of a Hugging Face checkpoint under our names; query, key and value become one."""
    # a buffer that transformers 2 to 4.30 saved: 0, 1, 2 ...
    found = {name: t for name, t in state.items() if name != f"{_EMBEDDING}position_ids"}
    names = published_names(blocks)
    expected = {theirs for parts in names.values() for theirs in parts}
    if missing_or_extra := found.keys() ^ expected:
        missing, extra = sorted(expected - found.keys()), sorted(found.keys() - expected)
        raise InputError(
            f"{path}: {len(missing_or_extra)} tensors do not fit config.json: {len(missing)} "
            f"missing {missing[:3]}, {len(extra)} left over {extra[:3]}; use the config.json that "
            "belongs to these weights"
        )
    for parts in names.values():
        if len({found[name].shape for name in parts}) > 1:
            shapes = [f"{name} is {tuple(found[name].shape)}" for name in parts]
            raise InputError(f"{path}: expected one shape: {', '.join(shapes)}")
    return {ours: torch.cat([found[name] for name in parts]) for ours, parts in names.items()}
