"""Shape of a Helix-mRNA network, read from its published config.json."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from seqcast.core.errors import InputError
from seqcast.models.helix.mamba2_config import BLOCK_KEYS, Mamba2Config, check_required
from seqcast.models.settings import shown

BLOCKS = "M+*"  # state space, feed-forward, attention and feed-forward


@dataclass(frozen=True, kw_only=True)
class HelixMrnaConfig(Mamba2Config):
    """Sizes under the names of Helix-mRNA's config.json; the defaults are the published ones."""

    architecture: ClassVar[str] = "helix_mrna"

    hidden_size: int = 256
    layers_block_type: str = "M+M*M+M+"
    num_hidden_layers: int = 8
    state_size: int = 128
    num_heads: int = 16
    head_dim: int = 32
    n_groups: int = 1
    vocab_size: int = 14
    num_attention_heads: int = 32
    num_key_value_heads: int = 8
    max_tokens: int = 12288

    def _check_multiples(self) -> None:
        super()._check_multiples()
        if wrong := sorted(set(self.layers_block_type) - set(BLOCKS)):
            raise InputError(
                f"layers_block_type {self.layers_block_type!r} holds {wrong}; known "
                "blocks: M (state space), + (feed-forward), * (attention and feed-forward)"
            )
        if len(self.layers_block_type) != self.num_hidden_layers:
            raise InputError(
                f"layers_block_type {self.layers_block_type!r} has "
                f"{len(self.layers_block_type)} characters, num_hidden_layers is "
                f"{self.num_hidden_layers}; take the config.json that belongs to the weights"
            )
        for whole, part in (
            ("hidden_size", "num_attention_heads"),
            ("num_attention_heads", "num_key_value_heads"),
        ):
            if getattr(self, whole) % getattr(self, part):
                raise InputError(
                    f"{whole} {getattr(self, whole)} is not a multiple of {part} "
                    f"{getattr(self, part)}; take the config.json that belongs to the weights"
                )

    def sizes(self) -> Iterator[int]:
        """Those of `Mamba2Config`, and of the feed-forward and attention blocks."""
        yield from super().sizes()
        square, shared = self.hidden_size**2, self.num_key_value_heads / self.num_attention_heads
        yield 12 * square * (self.blocks.count("+") + self.blocks.count("*"))
        yield int(square * (2 + 2 * shared)) * self.blocks.count("*")

    @property
    def norm_groups(self) -> int:
        """One: Helix-mRNA norms all channels together."""
        return 1

    @property
    def blocks(self) -> str:
        """A character of `BLOCKS` for each block."""
        return self.layers_block_type

    @classmethod
    def _renamed(cls, params: Mapping[str, Any]) -> dict[str, Any]:
        """The hub's spelling of the blocks as ours; a string wins over transformers' own list."""
        found = {key: value for key, value in params.items() if key not in BLOCK_KEYS}
        strings = [params[key] for key in BLOCK_KEYS if key in params]
        if len(set(map(str, strings))) > 1:
            raise InputError(
                f"layers_block_type_string {shown(strings[0])} and layers_block_type "
                f"{shown(strings[1])} differ; keep the one that belongs to the weights"
            )
        return found | {"layers_block_type": strings[0]}

    @classmethod
    def _check_architecture(cls, params: Mapping[str, Any]) -> None:
        check_required(cls.architecture, params)
        if not any(key in params for key in BLOCK_KEYS):
            raise InputError(
                "config.json has no layers_block_type_string (Helix-mRNA: 'M+M*M+M+'): a plain "
                "Mamba2 such as Mamba2-mRNA is architecture mamba2_mrna, other networks have "
                "their own"
            )
