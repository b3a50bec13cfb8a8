"""Training a language model: each nucleotide of an RNA from those before it, of transcripts."""

import hashlib
import logging
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import polars as pl
import torch
import torch.nn.functional as F
from torch import Tensor

from seqcast.core.errors import InputError
from seqcast.core.store import read_table
from seqcast.models.architectures import architecture_of
from seqcast.models.devices import choose_device
from seqcast.models.interface import read_hyperparameters
from seqcast.predict.embeddings.token_batches import token_batches
from seqcast.training.batching import length_bucketed
from seqcast.training.initial import starting_model
from seqcast.training.outputs import TrainingOutputs, made_with, train_and_write
from seqcast.training.recipe import Recipe, read_recipe
from seqcast.training.steps import Batch, Task
from seqcast.training.task_options import TextOptions
from seqcast.transcripts.marks import text_of

logger = logging.getLogger(__name__)

# Streams of random numbers: of an epoch's order, and of a batch's crops.
_ORDER, _CROPS = 0, 1


class TextSet:
    """RNAs in memory, one byte per token, as the model reads them, codon-start tokens included.

    Parameters
    ----------
    texts : iterable of str
    name : str
        Where they are from, for messages.

    Raises
    ------
    InputError
        If there is no text, or none has two nucleotides: the first one has no prediction.
    """

    def __init__(self, texts: Iterable[str], name: str) -> None:
        given = list(texts)
        self.name, self.texts = name, [text for text in given if len(text) > 1]
        if not self.texts:
            raise InputError(
                f"{name}: none of {len(given)} usable sequences has two nucleotides or more; give "
                "sequences to learn from"
            )
        if short := len(given) - len(self.texts):
            logger.warning("%s: %d single-nucleotide sequences were skipped", name, short)
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


class NextTokenTask(Task):
    """Next-token prediction by a model of the protocol `EmbeddingModel`; a `training.steps.Task`.

    The loss is the mean cross entropy in nats per predicted token: every nucleotide and codon-start
    token of a text but the first. The end token is not predicted, so that the loss is the negative
    of the log-likelihood that the embeddings' table tells, and means the same for a crop. Each
    token of a batch weighs alike, whatever the length of its text.

    Validation gives ``loss`` and ``perplexity`` = exp(loss) on whole texts.

    Parameters
    ----------
    training, validation : TextSet
    options : TextOptions
    longest_tokens : int
        Nucleotides and marks that the model takes: `EmbeddingModel.max_tokens` less the end token.
        A longer text for validation loses its right end, with a warning.

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
    """A text, or where it is longer a random part of `longest` nucleotides and marks."""
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
        With codon-start tokens where the model is to see them; no longer than it takes.

    Returns
    -------
    Tensor of float32, shape=(predicted,)
        Nats, text after text: all nucleotides and marks but the first of each text.
    """
    device = next(model.parameters()).device
    tokens = model.tokenize(texts).to(device)
    real = model.real(tokens)
    predicted = real[:, 1:] & real[:, :-1]
    features = model(tokens)[:, :-1]
    logits = model.logits(features[predicted]).float()
    return F.cross_entropy(logits, tokens[:, 1:][predicted], reduction="none")


class TextTrainingFiles(NamedTuple):
    """What a language model is trained from.

    Attributes
    ----------
    train, validation : tuple of path
        Tables of transcripts.
    recipe, hyperparameters : path
    initial : path, optional
        Weights to start from; without it they are drawn.
    """

    train: tuple[str | Path, ...]
    validation: tuple[str | Path, ...]
    recipe: str | Path
    hyperparameters: str | Path
    initial: str | Path | None = None


def train_language_model(
    files: TextTrainingFiles, outputs: TrainingOutputs, facts: Mapping[str, str],
    device: str, threads: int,
) -> None:  # fmt: skip
    """Train on transcripts; write the best weights, and the course of the training.

    Parameters
    ----------
    files : TextTrainingFiles
    outputs : TrainingOutputs
    facts : mapping
        Provenance for the metadata; ``architecture`` names the class of networks.
    device : str
        See `choose_device`.
    threads : int
        CPU threads.

    Raises
    ------
    InputError
        If the recipe, the sequences or the weights to start from are unfit, the architecture has
        no language-model head, or the checkpoint is of another training.
    """
    torch.set_num_threads(threads)
    recipe, options = read_recipe(files.recipe, TextOptions)
    if architecture_of(facts["architecture"]).task != "embedding":
        raise InputError(
            f"architecture {facts['architecture']!r} predicts no tokens, so it cannot be trained "
            "on texts; give the model an architecture of task embedding"
        )
    model = starting_model(facts["architecture"], files.hyperparameters, recipe.seed, files.initial)
    if not model.has_lm_head:
        raise InputError(
            f"{files.initial}: no language-model head (lm_head.weight) to go on with; take weights "
            "that have it, or leave `initial` empty"
        )
    _check_apart(files)
    task = NextTokenTask(
        read_texts(files.train, model, options), read_texts(files.validation, model, options),
        options, model.max_tokens - 1,
    )  # fmt: skip
    params = read_hyperparameters(files.hyperparameters)
    made = {
        **made_with(facts, files.recipe, files.initial),
        "hyperparameters": Path(files.hyperparameters).read_text(), "data_sha256": task.digest,
    }  # fmt: skip
    train_and_write(model.to(choose_device(device)), task, recipe, params, made, outputs)


def read_texts(paths: Sequence[str | Path], model: Any, options: TextOptions) -> TextSet:
    """Usable sequences of tables of transcripts, as a model is to read them.

    Parameters
    ----------
    paths : sequence of path
        Tables ``results/transcripts/{dataset}.parquet``; rows that are not valid are left out, and
        the log says how many.
    model : EmbeddingModel
    options : TextOptions

    Raises
    ------
    InputError
        If no row is usable.
    """
    name = ", ".join(map(str, paths))
    table = pl.concat(
        read_table(path, columns=["sequence", "cds_start", "cds_end", "status"]) for path in paths
    )
    usable = table.filter(pl.col("status") == "valid", pl.col("sequence").is_not_null())
    if left_out := len(table) - len(usable):
        logger.warning("%s: %d of %d sequences are not usable", name, left_out, len(table))
    marks = options.codon_marks and model.codon_mark is not None
    rows = usable.select("sequence", "cds_start", "cds_end").iter_rows()
    return TextSet((text_of(text, start, end, marks) for text, start, end in rows), name)


def _check_apart(files: TextTrainingFiles) -> None:
    """Refuse a table to train on that is validated on too."""
    if both := set(map(str, files.train)) & set(map(str, files.validation)):
        raise InputError(
            f"{min(both)} is in both train and validation; expected none in common. Give "
            "validation data that share no gene with the training data"
        )
