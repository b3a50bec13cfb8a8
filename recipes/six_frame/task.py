"""What `six_frame` learns: reads of many genomes in equal parts, as a task of the training loop."""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from recipes.six_frame.regions import Source, pool_of
from seqcast.core.errors import InputError
from seqcast.evaluation.metrics.binary import classification_metrics
from seqcast.models.six_frame.codons import BASE_N
from seqcast.training.recipe import Recipe, TaskOptions, require
from seqcast.training.steps import Batch, Task

LEAST_PLACES = 20  # of each class, for a genome to take part at a length
_SIZED_AT_NT = 100  # length at which places of non-coding reads are counted for the weights
_TRAINING, _VALIDATION = 0, 1  # streams of random numbers


@dataclass(frozen=True)
class ReadOptions(TaskOptions):
    """Section ``reads`` of the recipe.

    Parameters
    ----------
    lengths_nt : list of int
        A batch has one of them, each entry as often.
    batches_an_epoch : int
        There is no end of reads; an epoch is only a measure.
    validation_batches : int
        Drawn once, without augmentation, from the same genomes.
    genome_exponent : float
        Weight of a genome: the mean of two shares, of its size and of its non-coding places, both
        to this power.
    substituted_share, most_substitutions : float
        Fraction of reads with substitutions, and their highest rate per base. A substituted base is
        drawn from all four.
    indel_share : float
        Fraction of reads with one inserted or deleted base.
    unknown_share, most_unknown_nt : float, int
        Fraction of reads with 1 and more bases N, and the most of them.
    """

    SECTION = "reads"

    lengths_nt: list
    batches_an_epoch: int = 1000
    validation_batches: int = 32
    genome_exponent: float = 0.5
    substituted_share: float = 0.5
    most_substitutions: float = 0.01
    indel_share: float = 0.03
    unknown_share: float = 0.03
    most_unknown_nt: int = 5

    def __post_init__(self) -> None:
        whole = all(isinstance(length, int) and length >= 3 for length in self.lengths_nt)
        require(whole and bool(self.lengths_nt), "lengths_nt", self.lengths_nt, "numbers from 3 on")
        for name in ("batches_an_epoch", "validation_batches", "most_unknown_nt"):
            require(getattr(self, name) > 0, name, getattr(self, name), "a number above 0")
        for name in ("substituted_share", "most_substitutions", "indel_share", "unknown_share"):
            require(0 <= getattr(self, name) <= 1, name, getattr(self, name), "a share")


class Reads(NamedTuple):
    """Reads of one length: where they begin, their codes, labels and genomes."""

    starts: np.ndarray  # (reads,), in the pool
    tokens: Tensor  # uint8, (reads, length)
    labels: Tensor  # int64, (reads,): 1 is coding
    genomes: np.ndarray  # (reads,)


