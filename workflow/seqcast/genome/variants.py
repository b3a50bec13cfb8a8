"""Variants against the genome: each row is valid, or carries the reason why it cannot be scored.

A valid variant is an edit ``genome[start:end] -> insert``, trimmed and left-aligned, so that every
way of spelling one change gives one edit (Tan, Abecasis and Kang, Bioinformatics 2015). Nothing is
ever dropped: one row in, one row out.

Which allele is the genome's. A file may have REF and ALT exchanged in some rows (minor and major
alleles, as PLINK writes them). With "swap" a row is turned round only on evidence beyond chance:

- A substitution's alleles never both fit. Where only ALT fits, one base says little (a third of
  wrong SNVs fit so), but the file does: its rows are swapped if ALT fits in nearly all rows whose
  REF does not.
- Of an insertion or deletion (A, ATG), the genome carries A wherever it carries ATG, and a genome
  with ATG tells a deletion of TG from a duplication no better than its neighbourhood does: both
  readings imply the same bases. Where both alleles fit, the row has a status of its own; so has it
  where ALT alone fits with a few bases, which may be chance. PLINK's --ref-from-fa and flippyr
  leave such rows out. That no other row of a file shows an exchange does not change it: where few
  rows are exchanged, the others look right.
"""

import logging
from collections.abc import Mapping
from typing import NamedTuple

import polars as pl

from seqcast.core.errors import InputError
from seqcast.genome.builds import (
    evidence_of,
    first_mismatch,
    guard_build,
    judge_file,
    judge_swaps,
)
from seqcast.genome.fasta import GIVE_ALIASES, Fetch, Genome, fetch_by_blocks
from seqcast.genome.vcf import read_variants

__all__ = [
    "REASONS", "check_variants", "guard_build", "read_variants", "resolve_contigs",
    "summarise_statuses",
]  # fmt: skip

logger = logging.getLogger(__name__)

OUTCOMES = {
    "valid": "can be scored",
    "scored": "scored",
}
REASONS = {
    "ref_mismatch": "REF is not what the genome carries at POS",
    "contig_not_found": "CHROM is neither in the FASTA nor in the table of contig aliases",
    "position_out_of_range": "POS is 0, or REF reaches past the end of the contig",
    "ref_alt_ambiguous": "on_ref_mismatch is swap, and the genome does not tell whether REF and "
    "ALT are exchanged: it carries both, or ALT by what may be chance",
    "alt_missing": "ALT is '.', no alternative allele is given",
    "alt_symbolic": "ALT is symbolic (<DEL>, <*>, a breakend), its sequence is not given",
    "alt_star": "ALT is '*', the allele is deleted by another variant",
    "alt_ambiguous": "ALT holds N or another IUPAC code",
    "ref_ambiguous": "REF or the genome there holds N or another IUPAC code",
    "ref_equals_alt": "REF and ALT are the same allele",
    "allele_invalid": "REF or ALT is not a sequence of bases (as '-' of an unanchored indel)",
    "indel_too_long": "the edit is longer than the model's window can hold",
    "edits_overlap": "edits of the haplotype overlap: they make no one sequence",
    "member_unusable": "a variant of the haplotype is not valid, or has REF and ALT exchanged: the "
    "sequence of the haplotype is not known",
    "length_changed": "inserts or deletes bases; first-order effects are those of substitutions",
    "no_gene_in_window": "no gene has an exon that takes up a predicted bin of the window",
    "no_transcript": "touches none of the transcripts that the set holds",
    "intronic": "lies between exons of a transcript and changes no base of its mRNA; effects on "
    "splicing are not modelled",
    "splice_boundary": "removes or splits a border of an exon, or an end of the transcript: its "
    "mRNA is not known",
    "transcript_unusable": "the transcript has no sequence; the table of transcripts says why",
    "too_long": "the transcript has more tokens than the model takes",
    "prediction_not_finite": "a score is NaN or infinite: the model predicts no numbers here",
}
MISMATCH_MODES = ("error", "exclude", "swap")
BASES = frozenset("ACGT")
IUPAC = frozenset("ACGTRYSWKMBDHVN")
SYMBOLS = frozenset("<>[]")
COMPLEMENT = str.maketrans("ACGT", "TGCA")
# An ALT of so many bases fits a wrong place once in 4^8 = 65,536 rows.
EVIDENCE_BP = 8

CHECKED = {
    "status": pl.String,
    "contig": pl.String,
    "start": pl.Int64,
    "end": pl.Int64,
    "insert": pl.String,
    "swapped": pl.Boolean,
    "genome_carries": pl.String,
}


class Check(NamedTuple):
    """What `check_variants` finds for one row; start, end and insert only where it is valid."""

    status: str
    contig: str | None = None
    start: int | None = None
    end: int | None = None
    insert: str | None = None
    swapped: bool = False
    genome_carries: str | None = None


