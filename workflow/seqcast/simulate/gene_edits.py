"""Edits of a gene: their true effect, whether they are neutral, and how a VCF spells them."""

from dataclasses import dataclass
from functools import cached_property

from seqcast.genome.sequence import reverse_complement
from seqcast.simulate.genome import PlacedGene, SimulatedGenome
from seqcast.simulate.motifs import element_sites, hexamer_sites
from seqcast.simulate.parameters import Parameters
from seqcast.simulate.truth import Truth, evaluate


@dataclass(frozen=True)
class Edit:
    """``gene.sequence[start:end]`` becomes `insert`, in the gene's slot and direction."""

    placed: PlacedGene
    start: int
    end: int
    insert: str

    @cached_property
    def pas_distance_bp(self) -> int:
        """From the edit's first base to the nearest last transcribed base of the gene."""
        return min(abs(self.start - (end - 1)) for end in self.placed.gene.cleavage)

    def truth(self, parameters: Parameters) -> Truth:
        """Evaluate the closed form on the edited sequence."""
        return evaluate(self.placed.gene.edited(self.start, self.end, self.insert), parameters)

    def effect(self, parameters: Parameters) -> tuple[float, float]:
        """Return the changes of ln(decay rate) and of ln(steady-state level) of the gene."""
        before, after = self.placed.truth, self.truth(parameters)
        return before.dlogk(after), after.log_level - before.log_level

    def is_neutral(self, parameters: Parameters, whole_slot: bool = False) -> bool:
        """Whether the edit leaves the truth and every motif of the 3' UTR as they are.

        Motifs are counted with their weights, poly(A) hexamers anywhere in the 3' UTR included:
        one that the closed form does not read could still be taken for a signal. With `whole_slot`,
        motifs anywhere in the slot count.
        """
        gene = self.placed.gene
        edited = gene.edited(self.start, self.end, self.insert)
        texts = (g.sequence if whole_slot else g.utr3() for g in (gene, edited))
        before, after = (motifs(text, parameters) for text in texts)
        return before == after and evaluate(edited, parameters) == self.placed.truth


def motifs(sequence: str, p: Parameters) -> list[tuple[str, float]]:
    """Return the names and weights of all elements and hexamers, from left to right."""
    sites = list(hexamer_sites(p.pas_strength, sequence))
    for element in p.elements:
        sites += element_sites(element, sequence)
    return [(site.name, site.weight) for site in sorted(sites, key=lambda s: s.start)]


def vcf_alleles(genome: SimulatedGenome, edit: Edit) -> tuple[int, str, str]:
    """Spell an edit as a VCF does.

    Returns
    -------
    tuple of (int, str, str)
        POS (1-based), REF and ALT on the forward strand; insertions and deletions are left-aligned
        and anchored by the base before them.
    """
    contig = genome.contigs[edit.placed.chrom]
    start, end = edit.placed.interval(edit.start, edit.end)
    insert = edit.insert if edit.placed.strand == "+" else reverse_complement(edit.insert)
    if len(insert) == end - start:
        return start + 1, contig[start:end], insert
    while (moved := insert or contig[start:end])[-1] == contig[start - 1]:
        start, end = start - 1, end - 1
        insert = insert and moved[-1] + insert[:-1]
    anchor = contig[start - 1]
    return start, contig[start - 1 : end], anchor + insert
