"""Species of synthetic genomes, for training on two at once: one regulatory code, other numbers.

Motifs are the same in all, as RNA-binding proteins are conserved; what differs in b is the
composition, how strongly each element acts, how often genes have which promoter, and how fast mRNAs
decay. `grammar` draws other motifs for any of them.
"""

from collections.abc import Mapping
from dataclasses import fields, replace

from seqcast.core.errors import InputError
from seqcast.simulate.grammar import drawn_grammar
from seqcast.simulate.parameters import Element, Parameters

# All numbers chosen, so that the ranking of the elements differs from that of species a.
_ELEMENTS_B = (
    Element("ARE", "TATTTAT", 0.45, left="T", right="T", weights=(0.0, 0.4, 1.0)),
    Element("PUM", "TGTANATA", 0.70),
    Element("MIR", "TACCTC", 0.30, left="C", right="A", weights=(0.25, 0.6, 1.0)),
    Element("STB", "CCTCCCTCC", -0.60),
)

SPECIES = {
    "a": Parameters(),
    "b": Parameters(
        contigs=(("chrT1", 480), ("chrT2", 160)),
        background=(0.31, 0.19, 0.19, 0.31),
        utr5_composition=(0.24, 0.26, 0.26, 0.24),
        utr3_composition=(0.31, 0.18, 0.18, 0.33),
        intron_composition=(0.28, 0.17, 0.17, 0.38),
        tata_probability=0.35,
        optimality_effect=-0.10,
        base_half_life_h=2.5,
        proximal_probability=0.25,
        elements=_ELEMENTS_B,
    ),
}


def species_parameters(
    name: str,
    genes: Mapping[str, int] | None = None,
    numbers: Mapping[str, float] | None = None,
    grammar: int | None = None,
) -> Parameters:
    """Return the parameters of a species.

    Parameters
    ----------
    name : str
        "a" (the demo's genome) or "b". Their contigs have other names.
    genes : mapping of str to int, optional
        Contigs and the number of their genes, instead of the species' own; the last is the test.
    numbers : mapping of str to number, optional
        Other values of parameters that are one number, such as ``planted_snvs``.
    grammar : int, optional
        Seed of other motifs, strengths and distances (`grammar.drawn_grammar`). Default: those of
        the species.

    Raises
    ------
    InputError
        If there is no such species, or no such number.
    """
    if name not in SPECIES:
        raise InputError(f"species is '{name}'; expected one of {', '.join(SPECIES)}.")
    known = [f.name for f in fields(Parameters) if f.type in ("int", "float", int, float)]
    if unknown := [key for key in numbers or {} if key not in known]:
        raise InputError(f"{unknown[0]!r} is no number of the simulation; expected one of "
                         f"{', '.join(known)}.")  # fmt: skip
    changed = replace(SPECIES[name], **(numbers or {}))  # type: ignore[arg-type]
    changed = replace(changed, contigs=tuple(genes.items())) if genes else changed
    return changed if grammar is None else drawn_grammar(changed, grammar)