def check_variants(
    variants: pl.DataFrame, genome: Genome, on_ref_mismatch: str = "exclude"
) -> pl.DataFrame:
    """Check each variant against the genome and give its canonical edit.

    Parameters
    ----------
    variants : DataFrame
        As `read_variants` returns them; may have no rows.
    genome : Genome
        The genome that the positions refer to.
    on_ref_mismatch : str
        What to do where REF is not the genome's: "error" stops; "exclude" gives the status
        ref_mismatch; "swap" takes it that REF and ALT may be exchanged in any row: it turns the
        edit round, genome allele (the VCF's ALT) -> REF, if there is evidence for that, gives
        ref_alt_ambiguous where REF and ALT cannot be distinguished (most deletions, and insertions
        into repeats, whether exchanged or not), and otherwise ref_mismatch.

    Returns
    -------
    pl.DataFrame
        The same rows and columns, then ``status`` ("valid" or a key of `REASONS`), ``contig`` (the
        FASTA's name), ``start``, ``end`` (0-based half-open on the contig; equal for an insertion),
        ``insert`` (upper case, "" for a deletion), ``swapped``, ``genome_carries`` (what fits at
        POS, comma-separated: "ref", "ref,alt" or, where REF does not fit, those of "alt",
        "complement", "next" and "previous" that do: see `builds`; null where alleles were not
        compared). Start, end and insert are null where the row is not valid. Lower-case alleles
        count as upper case.

    Raises
    ------
    InputError
        If no contig of the variants is in the genome, or at a mismatch with "error", or if
        ``on_ref_mismatch`` is none of the three.
    """
    check_mode(on_ref_mismatch)
    contigs = resolve_contigs(variants, genome)
    warn_of_contigs(contigs)
    checked = check_rows(variants, contigs, genome, fetch_by_blocks(genome), on_ref_mismatch)
    if on_ref_mismatch == "exclude":
        return checked
    evidence = evidence_of(checked)
    exchanged, _ = judge_file(evidence, first_mismatch(checked), genome, on_ref_mismatch)
    return judge_swaps(checked, exchanged) if on_ref_mismatch == "swap" else checked


def check_mode(on_ref_mismatch: str) -> None:
    """Refuse a way to treat mismatches that is none."""
    if on_ref_mismatch not in MISMATCH_MODES:
        raise InputError(
            f"on_ref_mismatch is {on_ref_mismatch!r}; expected one of {MISMATCH_MODES}"
        )


def check_rows(
    variants: pl.DataFrame, contigs: Mapping[str, str | None], genome: Genome, fetch: Fetch,
    on_ref_mismatch: str,
) -> pl.DataFrame:  # fmt: skip
    """Check each row for itself; what the file tells as a whole is not asked.

    Parameters
    ----------
    variants : DataFrame
        Whole records of a file, with its rows' numbers.
    contigs : mapping
        CHROM to the genome's name of it, None where the genome lacks it.
    genome : Genome
    fetch : callable
        `fetch_by_blocks` of the genome.
    on_ref_mismatch : str
        See `check_variants`.
    """
    swap = on_ref_mismatch == "swap"
    # In genome order, so that each block of an unsorted file is read once too.
    ordered = variants.select("row", "chrom", "pos", "ref", "alt").sort("chrom", "pos", "row")
    checks = [
        _check(contigs[chrom], pos - 1, ref.upper(), alt.upper(), genome.contigs, fetch, swap)
        for _, chrom, pos, ref, alt in ordered.iter_rows()
    ]
    found = pl.DataFrame(checks, schema=CHECKED, orient="row")
    found = found.with_columns(ordered["row"]).sort("row").drop("row")
    return variants.sort("row").hstack(found)


def summarise_statuses(frame: pl.DataFrame) -> pl.DataFrame:
    """Count the rows of each status.

    Parameters
    ----------
    frame : DataFrame
        Any table with a ``status`` column.

    Returns
    -------
    pl.DataFrame
        ``status``, ``n``, ``explanation``; the most frequent first, ties by name.
    """
    counts = frame.group_by("status").agg(n=pl.len().cast(pl.Int64))
    explanation = pl.col("status").replace_strict(OUTCOMES | REASONS, return_dtype=pl.String)
    return counts.with_columns(explanation=explanation).sort(
        ["n", "status"], descending=[True, False]
    )


def _check(
    contig: str | None,
    start: int,
    ref: str,
    alt: str,
    lengths_bp: dict[str, int],
    fetch: Fetch,
    swap: bool,
) -> Check:
    """Check one row; alleles in upper case, ``start`` 0-based."""
    reason = _judge_alleles(ref, alt)
    if contig is None:
        return Check(reason or "contig_not_found")
    if reason:
        return Check(reason, contig)
    if start < 0 or start + len(ref) > lengths_bp[contig]:
        return Check("position_out_of_range", contig)
    here = fetch(contig, start, start + len(ref))
    if here == ref:
        both = len(ref) != len(alt) and fetch(contig, start, start + len(alt)) == alt
        edit = _canonical_edit(contig, start, ref, alt, fetch)
        return Check("valid", contig, *edit, False, "ref,alt" if both else "ref")
    if not BASES.issuperset(here):
        return Check("ref_ambiguous", contig)
    carries = _explain_mismatch(contig, start, ref, alt, fetch)
    if not (swap and carries.startswith("alt")):
        return Check("ref_mismatch", contig, genome_carries=carries)
    if not all(_trimmed(ref, alt)[1:]) and len(alt) < EVIDENCE_BP:
        return Check("ref_alt_ambiguous", contig, genome_carries=carries)
    return Check("valid", contig, *_canonical_edit(contig, start, alt, ref, fetch), True, carries)


