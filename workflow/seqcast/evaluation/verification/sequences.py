"""Sequences that a network and its original are compared on: real ones, else random ones."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from seqcast.core.errors import InputError
from seqcast.genome.fasta import Genome
from seqcast.models.interface import CoverageModel, EmbeddingModel, ReadModel
from seqcast.transcripts.marks import CODON_NT, mark_codons

BASES = "ACGT"
COMPOSITION = (0.296, 0.204, 0.205, 0.295)  # of hg38
READS_NT = (300, 250, 151, 75)
MRNAS_NT = (900, 450, 1500, 210)
MOST_UNKNOWN = 0.5  # fraction of N in a piece of a genome
TRIES = 100
KINDS = {"coverage": "windows", "reads": "reads", "embedding": "mRNAs"}  # by task


def choose_sequences(
    model: CoverageModel | ReadModel | EmbeddingModel, task: str, number: int, seed: int,
    fasta: str | Path | None = None,
) -> tuple[list[str], list[str]]:  # fmt: skip
    """Sequences that suit a network, and where each is from.

    Parameters
    ----------
    model : model of `task`
    number : int
        How many.
    seed : int
        Of places and bases.
    fasta : path, optional
        Genome or mRNAs. Pieces are drawn from anywhere in it, sequences that are shorter are taken
        whole (for coverage, with N around them). Default: random bases of human composition; the
        last 5 % of the first one are N.

    Returns
    -------
    sequences, names : list of str
        Of A, C, G, T and N. For mRNA models that know codons, every second has a codon-start
        token before each codon. Names are ``contig:start-end``, 0-based half-open, or ``random``.

    Raises
    ------
    InputError
        If pieces of the FASTA are mostly N.
    """
    lengths = _lengths(model, task, number)
    generator = np.random.default_rng(seed)
    if fasta is None:
        drawn = [_random(length, generator) for length in lengths]
        drawn[0] = drawn[0][: len(drawn[0]) * 19 // 20].ljust(len(drawn[0]), "N")
        names = ["random"] * number
    else:
        with Genome(fasta) as genome:
            pieces = [_piece(genome, n, task == "coverage", generator) for n in lengths]
        drawn, names = [piece for piece, _ in pieces], [name for _, name in pieces]
    if getattr(model, "codon_mark", None):
        drawn = [_marked(text) if i % 2 else text for i, text in enumerate(drawn)]
    return drawn, names


def _lengths(model: CoverageModel | ReadModel | EmbeddingModel, task: str, n: int) -> Sequence[int]:
    if task == "coverage":
        return [model.window_length_bp] * n  # type: ignore[union-attr]
    if task == "reads":
        longest = model.max_length_nt  # type: ignore[union-attr]
        return [min(READS_NT[i % len(READS_NT)], longest) for i in range(n)]
    # marks of codons and an end token come to the nucleotides
    longest = (model.max_tokens - 1) * CODON_NT // (CODON_NT + 1)  # type: ignore[union-attr]
    return [min(MRNAS_NT[i % len(MRNAS_NT)], longest) for i in range(n)]


def _random(length: int, generator: np.random.Generator) -> str:
    return "".join(generator.choice(list(BASES), size=length, p=COMPOSITION))


def _piece(
    genome: Genome, length: int, padded: bool, generator: np.random.Generator
) -> tuple[str, str]:
    """A piece of a genome that is not mostly N, and its name."""
    contigs, sizes = list(genome.contigs), np.array(list(genome.contigs.values()), dtype=float)
    for _ in range(TRIES):
        contig = contigs[generator.choice(len(contigs), p=sizes / sizes.sum())]
        size = genome.contigs[contig]
        start = int(generator.integers(size - length + 1)) if size > length else 0
        if padded and size < length:
            start = (size - length) // 2
        end = start + length if padded else min(size, start + length)
        text, name = genome.fetch(contig, start, end), f"{contig}:{start}-{end}"
        text = "".join(base if base in BASES else "N" for base in text)
        real = min(size, end) - max(0, start)  # without what lies beyond the contig
        if sum(text.count(base) for base in BASES) >= (1 - MOST_UNKNOWN) * real:
            return text, name
    raise InputError(
        f"{genome.fasta}: {TRIES} pieces of {length:,} bases are mostly N; expected a genome or "
        "mRNAs. Give another FASTA, or none for random bases."
    )


def _marked(text: str) -> str:
    return mark_codons(text, 0, len(text) // CODON_NT * CODON_NT)
