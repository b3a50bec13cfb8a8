"""What Helix-mRNA and Mamba2-mRNA share: a causal stack of blocks over tokens of mRNA."""

import json
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, ClassVar, Self

import torch
import torch.nn.functional as F
from safetensors.torch import save_file
from torch import Tensor, nn

from seqcast.core.errors import InputError
from seqcast.models.convert import read_tensors
from seqcast.models.helix.mamba2 import Mamba2Mixer, RMSNorm
from seqcast.models.helix.mamba2_config import BLOCK_KEYS, Mamba2Config
from seqcast.models.helix.mrna_tokens import MrnaTokenizer
from seqcast.models.layers import Dense, Network
from seqcast.models.originals import TRANSFORMERS

PREFIX = "backbone."
LM_HEAD = "lm_head.weight"
Past = tuple[Tensor, ...]  # what a block keeps of the first tokens of a row; a batch axis of 1
Prefix = list[Past]  # of all blocks


class CausalBlock(nn.Module):
    """A block that can go on behind tokens that are known; as it stands here, token by token."""

    def remembered(
        self, x: Tensor, places: Sequence[Sequence[int]]
    ) -> tuple[Tensor, list[dict[int, Past]]]:
        """As a call; and for each row what its first so many tokens leave (`places`)."""
        return self(x), [dict.fromkeys(of_row, ()) for of_row in places]

    def resumed(self, x: Tensor, pasts: Sequence[Past]) -> Tensor:
        """As a call, each row behind the tokens of its past."""
        return self(x)


class MambaBlock(CausalBlock):
    """Block M: a state space layer, added to its input."""

    def __init__(self, config: Mamba2Config) -> None:
        super().__init__()
        self.norm = RMSNorm(config.hidden_size, config.layer_norm_epsilon)
        self.mixer = Mamba2Mixer(config)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.mixer(self.norm(x))

    def remembered(
        self, x: Tensor, places: Sequence[Sequence[int]]
    ) -> tuple[Tensor, list[dict[int, Past]]]:
        """As a call; and inputs of the convolution and state at places."""
        y, carries = self.mixer.resumed(self.norm(x), None, places)
        return x + y, [dict(of_row) for of_row in carries]

    def resumed(self, x: Tensor, pasts: Sequence[Past]) -> Tensor:
        """As a call, behind known tokens."""
        taps, states = (torch.cat(parts) for parts in zip(*pasts, strict=True))
        return x + self.mixer.resumed(self.norm(x), (taps, states))[0]


