"""Training a classifier of reads: coding or not, learned from files of labelled reads."""

import hashlib
import logging
from array import array
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from seqcast.core.errors import InputError
from seqcast.core.store import file_sha256
from seqcast.evaluation.metrics.binary import classification_metrics
from seqcast.genome.sequence import COMPLEMENT
from seqcast.models.architectures import architecture_of
from seqcast.models.devices import choose_device
from seqcast.models.interface import read_hyperparameters
from seqcast.models.settings import require
from seqcast.reads.dnabert import read_dnabert
from seqcast.training.batching import length_bucketed
from seqcast.training.initial import starting_model
from seqcast.training.outputs import TrainingOutputs, made_with, train_and_write
from seqcast.training.recipe import Recipe, read_recipe
from seqcast.training.steps import Batch, Task
from seqcast.training.task_options import ReadAugmentation

logger = logging.getLogger(__name__)

# Streams of random numbers: of an epoch's order, and of a batch's augmentation.
_ORDER, _AUGMENTATION = 0, 1

_COMPLEMENT = np.arange(256, dtype=np.uint8)
_COMPLEMENT[list(COMPLEMENT)] = list(COMPLEMENT.values())
_BASES = np.frombuffer(b"ACGT", dtype=np.uint8)
_LETTERS = frozenset("ACGTUacgtu")
_DIGIT = np.zeros(256, dtype=np.int8)
_DIGIT[list(b"ACGTU")] = [0, 1, 2, 3, 3]


class ReadSet:
    """Labelled reads in memory: one byte per base, and 9 bytes per read.

    Parameters
    ----------
    reads : iterable of (str, int)
        Sequence and label, 0 or 1; taken one by one.
    name : str
        Of the file, for messages.
    shortest_nt, longest_nt : int
        What the model takes. A longer read loses its right end, as in DNABERT, with a warning.

    Raises
    ------
    InputError
        If there is no read, a read is too short or without any base A, C, G, T or U, or not both
        labels occur.
    """

    def __init__(
        self, reads: Iterable[tuple[str, int]], name: str, shortest_nt: int, longest_nt: int
    ) -> None:
        self.name, bare = name, array("q")
        bases, ends, labels, cut = bytearray(), array("q", [0]), bytearray(), 0
        for row, (sequence, label) in enumerate(reads):
            if len(sequence) < shortest_nt:
                raise InputError(
                    f"{name}: read {row + 1} has {len(sequence)} nt; the model takes {shortest_nt} "
                    "and more; leave it out of the training data"
                )
            kept = sequence[:longest_nt]
            if _LETTERS.isdisjoint(kept):
                bare.append(row + 1)
            cut += len(sequence) > longest_nt
            bases += kept.encode("ascii")
            ends.append(len(bases))
            labels.append(label)
        if bare:
            raise InputError(
                f"{name}: {len(bare)} of {len(labels)} reads have no base A, C, G, T or U in their "
                f"first {longest_nt} nt, the first of them read {bare[0]}; leave them out of the "
                "training data"
            )
        self.bases = np.frombuffer(bases, dtype=np.uint8)
        self.ends = np.frombuffer(ends, dtype=np.int64)  # (reads + 1,), from 0
        self.labels = np.frombuffer(labels, dtype=np.uint8)
        counts = np.bincount(self.labels, minlength=2)
        if counts.min() == 0:
            raise InputError(
                f"{name}: {counts[0]} reads have label 0 (non-coding) and {counts[1]} have label 1 "
                "(coding); both classes are needed to train or validate a classifier"
            )
        if cut:
            logger.warning("%s: %d reads were cut to their first %d nt", name, cut, longest_nt)

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, row: int) -> np.ndarray:
        """Bases of a read as ASCII codes; a view."""
        return self.bases[self.ends[row] : self.ends[row + 1]]

    @property
    def lengths_nt(self) -> np.ndarray:
        """Length of each read."""
        return np.diff(self.ends)

    def digest(self) -> str:
        """SHA-256 of all reads and labels."""
        digest = hashlib.sha256()
        for part in (self.bases, self.ends, self.labels):
            digest.update(part.data)
        return digest.hexdigest()


