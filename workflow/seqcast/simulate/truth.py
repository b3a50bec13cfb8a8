"""The closed form: decay rate and level of a gene from its sequence alone.

decay rate of a transcript   k = ln 2 / t_half0 * exp(sum_i effect_i n_i + optimality_effect z)
fraction of the proximal site   p = s_prox / (s_prox + s_dist + competition), 0 without such a site
synthesis                    s = p (proximal), (1 - p) (r + (1 - r) s_dist) (distal)
level of a gene              exp(log expression) * sum_t s_t k_0 / k_t
decay rate of a gene         sum_t s_t / sum_t (s_t / k_t), synthesis over level

with n_i the copies of element i in the transcript's 3' UTR, z the codon optimality, s_dist and
s_prox the strengths of the hexamers, r the readthrough level and k_0 = ln 2 / t_half0. As the truth
is a function of the sequence, the effect of any edit is the difference of two evaluations.
"""

from dataclasses import dataclass
from math import exp, log

from seqcast.simulate.gene import (
    GC_BOX,
    GC_BOX_OFFSETS_BP,
    TATA_BOX,
    TATA_OFFSET_BP,
    Gene,
)
from seqcast.simulate.motifs import element_sites
from seqcast.simulate.parameters import Parameters
from seqcast.simulate.utr3 import HEXAMER_BP


@dataclass(frozen=True)
class Truth:
    """What is true of a gene; tuples list the distal transcript first.

    Attributes
    ----------
    log_expression : float
        ln of the level that the promoter alone would give.
    optimality : float
        Codon optimality, (GC3 - 0.5) / 0.25.
    synthesis : tuple of float
        Fraction of the gene's synthesis that becomes each transcript; less than 1 in sum where the
        distal signal is weak.
    decay_rates_per_h : tuple of float
        Decay rate of each transcript.
    decay_rate_per_h : float
        Decay rate of the gene: that of its transcripts together at steady state.
    log_level : float
        ln of the steady-state level, all transcripts together.
    """

    log_expression: float
    optimality: float
    synthesis: tuple[float, ...]
    decay_rates_per_h: tuple[float, ...]
    decay_rate_per_h: float
    log_level: float

    @property
    def half_life_h(self) -> float:
        """Half-life of the gene."""
        return log(2) / self.decay_rate_per_h

    def dlogk(self, after: "Truth") -> float:
        """Change of ln(decay rate) of the gene from this truth to another."""
        return log(after.decay_rate_per_h / self.decay_rate_per_h)


def evaluate(gene: Gene, parameters: Parameters) -> Truth:
    """Evaluate the closed form on a gene's sequence."""
    base_rate = log(2) / parameters.base_half_life_h
    optimality = codon_optimality(gene.coding_sequence())
    rates = tuple(
        base_rate
        * exp(
            sum(e.effect * element_copies(gene, parameters, t)[e.name] for e in parameters.elements)
            + parameters.optimality_effect * optimality
        )
        for t in range(len(gene.cleavage))
    )
    synthesis = _synthesis(gene, parameters)
    level = sum(s / k for s, k in zip(synthesis, rates, strict=True))
    expression = _log_expression(gene, parameters)
    return Truth(
        log_expression=expression,
        optimality=optimality,
        synthesis=synthesis,
        decay_rates_per_h=rates,
        decay_rate_per_h=sum(synthesis) / level,
        log_level=expression + log(level * base_rate),
    )


def transcript_levels(truth: Truth, parameters: Parameters) -> tuple[float, ...]:
    """Return the steady-state level of each transcript, the distal one first.

    Parameters
    ----------
    truth : Truth
        Of a gene; its `log_level` is the ln of the sum.
    parameters : Parameters
        Those that it was evaluated with.
    """
    base_rate = log(2) / parameters.base_half_life_h
    expression = exp(truth.log_expression)
    return tuple(
        expression * s * base_rate / k
        for s, k in zip(truth.synthesis, truth.decay_rates_per_h, strict=True)
    )


def element_copies(gene: Gene, parameters: Parameters, transcript: int = 0) -> dict[str, float]:
    """Return the copies of each element in a transcript's 3' UTR; a weak site is part of one."""
    utr3 = gene.utr3(transcript)
    return {e.name: sum(s.weight for s in element_sites(e, utr3)) for e in parameters.elements}


def codon_optimality(coding_sequence: str) -> float:
    """Return (GC3 - 0.5) / 0.25 over the codons between the start and the stop codon."""
    thirds = coding_sequence[5:-3:3]
    gc3 = sum(base in "GC" for base in thirds) / len(thirds)
    return (gc3 - 0.5) / 0.25


def _synthesis(gene: Gene, p: Parameters) -> tuple[float, ...]:
    strength = [
        p.pas_strength.get(gene.sequence[start : start + HEXAMER_BP], p.pas_lost_strength)
        for start in gene.hexamers
    ]
    distal_yield = p.readthrough_level + (1 - p.readthrough_level) * strength[0]
    if len(strength) == 1:
        return (distal_yield,)
    proximal = strength[1] / (strength[1] + strength[0] + p.competition)
    return ((1 - proximal) * distal_yield, proximal)


def _log_expression(gene: Gene, p: Parameters) -> float:
    has_tata = gene.sequence.startswith(TATA_BOX, gene.tss + TATA_OFFSET_BP)
    n_gc = sum(gene.sequence.startswith(GC_BOX, gene.tss + offset) for offset in GC_BOX_OFFSETS_BP)
    return (
        p.log_expression + p.tata_effect * has_tata + p.gc_box_effect * n_gc + gene.expression_noise
    )
