"""The genome: genes in their slots, on either strand, one slot after another."""

from dataclasses import dataclass, replace

import numpy as np

from seqcast.genome.sequence import reverse_complement
from seqcast.simulate.gene import Gene, draw_gene
from seqcast.simulate.parameters import Parameters
from seqcast.simulate.truth import Truth, evaluate


@dataclass(frozen=True)
class PlacedGene:
    """A gene on its contig.

    `number` counts the genes of the genome from 1; `slot_start` is the contig position (0-based) of
    the slot's leftmost base.
    """

    gene: Gene
    truth: Truth
    number: int
    chrom: str
    slot_start: int
    strand: str

    @property
    def gene_id(self) -> str:
        """Identifier in the manner of GENCODE, with its version."""
        return f"SIMG{self.number:06d}.1"

    @property
    def gene_name(self) -> str:
        """The gene's symbol."""
        return f"SIM{self.number}"

    @property
    def span(self) -> tuple[int, int]:
        """From the TSS to the distal cleavage site, on the contig."""
        return self.interval(self.gene.tss, self.gene.cleavage[0])

    def interval(self, start: int, end: int) -> tuple[int, int]:
        """Return the contig's 0-based half-open interval of an interval of the slot."""
        if self.strand == "-":
            start, end = len(self.gene.sequence) - end, len(self.gene.sequence) - start
        return self.slot_start + start, self.slot_start + end


@dataclass(frozen=True)
class SimulatedGenome:
    """The contigs (name -> upper-case sequence), the genes in order, and what they come from."""

    contigs: dict[str, str]
    genes: tuple[PlacedGene, ...]
    parameters: Parameters
    seed: int


def draw_genome(parameters: Parameters, seed: int) -> SimulatedGenome:
    """Draw all genes and put their slots together.

    Each gene has a generator of its own, seeded with the seed and the gene's number, so that a gene
    stays the same when others change.
    """
    contigs, genes, number = {}, [], 0
    for chrom, n_genes in parameters.contigs:
        slots: list[str] = []
        slot_start = 0
        for _ in range(n_genes):
            number += 1
            placed = _draw_placed(parameters, seed, number, chrom)
            genes.append(replace(placed, slot_start=slot_start))
            sequence = placed.gene.sequence
            slots.append(sequence if placed.strand == "+" else reverse_complement(sequence))
            slot_start += len(sequence)
        contigs[chrom] = "".join(slots)
    return SimulatedGenome(contigs, tuple(genes), parameters, seed)


def _draw_placed(parameters: Parameters, seed: int, number: int, chrom: str) -> PlacedGene:
    """Draw a gene and its strand; its slot starts at 0."""
    rng = np.random.default_rng([seed, number])
    strand = "+-"[rng.integers(2)]
    gene = draw_gene(rng, parameters)
    return PlacedGene(gene, evaluate(gene, parameters), number, chrom, 0, strand)
