"""Expected coverage of a gene, in closed form from its sequence.

With level_t = exp(log expression) s_t k_0 / k_t of transcript t (`truth`), L_t its spliced length
and x a base's place in it:

ActD at T h    sum_t level_t exp(-k_t T) exp(-(L_t - x) / bias)           exons
4sU at T h     sum_t level_t (1 - exp(-k_t T)) exp(-(L_t - x) / bias)     exons
total RNA      sum_t level_t (exons) + share exp(log expression)          exons and introns
CAGE           sum_t level_t, times a peak at the TSS
CLIP           sum_t level_t (background + sum_i weight_i peak_i(x))      exons, i sites of t

A peak is a raised cosine. Coverage is a function of the sequence, so that the effect of any edit on
any track is the difference of two evaluations.
"""

import numpy as np

from seqcast.simulate.assays import ASSAYS, Assay
from seqcast.simulate.gene import Gene
from seqcast.simulate.motifs import element_sites
from seqcast.simulate.parameters import Parameters
from seqcast.simulate.truth import Truth, transcript_levels


def gene_coverage(gene: Gene, truth: Truth, parameters: Parameters) -> np.ndarray:
    """Evaluate the closed form for all assays.

    Parameters
    ----------
    gene : Gene
        An edited one too.
    truth : Truth
        ``evaluate(gene, parameters)``.
    parameters : Parameters

    Returns
    -------
    ndarray, shape=(assays, slot_bp), float64
        Expected coverage of each base of the slot on the gene's strand, in the gene's direction;
        the assays are `ASSAYS`. The other strand has none.
    """
    p = parameters.coverage
    coverage = np.zeros((len(ASSAYS), len(gene.sequence)))
    levels = transcript_levels(truth, parameters)
    exonic = exon_positions(gene)
    for t, level in enumerate(levels):
        # the proximal transcript is the distal one without its end
        of_transcript = exonic[: len(exonic) - (gene.cleavage[0] - gene.cleavage[t])]
        length = len(of_transcript)
        profile = np.exp(-(length - np.arange(length)) / p.bias_bp)
        for i, assay in enumerate(ASSAYS):
            if assay.kind in ("actd", "4su"):
                amount = level * _share_at(assay, truth.decay_rates_per_h[t])
                coverage[i, of_transcript] += amount * profile
            elif assay.kind == "total":
                coverage[i, of_transcript] += level
            elif assay.kind == "clip":
                binding = p.clip_background + _binding(gene, t, assay, parameters)[of_transcript]
                coverage[i, of_transcript] += level * binding
    for i, assay in enumerate(ASSAYS):
        if assay.kind == "total":
            premrna = p.premrna_share * np.exp(truth.log_expression)
            coverage[i, gene.tss : gene.cleavage[0]] += premrna
        elif assay.kind == "cage":
            _add_peak(coverage[i], gene.tss, p.cage_bp, p.cage_peak * sum(levels))
    return coverage


def exon_positions(gene: Gene) -> np.ndarray:
    """Return the slot positions of the longest transcript's bases, in order, shape (length,)."""
    return np.concatenate([np.arange(start, end) for start, end in gene.exons])


def exonic_coverage(gene: Gene, truth: Truth, parameters: Parameters) -> np.ndarray:
    """Return each assay's coverage summed over the gene's exons, shape (assays,), float64."""
    sums: np.ndarray = gene_coverage(gene, truth, parameters)[:, exon_positions(gene)].sum(1)
    return sums


def _share_at(assay: Assay, rate_per_h: float) -> float:
    """Fraction of a steady-state level that an assay of a time course sees."""
    left = float(np.exp(-rate_per_h * assay.time_h))
    return left if assay.kind == "actd" else 1 - left


def _binding(gene: Gene, transcript: int, assay: Assay, parameters: Parameters) -> np.ndarray:
    """Peaks at the sites of a transcript's 3' UTR, per base of the slot, in units of its level."""
    binding = np.zeros(len(gene.sequence))
    p = parameters.coverage
    utr3 = gene.utr3(transcript)
    for element in parameters.elements:
        if element.name == assay.element:
            for site in element_sites(element, utr3):
                middle = gene.cds[1] + (site.start + site.end) // 2
                _add_peak(binding, middle, p.clip_bp, p.clip_peak * site.weight)
    return binding


def _add_peak(values: np.ndarray, middle: int, width_bp: int, height: float) -> None:
    """Add a raised cosine around a base of `values` (slot_bp,), cut at the slot's ends."""
    half = width_bp // 2
    offsets = np.arange(max(-half, -middle), min(half + 1, len(values) - middle))
    values[middle + offsets] += height * (0.5 + 0.5 * np.cos(np.pi * offsets / (half + 1)))
