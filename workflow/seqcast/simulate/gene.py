"""One gene in its slot, in its own direction.

Coordinates are 0-based and half-open from the slot's first base in the gene's direction; placing
the gene on a strand is the genome's business.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import product

import numpy as np

from seqcast.simulate.motifs import BASES, between, random_sequence
from seqcast.simulate.parameters import Parameters
from seqcast.simulate.utr3 import DOWNSTREAM_ELEMENT, Feature, draw_utr3, element_text

STOP_CODONS = ("TAA", "TAG", "TGA")
SENSE_CODONS = tuple(c for c in map("".join, product(BASES, repeat=3)) if c not in STOP_CODONS)

TATA_BOX = "TATAAAAG"
TATA_OFFSET_BP = -30
GC_BOX = "GGGGCGGGG"
GC_BOX_OFFSETS_BP = range(-140, -59, 10)
INITIATOR = "TCAGTCT"  # the A is the first transcribed base
DONOR, ACCEPTOR, PYRIMIDINES_BP = "GTAAGT", "CAG", 19
EXON_STEP_BP = 40


@dataclass(frozen=True)
class Gene:
    """A gene and what was planted in it.

    Attributes
    ----------
    sequence : str
        The whole slot.
    exons : tuple of (int, int)
        Exons of the longest transcript; the first starts at the TSS, the last ends at the distal
        cleavage site.
    cds : pair of int
        From the first base of the start codon to the last of the stop codon, introns included.
    hexamers : tuple of int
        Starts of the poly(A) hexamers: distal, then proximal if there is one.
    cleavage : tuple of int
        Ends of the transcripts, in the same order.
    features : tuple of Feature
        Everything planted, in order of start.
    expression_noise : float
        The part of ln(expression) that no sequence explains.
    """

    sequence: str
    exons: tuple[tuple[int, int], ...]
    cds: tuple[int, int]
    hexamers: tuple[int, ...]
    cleavage: tuple[int, ...]
    features: tuple[Feature, ...]
    expression_noise: float

    @property
    def tss(self) -> int:
        """The first transcribed base."""
        return self.exons[0][0]

    def utr3(self, transcript: int = 0) -> str:
        """3' UTR of a transcript (0 distal, 1 proximal), without the stop codon."""
        return self.sequence[self.cds[1] : self.cleavage[transcript]]

    def coding_sequence(self) -> str:
        """The spliced CDS, start and stop codon included."""
        start, end = self.cds
        return "".join(self.sequence[max(s, start) : min(e, end)] for s, e in self.exons)

    def edited(self, start: int, end: int, insert: str) -> "Gene":
        """Return the gene with ``sequence[start:end]`` replaced; the list of features is emptied.

        Raises
        ------
        ValueError
            If a boundary (of an exon, the CDS, a hexamer or a transcript) lies inside the edit.
        """

        def lift(position: int) -> int:
            if start < position < end:
                raise ValueError(f"the edit [{start}, {end}) removes the boundary at {position}")
            return position if position <= start else position + len(insert) - (end - start)

        return replace(
            self,
            sequence=self.sequence[:start] + insert + self.sequence[end:],
            exons=tuple((lift(s), lift(e)) for s, e in self.exons),
            cds=(lift(self.cds[0]), lift(self.cds[1])),
            hexamers=tuple(map(lift, self.hexamers)),
            cleavage=tuple(map(lift, self.cleavage)),
            features=(),
        )


def draw_gene(rng: np.random.Generator, parameters: Parameters) -> Gene:
    """Draw one gene with its slot.

    Parameters
    ----------
    rng : Generator
        The gene's own generator.
    parameters : Parameters
        Sizes, compositions and elements.
    """
    upstream, features = _draw_promoter(rng, parameters)
    utr5 = random_sequence(rng, between(rng, parameters.utr5_bp), parameters.utr5_composition)
    utr5 = INITIATOR[2:] + utr5[len(INITIATOR) - 2 :]
    cds = _draw_cds(rng, parameters)
    utr3 = draw_utr3(rng, parameters)
    introns = [_draw_intron(rng, parameters) for _ in range(between(rng, parameters.introns))]
    cuts = [len(utr5) + cut for cut in _draw_cuts(rng, len(cds), len(introns))]
    body, exons = _interleave(utr5 + cds + utr3.sequence, cuts, introns)
    exons = [(start + len(upstream), end + len(upstream)) for start, end in exons]
    utr3_start = exons[-1][1] - len(utr3.sequence)
    features += [f.shifted(utr3_start) for f in utr3.features]
    downstream_bp = between(rng, parameters.slot_bp) - len(upstream) - len(body)
    downstream = random_sequence(rng, downstream_bp, parameters.background)
    downstream_element = exons[-1][1] + between(rng, parameters.downstream_bp)
    features.append(Feature("DSE", downstream_element, DOWNSTREAM_ELEMENT, "downstream"))
    features += _draw_decoy(rng, parameters, exons, exons[-1][1] + len(downstream))
    return Gene(
        sequence=_plant(upstream + body + downstream, features),
        exons=tuple(exons),
        cds=(len(upstream) + len(utr5), utr3_start),
        hexamers=tuple(utr3_start + h for h in utr3.hexamers),
        cleavage=tuple(utr3_start + c for c in utr3.cleavage),
        features=tuple(sorted(features, key=lambda f: f.start)),
        expression_noise=float(rng.normal(0, parameters.log_expression_sd)),
    )


