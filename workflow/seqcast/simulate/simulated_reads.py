"""Reads of the synthetic genome with labels: coding or not, from either strand, with errors."""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np

from seqcast.core.store import atomic
from seqcast.genome.sequence import reverse_complement
from seqcast.reads.dnabert import write_dnabert
from seqcast.simulate.gene import Gene
from seqcast.simulate.genome import SimulatedGenome
from seqcast.simulate.motifs import BASES

HEADER = ("sequence", "label", "name", "contig")
QUALITY = "I"  # Phred 40: the errors are not marked


class SimulatedRead(NamedTuple):
    """A read with its label: 1 where all of it is coding, 0 where none of it is."""

    sequence: str
    label: int
    name: str
    contig: str


def draw_reads(genome: SimulatedGenome) -> Iterator[SimulatedRead]:
    """Yield coding and non-coding reads in turn, ``reads_per_class`` of each.

    Coding reads come from spliced coding sequences, stop codon included. Non-coding ones lie in one
    piece of a gene's slot without a coding base: promoter and 5' UTR, an intron, or 3' UTR and what
    follows. Genes are drawn evenly, and so are strands; each base is read as another one with the
    probability ``read_error``.
    """
    p = genome.parameters
    # of four words, the last not 0, 2 or 3: as null variants, but nothing that a read depends on
    rng = np.random.default_rng([genome.seed, 0, 0, 4])
    for i in range(2 * p.reads_per_class):
        label = 1 - i % 2
        placed = genome.genes[rng.integers(len(genome.genes))]
        gene = placed.gene
        texts = [gene.coding_sequence()] if label else noncoding_pieces(gene)
        sequence = _draw_part(rng, texts, p.read_bp)
        if rng.random() < 0.5:
            sequence = reverse_complement(sequence)
        name = f"sim{i + 1}_{placed.gene_id}_{'coding' if label else 'noncoding'}"
        yield SimulatedRead(_with_errors(rng, sequence, p.read_error), label, name, placed.chrom)


def noncoding_pieces(gene: Gene) -> list[str]:
    """Return the pieces of a gene's slot that are not coding, in its direction."""
    introns = [gene.sequence[a:b] for (_, a), (b, _) in pairwise(gene.exons)]
    return [gene.sequence[: gene.cds[0]], *introns, gene.sequence[gene.cds[1] :]]


def write_reads(genome: SimulatedGenome, folder: str | Path) -> None:
    """Write the reads of `draw_reads`.

    Parameters
    ----------
    genome : SimulatedGenome
    folder : path
        Gets ``reads.fastq``, without the labels but in the names, and ``labelled_reads.tsv``, a
        table as DNABERT reads it, with the columns `HEADER`.
    """
    reads = list(draw_reads(genome))
    write_dnabert(Path(folder) / "labelled_reads.tsv", HEADER, reads)
    with (
        atomic(Path(folder) / "reads.fastq") as temporary,
        temporary.open("w", encoding="ascii", newline="\n") as file,
    ):
        for read in reads:
            file.write(f"@{read.name}\n{read.sequence}\n+\n{QUALITY * len(read.sequence)}\n")


def _draw_part(rng: np.random.Generator, texts: list[str], length_bp: int) -> str:
    """Draw a part of one text, each place as likely as any other."""
    places = np.array([max(len(text) - length_bp + 1, 0) for text in texts])
    which = int(rng.choice(len(texts), p=places / places.sum()))
    start = int(rng.integers(places[which]))
    return texts[which][start : start + length_bp]


def _with_errors(rng: np.random.Generator, sequence: str, rate: float) -> str:
    """Replace each base by another one with a probability."""
    bases = list(sequence)
    for i in np.flatnonzero(rng.random(len(bases)) < rate):
        bases[i] = BASES[(BASES.index(bases[i]) + int(rng.integers(1, 4))) % 4]
    return "".join(bases)
