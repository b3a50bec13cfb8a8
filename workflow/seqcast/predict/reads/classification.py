"""Classify reads: windows of long ones, one pass for repeated ones, batches of equal length.

A read longer than the model takes is cut into windows of the model's length, evenly spread from
its first to its last base, neighbours overlapping by at least half; its probability is the mean of
theirs, but for windows where nothing is known. With several folds, or both strands, it is the mean
over these too.
"""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
import polars as pl
import torch

from seqcast.core.errors import InputError
from seqcast.genome.sequence import reverse_complement
from seqcast.models.convert import tensors_sha256
from seqcast.models.interface import ReadModel, evaluating
from seqcast.reads.outcomes import COLUMNS, LABELS, STATUSES
from seqcast.reads.records import Read

CODING = 1  # of the two classes
REMEMBERED_NT = 64_000_000  # bases of sequences kept for repeats in later chunks


@dataclass(frozen=True)
class ReadOptions:
    """How reads are classified.

    Attributes
    ----------
    threshold : float
        Reads of this probability or more are labelled coding.
    both_strands : bool
        Average each read with its reverse complement.
    batch_nt : int, optional
        Bases predicted at once; by default what the model prefers.
    """

    threshold: float = 0.5
    both_strands: bool = False
    batch_nt: int | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.threshold <= 1:
            raise InputError(f"threshold {self.threshold}: expected a probability, 0 to 1")
        if self.batch_nt is not None and self.batch_nt < 1:
            raise InputError(f"batch_nt {self.batch_nt}: expected 1 or more, or none")


class Classifier:
    """Classifies chunks of reads with the folds of a model.

    Parameters
    ----------
    models : sequence of ReadModel
        The folds, of one architecture. With the compat "dnabert" reads are treated as that program
        does: long ones are cut, and every read is scored, whatever it holds.
    options : ReadOptions
    """

    def __init__(self, models: Sequence[ReadModel], options: ReadOptions) -> None:
        self.models, self.options = models, options
        self.model = models[0]
        weights = {tensors_sha256(model.state_dict()) for model in models} if models[1:] else set()
        self.has_spread = len(models) > 1 and len(weights) == len(models)
        self.known: dict[str, np.ndarray] = {}
        self.known_nt = 0
        self.counts: Counter[str] = Counter()

    @property
    def total(self) -> int:
        """Reads seen so far; each has one of the statuses."""
        return sum(self.counts[name] for name in STATUSES)

    def __call__(self, reads: Sequence[Read]) -> pl.DataFrame:
        """One row per read, in order; the columns of `reads.outcomes.COLUMNS`.

        ``p_coding`` and ``label`` are null where ``status`` is not "scored"; ``p_coding_sd`` is the
        standard deviation over folds (n - 1), null for one fold and where folds have the same
        weights.
        """
        sequences = [self._as_seen(read.sequence) for read in reads]
        status = [self._status(sequence) for sequence in sequences]
        scored = [s for s, found in zip(sequences, status, strict=True) if found == "scored"]
        self._predict([s for s in dict.fromkeys(scored) if s not in self.known])
        folds = np.full((len(reads), len(self.models)), np.nan, dtype=np.float32)
        valid = np.array([found == "scored" for found in status], dtype=bool)
        if scored:
            folds[valid] = [self.known[sequence] for sequence in scored]
        for i in np.flatnonzero(valid & ~np.isfinite(folds).all(axis=1)):
            status[i], valid[i], folds[i] = "prediction_not_finite", False, np.nan
        if self.known_nt > REMEMBERED_NT:
            self.known.clear()
            self.known_nt = 0
        flags = [self._flags(read) for read in reads]
        self.counts.update(status)
        self.counts.update(name for names in flags for name in names)
        return self._table(reads, folds, valid, status, flags)

    def _table(
        self, reads: Sequence[Read], folds: np.ndarray, valid: np.ndarray, status: list[str],
        flags: list[list[str]],
    ) -> pl.DataFrame:  # fmt: skip
        mean, first = folds.mean(axis=1), self.total - len(reads)
        spread = folds.std(axis=1, ddof=1) if self.has_spread else np.full_like(mean, np.nan)
        called = np.where(mean >= self.options.threshold, LABELS[CODING], LABELS[0]).astype(object)
        called[~valid] = None
        columns = {
            "read": [read.name or f"row{i}" for i, read in enumerate(reads, first)],
            "mate": [read.mate for read in reads],
            "length_nt": [len(read.sequence) for read in reads],
            "p_coding": pl.Series(mean).fill_nan(None),
            "p_coding_sd": pl.Series(spread).fill_nan(None),
            "label": called.tolist(),
            "status": status,
            "flags": [",".join(names) for names in flags],
        }
        return pl.DataFrame(columns, schema=COLUMNS)

    def _as_seen(self, sequence: str) -> str:
        return sequence if self.model.compat else sequence.upper().replace("U", "T")

    def _status(self, sequence: str) -> str:
        if self.model.compat:
            return "scored"
        if not sequence:
            return "no_sequence"
        if len(sequence) < self.model.min_length_nt:
            return "too_short"
        if not has_run_of_bases(sequence, self.model.token_nt):
            return "no_known_base"
        return "scored"

    def _flags(self, read: Read) -> list[str]:
        sequence = read.sequence
        letters = set(sequence)
        capitals = {letter.upper() for letter in letters}
        long = len(sequence) > self.model.max_length_nt
        found = {
            "unnamed": not read.name,
            "ambiguous": bool(capitals - set("ACGTU")),
            "lower_case": letters != capitals,
            "rna": "U" in capitals,
            "windows": long and not self.model.compat,
            "cut": long and bool(self.model.compat),
            "short": len(sequence) < self.model.tested_length_nt,
        }
        return [name for name, there in found.items() if there]

    def _predict(self, sequences: Sequence[str]) -> None:
        """Remember the probability of each sequence, one number per fold."""
        pieces: list[str] = []
        owner: list[int] = []
        for i, sequence in enumerate(sequences):
            for window in self._windows(sequence):
                strands = [window]
                if self.options.both_strands:
                    strands.append(reverse_complement(window))
                pieces += strands
                owner += [i] * len(strands)
        if not pieces:
            return
        of = np.array(owner)
        count = np.bincount(of, minlength=len(sequences))
        folds = [
            np.bincount(of, weights=p_coding(model, pieces, self.options.batch_nt)) / count
            for model in self.models
        ]
        values = np.stack(folds, axis=1).astype(np.float32)
        self.known.update(zip(sequences, values, strict=True))
        self.known_nt += sum(map(len, sequences))

    def _windows(self, sequence: str) -> list[str]:
        """What is predicted of a read: itself, or its windows that hold a whole token of bases."""
        if self.model.compat or len(sequence) <= self.model.max_length_nt:
            return [sequence]  # its status says that it holds one
        windows = windows_of(sequence, self.model.max_length_nt)
        # windows overlap by more than a token, so that at least one holds the read's
        return [window for window in windows if has_run_of_bases(window, self.model.token_nt)]


