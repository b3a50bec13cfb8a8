"""Whether variants are of the genome's build, and where REF does not fit, what would explain it.

`variants.check_variants` leaves in ``genome_carries`` what fits the genome at POS. Where REF does
not, four things are tried, each of which fits a wrong SNV by chance in a quarter to a third of the
rows:

==========  ===================================  ==================================================
alt         the genome carries ALT               REF and ALT are exchanged
complement  it carries the complement of REF     the alleles are those of the other strand
next        it carries REF at POS + 1            positions are 0-based
previous    it carries REF at POS - 1            positions are one too large
==========  ===================================  ==================================================

ALT of an A/T or C/G SNV is the complement of REF: such a row does not tell the first two apart.
"""

import logging
from collections.abc import Mapping
from typing import Any

import polars as pl

from seqcast.core.errors import InputError
from seqcast.genome.fasta import Genome

logger = logging.getLogger(__name__)

SET_SWAP = "set variants.on_ref_mismatch to swap"  # a remedy
# What is said of each: how it is counted, what it means, and what helps.
EXPLANATIONS = {
    "alt": (
        "carries ALT",
        "REF and ALT are exchanged (minor and major alleles, as PLINK writes them)",
        f"{SET_SWAP}, which leaves out insertions and deletions that can "
        "be read both ways, or set REF from the FASTA (plink2 --fa FASTA --ref-from-fa force)",
    ),
    "complement": (
        "the complement of REF",
        "the alleles are those of the other strand",
        "turn them (bcftools +fixref -- -f FASTA -m flip), and leave out A/T and C/G SNVs, whose "
        "strand their alleles do not tell",
    ),
    "next": ("REF at POS + 1", "positions are 0-based", "add 1 to every POS"),
    "previous": ("REF at POS - 1", "positions are one too large", "take 1 from every POS"),
}
OTHER_BUILD = (
    "Wrong build? Give the FASTA of the right assembly, or lift the variants over (bcftools "
    "+liftover)"
)
# Of fewer mismatches no explanation is named: chance explains 5 of 5 in 0.4 % of files.
NAMED_ROWS = 5
NAMED_SHARE = 0.8
# Rows below which a file does not say that ALT fits by chance, and the fraction of mismatches in
# which it must fit. Were the others errors, of which it fits a third, at most 1 in 18 rows turned
# round would be one of them: (x + u) / (x + 3 u) >= 0.9 leaves u <= 0.059 x.
EXCHANGED_ROWS = 10
EXCHANGED_SHARE = 0.9


def evidence_of(checked: pl.DataFrame) -> pl.DataFrame:
    """How often a file has which evidence: all that its build is told by, in a few rows.

    Parameters
    ----------
    checked : DataFrame
        As `variants.check_variants` returns it: all rows of some records.

    Returns
    -------
    DataFrame
        ``status``, ``swapped``, ``genome_carries``, ``fits`` (whether the genome carries an ALT of
        the record; null where nothing was compared), and ``n``. Those of parts of a file are
        concatenated.
    """
    fits = _fits("alt").max().over("record")
    return (
        checked.with_columns(fits=fits)
        .group_by("status", "swapped", "genome_carries", "fits")
        .agg(n=pl.len().cast(pl.Int64))
    )


def guard_build(checked: pl.DataFrame, min_match: float = 0.7, min_rows: int = 10) -> None:
    """`guard_evidence` of the rows of a file.

    Parameters
    ----------
    checked : DataFrame
        As `variants.check_variants` returns it.
    min_match : float
    min_rows : int
    """
    guard_evidence(evidence_of(checked), min_match, min_rows)


