"""The 3' UTR: decay elements, poly(A) signals, and a background in which nothing else functions."""

from dataclasses import dataclass, replace

import numpy as np

from seqcast.simulate.motifs import BASES, between, element_sites, hexamer_sites, random_sequence
from seqcast.simulate.parameters import Element, Parameters

HEXAMER_BP = 6
FIRST_ELEMENT_BP = 15
SPACER_BP = 2
DOWNSTREAM_ELEMENT = "TGTGTTTT"  # U/GU-rich, as in the RNA


@dataclass(frozen=True)
class Feature:
    """Something planted: its name, first base (0-based), bases, and the region it lies in.

    The region is promoter, utr3 or downstream where the feature functions; intron or intergenic
    where it is a decoy.
    """

    name: str
    start: int
    sequence: str
    region: str

    @property
    def end(self) -> int:
        """One past the last base."""
        return self.start + len(self.sequence)

    def shifted(self, by: int) -> "Feature":
        """Return the feature ``by`` bases further on."""
        return replace(self, start=self.start + by)


@dataclass(frozen=True)
class Utr3:
    """A 3' UTR from the base after the stop codon to the distal cleavage site.

    `hexamers` (starts) and `cleavage` (ends of the transcripts) list the distal site first.
    """

    sequence: str
    features: tuple[Feature, ...]
    hexamers: tuple[int, ...]
    cleavage: tuple[int, ...]


def draw_utr3(rng: np.random.Generator, parameters: Parameters) -> Utr3:
    """Draw a 3' UTR whose planted features are the only ones that function."""
    p = parameters
    length = between(rng, p.utr3_bp)
    hexamers = [length - HEXAMER_BP - between(rng, p.cleavage_bp)]
    cleavage = [length]
    features = []
    if rng.random() < p.proximal_probability:
        hexamers.append(between(rng, p.proximal_bp))
        cleavage.append(hexamers[1] + HEXAMER_BP + between(rng, p.cleavage_bp))
        start = cleavage[1] + between(rng, p.downstream_bp)
        features.append(Feature("DSE", start, DOWNSTREAM_ELEMENT, "utr3"))
    features += [Feature("PAS", start, _draw_hexamer(rng, p), "utr3") for start in hexamers]
    taken = np.zeros(length, bool)
    taken[:FIRST_ELEMENT_BP] = True
    for hexamer, end in zip(hexamers, cleavage, strict=True):
        taken[hexamer - SPACER_BP : end + SPACER_BP] = True
    for feature in features:
        taken[feature.start - SPACER_BP : feature.end + SPACER_BP] = True
    features += _draw_elements(rng, p, taken)
    sequence = _draw_background(rng, p, length, features)
    return Utr3(sequence, tuple(features), tuple(hexamers), tuple(cleavage))


def element_text(rng: np.random.Generator, element: Element) -> str:
    """Return a full copy of an element, each N replaced by a random base."""
    return "".join(BASES[rng.integers(4)] if base == "N" else base for base in element.full)


def _draw_hexamer(rng: np.random.Generator, p: Parameters) -> str:
    frequencies = np.array(list(p.pas_frequency.values()))
    return str(rng.choice(list(p.pas_frequency), p=frequencies / frequencies.sum()))


def _draw_elements(rng: np.random.Generator, p: Parameters, taken: np.ndarray) -> list[Feature]:
    """Place elements where `taken` (length,) is free, and mark their places in it."""
    features = []
    for _ in range(between(rng, p.element_attempts)):
        element = p.elements[rng.integers(len(p.elements))]
        text = element_text(rng, element)
        start = between(rng, (FIRST_ELEMENT_BP, len(taken) - len(text)))
        span = slice(start - SPACER_BP, start + len(text) + SPACER_BP)
        if not taken[span].any():
            taken[span] = True
            features.append(Feature(element.name, start, text, "utr3"))
    return features


def _draw_background(
    rng: np.random.Generator, p: Parameters, length: int, features: list[Feature]
) -> str:
    """Fill a 3' UTR around its features, redrawing bases of every motif that came by chance."""
    planted = {(feature.start, feature.end) for feature in features}
    fixed = {i for start, end in planted for i in range(start, end)}
    bases = list(random_sequence(rng, length, p.utr3_composition))
    for feature in features:
        bases[feature.start : feature.end] = feature.sequence
    while accidents := _functioning_spans("".join(bases), p) - planted:
        start, end = min(accidents)
        free = [i for i in range(start, end) if i not in fixed]
        bases[rng.choice(free)] = random_sequence(rng, 1, p.utr3_composition)
    return "".join(bases)


def _functioning_spans(sequence: str, p: Parameters) -> set[tuple[int, int]]:
    sites = list(hexamer_sites(p.pas_strength, sequence))
    for element in p.elements:
        sites += element_sites(element, sequence)
    return {(site.start, site.end) for site in sites}
