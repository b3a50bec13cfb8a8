"""Variants that change nothing, spread over the genome: what scores look like without an effect.

They are SNVs that touch nothing planted and make no motif, as matched controls (`pool`), but chosen
at random: no causal variant decides which bases change, and where.
"""

from collections.abc import Iterator
from itertools import islice

import numpy as np

from seqcast.core.errors import InputError
from seqcast.simulate.genome import SimulatedGenome
from seqcast.simulate.pool import NeutralPool
from seqcast.simulate.variants import Variant, known_variant

KIND = "null"
SHARES = {"utr3": 0.6, "intron": 0.2, "intergenic": 0.2}  # region -> its fraction of the variants


def draw_nulls(genome: SimulatedGenome) -> list[Variant]:
    """Draw the null variants of a genome, sorted by contig and position.

    Each contig has as many as its fraction of the genes.

    Raises
    ------
    InputError
        If the genome is too small for the variants asked for.
    """
    # no gene, track or other variant is seeded so; reads are, which nothing here depends on
    rng = np.random.default_rng([genome.seed, 0, 0, 4])
    wanted, contigs = genome.parameters.null_snvs, list(genome.contigs)
    variants = [
        variant
        for chrom in contigs
        for region, share in SHARES.items()
        for variant in _drawn(
            genome, chrom, region, round(share * wanted * _fraction(genome, chrom)), rng
        )
    ]
    return sorted(variants, key=lambda v: (contigs.index(v.chrom), v.pos, v.ref, v.alt))


def _fraction(genome: SimulatedGenome, chrom: str) -> float:
    """Of the genes, those on a contig."""
    return sum(placed.chrom == chrom for placed in genome.genes) / len(genome.genes)


def _drawn(
    genome: SimulatedGenome, chrom: str, region: str, n: int, rng: np.random.Generator
) -> Iterator[Variant]:
    """Null variants in a region of a contig."""
    edits = list(islice(NeutralPool(genome, chrom, region).random_snvs(rng), n))
    if len(edits) < n:
        raise InputError(
            f"{n} null variants ({region}) on {chrom} were asked for, but there is room for "
            f"{len(edits)}; ask for fewer (null_snvs) or for more genes on the contig."
        )
    for edit in edits:
        yield known_variant(genome, edit, KIND, None)
