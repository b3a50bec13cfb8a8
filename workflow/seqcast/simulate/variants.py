"""Variants with known effects, and variants with known absence of any.

- causal: breaks an element or a poly(A) hexamer that functions; its true effect is large enough.
- matched: one per causal variant, with the same REF and ALT (or the same insertion, or as long a
  deletion), in another gene of the contig, nearest in distance to the poly(A) site and then in
  expression, without replacement, as in the 3' UTR eQTL set; it touches and makes no motif.
- decoy: breaks a full motif where it does nothing, in an intron or between genes.
- unscorable: a row that no model can score, each for another reason; together they are the last
  rows of the file.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import islice, zip_longest

import numpy as np

from seqcast.core.errors import InputError
from seqcast.simulate.gene_edits import Edit, vcf_alleles
from seqcast.simulate.genome import SimulatedGenome
from seqcast.simulate.motifs import BASES, element_sites, random_sequence
from seqcast.simulate.parameters import Element
from seqcast.simulate.pool import NeutralPool
from seqcast.simulate.utr3 import Feature

INSERTION_BP = 3
DECOY_REGIONS = ("intron", "intergenic")
# the reason codes of seqcast.genome.variants that need no special file
UNSCORABLE = (
    "alt_symbolic",
    "alt_star",
    "alt_ambiguous",
    "ref_mismatch",
    "ref_equals_alt",
    "position_out_of_range",
)

Change = tuple[int, int, str]  # start, end, insert in the slot
Changes = Callable[[np.random.Generator, Feature], list[Change]]
NamedEdit = tuple[str, Edit]


@dataclass(frozen=True)
class Variant:
    """One row of the VCF.

    `pos` is 1-based; `element` names what the variant breaks. Unscorable rows have only `reason`.
    `pair` is the causal variant's ID, for itself and for its match.
    """

    chrom: str
    pos: int
    ref: str
    alt: str
    kind: str
    element: str | None = None
    trait: str | None = None
    pas_distance_bp: int | None = None
    pair: str | None = None
    dlogk: float | None = None
    dloglevel: float | None = None
    reason: str | None = None

    @property
    def id(self) -> str:
        """chrom_pos_ref_alt."""
        return f"{self.chrom}_{self.pos}_{self.ref}_{self.alt}"


def draw_variants(genome: SimulatedGenome) -> list[Variant]:
    """Draw all variants of a genome, sorted by contig and position.

    They are spread evenly over the contigs, so that the held-out contig has its share.

    Raises
    ------
    InputError
        If the genome is too small for the variants asked for.
    """
    p = genome.parameters
    rng = np.random.default_rng([genome.seed, 0])  # the genes are numbered from 1
    variants = _unscorable(genome)
    names = [element.name for element in p.elements]
    for i, chrom in enumerate(genome.contigs):
        snvs, indels, decoys = (
            len(range(i, n, len(genome.contigs)))
            for n in (p.causal_snvs, p.causal_indels, p.decoys)
        )
        edits = breaking_edits(genome, chrom, rng, [*names, "PAS"], substitutions, snvs)
        edits += breaking_edits(genome, chrom, rng, names, _indels, indels)
        pool = NeutralPool(genome, chrom)
        for name, edit in edits:
            causal = known_variant(genome, edit, "causal", name)
            variants.append(replace(causal, pair=causal.id))
            variants.append(known_variant(genome, pool.draw(edit), "matched", None, causal.id))
        for name, edit in decoy_edits(genome, chrom, rng, decoys):
            variants.append(known_variant(genome, edit, "decoy", name))
    order = list(genome.contigs)
    return sorted(variants, key=lambda v: (order.index(v.chrom), v.pos, v.ref, v.alt))


def known_variant(
    genome: SimulatedGenome, edit: Edit, kind: str, element: str | None, pair: str | None = None
) -> Variant:
    """Return an edit as a row of the VCF, with its true effects."""
    pos, ref, alt = vcf_alleles(genome, edit)
    dlogk, dloglevel = edit.effect(genome.parameters)
    return Variant(
        chrom=edit.placed.chrom,
        pos=pos,
        ref=ref,
        alt=alt,
        kind=kind,
        element=element,
        trait=edit.placed.gene_id.split(".")[0],
        pas_distance_bp=edit.pas_distance_bp,
        pair=pair,
        dlogk=dlogk,
        dloglevel=dloglevel,
    )


def breaking_edits(
    genome: SimulatedGenome,
    chrom: str,
    rng: np.random.Generator,
    names: list[str],
    changes: Changes,
    n: int,
) -> list[NamedEdit]:
    """Break n features that function, each once and the names in turn.

    Raises
    ------
    InputError
        If the contig has fewer.
    """
    p = genome.parameters

    def matters(edit: Edit) -> bool:
        return max(map(abs, edit.effect(p))) >= p.minimum_effect

    streams = [_break(genome, chrom, rng, name, ("utr3",), changes, matters) for name in names]
    return _first(n, _in_turn(streams), f"functioning features on {chrom}")


def decoy_edits(
    genome: SimulatedGenome, chrom: str, rng: np.random.Generator, n: int
) -> list[NamedEdit]:
    """Break n elements that do nothing, each once and the elements in turn.

    Raises
    ------
    InputError
        If the contig has fewer.
    """

    def loses(element: Element) -> Callable[[Edit], bool]:
        def test(edit: Edit) -> bool:
            gene = edit.placed.gene
            sites = element_sites(element, gene.edited(edit.start, edit.end, edit.insert).sequence)
            copies = sum(site.weight for site in element_sites(element, gene.sequence))
            return sum(site.weight for site in sites) < copies

        return test

    streams = [
        _break(genome, chrom, rng, e.name, DECOY_REGIONS, substitutions, loses(e))
        for e in genome.parameters.elements
    ]
    return _first(n, _in_turn(streams), f"decoys on {chrom}")


def _break(
    genome: SimulatedGenome,
    chrom: str,
    rng: np.random.Generator,
    name: str,
    regions: tuple[str, ...],
    changes: Changes,
    accept: Callable[[Edit], bool],
) -> Iterator[NamedEdit]:
    """Yield one accepted edit of each feature of a name, the features in random order."""
    features = [
        (placed, feature)
        for placed in genome.genes
        if placed.chrom == chrom
        for feature in placed.gene.features
        if feature.name == name and feature.region in regions
    ]
    for i in rng.permutation(len(features)):
        placed, feature = features[i]
        edits = (Edit(placed, *change) for change in changes(rng, feature))
        edit = next(filter(accept, edits), None)
        if edit is not None:
            yield name, edit


def substitutions(rng: np.random.Generator, feature: Feature) -> list[Change]:
    """All substitutions in a feature, in random order."""
    changes = [
        (feature.start + i, feature.start + i + 1, base)
        for i, old in enumerate(feature.sequence)
        for base in BASES
        if base != old
    ]
    return [changes[i] for i in rng.permutation(len(changes))]


def _indels(rng: np.random.Generator, feature: Feature) -> list[Change]:
    """The deletion of a feature and an insertion in its middle, in random order."""
    middle = (feature.start + feature.end) // 2
    inserted = random_sequence(rng, INSERTION_BP, (0.25, 0.25, 0.25, 0.25))
    changes = [(feature.start, feature.end, ""), (middle, middle, inserted)]
    return [changes[i] for i in rng.permutation(2)]


def _in_turn(streams: list[Iterator[NamedEdit]]) -> Iterator[NamedEdit]:
    """Take one of each stream in turn until all are empty."""
    for batch in zip_longest(*streams):
        yield from (item for item in batch if item is not None)


def _first(n: int, items: Iterator[NamedEdit], what: str) -> list[NamedEdit]:
    taken = list(islice(items, n))
    if len(taken) < n:
        raise InputError(
            f"{n} {what} were asked for, but there are {len(taken)}; ask for fewer variants or for "
            "more genes on the contig."
        )
    return taken


def _unscorable(genome: SimulatedGenome) -> list[Variant]:
    """One row for each of six reasons, within the last bases of the last contig and behind them."""
    chrom, sequence = list(genome.contigs.items())[-1]
    rows = []
    for i, reason in enumerate(UNSCORABLE):
        past_end = reason == "position_out_of_range"
        pos = len(sequence) + 1000 if past_end else len(sequence) - 50 + 8 * i
        base = "A" if past_end else sequence[pos - 1]
        other, another, _ = (b for b in BASES if b != base)
        ref = other if reason == "ref_mismatch" else base
        alts = {
            "alt_symbolic": "<DEL>",
            "alt_star": "*",
            "alt_ambiguous": "N",
            "ref_equals_alt": base,
        }
        rows.append(
            Variant(chrom, pos, ref, alts.get(reason, another), "unscorable", reason=reason)
        )
    return rows
