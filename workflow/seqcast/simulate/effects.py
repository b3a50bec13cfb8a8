"""True effects of variants on every track, in closed form."""

import numpy as np
import polars as pl

from seqcast.genome.sequence import reverse_complement
from seqcast.simulate.assays import ASSAYS
from seqcast.simulate.expected import exonic_coverage
from seqcast.simulate.gene_edits import Edit
from seqcast.simulate.genome import PlacedGene, SimulatedGenome
from seqcast.simulate.truth import evaluate
from seqcast.simulate.variants import Variant

COLUMNS = ("variant", "chrom", "pos", "ref", "alt", "kind", "element", "gene_id", "pas_distance_bp")


def true_effects(genome: SimulatedGenome, variants: list[Variant]) -> pl.DataFrame:
    """Evaluate what each variant does to the gene that it lies in the slot of.

    Parameters
    ----------
    genome : SimulatedGenome
    variants : list of Variant
        Unscorable ones have no effect and are left out.

    Returns
    -------
    DataFrame
        One row per variant, in order: variant (the VCF's ID), chrom, pos (1-based), ref, alt, kind,
        element, gene_id, pas_distance_bp, then true_dlogk (change of ln decay rate of the gene at
        steady state), true_dloglevel, and one column per collapsed track, named as its plus member:
        the change of ln of the expected coverage, summed over the gene's exons. All ALT minus REF.
        Last, by the same names after ``ref_``, that sum itself for REF: what decays fast has hardly
        any late coverage, and a score with a pseudocount then sees less than the true change.
    """
    rows = []
    for variant in variants:
        if variant.kind == "unscorable":
            continue
        edit = edit_of(genome, variant)
        before, after = exonic_sums(edit, genome)
        dlogk, dloglevel = edit.effect(genome.parameters)
        facts = (
            variant.id, variant.chrom, variant.pos, variant.ref, variant.alt, variant.kind,
            variant.element, edit.placed.gene_id, variant.pas_distance_bp,
        )  # fmt: skip
        effects = np.log(after / before).tolist()
        rows.append((*facts, dlogk, dloglevel, *effects, *before.tolist()))
    tracks = [f"{assay.name}+" for assay in ASSAYS]
    names = [*COLUMNS, "true_dlogk", "true_dloglevel", *tracks, *(f"ref_{t}" for t in tracks)]
    types: dict[str, type[pl.DataType]] = dict.fromkeys(names, pl.Float64)
    types |= dict.fromkeys(COLUMNS, pl.String)
    types |= {"pos": pl.Int64, "pas_distance_bp": pl.Int64}
    return pl.DataFrame(rows, schema=types, orient="row")


def exonic_sums(edit: Edit, genome: SimulatedGenome) -> tuple[np.ndarray, np.ndarray]:
    """Return the expected coverage of the gene's exons before and after an edit, (assays,) each."""
    p = genome.parameters
    gene = edit.placed.gene
    edited = gene.edited(edit.start, edit.end, edit.insert)
    return exonic_coverage(gene, edit.placed.truth, p), exonic_coverage(
        edited, evaluate(edited, p), p
    )


def edit_of(genome: SimulatedGenome, variant: Variant) -> Edit:
    """Return a variant as an edit of the gene in whose slot it lies, the inverse of `vcf_alleles`.

    An indel can be spelled in several places of a repeat; the first that removes no boundary of the
    gene is taken.
    """
    ref, alt = variant.ref, variant.alt
    shared = 1 if len(ref) != len(alt) else 0
    ref, alt, at = ref[shared:], alt[shared:], variant.pos - 1 + shared
    placed = _gene_at(genome, variant.chrom, at)
    contig = genome.contigs[variant.chrom]
    while True:
        edit = _placed_edit(placed, at, ref, alt)
        try:
            placed.gene.edited(edit.start, edit.end, edit.insert)
        except ValueError:
            moved = ref or alt
            if len(ref) == len(alt) or contig[at + len(ref)] != moved[0]:
                raise
            moved = moved[1:] + moved[0]
            ref, alt, at = (ref and moved), (alt and moved), at + 1
        else:
            return edit


def _gene_at(genome: SimulatedGenome, chrom: str, position: int) -> PlacedGene:
    """Return the gene whose slot holds a 0-based position of a contig."""
    return next(
        placed
        for placed in reversed(genome.genes)
        if placed.chrom == chrom and placed.slot_start <= position
    )


def _placed_edit(placed: PlacedGene, at: int, ref: str, alt: str) -> Edit:
    """Return the replacement of `ref` at a contig position as an edit of the slot."""
    start = at - placed.slot_start
    if placed.strand == "-":
        start = len(placed.gene.sequence) - start - len(ref)
        alt = reverse_complement(alt)
    return Edit(placed, start, start + len(ref), alt)