def p_coding(model: ReadModel, sequences: Sequence[str], batch_nt: int | None = None) -> np.ndarray:
    """Probability of the class "coding" of each sequence.

    Sequences of one length are predicted together, so that nothing is spent on padding.

    Parameters
    ----------
    model : ReadModel
    sequences : sequence of str
        Each of at most ``model.max_length_nt``, unless the model's `compat` cuts longer ones.
    batch_nt : int, optional
        Bases predicted at once (at least one sequence); default ``model.batch_nt``, 32 times that
        on a GPU.

    Returns
    -------
    ndarray of float32, shape=(sequences,)
        Softmax of the logits in float32, as DNABERT's ``run_finetune.py``.
    """
    result = np.empty(len(sequences), dtype=np.float32)
    order = sorted(range(len(sequences)), key=lambda i: len(sequences[i]))
    with evaluating(model) as device, torch.inference_mode():
        wanted = batch_nt or model.batch_nt * (32 if device.type == "cuda" else 1)
        for length, group in groupby(order, key=lambda i: len(sequences[i])):
            members, size = list(group), max(1, wanted // max(length, 1))
            for start in range(0, len(members), size):
                batch = members[start : start + size]
                tokens = model.tokenize([sequences[i] for i in batch]).to(device)
                logits = model(tokens).float()
                result[batch] = torch.softmax(logits, dim=1)[:, CODING].cpu().numpy()
    return result


def windows_of(sequence: str, longest_nt: int) -> list[str]:
    """Windows of `longest_nt` that cover a sequence; the sequence itself if it is not longer."""
    excess = len(sequence) - longest_nt
    if excess <= 0:
        return [sequence]
    steps = math.ceil(excess / max(longest_nt // 2, 1))
    # rounded towards the middle from both ends, so that both strands have the same windows
    half = [math.ceil(excess * i / steps) for i in range(steps // 2 + 1)]
    starts = sorted({*half, *(excess - start for start in half)})
    return [sequence[start : start + longest_nt] for start in starts]


def has_run_of_bases(sequence: str, length_nt: int) -> bool:
    """Whether a sequence in upper case holds so many bases A, C, G, T in a row."""
    unknown = set(sequence) - set("ACGT")
    for letter in unknown:
        sequence = sequence.replace(letter, " ")
    return any(len(run) >= length_nt for run in sequence.split(" "))