class GenomeTask(Task):
    """Coding or not, on reads of genomes; a `seqcast.training.steps.Task`.

    Half of a batch is coding, and each genome gives as many coding as non-coding reads of one
    length, so that neither organism nor length tells the label.

    Parameters
    ----------
    sources : iterable of Source
    options : ReadOptions

    Raises
    ------
    InputError
        If at some length no genome has reads of both classes.
    """

    def __init__(self, sources: Iterable[Source], options: ReadOptions) -> None:
        self.pool, self.options = pool_of(sources), options
        self.weights = {length: self._weights(length) for length in sorted(set(options.lengths_nt))}
        self.digest = self._digest()

    def _digest(self) -> str:
        """SHA-256 of all bases, regions and options."""
        digest = hashlib.sha256(
            repr((self.pool.names, sorted(asdict(self.options).items()))).encode()
        )
        digest.update(self.pool.bases.data)
        for regions in self.pool.regions:
            for part in (regions.starts, regions.ends, regions.genome):
                digest.update(np.ascontiguousarray(part).data)
        return digest.hexdigest()

    def steps_an_epoch(self, recipe: Recipe) -> int:
        """As the options say."""
        return self.options.batches_an_epoch

    def batches(self, recipe: Recipe, epoch: int, start: int) -> Iterator[Batch]:
        """Batches of an epoch, each from random numbers of its own."""
        for number in range(start, self.options.batches_an_epoch):
            rng = np.random.default_rng([recipe.seed, _TRAINING, epoch, number])
            reads = self.draw(rng, recipe.batch_size)
            yield [(1.0, reads._replace(tokens=augment(reads.tokens.numpy(), self.options, rng)))]

    def loss(self, model: Any, part: Reads) -> Tensor:
        """Mean cross entropy of the reads."""
        logits = model(part.tokens.to(next(model.parameters()).device)).float()
        return F.cross_entropy(logits, part.labels.to(logits.device))

    def describe(self, batch: Batch) -> str:
        """Length of the reads and the genomes they come from."""
        reads: Reads = batch[0][1]
        names = [self.pool.names[genome] for genome in np.unique(reads.genomes)]
        return f"{len(reads.labels)} reads of {reads.tokens.shape[1]} nt from {', '.join(names)}"

    def validate(self, model: Any, recipe: Recipe) -> dict[str, float]:
        """Loss, accuracy and AUC on reads of the training genomes: how training goes, no more."""
        logits, labels = [], []
        for number in range(self.options.validation_batches):
            rng = np.random.default_rng([recipe.seed, _VALIDATION, number])
            reads = self.draw(rng, recipe.batch_size)
            logits.append(model(reads.tokens.to(next(model.parameters()).device)).float().cpu())
            labels.append(reads.labels)
        scores, truth = torch.cat(logits), torch.cat(labels)
        values = {"loss": F.cross_entropy(scores, truth).item(), "accuracy": np.nan, "auc": np.nan}
        if np.isfinite(values["loss"]):
            coding = scores.softmax(1)[:, 1].double().numpy()
            found = classification_metrics(truth.numpy(), coding, resamples=0)
            points = dict(found.select("metric", "value").iter_rows())
            values |= {"accuracy": points["accuracy"], "auc": points["roc_auc"]}
        return values

    def draw(self, rng: np.random.Generator, reads: int) -> Reads:
        """Reads as they stand in the genomes, non-coding ones first; an odd number loses one."""
        length = int(rng.choice(self.options.lengths_nt))
        counts = rng.multinomial(reads // 2, self.weights[length])
        genomes = np.repeat(np.arange(len(counts)), counts)
        starts = np.concatenate(
            [regions.draw(rng, length, genomes) for regions in self.pool.regions]
        )
        tokens = torch.from_numpy(self.pool.bases[starts[:, None] + np.arange(length)])
        labels = torch.arange(2).repeat_interleave(len(genomes))
        return Reads(starts, tokens, labels, np.tile(genomes, 2))

    def _weights(self, length: int) -> np.ndarray:
        """Fraction of the reads that each genome gives at a length."""
        non_coding, coding = (regions.counts(length) for regions in self.pool.regions)
        power = self.options.genome_exponent
        places = self.pool.regions[0].counts(_SIZED_AT_NT).astype(float)
        shares = [
            part**power / max((part**power).sum(), 1) for part in (self.pool.sizes_bp, places)
        ]
        fit = (non_coding >= LEAST_PLACES) & (coding >= LEAST_PLACES)
        weights = np.where(fit, shares[0] + shares[1], 0)
        if not fit.any():
            raise InputError(
                f"no genome has {LEAST_PLACES} places for reads of {length} nt in both classes; "
                "take genomes with longer regions, or leave the length out of lengths_nt"
            )
        return weights / weights.sum()


def augment(tokens: np.ndarray, options: ReadOptions, rng: np.random.Generator) -> Tensor:
    """Reads as a sequencer may give them.

    Parameters
    ----------
    tokens : ndarray of uint8, shape=(reads, length)
        Codes of `encode_bases`.
    options : ReadOptions
    rng : Generator

    Returns
    -------
    Tensor of uint8, of the same shape
        Half of the reads from the other strand; then substitutions, indels and N as the options
        say. After a deletion a random base fills the end, an insertion pushes the last base out.
    """
    reads, length = tokens.shape
    turned = rng.random((reads,)) < 0.5
    other = tokens[:, ::-1]
    other = np.where(other < BASE_N, 3 - other, other)
    bases: np.ndarray = np.where(turned[:, None], other, tokens)
    rate = rng.random((reads,)) * options.most_substitutions
    rate[rng.random((reads,)) >= options.substituted_share] = 0
    drawn = rng.integers(0, 4, bases.shape, dtype=np.uint8)
    bases = np.where(rng.random(bases.shape) < rate[:, None], drawn, bases)
    bases = _with_indels(bases, rng.random((reads,)) < options.indel_share, rng)
    unknown = np.flatnonzero(rng.random((reads,)) < options.unknown_share)
    count = rng.integers(1, options.most_unknown_nt, unknown.size, endpoint=True)
    rows = np.repeat(unknown, count)
    bases[rows, rng.integers(0, length, rows.size)] = BASE_N
    return torch.from_numpy(bases)


def _with_indels(bases: np.ndarray, chosen: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """One base inserted into, or deleted from each of the chosen reads."""
    rows, length = np.flatnonzero(chosen), bases.shape[1]
    at = rng.integers(1, length - 1, rows.size)[:, None]
    deleted = (rng.random((rows.size,)) < 0.5)[:, None]
    place = np.arange(length)
    shift = np.where(deleted, (place >= at).astype(int), -(place > at).astype(int))
    changed = np.take_along_axis(bases[rows], np.minimum(place + shift, length - 1), axis=1)
    new = np.where(deleted, length - 1, at)
    np.put_along_axis(changed, new, rng.integers(0, 4, new.shape, dtype=np.uint8), axis=1)
    bases[rows] = changed
    return bases
