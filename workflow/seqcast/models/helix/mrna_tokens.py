"""Tokens of the mRNA models: a nucleotide is a token, a mark before a codon is one more."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from seqcast.core.errors import InputError

CODON_MARK = "E"
_UNKNOWN = 255


@dataclass(frozen=True)
class MrnaTokenizer:
    """One token a character, an end token, padding on the left.

    Attributes
    ----------
    letters : str
        Characters of the vocabulary, in the order of their ids; T is read as U, lower case as
        upper.
    first_letter : int
        Id of the first of `letters`; smaller ids are special tokens.
    end, pad : int
        Ids of the token that ends a sequence and of padding; Helix-mRNA has 1 for both.
    max_tokens : int
        Most tokens of a sequence, its end token included.
    """

    letters: str
    first_letter: int
    end: int
    pad: int
    max_tokens: int

    @property
    def codon_mark(self) -> str | None:
        """The character that marks codons, where the vocabulary has it."""
        return CODON_MARK if CODON_MARK in self.letters else None

    def __call__(self, sequences: Sequence[str]) -> Tensor:
        """Token ids of sequences.

        Returns
        -------
        Tensor, shape=(batch, tokens), int64
            Each row ends with the end token and starts with the padding that it needs.

        Raises
        ------
        InputError
            If a sequence holds another character, or is longer than `max_tokens`.
        """
        table = self._table()
        rows = [self._ids(table, i, sequence) for i, sequence in enumerate(sequences)]
        length = 1 + max(map(len, rows), default=0)
        tokens = np.full((len(rows), length), self.pad, dtype=np.int64)
        tokens[:, -1] = self.end
        for row, ids in zip(tokens, rows, strict=True):
            row[length - 1 - len(ids) : -1] = ids
        return torch.from_numpy(tokens)

    def real(self, tokens: Tensor) -> Tensor:
        """Where nucleotides and codon-start tokens of the sequences are; bool, as `tokens`."""
        return tokens >= self.first_letter

    def leading_pads(self, tokens: Tensor) -> Tensor:
        """Number of pads before each row's first other token, int64 ``(batch,)``.

        The last token ends the row even where its id is that of padding.
        """
        return (tokens[:, :-1] == self.pad).cumprod(1).sum(1)

    def _table(self) -> np.ndarray:
        table = np.full(256, _UNKNOWN, dtype=np.uint8)
        for i, letter in enumerate(self.letters):
            table[[ord(letter), ord(letter.lower())]] = self.first_letter + i
        table[[ord("T"), ord("t")]] = table[ord("U")]
        return table

    def _ids(self, table: np.ndarray, number: int, sequence: str) -> np.ndarray:
        # characters beyond one byte become "?", which no vocabulary has
        ids = table[np.frombuffer(sequence.encode("latin-1", "replace"), dtype=np.uint8)]
        if (wrong := np.flatnonzero(ids == _UNKNOWN)).size:
            place = int(wrong[0])
            known = " ".join(dict.fromkeys("ACGUT" + self.letters))
            raise InputError(
                f"sequence {number + 1}: {sequence[place]!r} at character {place + 1} is no token "
                f"of this model; expected the characters {known}. Replace unknown bases by N, and "
                "remove gaps and spaces"
            )
        if len(ids) + 1 > self.max_tokens:
            raise InputError(
                f"sequence {number + 1}: {len(ids)} characters and an end token exceed the model's "
                f"{self.max_tokens} tokens; truncate it or take windows of it (too_long)"
            )
        return ids


def helix_tokenizer(max_tokens: int) -> MrnaTokenizer:
    """Helix-mRNA's vocabulary (helicalAI/helical, commit 0a3d870): A C G U N E are 7 to 12."""
    return MrnaTokenizer("ACGUN" + CODON_MARK, first_letter=7, end=1, pad=1, max_tokens=max_tokens)


def mamba2_tokenizer(max_tokens: int) -> MrnaTokenizer:
    """Mamba2-mRNA's vocabulary: the same without codon-start token, and padding of its own."""
    return MrnaTokenizer("ACGUN", first_letter=7, end=1, pad=4, max_tokens=max_tokens)
