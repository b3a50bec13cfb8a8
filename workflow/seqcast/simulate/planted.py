"""Variants for the test of predictions against truth, all on the contig that is held out.

- causal, matched: as in `variants`, SNVs only.
- decoy, decoy_matched: an SNV that breaks an element where it does nothing, and a neutral SNV with
  the same REF and ALT in the same kind of place of another gene. No predictor should tell them
  apart.
- one_u_lost, two_u_lost: the same AU-rich element without one and without both of its outer U,
  which weakens and abolishes it (Zubiaga 1995, PMC230450). The second is one replacement of the
  whole element. Both have the first one's ID as their pair.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np

from seqcast.core.errors import InputError
from seqcast.simulate.gene_edits import Edit, motifs
from seqcast.simulate.genome import PlacedGene, SimulatedGenome
from seqcast.simulate.motifs import BASES
from seqcast.simulate.pool import NeutralPool
from seqcast.simulate.utr3 import Feature
from seqcast.simulate.variants import (
    DECOY_REGIONS,
    Variant,
    breaking_edits,
    decoy_edits,
    known_variant,
    substitutions,
)

GRADED = "ARE"
KINDS = ("causal", "matched", "decoy", "decoy_matched", "one_u_lost", "two_u_lost")


def draw_planted(genome: SimulatedGenome) -> list[Variant]:
    """Draw the variants of the last contig, sorted by position.

    They come from a generator of their own: `variants.draw_variants` does not change with them.

    Raises
    ------
    InputError
        If the contig is too small for the variants asked for.
    """
    p = genome.parameters
    chrom = list(genome.contigs)[-1]
    # of four words, the last not 0 or 2: neither a gene nor a track is seeded so
    rng = np.random.default_rng([genome.seed, 0, 0, 3])
    names = [*(element.name for element in p.elements), "PAS"]
    causal = breaking_edits(genome, chrom, rng, names, substitutions, p.planted_snvs)
    utr3 = NeutralPool(genome, chrom)
    variants = list(_pairs(genome, causal, ("causal", "matched"), lambda _: utr3))
    pools = {region: NeutralPool(genome, chrom, region) for region in DECOY_REGIONS}
    decoys = decoy_edits(genome, chrom, rng, p.planted_decoys)
    variants += _pairs(
        genome, decoys, ("decoy", "decoy_matched"), lambda edit: pools[_region(edit)]
    )
    variants += _graded(genome, chrom, rng, {variant.id for variant in variants})
    return sorted(variants, key=lambda v: (v.pos, v.ref, v.alt))


def _pairs(
    genome: SimulatedGenome,
    edits: list[tuple[str, Edit]],
    kinds: tuple[str, str],
    pool_of: Callable[[Edit], NeutralPool],
) -> Iterator[Variant]:
    """Yield each edit and its match, which have the edit's ID as their pair."""
    for name, edit in edits:
        variant = known_variant(genome, edit, kinds[0], name)
        yield replace(variant, pair=variant.id)
        yield known_variant(genome, pool_of(edit).draw(edit), kinds[1], None, variant.id)


def _region(edit: Edit) -> str:
    """Return the region of a decoy."""
    return "intron" if edit.start < edit.placed.gene.cleavage[0] else "intergenic"


def _graded(
    genome: SimulatedGenome, chrom: str, rng: np.random.Generator, taken: set[str]
) -> Iterator[Variant]:
    """Yield two variants each of as many AU-rich elements as are asked for, in random order.

    An element is passed over if the loss of its outer U is among the IDs `taken`.
    """
    n = genome.parameters.planted_ares
    elements = [
        (placed, feature)
        for placed in genome.genes
        if placed.chrom == chrom
        for feature in placed.gene.features
        if (feature.name, feature.region) == (GRADED, "utr3")
    ]
    found = 0
    for i in rng.permutation(len(elements)):
        one, two = _outer_losses(rng, *elements[i])
        first = known_variant(genome, one, "one_u_lost", GRADED)
        if found < n and first.id not in taken and _is_graded(genome, one, two):
            found += 1
            yield replace(first, pair=first.id)
            yield known_variant(genome, two, "two_u_lost", GRADED, first.id)
    if found < n:
        raise InputError(
            f"{n} AU-rich elements on {chrom} were asked for, but {found} can be weakened and "
            "abolished; ask for fewer (planted_ares) or for more genes on the contig."
        )


def _outer_losses(
    rng: np.random.Generator, placed: PlacedGene, feature: Feature
) -> tuple[Edit, Edit]:
    """Return the loss of one outer U, on either side, and of both."""
    others = [base for base in BASES if base != feature.sequence[0]]  # both flanks are the same
    left, right = (str(base) for base in rng.choice(others, 2))
    both = Edit(placed, feature.start, feature.end, left + feature.sequence[1:-1] + right)
    if rng.random() < 0.5:
        return Edit(placed, feature.start, feature.start + 1, left), both
    return Edit(placed, feature.end - 1, feature.end, right), both


def _is_graded(genome: SimulatedGenome, one: Edit, two: Edit) -> bool:
    """Whether one loss matters, both matter more, and no other motif comes or goes."""
    p = genome.parameters
    gene = one.placed.gene
    after = (gene.edited(e.start, e.end, e.insert).utr3() for e in (one, two))
    others = [[m for m in motifs(utr3, p) if m[0] != GRADED] for utr3 in (gene.utr3(), *after)]
    of_one, of_two = (abs(edit.effect(p)[0]) for edit in (one, two))
    return others[0] == others[1] == others[2] and p.minimum_effect <= of_one < of_two