class MrnaStack(Network):
    """Tokens of mRNA to features, causal: no token sees a later one.

    Padding changes nothing: rows are moved to the left before the first block and back after the
    last, and padding on the right of a causal model reaches no token of the sequence.
    """

    task = Mamba2Config.task
    original = TRANSFORMERS
    hub_class: ClassVar[str]
    config_class: ClassVar[type[Mamba2Config]]
    compat_options: ClassVar[tuple[str, ...]] = ()
    batch_tokens = 4096

    def __init__(
        self,
        config: Mamba2Config,
        tokenizer: MrnaTokenizer,
        blocks: Sequence[CausalBlock],
        compat: str | None = None,
        lm_head: bool = True,
    ) -> None:
        super().__init__()
        if config.vocab_size < tokenizer.first_letter + len(tokenizer.letters):
            raise InputError(
                f"config.json: vocab_size {config.vocab_size} is less than this vocabulary's "
                f"{tokenizer.first_letter + len(tokenizer.letters)}; these weights are of another "
                "network"
            )
        self.config, self.tokenizer, self.compat = config, tokenizer, compat
        self.embeddings = nn.Embedding(config.vocab_size, config.hidden_size)
        self.layers = nn.ModuleList(blocks)
        self.norm_f = RMSNorm(config.hidden_size, config.layer_norm_epsilon)
        self.has_lm_head = lm_head or config.tie_word_embeddings
        if lm_head and not config.tie_word_embeddings:
            self.lm_head = Dense(config.hidden_size, config.vocab_size, bias=False)

    @classmethod
    @abstractmethod
    def from_config(cls, config: Any, compat: str | None, lm_head: bool) -> Self:
        """A network of this shape, with or without the language-model head."""

    @classmethod
    def from_params(
        cls, params: Mapping[str, Any], head: str | None = None, compat: str | None = None
    ) -> Self:
        """An untrained network with a language-model head from config.json.

        Raises
        ------
        InputError
            If a key is unknown or describes another network; if `head` is not empty.
        """
        return cls.from_config(cls._config(params, head), compat, lm_head=True)

    @classmethod
    def from_weights(
        cls, path: Path, params: Mapping[str, Any], head: str | None, compat: str | None = None
    ) -> tuple[Self, dict[str, Tensor]]:
        """A network for the weights of `path`, and their tensors under its names.

        Reads safetensors or pytorch_model.bin, with or without the prefix ``backbone.`` and the
        language-model head; 16-bit weights are computed with in float32.
        """
        config = cls._config(params, head)
        state = _bare_names(read_tensors(path), path)
        if config.tie_word_embeddings and LM_HEAD in state:
            head_weights = state.pop(LM_HEAD)
            if not torch.equal(head_weights, state.get("embeddings.weight", head_weights)):
                raise InputError(
                    f"{path}: {LM_HEAD} differs from embeddings.weight, but config.json says "
                    "tie_word_embeddings; use the config.json that belongs to these weights"
                )
        return cls.from_config(config, compat, lm_head=LM_HEAD in state), state

    def for_original(self, weights: Path | None, folder: Path) -> tuple[Path, bool]:
        """The weights that transformers reads: the published file, or else ours in `folder`.

        Returns
        -------
        (Path, bool)
            The bool says whether it is the published file.
        """
        if weights is not None:
            return weights, True
        path = folder / "tensors.safetensors"
        save_file(self.hub_state(), path)
        return path, False

    def hub_state(self) -> dict[str, Tensor]:
        """Tensors under the names of the published files."""
        state = self.state_dict()
        return {k if k == LM_HEAD else f"{PREFIX}{k}": t.clone() for k, t in state.items()}

    def hub_files(self, params: Mapping[str, Any]) -> dict[str, str]:
        """Text files that lie next to the tensors."""
        sizes = asdict(self.read_config(params))
        del sizes["max_tokens"]
        if BLOCK_KEYS[0] in params:  # one spelling of the blocks
            sizes.pop(BLOCK_KEYS[1])
        named = {"architectures": [self.hub_class], "model_type": "mamba2"}
        return {"config.json": json.dumps({**named, **sizes, **params}, indent=1)}

    @classmethod
    def read_config(cls, params: Mapping[str, Any]) -> Mamba2Config:
        """The sizes that a config.json says."""
        return cls.config_class.from_params(params)

    @classmethod
    def _config(cls, params: Mapping[str, Any], head: str | None) -> Mamba2Config:
        if head:
            raise InputError(f"head {head!r}: mRNA models have no heads, leave the head empty")
        return cls.read_config(params)

    @property
    def width(self) -> int:
        """Features of a token."""
        return self.config.hidden_size

    @property
    def depth(self) -> int:
        """Number of blocks."""
        return len(self.layers)

    @property
    def max_tokens(self) -> int:
        """Most tokens of a sequence, its end token included."""
        return self.tokenizer.max_tokens

    @property
    def codon_mark(self) -> str | None:
        """The character that marks codons, where the vocabulary has it."""
        return self.tokenizer.codon_mark

    def tokenize(self, sequences: Sequence[str]) -> Tensor:
        """Token ids ``(batch, tokens)``, int64; see `MrnaTokenizer`."""
        return self.tokenizer(sequences)

    def real(self, tokens: Tensor) -> Tensor:
        """Where the sequences' own tokens are, bool ``(batch, tokens)``."""
        return self.tokenizer.real(tokens)

    def forward(self, tokens: Tensor) -> Tensor:
        """Features ``(batch, tokens, width)`` after the final norm."""
        return self.finish(self.hidden_states(tokens, [self.depth])[0])

    def hidden_states(self, tokens: Tensor, layers: Sequence[int]) -> list[Tensor]:
        """The residual stream where `layers` says.

        Parameters
        ----------
        tokens : Tensor, shape=(batch, tokens)
        layers : sequence of int
            0 are the token embeddings, i what comes out of block i, counted from 1.

        Returns
        -------
        list of Tensor, shape=(batch, tokens, width)
            In the order of `layers`. Values at pads and at the end token mean nothing.

        Raises
        ------
        InputError
            If a layer is not between 0 and `depth`.
        """
        self._check_layers(layers)
        pads = self.tokenizer.leading_pads(tokens)
        found = {}
        x = self.embeddings(_rolled(tokens, pads))
        for i in range(max(layers, default=0) + 1):
            x = self.layers[i - 1](x) if i else x
            if i in layers:
                found[i] = _rolled(x, -pads)
        return [found[layer] for layer in layers]

    @property
    def resumes(self) -> bool:
        """Whether `remember` and `resume` give what a call does."""
        return True

    def remember(
        self, tokens: Tensor, places: Sequence[Sequence[int]]
    ) -> tuple[Tensor, list[dict[int, Prefix]]]:
        """The state after the last block, and what sequences that begin alike need of it.

        Parameters
        ----------
        tokens : Tensor, shape=(batch, tokens)
        places : sequence of sequence of int
            For each row, numbers of first tokens (padding not counted), at least 1.

        Returns
        -------
        state : Tensor, shape=(batch, tokens, width)
            As from `hidden_states`.
        prefixes : list of dict of int to Prefix
            For each row and place, to be given to `resume`. One takes 1.1 MB with Helix-mRNA's
            published sizes: the states of its four state space layers.
        """
        pads = self.tokenizer.leading_pads(tokens)
        x = self.embeddings(_rolled(tokens, pads))
        of_blocks = []
        block: Any
        for block in self.layers:
            x, found = block.remembered(x, places)
            of_blocks.append(found)
        prefixes = [
            {place: [found[row][place] for found in of_blocks] for place in of_row}
            for row, of_row in enumerate(places)
        ]
        return _rolled(x, -pads), prefixes

    def resume(self, tokens: Tensor, prefixes: Sequence[Prefix]) -> Tensor:
        """The state after the last block, of tokens behind others that are known.

        Parameters
        ----------
        tokens : Tensor, shape=(batch, tokens)
            The rest of each sequence, padded as a sequence is.
        prefixes : sequence of Prefix
            What stands before each row, from `remember`; of any lengths.

        Returns
        -------
        Tensor, shape=(batch, tokens, width)
            That of a call on the whole sequences but for rounding: sums in another order.
        """
        pads = self.tokenizer.leading_pads(tokens)
        x = self.embeddings(_rolled(tokens, pads))
        block: Any
        for block, pasts in zip(self.layers, zip(*prefixes, strict=True), strict=True):
            x = block.resumed(x, pasts)
        return _rolled(x, -pads)

    def _check_layers(self, layers: Sequence[int]) -> None:
        if wrong := [layer for layer in layers if not 0 <= layer <= self.depth]:
            raise InputError(
                f"layers {wrong}: this model has layers 0 (token embeddings) to {self.depth}"
            )

    def finish(self, state: Tensor) -> Tensor:
        """The final norm, applied to the last hidden state."""
        return self.norm_f(state)

    def logits(self, features: Tensor) -> Tensor:
        """Logits of the next token, ``(batch, tokens, vocabulary)``, from `forward`'s features.

        Raises
        ------
        InputError
            If the checkpoint has no language-model head.
        """
        if not self.has_lm_head:
            raise InputError(
                f"these weights have no language-model head ({LM_HEAD}), which log-likelihoods "
                "need; switch log-likelihoods off, or take a checkpoint that holds it"
            )
        if self.config.tie_word_embeddings:
            return F.linear(features, self.embeddings.weight)
        return self.lm_head(features)

    def initialise(self) -> None:
        """Draw the weights that training starts from."""
        nn.init.normal_(self.embeddings.weight, std=self.config.initializer_range)
        for module in self.modules():
            if isinstance(module, Mamba2Mixer):
                module.initialise()
        for name, module in self.named_modules():
            if isinstance(module, nn.Linear) and ".mixer." not in name:
                module.reset_parameters()
            if isinstance(module, RMSNorm):
                nn.init.ones_(module.weight)


def _rolled(x: Tensor, places: Tensor) -> Tensor:
    """Each row of ``(batch, tokens, ...)`` moved to the left, what falls out at the other end."""
    if not bool(places.any()):
        return x
    index = (torch.arange(x.shape[1], device=x.device) + places[:, None]) % x.shape[1]
    index = index.view(*index.shape, *[1] * (x.ndim - 2)).expand_as(x)
    return x.gather(1, index)


def _bare_names(state: Mapping[str, Tensor], path: Path) -> dict[str, Tensor]:
    """Tensors without the prefix ``backbone.``, and the embedding under its present name."""
    found: dict[str, Tensor] = {}
    for name, tensor in state.items():
        bare = name.removeprefix(PREFIX)
        bare = "embeddings.weight" if bare == "embedding.weight" else bare
        if bare in found:
            raise InputError(f"{path}: holds {bare} twice, with and without {PREFIX!r}")
        found[bare] = tensor
    return found
