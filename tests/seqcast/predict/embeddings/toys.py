"""The smallest embedding model that keeps the contract of `models.interface.EmbeddingModel`."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn

PAD = END = 1
LETTERS = "ACGUNE"
FIRST = 7


class Fading(nn.Module):
    """Each block adds what it has seen so far, fading; causal and blind to padding."""

    compat: str | None = None
    codon_mark: str | None = "E"
    has_lm_head = True
    resumes = False
    width, depth, vocabulary = 6, 3, 14

    def __init__(self, max_tokens: int = 65, batch_tokens: int = 300, seed: int = 1) -> None:
        super().__init__()
        self.max_tokens, self.batch_tokens = max_tokens, batch_tokens
        draw = torch.Generator().manual_seed(seed)
        self.embedding = nn.Parameter(torch.randn(self.vocabulary, self.width, generator=draw))
        self.mix = nn.Parameter(torch.randn(self.depth, self.width, self.width, generator=draw))
        self.head = nn.Parameter(torch.randn(self.vocabulary, self.width, generator=draw))
        self.shapes: list[tuple[int, ...]] = []  # of all batches seen

    def tokenize(self, sequences: Sequence[str]) -> Tensor:
        rows = [
            [FIRST + LETTERS.index(s) for s in text.upper().replace("T", "U")] for text in sequences
        ]
        length = max(map(len, rows)) + 1
        assert length <= self.max_tokens
        return torch.tensor([[PAD] * (length - 1 - len(row)) + row + [END] for row in rows])

    def real(self, tokens: Tensor) -> Tensor:
        return tokens >= FIRST

    def forward(self, tokens: Tensor) -> Tensor:
        return self.finish(self.hidden_states(tokens, [self.depth])[0])

    def hidden_states(self, tokens: Tensor, layers: Sequence[int]) -> list[Tensor]:
        self.shapes.append(tuple(tokens.shape))
        x = self.embedding[tokens]
        # padding gives no number: whoever takes it in notices
        x[(tokens == PAD).cumprod(1).bool()] = np.nan
        states = [x]
        for mix in self.mix:
            seen = torch.zeros_like(x[:, 0])
            steps = []
            for step in x.unbind(1):
                seen = torch.where(step.isnan(), 0, 0.9 * seen + torch.tanh(step @ mix))
                steps.append(step + seen)
            x = torch.stack(steps, 1)
            states.append(x)
        return [states[layer] for layer in layers]

    def finish(self, state: Tensor) -> Tensor:
        return nn.functional.layer_norm(state, (self.width,))

    def logits(self, features: Tensor) -> Tensor:
        return features @ self.head.T


def random_text(length: int, seed: int, letters: str = "ACGU") -> str:
    """Letters drawn alike."""
    return "".join(np.random.default_rng(seed).choice(list(letters), length))