def _draw_promoter(rng: np.random.Generator, p: Parameters) -> tuple[str, list[Feature]]:
    """Sequence from the slot's start to the TSS, and the promoter's elements."""
    tss = between(rng, p.upstream_bp)
    features = [Feature("INR", tss - 2, INITIATOR, "promoter")]
    if rng.random() < p.tata_probability:
        features.append(Feature("TATA", tss + TATA_OFFSET_BP, TATA_BOX, "promoter"))
    for offset in rng.choice(GC_BOX_OFFSETS_BP, between(rng, p.gc_boxes), replace=False):
        features.append(Feature("GC_BOX", tss + int(offset), GC_BOX, "promoter"))
    return random_sequence(rng, tss, p.background), features


def _draw_cds(rng: np.random.Generator, p: Parameters) -> str:
    """Start codon, sense codons by a preference for G or C at the third base, stop codon."""
    preference = rng.normal(0, p.optimality_sd)
    gc3 = np.array([1 if codon[2] in "GC" else -1 for codon in SENSE_CODONS])
    weights = np.exp(0.6 * preference * gc3)
    codons = rng.choice(SENSE_CODONS, between(rng, p.cds_codons), p=weights / weights.sum())
    return "ATG" + "".join(codons) + str(rng.choice(STOP_CODONS))


def _draw_intron(rng: np.random.Generator, p: Parameters) -> str:
    """GTAAGT, random bases, a pyrimidine tract, CAG."""
    tract = random_sequence(rng, PYRIMIDINES_BP, (0.05, 0.40, 0.05, 0.50))
    length = between(rng, p.intron_bp) - len(DONOR) - len(tract) - len(ACCEPTOR)
    return DONOR + random_sequence(rng, length, p.intron_composition) + tract + ACCEPTOR


def _draw_cuts(rng: np.random.Generator, length: int, n: int) -> list[int]:
    """Sorted positions of introns in a CDS: every exon keeps more than 30 bp, in any phase."""
    grid = np.arange(EXON_STEP_BP, length - EXON_STEP_BP, EXON_STEP_BP)
    chosen = np.sort(rng.choice(grid, n, replace=False))
    return [int(cut) + between(rng, (0, 9)) for cut in chosen]


def _interleave(
    mrna: str, cuts: list[int], introns: list[str]
) -> tuple[str, list[tuple[int, int]]]:
    """Put the introns into the mRNA and return the pre-mRNA with its exons."""
    body, exons = "", []
    for start, end, intron in zip([0, *cuts], [*cuts, len(mrna)], [*introns, ""], strict=True):
        exons.append((len(body), len(body) + end - start))
        body += mrna[start:end] + intron
    return body, exons


def decoy_room(exons: Sequence[tuple[int, int]], slot_bp: int, region: str) -> tuple[int, int]:
    """Return where in a slot decoys lie, of the region intron (the last one) or intergenic."""
    if region == "intron":
        return exons[-2][1] + 10, exons[-1][0] - PYRIMIDINES_BP - 11
    return exons[-1][1] + 60, slot_bp - 70


def _draw_decoy(
    rng: np.random.Generator, p: Parameters, exons: list[tuple[int, int]], slot_bp: int
) -> list[Feature]:
    """A full element in the last intron or in the intergenic sequence, where it does nothing."""
    if rng.random() >= p.decoy_probability:
        return []
    element = p.elements[rng.integers(len(p.elements))]
    text = element_text(rng, element)
    region = "intron" if rng.random() < 0.5 else "intergenic"
    start, end = decoy_room(exons, slot_bp, region)
    return [Feature(element.name, between(rng, (start, end - len(text))), text, region)]


def _plant(sequence: str, features: list[Feature]) -> str:
    """Write the features' bases over the background."""
    for feature in features:
        sequence = sequence[: feature.start] + feature.sequence + sequence[feature.end :]
    return sequence
