"""The task of language models: each letter of an RNA from those before it."""

import hashlib
import logging
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from typing import Any, NamedTuple

import numpy as np
import torch.nn.functional as F
from torch import Tensor

from seqcast.core.errors import InputError
from seqcast.predict.embeddings.token_batches import token_batches
from seqcast.training.batching import length_bucketed
from seqcast.training.loop import Batch
from seqcast.training.recipe import Recipe
from seqcast.training.task_options import TextOptions

logger = logging.getLogger(__name__)

# Streams of random numbers: of an epoch's order, and of a batch's crops.
_ORDER, _CROPS = 0, 1


class TextSet:
    """RNAs in memory, a byte a letter, as the model is to read them: codon marks included.

    Parameters
    ----------
    texts : iterable of str
    name : str
        Where they are from, for messages.

    Raises
    ------
    InputError
        If there is no text, or none has two letters: the first one has no prediction.
    """

    def __init__(self, texts: Iterable[str], name: str) -> None:
        given = list(texts)
        self.name, self.texts = name, [text for text in given if len(text) > 1]
        if not self.texts:
            raise InputError(
                f"{name}: none of {len(given)} usable sequences has two letters or more; give "
                "sequences to learn from"
            )
        if short := len(given) - len(self.texts):
            logger.warning("%s: %d sequences of one letter teach nothing", name, short)
        self.lengths = np.array([len(text) for text in self.texts])

    def __len__(self) -> int:
        return len(self.texts)

    def digest(self) -> str:
        """SHA-256 of all texts in their order."""
        return hashlib.sha256("\n".join(self.texts).encode()).hexdigest()


class Part(NamedTuple):
    """Texts that go through the model at once, and their rows in the training set."""

    rows: np.ndarray
    texts: list[str]


class NextTokenTask:
    """Next-token prediction by a model of the protocol `EmbeddingModel`; a `training.loop.Task`.

    The loss is the mean cross entropy in nats a predicted token: every letter and codon mark of a
    text but the first. The end token is not predicted, so that the loss is the negative of the
    log-likelihood that the embeddings' table tells, and means the same for a crop. Each token of a
    batch weighs alike, whatever the length of its text.

    Validation gives ``loss`` and ``perplexity`` = exp(loss) on whole texts.

    Parameters
    ----------
    training, validation : TextSet
    options : TextOptions
    longest_tokens : int
        Letters and marks that the model takes: `EmbeddingModel.max_tokens` less the end token. A
        longer text for validation loses its right end, with a warning.

    Raises
    ------
    InputError
        If every sequence for validation is one of the training, whatever their order, or the
        recipe's crops are longer than what the model takes.
    """

    def __init__(
        self, training: TextSet, validation: TextSet, options: TextOptions, longest_tokens: int
    ) -> None:
        if options.longest_tokens and options.longest_tokens > longest_tokens:
            raise InputError(
                f"texts.longest_tokens is {options.longest_tokens}; expected {longest_tokens} or "
                "less, as the model takes"
            )
        digests = training.digest(), validation.digest()
        known = set(training.texts)
        shared = sum(text in known for text in validation.texts)
        if shared == len(validation):
            raise InputError(
                f"{validation.name}: all {shared} sequences are also in {training.name}; expected "
                "others. Give validation sequences of genes that the training sequences are not of"
            )
        if shared:
            logger.warning(
                "%s: %d sequences are also in %s", validation.name, shared, training.name
            )
        if cut := int((validation.lengths > longest_tokens).sum()):
            logger.warning(
                "%s: %d sequences were cut to %d tokens", validation.name, cut, longest_tokens
            )
        self.training = training
        self.validation = [text[:longest_tokens] for text in validation.texts]
        self.crop, self.part_tokens = options.longest_tokens or longest_tokens, options.part_tokens
        text = f"{digests[0]} {digests[1]} {sorted(asdict(options).items())} {longest_tokens}"
        self.digest = hashlib.sha256(text.encode()).hexdigest()

    def steps_an_epoch(self, recipe: Recipe) -> int:
        """Batches of an epoch; the last one may be smaller."""
        return -(-len(self.training) // recipe.batch_size)

    def batches(self, recipe: Recipe, epoch: int, start: int) -> Iterator[Batch]:
        """Batches of an epoch from number `start` on; each text comes once.

        Texts of a batch are of similar length, and its parts no larger than the recipe allows.
        """
        lengths = np.minimum(self.training.lengths, self.crop)
        order = np.random.default_rng([recipe.seed, epoch, _ORDER])
        for number, rows in enumerate(length_bucketed(lengths, recipe.batch_size, order)):
            if number < start:
                continue
            rng = np.random.default_rng([recipe.seed, epoch, _CROPS, number])
            texts = [cropped(self.training.texts[row], self.crop, rng) for row in rows]
            yield [
                (float(sum(map(len, part.texts)) - len(part.texts)), part)
                for part in self._parts(rows, texts, recipe)
            ]

    def loss(self, model: Any, part: Part) -> Tensor:
        """Mean cross entropy of the predicted tokens of a part, in nats."""
        return token_losses(model, part.texts).mean()

    def _parts(self, rows: np.ndarray, texts: list[str], recipe: Recipe) -> Iterator[Part]:
        """Texts of a batch in parts that the recipe's limits allow."""
        size = recipe.micro_batch_size or recipe.batch_size
        for i in range(0, len(rows), size):
            part = Part(rows[i : i + size], texts[i : i + size])
            if self.part_tokens is None:
                yield part
                continue
            for chosen in token_batches(token_lengths(part.texts), self.part_tokens):
                yield Part(part.rows[chosen], [part.texts[j] for j in chosen])

    def describe(self, batch: Batch) -> str:
        """The sequences of a batch, by their numbers among the usable ones."""
        rows = np.concatenate([part.rows for _, part in batch]) + 1
        return f"sequences {', '.join(map(str, rows[:20]))}{' ...' if len(rows) > 20 else ''}"

    def validate(self, model: Any, recipe: Recipe) -> dict[str, float]:
        """Loss and perplexity on the validation texts, so many at once as suit the model."""
        total, tokens = 0.0, 0
        for batch in token_batches(token_lengths(self.validation), model.batch_tokens):
            losses = token_losses(model, [self.validation[i] for i in batch])
            total, tokens = total + losses.double().sum().item(), tokens + len(losses)
        loss = total / tokens
        return {"loss": loss, "perplexity": math.exp(min(loss, 700.0))}  # exp(710) overflows


def token_lengths(texts: Iterable[str]) -> list[int]:
    """Tokens of each text, its end token included."""
    return [len(text) + 1 for text in texts]


def cropped(text: str, longest: int, rng: np.random.Generator) -> str:
    """A text, or where it is longer a random part of `longest` letters and marks."""
    if len(text) <= longest:
        return text
    start = int(rng.integers(len(text) - longest, endpoint=True))
    return text[start : start + longest]


def token_losses(model: Any, texts: Sequence[str]) -> Tensor:
    """Cross entropy of each predicted token of some texts.

    Parameters
    ----------
    model : EmbeddingModel
    texts : sequence of str
        With codon marks where the model is to see them; no longer than it takes.

    Returns
    -------
    Tensor of float32, shape=(predicted,)
        Nats, text after text: all letters and marks but the first of each text.
    """
    device = next(model.parameters()).device
    tokens = model.tokenize(texts).to(device)
    real = model.real(tokens)
    predicted = real[:, 1:] & real[:, :-1]
    features = model(tokens)[:, :-1]
    logits = model.logits(features[predicted]).float()
    return F.cross_entropy(logits, tokens[:, 1:][predicted], reduction="none")
