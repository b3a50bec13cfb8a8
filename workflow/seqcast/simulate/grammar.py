"""A second grammar: other motifs, strengths and distances, by the same kinds of rules.

What a network learned of one grammar is of no use where other motifs function; what it learned of
genes (where exons and 3' UTRs are, which codons are optimal) may be. Each element keeps its name
and its kind: its length, whether flanks count, and whether it speeds decay up or slows it down.
Poly(A) hexamers keep their frequencies. The promoter, splice sites, codons and the U/GU-rich
element stay.
"""

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from seqcast.simulate.motifs import BASES, one_base_apart
from seqcast.simulate.parameters import Element, Parameters, Range
from seqcast.simulate.utr3 import DOWNSTREAM_ELEMENT, HEXAMER_BP

# Chosen: those of species a are 0.45 to 0.70 of ln(decay rate), and 0.06 to 1 of the best hexamer.
EFFECTS, STRENGTHS = (0.3, 0.8), (0.05, 0.8)
# Where a range of distances lies, and its length. They leave room for a 3' UTR of 350 bp.
CLEAVAGE_BP, DOWNSTREAM_BP, PROXIMAL_BP = ((8, 30), 12), ((4, 30), 14), ((110, 220), 80)
Motif = tuple[str, str]  # its core, and the core with its flanks


def drawn_grammar(parameters: Parameters, seed: int) -> Parameters:
    """Parameters whose elements, hexamers and distances are drawn for this seed.

    Parameters
    ----------
    parameters : Parameters
        What is kept: genes, compositions, numbers of variants.
    seed : int
        Of the grammar, 0 or more; genomes of one grammar have seeds of their own.
    """
    # no gene, track or planted variant is seeded so; null variants and reads of a genome of this
    # seed are, which decide nothing of a grammar
    rng = np.random.default_rng([seed, 0, 0, 4])
    old = _motifs(parameters.elements, parameters.pas_strength)
    while True:
        elements = [_drawn_element(rng, element) for element in parameters.elements]
        hexamers = _drawn_hexamers(rng, len(parameters.pas_frequency))
        if _are_apart(_motifs(elements, hexamers), old):
            break
    strengths = np.sort(rng.uniform(*STRENGTHS, len(hexamers) - 1))[::-1].round(2).tolist()
    return replace(
        parameters,
        elements=tuple(elements),
        pas_frequency=dict(zip(hexamers, parameters.pas_frequency.values(), strict=True)),
        pas_strength=dict(zip(hexamers, [1.0, *strengths], strict=True)),
        cleavage_bp=_drawn_range(rng, *CLEAVAGE_BP),
        downstream_bp=_drawn_range(rng, *DOWNSTREAM_BP),
        proximal_bp=_drawn_range(rng, *PROXIMAL_BP),
    )


def _motifs(elements: Iterable[Element], hexamers: Iterable[str]) -> list[Motif]:
    return [*((element.core, element.full) for element in elements), *((h, h) for h in hexamers)]


def _drawn_element(rng: np.random.Generator, element: Element) -> Element:
    """The element with other bases and another strength; equal flanks stay equal, N stays N."""
    core = "".join(base if base == "N" else _drawn_bases(rng, 1) for base in element.core)
    left = _drawn_bases(rng, len(element.left))
    right = left if element.left == element.right else _drawn_bases(rng, len(element.right))
    effect = float(np.sign(element.effect) * rng.uniform(*EFFECTS).__round__(2))
    return replace(element, core=core, left=left, right=right, effect=effect)


def _drawn_hexamers(rng: np.random.Generator, n: int) -> list[str]:
    """A hexamer and others that differ from it by one base, in random order."""
    best = _drawn_bases(rng, HEXAMER_BP)
    others = one_base_apart(best)
    return [best, *(others[i] for i in rng.permutation(len(others))[: n - 1])]


def _drawn_bases(rng: np.random.Generator, n: int) -> str:
    return "".join(BASES[i] for i in rng.integers(4, size=n))


def _drawn_range(rng: np.random.Generator, within: Range, length: int) -> Range:
    low = int(rng.integers(within[0], within[1] - length, endpoint=True))
    return low, low + length


def _are_apart(new: list[Motif], old: list[Motif]) -> bool:
    """Whether each new motif is found once, in itself, and no old one is found in it."""
    others = [*(full for _, full in old), DOWNSTREAM_ELEMENT]
    once = all(
        _places(core, full) == (i == j)
        for i, (core, _) in enumerate(new)
        for j, (_, full) in enumerate(new)
    )
    unlike_old = not any(_places(core, full) for core, _ in new for full in others)
    return (
        once and unlike_old and not any(_places(core, full) for core, _ in old for _, full in new)
    )


def _places(part: str, whole: str) -> int:
    """At how many places a motif fits into another one; N fits any base."""
    return sum(
        all(a == b or "N" in (a, b) for a, b in zip(part, whole[at:], strict=False))
        for at in range(len(whole) - len(part) + 1)
    )
