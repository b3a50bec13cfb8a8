"""Neutral places of a contig, from which the matched variants are taken."""

import numpy as np

from seqcast.errors import InputError
from seqcast.sequence import reverse_complement
from seqcast.simulate.edits import Edit
from seqcast.simulate.genome import PlacedGene, SimulatedGenome

INDEL_MARGIN_BP = 40
"""Indels keep this distance from cleavage sites, so that they change no spacing of a signal."""


class NeutralPool:
    """Places in the 3' UTRs of a contig that touch nothing planted, drawn without replacement."""

    def __init__(self, genome: SimulatedGenome, chrom: str) -> None:
        self._parameters = genome.parameters
        self._genes = [placed for placed in genome.genes if placed.chrom == chrom]
        self._used: set[tuple[int, int]] = set()
        self._free = [_free_positions(placed) for placed in self._genes]
        places = [(g, x) for g, free in enumerate(self._free) for x in sorted(free)]
        self._places = np.array(places).reshape(-1, 2)  # (places, gene and position in its slot)
        distances = [Edit(self._genes[g], x, x, "").pas_distance_bp for g, x in places]
        self._pas_distance_bp = np.array(distances)
        self._log_expression = np.array([self._genes[g].truth.log_expression for g, _ in places])

    def draw(self, edit: Edit) -> Edit:
        """Return the neutral edit that matches a causal one best.

        It has the same REF and ALT (an indel: the same inserted bases, as many deleted bases), lies
        in another gene, and is the nearest in distance to the poly(A) site; ties go to the gene
        nearest in expression.

        Raises
        ------
        InputError
            If nothing on the contig matches.
        """
        distance = np.abs(self._pas_distance_bp - edit.pas_distance_bp)
        expression = np.abs(self._log_expression - edit.placed.truth.log_expression)
        for i in np.lexsort((expression, distance)):
            g, start = map(int, self._places[i])
            candidate = _same_change(edit, self._genes[g], start)
            if self._fits(edit, candidate, self._free[g]):
                self._used.add((candidate.placed.number, start))
                return candidate
        raise InputError(
            f"no neutral place on {edit.placed.chrom} matches a variant of {edit.placed.gene_id}; "
            "ask for fewer variants or for more genes on the contig."
        )

    def _fits(self, edit: Edit, candidate: Edit, free: set[int]) -> bool:
        gene = candidate.placed
        is_snv = len(edit.insert) == edit.end - edit.start
        if gene is edit.placed or (gene.number, candidate.start) in self._used:
            return False
        if is_snv and _forward(edit) != _forward(candidate):
            return False
        if not is_snv and candidate.pas_distance_bp <= INDEL_MARGIN_BP:
            return False
        return free.issuperset(range(candidate.start, candidate.end)) and candidate.is_neutral(
            self._parameters
        )


def _free_positions(placed: PlacedGene) -> set[int]:
    """Return the positions of the 3' UTR that nothing planted covers."""
    gene = placed.gene
    planted = {i for feature in gene.features for i in range(feature.start, feature.end)}
    return set(range(gene.cds[1], gene.cleavage[0])) - planted


def _same_change(edit: Edit, placed: PlacedGene, start: int) -> Edit:
    """Return the edit's change, the same on the forward strand, at another place."""
    same_strand = edit.placed.strand == placed.strand
    insert = edit.insert if same_strand else reverse_complement(edit.insert)
    return Edit(placed, start, start + edit.end - edit.start, insert)


def _forward(edit: Edit) -> str:
    """Return the bases that an edit replaces, on the forward strand."""
    bases = edit.placed.gene.sequence[edit.start : edit.end]
    return bases if edit.placed.strand == "+" else reverse_complement(bases)
