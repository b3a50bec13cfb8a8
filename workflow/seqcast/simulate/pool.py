"""Neutral places of a contig, from which the matched controls are taken."""

from collections.abc import Iterator

import numpy as np

from seqcast.core.errors import InputError
from seqcast.genome.sequence import reverse_complement
from seqcast.simulate.gene import decoy_room
from seqcast.simulate.gene_edits import Edit
from seqcast.simulate.genome import PlacedGene, SimulatedGenome
from seqcast.simulate.motifs import BASES

INDEL_MARGIN_BP = 40
"""Indels keep this distance from cleavage sites, so that they change no spacing of a signal."""


class NeutralPool:
    """Places of a contig that touch nothing planted, drawn without replacement.

    They lie in the 3' UTRs (region utr3), or where decoys of a region lie (intron, intergenic).
    """

    def __init__(self, genome: SimulatedGenome, chrom: str, region: str = "utr3") -> None:
        self._region = region
        self._parameters = genome.parameters
        self._genes = [placed for placed in genome.genes if placed.chrom == chrom]
        self._used: set[tuple[int, int]] = set()
        self._free = [_free_positions(placed, region) for placed in self._genes]
        places = [(g, x) for g, free in enumerate(self._free) for x in sorted(free)]
        # (places, gene and position in its slot)
        self._places = np.array(places).reshape(-1, 2).astype(int)
        of_genes = np.split(self._places[:, 1], np.cumsum([len(free) for free in self._free])[:-1])
        distances = map(_pas_distances, self._genes, of_genes)
        self._pas_distance_bp = np.concatenate([np.zeros(0, int), *distances])
        expression = np.array([placed.truth.log_expression for placed in self._genes])
        self._log_expression = expression[self._places[:, 0]]

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
        for i in self._nearest(edit):
            g, start = map(int, self._places[i])
            candidate = _same_change(edit, self._genes[g], start)
            if self._fits(edit, candidate, self._free[g]):
                self._used.add((candidate.placed.number, start))
                return candidate
        raise InputError(
            f"no neutral place on {edit.placed.chrom} matches a variant of {edit.placed.gene_id}; "
            "ask for fewer variants or for more genes on the contig."
        )

    def random_snvs(self, rng: np.random.Generator) -> Iterator[Edit]:
        """Yield a neutral substitution at each place that has one, the places in random order."""
        for i in rng.permutation(len(self._places)):
            g, start = map(int, self._places[i])
            placed = self._genes[g]
            old = placed.gene.sequence[start]
            bases = [base for base in rng.permutation(list(BASES)) if base != old]
            edits = (Edit(placed, start, start + 1, str(base)) for base in bases)
            whole_slot = self._region != "utr3"
            if edit := next((e for e in edits if e.is_neutral(self._parameters, whole_slot)), None):
                yield edit

    def _nearest(self, edit: Edit) -> Iterator[int]:
        """Yield all places, the best match first; equal ones in their order.

        Those of one distance are sorted when their turn comes: a few of the first ones will do.
        """
        distance = np.abs(self._pas_distance_bp - edit.pas_distance_bp)
        expression = np.abs(self._log_expression - edit.placed.truth.log_expression)
        for at in range(distance.max(initial=-1) + 1):
            equal = np.flatnonzero(distance == at)
            yield from equal[np.argsort(expression[equal], kind="stable")]

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
            self._parameters, whole_slot=self._region != "utr3"
        )


def _free_positions(placed: PlacedGene, region: str) -> set[int]:
    """Return the positions of a region that nothing planted covers."""
    gene = placed.gene
    planted = {i for feature in gene.features for i in range(feature.start, feature.end)}
    room = (gene.cds[1], gene.cleavage[0])
    if region != "utr3":
        room = decoy_room(gene.exons, len(gene.sequence), region)
    return set(range(*room)) - planted


def _pas_distances(placed: PlacedGene, places: np.ndarray) -> np.ndarray:
    """Return `Edit.pas_distance_bp` of insertions at places of a gene's slot."""
    last = np.array([end - 1 for end in placed.gene.cleavage])
    distances: np.ndarray = np.abs(places[:, None] - last).min(axis=1)
    return distances


def _same_change(edit: Edit, placed: PlacedGene, start: int) -> Edit:
    """Return the edit's change, the same on the forward strand, at another place."""
    same_strand = edit.placed.strand == placed.strand
    insert = edit.insert if same_strand else reverse_complement(edit.insert)
    return Edit(placed, start, start + edit.end - edit.start, insert)


def _forward(edit: Edit) -> str:
    """Return the bases that an edit replaces, on the forward strand."""
    bases = edit.placed.gene.sequence[edit.start : edit.end]
    return bases if edit.placed.strand == "+" else reverse_complement(bases)