def guard_evidence(evidence: pl.DataFrame, min_match: float = 0.7, min_rows: int = 10) -> None:
    """Stop if so many REF alleles differ from the genome that something must be wrong with all.

    Mismatches that do not stop the run are counted in a warning, with what explains them.

    Parameters
    ----------
    evidence : DataFrame
        Of `evidence_of`. Rows count if REF could be compared. A row fits if the genome carries its
        REF, or its ALT where rows are swapped and the file shows that they are exchanged.
    min_match : float
        Least fraction of them that must fit.
    min_rows : int
        Below this number of rows nothing is concluded.

    Raises
    ------
    InputError
        If the share is lower.
    """
    rows = evidence.filter(pl.col("genome_carries").is_not_null())
    fits = pl.col("genome_carries").str.starts_with("ref") | pl.col("swapped")
    if looks_exchanged(rows):
        fits |= (pl.col("status") == "ref_alt_ambiguous") & _fits("alt")
    mismatches = rows.filter(~fits)
    n_rows, n_mismatches = count(rows), count(mismatches)
    n_fit = n_rows - n_mismatches
    if n_rows >= min_rows and n_fit < min_match * n_rows:
        raise InputError(
            f"REF matches the genome in {n_fit} of {n_rows} variants "
            f"({n_fit / n_rows:.0%}); expected at least {min_match:.0%}. "
            f"{explain_mismatches(mismatches) or OTHER_BUILD}. {count_mismatches(mismatches)}."
        )
    if n_mismatches >= NAMED_ROWS:
        logger.warning(
            "REF does not match the genome in %d of %d variants (%.1f%%), which are not scored. "
            "%s. %s",
            n_mismatches,
            n_rows,
            100 * n_mismatches / n_rows,
            explain_mismatches(mismatches) or "No one error explains them",
            count_mismatches(mismatches),
        )
    n_both = count(
        rows.filter((pl.col("genome_carries") == "ref,alt") & (pl.col("status") == "valid"))
    )
    if n_both and _likely(mismatches) == ["alt"]:
        logger.warning(
            "%d insertions and deletions fit the genome either way and are scored as written, "
            "which is wrong where REF and ALT are exchanged",
            n_both,
        )


def first_mismatch(checked: pl.DataFrame) -> dict[str, Any] | None:
    """The first row of `variants.check_rows` whose REF is not the genome's."""
    rows = checked.filter(pl.col("status") == "ref_mismatch").head(1)
    return rows.row(0, named=True) if rows.height else None


def refuse_mismatches(
    evidence: pl.DataFrame, first: Mapping[str, Any] | None, genome: Genome
) -> None:
    """Raise if the REF of a row, the first of which is given, is not the genome's."""
    if first is None:
        return
    mismatches = evidence.filter(pl.col("status") == "ref_mismatch")
    start = first["pos"] - 1
    here = genome.fetch(first["contig"], start, start + len(first["ref"]))
    place = f"record {first['record'] + 1}, {first['chrom']}:{first['pos']}"
    raise InputError(
        f"REF of {first['variant']} ({place}) is {first['ref']}, but the genome carries {here}; it "
        f"is not the genome's in {count(mismatches)} of {count(evidence)} rows. "
        f"{explain_mismatches(mismatches) or OTHER_BUILD}; or set on_ref_mismatch to exclude. "
        f"{count_mismatches(mismatches)}."
    )


def judge_file(
    evidence: pl.DataFrame, first: Mapping[str, Any] | None, genome: Genome, on_ref_mismatch: str
) -> tuple[bool, pl.DataFrame]:
    """What the rows of a file tell together.

    Parameters
    ----------
    evidence : DataFrame
        Of all rows (`evidence_of`).
    first : mapping or None
        `first_mismatch` of them.
    genome : Genome
    on_ref_mismatch : str
        See `variants.check_variants`.

    Returns
    -------
    exchanged : bool
        Whether the file's columns look exchanged.
    evidence : DataFrame
        As `judge_swaps` leaves it, if rows may be swapped.

    Raises
    ------
    InputError
        At a mismatch with "error".
    """
    if on_ref_mismatch == "error":
        refuse_mismatches(evidence, first, genome)
    exchanged = looks_exchanged(evidence)
    if on_ref_mismatch != "swap":
        return exchanged, evidence
    judged = judge_swaps(evidence, exchanged)
    _warn_of_swaps(evidence, judged, exchanged)
    return exchanged, judged


