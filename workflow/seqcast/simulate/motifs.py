"""Drawing sequences and finding the motifs that function in them."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from seqcast.simulate.parameters import Composition, Element, Range

BASES = "ACGT"


@dataclass(frozen=True)
class Site:
    """One motif that functions: its span with the flanks it has, and its part of a full copy."""

    name: str
    start: int
    end: int
    weight: float


def element_sites(element: Element, sequence: str) -> Iterator[Site]:
    """Find the sites of one element, overlapping ones included.

    Parameters
    ----------
    element : Element
        The motif.
    sequence : str
        Upper-case DNA, sense strand. A flank beyond its ends counts as absent.

    Yields
    ------
    Site
        From left to right; cores of weight 0 are left out.
    """
    for match in re.finditer(f"(?={element.core.replace('N', '[ACGT]')})", sequence):
        start, end = match.start(), match.start() + len(element.core)
        left = sequence.endswith(element.left, 0, start)
        right = sequence.startswith(element.right, end)
        weight = element.weights[left + right]
        if weight:
            start -= left * len(element.left)
            end += right * len(element.right)
            yield Site(element.name, start, end, weight)


def hexamer_sites(hexamers: Mapping[str, float], sequence: str) -> Iterator[Site]:
    """Find poly(A) hexamers anywhere in a sequence, each with its strength as the weight."""
    for hexamer, strength in hexamers.items():
        for match in re.finditer(f"(?={hexamer})", sequence):
            yield Site("PAS", match.start(), match.start() + len(hexamer), strength)


def one_base_apart(motif: str) -> list[str]:
    """All motifs that differ from one by one base, from its first base to its last."""
    return [
        motif[:i] + base + motif[i + 1 :]
        for i, old in enumerate(motif)
        for base in BASES
        if base != old
    ]


def between(rng: np.random.Generator, bounds: Range) -> int:
    """Draw an integer from an inclusive range."""
    return int(rng.integers(*bounds, endpoint=True))


def random_sequence(rng: np.random.Generator, length: int, composition: Composition) -> str:
    """Draw independent bases with the given frequencies of A, C, G and T."""
    return "".join(BASES[i] for i in rng.choice(4, length, p=composition))
