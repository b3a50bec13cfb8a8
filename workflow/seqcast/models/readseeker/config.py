"""Shape of a ReadSeeker network, read from the published config.json."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any, ClassVar, Self

from seqcast.core.errors import InputError
from seqcast.models.readseeker.kmers import SPECIAL_TOKENS
from seqcast.models.settings import (
    LARGEST_LENGTH,
    LARGEST_REPEAT,
    LARGEST_WIDTH,
    require_number,
    require_size,
    require_weights,
    shown,
)

LARGEST = {  # other than LARGEST_WIDTH
    "num_hidden_layers": LARGEST_REPEAT,
    "vocab_size": 4**7 + SPECIAL_TOKENS,  # ids are 16 bits
    "max_position_embeddings": LARGEST_LENGTH, "max_seq_length": LARGEST_LENGTH,
}  # fmt: skip
# What config.json must say, where it says it: anything else is another network.
_REQUIRED = {
    "model_type": "bert",
    "hidden_act": "gelu",
    "is_decoder": False,
    "pruned_heads": {},
    "position_embedding_type": "absolute",
    "add_cross_attention": False,
    "num_labels": 2,
    "split": 0,
    "pad_token_id": 0,
}
# Of DNABERT's variants for long input, of text generation, of training: nothing here reads them.
_INERT = {
    "_name_or_path", "_num_labels", "architectures", "bos_token_id", "classifier_dropout",
    "cls_token_id", "do_sample", "dtype", "early_stopping", "eos_token_id", "eos_token_ids",
    "finetuning_task", "gradient_checkpointing", "id2label", "label2id", "length_penalty",
    "mask_token_id", "max_length", "min_length", "no_repeat_ngram_size", "num_beams",
    "num_return_sequences", "num_rnn_layer", "output_attentions", "output_hidden_states",
    "output_past", "problem_type", "repetition_penalty", "rnn", "rnn_dropout", "rnn_hidden",
    "sep_token_id", "temperature", "top_k", "top_p", "torch_dtype", "torchscript",
    "transformers_version", "use_bfloat16", "use_cache", "chunk_size_feed_forward",
    "return_dict", "is_encoder_decoder", "tie_word_embeddings", "xla_device",
}  # fmt: skip


@dataclass(frozen=True)
class ReadSeekerConfig:
    """Sizes under the names of Hugging Face's BertConfig.

    ``max_seq_length`` is no key of the published file: 298 tokens, [CLS] and [SEP] included, is
    what ReadSeeker was trained and run with (``--max_seq_length 298``).
    """

    task: ClassVar[str] = "reads"
    hidden_size: int = 768
    num_hidden_layers: int = 12
    num_attention_heads: int = 12
    intermediate_size: int = 3072
    max_position_embeddings: int = 512
    type_vocab_size: int = 2
    vocab_size: int = 4101
    layer_norm_eps: float = 1e-12
    hidden_dropout_prob: float = 0.1
    attention_probs_dropout_prob: float = 0.1
    initializer_range: float = 0.02
    max_seq_length: int = 298

    def __post_init__(self) -> None:
        self._check_types()
        require_weights(self.sizes())
        kmers = self.vocab_size - SPECIAL_TOKENS
        if kmers < 4 or 4**self.k != kmers:
            raise InputError(
                f"vocab_size {self.vocab_size}: expected 5 special tokens and 4^k k-mers (4101 for "
                "DNABERT-6); other vocabularies, such as DNABERT-2's, are not k-mers of one length"
            )
        if self.hidden_size % self.num_attention_heads:
            raise InputError(
                f"hidden_size {self.hidden_size} is not a multiple of num_attention_heads "
                f"{self.num_attention_heads}; take the config.json that belongs to the weights"
            )
        if not 3 <= self.max_seq_length <= self.max_position_embeddings:
            raise InputError(
                f"max_seq_length {self.max_seq_length}: expected 3 to max_position_embeddings "
                f"({self.max_position_embeddings}) tokens"
            )

    def sizes(self) -> Iterator[int]:
        """Weights of the embeddings, of the blocks and of the classifier's map."""
        width = self.hidden_size
        yield width * (self.vocab_size + self.max_position_embeddings + self.type_vocab_size)
        yield self.num_hidden_layers * (4 * width**2 + 2 * width * self.intermediate_size)
        yield width**2

    def _check_types(self) -> None:
        """Sizes are whole numbers above 0, rates are shares, the rest small positive numbers."""
        for field in fields(self):
            name, value = field.name, getattr(self, field.name)
            if field.type is int:
                require_size(name, value, LARGEST.get(name, LARGEST_WIDTH))
            elif name.endswith("dropout_prob"):
                require_number(name, value, "a share, 0 to below 1", lambda n: 0 <= n < 1)
            else:
                require_number(name, value, "a number between 0 and 1", lambda n: 0 < n < 1)

    @property
    def k(self) -> int:
        """Length of the k-mers."""
        return round(math.log(max(self.vocab_size - SPECIAL_TOKENS, 1), 4))

    @classmethod
    def from_params(cls, params: Mapping[str, Any]) -> Self:
        """Read the content of a config.json, its inert fields included.

        Raises
        ------
        InputError
            If a key is unknown, or says that the network is another.
        """
        own = {field.name for field in fields(cls)}
        if unknown := sorted(params.keys() - own - _REQUIRED.keys() - _INERT):
            raise InputError(
                f"config.json has keys that ReadSeeker's network does not know: {unknown}; "
                "expected the config.json of a BERT sequence classifier"
            )
        for key, value in _REQUIRED.items():
            if key in params and params[key] != value:
                raise InputError(
                    f"{key} is {shown(params[key])}, ReadSeeker's network has {value!r}; "
                    "these weights are of another network"
                )
        return cls(**{key: value for key, value in params.items() if key in own})