def judge_swaps(checked: pl.DataFrame, exchanged: bool) -> pl.DataFrame:
    """Give a status to the rows that the file does not tell how to read.

    Parameters
    ----------
    checked : DataFrame
        Of `variants.check_rows`, or the evidence that these are (`evidence_of`).
    exchanged : bool
        Whether the file's columns look exchanged (`looks_exchanged`).
    """
    swapped = pl.col("swapped")
    unsure = (pl.col("status") == "valid") & (pl.col("genome_carries") == "ref,alt")
    if not exchanged:
        unsure |= swapped
    new = {"start": None, "end": None, "insert": None, "status": "ref_alt_ambiguous"}
    return checked.with_columns(
        pl.when(unsure).then(pl.lit(value)).otherwise(pl.col(name)).alias(name)
        for name, value in new.items()
        if name in checked.columns
    ).with_columns(swapped=swapped & (pl.col("status") == "valid"))


def _warn_of_swaps(before: pl.DataFrame, after: pl.DataFrame, exchanged: bool) -> None:
    """Say how many rows `judge_swaps` left out, by the evidence before it and after it."""
    if not exchanged and (n_swapped := count(before.filter("swapped"))):
        logger.warning(
            "REF and ALT of %d rows are not swapped although the genome carries ALT: of "
            "exchanged columns it would carry ALT in nearly all rows whose REF it does not",
            n_swapped,
        )
    is_unsure = pl.col("status") == "ref_alt_ambiguous"
    if n_unsure := count(after.filter(is_unsure, pl.col("genome_carries") == "ref,alt")):
        logger.warning(
            "%d rows are not scored, as the genome does not tell whether their REF and ALT are "
            "exchanged (insertions into repeats, deletions); if no row of the file is, set "
            "on_ref_mismatch to exclude: they are then scored as written",
            n_unsure,
        )


def count(evidence: pl.DataFrame) -> int:
    """Rows of a file that some evidence is of."""
    return int(evidence["n"].sum())


def count_mismatches(mismatches: pl.DataFrame) -> str:
    """Say in how many rows whose REF does not fit the genome carries what."""
    counts = [
        f"{counted} in {count(mismatches.filter(_fits(name)))}"
        for name, (counted, _, _) in EXPLANATIONS.items()
    ]
    n_none = count(mismatches.filter(pl.col("genome_carries") == ""))
    return (
        f"Of the {count(mismatches)} mismatches, the genome {', '.join(counts)}, none of these in "
        f"{n_none} (by chance, in a quarter to a third each)"
    )


def explain_mismatches(mismatches: pl.DataFrame) -> str:
    """Say what rows whose REF does not fit have in common and what helps; "" if nothing stands out.

    Parameters
    ----------
    mismatches : DataFrame
        Evidence of rows of which the genome does not carry REF.
    """
    likely = _likely(mismatches)
    if not likely:
        return ""
    meaning = ", or ".join(EXPLANATIONS[name][1] for name in likely)
    if len(likely) > 1:
        meaning += " (these rows do not tell which)"
    return f"It seems that {meaning}: {'; or '.join(EXPLANATIONS[name][2] for name in likely)}"


def looks_exchanged(evidence: pl.DataFrame) -> bool:
    """Whether nothing in a file's mismatches speaks against exchanged columns.

    Parameters
    ----------
    evidence : DataFrame
        Of `evidence_of`.

    Returns
    -------
    bool
        False if in ten or more rows the genome does not carry REF, and ALT (of a record's ALTs,
        one) in less than nine tenths of those that can tell.
    """
    carries = pl.col("genome_carries")
    rows = evidence.filter(carries.is_not_null() & ~carries.str.starts_with("ref"))
    told = rows.filter(_TOLD)
    if count(rows) < EXCHANGED_ROWS:
        return True
    return count(told) > 0 and count(told.filter("fits")) >= EXCHANGED_SHARE * count(told)


def _likely(mismatches: pl.DataFrame) -> list[str]:
    """The explanations that fit nearly all rows, none if there are few."""
    told = mismatches.filter(_TOLD)
    judged = mismatches if told.is_empty() else told
    if count(judged) < NAMED_ROWS:
        return []
    return [
        name
        for name in EXPLANATIONS
        if count(judged.filter(_fits(name))) >= NAMED_SHARE * count(judged)
    ]


def _fits(name: str) -> pl.Expr:
    """Whether a row is explained by one of `EXPLANATIONS`."""
    return pl.col("genome_carries").str.split(",").list.contains(name)


# The rows that are no A/T or C/G SNV of which both alleles' readings fit.
_TOLD = ~(_fits("alt") & _fits("complement"))