def _explain_mismatch(contig: str, start: int, ref: str, alt: str, fetch: Fetch) -> str:
    """What of a row fits the genome whose REF does not, comma-separated."""
    fits = {
        "alt": fetch(contig, start, start + len(alt)) == alt,
        "complement": fetch(contig, start, start + len(ref)) == ref.translate(COMPLEMENT),
        "next": fetch(contig, start + 1, start + 1 + len(ref)) == ref,
        "previous": fetch(contig, start - 1, start - 1 + len(ref)) == ref,
    }
    return ",".join(name for name, fit in fits.items() if fit)


def _judge_alleles(ref: str, alt: str) -> str | None:
    """Return the reason why a pair of upper-case alleles is no edit, whatever the genome says."""
    if BASES.issuperset(ref) and BASES.issuperset(alt) and ref and alt:
        return "ref_equals_alt" if ref == alt else None
    if alt in {".", ""}:
        return "alt_missing"
    if alt == "*":
        return "alt_star"
    # <DEL>; breakends N[chr1:5[ and ]chr1:5]N; an inserted contig N<ctg1>; single breakends N. and
    # .N (VCF 4.4, section 5.4)
    if alt.startswith(".") or alt.endswith(".") or not SYMBOLS.isdisjoint(alt):
        return "alt_symbolic"
    if not ref or not IUPAC.issuperset(ref) or not IUPAC.issuperset(alt):
        return "allele_invalid"
    return "ref_ambiguous" if BASES.issuperset(alt) else "alt_ambiguous"


def _canonical_edit(
    contig: str, start: int, ref: str, alt: str, fetch: Fetch
) -> tuple[int, int, str]:
    """Trim the shared suffix, then the shared prefix, and move an indel as far left as it goes."""
    if len(ref) == len(alt) == 1:
        return start, start + 1, alt
    prefix, ref, alt = _trimmed(ref, alt)
    start += prefix
    if ref and alt:
        return start, start + len(ref), alt
    # Moving by one base turns the moved sequence round: its last base becomes its first.
    moved = ref or alt
    steps, length = 0, len(moved)
    while start > steps:
        before = fetch(contig, start - steps - 1, start - steps)
        if before != moved[-1 - steps % length]:
            break
        steps += 1
    turn = steps % length
    moved = moved[length - turn :] + moved[: length - turn]
    start -= steps
    return (start, start + length, "") if ref else (start, start, moved)


def _trimmed(ref: str, alt: str) -> tuple[int, str, str]:
    """Drop the shared suffix, then the shared prefix; the latter's length and what is left."""
    shortest = min(len(ref), len(alt))
    suffix = next((i for i in range(shortest) if ref[-1 - i] != alt[-1 - i]), shortest)
    ref, alt = ref[: len(ref) - suffix], alt[: len(alt) - suffix]
    shortest -= suffix
    prefix = next((i for i in range(shortest) if ref[i] != alt[i]), shortest)
    return prefix, ref[prefix:], alt[prefix:]


def resolve_contigs(variants: pl.DataFrame, genome: Genome) -> dict[str, str | None]:
    """Return the genome's name of each contig; refuse variants of which none is in the genome."""
    chroms = variants["chrom"].unique(maintain_order=True).to_list()
    contigs = {chrom: genome.resolve(chrom) for chrom in chroms}
    check_contigs(contigs, genome)
    return contigs


def check_contigs(contigs: Mapping[str, str | None], genome: Genome) -> None:
    """Refuse variants of which no contig is in the genome, which has other names or None."""
    missing = [chrom for chrom, contig in contigs.items() if contig is None]
    if missing and len(missing) == len(contigs):
        raise InputError(
            f"no contig of the variants ({_examples(missing)}) is in {genome.fasta} "
            f"({_examples(list(genome.contigs))}); expected names of the same assembly. "
            f"{GIVE_ALIASES}, or rename with bcftools annotate --rename-chrs."
        )


def warn_of_contigs(contigs: Mapping[str, str | None]) -> None:
    """Name contigs that the genome lacks."""
    if missing := [chrom for chrom, contig in contigs.items() if contig is None]:
        logger.warning("contigs of the variants that are not in the genome: %s", _examples(missing))


def _examples(names: list[str]) -> str:
    """The first three names and how many more there are."""
    more = f", and {len(names) - 3} more" if len(names) > 3 else ""
    return ", ".join(names[:3]) + more
