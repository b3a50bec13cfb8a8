"""The variants as a VCF, with their truth in INFO."""

from collections.abc import Iterator

from seqcast.simulate.genome import SimulatedGenome
from seqcast.simulate.variants import Variant

# (ID, Type, Description); MT, PD and PI as in the 3' UTR eQTL set, whose readers expect PD directly
# before PI and something before MT
INFO = (
    (
        "KIND",
        "String",
        "causal, matched (neutral partner of a causal variant), decoy or unscorable",
    ),
    ("ELEMENT", "String", "What the variant breaks: ARE, PUM, MIR, STB or PAS"),
    ("TRUE_DLOGK", "Float", "True change of ln(decay rate) of the gene, ALT minus REF"),
    ("TRUE_DLOGLEVEL", "Float", "True change of ln(steady-state level) of the gene, ALT minus REF"),
    ("MT", "String", "Molecular trait: gene identifier without version"),
    ("PD", "Integer", "Distance to the nearest poly(A) site of the gene in bp"),
    ("PI", "String", "ID of the causal variant: its own, or that of the match"),
    ("REASON", "String", "Why an unscorable row cannot be scored"),
)
# of the variants of `planted`
PLANTED_KINDS = (
    "causal, matched (neutral partner of a causal variant), decoy, decoy_matched (its neutral "
    "partner), one_u_lost or two_u_lost (of an AU-rich element)"
)
NULL_KINDS = "null: changes nothing, and is matched with no other variant"


def vcf_lines(
    genome: SimulatedGenome, variants: list[Variant], kinds: str = INFO[0][2]
) -> Iterator[str]:
    """Yield the lines of the VCF, header first; `kinds` describes its INFO/KIND."""
    yield "##fileformat=VCFv4.2"
    yield f"##source=seqcast simulate, seed {genome.seed}"
    for chrom, sequence in genome.contigs.items():
        yield f"##contig=<ID={chrom},length={len(sequence)}>"
    yield '##ALT=<ID=DEL,Description="Deletion">'
    for key, kind, description in (("KIND", "String", kinds), *INFO[1:]):
        yield f'##INFO=<ID={key},Number=1,Type={kind},Description="{description}">'
    yield "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO"
    for v in variants:
        yield f"{v.chrom}\t{v.pos}\t{v.id}\t{v.ref}\t{v.alt}\t.\t.\t{_info(v)}"


def _info(variant: Variant) -> str:
    """Return the INFO column; what a row does not have is left out."""
    values = (
        variant.kind,
        variant.element,
        _decimal(variant.dlogk),
        _decimal(variant.dloglevel),
        variant.trait,
        variant.pas_distance_bp,
        variant.pair,
        variant.reason,
    )
    keys = (key for key, _, _ in INFO)
    return ";".join(f"{k}={v}" for k, v in zip(keys, values, strict=True) if v is not None)


def _decimal(value: float | None) -> str | None:
    return None if value is None else f"{round(value, 6) + 0.0:.6f}"  # + 0.0: no "-0.000000"
