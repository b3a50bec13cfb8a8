"""Shape of a Mamba2-mRNA network, and what Helix-mRNA's shares with it, read from config.json."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, dataclass, fields
from typing import Any, ClassVar, Self

from seqcast.core.errors import InputError
from seqcast.models.settings import (
    LARGEST_LENGTH,
    LARGEST_REPEAT,
    LARGEST_VOCABULARY,
    LARGEST_WIDTH,
    require,
    require_number,
    require_size,
    require_weights,
    shown,
)

# Kinds of blocks, in Helix-mRNA's config.json alone: the spelling of the hub, and of transformers.
BLOCK_KEYS = ("layers_block_type_string", "layers_block_type")
LARGEST = {  # other than LARGEST_WIDTH
    "num_hidden_layers": LARGEST_REPEAT, "vocab_size": LARGEST_VOCABULARY,
    "max_tokens": LARGEST_LENGTH, "conv_kernel": 256, "chunk_size": 8192,
}  # fmt: skip
# What config.json must say, where it says it: anything else is another network.
_REQUIRED = {
    "model_type": "mamba2",
    "hidden_act": "silu",
    "attention_dropout": 0,
    "rms_norm": True,
    "is_decoder": False,
    "is_encoder_decoder": False,
    "add_cross_attention": False,
}
# Keys of saving, generation, training and kernels. Helix-mRNA's feed-forward has 4 * hidden_size
# values whatever intermediate_size says, and sequences end with token 1 whatever eos_token_id says.
_INERT = {
    "_attn_implementation_autoset", "_name_or_path", "architectures", "attn_implementation",
    "auto_map", "bad_words_ids", "begin_suppress_tokens", "bos_token_id", "chunk_size_feed_forward",
    "cross_attention_hidden_size", "decoder_start_token_id", "diversity_penalty", "do_sample",
    "dtype", "early_stopping", "encoder_no_repeat_ngram_size", "eos_token_id",
    "exponential_decay_length_penalty", "finetuning_task", "forced_bos_token_id",
    "forced_eos_token_id", "id2label", "intermediate_size",
    "label2id", "length_penalty", "max_length", "max_position_embeddings", "min_length", "name",
    "no_repeat_ngram_size", "num_beam_groups", "num_beams", "num_return_sequences",
    "output_attentions", "output_hidden_states", "output_scores", "pad_token_id", "prefix",
    "problem_type", "pruned_heads", "remove_invalid_values",
    "repetition_penalty", "rescale_prenorm_residual", "residual_in_fp32", "return_dict",
    "return_dict_in_generate", "sep_token_id", "suppress_tokens", "task_specific_params",
    "temperature", "tf_legacy_loss", "time_step_rank", "tokenizer_class", "top_k", "top_p",
    "torch_dtype", "torchscript", "transformers_version", "typical_p", "unk_token_id",
    "use_bfloat16", "use_cache",
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Mamba2Config:
    """Sizes under the names of Hugging Face's Mamba2Config; those without default must be given.

    ``chunk_size`` is that of the original; it changes results under compat "helical_cpu" alone.
    ``max_tokens`` is no key of the published files.
    """

    task: ClassVar[str] = "embedding"
    architecture: ClassVar[str] = "mamba2_mrna"

    hidden_size: int
    num_hidden_layers: int
    state_size: int
    num_heads: int
    head_dim: int
    n_groups: int
    vocab_size: int
    conv_kernel: int = 4
    expand: int = 2
    chunk_size: int = 256
    use_bias: bool = False
    use_conv_bias: bool = True
    tie_word_embeddings: bool = False
    layer_norm_epsilon: float = 1e-5
    initializer_range: float = 0.1
    time_step_min: float = 0.001
    time_step_max: float = 0.1
    time_step_floor: float = 1e-4
    time_step_limit: tuple[float, float] = (0.0, math.inf)
    max_tokens: int = 8192

    def __post_init__(self) -> None:
        for field in fields(self):
            _check(field.name, field.type, getattr(self, field.name))
        object.__setattr__(self, "time_step_limit", tuple(map(float, self.time_step_limit)))
        self._check_multiples()
        require_weights(self.sizes())

    def sizes(self) -> Iterator[int]:
        """Weights of the embeddings, the language-model head and each block."""
        width, inner, state = self.hidden_size, self.inner_size, self.n_groups * self.state_size
        yield 2 * self.vocab_size * width
        block = width * (3 * inner + 2 * state + self.num_heads)
        yield self.blocks.count("M") * (block + (inner + 2 * state) * self.conv_kernel)

    def _check_multiples(self) -> None:
        if self.num_heads * self.head_dim != self.inner_size:
            raise InputError(
                f"num_heads {self.num_heads} x head_dim {self.head_dim} is not "
                f"expand {self.expand} x hidden_size {self.hidden_size}; take the config.json that "
                "belongs to the weights"
            )
        if self.num_heads % self.n_groups:
            raise InputError(
                f"num_heads {self.num_heads} is not a multiple of n_groups "
                f"{self.n_groups}; take the config.json that belongs to the weights"
            )

    @property
    def inner_size(self) -> int:
        """Channels of the state space part."""
        return self.expand * self.hidden_size

    @property
    def norm_groups(self) -> int:
        """Parts of the channels that the gated norm scales apart."""
        return self.n_groups

    @property
    def blocks(self) -> str:
        """A character for each block: M, state space."""
        return "M" * self.num_hidden_layers

    @classmethod
    def from_params(cls, params: Mapping[str, Any]) -> Self:
        """Read the content of a config.json, its inert keys included.

        Raises
        ------
        InputError
            If a key is unknown or missing, or says that the network is another.
        """
        cls._check_architecture(params)
        own = {field.name: field for field in fields(cls)}
        given = cls._renamed(params)
        if unknown := sorted(given.keys() - own.keys() - _REQUIRED.keys() - _INERT):
            raise InputError(
                f"config.json has keys that {cls.architecture}'s network does not know: {unknown}; "
                "expected the config.json published with the weights"
            )
        if missing := [k for k, f in own.items() if f.default is MISSING and k not in given]:
            raise InputError(
                f"config.json lacks {', '.join(missing)}; these sizes are read, never guessed: "
                "take the config.json published with the weights"
            )
        return cls(**{key: value for key, value in given.items() if key in own})

    @classmethod
    def _renamed(cls, params: Mapping[str, Any]) -> dict[str, Any]:
        return dict(params)

    @classmethod
    def _check_architecture(cls, params: Mapping[str, Any]) -> None:
        if any(key in params for key in BLOCK_KEYS):
            raise InputError(
                "config.json names kinds of blocks (layers_block_type_string): this is "
                "Helix-mRNA, not a plain Mamba2; take architecture helix_mrna"
            )
        check_required(cls.architecture, params)


def check_required(architecture: str, params: Mapping[str, Any]) -> None:
    """Stop at a config.json of another network, naming the architecture that reads it.

    Raises
    ------
    InputError
        If a key says what neither Mamba2-mRNA nor Helix-mRNA is.
    """
    kind = params.get("model_type", "mamba2")
    if kind != "mamba2":
        other = "readseeker" if kind == "bert" else None
        remedy = f"architecture {other}" if other else "an architecture that is made for it"
        raise InputError(
            f"model_type is {shown(kind)}, {architecture} reads 'mamba2'; these weights "
            f"need {remedy}"
        )
    if "model" in params:
        raise InputError(f"this is a params.json of architecture borzuki, not of {architecture}")
    for key, value in _REQUIRED.items():
        if key in params and params[key] != value:
            raise InputError(
                f"{key} is {shown(params[key])}, {architecture}'s network has {value!r}; "
                "these weights are of another network"
            )


def _check(name: str, kind: Any, value: Any) -> None:
    """Stop at a value that is no size, switch, number or pair of numbers."""
    if kind is int:
        require_size(name, value, LARGEST.get(name, LARGEST_WIDTH))
    elif kind is bool:
        require(isinstance(value, bool), name, value, "true or false")
    elif kind is str:
        letters = isinstance(value, str) and 0 < len(value) <= LARGEST_REPEAT
        require(letters, name, value, f"1 to {LARGEST_REPEAT} characters, such as 'M+M*M+M+'")
    elif name == "time_step_limit":
        good = isinstance(value, list | tuple) and len(value) == 2
        good = good and all(type(v) in (int, float) for v in value) and 0 <= value[0] < value[1]
        require(good, name, value, "two numbers, the first below the second")
    else:
        require_number(name, value, "a number between 0 and 1", lambda n: 0 < n < 1)