class Part(NamedTuple):
    """Reads that go through the model at once."""

    rows: np.ndarray
    sequences: list[str]
    labels: Tensor


class ReadTask(Task):
    """Classification of reads by a model of the protocol `ReadModel`; a `training.steps.Task`.

    Validation gives ``loss`` (mean cross entropy), ``accuracy`` (at 0.5) and ``auc``, on reads as
    they are, without augmentation.

    Parameters
    ----------
    training, validation : ReadSet
    options : ReadAugmentation
        Of the training reads alone.

    Raises
    ------
    InputError
        If both sets are the same: the best weights would be those that know it by heart.
    """

    def __init__(self, training: ReadSet, validation: ReadSet, options: ReadAugmentation) -> None:
        self.training, self.validation, self.options = training, validation, options
        digests = training.digest(), validation.digest()
        if digests[0] == digests[1]:
            raise InputError(
                f"{validation.name} holds the same reads and labels as {training.name}; give "
                "validation reads of genomes that the training reads are not of"
            )
        text = f"{digests[0]} {digests[1]} {sorted(asdict(options).items())}"
        self.digest = hashlib.sha256(text.encode()).hexdigest()

    def steps_an_epoch(self, recipe: Recipe) -> int:
        """Batches of an epoch; the last one may be smaller."""
        return -(-len(self.training) // recipe.batch_size)

    def batches(self, recipe: Recipe, epoch: int, start: int) -> Iterator[Batch]:
        """Batches of an epoch from number `start` on; each read comes once.

        Reads of a batch are of similar length, and a part holds at most `micro_batch_size`.
        """
        lengths = self._drawn_lengths(recipe, epoch)
        size = recipe.micro_batch_size or recipe.batch_size
        order = np.random.default_rng([recipe.seed, epoch, _ORDER, 0])
        for number, rows in enumerate(length_bucketed(lengths, recipe.batch_size, order)):
            if number < start:
                continue
            rng = np.random.default_rng([recipe.seed, epoch, _AUGMENTATION, number])
            parts = (rows[i : i + size] for i in range(0, len(rows), size))
            yield [(float(len(part)), self._part(part, lengths[part], rng)) for part in parts]

    def loss(self, model: Any, part: Part) -> Tensor:
        """Mean cross entropy of the reads of a part."""
        logits = _logits(model, part.sequences)
        return F.cross_entropy(logits, part.labels.to(logits.device))

    def describe(self, batch: Batch) -> str:
        """The reads of a batch, by their numbers in the training data."""
        rows = np.concatenate([part.rows for _, part in batch]) + 1
        return f"reads {', '.join(map(str, rows[:20]))}{' ...' if len(rows) > 20 else ''}"

    def validate(self, model: Any, recipe: Recipe) -> dict[str, float]:
        """Loss, accuracy and AUC on the validation reads."""
        reads, size = self.validation, recipe.micro_batch_size or recipe.batch_size
        order = np.argsort(reads.lengths_nt, kind="stable")
        logits = torch.empty(len(reads), 2)
        for i in range(0, len(order), size):
            rows = order[i : i + size]
            texts = [reads[row].tobytes().decode("ascii") for row in rows]
            logits[rows] = _logits(model, texts).cpu()
        labels = torch.from_numpy(reads.labels.astype(np.int64))
        loss = F.cross_entropy(logits, labels).item()
        values = dict.fromkeys(ReadAugmentation.SELECTS, np.nan) | {"loss": loss}
        if np.isfinite(loss):
            scores = logits.softmax(1)[:, 1].double().numpy()
            found = classification_metrics(reads.labels, scores, resamples=0)
            points = dict(found.select("metric", "value").iter_rows())
            values |= {"accuracy": points["accuracy"], "auc": points["roc_auc"]}
        return values

    def _drawn_lengths(self, recipe: Recipe, epoch: int) -> np.ndarray:
        """Length that each read has in an epoch."""
        lengths, shortest = self.training.lengths_nt, self.options.shortest_crop_nt
        if shortest is None:
            return lengths
        rng = np.random.default_rng([recipe.seed, epoch, _ORDER, 1])
        return rng.integers(np.minimum(shortest, lengths), lengths, endpoint=True)

    def _part(self, rows: np.ndarray, lengths: np.ndarray, rng: np.random.Generator) -> Part:
        texts = [
            augment(self.training[row], length, self.options, rng).tobytes().decode("ascii")
            for row, length in zip(rows, lengths.tolist(), strict=True)
        ]
        return Part(rows, texts, torch.from_numpy(self.training.labels[rows].astype(np.int64)))


def augment(
    bases: np.ndarray, length_nt: int, options: ReadAugmentation, rng: np.random.Generator
) -> np.ndarray:
    """A read as one epoch shows it.

    Parameters
    ----------
    bases : ndarray of uint8, shape=(nt,)
        ASCII codes.
    length_nt : int
        To cut the read to, at a random place.
    options : ReadAugmentation
    rng : Generator

    Returns
    -------
    ndarray of uint8, shape=(length_nt,)
    """
    if length_nt < len(bases):
        start = int(rng.integers(len(bases) - length_nt, endpoint=True))
        bases = bases[start : start + length_nt]
    if options.reverse_complement and rng.random() < 0.5:
        bases = _COMPLEMENT[bases[::-1]]
    if options.substitution_rate:
        changed = (rng.random(len(bases)) < options.substitution_rate) & np.isin(bases, _BASES)
        bases = bases.copy()
        # one of the three other bases: a step of 1 to 3 around the circle A, C, G, T
        step = rng.integers(1, 4, size=int(changed.sum()))
        bases[changed] = _BASES[(_DIGIT[bases[changed]] + step) % 4]
    return bases


def _logits(model: Any, sequences: list[str]) -> Tensor:
    """Logits (reads, 2) in float32."""
    device = next(model.parameters()).device
    return model(model.tokenize(sequences).to(device)).float()


class ReadTrainingFiles(NamedTuple):
    """What a classifier of reads is trained from.

    Attributes
    ----------
    train, validation : path
        DNABERT's TSV.
    recipe, hyperparameters : path
    initial : path, optional
        Weights to start from; without it they are drawn.
    """

    train: str | Path
    validation: str | Path
    recipe: str | Path
    hyperparameters: str | Path
    initial: str | Path | None = None


def train_reads(
    files: ReadTrainingFiles, outputs: TrainingOutputs, facts: Mapping[str, str],
    device: str, threads: int,
) -> None:  # fmt: skip
    """Train on labelled reads; write the best weights, and the course of the training.

    Parameters
    ----------
    files : ReadTrainingFiles
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
        If the recipe, the reads or the weights to start from are unfit, the architecture is not
        of reads, or the checkpoint is of another training.
    """
    torch.set_num_threads(threads)
    recipe, options = read_recipe(files.recipe, ReadAugmentation)
    if architecture_of(facts["architecture"]).task != "reads":
        raise InputError(
            f"architecture {facts['architecture']!r} does not classify reads, so it cannot be "
            "trained on them; give the model an architecture of task reads"
        )
    model = starting_model(facts["architecture"], files.hyperparameters, recipe.seed, files.initial)
    check_crops(options, model, files.recipe)
    task = ReadTask(read_set(files.train, model), read_set(files.validation, model), options)
    params = read_hyperparameters(files.hyperparameters)
    made = {
        **made_with(facts, files.recipe, files.initial), "train_sha256": file_sha256(files.train),
        "validation_sha256": file_sha256(files.validation),
    }  # fmt: skip
    train_and_write(model.to(choose_device(device)), task, recipe, params, made, outputs)


def check_crops(options: ReadAugmentation, model: Any, recipe: str | Path) -> None:
    """Refuse crops that are too short for the model, before any read is read."""
    shortest = options.shortest_crop_nt
    try:
        require(shortest is None or shortest >= model.min_length_nt, "reads.shortest_crop_nt",
                shortest, f"{model.min_length_nt} or more, as the model takes")  # fmt: skip
    except InputError as error:
        raise InputError(f"{recipe}: {error}") from error


def read_set(path: str | Path, model: Any) -> ReadSet:
    """Labelled reads of a DNABERT TSV, fit for a model."""
    rows = ((read.sequence, read.label) for chunk in read_dnabert(path) for read in chunk)
    return ReadSet(rows, str(path), model.min_length_nt, model.max_length_nt)
