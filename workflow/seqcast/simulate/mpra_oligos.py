"""Oligos of a massively parallel reporter assay: pieces of 3' UTRs with and without a variant.

The reporter's 3' UTR is the oligo alone, so that its decay depends on the elements in the oligo and
on nothing else of the gene: k = k_0 exp(sum_i effect_i n_i).
"""

from math import log

import polars as pl

from seqcast.simulate.effects import edit_of
from seqcast.simulate.genome import SimulatedGenome
from seqcast.simulate.motifs import element_sites
from seqcast.simulate.parameters import Parameters
from seqcast.simulate.variants import Variant

COLUMNS = {
    "variant": pl.String, "kind": pl.String, "element": pl.String, "gene_id": pl.String,
    "start": pl.Int64, "end": pl.Int64, "ref_oligo": pl.String, "alt_oligo": pl.String,
    "ref_log_half_life": pl.Float64, "alt_log_half_life": pl.Float64, "true_dlogk": pl.Float64,
}  # fmt: skip


def oligo_table(genome: SimulatedGenome, variants: list[Variant]) -> pl.DataFrame:
    """Return the oligos of the substitutions that lie in 3' UTRs.

    Parameters
    ----------
    genome : SimulatedGenome
        Gives the length of the oligos.
    variants : list of Variant
        Of `planted.draw_planted`: decoys, whose place is no 3' UTR, and variants of poly(A)
        signals, whose effect is not on decay, are left out, as are indels.

    Returns
    -------
    DataFrame
        One row per variant, in order: variant (the VCF's ID), kind, element, gene_id, start and end
        (slot positions in the gene's direction, 0-based half-open, the variant in the middle, or
        as near to it as the slot allows), ref_oligo and alt_oligo (DNA in the direction of the
        mRNA), the ln of the reporter's half-life (in h) with either, and true_dlogk, ALT minus REF.
    """
    p = genome.parameters
    rows = []
    for variant in variants:
        if len(variant.ref) != len(variant.alt) or variant.element == "PAS":
            continue
        if variant.kind not in ("causal", "matched", "one_u_lost", "two_u_lost"):
            continue
        edit = edit_of(genome, variant)
        gene = edit.placed.gene
        middle = (edit.start + edit.end - p.oligo_bp) // 2
        start = min(max(middle, 0), len(gene.sequence) - p.oligo_bp)
        span = slice(start, start + p.oligo_bp)
        oligos = (g.sequence[span] for g in (gene, gene.edited(edit.start, edit.end, edit.insert)))
        ref, alt = oligos
        lives = [log_half_life(oligo, p) for oligo in (ref, alt)]
        facts = (variant.id, variant.kind, variant.element, edit.placed.gene_id)
        rows.append((*facts, span.start, span.stop, ref, alt, *lives, lives[0] - lives[1]))
    return pl.DataFrame(rows, schema=COLUMNS, orient="row")


def log_half_life(utr3: str, parameters: Parameters) -> float:
    """Return the ln of the half-life (in h) of a reporter with this 3' UTR."""
    effect = sum(
        element.effect * site.weight
        for element in parameters.elements
        for site in element_sites(element, utr3)
    )
    return log(parameters.base_half_life_h) - effect
